//! Everything that can happen on this screen, and everything it can ask for.

use super::{
    action::Action,
    past::{Asker, Errand, Found},
    state::Pane,
};
use crate::{
    model::{
        Category, Command, CommandId, Event, Fingerprint, Frame, Position, SafeText, ServiceName,
    },
    source::whereabouts::Owner,
};
use crossterm::event::KeyEvent;

/// Something happened.
#[derive(Debug, Clone)]
pub(crate) enum Message {
    /// A key, the palette or a click asked for this.
    Do(Action),
    /// A key pressed while a popup or an input line is open; it goes there.
    Key(KeyEvent),
    /// Text pasted into an input line.
    Paste(String),
    /// The left button was pressed on this.
    Click(Target),
    /// The wheel turned over this pane; rows, down is positive.
    Wheel(Pane, i32),
    /// The terminal has this many columns and rows now.
    Resize(u16, u16),
    /// A hint from the engine.
    Engine(Event),
    /// A command was taken by the engine under this number.
    Sent(CommandId, Command),
    /// An effect was carried out, or could not be.
    Told(Note),
    /// What an errand of this number brought, or why it could not.
    Read(Asker, u64, Result<Found, SafeText>),
    /// A second passed, or a toast is due.
    Tick,
}

/// What was clicked; the view tells which cells belong to what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// Anywhere in a pane.
    Pane(Pane),
    /// A row of the problems.
    Problem(Fingerprint),
    /// A heading of the problems, by its number.
    Heading(usize),
    /// A service, in the pane or as a chip.
    Service(ServiceName),
    /// A row of the categories.
    Category(Category),
    /// A line of the log or of a search.
    Line(Position),
    /// A hint or another button.
    Action(Action),
    /// A row of the popup, by its number.
    PopupRow(usize),
}

/// How a note is to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoteKind {
    /// It is going on.
    Progress,
    /// It worked.
    Good,
    /// Worth knowing.
    Info,
    /// A warning; gone after a while.
    Warning,
    /// It did not work; stays until a key.
    Bad,
}

/// A sentence for the user: shown as a toast, kept among the messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Note {
    /// How it is to be taken.
    pub(crate) kind: NoteKind,
    /// The sentence.
    pub(crate) text: SafeText,
}

impl Note {
    /// A note of this kind.
    pub(crate) fn new(kind: NoteKind, text: impl Into<SafeText>) -> Self {
        Self { kind, text: text.into() }
    }
}

/// One of the user's own commands, and for whom it is run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OwnCommand {
    /// The line, for a shell.
    pub(crate) line: String,
    /// `SERVICE`, `CONTAINER` and `PROJECT`: told by the environment, so that no name can be part of the line.
    pub(crate) told: [(&'static str, SafeText); 3],
}

/// Something to be done outside the state; the loop does it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Send this to the engine.
    Send(Command),
    /// Put this into the clipboard, and say how; the second text names what it is: `line`.
    Copy(String, &'static str),
    /// Write these lines to a new file in the current folder, and say where.
    Save(Vec<String>),
    /// Read this from the journal; whatever was read before for the same asker is no longer wanted.
    Read(Errand),
    /// Open this address in the browser, or copy it where there is none.
    Browse(SafeText),
    /// Let the user edit the draft's body in `$EDITOR`.
    EditBody(String),
    /// Open the file of this frame in `$EDITOR`.
    OpenFrame(Frame, Owner),
    /// A shell in the container of this name.
    Shell(SafeText),
    /// One of the user's own commands, in the terminal.
    Own(OwnCommand),
    /// Use the theme of this name.
    UseTheme(String),
    /// Take the mouse, or release it.
    UseMouse(bool),
    /// Clear the terminal and draw everything.
    Redraw,
    /// Stop like any job of the shell.
    Suspend,
    /// End.
    Quit,
}
