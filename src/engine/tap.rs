//! Lines as they come, for readers that may be slow.
//!
//! Each [`Tap`] has a queue of its own, bounded in bytes: what does not fit pushes out the oldest, and is counted. The
//! engine never waits for a reader, and without readers a tap costs one look at a number.

use crate::model::LogRecord;
use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::sync::Notify;

/// Bytes of text that wait for one reader.
const ROOM: usize = 1 << 20;
/// What a line takes beside its text.
const OVERHEAD: usize = 160;

/// What came since the last look.
#[derive(Debug, Default)]
pub struct Drawn {
    /// In order of arrival; their numbers rise.
    pub records: Vec<Arc<LogRecord>>,
    /// Lines of all services that were pushed out before them, since the last look.
    pub lost: u64,
}

/// Lines from now on, of all services.
#[derive(Debug)]
pub struct Tap {
    queue: Arc<Queue>,
}

impl Tap {
    /// Waits until there is something, and takes all of it. May be called off at any time without losing lines.
    pub async fn next(&self) -> Drawn {
        loop {
            let drawn = self.queue.draw();
            if !drawn.records.is_empty() || drawn.lost > 0 {
                return drawn;
            }
            self.queue.filled.notified().await;
        }
    }
}

/// The taps of an engine.
#[derive(Debug, Default)]
pub(super) struct Taps {
    queues: Mutex<Vec<Weak<Queue>>>,
    open: AtomicUsize,
}

impl Taps {
    /// Opens another one.
    pub(super) fn open(&self) -> Tap {
        let queue = Arc::new(Queue::default());
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        queues.push(Arc::downgrade(&queue));
        self.open.store(queues.len(), Ordering::Release);
        Tap { queue }
    }

    /// Gives every open tap these lines.
    pub(super) fn offer(&self, records: &[Arc<LogRecord>]) {
        if records.is_empty() || self.open.load(Ordering::Acquire) == 0 {
            return;
        }
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        queues.retain(|queue| {
            let queue = queue.upgrade();
            queue.inspect(|queue| queue.fill(records)).is_some()
        });
        self.open.store(queues.len(), Ordering::Release);
    }
}

#[derive(Debug, Default)]
struct Queue {
    waiting: Mutex<Waiting>,
    filled: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    records: VecDeque<Arc<LogRecord>>,
    bytes: usize,
    lost: u64,
}

impl Queue {
    fn fill(&self, records: &[Arc<LogRecord>]) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        for record in records {
            waiting.bytes += weight(record);
            waiting.records.push_back(Arc::clone(record));
            while waiting.bytes > ROOM && waiting.records.len() > 1 {
                let Some(oldest) = waiting.records.pop_front() else { break };
                waiting.bytes -= weight(&oldest);
                waiting.lost += 1;
            }
        }
        drop(waiting);
        self.filled.notify_one();
    }

    fn draw(&self) -> Drawn {
        let waiting = &mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let Waiting { records, lost, .. } = std::mem::take(waiting);
        Drawn { records: records.into(), lost }
    }
}

fn weight(record: &LogRecord) -> usize {
    record.text.len() + OVERHEAD
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Level, Origin, RecordId, Stream};

    fn record(id: u64, bytes: usize) -> Arc<LogRecord> {
        Arc::new(LogRecord {
            id: RecordId(id),
            time: chrono::DateTime::UNIX_EPOCH,
            origin: Arc::new(Origin {
                service: "api".into(),
                container: "c".into(),
                replica: 1,
                is_tty: false,
            }),
            stream: Stream::Stdout,
            level: Level::Unknown,
            text: "x".repeat(bytes).into(),
            message_at: 0,
        })
    }

    fn ids(drawn: &Drawn) -> Vec<u64> {
        drawn.records.iter().map(|r| r.id.0).collect()
    }

    #[tokio::test]
    async fn lines_come_in_order_and_once() {
        let taps = Taps::default();
        taps.offer(&[record(1, 1)]);
        let tap = taps.open();
        taps.offer(&[record(2, 1), record(3, 1)]);
        taps.offer(&[record(4, 1)]);
        let drawn = tap.next().await;
        assert_eq!((ids(&drawn), drawn.lost), (vec![2, 3, 4], 0));
        taps.offer(&[record(5, 1)]);
        assert_eq!(ids(&tap.next().await), [5]);
    }

    #[tokio::test]
    async fn a_slow_reader_loses_the_oldest_and_is_told_how_many() {
        let taps = Taps::default();
        let (slow, other) = (taps.open(), taps.open());
        for id in 1..=10 {
            taps.offer(&[record(id, ROOM / 4)]);
            assert_eq!(ids(&other.next().await), [id]);
        }
        let drawn = slow.next().await;
        assert_eq!((ids(&drawn), drawn.lost), (vec![8, 9, 10], 7));
        taps.offer(&[record(11, 2 * ROOM)]);
        let drawn = slow.next().await;
        assert_eq!((ids(&drawn), drawn.lost), (vec![11], 0), "one line always fits");
    }

    #[test]
    fn a_tap_that_is_closed_takes_nothing() {
        let taps = Taps::default();
        drop(taps.open());
        taps.offer(&[record(1, 1)]);
        assert_eq!(taps.open.load(Ordering::Relaxed), 0);
    }
}
