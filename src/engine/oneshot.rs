//! Reads a source once, to the present moment, and answers with the filled store.
//!
//! The same path as a live run, without tasks that stay. Lines are read on one processor while those before them are
//! judged on another.

use super::pipeline::{Intake, Past, Pipeline};
use crate::{
    detect::Detector,
    model::{Origin, ServiceName},
    parse::Parsed,
    redact::{Redactor, secrets_of},
    source::{Change, Delivery, Error, Resume, Source},
    store::{Limits, Store},
};
use chrono::{DateTime, Utc};
use std::{
    collections::BTreeSet,
    panic::resume_unwind,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};
use tokio::{sync::mpsc, task::JoinSet, time::Instant};

/// The whole list must be there after this.
const LIST: Duration = Duration::from_secs(20);
/// Chunks that are read while one is judged; more would only take memory.
const AHEAD: usize = 2;

/// What to read.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// Only these services; empty means all.
    pub services: BTreeSet<ServiceName>,
    /// Nothing older.
    pub since: Option<DateTime<Utc>>,
    /// At most so many lines of each container.
    pub tail: Option<u64>,
}

/// Reads everything in `scope` and judges it. The store has services, groups and totals, and no records: memory does
/// not grow with the log.
///
/// # Errors
/// The source's own, where it cannot be read at all; a container whose log cannot be read is left out. A project without
/// containers is one too: that nothing was read must not look like a stack where all is well.
pub async fn read_once(
    source: Arc<dyn Source>,
    detector: Arc<Detector>,
    redactor: Option<Arc<Redactor>>,
    scope: Scope,
) -> Result<Store, Error> {
    read(Store::without_records(), source, (detector, redactor), scope).await
}

/// The same, and the store has the newest records too, within `limits`.
///
/// # Errors
/// As [`read_once`].
pub async fn read_lines(
    source: Arc<dyn Source>,
    detector: Arc<Detector>,
    redactor: Option<Arc<Redactor>>,
    scope: Scope,
    limits: Limits,
) -> Result<Store, Error> {
    read(Store::new(limits), source, (detector, redactor), scope).await
}

async fn read(
    store: Store,
    source: Arc<dyn Source>,
    (detector, redactor): (Arc<Detector>, Option<Arc<Redactor>>),
    scope: Scope,
) -> Result<Store, Error> {
    let store = RwLock::new(store);
    let origins = list(&source, &scope, &store, redactor.as_deref()).await?;
    let is_empty = |store: &Store| store.services().next().is_none();
    if origins.is_empty() && is_empty(&store.read().unwrap_or_else(PoisonError::into_inner)) {
        let name = source.describe().name;
        let told = format!(
            "{name} has no containers, so nothing was read: `docker compose up -d` makes them, \
             -p NAME names another project"
        );
        return Err(Error::Permanent(told.as_str().into()));
    }
    let mut readers = JoinSet::new();
    // Bound: one chunk a container waits while the path works.
    let (queue, lines) = mpsc::channel::<Delivery>(origins.len().max(1));
    for origin in origins {
        let from =
            Resume { since: scope.since, tail: scope.tail, is_once: true, ..Resume::default() };
        readers.spawn(Arc::clone(&source).follow(origin, from, queue.clone()));
    }
    drop(queue);
    let intake = Intake::new(redactor).since(scope.since);
    let (parsed, mut read) = mpsc::channel(AHEAD);
    let intake = tokio::spawn(take_in(lines, intake, parsed));
    let mut pipeline = Pipeline::new(detector, Past::default());
    // A recorded log is kept whole, so that its other services can be named; the report leaves them out.
    while let Some(lines) = read.recv().await {
        pipeline.accept(lines, Utc::now(), &store);
    }
    pipeline.finish(Utc::now(), &store);
    let gaps = intake.await.unwrap_or_else(|error| resume_unwind(error.into_panic()));
    store.write().unwrap_or_else(PoisonError::into_inner).totals_mut().gaps += gaps;
    while let Some(read) = readers.join_next().await {
        if let Ok(Err(error)) = read {
            tracing::warn!(%error, "A log could not be read.");
        }
    }
    Ok(store.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// Reads what is delivered, and hands it on; answers with the number of gaps.
async fn take_in(
    mut lines: mpsc::Receiver<Delivery>,
    mut intake: Intake,
    parsed: mpsc::Sender<Vec<Parsed>>,
) -> u64 {
    let mut gaps = 0;
    while let Some(delivery) = lines.recv().await {
        match delivery {
            Delivery::Lines(chunk) | Delivery::Recovered(chunk) => {
                if parsed.send(intake.read(chunk, Utc::now())).await.is_err() {
                    break;
                }
            }
            Delivery::Gap(_) => gaps += 1,
            Delivery::Verified(..) => {}
        }
    }
    gaps
}

/// The containers to read; what is known of them goes into the store.
async fn list(
    source: &Arc<dyn Source>,
    scope: &Scope,
    store: &RwLock<Store>,
    redactor: Option<&Redactor>,
) -> Result<Vec<Arc<Origin>>, Error> {
    let (tx, mut changes) = mpsc::channel(256);
    let watch = tokio::spawn(Arc::clone(source).watch(tx));
    let deadline = Instant::now() + LIST;
    let mut origins = Vec::new();
    loop {
        match tokio::time::timeout_at(deadline, changes.recv()).await {
            Ok(Some(Change::Container(container))) => {
                store.write().unwrap_or_else(PoisonError::into_inner).put_container(*container);
            }
            Ok(Some(Change::Follow(origin))) => {
                let is_file = !source.describe().is_live;
                if is_file || scope.services.is_empty() || scope.services.contains(&origin.service)
                {
                    origins.push(origin);
                }
            }
            // Before the first line of it is read.
            Ok(Some(Change::Environment(container, variables))) => {
                let secrets =
                    variables.iter().flat_map(|v| secrets_of(&v.name, &v.value)).collect();
                if let Some(redactor) = redactor {
                    redactor.learn(container.as_str(), secrets);
                }
            }
            Ok(Some(Change::Listed)) => break,
            Ok(Some(_)) => {}
            Ok(None) => {
                if let Ok(Err(error)) = watch.await {
                    return Err(error);
                }
                return Ok(origins);
            }
            Err(_) => return Err(Error::Transient("the list of containers did not come".into())),
        }
    }
    watch.abort();
    Ok(origins)
}
