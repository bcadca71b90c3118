//! Several problems that are one, and one that is several: marks, and the questions before both.

use crate::{
    model::ErrorGroup,
    tui::{
        message::{Note, NoteKind},
        popup::{Merging, Popup, Splitting, Told},
        state::{Pane, State, World},
    },
};
use std::cmp::Reverse;

/// Marks the selected problem; on a heading and in the detail there is nothing to mark, and it folds.
pub(super) fn toggle_mark(state: &mut State) {
    match state.problem() {
        Some(problem) if state.focus == Pane::Problems => state.marks.toggle(problem),
        Some(_) => state.detail.unfolded = !state.detail.unfolded,
        None => super::moves::selected_problem(state, |inbox| inbox.set_fold(None)),
    }
}

/// Asks whether the marked problems are to be part of the selected one.
pub(super) fn merge(state: &mut State, world: &World<'_>) {
    let into = state.problem().and_then(|f| world.store.group(f));
    let Some(into) = into else {
        return say(state, "Select the problem that the marked ones are to be part of", world);
    };
    let others = state.marks.iter().filter(|name| *name != into.fingerprint);
    let mut from: Vec<Told> = others.filter_map(|f| world.store.group(f)).map(told).collect();
    if from.is_empty() {
        let text = "Mark problems with space first; then they are merged into the selected one";
        return say(state, text, world);
    }
    from.sort_by_key(|other| Reverse(other.count));
    state.popup = Some(Popup::Merge(Merging { into: told(into), from }));
}

/// Asks which of the messages of the selected problem is to be one of its own.
pub(super) fn split(state: &mut State, world: &World<'_>) {
    let Some(group) = state.problem().and_then(|f| world.store.group(f)) else {
        return say(state, "No problem is selected", world);
    };
    if group.variety.parts.len() < 2 {
        return say(state, "This problem has one message only: there is nothing to split", world);
    }
    let part = |part: &crate::model::Part| Told {
        fingerprint: part.fingerprint,
        template: part.template.clone(),
        count: part.count,
    };
    let mut parts: Vec<Told> = group.variety.parts.iter().map(part).collect();
    parts.sort_by_key(|part| Reverse(part.count));
    let group = group.fingerprint;
    state.popup = Some(Popup::Split(Splitting { group, parts, at: 0 }));
}

fn told(group: &ErrorGroup) -> Told {
    Told { fingerprint: group.fingerprint, template: group.title(), count: group.count }
}

fn say(state: &mut State, text: &str, world: &World<'_>) {
    state.tell(Note::new(NoteKind::Info, text), None, world.now);
}
