//! The characters that we draw with: width one, no emoji forms; or ASCII alone.

use crate::model::{Health, RunState, Severity, StatusKind};
use ratatui::symbols::border;

/// One set of characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Glyphs {
    /// The selected row.
    pub(crate) cursor: &'static str,
    /// A heading that is open.
    pub(crate) open: &'static str,
    /// A heading that is folded.
    pub(crate) folded: &'static str,
    /// Between service and line.
    pub(crate) bar: &'static str,
    /// A rule.
    pub(crate) rule: &'static str,
    /// The rule of the pane that has the keys.
    pub(crate) heavy_rule: &'static str,
    /// Eight heights, lowest first.
    pub(crate) sparks: [&'static str; 8],
    /// A bar from left to right, and its half.
    pub(crate) bars: [&'static str; 2],
    /// Nothing in a sparkline.
    pub(crate) zero: &'static str,
    /// All is well.
    pub(crate) good: &'static str,
    /// It did not work.
    pub(crate) bad: &'static str,
    /// A marked line.
    pub(crate) mark: &'static str,
    /// Between two facts.
    pub(crate) dot: &'static str,
    /// Cut off.
    pub(crate) more: &'static str,
    /// So many times.
    pub(crate) times: &'static str,
    /// A moment on an axis.
    pub(crate) tick: &'static str,
    /// Corners and edges of a pane.
    pub(crate) border: border::Set<'static>,
    /// Corners and edges of a popup.
    pub(crate) heavy_border: border::Set<'static>,
    is_ascii: bool,
}

const ASCII_BORDER: border::Set<'static> = border::Set {
    top_left: "+",
    top_right: "+",
    bottom_left: "+",
    bottom_right: "+",
    vertical_left: "|",
    vertical_right: "|",
    horizontal_top: "-",
    horizontal_bottom: "-",
};

impl Glyphs {
    /// Blocks, circles, thin lines.
    pub(crate) const UNICODE: Self = Self {
        cursor: "▸",
        open: "▾",
        folded: "▹",
        bar: "│",
        rule: "─",
        heavy_rule: "━",
        sparks: ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
        bars: ["━", "╸"],
        zero: "·",
        good: "✓",
        bad: "×",
        mark: "◆",
        dot: "·",
        more: "…",
        times: "×",
        tick: "▴",
        border: border::ROUNDED,
        heavy_border: border::THICK,
        is_ascii: false,
    };

    /// Nothing beyond ASCII.
    pub(crate) const ASCII: Self = Self {
        cursor: ">",
        open: "-",
        folded: "+",
        bar: "|",
        rule: "-",
        heavy_rule: "=",
        sparks: ["_", "_", ".", ".", "-", "-", "=", "#"],
        bars: ["=", "-"],
        zero: " ",
        good: "v",
        bad: "x",
        mark: "*",
        dot: "-",
        more: "~",
        times: "x",
        tick: "^",
        border: ASCII_BORDER,
        heavy_border: border::Set { horizontal_top: "=", horizontal_bottom: "=", ..ASCII_BORDER },
        is_ascii: true,
    };

    /// A bar whose thickness tells the severity.
    pub(crate) const fn severity(&self, severity: Severity) -> &'static str {
        match (self.is_ascii, severity) {
            (false, Severity::Critical) => "█",
            (false, Severity::Error) => "▌",
            (false, Severity::Warning) => "▎",
            (false, Severity::Info) => "▏",
            (true, Severity::Critical) => "#",
            (true, Severity::Error) => "=",
            (true, Severity::Warning) => "-",
            (true, Severity::Info) => ".",
        }
    }

    /// What stands before a problem's state.
    pub(crate) const fn status(&self, status: StatusKind) -> &'static str {
        match (self.is_ascii, status) {
            (_, StatusKind::New) => "+",
            (_, StatusKind::Ongoing) => "~",
            (false, StatusKind::Regressed) => "↺",
            (true, StatusKind::Regressed) => "!",
            (false, StatusKind::Verifying) => "◦",
            (true, StatusKind::Verifying) => "?",
            (_, StatusKind::Fixed) => self.good,
            (_, StatusKind::Muted) => "z",
        }
    }

    /// What stands before a service.
    pub(crate) const fn service(&self, state: RunState, health: Health) -> &'static str {
        match (self.is_ascii, state) {
            (false, RunState::Running) => match health {
                Health::Unhealthy | Health::Starting => "◐",
                Health::Healthy | Health::None => "●",
            },
            (true, RunState::Running) => match health {
                Health::Unhealthy => "!",
                Health::Starting => "%",
                Health::Healthy | Health::None => "*",
            },
            (false, RunState::Paused) => "‖",
            (true, RunState::Paused) => "=",
            (false, RunState::Restarting) => "↻",
            (true, RunState::Restarting) => "R",
            (_, RunState::Exited(code)) if code != 0 => self.bad,
            (false, RunState::Exited(_) | RunState::Created | RunState::Removed) => "○",
            (true, RunState::Exited(_) | RunState::Created | RunState::Removed) => "o",
            (_, RunState::Unknown) => self.dot,
        }
    }

    /// A sparkline scaled to its own largest value; zero is a dot, so that quiet differs from low.
    pub(crate) fn sparkline(&self, values: impl IntoIterator<Item = f64> + Clone) -> String {
        let top = values.clone().into_iter().fold(0.0_f64, f64::max);
        values.into_iter().map(|value| self.spark(value, top)).collect()
    }

    /// One cell of a sparkline whose largest value is `top`. The full block is left out, so that rows stay apart.
    pub(crate) fn spark(&self, value: f64, top: f64) -> &'static str {
        if value <= 0.0 || top <= 0.0 {
            return self.zero;
        }
        let level = (value / top * 7.0).ceil() as usize;
        self.sparks[level.clamp(1, 7) - 1]
    }

    /// One cell of a column of several rows, filled from 0 to 1.
    pub(crate) fn column(&self, filled: f64) -> &'static str {
        if filled <= 0.0 {
            return " ";
        }
        self.sparks[((filled * 8.0).ceil() as usize).clamp(1, 8) - 1]
    }
}
