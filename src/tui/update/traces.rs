//! Out of a problem into the world: the file that its trace names, and all of it for somebody else to repair.

use super::copies;
use crate::{
    model::{ErrorGroup, Frame, SafeText, Sample, frame},
    source::whereabouts::Owner,
    tui::{
        message::{Effect, Note, NoteKind},
        snapshot::Values,
        state::{State, World},
    },
};
use std::fmt::Write as _;

/// Opens the file of the shown occurrence, of an earlier one where that names none.
pub(super) fn open_file(state: &mut State, world: &World<'_>) -> Vec<Effect> {
    let group = state.problem().and_then(|f| world.store.group(f));
    let found = group.and_then(|group| place(state, group, world));
    let Some((frame, owner)) = found else {
        let text = "No line of this problem names a file of your own code";
        state.tell(Note::new(NoteKind::Info, text), None, world.now);
        return Vec::new();
    };
    vec![Effect::OpenFrame(frame, owner)]
}

fn place(state: &State, group: &ErrorGroup, world: &World<'_>) -> Option<(Frame, Owner)> {
    let shown = copies::shown_sample(state, world);
    let frame_of = |sample: &Sample| {
        let lines = sample.lines.iter().chain([&sample.message]).map(SafeText::as_str);
        Some((frame::first_own(lines)?, owner(sample, world)))
    };
    shown.into_iter().chain(group.samples.iter().rev()).find_map(frame_of)
}

fn owner(sample: &Sample, world: &World<'_>) -> Owner {
    let service = world.store.service(&sample.service);
    let container = service.and_then(|service| {
        let own = service.containers.iter().find(|c| c.origin.container == sample.container);
        own.or_else(|| service.containers.first())
    });
    let files = container.map(|c| c.files.clone()).filter(|files| !files.folder.is_empty());
    Owner { service: sample.service.as_str().into(), files }
}

/// Copies the problem with what is known of it: what it means, what to try, which values, which file, which lines.
pub(super) fn hand_off(state: &mut State, world: &World<'_>) -> Vec<Effect> {
    let Some(group) = state.problem().and_then(|f| world.store.group(f)) else {
        state.tell(Note::new(NoteKind::Info, "No problem is selected"), None, world.now);
        return Vec::new();
    };
    let mut out = format!("# {}\n\n", group.title());
    let guidance = &group.guidance;
    let _ = writeln!(out, "{} {}\n", guidance.title, guidance.hint);
    for remedy in &guidance.remedies {
        let _ = writeln!(out, "- {remedy}");
    }
    let container = group.main_service().and_then(|name| world.store.service(name));
    if let Some(container) = container.and_then(|service| service.containers.first()) {
        let _ = writeln!(out, "\nContainer `{}`, image `{}`.", container.name, container.image);
    }
    if let Some((Frame { path, line }, _)) = place(state, group, world) {
        let _ = writeln!(out, "The trace names `{path}` line {line}.");
    }
    for values in Values::of(group).iter().take(3) {
        let top = values.top.iter().take(4).map(|(value, n)| format!("{n} times `{value}`"));
        let _ = writeln!(out, "Of {}: {}.", values.part, top.collect::<Vec<_>>().join(", "));
    }
    out.push('\n');
    for effect in copies::markdown(state, world) {
        if let Effect::Copy(text, _) = effect {
            out.push_str(&text);
        }
    }
    vec![Effect::Copy(out, "hand-off")]
}
