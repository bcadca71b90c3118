//! What each action does.

use super::{copies, grouping, moves, popup, problems, searches, stack, traces, watchdog, ways};
use crate::{
    model::{Command, ErrorGroup, ServiceName, StatusKind},
    tui::{
        action::Action,
        message::{Effect, Note, NoteKind},
        palette::Palette,
        popup::{FilterLine, Help, MuteMenu, Popup, ThemeList, Verb},
        settings::{GroupBy, Sort, Timestamps},
        state::{Pane, State, World},
    },
};

/// Does what was asked for.
pub(super) fn act(state: &mut State, action: Action, world: &World<'_>) -> Vec<Effect> {
    match action {
        Action::Restart => ask(state, Verb::Restart, world),
        Action::Stop => ask(state, Verb::Stop, world),
        Action::Start => ask(state, Verb::Start, world),
        Action::RestartWhich => ask_which(state, world),
        Action::OpenFile => return traces::open_file(state, world),
        Action::HandOff => return traces::hand_off(state, world),
        Action::Shell => return stack::shell(state, world),
        Action::PreviousRun => return stack::previous_run(state, world),
        Action::Up => return stack::ask_project(state, true, world),
        Action::Down => return stack::ask_project(state, false, world),
        Action::OwnCommands => return stack::own_commands(state, world),
        Action::Bulk => stack::bulk(state, world),
        Action::Watchdog => watchdog::open(state, world),
        Action::Merge => grouping::merge(state, world),
        Action::Split => grouping::split(state, world),
        Action::ToggleFixed | Action::Acknowledge | Action::Mute => {
            return triage(state, action, world);
        }
        Action::FileIssue => return file_issue(state, world),
        Action::Why => state.popup = selected(state, world).map(|g| Popup::Why(g.fingerprint)),
        Action::UndoTriage => return vec![Effect::Send(Command::UndoTriage)],
        Action::CopyLine => return copies::line(state, world),
        Action::CopyMarkdown => return copies::markdown(state, world),
        Action::SaveView => return copies::save(state, world),
        Action::ToggleMouse => {
            state.mouse = !state.mouse;
            let text = if state.mouse {
                "The mouse works here"
            } else {
                "The mouse is the terminal's: select and copy"
            };
            state.tell(Note::new(NoteKind::Info, text), None, world.now);
            return vec![Effect::UseMouse(state.mouse)];
        }
        Action::Redraw => return vec![Effect::Redraw],
        Action::Suspend => return vec![Effect::Suspend],
        Action::Quit => return vec![Effect::Quit],
        Action::BackOrQuit if !ways::back(state) => return vec![Effect::Quit],
        Action::Back => drop(ways::back(state)),
        Action::BackOrQuit => {}
        other => {
            look(state, other, world);
        }
    }
    Vec::new()
}

