//! The Engine's events of one project, on their way to the watcher.

use super::{
    connection::Connection,
    labels,
    project::ProjectName,
    story::{ACTIONS, Happening},
};
use crate::source::Error;
use bollard::query_parameters::EventsOptions;
use chrono::Utc;
use futures_util::StreamExt;
use std::{
    collections::HashMap,
    sync::atomic::{AtomicBool, Ordering},
};
use tokio::sync::mpsc;

/// Events on their way. When the queue is full the rest is let go, and a sweep finds what they meant.
pub(super) const QUEUE: usize = 1024;

/// Takes events as fast as they come, so that the Engine drops none, and returns why it cannot go on.
///
/// `has_missed` is set when the queue was full.
pub(super) async fn listen(
    connection: &Connection,
    project: &ProjectName,
    events: mpsc::Sender<Happening>,
    has_missed: &AtomicBool,
) -> Error {
    let wanted = ACTIONS.map(str::to_owned).to_vec();
    let kind = ("type".to_owned(), vec!["container".to_owned()]);
    let filters = HashMap::from([labels::filter(project), kind, ("event".to_owned(), wanted)]);
    let options = EventsOptions { filters: Some(filters), ..Default::default() };
    let mut messages = std::pin::pin!(connection.bollard.events(Some(options)));
    while let Some(message) = messages.next().await {
        let message = match message {
            Ok(message) => message,
            Err(error) => {
                return Error::Transient(format!("Docker's events broke off: {error}").into());
            }
        };
        let happening = Happening::read(message, Utc::now());
        if happening.is_some_and(|happening| events.try_send(happening).is_err()) {
            has_missed.store(true, Ordering::Relaxed);
        }
    }
    Error::Transient("Docker has ended its events; it may be stopping".into())
}
