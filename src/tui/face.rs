//! The loop: input, signals and hints become messages; effects are carried out; frames are drawn where something
//! changed.
//!
//! A key is answered within a frame at any rate of lines; without news nothing is drawn and nothing is read.

use super::{
    effects::{self, Done},
    keymap::Keymap,
    message::{Effect, Message, Note, NoteKind, Target},
    past::{Asker, Errand},
    popup::Popup,
    probe::{self, LateAnswer},
    settings::{Settings, Symbols},
    signals::{Signal, Signals, ask_to_stop, stop},
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
use crossterm::event::{Event, EventStream, KeyEventKind, MouseButton, MouseEvent, MouseEventKind};
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

    fn input(&mut self, event: Event) -> Vec<Effect> {
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

    fn signal(&mut self, signal: Signal) -> Result<()> {
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

    /// One message; the frame that shows it is drawn later.
    fn tell(&mut self, message: Message) -> Vec<Effect> {
        self.is_dirty = true;
        let link = self.handle.link();
        let (state, capabilities) = (&mut self.state, &self.look.capabilities);
        let record = &self.record;
        let effects = self.handle.read(|store| {
            let world = World { store, link: &link, capabilities, record, now: Utc::now() };
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

    fn perform(&mut self, effects: Vec<Effect>, inputs: &mut Inputs) -> Result<()> {
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
    fn drop_errands(&mut self) {
        let state = &self.state;
        self.errands.retain(|asker, (ticket, stop)| {
            let is_awaited = state.awaited(*asker) == Some(*ticket);
            if !is_awaited {
                stop.stop();
            }
            is_awaited
        });
    }

    fn note(&mut self, kind: NoteKind, text: String) {
        drop(self.tell(Message::Told(Note::new(kind, text))));
    }

    fn edit(&mut self, body: &str, inputs: &mut Inputs) -> Result<()> {
        // Its thread would read the editor's keys.
        inputs.keys = None;
        let edited = self
            .screen
            .step_aside(|| effects::edit(body))
            .wrap_err("cannot take the terminal again")?;
        self.is_dirty = true;
        match edited {
            Ok(text) => {
                if let Some(Popup::Editor(editor)) = &mut self.state.popup {
                    editor.set_body(&text);
                }
            }
            Err(error) => self.note(NoteKind::Bad, error),
        }
        Ok(())
    }

    fn use_theme(&mut self, name: &str) {
        self.is_dirty = true;
        match Theme::load(name, self.folder.as_deref()) {
            Ok(theme) => self.look.theme = theme.at_depth(self.depth),
            Err(error) => self.note(NoteKind::Bad, error.to_string()),
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
        let snapshot = self.handle.read(|store| {
            let capabilities = &look.capabilities;
            let world = World { store, link: &link, capabilities, record, now: Utc::now() };
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

/// The theme of the settings at this depth; where it cannot be read, `dark` and a note that says why.
pub(super) fn first_theme(
    settings: &Settings,
    kind: Kind,
    depth: Depth,
    notes: &mut Vec<Note>,
) -> Theme {
    let name = match (settings.theme.as_str(), kind) {
        ("auto", Kind::Light) => "light",
        ("auto", Kind::Dark) => "dark",
        (name, _) => name,
    };
    let loaded = Theme::load(name, settings.folder.as_deref()).or_else(|error| {
        notes.push(Note::new(NoteKind::Warning, error.to_string()));
        Theme::load("dark", None)
    });
    loaded.map_or_else(|_| Theme::mono(), |theme| theme.at_depth(depth))
}

/// Whether nothing beyond ASCII may be drawn.
pub(super) fn is_ascii(symbols: Symbols, var: impl Fn(&str) -> Option<String>) -> bool {
    match symbols {
        Symbols::Unicode => false,
        Symbols::Ascii => true,
        Symbols::Auto => {
            let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
                .into_iter()
                .find_map(|name| var(name).filter(|v| !v.is_empty()));
            locale.is_some_and(|locale| {
                let locale = locale.to_ascii_lowercase();
                !locale.contains("utf-8") && !locale.contains("utf8")
            })
        }
    }
}