/// What changes only the screen.
fn look(state: &mut State, action: Action, world: &World<'_>) {
    match action {
        Action::MoveUp => moves::go(state, -1, world),
        Action::MoveDown => moves::go(state, 1, world),
        Action::PageUp => moves::page(state, -2, world),
        Action::PageDown => moves::page(state, 2, world),
        Action::HalfPageUp => moves::page(state, -1, world),
        Action::HalfPageDown => moves::page(state, 1, world),
        Action::GoTop => moves::end(state, false, world),
        Action::GoBottom => moves::end(state, true, world),
        Action::NextPane => ways::turn(state, true, world),
        Action::PreviousPane => ways::turn(state, false, world),
        Action::FocusServices => ways::focus(state, Pane::Services),
        Action::FocusProblems => ways::focus(state, Pane::Problems),
        Action::FocusDetail => ways::focus(state, Pane::Detail),
        Action::FocusLogs => ways::focus(state, Pane::Logs),
        Action::FocusCategories => ways::focus(state, Pane::Categories),
        Action::Zoom => state.is_zoomed = !state.is_zoomed,
        Action::Open => problems::open(state, world),
        Action::Search => searches::open(state),
        Action::NextHit => searches::step(state, 1, world),
        Action::PreviousHit => searches::step(state, -1, world),
        Action::KeepAsFilter => searches::keep(state),
        Action::SinceVisit if world.record.last_visit.is_none() => {
            let text = "There was no visit before this one: everything is new";
            state.tell(Note::new(NoteKind::Info, text), None, world.now);
        }
        Action::SinceVisit => ways::toggle_since_visit(state),
        Action::CycleMinimum => ways::cycle_minimum(state),
        Action::ShowOnly => show_only(state),
        Action::ShowAll => ways::show_all(state),
        Action::Filter => {
            let line = FilterLine::new(state.filter.source(), world.store);
            ways::open(state, Popup::Filter(line));
        }
        Action::Help => ways::open(state, Popup::Help(Help::default())),
        Action::Messages => ways::open(state, Popup::Messages(0)),
        Action::Palette => {
            let service = target(state, world);
            let palette = Palette::new(world.store, service.as_ref(), &state.themes);
            ways::open(state, Popup::Palette(palette));
        }
        Action::Theme => {
            let names = state.themes.clone();
            let at = names.iter().position(|n| *n == state.theme).unwrap_or(0);
            ways::open(state, Popup::Themes(ThemeList { names, at, before: state.theme.clone() }));
        }
        Action::SelectWorst => problems::extreme(state, false, world),
        Action::SelectNewest => problems::extreme(state, true, world),
        Action::CycleSort
        | Action::CycleGroupBy
        | Action::ToggleFold
        | Action::Fold
        | Action::Unfold => {
            arrange(state, action);
        }
        Action::NextOccurrence => problems::occurrence(state, true, world),
        Action::PreviousOccurrence => problems::occurrence(state, false, world),
        Action::MoreContext => problems::change_context(state, 2, world),
        Action::LessContext => problems::change_context(state, -2, world),
        Action::ToggleWrap if state.focus == Pane::Logs => state.logs.wrap = !state.logs.wrap,
        Action::ToggleWrap => state.detail.wrap = !state.detail.wrap,
        Action::ToggleMark if state.focus != Pane::Logs => grouping::toggle_mark(state),
        other => read(state, other, world),
    }
}

/// What belongs to the log alone.
fn read(state: &mut State, action: Action, world: &World<'_>) {
    match action {
        Action::TogglePause if state.logs.is_following() => moves::pause(state, world),
        Action::TogglePause | Action::Follow => moves::follow(state),
        Action::NextProblemLine => moves::problem_line(state, true, world),
        Action::PreviousProblemLine => moves::problem_line(state, false, world),
        Action::NextMark => moves::next_mark(state, world),
        Action::ToggleJson => state.logs.raw_json = !state.logs.raw_json,
        Action::ScrollLeft => state.logs.column = state.logs.column.saturating_sub(16),
        Action::ScrollRight => state.logs.column = (state.logs.column + 16).min(100_000),
        Action::CycleTimestamps => {
            state.logs.timestamps = match state.logs.timestamps {
                Timestamps::Off => Timestamps::Time,
                Timestamps::Time => Timestamps::Relative,
                Timestamps::Relative => Timestamps::Off,
            };
        }
        Action::ToggleMark => {
            moves::pause(state, world);
            if let Some(cursor) = state.logs.cursor
                && !state.logs.marks.remove(&cursor)
            {
                state.logs.marks.insert(cursor);
            }
        }
        Action::SelectLines => {
            moves::pause(state, world);
            state.logs.anchor = if state.logs.anchor.is_some() { None } else { state.logs.cursor };
        }
        Action::ClearView => {
            let newest = world.store.records_before(&crate::model::Query::default(), None, 1);
            state.logs.cleared = newest.first().map(|r| r.position());
            moves::follow(state);
        }
        _ => {}
    }
}

fn arrange(state: &mut State, action: Action) {
    match action {
        Action::CycleSort => {
            state.inbox.sort = match state.inbox.sort {
                Sort::Severity => Sort::Newest,
                Sort::Newest => Sort::Count,
                Sort::Count => Sort::Severity,
            };
            state.inbox.unsettle();
        }
        Action::CycleGroupBy => {
            state.inbox.group_by = match state.inbox.grouping() {
                GroupBy::Severity | GroupBy::Auto => GroupBy::Category,
                GroupBy::Category => GroupBy::Service,
                GroupBy::Service => GroupBy::None,
                GroupBy::None => GroupBy::Severity,
            };
            state.inbox.unsettle();
        }
        // In the detail, and on a problem, it is the trace that unfolds.
        Action::ToggleFold if state.problem().is_some() => {
            state.detail.unfolded = !state.detail.unfolded;
        }
        Action::ToggleFold => moves::selected_problem(state, |inbox| inbox.set_fold(None)),
        Action::Fold if state.detail.unfolded => state.detail.unfolded = false,
        Action::Unfold if state.problem().is_some() => state.detail.unfolded = true,
        Action::Fold => moves::selected_problem(state, |inbox| inbox.set_fold(Some(true))),
        _ => moves::selected_problem(state, |inbox| inbox.set_fold(Some(false))),
    }
}

