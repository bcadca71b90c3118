//! What earlier runs of dogwatch left, joined to one beginning: counts from the state, lines from the journal.
//!
//! The journal is ahead of the state by what was written in the last moment before a kill. Its tail moves the
//! anchors on, is counted, and tells which lines of a rotated log are on record already.

use super::pipeline;
use crate::{
    group::{self, Grouper},
    model::{
        Anchor, Category, ContainerId, ErrorGroup, Fingerprint, LogRecord, Part, Position, Query,
        RecordId, Stream,
    },
    source::Verified,
    store::{
        Store,
        journal::{Page, Reader, Stop},
        state::{self, Anchors, Saved},
    },
};
use chrono::{DateTime, Utc};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

/// Records of earlier runs that are in memory at the start; older ones come when somebody scrolls there.
const PRELOAD: usize = 10_000;

/// A line may carry a time that is so much lower than that of a line before it: one pipe was read later than the other.
pub(super) const SWAP: chrono::Duration = chrono::Duration::seconds(1);

/// A record that was not verified for so long belongs to a container that is gone.
const LAG: chrono::Duration = chrono::Duration::minutes(10);

/// What the runner begins with.
#[derive(Debug, Default)]
pub(super) struct Past {
    pub(super) counted: pipeline::Past,
    pub(super) containers: Vec<state::LastSeen>,
    pub(super) verified: HashMap<ContainerId, DateTime<Utc>>,
    /// The newest records, in order.
    pub(super) records: Vec<Arc<LogRecord>>,
    /// The first of them, where the journal has older ones.
    pub(super) begins_at: Option<Position>,
}

/// Where following goes on.
#[derive(Debug, Clone, Default)]
pub(super) struct Progress {
    /// How far each stream is on record.
    pub(super) anchors: Anchors,
    /// Of logs that the Engine rotates: up to where they are known to be complete.
    pub(super) verified: HashMap<ContainerId, Verified>,
    /// Whether what was read before is at hand, so that nothing need be read again for the screen.
    pub(super) has_journal: bool,
}

/// What is known before the journal is read.
pub(super) struct Left {
    pub(super) saved: Saved,
    pub(super) history: Option<Reader>,
    /// The templates of the groups.
    pub(super) parts: Vec<(Category, Part)>,
    /// Number of the next record, where a journal is written.
    pub(super) next_id: u64,
}

/// Reads the tail of the journal; takes as long as reading ten megabytes does.
pub(super) fn read(left: Left) -> (Past, Progress) {
    let Left { saved, history, parts, next_id } = left;
    let counted: HashMap<_, _> = streams(&saved.anchors).collect();
    let Some(reader) = history else {
        let learnt = saved.ties.learnt;
        let counted = pipeline::Past { counted, learnt, parts, ..pipeline::Past::default() };
        let past = Past { counted, containers: saved.containers, ..Past::default() };
        return (past, Progress { anchors: saved.anchors, ..Progress::default() });
    };
    let mut anchors = saved.anchors;
    let unverified = unverified(&saved.containers, &anchors);
    let newest_line = anchors.values().flat_map(BTreeMap::values).map(|a| a.time).max();
    let since = unverified.values().filter(|at| newest_line.is_some_and(|t| **at > t - LAG)).min();
    let tail = reader
        .tail(RecordId(saved.next_id), since.map(|since| *since - SWAP))
        .unwrap_or_else(|error| {
            tracing::warn!(%error, "The tail of the journal could not be read.");
            Vec::new()
        });
    for record in tail.iter().filter(|r| r.id.0 >= saved.next_id && !r.stream.is_ours()) {
        advance(
            anchors.entry(record.origin.container.clone()).or_default(),
            record.stream,
            record.time,
        );
    }
    let mut verified: HashMap<_, _> = unverified
        .iter()
        .map(|(container, until)| {
            (container.clone(), Verified { until: *until, known: Vec::new() })
        })
        .collect();
    for record in tail.iter().filter(|r| !r.stream.is_ours()) {
        if let Some(verified) = verified.get_mut(&record.origin.container)
            && record.time >= verified.until - SWAP
        {
            verified.known.push((record.stream, record.time));
        }
    }
    let page = newest(&reader);
    let begins_at = page.records.first().filter(|_| !page.is_end).map(|r| r.position());
    let mut records = page.records;
    let shown = records.first().map(|r| r.position());
    // What is not shown may still have to be counted.
    records.extend(
        tail.into_iter()
            .filter(|r| r.id.0 >= saved.next_id && shown.is_none_or(|shown| r.position() < shown)),
    );
    records.sort_by_key(|record| record.id);
    let past = Past {
        counted: pipeline::Past {
            counted,
            next_id: next_id.max(saved.next_id),
            uncounted_from: Some(saved.next_id),
            learnt: saved.ties.learnt,
            parts,
        },
        verified: saved
            .containers
            .iter()
            .filter_map(|p| Some((p.container.clone(), p.verified?)))
            .collect(),
        containers: saved.containers,
        records,
        begins_at,
    };
    (past, Progress { anchors, verified, has_journal: true })
}

