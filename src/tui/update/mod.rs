//! What happens on the screen: a message and the state make a new state and a list of effects.
//!
//! Pure: no clock, no waiting, no drawing; everything it reads is in [`World`].

mod acts;
mod copies;
mod grouping;
mod moves;
mod popup;
mod problems;
mod reads;
mod refresh;
mod searches;
mod stack;
mod told;
mod traces;
mod watchdog;
mod ways;

#[cfg(test)]
mod tests;

use super::{
    message::{Effect, Message, Target},
    state::{Pane, State, World},
};

pub(crate) use moves::says_top;
pub(crate) use reads::MOST_HITS;
pub(crate) use refresh::{is_scanning, refresh};

/// Changes the state by one message.
pub(crate) fn update(state: &mut State, message: Message, world: &World<'_>) -> Vec<Effect> {
    if matches!(
        message,
        Message::Do(_)
            | Message::Key(_)
            | Message::Paste(_)
            | Message::Click(_)
            | Message::Wheel(..)
    ) {
        state.touched = Some(world.now);
        state.inbox.choose();
        state.logs.past.forgive();
        told::dismiss(state);
    }
    let is_users = !matches!(message, Message::Engine(_) | Message::Tick | Message::Read(..));
    let mut effects = match message {
        Message::Do(action) => acts::act(state, action, world),
        Message::Key(key) if state.popup.is_some() => {
            let before = state.filter.source().to_owned();
            let effects = popup::key(state, key, world);
            if state.filter.source() != before {
                ways::refilter(state);
            }
            effects
        }
        Message::Key(key) => searches::key(state, key, world),
        Message::Paste(text) if state.popup.is_some() => {
            popup::paste(state, &text, world);
            ways::refilter(state);
            Vec::new()
        }
        Message::Paste(text) => {
            searches::paste(state, &text);
            Vec::new()
        }
        Message::Click(target) => click(state, target, world),
        Message::Wheel(_, rows) if state.popup.is_some() => popup::wheel(state, rows, world),
        Message::Wheel(pane, rows) => {
            moves::scroll(state, pane, rows as isize, world);
            Vec::new()
        }
        Message::Resize(columns, rows) => {
            state.size = (columns, rows);
            Vec::new()
        }
        Message::Engine(event) => {
            told::event(state, event, world);
            Vec::new()
        }
        Message::Sent(id, command) => {
            state.pending.insert(id, command);
            Vec::new()
        }
        Message::Told(note) => {
            state.tell(note, None, world.now);
            Vec::new()
        }
        Message::Read(asker, ticket, found) => {
            reads::take(state, (asker, ticket), found, world);
            Vec::new()
        }
        Message::Tick => {
            told::expire(state, world.now);
            Vec::new()
        }
    };
    refresh(state, world, is_users);
    effects.extend(reads::wanted(state, world));
    effects
}

fn click(state: &mut State, target: Target, world: &World<'_>) -> Vec<Effect> {
    if state.popup.is_some() {
        return match target {
            Target::PopupRow(row) => popup::click(state, row, world),
            _ => Vec::new(),
        };
    }
    match target {
        Target::Pane(pane) => ways::focus(state, pane),
        Target::Problem(fingerprint) => {
            ways::focus(state, Pane::Problems);
            moves::selected_problem(state, |inbox| inbox.select(fingerprint));
        }
        Target::Heading(at) => {
            ways::focus(state, Pane::Problems);
            moves::selected_problem(state, |inbox| {
                inbox.select_row(at);
                inbox.set_fold(None);
            });
        }
        Target::Service(service) => {
            let is_chip = state.layout(world.store.services().count()).services.is_empty();
            if is_chip {
                ways::show_only_service(state, &service);
            } else {
                ways::focus(state, Pane::Services);
            }
            state.service = Some(service);
        }
        Target::Category(category) => {
            ways::focus(state, Pane::Categories);
            state.category = Some(category);
        }
        Target::Line(position) => moves::go_to_line(state, position, world),
        Target::Action(action) => return acts::act(state, action, world),
        Target::PopupRow(_) => {}
    }
    Vec::new()
}
