//! What keys do to services, to several of them, and to the whole project.

use super::{press, shop};
use crate::{
    model::{Command, Files},
    tui::{message::Effect, popup::Popup, state::Pane},
};

/// The stack with its files known.
fn project() -> super::Show {
    let mut show = shop();
    show.stage.capabilities.source.place = "unix:///var/run/docker.sock".into();
    let containers: Vec<_> =
        show.stage.store.services().flat_map(|s| s.containers.clone()).collect();
    for mut container in containers {
        container.files = files();
        show.stage.store.put_container(container);
    }
    show
}

fn files() -> Files {
    Files { folder: "/home/me/shop".into(), ..Files::default() }
}

#[test]
fn the_whole_project_goes_up_and_down_only_after_a_yes() {
    for (key, want) in [("u", Command::Up(files())), ("d", Command::Down(files()))] {
        let mut show = project();
        for no in ["enter", "esc", "n"] {
            assert_eq!(press(&mut show, &format!("1 {key} {no}")), [], "{key} {no}");
            assert!(show.state.popup.is_none());
        }
        assert_eq!(press(&mut show, &format!("{key} y")), [Effect::Send(want)]);
    }
}

#[test]
fn the_questions_look_as_they_were_reviewed() {
    let mut show = project();
    press(&mut show, "1 b down");
    insta::assert_snapshot!("bulk_120", show.text());
    press(&mut show, "esc d");
    insta::assert_snapshot!("down_120", show.text());
}

#[test]
fn several_services_are_asked_about_before_anything_happens() {
    let mut show = project();
    for row in 1..=6 {
        assert_eq!(press(&mut show, &format!("1 b {row}")), [], "{row}");
        let is_asked = matches!(show.state.popup, Some(Popup::Confirm(_) | Popup::Project(_)));
        assert!(is_asked, "{row}: {:?}", show.state.popup);
        assert_eq!(press(&mut show, "enter"), [], "{row}: cancel is the default");
        show.state.popup = None;
    }
}

#[test]
fn a_shell_is_for_a_service_that_runs() {
    let mut show = project();
    show.state.service = Some("api".into());
    let effects = press(&mut show, "1 E");
    assert!(matches!(&effects[..], [Effect::Shell(name)] if name.contains("api")), "{effects:?}");
    show.state.service = Some("migrate".into());
    assert_eq!(press(&mut show, "E"), []);
    assert!(show.text().contains("does not run"), "{}", show.text());
    show.stage.capabilities.can_control = false;
    show.state.service = Some("api".into());
    assert_eq!(press(&mut show, "E"), []);
}

#[test]
fn own_commands_are_told_of_the_service_by_the_environment() {
    let mut show = project();
    show.state.service = Some("api".into());
    assert_eq!(press(&mut show, "1 c"), []);
    assert!(show.text().contains("[tui.commands]"), "{}", show.text());
    let line = "docker exec -it $CONTAINER ./manage.py shell";
    show.state.commands = vec![
        ("bash".to_owned(), "docker exec -it $CONTAINER bash".to_owned()),
        ("console".to_owned(), line.to_owned()),
    ];
    press(&mut show, "c down");
    insta::assert_snapshot!("own_120", show.text());
    let effects = press(&mut show, "enter");
    let [Effect::Own(command)] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(command.line, line);
    assert_eq!(command.told[0], ("SERVICE", "api".into()));
}

#[test]
fn the_previous_run_stands_above_the_last_start() {
    let mut show = project();
    show.state.service = Some("worker".into());
    press(&mut show, "1 L");
    assert_eq!(show.state.focus, Pane::Logs);
    assert_eq!(show.state.filter.only_service(), Some(&"worker".into()));
    press(&mut show, "1 L");
    assert_eq!(show.state.filter.only_service(), Some(&"worker".into()), "it does not toggle");
    let lines = show.stage.store.records_after(&crate::model::Query::default(), None, 1_000);
    let of_worker: Vec<_> = lines.iter().filter(|r| r.origin.service == "worker".into()).collect();
    for (line, told) in [
        (of_worker.last(), "Above the cursor is the run before"),
        (of_worker.first(), "Nothing of the run before is on record"),
    ] {
        let mut worker = show.stage.store.service(&"worker".into()).unwrap().containers[0].clone();
        worker.started_at = line.map(|line| line.time);
        show.stage.store.put_container(worker);
        press(&mut show, "1 L");
        assert!(show.text().contains(told), "{}", show.text());
    }
}

#[test]
fn o_opens_the_first_frame_of_ones_own_code() {
    let mut show = project();
    assert_eq!(press(&mut show, "o"), []);
    assert!(show.text().contains("names a file of your own"), "{}", show.text());
    let problem = show.state.problem().unwrap();
    let group = show.stage.store.group_mut(problem).unwrap();
    for sample in &mut group.samples {
        sample.lines = vec!["  File \"/app/tasks.py\", line 88, in run".into()];
    }
    let effects = press(&mut show, "o");
    let [Effect::OpenFrame(frame, owner)] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!((frame.path.as_str(), frame.line), ("/app/tasks.py", 88));
    assert_eq!(owner.files, Some(files()));
    let effects = press(&mut show, "A");
    let [Effect::Copy(text, _)] = &effects[..] else { panic!("{effects:?}") };
    assert!(text.contains("`/app/tasks.py` line 88") && text.contains("```"), "{text}");
}