/// Gives groups that an earlier version named their present names; where two get the same one, they become one.
///
/// The name is that of the newest sample; a group without samples keeps its old one, and is not found again.
pub(super) fn rename(store: &mut Store, outdated: &[Fingerprint]) {
    for old in outdated {
        let Some(group) = store.group(*old) else { continue };
        let Some(sample) = group.newest() else { continue };
        let (name, _) = Grouper::name(Some(group.category), &sample.message);
        store.merge_groups((*old, name), group::merge);
    }
}

/// The templates of all groups, the oldest group first: its name is the one that stays. Exceptions come last whose
/// words without a trace belong to another group.
pub(super) fn parts(store: &Store) -> Vec<(Category, Part)> {
    let mut groups: Vec<_> = store.groups().collect();
    groups.sort_by_key(|group| (group.first_seen, group.fingerprint));
    let parts = |group: &ErrorGroup| {
        let category = group.category;
        group.variety.parts.iter().cloned().map(move |part| (category, part)).collect::<Vec<_>>()
    };
    let belongs = |part: &Part, all: &[Part]| {
        let plain = part.thrown.as_ref().map(|thrown| thrown.plain);
        plain.is_none_or(|plain| all.iter().any(|part| part.fingerprint == plain))
    };
    let is_late =
        |group: &&ErrorGroup| !group.variety.parts.iter().all(|p| belongs(p, &group.variety.parts));
    groups.sort_by_key(is_late);
    groups.into_iter().flat_map(parts).collect()
}

/// Containers whose record was not known to be complete up to its last line.
fn unverified(
    containers: &[state::LastSeen],
    anchors: &Anchors,
) -> HashMap<ContainerId, DateTime<Utc>> {
    containers
        .iter()
        .filter_map(|seen| {
            let until = seen.verified?;
            let newest = anchors.get(&seen.container)?.values().map(|a| a.time).max()?;
            // What the journal holds beyond the anchors was not verified either.
            Some((seen.container.clone(), until.min(newest)))
        })
        .collect()
}

fn newest(reader: &Reader) -> Page {
    let page = reader.records_before(&Query::default(), None, PRELOAD, &Stop::default());
    page.unwrap_or_else(|error| {
        tracing::warn!(%error, "The journal could not be read.");
        Page::default()
    })
}

fn streams(anchors: &Anchors) -> impl Iterator<Item = ((ContainerId, Stream), Anchor)> {
    anchors.iter().flat_map(|(id, streams)| streams.iter().map(|(s, at)| ((id.clone(), *s), *at)))
}

