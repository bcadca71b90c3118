//! What the server counts of itself.

use axum::http::StatusCode;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

/// Answers by class, and lines that readers lost.
#[derive(Debug, Default)]
pub(super) struct Counts {
    answers: [AtomicU64; 5],
    lost: AtomicU64,
}

impl Counts {
    /// Notes an answer.
    pub(super) fn answered(&self, status: StatusCode) {
        let class = usize::from(status.as_u16() / 100).wrapping_sub(1);
        if let Some(count) = self.answers.get(class) {
            count.fetch_add(1, Relaxed);
        }
    }

    /// Notes that a reader was too slow for so many lines.
    pub(super) fn lose(&self, lines: u64) {
        self.lost.fetch_add(lines, Relaxed);
    }

    /// Answers so far, by class.
    pub(super) fn answers(&self) -> impl Iterator<Item = (&'static str, u64)> {
        CLASSES.into_iter().zip(self.answers.iter().map(|count| count.load(Relaxed)))
    }

    /// Lines that readers lost so far.
    pub(super) fn lost(&self) -> u64 {
        self.lost.load(Relaxed)
    }
}
