//! What the engine tells: outcomes, troubles, alarms; and how long they stay on the screen.

use crate::{
    model::{
        CommandId, Decision, Ending, Event, Fingerprint, GuardState, Outcome, Remedy, ScaleState,
        Scaling,
    },
    tui::{
        message::{Note, NoteKind},
        popup::{Lookup, Popup},
        state::{State, World},
    },
};
use chrono::{DateTime, Duration, Utc};

/// How long a note stays; what did not work stays until a key.
const STAYS: Duration = Duration::seconds(4);

pub(super) fn event(state: &mut State, event: Event, world: &World<'_>) {
    match event {
        Event::Changed => {}
        Event::Scaled(scaling) => scaled(state, &scaling, world),
        Event::Decided(decision) => decided(state, &decision, world),
        Event::Done(id, outcome) => outcome_of(state, id, outcome, world),
        Event::Trouble(text) => state.tell(Note::new(NoteKind::Warning, text), None, world.now),
        Event::Alarm(fingerprint) => alarm(state, fingerprint, world),
        Event::Rules(count) => {
            let text = format!("The rules were read again: {count} look at each line from now on");
            state.tell(Note::new(NoteKind::Good, text), None, world.now);
        }
        Event::Ended => {
            let text = "The log was read to its end";
            state.tell(Note::new(NoteKind::Info, text), None, world.now);
        }
    }
}

fn outcome_of(state: &mut State, id: CommandId, outcome: Outcome, world: &World<'_>) {
    let is_ours = state.pending.contains_key(&id);
    if !matches!(outcome, Outcome::Progress(_)) {
        state.pending.remove(&id);
    }
    let note = match outcome {
        Outcome::Progress(text) => Note { kind: NoteKind::Progress, text },
        Outcome::Done(text) => Note { kind: NoteKind::Good, text },
        Outcome::Failed(text) => {
            if let Some(Popup::Editor(editor)) = &mut state.popup {
                if editor.lookup == Lookup::Looking && !editor.is_sending {
                    editor.lookup = Lookup::Failed(text);
                    return;
                }
                editor.is_sending = false;
            }
            Note { kind: NoteKind::Bad, text }
        }
        Outcome::Skipped(text) | Outcome::Unknown(text) => Note { kind: NoteKind::Warning, text },
        Outcome::Found(issue) => {
            if is_ours && let Some(Popup::Editor(editor)) = &mut state.popup {
                editor.lookup = issue.map_or(Lookup::None, Lookup::Found);
            }
            return;
        }
        Outcome::Filed(issue, existed) => {
            if is_ours && matches!(&state.popup, Some(Popup::Editor(editor)) if editor.is_sending) {
                state.popup = None;
                state.draft = None;
            }
            let verb = if existed { "is already there" } else { "filed" };
            Note::new(NoteKind::Good, format!("Issue #{} {verb}: {}", issue.number, issue.url))
        }
    };
    state.tell(note, Some(id), world.now);
}

/// What the watchdog does, and what a person must know of it; what it would do stands among the services.
fn decided(state: &mut State, decision: &Decision, world: &World<'_>) {
    let service = decision.service.as_ref().map_or("", |service| service.as_str());
    let verb = decision.remedy.map_or("", Remedy::verb);
    let reason = &decision.reason;
    let (kind, text) = match (decision.ending, decision.state) {
        // What concerns no service, such as a disk, says all by itself.
        (Some(Ending::Worked), _) if service.is_empty() => (NoteKind::Good, reason.to_string()),
        (Some(Ending::Failed), _) if service.is_empty() => (NoteKind::Warning, reason.to_string()),
        (Some(Ending::Worked), _) => {
            (NoteKind::Good, format!("{service}: {verb} worked: {reason}"))
        }
        (Some(Ending::Skipped), _) => (NoteKind::Info, reason.to_string()),
        (Some(Ending::NeedsPerson), _) => {
            (NoteKind::Bad, format!("{service}: {verb} needs a person: {reason}"))
        }
        (Some(Ending::Failed | Ending::Cut | Ending::RolledBack), _) => {
            (NoteKind::Warning, format!("{service}: {verb} did not help: {reason}"))
        }
        (None, GuardState::Acting) => (NoteKind::Info, format!("{service}: {verb}: {reason}")),
        (None, GuardState::GivenUp) => (NoteKind::Bad, format!("{service}: {reason}")),
        (None, GuardState::Paused) => (NoteKind::Warning, format!("repair paused: {reason}")),
        (None, _) => return,
    };
    state.tell(Note::new(kind, text), None, world.now);
}

/// What the scaler begins; how that ends is told as of any command, and what it would do stands among the services.
fn scaled(state: &mut State, scaling: &Scaling, world: &World<'_>) {
    let Scaling { service, replicas, wanted, reason, .. } = scaling;
    if scaling.state == ScaleState::Acting {
        let text = format!("{service}: scale {replicas} to {wanted}: {reason}");
        state.tell(Note::new(NoteKind::Info, text), None, world.now);
    }
}

fn alarm(state: &mut State, fingerprint: Fingerprint, world: &World<'_>) {
    let Some(group) = world.store.group(fingerprint) else { return };
    // What is under the cursor needs no herald.
    if state.problem() == Some(fingerprint) {
        return;
    }
    let service = group.main_service().map(ToString::to_string).unwrap_or_default();
    let what = match group.status.kind() {
        crate::model::StatusKind::Regressed => "came back",
        _ => group.severity().as_str(),
    };
    let text = format!("{service}: {} ({what})", group.title());
    state.tell(Note::new(NoteKind::Warning, text), None, world.now);
}

/// Takes away what has been shown for long enough.
pub(super) fn expire(state: &mut State, now: DateTime<Utc>) {
    for toast in state.toasts.iter_mut().filter(|t| t.is_shown) {
        let stays = matches!(toast.note.kind, NoteKind::Bad | NoteKind::Progress);
        if !stays && (now - toast.at >= STAYS || now < toast.at) {
            toast.is_shown = false;
        }
    }
}

/// A key was pressed: what did not work has been seen.
pub(super) fn dismiss(state: &mut State) {
    for toast in &mut state.toasts {
        if toast.note.kind == NoteKind::Bad {
            toast.is_shown = false;
        }
    }
}
