//! Marks, and problems that become one or two.

use super::{of, press, selected, shop};
use crate::{
    model::{Command, Fingerprint, MuteUntil, Part},
    tui::{message::Effect, popup::Popup},
};

#[test]
fn marked_problems_are_merged_into_the_selected_one() {
    let mut show = shop();
    let (one, two) = (of(&show, "JWT"), of(&show, "ECONNREFUSED"));
    for problem in [one, two] {
        show.state.inbox.select(problem);
        press(&mut show, "space");
    }
    assert!(show.text().contains("2 marked"), "{}", show.text());
    show.state.inbox.select(of(&show, "certificate"));
    let into = show.state.problem().unwrap();
    assert_eq!(press(&mut show, "J"), []);
    insta::assert_snapshot!("merge_120", show.text());
    let effects = press(&mut show, "enter");
    assert_eq!(effects, [Effect::Send(Command::Merge { into, from: vec![one, two] })]);
    assert!(show.state.marks.is_empty() && show.state.popup.is_none());
}

#[test]
fn what_is_said_is_said_of_all_that_are_marked() {
    for (keys, want) in [
        ("x", Command::MarkFixed as fn(_) -> _),
        ("a", Command::Acknowledge),
        ("m enter", |problems| Command::Mute(problems, MuteUntil::Escalates)),
    ] {
        let mut show = shop();
        let mut marked = vec![of(&show, "JWT"), of(&show, "ECONNREFUSED")];
        for problem in &marked {
            show.state.inbox.select(*problem);
            press(&mut show, "space");
        }
        show.state.inbox.select(of(&show, "certificate"));
        // A menu that is left changes nothing.
        assert_eq!(press(&mut show, "m esc"), []);
        assert_eq!(show.state.marks.len(), 2);
        marked.sort_unstable();
        assert_eq!(press(&mut show, keys), [Effect::Send(want(marked))], "{keys}");
        assert!(show.state.marks.is_empty());
    }
}

#[test]
fn a_mark_is_taken_away_by_its_key_and_all_by_escape() {
    let mut show = shop();
    press(&mut show, "space space");
    assert!(show.state.marks.is_empty());
    press(&mut show, "space down space esc");
    assert!(show.state.marks.is_empty());
    // There is nothing to merge now, and that is said.
    assert_eq!(press(&mut show, "J"), []);
    assert!(show.state.popup.is_none());
    assert!(show.text().contains("Mark problems with space first"), "{}", show.text());
}

#[test]
fn the_selected_problem_is_never_merged_into_itself() {
    let mut show = shop();
    press(&mut show, "space J");
    assert!(show.state.popup.is_none());
}

#[test]
fn a_message_is_split_off_a_problem_that_has_several() {
    let mut show = shop();
    assert_eq!(press(&mut show, "S"), []);
    assert!(show.state.popup.is_none(), "one message cannot be split");
    let fingerprint = show.state.problem().unwrap();
    let group = show.stage.store.group_mut(fingerprint).unwrap();
    let part = |number, template: &str, count| Part {
        fingerprint: Fingerprint(number),
        template: template.into(),
        count,
        thrown: None,
    };
    group.variety.parts =
        vec![part(7, "OOMKilled (exit <n>)", 8), part(8, "killed by the kernel", 30)];
    press(&mut show, "S down");
    assert!(matches!(show.state.popup, Some(Popup::Split(_))));
    insta::assert_snapshot!("split_120", show.text());
    let want = Command::Split { group: fingerprint, part: Fingerprint(7) };
    assert_eq!(press(&mut show, "enter"), [Effect::Send(want)]);
}

#[test]
fn the_list_says_what_was_the_same_in_every_event() {
    let mut show = shop();
    let fingerprint = of(&show, "JWT");
    show.state.inbox.select(fingerprint);
    let group = show.stage.store.group_mut(fingerprint).unwrap();
    let mut slot = crate::model::Slot::default();
    slot.add("noon", 96);
    group.variety.slots = vec![slot];
    press(&mut show, "down up");
    assert!(selected(&show).contains("<ts>"));
    assert!(show.text().contains("token expired at noon"), "{}", show.text());
}
