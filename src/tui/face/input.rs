//! Keys, the mouse and signals become messages.

use super::Face;
use crate::tui::{
    message::{Effect, Message, Target},
    signals::{Signal, stop},
    view,
};
use color_eyre::eyre::{Result, WrapErr as _};
use crossterm::event::{Event, KeyEventKind, MouseButton, MouseEvent, MouseEventKind};

impl Face {
    pub(super) fn input(&mut self, event: Event) -> Vec<Effect> {
        if self.late.as_mut().is_some_and(|late| late.swallows(&event)) {
            return Vec::new();
        }
        self.is_asked = true;
        match event {
            Event::Key(key) if key.kind != KeyEventKind::Release => {
                let is_quit = self.look.keymap.is_quit(key);
                let message = if self.state.takes_keys() && !is_quit {
                    Some(Message::Key(key))
                } else {
                    let scope = view::status::scope(&self.state);
                    self.look.keymap.action(scope, key).map(Message::Do)
                };
                message.map_or_else(Vec::new, |message| self.tell(message))
            }
            Event::Paste(text) => self.tell(Message::Paste(text)),
            Event::Mouse(mouse) => self.mouse(mouse),
            Event::Resize(columns, rows) => self.tell(Message::Resize(columns, rows)),
            _ => Vec::new(),
        }
    }

    fn mouse(&mut self, mouse: MouseEvent) -> Vec<Effect> {
        let pane = self.hits.pane_at(mouse.column, mouse.row);
        match mouse.kind {
            MouseEventKind::Down(MouseButton::Left) => {
                let target = self.hits.at(mouse.column, mouse.row).cloned();
                let mut effects = Vec::new();
                let is_pane = matches!(target, Some(Target::Pane(_)));
                if let Some(pane) = pane.filter(|_| !is_pane && self.state.popup.is_none()) {
                    effects.extend(self.tell(Message::Click(Target::Pane(pane))));
                }
                if let Some(target) = target {
                    effects.extend(self.tell(Message::Click(target)));
                }
                effects
            }
            MouseEventKind::ScrollUp | MouseEventKind::ScrollDown => {
                let rows = if mouse.kind == MouseEventKind::ScrollUp { -3 } else { 3 };
                let pane = pane.unwrap_or(self.state.focus);
                self.tell(Message::Wheel(pane, rows))
            }
            _ => Vec::new(),
        }
    }

    pub(super) fn signal(&mut self, signal: Signal) -> Result<()> {
        match signal {
            Signal::End(code) => {
                self.is_over = true;
                self.code = code;
            }
            Signal::Suspend => {
                self.screen.leave();
                stop();
            }
            Signal::Continue => {
                self.screen.take().wrap_err("cannot take the terminal again")?;
                self.is_dirty = true;
            }
        }
        Ok(())
    }
}
