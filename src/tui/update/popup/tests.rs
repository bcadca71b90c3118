//! Keys in, effects and popups out.

use crate::{
    model::{Command, FiledIssue, MuteUntil, ServiceName},
    source::Link,
    tui::{
        message::{Effect, Message, Target},
        popup::{Field, Lookup, Popup},
        state::Pane,
        tests::{Show, Stage},
        view::status::scope,
    },
};
use chrono::Duration;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

fn show() -> Show {
    let mut show = Show::new(Stage::shop(), 120, 40);
    show.state.themes = ["dark", "light", "nord"].map(str::to_owned).into();
    "dark".clone_into(&mut show.state.theme);
    let db = show.stage.store.groups().find(|g| g.main_service() == Some(&"db".into()));
    show.state.inbox.select(db.unwrap().fingerprint);
    show
}

fn key(name: &str) -> KeyEvent {
    if let Some(letter) = name.strip_prefix('^') {
        let code = KeyCode::Char(letter.chars().next().unwrap());
        return KeyEvent::new(code, KeyModifiers::CONTROL);
    }
    let code = match name {
        "enter" => KeyCode::Enter,
        "esc" => KeyCode::Esc,
        "tab" => KeyCode::Tab,
        "up" => KeyCode::Up,
        "down" => KeyCode::Down,
        "space" => KeyCode::Char(' '),
        "backspace" => KeyCode::Backspace,
        name => {
            assert_eq!(name.chars().count(), 1, "{name}");
            KeyCode::Char(name.chars().next().unwrap())
        }
    };
    KeyEvent::new(code, KeyModifiers::NONE)
}

/// Presses keys as the loop does; the effects of the last one.
fn press(show: &mut Show, keys: &str) -> Vec<Effect> {
    let mut effects = Vec::new();
    for name in keys.split(' ').filter(|k| !k.is_empty()) {
        let key = key(name);
        effects = if show.state.takes_keys() {
            show.send(Message::Key(key))
        } else {
            let action = show.look.keymap.action(scope(&show.state), key).unwrap();
            show.send(Message::Do(action))
        };
    }
    effects
}

/// Types a text, letter by letter.
fn type_text(show: &mut Show, text: &str) -> Vec<Effect> {
    let mut effects = Vec::new();
    for c in text.chars() {
        effects = show.send(Message::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE)));
    }
    effects
}

fn restart(services: &[&str]) -> Effect {
    Effect::Send(Command::Restart(services.iter().map(|s| ServiceName::from(*s)).collect()))
}

#[test]
fn two_keys_restart_the_service_of_the_worst_problem() {
    for (keys, want) in [
        ("r enter", vec![restart(&["db"])]),
        ("r y", vec![restart(&["db"])]),
        ("r d enter", vec![restart(&["db", "api", "auth", "worker"])]),
        ("r d d enter", vec![restart(&["db"])]),
        ("r esc", vec![]),
        ("r n", vec![]),
    ] {
        let mut show = show();
        assert_eq!(press(&mut show, keys), want, "{keys}");
        assert!(show.state.popup.is_none(), "{keys}");
    }
}

#[test]
fn what_stops_or_touches_several_is_not_done_by_enter() {
    for (keys, want) in [
        ("1 s enter", vec![]),
        ("1 s y", vec![Effect::Send(Command::Stop(vec!["api".into()]))]),
        ("R down space enter enter", vec![]),
    ] {
        let mut show = show();
        assert_eq!(press(&mut show, keys), want, "{keys}");
        assert!(show.state.popup.is_none(), "{keys}");
    }
    let mut show = show();
    let effects = press(&mut show, "R a enter y");
    let [Effect::Send(Command::Restart(services))] = effects.as_slice() else {
        panic!("{effects:?}");
    };
    assert_eq!(services.len(), 8);
    assert_eq!(services[0].as_str(), "db", "the one that was asked about comes first");
}

#[test]
fn one_chosen_service_is_asked_about_like_any_other() {
    let mut show = show();
    assert_eq!(press(&mut show, "R enter enter"), [restart(&["db"])]);
    press(&mut show, "R space down enter");
    let Some(Popup::Confirm(confirm)) = &show.state.popup else { panic!() };
    assert_eq!(confirm.services.len(), 1, "none is chosen: the one under the cursor");
}

#[test]
fn a_paste_answers_no_question() {
    let mut show = show();
    press(&mut show, "r");
    show.send(Message::Paste("y\n\ny".to_owned()));
    assert!(matches!(show.state.popup, Some(Popup::Confirm(_))));
}

#[test]
fn muting_takes_a_number_or_a_row() {
    let show_at = show();
    let fingerprint = show_at.state.problem().unwrap();
    let now = show_at.stage.now;
    for (keys, until) in [
        ("m enter", MuteUntil::Escalates),
        ("m m", MuteUntil::Escalates),
        ("m 2", MuteUntil::Time(now + Duration::hours(1))),
        ("m down down enter", MuteUntil::Time(now + Duration::days(1))),
        ("m 4", MuteUntil::More(100)),
        ("m 5", MuteUntil::Forever),
    ] {
        let mut show = show();
        let want = [Effect::Send(Command::Mute(vec![fingerprint], until))];
        assert_eq!(press(&mut show, keys), want, "{keys}");
    }
    let mut show = show();
    assert_eq!(press(&mut show, "m 9 esc"), []);
    press(&mut show, "m");
    let want = [Effect::Send(Command::Mute(vec![fingerprint], MuteUntil::Forever))];
    assert_eq!(show.send(Message::Click(Target::PopupRow(4))), want);
}

