//! Files that are read ahead, on threads of their own, of the one who takes them in order.

use super::{catalog::Listed, stop::Stop};
use chrono::{DateTime, Utc};
use std::{
    collections::BTreeMap,
    ops::ControlFlow,
    sync::{
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
        mpsc,
    },
};

/// Threads that unpack and search files ahead of the one that passes rows on.
const MAX_THREADS: usize = 4;

/// Times of the oldest and of the newest row.
pub(super) type Times = (DateTime<Utc>, DateTime<Utc>);

/// Reads files on threads of their own and gives each result to `take` in the order of the files, until it breaks.
/// The first file is read here: often it is enough. Answers whether all were read.
pub(super) fn each_in_order<T: Send>(
    files: &[(Listed, Times)],
    stop: &Stop,
    read: impl Fn(&Listed) -> T + Sync,
    mut take: impl FnMut(&Times, Option<T>) -> ControlFlow<()>,
) -> bool {
    let Some(((first, times), rest)) = files.split_first() else { return true };
    if stop.is_stopped() || take(times, Some(read(first))).is_break() {
        return false;
    }
    // Ask before the next file is opened whether it is of use.
    let Some((_, times)) = rest.first() else { return true };
    if take(times, None).is_break() {
        return false;
    }
    let (next, is_ended) = (AtomicUsize::new(0), AtomicBool::new(false));
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let work = |tx: mpsc::SyncSender<(usize, T)>| {
        while !is_ended.load(Relaxed) && !stop.is_stopped() {
            let at = next.fetch_add(1, Relaxed);
            let Some((file, _)) = rest.get(at) else { break };
            if tx.send((at, read(file))).is_err() {
                break;
            }
        }
    };
    let work = &work;
    std::thread::scope(|scope| {
        let (tx, rx) = mpsc::sync_channel(1);
        for _ in 0..cores.min(MAX_THREADS).min(rest.len()) {
            let tx = tx.clone();
            scope.spawn(move || work(tx));
        }
        drop(tx);
        let mut waiting = BTreeMap::new();
        let mut due = 0;
        'all: for (at, item) in rx {
            waiting.insert(at, item);
            while let Some(item) = waiting.remove(&due) {
                let Some((_, times)) = rest.get(due) else { break 'all };
                due += 1;
                if take(times, Some(item)).is_break() {
                    break 'all;
                }
            }
        }
        is_ended.store(true, Relaxed);
        due == rest.len()
    })
}
