//! Notes on the screen: how they come, replace each other and stay among the messages.

use super::State;
use crate::{
    model::CommandId,
    tui::message::{Note, NoteKind},
};
use chrono::{DateTime, Utc};

/// A note on the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Toast {
    /// The sentence.
    pub(crate) note: Note,
    /// When it came.
    pub(crate) at: DateTime<Utc>,
    /// Which command it speaks of; progress is replaced by what follows.
    pub(crate) command: Option<CommandId>,
    /// Whether it is still over the log; else it is only among the messages.
    pub(crate) is_shown: bool,
}

impl State {
    /// The notes over the log, newest last, at most three.
    pub(crate) fn shown_toasts(&self) -> Vec<&Toast> {
        let mut shown: Vec<_> = self.toasts.iter().rev().filter(|t| t.is_shown).take(3).collect();
        shown.reverse();
        shown
    }

    /// Adds a note to the messages alone.
    pub(crate) fn note(&mut self, note: Note, at: DateTime<Utc>) {
        self.tell(note, None, at);
        if let Some(toast) = self.toasts.back_mut() {
            toast.is_shown = false;
        }
    }

    /// Adds a note; one about a command replaces the progress of the same command.
    pub(crate) fn tell(&mut self, note: Note, command: Option<CommandId>, at: DateTime<Utc>) {
        if command.is_some() {
            self.toasts.retain(|t| t.command != command || t.note.kind != NoteKind::Progress);
        }
        if self.toasts.len() >= 500 {
            self.toasts.pop_front();
        }
        self.toasts.push_back(Toast { note, at, command, is_shown: true });
    }
}
