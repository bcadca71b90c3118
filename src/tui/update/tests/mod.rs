//! Keys and events in, state and effects out.

mod grouping;
mod read_back;
mod stack;
mod watchdog;

use crate::{
    model::{
        Category, Command, CommandId, Event, Fingerprint, MuteUntil, Outcome, Severity, Status,
        StatusKind,
    },
    tui::{
        action::Action,
        inbox::Row,
        keymap::Key,
        message::{Effect, Message, NoteKind, Target},
        popup::Popup,
        settings::{GroupBy, Sort},
        state::Pane,
        tests::{Plan, Show, Stage},
        view::status::scope,
    },
};
use chrono::Duration;

/// Presses keys as the loop does, separated by spaces.
fn press(show: &mut Show, keys: &str) -> Vec<Effect> {
    let mut effects = Vec::new();
    for name in keys.split(' ') {
        let event = Key::parse(name).unwrap().event();
        let message = if show.state.takes_keys() {
            Some(Message::Key(event))
        } else {
            show.look.keymap.action(scope(&show.state), event).map(Message::Do)
        };
        effects.extend(message.into_iter().flat_map(|message| show.send(message)));
    }
    effects
}

fn shop() -> Show {
    Show::new(Stage::shop(), 120, 40)
}

fn selected(show: &Show) -> String {
    let group = show.state.problem().and_then(|f| show.stage.store.group(f));
    group.map(|g| g.template.to_string()).unwrap_or_default()
}

fn of(show: &Show, word: &str) -> Fingerprint {
    show.stage.store.groups().find(|g| g.template.contains(word)).unwrap().fingerprint
}

#[test]
fn the_worst_problem_is_selected_with_no_key() {
    assert!(selected(&shop()).starts_with("OOMKilled"));
}

#[test]
fn two_keys_restart_the_service_of_the_problem() {
    let mut show = shop();
    assert_eq!(press(&mut show, "r"), []);
    assert!(matches!(show.state.popup, Some(Popup::Confirm(_))));
    let effects = press(&mut show, "enter");
    assert_eq!(effects, [Effect::Send(Command::Restart(vec!["worker".into()]))]);
    assert!(show.state.popup.is_none());
}

#[test]
fn one_key_marks_fixed_and_the_same_key_reopens() {
    let mut show = shop();
    let fingerprint = show.state.problem().unwrap();
    assert_eq!(press(&mut show, "x"), [Effect::Send(Command::MarkFixed(vec![fingerprint]))]);
    let now = show.stage.now;
    show.stage.store.group_mut(fingerprint).unwrap().status = Status::Verifying { since: now };
    assert_eq!(press(&mut show, "x"), [Effect::Send(Command::Reopen(vec![fingerprint]))]);
}

#[test]
fn each_triage_key_sends_its_command() {
    let mut show = shop();
    let f = show.state.problem().unwrap();
    for (keys, want) in [
        ("a", Command::Acknowledge(vec![f])),
        ("u", Command::UndoTriage),
        ("m enter", Command::Mute(vec![f], MuteUntil::Escalates)),
        ("m 5", Command::Mute(vec![f], MuteUntil::Forever)),
        (
            "m down enter",
            Command::Mute(vec![f], MuteUntil::Time(show.stage.now + Duration::hours(1))),
        ),
    ] {
        assert_eq!(press(&mut show, keys), [Effect::Send(want)], "{keys}");
    }
}

#[test]
fn i_opens_the_editor_and_looks_for_a_filed_issue() {
    let mut show = shop();
    let fingerprint = show.state.problem().unwrap();
    assert_eq!(press(&mut show, "i"), [Effect::Send(Command::FindIssue(fingerprint))]);
    assert!(matches!(show.state.popup, Some(Popup::Editor(_))));
    let id = CommandId(4);
    show.send(Message::Sent(id, Command::FindIssue(fingerprint)));
    show.send(Message::Engine(Event::Done(id, Outcome::Found(None))));
    let effects = press(&mut show, "ctrl-s");
    assert!(
        matches!(&effects[..], [Effect::Send(Command::FileIssue(draft))] if draft.fingerprint == fingerprint)
    );
}