#[test]
fn themes_are_tried_at_once_and_taken_back() {
    let use_theme = |name: &str| Effect::UseTheme(name.to_owned());
    let mut show = show();
    assert_eq!(press(&mut show, "T down"), [use_theme("light")]);
    assert_eq!(press(&mut show, "T"), [use_theme("nord")]);
    assert_eq!(press(&mut show, "esc"), [use_theme("dark")]);
    assert_eq!(show.state.theme, "dark");
    press(&mut show, "T down enter");
    assert_eq!(show.state.theme, "light");
}

#[test]
fn the_filter_follows_while_it_is_typed() {
    let mut show = show();
    press(&mut show, "f");
    type_text(&mut show, "svc:db");
    assert_eq!(show.state.filter.source(), "svc:db");
    press(&mut show, "esc");
    assert_eq!(show.state.filter.source(), "", "esc takes it back");
    press(&mut show, "f");
    type_text(&mut show, "se");
    press(&mut show, "tab");
    type_text(&mut show, "c");
    press(&mut show, "tab enter");
    assert_eq!(show.state.filter.source(), "sev:critical");
    press(&mut show, "f");
    type_text(&mut show, "level:loud");
    press(&mut show, "enter");
    let Some(Popup::Filter(line)) = &show.state.popup else { panic!("a wrong filter is not kept") };
    assert!(line.error.as_ref().unwrap().starts_with("no level \"loud\"; known: "));
    assert_eq!(show.state.filter.source(), "sev:critical level:", "the last readable one");
    press(&mut show, "esc");
    assert_eq!(show.state.filter.source(), "sev:critical");
}

#[test]
fn the_palette_does_what_its_entry_says() {
    let mut show = show();
    press(&mut show, ":");
    type_text(&mut show, "nord");
    assert_eq!(press(&mut show, "enter"), [Effect::UseTheme("nord".to_owned())]);
    press(&mut show, ":");
    type_text(&mut show, "restart api");
    press(&mut show, "enter");
    assert!(matches!(&show.state.popup, Some(Popup::Confirm(c)) if c.services == ["api".into()]));
    press(&mut show, "esc :");
    type_text(&mut show, "show only web");
    press(&mut show, "enter");
    assert_eq!(show.state.filter.source(), "svc:web");
    press(&mut show, ":");
    type_text(&mut show, "JWT expired");
    press(&mut show, "enter");
    let group = show.stage.store.group(show.state.problem().unwrap()).unwrap();
    assert!(group.template.starts_with("JWT expired"));
    assert_eq!(show.state.focus, Pane::Problems);
    press(&mut show, ":");
    type_text(&mut show, "Zoom the pane");
    press(&mut show, "enter");
    assert!(show.state.is_zoomed, "an action is the same as its key");
}

#[test]
fn esc_unwinds_the_palette_and_the_help_step_by_step() {
    let mut show = show();
    press(&mut show, ":");
    type_text(&mut show, "x");
    press(&mut show, "esc");
    assert!(matches!(&show.state.popup, Some(Popup::Palette(p)) if p.input().as_str().is_empty()));
    press(&mut show, "esc");
    assert!(show.state.popup.is_none());
    press(&mut show, "?");
    press(&mut show, "/");
    type_text(&mut show, "q");
    assert!(matches!(&show.state.popup, Some(Popup::Help(h)) if h.search.as_str() == "q"));
    press(&mut show, "esc");
    assert!(matches!(&show.state.popup, Some(Popup::Help(h)) if h.search.as_str().is_empty()));
    press(&mut show, "q");
    assert!(show.state.popup.is_none());
}

#[test]
fn the_help_scrolls_no_further_than_its_end() {
    let mut show = show();
    show.state.size = (80, 24);
    press(&mut show, "?");
    show.buffer();
    for _ in 0..500 {
        press(&mut show, "down");
        show.buffer();
    }
    let Some(Popup::Help(help)) = &show.state.popup else { panic!() };
    assert_eq!(help.scroll + 1, help.rows.get());
    let end = help.scroll;
    press(&mut show, "up");
    assert!(matches!(&show.state.popup, Some(Popup::Help(h)) if h.scroll + 1 == end));
}

fn editor(show: &mut Show) -> &mut crate::tui::popup::Editor {
    match &mut show.state.popup {
        Some(Popup::Editor(editor)) => editor,
        other => panic!("{other:?}"),
    }
}

