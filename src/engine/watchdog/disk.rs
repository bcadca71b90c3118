//! A disk that fills up: said, with what could be cleaned.

use crate::{
    model::{Clean, SafeText},
    repair::Settings,
};
use chrono::{DateTime, TimeDelta, Utc};

/// Where Docker keeps its data, unless told otherwise.
const ROOTS: [&str; 2] = ["/var/lib/docker", "/"];
/// Between two words about it, and between two cleanings.
pub(super) const AGAIN: TimeDelta = TimeDelta::hours(1);

/// What is advised at the moment.
#[derive(Debug, Default)]
pub(super) struct Advice {
    text: Option<SafeText>,
    said_at: Option<DateTime<Utc>>,
    is_news: bool,
}

impl Advice {
    /// Looks at the disk; takes microseconds.
    pub(super) fn look(&mut self, settings: &Settings, now: DateTime<Utc>) {
        let limit = settings.disk_percent;
        let full = ROOTS.iter().find_map(|root| Some((root, used_percent(root)?)));
        self.text = full.filter(|(_, used)| limit > 0 && *used >= limit).map(|(root, used)| {
            let named: Vec<_> = settings.clean.iter().copied().map(Clean::told).collect();
            let own = match named[..] {
                [] => "dogwatch deletes nothing".to_owned(),
                _ => format!("in mode auto dogwatch removes {}", named.join(", and ")),
            };
            format!(
                "the disk of {root} is {used} % full; see `docker system df`, and free room with \
                 `docker builder prune` or `docker image prune` ({own})"
            )
            .into()
        });
        let is_due = self.said_at.is_none_or(|at| now - at >= AGAIN);
        self.is_news = self.text.is_some() && is_due;
        if self.is_news {
            self.said_at = Some(now);
        }
    }

    /// What is advised.
    pub(super) fn text(&self) -> Option<SafeText> {
        self.text.clone()
    }

    /// The same, once an hour.
    pub(super) fn news(&self) -> impl Iterator<Item = &str> {
        self.text.iter().filter(|_| self.is_news).map(SafeText::as_str)
    }
}

/// Share of a file system that is in use; `None` where that cannot be told.
#[cfg(unix)]
fn used_percent(path: &str) -> Option<u8> {
    let facts = rustix::fs::statvfs(path).ok()?;
    let used = facts.f_blocks.checked_sub(facts.f_bfree)?;
    // What is kept for root is neither free nor in use.
    let all = used.checked_add(facts.f_bavail).filter(|all| *all > 0)?;
    u8::try_from(used.saturating_mul(100).div_ceil(all)).ok()
}

#[cfg(not(unix))]
fn used_percent(_path: &str) -> Option<u8> {
    None
}