#[test]
fn a_filed_issue_is_opened_instead() {
    let mut show = shop();
    let fingerprint = show.state.problem().unwrap();
    let url = "https://github.com/acme/shop/issues/214";
    show.stage.store.group_mut(fingerprint).unwrap().issue = Some(crate::model::FiledIssue {
        number: 214,
        url: url.into(),
        is_open: true,
        is_declined: false,
    });
    assert_eq!(press(&mut show, "i"), [Effect::Browse(url.into())]);
}

#[test]
fn the_selection_stays_on_its_problem_when_the_order_changes() {
    let mut show = shop();
    press(&mut show, "down");
    let before = selected(&show);
    let row = show.state.inbox.at().unwrap() - show.state.inbox.offset;
    for word in ["CORS", "memory usage", "slow query"] {
        let fingerprint = of(&show, word);
        show.stage.store.group_mut(fingerprint).unwrap().base_severity = Severity::Critical;
    }
    let order = show.state.inbox.rows().to_vec();
    show.send(Message::Tick);
    assert_eq!(selected(&show), before);
    let shown: Vec<_> = show.state.inbox.rows().iter().filter(|r| order.contains(r)).collect();
    assert!(shown.len() >= order.len() - 3, "held while keys are pressed");
    show.stage.now += Duration::seconds(3);
    show.send(Message::Tick);
    assert_eq!(selected(&show), before);
    assert_eq!(show.state.inbox.at().unwrap() - show.state.inbox.offset, row);
}

#[test]
fn the_order_is_held_until_the_keys_rest() {
    let mut show = shop();
    press(&mut show, "v");
    show.stage.now += Duration::seconds(1);
    let fingerprint = of(&show, "JWT");
    show.stage.store.group_mut(fingerprint).unwrap().status =
        Status::Regressed { at: show.stage.now };
    let before = show.state.inbox.rows().to_vec();
    show.send(Message::Tick);
    assert_eq!(show.state.inbox.rows(), before);
    assert!(show.state.inbox.is_held());
    show.stage.now += Duration::seconds(2);
    show.send(Message::Tick);
    assert_ne!(show.state.inbox.rows(), before);
    assert!(!show.state.inbox.is_held());
}

#[test]
fn a_problem_that_disappears_hands_the_cursor_to_its_neighbour() {
    let mut show = shop();
    press(&mut show, "down");
    let gone = show.state.problem().unwrap();
    show.stage.now += Duration::seconds(5);
    show.stage.store.group_mut(gone).unwrap().status = Status::Fixed { since: show.stage.now };
    show.send(Message::Tick);
    show.stage.now += Duration::seconds(5);
    show.send(Message::Tick);
    assert_ne!(show.state.problem(), Some(gone));
    assert!(show.state.problem().is_some());
}

#[test]
fn headings_fold_and_name_what_is_under_them() {
    let mut show = shop();
    let headings = |show: &Show| {
        let rows = show.state.inbox.rows().iter();
        rows.filter_map(|r| match r {
            Row::Heading(heading, count) => Some(format!("{} {count}", heading.title())),
            Row::Problem(_) => None,
        })
        .collect::<Vec<_>>()
    };
    assert_eq!(headings(&show), ["Critical 2", "Errors 4", "Warnings 3", "Fixed and muted 2"]);
    let all = show.state.inbox.rows().len();
    press(&mut show, "h");
    assert_eq!(show.state.inbox.rows().len(), all - 2);
    assert!(show.state.problem().is_none(), "the cursor is on the heading");
    press(&mut show, "enter");
    assert_eq!(show.state.inbox.rows().len(), all);
    press(&mut show, "b");
    assert_eq!(show.state.inbox.group_by, GroupBy::Category);
    assert!(headings(&show).contains(&"Database Connection 2".to_owned()));
    press(&mut show, "b");
    assert!(headings(&show).contains(&"api 2".to_owned()));
    press(&mut show, "b");
    assert_eq!(headings(&show), ["Fixed and muted 2"]);
}

