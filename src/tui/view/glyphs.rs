//! The characters that we draw with: width one, no emoji forms; or ASCII alone.

use crate::model::{Health, RunState, Severity, StatusKind};
use ratatui::symbols::border;

/// One set of characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Glyphs {
    /// The selected row.
    pub cursor: &'static str,
    /// A heading that is open.
    pub open: &'static str,
    /// A heading that is folded.
    pub folded: &'static str,
    /// Between service and line.
    pub bar: &'static str,
    /// A rule.
    pub rule: &'static str,
    /// The rule of the pane that has the keys.
    pub heavy_rule: &'static str,
    /// Eight heights, lowest first.
    pub sparks: [&'static str; 8],
    /// A bar from left to right, and its half.
    pub bars: [&'static str; 2],
    /// Nothing in a sparkline.
    pub zero: &'static str,
    /// All is well.
    pub good: &'static str,
    /// It did not work.
    pub bad: &'static str,
    /// A marked line.
    pub mark: &'static str,
    /// Between two facts.
    pub dot: &'static str,
    /// Cut off.
    pub more: &'static str,
    /// So many times.
    pub times: &'static str,
    /// A moment on an axis.
    pub tick: &'static str,
    /// Corners and edges of a pane.
    pub border: border::Set<'static>,
    /// Corners and edges of a popup.
    pub heavy_border: border::Set<'static>,
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
    pub const UNICODE: Self = Self {
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
    pub const ASCII: Self = Self {
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
    pub const fn severity(&self, severity: Severity) -> &'static str {
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
    pub const fn status(&self, status: StatusKind) -> &'static str {
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
    pub const fn service(&self, state: RunState, health: Health) -> &'static str {
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
    pub fn sparkline(&self, values: impl IntoIterator<Item = f64> + Clone) -> String {
        let top = values.clone().into_iter().fold(0.0_f64, f64::max);
        values.into_iter().map(|value| self.spark(value, top)).collect()
    }

    /// One cell of a sparkline whose largest value is `top`. The full block is left out, so that rows stay apart.
    pub fn spark(&self, value: f64, top: f64) -> &'static str {
        if value <= 0.0 || top <= 0.0 {
            return self.zero;
        }
        let level = (value / top * 7.0).ceil() as usize;
        self.sparks[level.clamp(1, 7) - 1]
    }

    /// One cell of a column of several rows, filled from 0 to 1.
    pub fn column(&self, filled: f64) -> &'static str {
        if filled <= 0.0 {
            return " ";
        }
        self.sparks[((filled * 8.0).ceil() as usize).clamp(1, 8) - 1]
    }
}
