//! The watchdog's menu, its questions, and what the screen says of it.

use super::{Effect, Message, Popup, Show, press, shop};
use crate::{
    model::{
        Actor, Attempt, Command, Ending, Event, Guard, GuardState, Remedy, RepairMode, ScaleState,
        Scaling, Scalings, ServiceName, Strategy, Watchdog,
    },
    tui::action::Action,
};
use chrono::Duration;
use std::sync::Arc;

/// The shop under a watchdog: `db` cools down, `worker` was given up, `mailer` as the test wants.
fn watched(mode: RepairMode, mailer: GuardState) -> Show {
    let mut show = shop();
    let now = show.stage.now;
    let guard = |name: &str, state: GuardState| Guard {
        service: name.into(),
        mode,
        state,
        strategy: None,
        remedy: None,
        attempts: 0,
        allowed: 3,
        failures: 0,
        acted_at: None,
        next_at: None,
        reason: "".into(),
    };
    let guards = vec![
        guard("api", GuardState::Fine),
        Guard {
            strategy: Some(Strategy::Unhealthy),
            remedy: Some(Remedy::Restart),
            attempts: 1,
            failures: 1,
            next_at: Some(now + Duration::seconds(272)),
            reason: "unhealthy since 21:40:11; cooling down".into(),
            ..guard("db", GuardState::Waiting)
        },
        Guard {
            strategy: Some(Strategy::Exited),
            remedy: Some(Remedy::Start),
            attempts: u32::from(mailer == GuardState::Acting),
            reason: "exited with 1".into(),
            ..guard("mailer", mailer)
        },
        Guard {
            attempts: 3,
            failures: 3,
            reason: "restarted by Docker again and again; gave up after 3 attempts in 16 min"
                .into(),
            ..guard("worker", GuardState::GivenUp)
        },
    ];
    let tried = Attempt {
        number: 1,
        time: now - Duration::seconds(28),
        service: "db".into(),
        strategy: Strategy::Unhealthy,
        remedy: Remedy::Restart,
        targets: Vec::new(),
        config: "".into(),
        reason: "unhealthy since 21:40:11".into(),
        course: None,
        acted_at: Some(now - Duration::seconds(27)),
        end: Some((now - Duration::seconds(5), Ending::Failed, "db is unhealthy".into())),
    };
    show.stage.watchdog = Arc::new(Watchdog {
        mode,
        guards,
        recent: vec![tried],
        looked_at: Some(now),
        ..Watchdog::default()
    });
    show
}

fn asked(show: &Show) -> Option<&str> {
    match &show.state.popup {
        Some(Popup::Repair(service)) => Some(service.as_str()),
        _ => None,
    }
}

#[test]
fn how_it_stands_looks_as_it_was_reviewed() {
    let mut show = watched(RepairMode::Auto, GuardState::Acting);
    press(&mut show, "1");
    show.state.service = Some("db".into());
    insta::assert_snapshot!("watched_120", show.text());
    show.state.size = (80, 24);
    insta::assert_snapshot!("watched_80", show.text());
}

#[test]
fn the_menu_holds_with_its_own_key_again() {
    let mut show = watched(RepairMode::Auto, GuardState::Acting);
    show.state.service = Some("db".into());
    assert_eq!(press(&mut show, "1 H"), []);
    insta::assert_snapshot!("watchdog_menu_120", show.text());
    let hold = Command::SetRepairMode(None, RepairMode::Observe);
    assert_eq!(press(&mut show, "H"), [Effect::Send(hold.clone())]);
    assert_eq!(press(&mut show, "H enter"), [Effect::Send(hold)], "holding comes first");
}

#[test]
fn the_menu_sends_what_its_rows_say() {
    let service = || ServiceName::from("db");
    let mut show = watched(RepairMode::Observe, GuardState::WouldAct);
    show.state.service = Some(service());
    for (keys, want) in [
        ("1 H 1", Command::Repair { service: service(), is_forced: true, by: Actor::Screen }),
        ("1 H 2", Command::ResetRepair(service())),
        ("1 H 3", Command::SetRepairMode(Some(service()), RepairMode::Ask)),
        ("1 H down down down enter", Command::SetRepairMode(Some(service()), RepairMode::Auto)),
        ("1 H 6", Command::SetRepairMode(None, RepairMode::Auto)),
    ] {
        assert_eq!(press(&mut show, keys), [Effect::Send(want)], "{keys}");
        assert!(show.state.popup.is_none());
    }
    assert_eq!(press(&mut show, "1 H 9 esc"), []);
}

