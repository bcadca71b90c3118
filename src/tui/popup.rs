//! What may lie over the screen, and what it knows.
//!
//! While a popup is open, keys go to it: Esc closes, Enter accepts. `update/popup.rs` moves them, `view/dialogs` draws them.

use super::line::Line;
use crate::model::{FiledIssue, Fingerprint, IssueDraft, SafeText, ServiceName};

/// What lies over the screen.
#[derive(Debug)]
pub enum Popup {
    /// A question before acting on services.
    Confirm(Confirm),
    /// Which services to restart.
    Pick(Pick),
    /// How long to mute.
    Mute(MuteMenu),
    /// The keys.
    Help(Help),
    /// Every action, service, problem and theme.
    Palette(Palette),
    /// The filter line.
    Filter(FilterLine),
    /// The issue editor.
    Editor(Box<Editor>),
    /// The themes.
    Themes(ThemeList),
    /// All messages of this run; rows scrolled from the newest.
    Messages(usize),
    /// Why this is a problem.
    Why(Fingerprint),
}

/// What is to be done to services.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Stop and start.
    Restart,
    /// Stop.
    Stop,
    /// Start.
    Start,
}

impl Verb {
    /// Capitalised, for a question: `Restart`.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Restart => "Restart",
            Self::Stop => "Stop",
            Self::Start => "Start",
        }
    }

    /// As Compose spells it: `restart`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Restart => "restart",
            Self::Stop => "stop",
            Self::Start => "start",
        }
    }
}

/// A question before acting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirm {
    /// What is to be done.
    pub verb: Verb,
    /// To whom, in this order.
    pub services: Vec<ServiceName>,
    /// Who needs them.
    pub dependants: Vec<ServiceName>,
    /// Whether the dependants are restarted too (`d`).
    pub with_dependants: bool,
    /// Whether Enter does it; else Cancel is the default and `y` does it.
    pub enter_accepts: bool,
}

/// Services with check marks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pick {
    /// All services and whether they are chosen.
    pub rows: Vec<(ServiceName, bool)>,
    /// The row of the cursor.
    pub at: usize,
}

/// How long to mute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MuteMenu {
    /// Which problem.
    pub fingerprint: Fingerprint,
    /// The row of the cursor in [`MuteMenu::ROWS`].
    pub at: usize,
}

impl MuteMenu {
    /// The choices.
    pub const ROWS: [&str; 5] =
        ["until it escalates", "for 1 hour", "for 1 day", "until 100 more", "for ever"];
}

/// The help.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Help {
    /// Words to look for.
    pub search: Line,
    /// Whether the search line has the keys.
    pub is_searching: bool,
    /// Rows scrolled.
    pub scroll: usize,
}

/// The palette.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Palette {
    /// What was typed.
    pub input: Line,
    /// The row of the cursor among the hits.
    pub at: usize,
}

/// The filter line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FilterLine {
    /// What was typed; it is applied while typing.
    pub input: Line,
    /// What is wrong with it.
    pub error: Option<SafeText>,
    /// What it was before, for Esc.
    pub before: String,
}

/// The themes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThemeList {
    /// Names.
    pub names: Vec<String>,
    /// The row of the cursor; its theme is tried at once.
    pub at: usize,
    /// The theme to go back to on Esc.
    pub before: String,
}

/// Whether a filed issue was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup {
    /// Not yet known.
    Looking,
    /// There is none.
    None,
    /// This one.
    Found(FiledIssue),
    /// It cannot be known, and why.
    Failed(SafeText),
}

/// Which field of the editor has the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// One line.
    Title,
    /// Words, separated by commas.
    Labels,
    /// Markdown.
    Body,
}

/// The issue editor.
#[derive(Debug)]
pub struct Editor {
    /// As drafted; its texts are replaced by what was edited when it is sent.
    pub draft: IssueDraft,
    /// One line.
    pub title: Line,
    /// Separated by commas.
    pub labels: Line,
    /// Markdown.
    pub body: tui_textarea::TextArea<'static>,
    /// Which has the keys.
    pub field: Field,
    /// Whether there is one already.
    pub lookup: Lookup,
    /// Whether it is on its way.
    pub is_sending: bool,
}
