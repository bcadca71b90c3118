//! The search over all services: typed live, its hits stepped through, kept as a filter.

use super::ways;
use crate::{
    model::TextMatcher,
    tui::{
        action::Action,
        message::Effect,
        past::Past,
        reader::Reader,
        state::{Pane, Search, State, World},
    },
};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// Opens the search line, or goes back to it.
pub(super) fn open(state: &mut State) {
    let search = state.search.get_or_insert_default();
    search.is_typing = true;
    state.is_zoomed = false;
    state.focus = Pane::Problems;
    if state.lower != Pane::Detail {
        state.lower = Pane::Detail;
    }
}

/// A key while the search line has them.
pub(super) fn key(state: &mut State, key: KeyEvent, world: &World<'_>) -> Vec<Effect> {
    let Some(search) = &mut state.search else { return Vec::new() };
    let is_ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
    match key.code {
        KeyCode::Esc => state.search = None,
        KeyCode::Char('c') if is_ctrl => return super::acts::act(state, Action::Quit, world),
        KeyCode::Enter | KeyCode::Tab => {
            search.is_typing = false;
            if search.input.as_str().is_empty() {
                state.search = None;
            }
        }
        KeyCode::Up => step(state, -1, world),
        KeyCode::Down => step(state, 1, world),
        KeyCode::PageUp => step(state, -10, world),
        KeyCode::PageDown => step(state, 10, world),
        _ => {
            if search.input.key(key) {
                look(search);
            }
        }
    }
    Vec::new()
}

/// Text pasted into the search line.
pub(super) fn paste(state: &mut State, text: &str) {
    if let Some(search) = state.search.as_mut().filter(|s| s.is_typing) {
        search.input.insert(text.lines().next().unwrap_or_default());
        look(search);
    }
}

/// Reads what was typed; what cannot be read leaves the last hits.
fn look(search: &mut Search) {
    match TextMatcher::parse(search.input.as_str()) {
        Ok(matcher) => {
            search.matcher = matcher;
            search.error = None;
            search.index = None;
            search.past = Past::default();
            search.selected = None;
        }
        Err(error) => search.error = Some(error),
    }
}

/// So many hits up or down.
pub(super) fn step(state: &mut State, rows: isize, world: &World<'_>) {
    let Some(search) = &mut state.search else { return };
    let Some(hits) = Reader::of_search(search, world) else { return };
    let newest = hits.before(None, 1).first().map(|r| r.position());
    let Some(from) = search.selected.or(newest) else { return };
    let next = hits.step(from, rows.clamp(-10_000, 10_000));
    // The newest hit stays the newest, until another one is chosen.
    search.selected = next.or(Some(from)).filter(|p| Some(*p) != newest);
    state.detail.scroll = 0;
}

/// The oldest or the newest hit.
pub(super) fn end(state: &mut State, to_bottom: bool, world: &World<'_>) {
    let Some(search) = &mut state.search else { return };
    let oldest = Reader::of_search(search, world).map(|hits| hits.after(None, 1));
    let oldest = oldest.and_then(|hits| hits.first().map(|r| r.position()));
    search.selected = if to_bottom { None } else { oldest };
}

/// The search becomes a word of the filter.
pub(super) fn keep(state: &mut State) {
    let Some(search) = state.search.take() else { return };
    let typed = search.input.as_str();
    let word = if typed.contains(' ') && !typed.contains('/') {
        format!("\"{typed}\"")
    } else {
        typed.to_owned()
    };
    let source = format!("{} {word}", state.filter.source());
    if state.filter.set(&source).is_ok() {
        ways::refilter(state);
        ways::focus(state, Pane::Logs);
    }
}
