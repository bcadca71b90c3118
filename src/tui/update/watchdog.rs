//! The watchdog on the screen: its menu, and its questions.

use super::acts;
use crate::{
    model::{Actor, Command, GuardState, ServiceName},
    tui::{
        message::{Effect, Note, NoteKind},
        popup::Popup,
        state::{Pane, State, World},
        wishes::{Wish, WishMenu},
    },
};
use chrono::Duration;

/// A question comes no sooner after a key: who types does not answer it unread.
const QUIET: Duration = Duration::seconds(2);

/// Opens the menu for the selected service.
pub(super) fn open(state: &mut State, world: &World<'_>) {
    if world.watchdog.looked_at.is_none() {
        let text = if world.capabilities.source.is_live {
            "The watchdog has not looked yet"
        } else {
            "There is nothing to watch over in a recorded log"
        };
        state.tell(Note::new(NoteKind::Info, text), None, world.now);
        return;
    }
    let service = acts::target(state, world).filter(|name| world.watchdog.guard(name).is_some());
    state.popup = Some(Popup::Watchdog(WishMenu { service, at: 0 }));
}

/// What a row of the menu sends.
pub(super) fn wished(menu: &WishMenu, row: usize, world: &World<'_>) -> Option<Effect> {
    let service = menu.service.as_ref();
    let wish = Wish::offered(world.watchdog, service).get(row).copied()?;
    wish.command(service).map(Effect::Send)
}

/// The yes to a question.
pub(super) fn yes(state: &mut State, service: ServiceName) -> Effect {
    state.answered.insert(service.clone());
    Effect::Send(Command::Repair { service, is_forced: false, by: Actor::Screen })
}

/// Brings the question up once nobody types, one at a time, and takes it away where it is none any more.
pub(super) fn follow(state: &mut State, world: &World<'_>) {
    let asks = |name: &ServiceName| {
        world.watchdog.guard(name).is_some_and(|guard| guard.state == GuardState::Asking)
    };
    state.answered.retain(asks);
    if matches!(&state.popup, Some(Popup::Repair(name)) if !asks(name)) {
        state.popup = None;
    }
    let is_quiet = state.touched.is_none_or(|at| world.now - at >= QUIET || world.now < at);
    if !is_quiet || state.takes_keys() || state.focus == Pane::Logs && state.logs.anchor.is_some() {
        return;
    }
    let mut guards = world.watchdog.guards.iter();
    let next = guards
        .find(|g| g.state == GuardState::Asking && !state.answered.contains(&g.service))
        .map(|guard| guard.service.clone());
    state.popup = next.map(Popup::Repair);
}
