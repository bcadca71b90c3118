//! Keys of the popups that ask or list: one of several, yes or no, read and close.

use super::super::{stack, watchdog as wishes};
use super::{
    opening::ask,
    step::{Step, list},
};
use crate::{
    model::{Command, MuteUntil, RepairMode, ServiceName},
    tui::{
        line::Line,
        marks::Marks,
        message::Effect,
        popup::{
            Bulk, Confirm, Help, Merging, MuteMenu, Pick, ProjectQuestion, Splitting, ThemeList,
            Verb,
        },
        state::{State, World},
        wishes::{Wish, WishMenu},
    },
};
use chrono::Duration;
use crossterm::event::{KeyCode, KeyEvent};

pub(super) fn confirm(popup: &mut Confirm, key: KeyEvent) -> Step {
    match key.code {
        KeyCode::Esc | KeyCode::Char('n' | 'q') => Step::Close,
        KeyCode::Enter if !popup.enter_accepts => Step::Close,
        KeyCode::Enter | KeyCode::Char('y') => Step::Then(Effect::Send(popup.command())),
        KeyCode::Char('d') if !popup.dependants.is_empty() => {
            popup.with_dependants = !popup.with_dependants;
            Step::Stay
        }
        _ => Step::Stay,
    }
}

pub(super) fn pick(popup: &mut Pick, key: KeyEvent, world: &World<'_>) -> Step {
    match key.code {
        KeyCode::Esc | KeyCode::Char('q') => return Step::Close,
        KeyCode::Char(' ' | 'x') => {
            if let Some((_, is_chosen)) = popup.rows.get_mut(popup.at) {
                *is_chosen = !*is_chosen;
            }
        }
        KeyCode::Char('a') => {
            let all = popup.rows.iter().all(|(_, is_chosen)| *is_chosen);
            popup.rows.iter_mut().for_each(|(_, is_chosen)| *is_chosen = !all);
        }
        KeyCode::Char('d') => {
            let wanted: Vec<_> =
                popup.chosen().iter().flat_map(|s| world.store.dependants(s)).collect();
            for (service, is_chosen) in &mut popup.rows {
                *is_chosen |= wanted.contains(service);
            }
        }
        KeyCode::Enter => {
            let mut chosen = popup.chosen();
            if chosen.is_empty() {
                chosen.extend(popup.rows.get(popup.at).map(|(service, _)| service.clone()));
            }
            if !chosen.is_empty() {
                return Step::Open(ask(Verb::Restart, chosen, world));
            }
        }
        _ => list(&mut popup.at, popup.rows.len(), key),
    }
    Step::Stay
}

pub(super) fn bulk(at: &mut usize, key: KeyEvent, world: &World<'_>) -> Step {
    let rows = Bulk::ALL.len();
    let row = match key.code {
        KeyCode::Esc | KeyCode::Char('q' | 'b') => return Step::Close,
        KeyCode::Enter => *at,
        KeyCode::Char(c @ '1'..='6') => c as usize - '1' as usize,
        _ => {
            list(at, rows, key);
            return Step::Stay;
        }
    };
    let question = Bulk::ALL.get(row).and_then(|row| stack::asked(*row, world));
    question.map_or(Step::Stay, Step::Open)
}

pub(super) fn own(
    service: &ServiceName,
    at: &mut usize,
    key: KeyEvent,
    state: &State,
    world: &World<'_>,
) -> Step {
    let row = match key.code {
        KeyCode::Esc | KeyCode::Char('q' | 'c') => return Step::Close,
        KeyCode::Enter => *at,
        KeyCode::Char(c @ '1'..='9') => c as usize - '1' as usize,
        _ => {
            list(at, state.commands.len(), key);
            return Step::Stay;
        }
    };
    stack::own_command(state, service, row, world).map_or(Step::Stay, Step::Then)
}

pub(super) fn project(popup: &ProjectQuestion, key: KeyEvent) -> Step {
    match key.code {
        KeyCode::Esc | KeyCode::Enter | KeyCode::Char('n' | 'q') => Step::Close,
        KeyCode::Char('y') => Step::Then(Effect::Send(popup.command())),
        _ => Step::Stay,
    }
}

pub(super) fn merge(popup: &Merging, key: KeyEvent, marks: &mut Marks) -> Step {
    match key.code {
        KeyCode::Esc | KeyCode::Char('n' | 'q') => Step::Close,
        KeyCode::Enter | KeyCode::Char('y') => {
            marks.clear();
            Step::Then(Effect::Send(popup.command()))
        }
        _ => Step::Stay,
    }
}

pub(super) fn split(popup: &mut Splitting, key: KeyEvent) -> Step {
    match key.code {
        KeyCode::Esc | KeyCode::Char('q') => Step::Close,
        KeyCode::Enter => {
            popup.command().map_or(Step::Close, |command| Step::Then(Effect::Send(command)))
        }
        _ => {
            list(&mut popup.at, popup.parts.len(), key);
            Step::Stay
        }
    }
}

