//! What keys, clicks and pasted text do while a popup lies over the screen.
//!
//! A paste is text: it never answers a question.

#[cfg(test)]
mod tests;

use super::update;
use crate::{
    model::{Command, Fingerprint, MuteUntil, ServiceName, Severity},
    source::Link,
    tui::{
        action::Action,
        message::{Effect, Message},
        palette::{Does, Palette},
        popup::{
            Away, Confirm, Editor, Field, FilterLine, Help, Lookup, MuteMenu, Pick, Popup,
            ThemeList, Verb,
        },
        state::{Pane, State, World},
    },
};
use chrono::Duration;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// What a key leads to.
enum Step {
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

/// Gives a key to the popup. Ctrl-C is not for popups; whoever calls sees to it first.
pub(in crate::tui) fn key(state: &mut State, key: KeyEvent, world: &World<'_>) -> Vec<Effect> {
    let Some(mut popup) = state.popup.take() else { return Vec::new() };
    let step = match &mut popup {
        Popup::Confirm(popup) => confirm(popup, key),
        Popup::Pick(popup) => pick(popup, key, world),
        Popup::Mute(popup) => mute(popup, key, world),
        Popup::Help(popup) => help(popup, key),
        Popup::Palette(popup) => palette(popup, key, state, world),
        Popup::Filter(popup) => filter(popup, key, state, world),
        Popup::Editor(popup) => editor(popup, key),
        Popup::Themes(popup) => themes(popup, key, state),
        Popup::Messages(scroll) => messages(scroll, key, state.toasts.len()),
        Popup::Why(_) => why(key),
        Popup::Away(_) => away(key),
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
            apply(line, &mut state.filter);
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
        Some(Popup::Mute(menu)) if row < MuteMenu::ROWS.len() => {
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

/// Asks before acting on services. One service that is restarted or started may be done with Enter; what
/// stops something, or touches more than one, has Cancel as its default.
pub(in crate::tui) fn ask(verb: Verb, services: Vec<ServiceName>, world: &World<'_>) -> Popup {
    let mut dependants: Vec<ServiceName> =
        services.iter().flat_map(|service| world.store.dependants(service)).collect();
    dependants.sort();
    dependants.dedup();
    dependants.retain(|dependant| !services.contains(dependant));
    let enter_accepts = services.len() == 1 && verb != Verb::Stop;
    Popup::Confirm(Confirm { verb, services, dependants, with_dependants: false, enter_accepts })
}

/// Asks which services to restart; those in trouble come first, `preferred` before all and chosen.
pub(in crate::tui) fn ask_which(preferred: Option<&ServiceName>, world: &World<'_>) -> Popup {
    let mut services: Vec<_> = world.store.services().collect();
    services.sort_by_key(|s| (Some(&s.name) != preferred, !s.is_troubled()));
    let rows = services.into_iter().map(|s| (s.name.clone(), Some(&s.name) == preferred)).collect();
    Popup::Pick(Pick { rows, at: 0 })
}

/// Says that the source is away, where no other popup is open; a live link takes it away again.
pub(in crate::tui) fn follow_link(state: &mut State, link: &Link) {
    match (link, &state.popup) {
        (Link::Away { since, .. }, None) if state.away_seen != Some(*since) => {
            state.away_seen = Some(*since);
            state.popup = Some(Popup::Away(Away));
        }
        (Link::Live | Link::Ended, Some(Popup::Away(_))) => state.popup = None,
        _ => {}
    }
}

fn has_ctrl(key: KeyEvent) -> bool {
    key.modifiers.contains(KeyModifiers::CONTROL)
}

/// Moves a cursor over `rows` rows by the keys of lists.
fn list(at: &mut usize, rows: usize, key: KeyEvent) {
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

fn confirm(popup: &mut Confirm, key: KeyEvent) -> Step {
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

fn pick(popup: &mut Pick, key: KeyEvent, world: &World<'_>) -> Step {
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

fn mute(popup: &mut MuteMenu, key: KeyEvent, world: &World<'_>) -> Step {
    let rows = MuteMenu::ROWS.len();
    match key.code {
        KeyCode::Esc | KeyCode::Char('q') => Step::Close,
        KeyCode::Enter | KeyCode::Char('m') => muted(popup.fingerprint, popup.at, world),
        KeyCode::Char(c @ '1'..='9') if (c as usize - '1' as usize) < rows => {
            muted(popup.fingerprint, c as usize - '1' as usize, world)
        }
        _ => {
            list(&mut popup.at, rows, key);
            Step::Stay
        }
    }
}

fn muted(fingerprint: Fingerprint, row: usize, world: &World<'_>) -> Step {
    let until = match row {
        0 => MuteUntil::Escalates,
        1 => MuteUntil::Time(world.now + Duration::hours(1)),
        2 => MuteUntil::Time(world.now + Duration::days(1)),
        3 => MuteUntil::More(100),
        _ => MuteUntil::Forever,
    };
    Step::Then(Effect::Send(Command::Mute(fingerprint, until)))
}

fn help(popup: &mut Help, key: KeyEvent) -> Step {
    match key.code {
        KeyCode::Esc if popup.is_searching || !popup.search.as_str().is_empty() => {
            popup.is_searching = false;
            popup.search = crate::tui::line::Line::default();
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

fn palette(popup: &mut Palette, key: KeyEvent, state: &mut State, world: &World<'_>) -> Step {
    match key.code {
        KeyCode::Esc if popup.input().as_str().is_empty() => Step::Close,
        KeyCode::Esc => {
            popup.edit(|input| *input = crate::tui::line::Line::default());
            Step::Stay
        }
        KeyCode::Tab => {
            popup.complete();
            Step::Stay
        }
        KeyCode::Char('p' | 'n') if has_ctrl(key) => {
            let code = if key.code == KeyCode::Char('p') { KeyCode::Up } else { KeyCode::Down };
            let rows = popup.hits().len();
            list(&mut popup.at, rows, KeyEvent::from(code));
            Step::Stay
        }
        KeyCode::Up | KeyCode::Down | KeyCode::PageUp | KeyCode::PageDown => {
            let rows = popup.hits().len();
            list(&mut popup.at, rows, key);
            Step::Stay
        }
        KeyCode::Enter => match popup.chosen() {
            None => Step::Stay,
            Some(Does::Act(action)) => Step::Do(*action),
            Some(Does::Restart(services)) => {
                Step::Open(ask(Verb::Restart, services.clone(), world))
            }
            Some(Does::Show(service)) => {
                // A name that the filter cannot read is shown by selecting it only.
                let _ = state.filter.set(&format!("svc:{service}"));
                state.service = Some(service.clone());
                Step::Close
            }
            Some(Does::Select(fingerprint)) => {
                reveal(state, *fingerprint, world);
                Step::Close
            }
            Some(Does::Theme(name)) => {
                state.theme.clone_from(name);
                Step::Then(Effect::UseTheme(name.clone()))
            }
        },
        _ => {
            popup.edit(|input| {
                input.key(key);
            });
            Step::Stay
        }
    }
}

/// Selects a problem; where the filter hides it, everything is shown again.
fn reveal(state: &mut State, fingerprint: Fingerprint, world: &World<'_>) {
    let is_hidden = world.store.group(fingerprint).is_some_and(|g| !state.filter.wants_group(g));
    if is_hidden {
        state.filter = crate::tui::filter::Filter::new(Severity::Info);
        state.inbox.refresh(world.store, &state.filter, world.now, None);
    }
    state.inbox.select(fingerprint);
    state.focus = Pane::Problems;
}

fn apply(line: &mut FilterLine, filter: &mut crate::tui::filter::Filter) {
    line.error = filter.set(line.input.as_str()).err().map(Into::into);
}

fn filter(popup: &mut FilterLine, key: KeyEvent, state: &mut State, world: &World<'_>) -> Step {
    match key.code {
        KeyCode::Esc => {
            let _ = state.filter.set(&popup.before);
            return Step::Close;
        }
        KeyCode::Enter if popup.error.is_none() => return Step::Close,
        KeyCode::Enter => {}
        KeyCode::Tab | KeyCode::Down => popup.next_completion(1),
        KeyCode::BackTab | KeyCode::Up => popup.next_completion(-1),
        _ => {
            if popup.input.key(key) {
                popup.complete(world.store);
            }
        }
    }
    apply(popup, &mut state.filter);
    Step::Stay
}

fn editor(popup: &mut Editor, key: KeyEvent) -> Step {
    let is_send = (has_ctrl(key) && key.code == KeyCode::Char('s'))
        || (key.code == KeyCode::Enter && key.modifiers.contains(KeyModifiers::ALT))
        || key.code == KeyCode::F(2);
    match key.code {
        KeyCode::Esc => return Step::Close,
        // On its way: nothing may change under it.
        _ if popup.is_sending => {}
        _ if is_send && popup.is_fileable() => {
            popup.is_sending = true;
            return Step::Also(Effect::Send(Command::FileIssue(popup.edited())));
        }
        KeyCode::Char('y') if has_ctrl(key) => {
            return Step::Also(Effect::Copy(popup.text(), "issue"));
        }
        KeyCode::Char('f') if has_ctrl(key) => {
            return Step::Also(Effect::Save(popup.text().lines().map(str::to_owned).collect()));
        }
        KeyCode::Char('b') if has_ctrl(key) => {
            if let Some(address) = popup.address() {
                return Step::Also(Effect::Browse(address));
            }
        }
        KeyCode::Char('o') if has_ctrl(key) => {
            return Step::Also(Effect::EditBody(popup.body.lines().join("\n")));
        }
        KeyCode::Char('t') if has_ctrl(key) => popup.shows_preview = !popup.shows_preview,
        KeyCode::Tab => popup.focus(popup.field.next()),
        KeyCode::BackTab => popup.focus(popup.field.previous()),
        KeyCode::Enter | KeyCode::Down if popup.field != Field::Body => {
            popup.focus(popup.field.next());
        }
        KeyCode::Up if popup.field == Field::Labels => popup.focus(Field::Title),
        _ => match popup.field {
            Field::Title => {
                popup.title.key(key);
            }
            Field::Labels => {
                popup.labels.key(key);
            }
            Field::Body => {
                popup.body.input(key);
            }
        },
    }
    Step::Stay
}

fn themes(popup: &mut ThemeList, key: KeyEvent, state: &mut State) -> Step {
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

fn messages(scroll: &mut usize, key: KeyEvent, rows: usize) -> Step {
    match key.code {
        KeyCode::Esc | KeyCode::Enter | KeyCode::Char('q') => Step::Close,
        _ => {
            list(scroll, rows, key);
            Step::Stay
        }
    }
}

fn why(key: KeyEvent) -> Step {
    match key.code {
        KeyCode::Esc | KeyCode::Enter | KeyCode::Char('q' | 'W') => Step::Close,
        _ => Step::Stay,
    }
}

fn away(key: KeyEvent) -> Step {
    match key.code {
        KeyCode::Char('q') => Step::Then(Effect::Quit),
        KeyCode::Esc | KeyCode::Enter => Step::Close,
        _ => Step::Stay,
    }
}

impl Editor {
    /// Whether it may be filed: there is somebody to send it to, something to say, and it does not stand already.
    fn is_fileable(&self) -> bool {
        self.tracker.is_signed_in
            && self.tracker.repository.is_some()
            && !self.title.as_str().trim().is_empty()
            && !matches!(&self.lookup, Lookup::Found(issue) if issue.is_open)
    }
}
