//! What a piece of the screen means, and on what it is drawn.

use crate::{model::Severity, tui::colour::Rgb};

/// Whether a theme has a dark or a bright ground.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    /// Bright letters on a dark ground.
    #[default]
    Dark,
    /// Dark letters on a bright ground.
    Light,
}

impl Kind {
    /// Word in theme files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Dark => "dark",
            Self::Light => "light",
        }
    }

    /// The kind of a word in theme files.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Dark, Self::Light].into_iter().find(|kind| kind.as_str() == word)
    }

    /// The kind of a terminal with this background.
    pub fn of_background(background: Rgb) -> Self {
        if background.luminance() > 0.18 { Self::Light } else { Self::Dark }
    }

    /// What `COLORFGBG` says: its last part is the number of the background.
    pub fn of_colorfgbg(value: &str) -> Option<Self> {
        match value.rsplit(';').next()?.parse().ok()? {
            0..=6 | 8 => Some(Self::Dark),
            7 | 9..=15 => Some(Self::Light),
            _ => None,
        }
    }
}

/// What a piece of the screen means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// The ground of the screen, with its plain ink.
    Bg,
    /// The ground of popups, header and hints, with its plain ink.
    Panel,
    /// The ground of the selected row, with its plain ink; bold.
    Sel,
    /// Plain text: messages.
    Fg,
    /// Timestamps, labels, units.
    Muted,
    /// Edges of panes.
    Border,
    /// The edge of the pane or popup that has the keys.
    Focus,
    /// What leads on: links, the prompt.
    Accent,
    /// A critical problem.
    Crit,
    /// An error.
    Err,
    /// A warning.
    Warn,
    /// Worth knowing.
    Info,
    /// All is well.
    Ok,
    /// A masked part of a message: `<n>`.
    Var,
    /// A service's name; see [`Role::service`].
    Ink1,
    /// A service's name.
    Ink2,
    /// A service's name.
    Ink3,
    /// A service's name.
    Ink4,
    /// A service's name.
    Ink5,
    /// A service's name.
    Ink6,
    /// A service's name.
    Ink7,
    /// Bold plain text: counts, names, headings.
    Strong,
    /// The title of a pane without the keys.
    Title,
    /// The title of the pane that has the keys.
    FocusTitle,
    /// A key in a hint.
    Key,
    /// Text that a search found.
    Hit,
    /// The hit under the cursor.
    CurrentHit,
    /// The default button of a popup, and a chip that is on.
    Button,
    /// ` CRIT `: the ink of critical as ground.
    CritBadge,
    /// The ink of error as ground: errors that stay, stale data.
    ErrBadge,
    /// The ink of warning as ground.
    WarnBadge,
    /// The ink of info as ground.
    InfoBadge,
}

impl Role {
    /// Roles that a theme file gives; the others are made of them.
    pub const BASE: [Self; 21] = [
        Self::Bg,
        Self::Panel,
        Self::Sel,
        Self::Fg,
        Self::Muted,
        Self::Border,
        Self::Focus,
        Self::Accent,
        Self::Crit,
        Self::Err,
        Self::Warn,
        Self::Info,
        Self::Ok,
        Self::Var,
        Self::Ink1,
        Self::Ink2,
        Self::Ink3,
        Self::Ink4,
        Self::Ink5,
        Self::Ink6,
        Self::Ink7,
    ];

    /// All of them, in the order of their declaration.
    pub(super) const ALL: [Self; 32] = {
        let mut all = [Self::Bg; 32];
        let mut at = 0;
        while at < Self::BASE.len() {
            all[at] = Self::BASE[at];
            at += 1;
        }
        let derived = [
            Self::Strong,
            Self::Title,
            Self::FocusTitle,
            Self::Key,
            Self::Hit,
            Self::CurrentHit,
            Self::Button,
            Self::CritBadge,
            Self::ErrBadge,
            Self::WarnBadge,
            Self::InfoBadge,
        ];
        while at < all.len() {
            all[at] = derived[at - Self::BASE.len()];
            at += 1;
        }
        all
    };

    pub(super) const INKS: [Self; 7] =
        [Self::Ink1, Self::Ink2, Self::Ink3, Self::Ink4, Self::Ink5, Self::Ink6, Self::Ink7];

    /// The ink of a service, by its place in the order of names; after seven they begin again.
    pub const fn service(place: usize) -> Self {
        Self::INKS[place % Self::INKS.len()]
    }

    /// The ink of a severity.
    pub const fn severity(severity: Severity) -> Self {
        match severity {
            Severity::Critical => Self::Crit,
            Severity::Error => Self::Err,
            Severity::Warning => Self::Warn,
            Severity::Info => Self::Info,
        }
    }

    /// The badge of a severity.
    pub const fn badge(severity: Severity) -> Self {
        match severity {
            Severity::Critical => Self::CritBadge,
            Severity::Error => Self::ErrBadge,
            Severity::Warning => Self::WarnBadge,
            Severity::Info => Self::InfoBadge,
        }
    }

    /// Key in theme files; derived roles have the one that they are made of.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bg => "bg",
            Self::Panel => "panel",
            Self::Sel => "sel",
            Self::Fg | Self::Strong | Self::Title => "fg",
            Self::Muted => "muted",
            Self::Border => "border",
            Self::Focus | Self::FocusTitle | Self::Key | Self::Button => "focus",
            Self::Accent | Self::Hit | Self::CurrentHit => "accent",
            Self::Crit | Self::CritBadge => "crit",
            Self::Err | Self::ErrBadge => "err",
            Self::Warn | Self::WarnBadge => "warn",
            Self::Info | Self::InfoBadge => "info",
            Self::Ok => "ok",
            Self::Var => "var",
            Self::Ink1 => "ink1",
            Self::Ink2 => "ink2",
            Self::Ink3 => "ink3",
            Self::Ink4 => "ink4",
            Self::Ink5 => "ink5",
            Self::Ink6 => "ink6",
            Self::Ink7 => "ink7",
        }
    }

    /// The base role whose colour it has.
    pub(super) fn base(self) -> Self {
        Self::BASE.into_iter().find(|base| base.as_str() == self.as_str()).unwrap_or(Self::Fg)
    }

    /// The contrast with its ground below which it may not fall.
    pub(super) const fn floor(self) -> f64 {
        match self {
            Self::Fg | Self::Strong | Self::Title => 7.0,
            // An edge is found by its place; it may be quiet.
            Self::Border => 1.0,
            _ => 4.5,
        }
    }
}

/// On what something is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ground {
    /// The screen.
    Bg,
    /// A popup, the header, the hints.
    Panel,
    /// The selected row.
    Sel,
}

impl Ground {
    pub(super) const ALL: [Self; 3] = [Self::Bg, Self::Panel, Self::Sel];

    pub(super) const fn role(self) -> Role {
        match self {
            Self::Bg => Role::Bg,
            Self::Panel => Role::Panel,
            Self::Sel => Role::Sel,
        }
    }
}