pub(super) fn mute(
    popup: &mut MuteMenu,
    key: KeyEvent,
    marks: &mut Marks,
    world: &World<'_>,
) -> Step {
    let rows = MuteMenu::ROWS.len();
    let mut muted = |row| {
        marks.clear();
        let until = until(row, world);
        Step::Then(Effect::Send(Command::Mute(std::mem::take(&mut popup.problems), until)))
    };
    match key.code {
        KeyCode::Esc | KeyCode::Char('q') => Step::Close,
        KeyCode::Enter | KeyCode::Char('m') => muted(popup.at),
        KeyCode::Char(c @ '1'..='9') if (c as usize - '1' as usize) < rows => {
            muted(c as usize - '1' as usize)
        }
        _ => {
            list(&mut popup.at, rows, key);
            Step::Stay
        }
    }
}

fn until(row: usize, world: &World<'_>) -> MuteUntil {
    match row {
        0 => MuteUntil::Escalates,
        1 => MuteUntil::Time(world.now + Duration::hours(1)),
        2 => MuteUntil::Time(world.now + Duration::days(1)),
        3 => MuteUntil::More(100),
        _ => MuteUntil::Forever,
    }
}

pub(super) fn help(popup: &mut Help, key: KeyEvent) -> Step {
    match key.code {
        KeyCode::Esc if popup.is_searching || !popup.search.as_str().is_empty() => {
            popup.is_searching = false;
            popup.search = Line::default();
        }
        KeyCode::Enter if popup.is_searching => popup.is_searching = false,
        KeyCode::Up | KeyCode::Down | KeyCode::PageUp | KeyCode::PageDown => {
            list(&mut popup.scroll, popup.rows.get(), key);
        }
        _ if popup.is_searching => {
            if popup.search.key(key) {
                popup.scroll = 0;
            }
        }
        KeyCode::Char('/') => popup.is_searching = true,
        KeyCode::Esc | KeyCode::Char('q' | '?') | KeyCode::F(1) => return Step::Close,
        _ => list(&mut popup.scroll, popup.rows.get(), key),
    }
    Step::Stay
}

pub(super) fn themes(popup: &mut ThemeList, key: KeyEvent, state: &mut State) -> Step {
    match key.code {
        KeyCode::Esc | KeyCode::Char('q') => {
            state.theme.clone_from(&popup.before);
            Step::Then(Effect::UseTheme(popup.before.clone()))
        }
        KeyCode::Enter => Step::Close,
        _ => {
            let code = if key.code == KeyCode::Char('T') { KeyCode::Down } else { key.code };
            list(&mut popup.at, popup.names.len(), KeyEvent { code, ..key });
            match popup.names.get(popup.at) {
                Some(name) if *name != state.theme => {
                    state.theme.clone_from(name);
                    Step::Also(Effect::UseTheme(name.clone()))
                }
                _ => Step::Stay,
            }
        }
    }
}

pub(super) fn messages(scroll: &mut usize, key: KeyEvent, rows: usize) -> Step {
    match key.code {
        KeyCode::Esc | KeyCode::Enter | KeyCode::Char('q') => Step::Close,
        _ => {
            list(scroll, rows, key);
            Step::Stay
        }
    }
}

pub(super) fn why(key: KeyEvent) -> Step {
    match key.code {
        KeyCode::Esc | KeyCode::Enter | KeyCode::Char('q' | 'W') => Step::Close,
        _ => Step::Stay,
    }
}

pub(super) fn away(key: KeyEvent) -> Step {
    match key.code {
        KeyCode::Char('q') => Step::Then(Effect::Quit),
        KeyCode::Esc | KeyCode::Enter => Step::Close,
        _ => Step::Stay,
    }
}

/// Its own key again holds it: two presses of one key stop all acting.
pub(super) fn watchdog(menu: &mut WishMenu, key: KeyEvent, world: &World<'_>) -> Step {
    let rows = Wish::offered(world.watchdog, menu.service.as_ref()).len();
    let row = match key.code {
        KeyCode::Esc | KeyCode::Char('q') => return Step::Close,
        KeyCode::Char('H') => {
            let hold = Command::SetRepairMode(None, RepairMode::Observe);
            return Step::Then(Effect::Send(hold));
        }
        KeyCode::Enter => menu.at,
        KeyCode::Char(c @ '1'..='9') => c as usize - '1' as usize,
        _ => {
            list(&mut menu.at, rows, key);
            return Step::Stay;
        }
    };
    wishes::wished(menu, row, world).map_or(Step::Stay, Step::Then)
}

/// Only a `y` is a yes.
pub(super) fn repair(service: &ServiceName, key: KeyEvent, state: &mut State) -> Step {
    match key.code {
        KeyCode::Esc | KeyCode::Enter | KeyCode::Char('n' | 'q') => {
            state.answered.insert(service.clone());
            Step::Close
        }
        KeyCode::Char('y') => Step::Then(wishes::yes(state, service.clone())),
        _ => Step::Stay,
    }
}