#[test]
fn sorting_changes_at_once() {
    let mut show = shop();
    press(&mut show, "b b b s");
    assert_eq!(show.state.inbox.sort, Sort::Newest);
    let first = |show: &Show| match show.state.inbox.rows()[0] {
        Row::Problem(f) => show.stage.store.group(f).unwrap().template.to_string(),
        Row::Heading(..) => String::new(),
    };
    assert!(
        ["connection refused to <host>:<n> attempt=<n>", "slow query took <n>ms"]
            .contains(&first(&show).as_str())
    );
    press(&mut show, "s");
    assert!(first(&show).starts_with("remaining connection slots"));
}

#[test]
fn two_keys_leave_only_errors() {
    let mut show = shop();
    press(&mut show, "v v");
    assert_eq!(show.state.filter.minimum, Severity::Error);
    let shown = show.state.inbox.rows().iter().filter_map(|r| match r {
        Row::Problem(f) => show.stage.store.group(*f),
        Row::Heading(..) => None,
    });
    assert!(shown.into_iter().all(|g| g.severity() >= Severity::Error));
    press(&mut show, "esc");
    assert_eq!(show.state.filter.minimum, Severity::Info);
}

#[test]
fn newest_and_worst_are_one_key_away() {
    let mut show = shop();
    press(&mut show, "]");
    assert_eq!(
        show.stage.store.group(show.state.problem().unwrap()).unwrap().last_seen,
        show.stage.now
    );
    press(&mut show, "[");
    assert!(selected(&show).starts_with("OOMKilled"));
}

#[test]
fn a_search_finds_as_it_is_typed_in_all_services() {
    let mut show = shop();
    press(&mut show, "/ c o n n e c t i o n");
    let index = show.state.search.as_ref().unwrap().index.as_ref().unwrap();
    assert!(index.is_complete());
    assert_eq!((index.len(), index.by_service().count()), (6, 2));
    press(&mut show, "enter N N");
    let chosen = show.state.search.as_ref().unwrap().selected.unwrap();
    let text = show.stage.store.record(chosen).unwrap().text.clone();
    assert!(text.contains("connection"));
    let effects = press(&mut show, "y");
    assert_eq!(effects, [Effect::Copy(text.to_string(), "line")]);
    press(&mut show, "enter");
    assert!(show.state.search.is_none());
    assert_eq!(show.state.filter.source(), "connection");
    assert_eq!(show.state.focus, Pane::Logs);
    press(&mut show, "esc");
    assert!(show.state.filter.is_empty());
}

#[test]
fn a_broken_expression_is_told_and_keeps_the_hits() {
    let mut show = shop();
    press(&mut show, "/ G E T");
    let hits = show.state.search.as_ref().unwrap().index.as_ref().unwrap().len();
    assert!(hits > 0);
    show.send(Message::Paste("(/".to_owned()));
    press(&mut show, "home /");
    let search = show.state.search.as_ref().unwrap();
    assert!(search.error.is_some());
}

#[test]
fn scrolling_up_pauses_and_counts_what_is_unseen() {
    let mut show = shop();
    press(&mut show, "4 up up");
    assert!(!show.state.logs.is_following());
    let cursor = show.state.logs.cursor;
    show.stage.chatter(40);
    show.send(Message::Tick);
    assert_eq!(show.state.logs.cursor, cursor);
    assert!(show.text().contains("40 new"), "{}", show.text());
    press(&mut show, "G");
    assert!(show.state.logs.is_following());
    press(&mut show, "space");
    assert!(!show.state.logs.is_following());
    press(&mut show, "down");
    assert!(show.state.logs.is_following(), "down from the newest line follows again");
}