fn show_only(state: &mut State) {
    if state.focus == Pane::Categories {
        if let Some(category) = state.category {
            ways::show_only_category(state, category);
        }
    } else if let Some(service) = state.service.clone() {
        ways::show_only_service(state, &service);
    }
}

/// The service that an action is for: the selected one, or where the selected problem happens most.
pub(super) fn target(state: &State, world: &World<'_>) -> Option<ServiceName> {
    if state.focus == Pane::Services {
        return state.service.clone();
    }
    let group = state.problem().and_then(|f| world.store.group(f))?;
    group.main_service().cloned()
}

fn ask(state: &mut State, verb: Verb, world: &World<'_>) {
    if !can_control(state, world) {
        return;
    }
    if let Some(service) = target(state, world).filter(|t| world.store.service(t).is_some()) {
        state.popup = Some(popup::ask(verb, vec![service], world));
    } else {
        let text = format!("Nothing is selected to {}", verb.as_str());
        state.tell(Note::new(NoteKind::Info, text), None, world.now);
    }
}

fn ask_which(state: &mut State, world: &World<'_>) {
    if can_control(state, world) {
        let preferred = target(state, world);
        state.popup = Some(popup::ask_which(preferred.as_ref(), world));
    }
}

pub(super) fn can_control(state: &mut State, world: &World<'_>) -> bool {
    if !world.capabilities.can_control {
        let text = if world.capabilities.is_read_only {
            "Only looking: dogwatch was started with --read-only"
        } else {
            "This is a recorded log: there is nothing to restart"
        };
        state.tell(Note::new(NoteKind::Info, text), None, world.now);
    }
    world.capabilities.can_control
}

/// Says of the marked problems, or of the selected one where none is marked, what became of them.
fn triage(state: &mut State, action: Action, world: &World<'_>) -> Vec<Effect> {
    let problems: Vec<_> = if state.marks.is_empty() {
        selected(state, world).map(|group| group.fingerprint).into_iter().collect()
    } else {
        state.marks.iter().collect()
    };
    if problems.is_empty() {
        return Vec::new();
    }
    let all_are = |kinds: &[StatusKind]| {
        let mut groups = problems.iter().filter_map(|name| world.store.group(*name));
        groups.all(|group| kinds.contains(&group.status.kind()))
    };
    let command = match action {
        Action::ToggleFixed if all_are(&[StatusKind::Verifying, StatusKind::Fixed]) => {
            Command::Reopen(problems)
        }
        Action::ToggleFixed => Command::MarkFixed(problems),
        Action::Acknowledge => Command::Acknowledge(problems),
        _ if all_are(&[StatusKind::Muted]) => Command::Reopen(problems),
        _ => {
            state.popup = Some(Popup::Mute(MuteMenu { problems, at: 0 }));
            return Vec::new();
        }
    };
    state.marks.clear();
    vec![Effect::Send(command)]
}

/// The selected problem; says so where none is.
fn selected<'a>(state: &mut State, world: &World<'a>) -> Option<&'a ErrorGroup> {
    let group = state.problem().and_then(|f| world.store.group(f));
    if group.is_none() {
        state.tell(Note::new(NoteKind::Info, "No problem is selected"), None, world.now);
    }
    group
}

/// The editor with a draft; the unfinished one where it is for the same problem; the page of a filed issue.
fn file_issue(state: &mut State, world: &World<'_>) -> Vec<Effect> {
    let Some(group) = selected(state, world) else { return Vec::new() };
    if let Some(issue) = group.issue.as_ref().filter(|i| i.is_open) {
        return vec![Effect::Browse(issue.url.clone())];
    }
    let unfinished = state.draft.take().filter(|e| e.draft.fingerprint == group.fingerprint);
    let editor =
        unfinished.unwrap_or_else(|| Box::new(super::super::drafting::editor(group, world)));
    state.popup = Some(Popup::Editor(editor));
    vec![Effect::Send(Command::FindIssue(group.fingerprint))]
}
