//! What the user can set about the screen.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The `[tui]` section of the config file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Name of a theme; `auto` asks the terminal whether its ground is light or dark.
    pub theme: String,
    /// The keys to begin with.
    pub keys: Preset,
    /// Keys of single actions, over the preset: `restart = ["r", "ctrl-r"]`. An empty list unbinds.
    pub bind: BTreeMap<String, Vec<String>>,
    /// The user's own commands for services, by name: `console = "docker exec -it $CONTAINER ./manage.py shell"`. The shell
    /// that runs them knows `SERVICE`, `CONTAINER` and `PROJECT`.
    pub commands: BTreeMap<String, String>,
    /// Whether clicks and the wheel are taken from the terminal.
    pub mouse: bool,
    /// Which characters are drawn.
    pub symbols: Symbols,
    /// Frames a second, at most; 1 to 60.
    pub fps: u32,
    /// Timestamps in the log.
    pub timestamps: Timestamps,
    /// Whether long lines are wrapped.
    pub wrap: bool,
    /// Headings among the problems.
    pub group_by: GroupBy,
    /// Order of the problems.
    pub sort: Sort,
    /// Problems below this are hidden: `info`, `warning`, `error`, `critical`.
    pub minimum: crate::model::Severity,
    /// Lines of context above and below a problem, at least; the pane is filled.
    pub context: usize,
    /// The user's config folder; themes are looked for in it.
    #[serde(skip)]
    pub folder: Option<std::path::PathBuf>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            theme: "auto".to_owned(),
            keys: Preset::Default,
            bind: BTreeMap::new(),
            commands: BTreeMap::new(),
            mouse: true,
            symbols: Symbols::Auto,
            fps: 30,
            timestamps: Timestamps::Time,
            wrap: false,
            group_by: GroupBy::Auto,
            sort: Sort::Severity,
            minimum: crate::model::Severity::Info,
            context: 8,
            folder: None,
        }
    }
}

/// A set of keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Preset {
    /// Ours.
    #[default]
    Default,
    /// More of lnav's.
    Lnav,
    /// More of lazydocker's.
    Lazydocker,
}

/// Which characters are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Symbols {
    /// Unicode where the locale is UTF-8.
    #[default]
    Auto,
    /// Blocks, circles, thin lines.
    Unicode,
    /// Nothing beyond ASCII in our own drawing.
    Ascii,
}

/// Timestamps in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Timestamps {
    /// None.
    Off,
    /// Time of day.
    #[default]
    Time,
    /// Age.
    Relative,
}

/// Headings among the problems.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GroupBy {
    /// By severity where there is room, else none.
    #[default]
    Auto,
    /// By severity.
    Severity,
    /// By category.
    Category,
    /// By the service that has it most.
    Service,
    /// One list.
    None,
}

/// Order of the problems.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sort {
    /// Severity, then state, then rate.
    #[default]
    Severity,
    /// Newest event first.
    Newest,
    /// Most events first.
    Count,
}