#[test]
fn e_goes_from_problem_to_problem_in_the_log() {
    let mut show = shop();
    press(&mut show, "4 E E E");
    let cursor = show.state.logs.cursor.unwrap();
    let record = show.stage.store.record(cursor).unwrap();
    assert!(show.stage.store.group_at(&record).is_some());
    press(&mut show, "e");
    assert!(show.state.logs.cursor.unwrap() > cursor);
    press(&mut show, "enter");
    assert_eq!(show.state.focus, Pane::Problems);
}

#[test]
fn lines_are_marked_selected_copied_and_cleared() {
    let mut show = shop();
    press(&mut show, "4 up m up up m '");
    assert_eq!(show.state.logs.marks.len(), 2);
    press(&mut show, "V up up");
    let effects = press(&mut show, "y");
    assert!(matches!(&effects[..], [Effect::Copy(text, "lines")] if text.lines().count() == 3));
    press(&mut show, "C");
    assert!(show.text().contains("nothing new yet"));
    show.stage.line("api", crate::model::Level::Info, "fresh as dew");
    assert!(show.text().contains("fresh as dew"));
}

#[test]
fn back_unwinds_one_step_at_a_time_and_quits_at_the_root() {
    let mut show = shop();
    press(&mut show, "f s v c : a p i enter enter / x enter");
    assert!(show.state.search.is_some() && !show.state.filter.is_empty());
    press(&mut show, "q");
    assert!(show.state.search.is_none() && !show.state.filter.is_empty());
    let mut rest = Vec::new();
    for _ in 0..4 {
        rest = press(&mut show, "q");
        if !rest.is_empty() {
            break;
        }
    }
    assert!(show.state.filter.is_empty());
    assert_eq!(rest, [Effect::Quit]);
    assert_eq!(press(&mut shop(), "esc"), [], "Esc never quits");
    assert_eq!(press(&mut shop(), "ctrl-c"), [Effect::Quit]);
}

#[test]
fn a_service_can_be_shown_alone_and_all_again() {
    let mut show = shop();
    press(&mut show, "1 down down enter");
    assert_eq!(show.state.filter.source(), "svc:db");
    assert!(selected(&show).starts_with("remaining"));
    press(&mut show, "enter");
    assert!(show.state.filter.is_empty());
}

#[test]
fn stopping_asks_and_its_default_is_no() {
    let mut show = shop();
    assert_eq!(press(&mut show, "1 s enter"), []);
    assert_eq!(press(&mut show, "s y"), [Effect::Send(Command::Stop(vec!["api".into()]))]);
    assert_eq!(press(&mut show, "S enter"), [Effect::Send(Command::Start(vec!["api".into()]))]);
}

#[test]
fn what_cannot_be_restarted_says_why() {
    for (is_read_only, why) in [(false, "recorded log"), (true, "--read-only")] {
        let mut show = shop();
        show.stage.capabilities.can_control = false;
        show.stage.capabilities.is_read_only = is_read_only;
        assert_eq!(press(&mut show, "r"), []);
        assert!(show.state.popup.is_none());
        assert!(show.state.toasts.back().unwrap().note.text.contains(why), "{why}");
    }
}

#[test]
fn outcomes_become_notes_and_progress_gives_way() {
    let mut show = shop();
    let id = CommandId(1);
    show.send(Message::Sent(id, Command::Restart(vec!["db".into()])));
    show.send(Message::Engine(Event::Done(id, Outcome::Progress("Restarting db".into()))));
    assert_eq!(show.state.toasts.len(), 1);
    assert!(show.state.is_restless());
    show.send(Message::Engine(Event::Done(id, Outcome::Failed("no such container".into()))));
    assert_eq!(show.state.toasts.len(), 1);
    assert_eq!(show.state.toasts[0].note.kind, NoteKind::Bad);
    show.stage.now += Duration::seconds(60);
    show.send(Message::Tick);
    assert!(show.state.toasts[0].is_shown, "what did not work stays until a key");
    press(&mut show, "down");
    assert!(!show.state.toasts[0].is_shown);
    show.send(Message::Engine(Event::Trouble("slow".into())));
    show.stage.now += Duration::seconds(5);
    show.send(Message::Tick);
    assert!(!show.state.toasts[1].is_shown);
}

