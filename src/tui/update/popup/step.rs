//! What a key in a popup leads to, and the keys that all lists share.

use crate::tui::{action::Action, message::Effect, popup::Popup};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// What a key leads to.
pub(super) enum Step {
    /// The popup stays open.
    Stay,
    /// It stays open, and this is done.
    Also(Effect),
    /// It goes away.
    Close,
    /// It goes away, and this is done.
    Then(Effect),
    /// Another one takes its place.
    Open(Popup),
    /// It goes away, and this happens as if its key were pressed.
    Do(Action),
}

pub(super) fn has_ctrl(key: KeyEvent) -> bool {
    key.modifiers.contains(KeyModifiers::CONTROL)
}

/// Moves a cursor over `rows` rows by the keys of lists.
pub(super) fn list(at: &mut usize, rows: usize, key: KeyEvent) {
    let last = rows.saturating_sub(1);
    let page = 8;
    *at = match key.code {
        KeyCode::Up | KeyCode::Char('k') => at.saturating_sub(1),
        KeyCode::Down | KeyCode::Char('j') => *at + 1,
        KeyCode::PageUp => at.saturating_sub(page),
        KeyCode::PageDown => *at + page,
        KeyCode::Home | KeyCode::Char('g') => 0,
        KeyCode::End | KeyCode::Char('G') => last,
        _ => *at,
    }
    .min(last);
}
