//! Effects are carried out: the engine, the clipboard, files, the editor, the journal.

use super::{Face, Inputs};
use crate::{
    store::journal::Stop,
    tui::{
        aside,
        effects::{self, Done},
        message::{Effect, Message, Note, NoteKind},
        past::Errand,
        popup::Popup,
        signals::ask_to_stop,
        theme::Theme,
    },
};
use chrono::Local;
use color_eyre::eyre::{Result, WrapErr as _};

impl Face {
    pub(super) fn perform(&mut self, effects: Vec<Effect>, inputs: &mut Inputs) -> Result<()> {
        for effect in effects {
            match effect {
                Effect::Send(command) => match self.handle.send(command.clone()) {
                    Ok(id) => drop(self.tell(Message::Sent(id, command))),
                    Err(busy) => self.note(NoteKind::Bad, busy.to_string()),
                },
                Effect::Copy(text, what) => {
                    let note = effects::copy(&text, what, self.folder.as_deref());
                    drop(self.tell(Message::Told(note)));
                }
                Effect::Save(lines) => {
                    let done = self.done.clone();
                    let now = Local::now();
                    tokio::task::spawn_blocking(move || {
                        let _ = done.blocking_send(Done::Told(effects::save(&lines, now)));
                    });
                }
                Effect::Read(errand) => self.read(errand),
                Effect::Browse(address) => {
                    let note = effects::browse(&address, self.folder.as_deref());
                    drop(self.tell(Message::Told(note)));
                }
                Effect::EditBody(body) => self.edit(&body, inputs)?,
                Effect::OpenFrame(frame, owner) => {
                    let done = self.step_aside(inputs, || aside::open(&frame, &owner))?;
                    self.tell_fault(done);
                }
                Effect::Shell(container) => {
                    let engine = self.look.capabilities.source.place.clone();
                    let done = self.step_aside(inputs, || aside::shell(&container, &engine))?;
                    self.tell_fault(done);
                }
                Effect::Own(command) => {
                    let done = self.step_aside(inputs, || aside::own(&command))?;
                    self.tell_fault(done);
                }
                Effect::UseTheme(name) => self.use_theme(&name),
                Effect::UseMouse(mouse) => {
                    self.screen.set_mouse(mouse).wrap_err("the terminal is gone")?;
                }
                Effect::Redraw => self.screen.clear().wrap_err("the terminal is gone")?,
                Effect::Suspend => {
                    if !ask_to_stop() {
                        self.note(NoteKind::Info, "No shell could bring dogwatch back".to_owned());
                    }
                }
                Effect::Quit => self.is_over = true,
            }
        }
        Ok(())
    }

    /// Reads from the journal on a thread of its own; what was read before for the same asker ends.
    fn read(&mut self, errand: Errand) {
        let Some(journal) = self.handle.history() else { return };
        let query = self.state.query(errand.asker);
        let stop = Stop::default();
        if let Some((_, before)) = self.errands.insert(errand.asker, (errand.ticket, stop.clone()))
        {
            before.stop();
        }
        let (done, handle) = (self.done.clone(), self.handle.clone());
        tokio::task::spawn_blocking(move || {
            let mut found = effects::read(&journal, &query, errand.way, errand.count, &stop);
            if let Ok(found) = &mut found {
                found.signs = handle.judge(&found.records);
            }
            if !stop.is_stopped() {
                let _ = done.blocking_send(Done::Read(errand.asker, errand.ticket, found));
            }
        });
    }

    /// Ends what is read for nobody any more.
    pub(super) fn drop_errands(&mut self) {
        let state = &self.state;
        self.errands.retain(|asker, (ticket, stop)| {
            let is_awaited = state.awaited(*asker) == Some(*ticket);
            if !is_awaited {
                stop.stop();
            }
            is_awaited
        });
    }

    pub(super) fn note(&mut self, kind: NoteKind, text: String) {
        drop(self.tell(Message::Told(Note::new(kind, text))));
    }

    fn edit(&mut self, body: &str, inputs: &mut Inputs) -> Result<()> {
        match self.step_aside(inputs, || aside::edit(body))? {
            Ok(text) => {
                if let Some(Popup::Editor(editor)) = &mut self.state.popup {
                    editor.set_body(&text);
                }
            }
            Err(error) => self.note(NoteKind::Bad, error),
        }
        Ok(())
    }

    /// Gives the terminal to another program until it ends.
    fn step_aside<T>(&mut self, inputs: &mut Inputs, run: impl FnOnce() -> T) -> Result<T> {
        // Its thread would read the other program's keys.
        inputs.keys = None;
        let done = self.screen.step_aside(run).wrap_err("cannot take the terminal again")?;
        self.is_dirty = true;
        Ok(done)
    }

    fn tell_fault(&mut self, done: Result<(), String>) {
        if let Err(fault) = done {
            self.note(NoteKind::Bad, fault);
        }
    }

    fn use_theme(&mut self, name: &str) {
        self.is_dirty = true;
        match Theme::load(name, self.folder.as_deref()) {
            Ok(theme) => self.look.theme = theme.at_depth(self.depth),
            Err(error) => self.note(NoteKind::Bad, error.to_string()),
        }
    }
}