#[test]
fn clicks_select_and_the_wheel_scrolls_what_is_under_it() {
    let mut show = shop();
    let fingerprint = of(&show, "JWT");
    show.send(Message::Click(Target::Problem(fingerprint)));
    assert_eq!(show.state.problem(), Some(fingerprint));
    show.send(Message::Wheel(Pane::Logs, -3));
    assert!(!show.state.logs.is_following());
    assert_eq!(show.state.focus, Pane::Problems);
    show.send(Message::Click(Target::Category(Category::Tls)));
    assert_eq!(show.state.category, Some(Category::Tls));
    assert_eq!(show.send(Message::Click(Target::Action(Action::Quit))), [Effect::Quit]);
}

#[test]
fn the_detail_does_not_change_under_the_readers_eyes() {
    let mut show = shop();
    press(&mut show, "down 3");
    let before = show.state.detail.shown.unwrap().1;
    let fingerprint = show.state.problem().unwrap();
    let record = show.stage.line("db", crate::model::Level::Fatal, "again");
    let group = show.stage.store.group_mut(fingerprint).unwrap();
    let mut sample = group.samples[0].clone();
    sample.position = record.position();
    group.samples.push_back(sample);
    show.stage.now += Duration::seconds(10);
    show.send(Message::Tick);
    assert_eq!(show.state.detail.shown.unwrap().1, before);
    press(&mut show, "2");
    show.stage.now += Duration::seconds(10);
    show.send(Message::Tick);
    assert_eq!(show.state.detail.shown.unwrap().1, record.position());
    press(&mut show, "n");
    assert_eq!(show.state.detail.shown.unwrap().1, before);
    press(&mut show, "N");
    assert_eq!(show.state.detail.chosen, None, "the newest one is followed again");
}

#[test]
fn markdown_has_a_fence_longer_than_any_in_the_text() {
    let mut stage = Stage::empty();
    let record = stage.line("api", crate::model::Level::Error, "ERROR ```` rm -rf");
    stage.problem(&Plan {
        at: Some(record),
        ..Plan::new("ERROR", Severity::Error, Category::Code, "api", &[1], 0)
    });
    let mut show = Show::new(stage, 80, 24);
    let effects = press(&mut show, "Y");
    let [Effect::Copy(text, _)] = &effects[..] else { panic!("{effects:?}") };
    assert!(text.contains("\n`````text\n"), "{text}");
}

#[test]
fn fixed_ones_stand_folded_at_the_end() {
    let show = shop();
    let rows = show.state.inbox.rows();
    assert!(
        matches!(rows.last(), Some(Row::Heading(heading, 2)) if heading.title() == "Fixed and muted")
    );
    let closed = show.stage.store.groups().filter(|g| g.status.kind() >= StatusKind::Fixed);
    assert_eq!(closed.count(), 2);
}

#[test]
fn nothing_selected_does_nothing() {
    let mut show = Show::new(Stage::empty(), 80, 24);
    let keys = "r R x a u [ ] n N + - s b space h l W y Y w J S o A t enter down up pgdn g G z z 1 enter s S a E L c b u d 4 space e E m ' V y P t h l w C 5 enter a 2 esc";
    for key in keys.split(' ') {
        let effects = press(&mut show, key);
        let is_quiet = effects.iter().all(|e| matches!(e, Effect::Send(Command::UndoTriage)));
        assert!(is_quiet, "{key}: {effects:?}");
        show.state.popup = None;
        show.buffer();
    }
}

