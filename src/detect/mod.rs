//! Judges joined events: is it a problem, of what kind, how bad, and what can be done.
//!
//! Rules are data (`patterns/<category>.toml`); [`RuleSet`] loads them and [`Detector`] applies them to one event at
//! a time. Nothing here reads a clock, keeps state between events or knows where a line came from.

mod access;
mod detector;
mod error;
mod grouping;
mod harmless;
mod matcher;
mod place;
mod rule;
mod rule_file;
mod rule_set;
mod samples;
mod subject;
mod telling;

pub use detector::{Detector, Explanation, Hit, Verdict};
pub use error::Error;
pub use grouping::Grouping;
pub use rule::{Levels, Only, Rule, RuleSource, Scope};
pub use rule_set::RuleSet;
pub use samples::Samples;
