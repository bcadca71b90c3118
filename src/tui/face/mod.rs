//! The loop: input, signals and hints become messages; effects are carried out; frames are drawn where something
//! changed.
//!
//! A key is answered within a frame at any rate of lines; without news nothing is drawn and nothing is read.

mod input;
mod outside;
mod start;

pub(super) use start::{first_theme, is_ascii};

use super::{
    effects::Done,
    keymap::Keymap,
    message::{Effect, Message, Note, NoteKind},
    past::Asker,
    probe::{self, LateAnswer},
    settings::Settings,
    signals::Signals,
    snapshot::Snapshot,
    state::{Record, State, World},
    terminal::{Screen, take_panics},
    theme::{Kind, Theme},
    update::{is_scanning, refresh, update},
    view::{self, Glyphs, HitMap, Look},
};
use crate::{engine::Handle, model::Event as Hint, store::journal::Stop, tui::colour::Depth};
use chrono::{Local, Offset as _, Utc};
use color_eyre::eyre::{Result, WrapErr as _};
use crossterm::event::EventStream;
use futures_util::{FutureExt as _, StreamExt as _};
use std::{collections::BTreeMap, env, path::PathBuf, time::Duration};
use tokio::{
    select,
    sync::{broadcast, mpsc},
    time::{Instant, sleep_until},
};

/// A key is answered within this time.
const KEY_FRAME: Duration = Duration::from_millis(16);
/// While something on the screen grows old.
const SECOND: Duration = Duration::from_secs(1);
/// Between two slices of a search.
const SLICE: Duration = Duration::from_millis(1);
/// Until the sums are made anew, where the store has news.
const BEHIND: Duration = Duration::from_millis(50);
/// Input events that are taken together before a frame.
const BATCH: usize = 128;

/// Opens the screen on a running engine and stays until its user quits. Returns the exit code: 0, or that of the
/// signal that ended it.
///
/// # Errors
/// When standard output is no terminal, or the terminal is gone.
pub async fn run(handle: Handle, settings: Settings) -> Result<u8> {
    let signals = Signals::listen().wrap_err("cannot listen to signals")?;
    let (mut face, mut inputs) = Face::open(handle, &settings)?;
    let result = face.turn(&mut inputs, signals).await;
    result.map(|()| face.code)
}

/// What the loop waits for besides hints and signals.
struct Inputs {
    keys: Option<EventStream>,
    done: mpsc::Receiver<Done>,
}

#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own about the next frame")]
struct Face {
    handle: Handle,
    state: State,
    look: Look,
    screen: Screen,
    hits: HitMap,
    record: Record,
    /// What is being read from the journal, and how to end it.
    errands: BTreeMap<Asker, (u64, Stop)>,
    folder: Option<PathBuf>,
    late: Option<LateAnswer>,
    done: mpsc::Sender<Done>,
    frame: Duration,
    depth: Depth,
    is_dirty: bool,
    is_moving: bool,
    /// The last input wants an answer before the next regular frame.
    is_asked: bool,
    drawn: Instant,
    ticked: Instant,
    is_over: bool,
    /// What the program ends with.
    code: u8,
}

impl Face {
    fn open(handle: Handle, settings: &Settings) -> Result<(Self, Inputs)> {
        let var = |name: &str| env::var(name).ok();
        let depth = Depth::detect(var);
        let (kind, is_pending) = match settings.theme.as_str() {
            "auto" if depth != Depth::Mono => probe::kind(var),
            _ => (Kind::Dark, false),
        };
        let folder = settings.folder.clone();
        let mut notes = Vec::new();
        let theme = first_theme(settings, kind, depth, &mut notes);
        let (keymap, troubles) = Keymap::new(settings);
        notes.extend(troubles.into_iter().map(|t| Note::new(NoteKind::Warning, t)));
        let mut state = State::new(settings, Theme::names(folder.as_deref()));
        theme.name().clone_into(&mut state.theme);
        state.zone = Local::now().offset().fix();
        for note in notes {
            state.tell(note, None, Utc::now());
        }
        let glyphs = if is_ascii(settings.symbols, var) { Glyphs::ASCII } else { Glyphs::UNICODE };
        let capabilities = handle.capabilities().clone();
        let screen = Screen::enter(settings.mouse).wrap_err("the dashboard needs a terminal")?;
        // At most one answer for each effect that was asked for.
        let (done, answers) = mpsc::channel(16);
        let face = Self {
            state,
            look: Look { theme, keymap, glyphs, capabilities },
            screen,
            hits: HitMap::default(),
            record: record(&handle),
            errands: BTreeMap::new(),
            folder,
            late: is_pending.then(LateAnswer::default),
            done,
            frame: Duration::from_secs(1) / settings.fps.clamp(1, 60),
            depth,
            is_dirty: true,
            is_moving: true,
            is_asked: true,
            drawn: Instant::now(),
            ticked: Instant::now(),
            is_over: false,
            code: 0,
            handle,
        };
        Ok((face, Inputs { keys: Some(EventStream::new()), done: answers }))
    }