#[test]
fn a_question_waits_for_quiet_and_only_y_is_a_yes() {
    let mut show = watched(RepairMode::Ask, GuardState::Asking);
    press(&mut show, "1 down");
    assert_eq!(asked(&show), None, "who types is not interrupted");
    show.stage.now += Duration::seconds(3);
    show.send(Message::Tick);
    assert_eq!(asked(&show), Some("mailer"));
    insta::assert_snapshot!("watchdog_asks_120", show.text());
    assert_eq!(press(&mut show, "space"), []);
    assert_eq!(asked(&show), Some("mailer"));
    let yes = Command::Repair { service: "mailer".into(), is_forced: false, by: Actor::Screen };
    assert_eq!(press(&mut show, "y"), [Effect::Send(yes)]);
    show.stage.now += Duration::seconds(9);
    show.send(Message::Tick);
    assert_eq!(asked(&show), None, "it is asked once");
}

#[test]
fn a_no_holds_until_it_is_another_question() {
    for no in ["enter", "n", "esc"] {
        let mut show = watched(RepairMode::Ask, GuardState::Asking);
        show.send(Message::Tick);
        assert_eq!(asked(&show), Some("mailer"));
        assert_eq!(press(&mut show, no), [], "{no}");
        let asking = Arc::clone(&show.stage.watchdog);
        show.stage.now += Duration::seconds(9);
        show.send(Message::Tick);
        assert_eq!(asked(&show), None, "{no}");
        show.stage.watchdog = watched(RepairMode::Ask, GuardState::Fine).stage.watchdog;
        show.send(Message::Tick);
        show.stage.watchdog = asking;
        show.stage.now += Duration::seconds(9);
        show.send(Message::Tick);
        assert_eq!(asked(&show), Some("mailer"), "{no}");
    }
}

#[test]
fn a_question_that_is_none_any_more_goes_away() {
    let mut show = watched(RepairMode::Ask, GuardState::Asking);
    show.send(Message::Tick);
    assert_eq!(asked(&show), Some("mailer"));
    show.stage.watchdog = watched(RepairMode::Ask, GuardState::Verifying).stage.watchdog;
    show.send(Message::Tick);
    assert!(show.state.popup.is_none());
}

#[test]
fn without_a_watchdog_its_key_says_so() {
    let mut show = shop();
    show.send(Message::Do(Action::Watchdog));
    assert!(show.state.popup.is_none());
    assert!(show.text().contains("has not looked yet"), "{}", show.text());
}

#[test]
fn what_is_scaled_stands_among_the_services_and_in_the_menu() {
    let mut show = watched(RepairMode::Auto, GuardState::Fine);
    show.state.service = Some("api".into());
    let time = show.stage.now;
    let scaling = |state, reason: &str| Scaling {
        time,
        service: "api".into(),
        state,
        replicas: 1,
        wanted: 3,
        reason: reason.into(),
        changed: 0,
        failed: 0,
    };
    let reason = "45.0 for each container";
    for (state, row, told) in [
        (ScaleState::WouldAct, Some("would scale to 3"), "scale 1, wanted 3: 45.0"),
        (ScaleState::Acting, Some("scale 1 to 3"), "scale 1, wanted 3: 45.0"),
        (ScaleState::Waiting, None, "scale 1, wanted 3: 45.0"),
        (ScaleState::LeftAlone, None, "not scaled: 45.0"),
        (ScaleState::Failed, Some("not scaled to 3"), "scale 1, wanted 3: 45.0"),
    ] {
        let services = vec![scaling(state, reason)];
        show.stage.scalings = Arc::new(Scalings { services, looked_at: Some(time) });
        press(&mut show, "1");
        let text = show.text();
        let line = text.lines().find(|line| line.contains(" api ")).unwrap();
        let is_there = row.map_or(line.contains("12%"), |row| line.contains(row));
        assert!(is_there, "{state:?}: {line}");
        press(&mut show, "H");
        assert!(show.text().contains(told), "{state:?}: {}", show.text());
        press(&mut show, "esc");
    }
    let mut waiting = watched(RepairMode::Auto, GuardState::Waiting);
    waiting.state.service = Some("mailer".into());
    let mailer = Scaling { service: "mailer".into(), ..scaling(ScaleState::WouldAct, reason) };
    waiting.stage.scalings = Arc::new(Scalings { services: vec![mailer], looked_at: Some(time) });
    press(&mut waiting, "1");
    let text = waiting.text();
    let line = text.lines().find(|line| line.contains(" mailer ")).unwrap();
    assert!(line.contains("would scale to 3"), "an act stands before a wait: {line}");
    show.send(Message::Engine(Event::Scaled(Arc::new(scaling(ScaleState::Acting, reason)))));
    assert!(show.text().contains("api: scale 1 to 3: 45.0 for each"), "{}", show.text());
}