/// Moves the anchor of a stream over a line of that time.
pub(super) fn advance(anchors: &mut BTreeMap<Stream, Anchor>, stream: Stream, time: DateTime<Utc>) {
    let anchor = anchors.entry(stream).or_insert(Anchor { time, same: 0 });
    if time > anchor.time {
        *anchor = Anchor { time, same: 1 };
    } else if time == anchor.time {
        anchor.same += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        detect::{Detector, RuleSet},
        engine::{Intake, Pipeline},
        group::lifecycle,
        model::{MuteUntil, Origin, RawLine, StatusKind},
        store::Limits,
    };
    use bytes::Bytes;
    use std::sync::{Arc, RwLock};

    /// One run over the lines of a service, which come behind all that came before.
    fn run(store: Store, service: &str, text: &str, minute: i64) -> Store {
        run_by(RuleSet::builtin().0, store, (service, text), minute)
    }

    fn run_by(rules: RuleSet, store: Store, (service, text): (&str, &str), minute: i64) -> Store {
        let begin = DateTime::UNIX_EPOCH + chrono::Duration::minutes(minute);
        let origin = Arc::new(Origin {
            service: service.into(),
            container: service.into(),
            replica: 1,
            is_tty: false,
        });
        let lines = text.lines().enumerate().map(|(at, line)| RawLine {
            origin: Arc::clone(&origin),
            stream: Stream::Stderr,
            time: Some(begin + chrono::Duration::milliseconds(at as i64)),
            bytes: Bytes::copy_from_slice(line.as_bytes()),
        });
        let past = pipeline::Past { parts: parts(&store), ..pipeline::Past::default() };
        let store = RwLock::new(store);
        let detector = Arc::new(Detector::new(rules));
        let mut pipeline = Pipeline::new(detector, past);
        pipeline.accept(Intake::new(None).read(lines.collect(), begin), begin, &store);
        pipeline.finish(begin, &store);
        store.into_inner().unwrap()
    }

    fn trace(function: &str) -> String {
        format!(
            "Traceback (most recent call last):\n  File \"/app/cart.py\", line 7, in {function}\n    f()\n\
             KeyError: 'price'\n"
        )
    }

    fn counts(store: &Store) -> Vec<(u64, StatusKind)> {
        let groups = store.groups().map(|g| (g.count, g.status.kind()));
        let mut counts: Vec<_> = groups.collect();
        counts.sort_unstable();
        counts
    }

    #[test]
    fn what_was_said_of_an_exception_by_its_words_holds_for_the_first_place_it_is_thrown_at() {
        // As it was named when places did not count.
        let mut store = run(Store::new(Limits::default()), "api", "ERROR KeyError: 'price'\n", 0);
        assert_eq!(counts(&store), [(1, StatusKind::New)]);
        let name = store.groups().next().unwrap().fingerprint;
        let begin = DateTime::UNIX_EPOCH;
        lifecycle::mute(store.group_mut(name).unwrap(), MuteUntil::Forever, begin);
        let store = run(store, "api", &trace("load").repeat(2), 1);
        assert_eq!(counts(&store), [(3, StatusKind::Muted)]);
        let store = run(store, "api", &trace("save"), 2);
        assert_eq!(counts(&store), [(1, StatusKind::New), (3, StatusKind::Muted)]);
        // Later runs know it still, whatever comes first, and whichever service it is.
        let store = run(store, "worker", &trace("save"), 3);
        let store = run(store, "api", "ERROR KeyError: 'price'\n", 4);
        let store = run(store, "worker", &trace("load"), 5);
        assert_eq!(counts(&store), [(2, StatusKind::New), (5, StatusKind::Muted)]);
        assert_eq!(store.group(name).unwrap().services.len(), 2);
    }
    #[test]
    fn the_users_own_rule_gathers_what_looks_different_and_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(".dogwatch.toml");
        let text = "[[group]]\nwords = \"stripe\"\nfingerprint = [\"stripe\"]\ntitle = \"Stripe is down\"\n\
                    [[group]]\nwords = \"stripe*refused\"\nfingerprint = [\"never\"]\n";
        std::fs::write(&file, text).unwrap();
        let rules = || RuleSet::load(None, std::slice::from_ref(&file)).0;
        let lines = "ERROR connection to stripe refused\nERROR Stripe said 503 and nothing else\n\
                     ERROR no such table: carts\n";
        let store = run_by(rules(), Store::new(Limits::default()), ("api", lines), 0);
        let store = run_by(rules(), store, ("api", lines), 1);
        assert_eq!(counts(&store), [(2, StatusKind::New), (4, StatusKind::New)]);
        let group = store.groups().find(|group| group.count == 4).unwrap();
        assert_eq!(group.title().as_str(), "Stripe is down");
        assert_eq!(group.variety.parts.len(), 2);
        assert!(store.groups().all(|other| (other.title() == group.title()) == (other.count == 4)));
    }
}
