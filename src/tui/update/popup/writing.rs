//! Keys of the popups in which one writes: palette, filter line, issue editor.

use super::{
    opening::ask,
    step::{Step, has_ctrl, list},
};
use crate::{
    model::{Command, Fingerprint, Severity},
    store::Store,
    tui::{
        filter::{Filter, Since},
        line::Line,
        message::Effect,
        palette::{Does, Palette},
        popup::{Editor, Field, FilterLine, Lookup, Verb},
        state::{Pane, State, World},
        update::moves,
    },
};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

pub(super) fn palette(
    popup: &mut Palette,
    key: KeyEvent,
    state: &mut State,
    world: &World<'_>,
) -> Step {
    match key.code {
        KeyCode::Esc if popup.input().as_str().is_empty() => Step::Close,
        KeyCode::Esc => {
            popup.edit(|input| *input = Line::default());
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
            Some(Does::Go(when)) => {
                let time = when.resolve(world.clock(), state.zone);
                moves::go_to_time(state, time, world);
                Step::Close
            }
            Some(&Does::Type(text)) => {
                popup.edit(|input| *input = Line::new(text));
                Step::Stay
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
        state.filter = Filter::new(Severity::Info);
        state.inbox.refresh(world.store, &state.filter, world.now, None);
    }
    state.inbox.select(fingerprint);
    state.focus = Pane::Problems;
}

pub(super) fn apply(line: &mut FilterLine, filter: &mut Filter, store: &Store) {
    line.error = filter.set(line.input.as_str()).err().map(Into::into);
    if let Some(Since::Start(name)) = filter.since().filter(|_| line.error.is_none())
        && store.service(name).is_none()
    {
        let text =
            format!("no service or time \"{name}\"; known: visit, restart, a service, 10m, 14:32");
        line.error = Some(text.into());
    }
}

pub(super) fn filter(
    popup: &mut FilterLine,
    key: KeyEvent,
    state: &mut State,
    world: &World<'_>,
) -> Step {
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
    apply(popup, &mut state.filter, world.store);
    Step::Stay
}

pub(super) fn editor(popup: &mut Editor, key: KeyEvent) -> Step {
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

impl Editor {
    /// Whether it may be filed: there is somebody to send it to, something to say, and it does not stand already.
    fn is_fileable(&self) -> bool {
        self.tracker.is_signed_in
            && self.tracker.repository.is_some()
            && !self.title.as_str().trim().is_empty()
            && !matches!(&self.lookup, Lookup::Found(issue) if issue.is_open)
    }
}
