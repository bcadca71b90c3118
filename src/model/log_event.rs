//! Lines that belong together: a message and the stack trace under it.
//!
//! `parse::multiline` joins them, `detect` judges them as one.

use super::{LogRecord, Position};
use std::sync::Arc;

/// One thing that happened, as one or more lines of one stream of one container.
#[derive(Debug, Clone)]
pub struct LogEvent {
    /// The first line.
    pub head: Arc<LogRecord>,
    /// The lines that belong to it, in order; empty for most events, at most 500.
    pub rest: Vec<Arc<LogRecord>>,
}

impl LogEvent {
    /// An event of one line.
    pub fn single(head: Arc<LogRecord>) -> Self {
        Self { head, rest: Vec::new() }
    }

    /// All lines, the head first.
    pub fn records(&self) -> impl Iterator<Item = &Arc<LogRecord>> {
        std::iter::once(&self.head).chain(&self.rest)
    }

    /// The last line.
    pub fn last(&self) -> &Arc<LogRecord> {
        self.rest.last().unwrap_or(&self.head)
    }

    /// Place of the first line in the merged stream.
    pub fn position(&self) -> Position {
        self.head.position()
    }
}
