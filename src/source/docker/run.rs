//! Whether a container's process is there, asked at the end of its log.

use super::connection::{Connection, DEADLINE};
use crate::{model::ContainerId, source::Error};
use chrono::{DateTime, Utc};

/// A container's present or last run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    /// Whether its process is there.
    pub(super) is_up: bool,
    /// When it began.
    pub(super) started_at: Option<DateTime<Utc>>,
}

impl Run {
    /// Asks the Engine; `None` when there is no such container.
    pub(super) async fn of(
        connection: &Connection,
        container: &ContainerId,
    ) -> Result<Option<Self>, Error> {
        let asked = connection.bollard.inspect_container(container.as_str(), None);
        let answer = connection.ask(DEADLINE, asked).await?;
        Ok(answer.map(|answer| {
            let state = answer.state.unwrap_or_default();
            Self {
                is_up: state.running.unwrap_or(false) && !state.restarting.unwrap_or(false),
                started_at: state.started_at.and_then(|time| time.parse().ok()),
            }
        }))
    }
}
