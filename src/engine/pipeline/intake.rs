//! The first part of the path: secrets are masked, and it is read what each line says of itself.
//!
//! Knows nothing of what comes after, so that it can run beside it.

use super::masking::Masking;
use crate::{
    model::RawLine,
    parse::{Parsed, Parser},
    redact::Redactor,
};
use chrono::{DateTime, Utc};
use std::sync::Arc;

/// Masks and parses, with what it remembers between the lines of a stream.
pub struct Intake {
    masking: Option<Masking>,
    parser: Parser,
    /// Nothing older is taken.
    since: Option<DateTime<Utc>>,
}

impl Intake {
    /// Without a redactor, secrets stay in the text.
    pub fn new(redactor: Option<Arc<Redactor>>) -> Self {
        Self { masking: redactor.map(Masking::new), parser: Parser::new(), since: None }
    }

    /// The same, which takes nothing older than `since`: a recorded log tells a line's time only in its words.
    #[must_use]
    pub fn since(self, since: Option<DateTime<Utc>>) -> Self {
        Self { since, ..self }
    }

    /// Reads lines, in the order of their streams.
    pub fn read(&mut self, lines: Vec<RawLine>, now: DateTime<Utc>) -> Vec<Parsed> {
        let mut read = Vec::with_capacity(lines.len());
        for mut raw in lines {
            if let Some(masking) = &mut self.masking {
                masking.mask(&mut raw);
            }
            let parsed = self.parser.read(raw, now);
            if self.since.is_none_or(|since| parsed.line().time >= since) {
                read.push(parsed);
            }
        }
        read
    }
}