    async fn turn(&mut self, inputs: &mut Inputs, mut signals: Signals) -> Result<()> {
        let mut hints = self.handle.events();
        // What was told before anybody listened.
        for trouble in self.handle.troubles() {
            self.state.tell(Note::new(NoteKind::Warning, trouble), None, Utc::now());
        }
        self.draw()?;
        while !self.is_over {
            let keys = inputs.keys.get_or_insert_with(EventStream::new);
            let draw_at = self.drawn + if self.is_asked { KEY_FRAME } else { self.frame };
            let tick_at = self.ticked + self.tick();
            let mut effects = Vec::new();
            select! {
                biased;
                event = keys.next() => {
                    let Some(event) = event else { break };
                    let event = event.wrap_err("the terminal is gone")?;
                    effects = self.input(event);
                    for _ in 0..BATCH {
                        let Some(Some(Ok(event))) = keys.next().now_or_never() else { break };
                        effects.extend(self.input(event));
                    }
                }
                signal = signals.told() => self.signal(signal)?,
                Some(done) = inputs.done.recv() => effects = self.take(done),
                hint = hints.recv() => match hint {
                    // What was missed is read again from the store.
                    Ok(Hint::Changed) | Err(broadcast::error::RecvError::Lagged(_)) => {
                        self.is_dirty = true;
                        self.state.is_behind = true;
                    }
                    Ok(hint) => effects = self.tell(Message::Engine(hint)),
                    Err(broadcast::error::RecvError::Closed) => self.is_over = true,
                },
                () = sleep_until(draw_at), if self.is_dirty => self.draw()?,
                () = sleep_until(tick_at) => {
                    self.ticked = Instant::now();
                    effects = self.tell(Message::Tick);
                    for panic in take_panics() {
                        self.note(NoteKind::Bad, panic);
                    }
                }
            }
            if !effects.is_empty() {
                self.perform(effects, inputs)?;
            }
        }
        // The program would wait for them.
        for (_, stop) in self.errands.values() {
            stop.stop();
        }
        Ok(())
    }

    /// How long nothing needs to be looked at, if nothing happens.
    fn tick(&self) -> Duration {
        if is_scanning(&self.state) {
            SLICE
        } else if self.state.is_behind {
            BEHIND
        } else if self.is_moving || self.state.is_restless() {
            SECOND
        } else {
            Duration::from_secs(15)
        }
    }

    /// One message; the frame that shows it is drawn later.
    fn tell(&mut self, message: Message) -> Vec<Effect> {
        self.is_dirty = true;
        let link = self.handle.link();
        let (state, capabilities) = (&mut self.state, &self.look.capabilities);
        let record = &self.record;
        let (watchdog, scalings) = (&self.handle.watchdog(), &self.handle.scalings());
        let effects = self.handle.read(|store| {
            let now = Utc::now();
            let world = World { store, link: &link, capabilities, record, watchdog, scalings, now };
            update(state, message, &world)
        });
        self.drop_errands();
        effects
    }

    fn take(&mut self, done: Done) -> Vec<Effect> {
        match done {
            Done::Told(note) => self.tell(Message::Told(note)),
            Done::Read(asker, ticket, found) => self.tell(Message::Read(asker, ticket, found)),
        }
    }

    fn draw(&mut self) -> Result<()> {
        self.is_dirty = false;
        self.is_asked = false;
        self.drawn = Instant::now();
        if let Ok(size) = crossterm::terminal::size() {
            self.state.size = size;
        }
        let link = self.handle.link();
        self.record = record(&self.handle);
        let (state, look, hits) = (&mut self.state, &self.look, &mut self.hits);
        let record = &self.record;
        let (watchdog, scalings) = (&self.handle.watchdog(), &self.handle.scalings());
        let snapshot = self.handle.read(|store| {
            let capabilities = &look.capabilities;
            let now = Utc::now();
            let world = World { store, link: &link, capabilities, record, watchdog, scalings, now };
            refresh(state, &world, false);
            Snapshot::take(state, &world)
        });
        self.is_moving = snapshot.is_moving();
        self.screen
            .draw(|frame| view::draw(look, state, &snapshot, frame.buffer_mut(), hits))
            .wrap_err("the terminal is gone")
    }
}

/// What the engine says of the record on disk.
fn record(handle: &Handle) -> Record {
    Record {
        has_journal: handle.history().is_some(),
        paused: handle.keeping(),
        last_visit: handle.last_visit(),
    }
}
