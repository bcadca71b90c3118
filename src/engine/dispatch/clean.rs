//! Carries out what the watchdog decided to clean: what the user named, and never a volume.

use super::Dispatcher;
use crate::{
    model::{CleanOrder, Outcome, OwnLogs},
    source::Error,
    store::journal,
};
use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};
use tokio::{task::spawn_blocking, time::timeout};

/// How long the Engine may take.
const PATIENCE: Duration = Duration::from_mins(5);
/// Lines of other projects are old that nobody has added to for so long.
const OLD: Duration = Duration::from_hours(7 * 24);

impl Dispatcher {
    /// Cleans one thing; how much room that gave.
    pub(super) async fn clean(&self, order: CleanOrder) -> Outcome {
        let Some(control) = self.control.clone() else {
            return Outcome::Failed("this run may only look".into());
        };
        match order {
            CleanOrder::DanglingImages => {
                match timeout(PATIENCE, Arc::clone(&control).prune()).await {
                    Ok(Ok(bytes)) => Outcome::Done(told("images without a name", bytes).into()),
                    Ok(Err(Error::Permanent(text))) => Outcome::Failed(text),
                    Ok(Err(Error::Transient(text))) => Outcome::Unknown(text),
                    Err(_) => Outcome::Unknown(
                        "Docker did not answer in time; it may still happen".into(),
                    ),
                }
            }
            CleanOrder::OwnLogs(OwnLogs { projects, own }) => {
                let removed = spawn_blocking(move || {
                    let before =
                        SystemTime::now().checked_sub(OLD).unwrap_or(SystemTime::UNIX_EPOCH);
                    journal::remove_old(&projects, &own, before)
                });
                match removed.await {
                    Ok(Ok(bytes)) => {
                        Outcome::Done(told("old lines of other projects", bytes).into())
                    }
                    Ok(Err(error)) => Outcome::Failed(error.to_string().into()),
                    Err(_) => Outcome::Unknown("dogwatch is ending".into()),
                }
            }
        }
    }
}

fn told(what: &str, bytes: u64) -> String {
    format!("{what} removed: {:.1} MB are free again", bytes as f64 / 1e6)
}
