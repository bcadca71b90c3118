//! A screen on a made-up stack.

use super::Stage;
use crate::tui::{
    keymap::Keymap,
    message::{Effect, Message},
    past::Errand,
    settings::Settings,
    snapshot::Snapshot,
    state::State,
    theme::Theme,
    update::{refresh, update},
    view::{self, Glyphs, HitMap, Look},
};
use ratatui::{buffer::Buffer, layout::Rect};

/// A screen on a stage.
pub(crate) struct Show {
    pub(crate) stage: Stage,
    pub(crate) state: State,
    pub(crate) look: Look,
    pub(crate) hits: HitMap,
    /// What is to be read.
    pub(crate) errands: Vec<Errand>,
}

impl Show {
    #[allow(clippy::similar_names, reason = "a stage has a state")]
    pub(crate) fn new(stage: Stage, columns: u16, rows: u16) -> Self {
        let settings = Settings::default();
        let mut state = State::new(&settings, vec!["dark".to_owned(), "light".to_owned()]);
        state.size = (columns, rows);
        let look = Look {
            theme: Theme::load("dark", None).unwrap(),
            keymap: Keymap::new(&settings).0,
            glyphs: Glyphs::UNICODE,
            capabilities: stage.capabilities.clone(),
        };
        refresh(&mut state, &stage.world(), true);
        Self { stage, state, look, hits: HitMap::default(), errands: Vec::new() }
    }

    pub(crate) fn send(&mut self, message: Message) -> Vec<Effect> {
        let mut effects = update(&mut self.state, message, &self.stage.world());
        for effect in effects.extract_if(.., |e| matches!(e, Effect::Read(_))) {
            if let Effect::Read(errand) = effect {
                self.errands.push(errand);
            }
        }
        effects
    }

    /// Brings what is to be read, until nothing more is asked for. How many errands that took.
    pub(crate) fn bring(&mut self) -> usize {
        let mut count = 0;
        self.send(Message::Tick);
        while let Some(errand) = self.errands.pop() {
            let query = self.state.query(errand.asker);
            let found = self.stage.fetch(&errand, &query);
            self.send(Message::Read(errand.asker, errand.ticket, Ok(found)));
            count += 1;
            assert!(count < 1_000, "{errand:?}");
        }
        count
    }

    pub(crate) fn buffer(&mut self) -> Buffer {
        refresh(&mut self.state, &self.stage.world(), false);
        let (columns, rows) = self.state.size;
        let mut buffer = Buffer::empty(Rect::new(0, 0, columns, rows));
        let snapshot = Snapshot::take(&self.state, &self.stage.world());
        view::draw(&self.look, &self.state, &snapshot, &mut buffer, &mut self.hits);
        buffer
    }

    /// The screen as text, one line a row, without spaces at the ends.
    pub(crate) fn text(&mut self) -> String {
        let buffer = self.buffer();
        let mut out = String::new();
        for y in 0..buffer.area.height {
            let mut row = String::new();
            for x in 0..buffer.area.width {
                row.push_str(buffer[(x, y)].symbol());
            }
            out.push_str(row.trim_end());
            out.push('\n');
        }
        out
    }
}
