//! Processor and memory of running containers, measured one after the other.
//!
//! The Engine is asked for single measures and the shares are computed here: its own way takes a second a question.

use super::connection::{Connection, DEADLINE};
use crate::{
    model::{ContainerId, Usage},
    source::Change,
};
use bollard::{
    models::{ContainerMemoryStats, ContainerStatsResponse},
    query_parameters::StatsOptions,
};
use chrono::{DateTime, Utc};
use futures_util::{FutureExt, StreamExt, future::BoxFuture, stream};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::{sync::mpsc, time::sleep};

/// Time between two measures of one container.
const PACE: Duration = Duration::from_secs(3);
/// A share needs two measures; the second one comes sooner.
const FIRST_PACE: Duration = Duration::from_secs(1);
/// Questions that are open at once.
const AT_ONCE: usize = 4;

/// The containers to be measured.
pub(super) type Running = Mutex<BTreeSet<ContainerId>>;

/// One measure.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Measure {
    time: DateTime<Utc>,
    /// Nanoseconds of processor time since the container started.
    processor: u64,
    memory: u64,
    limit: u64,
    cores: u16,
    network_errors: u64,
}

/// Measures until nobody wants it any more.
pub(super) async fn measure(connection: &Connection, running: &Running, out: mpsc::Sender<Change>) {
    let mut last = BTreeMap::<ContainerId, Measure>::new();
    loop {
        let ids = running.lock().unwrap_or_else(PoisonError::into_inner).clone();
        last.retain(|id, _| ids.contains(id));
        let is_first = ids.iter().any(|id| !last.contains_key(id));
        let asked: Vec<BoxFuture<'_, _>> =
            ids.into_iter().map(|id| ask(connection, id).boxed()).collect();
        let mut measures = stream::iter(asked).buffer_unordered(AT_ONCE);
        while let Some((id, measure)) = measures.next().await {
            let Some(measure) = measure else { continue };
            let before = last.insert(id.clone(), measure);
            let Some(usage) = before.and_then(|before| usage(before, measure)) else { continue };
            if out.send(Change::Usage(id, usage)).await.is_err() {
                return;
            }
        }
        sleep(if is_first { FIRST_PACE } else { PACE }).await;
    }
}

/// A container that cannot be measured now is measured next time.
async fn ask(connection: &Connection, id: ContainerId) -> (ContainerId, Option<Measure>) {
    let options = StatsOptions { stream: false, one_shot: true };
    let answers = connection.bollard.stats(id.as_str(), Some(options));
    let mut answers = std::pin::pin!(answers);
    let answer = tokio::time::timeout(DEADLINE, answers.next()).await;
    let measure = answer.ok().flatten().and_then(Result::ok).and_then(|answer| read(&answer));
    (id, measure)
}

fn read(answer: &ContainerStatsResponse) -> Option<Measure> {
    let processors = answer.cpu_stats.as_ref()?;
    let processor = processors.cpu_usage.as_ref()?.total_usage?;
    let networks = answer.networks.iter().flatten().map(|(_, network)| network);
    let network_errors = networks
        .flat_map(|n| [n.rx_errors, n.tx_errors])
        .flatten()
        .fold(0_u64, u64::saturating_add);
    let memory = answer.memory_stats.clone().unwrap_or_default();
    Some(Measure {
        time: answer.read?,
        processor,
        memory: without_cache(&memory),
        limit: memory.limit.unwrap_or(0),
        cores: processors.online_cpus.and_then(|count| count.try_into().ok()).unwrap_or(0),
        network_errors,
    })
}

/// What `docker stats` shows: the page cache that can be dropped does not count.
fn without_cache(memory: &ContainerMemoryStats) -> u64 {
    let usage = memory.usage.unwrap_or(0);
    let part = |name: &str| memory.stats.as_ref().and_then(|stats| stats.get(name)).copied();
    // cgroup v1 and v2.
    let cache = part("total_inactive_file").or_else(|| part("inactive_file")).unwrap_or(0);
    if cache < usage { usage - cache } else { usage }
}

/// The share between two measures; `None` where the clock or the counter went back (a new run).
fn usage(before: Measure, now: Measure) -> Option<Usage> {
    let time = (now.time - before.time).num_nanoseconds().filter(|time| *time > 0)?;
    let processor = now.processor.checked_sub(before.processor)?;
    let cpu_percent = (processor as f64 / time as f64 * 100.0) as f32;
    Some(Usage {
        cpu_percent,
        memory: now.memory,
        memory_limit: now.limit,
        cores: now.cores,
        network_errors: now.network_errors,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn at(second: i64, processor: u64) -> Measure {
        let time = DateTime::from_timestamp(second, 0).unwrap();
        Measure { time, processor, memory: 10, limit: 100, cores: 2, network_errors: 0 }
    }

    #[test]
    fn shares_are_of_one_core() {
        let usage = usage(at(10, 1_000_000_000), at(12, 4_000_000_000)).unwrap();
        assert!((usage.cpu_percent - 150.0).abs() < 0.01);
        assert_eq!((usage.memory, usage.memory_limit), (10, 100));
    }

    #[test]
    fn a_counter_or_clock_that_went_back_gives_nothing() {
        assert_eq!(usage(at(10, 5), at(12, 4)), None);
        assert_eq!(usage(at(10, 5), at(10, 5)), None);
        assert_eq!(usage(at(10, 5), at(9, 6)), None);
    }

    #[test]
    fn memory_leaves_the_cache_out() {
        for (stats, want) in [
            (json!({"usage": 100, "stats": {"total_inactive_file": 30, "inactive_file": 1}}), 70),
            (json!({"usage": 100, "stats": {"inactive_file": 40}}), 60),
            (json!({"usage": 100, "stats": {"inactive_file": 200}}), 100),
            (json!({"usage": 100}), 100),
            (json!({}), 0),
        ] {
            assert_eq!(without_cache(&serde_json::from_value(stats).unwrap()), want);
        }
    }

    #[test]
    fn an_answer_without_counters_is_no_measure() {
        assert_eq!(read(&ContainerStatsResponse::default()), None);
    }
}
