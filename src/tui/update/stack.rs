//! What is done to services besides restarting them: shells, earlier runs, several at once, the whole project.

use super::{acts, moves, popup, ways};
use crate::{
    model::{Position, RecordId, ServiceName},
    tui::{
        message::{Effect, Note, NoteKind, OwnCommand},
        popup::{Bulk, Popup, ProjectQuestion, Verb},
        reader::Reader,
        state::{Pane, State, World},
    },
};

/// A shell in the first running container of the selected service.
pub(super) fn shell(state: &mut State, world: &World<'_>) -> Vec<Effect> {
    if !acts::can_control(state, world) {
        return Vec::new();
    }
    let service = state.service.as_ref().and_then(|name| world.store.service(name));
    let container = service.and_then(|s| s.containers.iter().find(|c| c.state.is_up()));
    match container {
        Some(container) if world.capabilities.source.place.contains("://") => {
            vec![Effect::Shell(container.name.clone())]
        }
        Some(_) => say(state, "There is no real container to open a shell in", world),
        None => say(state, "The selected service does not run: there is nothing to enter", world),
    }
}

/// The log of the selected service around its last start: the run before stands above.
pub(super) fn previous_run(state: &mut State, world: &World<'_>) -> Vec<Effect> {
    let service = state.service.as_ref().and_then(|name| world.store.service(name));
    let started = service.and_then(|s| s.containers.iter().filter_map(|c| c.started_at).max());
    let (Some(service), Some(started)) = (service, started) else {
        return say(state, "It is not known when the selected service was started", world);
    };
    if state.filter.only_service() != Some(&service.name) {
        ways::show_only_service(state, &service.name.clone());
    }
    ways::focus(state, Pane::Logs);
    moves::go_to_time(state, started, world);
    let start = Position { time: started, id: RecordId(0) };
    // Where the lines are still on their way from the disk, there is a record of that time.
    let is_first = state.logs.going.is_none()
        && Reader::of_log(state, world).before(Some(start), 1).is_empty();
    let text = if is_first {
        "Nothing of the run before is on record: start with --since 2h to read further back"
    } else {
        "Above the cursor is the run before the last start; esc shows all services"
    };
    say(state, text, world)
}

/// The menu of the user's own commands.
pub(super) fn own_commands(state: &mut State, world: &World<'_>) -> Vec<Effect> {
    if !acts::can_control(state, world) {
        return Vec::new();
    }
    if state.commands.is_empty() {
        let text =
            "There are no commands of your own: [tui.commands] in the config file names them";
        return say(state, text, world);
    }
    match state.service.clone() {
        Some(service) => {
            state.popup = Some(Popup::Own(service, 0));
            Vec::new()
        }
        None => say(state, "No service is selected", world),
    }
}

/// One of them, for a service.
pub(super) fn own_command(
    state: &State,
    service: &ServiceName,
    row: usize,
    world: &World<'_>,
) -> Option<Effect> {
    let (_, line) = state.commands.get(row)?;
    let container = world.store.service(service).and_then(|s| s.containers.first());
    let container = container.map(|c| c.name.clone()).unwrap_or_default();
    let told = [
        ("SERVICE", service.as_str().into()),
        ("CONTAINER", container),
        ("PROJECT", world.capabilities.source.name.clone()),
    ];
    Some(Effect::Own(OwnCommand { line: line.clone(), told }))
}

/// The menu of what can be done to several services.
pub(super) fn bulk(state: &mut State, world: &World<'_>) {
    if acts::can_control(state, world) {
        state.popup = Some(Popup::Bulk(0));
    }
}

/// What a row of that menu leads to: a question, always.
pub(super) fn asked(row: Bulk, world: &World<'_>) -> Option<Popup> {
    let pick = |is_wanted: fn(&crate::model::Service) -> bool| -> Vec<ServiceName> {
        world.store.services().filter(|s| is_wanted(s)).map(|s| s.name.clone()).collect()
    };
    let (verb, services) = match row {
        Bulk::RestartTroubled => (Verb::Restart, pick(crate::model::Service::is_troubled)),
        Bulk::RestartAll => (Verb::Restart, pick(|_| true)),
        Bulk::StopAll => (Verb::Stop, pick(|s| s.state().is_up())),
        Bulk::StartAll => (Verb::Start, pick(|s| !s.state().is_up())),
        Bulk::Up => return project(true, world),
        Bulk::Down => return project(false, world),
    };
    if services.is_empty() { None } else { Some(popup::ask(verb, services, world)) }
}

/// Asks before the whole project is brought up or taken down.
pub(super) fn ask_project(state: &mut State, is_up: bool, world: &World<'_>) -> Vec<Effect> {
    if !acts::can_control(state, world) {
        return Vec::new();
    }
    match project(is_up, world) {
        Some(question) => {
            state.popup = Some(question);
            Vec::new()
        }
        None => say(state, "It is not known where the files of this project are", world),
    }
}

fn project(is_up: bool, world: &World<'_>) -> Option<Popup> {
    let containers = || world.store.services().flat_map(|s| &s.containers);
    let files = containers().map(|c| &c.files).find(|f| !f.folder.is_empty())?.clone();
    Some(Popup::Project(ProjectQuestion { is_up, files, containers: containers().count() }))
}

fn say(state: &mut State, text: &str, world: &World<'_>) -> Vec<Effect> {
    state.tell(Note::new(NoteKind::Info, text), None, world.now);
    Vec::new()
}
