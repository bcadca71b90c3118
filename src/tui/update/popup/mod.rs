//! What keys, clicks and pasted text do while a popup lies over the screen.
//!
//! A paste is text: it never answers a question.

mod choices;
mod opening;
mod step;
#[cfg(test)]
mod tests;
mod writing;

use super::update;
use crate::tui::{
    message::{Effect, Message},
    popup::{Bulk, Field, MuteMenu, Popup},
    state::{State, World},
};
use choices::{away, confirm, help, messages, mute, pick, themes, why};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use step::Step;
use writing::{apply, editor, filter, palette};

pub(in crate::tui) use opening::{ask, ask_which, follow_link};

/// Gives a key to the popup. Ctrl-C is not for popups; whoever calls sees to it first.
pub(in crate::tui) fn key(state: &mut State, key: KeyEvent, world: &World<'_>) -> Vec<Effect> {
    let Some(mut popup) = state.popup.take() else { return Vec::new() };
    let step = match &mut popup {
        Popup::Confirm(popup) => confirm(popup, key),
        Popup::Pick(popup) => pick(popup, key, world),
        Popup::Bulk(at) => choices::bulk(at, key, world),
        Popup::Own(service, at) => choices::own(service, at, key, state, world),
        Popup::Project(popup) => choices::project(popup, key),
        Popup::Merge(popup) => choices::merge(popup, key, &mut state.marks),
        Popup::Split(popup) => choices::split(popup, key),
        Popup::Mute(popup) => mute(popup, key, &mut state.marks, world),
        Popup::Help(popup) => help(popup, key),
        Popup::Palette(popup) => palette(popup, key, state, world),
        Popup::Filter(popup) => filter(popup, key, state, world),
        Popup::Editor(popup) => editor(popup, key),
        Popup::Themes(popup) => themes(popup, key, state),
        Popup::Messages(scroll) => messages(scroll, key, state.toasts.len()),
        Popup::Why(_) => why(key),
        Popup::Away(_) => away(key),
        Popup::Watchdog(menu) => choices::watchdog(menu, key, world),
        Popup::Repair(service) => choices::repair(service, key, state),
    };
    match step {
        Step::Stay => {
            state.popup = Some(popup);
            Vec::new()
        }
        Step::Also(effect) => {
            state.popup = Some(popup);
            vec![effect]
        }
        Step::Close => {
            if let Popup::Editor(editor) = popup {
                state.draft = Some(editor);
            }
            Vec::new()
        }
        Step::Then(effect) => vec![effect],
        Step::Open(next) => {
            state.popup = Some(next);
            Vec::new()
        }
        Step::Do(action) => update(state, Message::Do(action), world),
    }
}

/// Gives pasted text to the field that has the keys; popups without one ignore it.
pub(in crate::tui) fn paste(state: &mut State, text: &str, world: &World<'_>) {
    match &mut state.popup {
        Some(Popup::Help(help)) if help.is_searching => help.search.insert(text),
        Some(Popup::Palette(palette)) => palette.edit(|input| input.insert(text)),
        Some(Popup::Filter(line)) => {
            line.input.insert(text);
            apply(line, &mut state.filter, world.store);
            line.complete(world.store);
        }
        Some(Popup::Editor(editor)) if !editor.is_sending => match editor.field {
            Field::Title => editor.title.insert(text),
            Field::Labels => editor.labels.insert(text),
            Field::Body => {
                editor.body.insert_str(text);
            }
        },
        _ => {}
    }
}

/// A click on a row: the cursor goes there, and a row that is a choice is taken.
pub(in crate::tui) fn click(state: &mut State, row: usize, world: &World<'_>) -> Vec<Effect> {
    let code = match &mut state.popup {
        Some(Popup::Pick(pick)) if row < pick.rows.len() => {
            pick.at = row;
            KeyCode::Char(' ')
        }
        Some(Popup::Bulk(at)) if row < Bulk::ALL.len() => {
            *at = row;
            KeyCode::Enter
        }
        Some(Popup::Split(menu)) if row < menu.parts.len() => {
            menu.at = row;
            KeyCode::Null
        }
        Some(Popup::Mute(menu)) if row < MuteMenu::ROWS.len() => {
            menu.at = row;
            KeyCode::Enter
        }
        Some(Popup::Watchdog(menu)) => {
            menu.at = row;
            KeyCode::Enter
        }
        Some(Popup::Palette(palette)) if row < palette.hits().len() => {
            palette.at = row;
            KeyCode::Enter
        }
        Some(Popup::Themes(list)) if row < list.names.len() => {
            list.at = row;
            KeyCode::Null
        }
        _ => return Vec::new(),
    };
    key(state, KeyEvent::new(code, KeyModifiers::NONE), world)
}

/// The wheel over a popup: as many steps of the arrow keys.
pub(in crate::tui) fn wheel(state: &mut State, rows: i32, world: &World<'_>) -> Vec<Effect> {
    let code = if rows < 0 { KeyCode::Up } else { KeyCode::Down };
    (0..rows.unsigned_abs().min(20))
        .flat_map(|_| key(state, KeyEvent::new(code, KeyModifiers::NONE), world))
        .collect()
}