#[test]
fn two_keys_file_an_issue_with_what_was_edited() {
    let mut show = show();
    let fingerprint = show.state.problem().unwrap();
    assert_eq!(press(&mut show, "i"), [Effect::Send(Command::FindIssue(fingerprint))]);
    editor(&mut show).lookup = Lookup::None;
    type_text(&mut show, "!");
    let effects = press(&mut show, "^s");
    let [Effect::Send(Command::FileIssue(draft))] = effects.as_slice() else {
        panic!("{effects:?}");
    };
    assert!(draft.title.ends_with('!'), "{}", draft.title);
    assert_eq!(draft.fingerprint, fingerprint);
    assert!(editor(&mut show).is_sending);
    assert_eq!(press(&mut show, "^s"), [], "it is sent once");
    type_text(&mut show, "late");
    assert!(!editor(&mut show).title.as_str().contains("late"));
}

#[test]
fn a_draft_is_kept_and_comes_back_for_its_problem_only() {
    let mut show = show();
    press(&mut show, "i");
    type_text(&mut show, " kept");
    press(&mut show, "esc");
    assert!(show.state.popup.is_none());
    press(&mut show, "i");
    assert!(editor(&mut show).title.as_str().ends_with(" kept"));
    press(&mut show, "esc down down i");
    assert!(!editor(&mut show).title.as_str().ends_with(" kept"));
}

#[test]
fn what_is_filed_already_is_opened_not_filed() {
    let mut show = show();
    press(&mut show, "i");
    let url = "https://github.com/acme/shop/issues/214";
    editor(&mut show).lookup = Lookup::Found(FiledIssue {
        number: 214,
        url: url.into(),
        is_open: true,
        is_declined: false,
    });
    assert_eq!(press(&mut show, "^s"), []);
    assert_eq!(press(&mut show, "^b"), [Effect::Browse(url.into())]);
}

#[test]
fn without_a_token_an_issue_is_copied_saved_or_opened_in_the_browser() {
    let mut show = show();
    show.stage.capabilities.tracker.is_signed_in = false;
    press(&mut show, "i");
    assert!(
        matches!(press(&mut show, "^y").as_slice(), [Effect::Copy(text, "issue")] if text.starts_with("# ["))
    );
    assert!(matches!(press(&mut show, "^f").as_slice(), [Effect::Save(lines)] if lines.len() > 5));
    let effects = press(&mut show, "^b");
    let [Effect::Browse(address)] = effects.as_slice() else { panic!("{effects:?}") };
    assert!(address.starts_with("https://github.com/acme/shop/issues/new?title="));
    assert_eq!(press(&mut show, "^s"), [], "there is nobody to send it to");
    assert!(!editor(&mut show).is_sending);
}

#[test]
fn tab_goes_through_the_fields_and_text_goes_where_the_keys_are() {
    let mut show = show();
    press(&mut show, "i tab");
    assert_eq!(editor(&mut show).field, Field::Labels);
    show.send(Message::Paste(", p1\n".to_owned()));
    assert!(editor(&mut show).edited().labels.contains(&"p1".to_owned()));
    press(&mut show, "enter");
    assert_eq!(editor(&mut show).field, Field::Body);
    type_text(&mut show, "ab");
    press(&mut show, "enter");
    assert_eq!(editor(&mut show).body.lines()[0], "ab");
    press(&mut show, "tab");
    assert_eq!(editor(&mut show).field, Field::Title);
}

#[test]
fn the_loss_of_docker_is_told_once_and_goes_away_with_it() {
    let mut show = show();
    let since = show.stage.now;
    show.stage.link = Link::Away { since, reason: "connection refused".into() };
    show.send(Message::Tick);
    assert!(matches!(show.state.popup, Some(Popup::Away(_))));
    press(&mut show, "esc");
    show.send(Message::Tick);
    assert!(show.state.popup.is_none(), "it was told");
    show.stage.link = Link::Away { since: since + Duration::seconds(9), reason: "gone".into() };
    show.send(Message::Tick);
    assert!(show.state.popup.is_some(), "another loss");
    show.stage.link = Link::Live;
    show.send(Message::Tick);
    assert!(show.state.popup.is_none());
}

#[test]
fn the_loss_of_docker_does_not_disturb_an_open_popup() {
    let mut show = show();
    press(&mut show, "i");
    let reason = "connection refused".into();
    show.stage.link = Link::Away { since: show.stage.now, reason };
    show.send(Message::Tick);
    editor(&mut show);
}

#[test]
fn the_mouse_moves_choices() {
    let mut show = show();
    press(&mut show, "R");
    show.send(Message::Click(Target::PopupRow(2)));
    let Some(Popup::Pick(pick)) = &show.state.popup else { panic!() };
    assert_eq!((pick.at, pick.chosen().len()), (2, 2));
    press(&mut show, "esc T");
    let effects = show.send(Message::Wheel(Pane::Problems, 1));
    assert_eq!(effects, [Effect::UseTheme("light".to_owned())]);
}

#[test]
fn keys_that_mean_nothing_do_nothing() {
    for opener in ["r", "R", "m", "?", "W", "T"] {
        let mut show = show();
        press(&mut show, opener);
        for name in ["^x", "~", "9"] {
            press(&mut show, name);
            assert!(show.state.popup.is_some(), "{opener} {name}");
        }
    }
}