#[test]
fn what_is_new_since_the_last_visit_is_one_key_away() {
    let mut show = shop();
    let first_seen = show.stage.store.groups().map(|g| g.first_seen).max().unwrap();
    assert!(!show.text().contains("since your last visit"));
    press(&mut show, "L");
    assert!(show.state.filter.is_empty(), "there was none");
    // All but the newest problem, and the one that came back, were there before.
    show.stage.record.last_visit = Some(first_seen - Duration::milliseconds(1));
    show.stage.now += Duration::seconds(3);
    show.send(Message::Tick);
    let text = show.text();
    assert!(text.contains("new since your last visit, 3m ago L"), "{text}");
    press(&mut show, "L");
    assert_eq!(show.state.filter.source(), "since:visit");
    let shown: Vec<_> = show
        .state
        .inbox
        .rows()
        .iter()
        .filter_map(|row| match row {
            Row::Problem(f) => show.stage.store.group(*f),
            Row::Heading(..) => None,
        })
        .collect();
    let is_new = |g: &&crate::model::ErrorGroup| {
        g.first_seen >= first_seen || matches!(g.status, Status::Regressed { .. })
    };
    assert!(shown.len() >= 2 && shown.iter().all(is_new), "{}", shown.len());
    press(&mut show, "L");
    assert!(show.state.filter.is_empty());
}

#[test]
fn the_last_visit_is_said_once() {
    let mut show = shop();
    show.stage.record.last_visit = Some(show.stage.now - Duration::hours(2));
    for seconds in 0..30 {
        show.stage.now += Duration::seconds(seconds);
        show.send(Message::Tick);
    }
    let said = show.state.toasts.iter().filter(|t| t.note.text.contains("last visit")).count();
    assert_eq!(said, 1);
}

#[test]
fn lines_and_problems_are_filtered_by_a_moment() {
    let mut show = shop();
    let lines = |show: &mut Show, filter: &str| {
        show.state.filter.set(filter).unwrap();
        show.send(Message::Tick);
        let world = show.stage.world();
        crate::tui::reader::Reader::of_log(&show.state, &world).after(None, 10_000).len()
    };
    let all = lines(&mut show, "");
    let later = lines(&mut show, "since:1s");
    assert!(later > 0 && later < all, "{later} of {all}");
    assert_eq!(lines(&mut show, "since:2h"), all);
    let mut api = show.stage.store.service(&"api".into()).unwrap().containers[0].clone();
    api.started_at = Some(show.stage.now - Duration::seconds(1));
    show.stage.store.put_container(api);
    assert_eq!(lines(&mut show, "since:api"), later);
    assert!(lines(&mut show, "svc:api since:restart") < later);
    // Each problem is judged by the start of its own service: api began anew, the others did not.
    let count = |show: &mut Show, filter: &str| {
        show.state.filter.set(filter).unwrap();
        press(show, "esc esc 2");
        show.state.filter.set(filter).unwrap();
        show.state.inbox.unsettle();
        press(show, "down");
        let groups = show.stage.store.groups();
        groups.filter(|g| show.state.filter.wants_group(g)).count()
    };
    let own = count(&mut show, "since:restart");
    assert!(own < count(&mut show, "since:2h"), "{own}");
    press(&mut show, "f");
    show.send(Message::Paste("since:nobody".to_owned()));
    assert!(show.text().contains("no service or time \"nobody\""), "{}", show.text());
}

#[test]
fn the_palette_goes_to_a_time() {
    let mut show = shop();
    press(&mut show, ":");
    show.send(Message::Paste("go 21:48:20".to_owned()));
    assert!(show.text().contains("go to 21:48:20 in the log"));
    press(&mut show, "enter");
    let cursor = show.state.logs.cursor.unwrap();
    let wanted = show.stage.now - Duration::milliseconds(1_500);
    assert!(cursor.time >= wanted && cursor.time - wanted < Duration::milliseconds(20));
    assert_eq!(show.state.focus, Pane::Logs);
}
