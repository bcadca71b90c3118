//! Memory against a plain list of the same records.

use super::*;
use crate::model::{Level, Origin, RecordId, Stream, TextMatcher};
use chrono::{DateTime, TimeDelta};
use proptest::prelude::*;

/// Small enough that most lines are packed, large enough that none falls out.
const SMALL: Limits = Limits { records: 1_000_000, bytes: 3 << 20 };

fn origin(service: &str, replica: u32) -> Arc<Origin> {
    Arc::new(Origin {
        service: service.into(),
        container: format!("{service}-{replica}").as_str().into(),
        replica,
        is_tty: false,
    })
}

fn record(id: u64, nanos: i64, service: &str, text: &str) -> Arc<LogRecord> {
    let levels = [Level::Unknown, Level::Info, Level::Warn, Level::Error, Level::Fatal];
    let text = SafeText::from(text);
    Arc::new(LogRecord {
        id: RecordId(id),
        time: DateTime::from_timestamp_nanos(nanos),
        origin: origin(service, (id % 3) as u32),
        stream: [Stream::Stdout, Stream::Stderr, Stream::System, Stream::Manager]
            [(id % 4) as usize],
        level: levels[(id % 5) as usize],
        message_at: (text.len() / 2) as u32,
        text,
    })
}

/// Lines of several services, all of them in order, a few milliseconds apart.
fn lines(count: u64, services: u64) -> Vec<Arc<LogRecord>> {
    (1..=count)
        .map(|id| {
            let service = format!("s{}", id * 7 % services);
            let word = if id % 97 == 0 { "needle" } else { "hay" };
            let text = format!("GET /api/{word}/{} HTTP/1.1 200 {} ms", id * 31 % 1009, id % 13);
            record(id, 1_700_000_000_000_000_000 + id as i64 * 3_141_592, &service, &text)
        })
        .collect()
}

fn store_of(limits: Limits, records: &[Arc<LogRecord>]) -> Store {
    let mut store = Store::new(limits);
    for record in records {
        store.push(Arc::clone(record));
    }
    store
}

fn same(found: &[Arc<LogRecord>], wanted: &[Arc<LogRecord>]) {
    assert_eq!(found.len(), wanted.len());
    for (a, b) in found.iter().zip(wanted) {
        assert_eq!(
            (a.position(), &a.origin, a.stream, a.level, &a.text, a.message_at),
            (b.position(), &b.origin, b.stream, b.level, &b.text, b.message_at)
        );
    }
}

fn text(input: &str) -> Query {
    Query { text: TextMatcher::parse(input).unwrap().into_iter().collect(), ..Query::default() }
}

fn packed(store: &Store) -> usize {
    let all = Query::default();
    let services: Vec<_> = store.services().map(|s| s.name.clone()).collect();
    assert!(!services.is_empty());
    store.count(&all, usize::MAX) - store.memory.plain()
}

#[test]
fn packed_lines_come_back_as_they_were() {
    let records = lines(20_000, 5);
    let store = store_of(SMALL, &records);
    assert!(packed(&store) > 12_000, "{} packed", packed(&store));
    same(&store.records_before(&Query::default(), None, usize::MAX), &records);
    same(&store.records_after(&Query::default(), None, usize::MAX), &records);
    assert_eq!(store.count(&Query::default(), usize::MAX), 20_000);
    assert_eq!(store.complete_from(), None);
    for at in [0, 1, 777, 9_999, 19_999] {
        let position = records[at].position();
        same(&[store.record(position).unwrap()], &records[at..=at]);
        let from = at.saturating_sub(45);
        same(&store.records_before(&Query::default(), Some(position), 45), &records[from..at]);
        let to = (at + 46).min(records.len());
        same(&store.records_after(&Query::default(), Some(position), 45), &records[at + 1..to]);
    }
}

#[test]
fn a_store_without_records_counts_them_and_stays_small() {
    let records = lines(20_000, 3);
    let (all, mut none) = (store_of(SMALL, &records), Store::without_records());
    for record in &records {
        none.push_plain(Arc::clone(record));
        none.mark(record, Fingerprint(7));
    }
    assert!(none.packing().is_none() && none.bytes() < 1_000);
    assert!(none.records_before(&Query::default(), None, 9).is_empty());
    let counted = |store: &Store| (store.totals().lines, store.totals().by_service.clone());
    assert_eq!(counted(&none), counted(&all));
    let names = |store: &Store| store.services().map(|s| s.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&none), names(&all));
    assert_eq!(none.totals().evicted, 0);
}

#[test]
fn what_dogwatch_says_of_itself_comes_from_no_service() {
    let own = |stream| {
        let line = record(1, 1, "dogwatch", "2 problems marked fixed.");
        Arc::new(LogRecord { stream, ..(*line).clone() })
    };
    for (stream, services) in [(Stream::Manager, 0), (Stream::System, 0), (Stream::Stdout, 1)] {
        let mut store = Store::new(SMALL);
        store.push_plain(own(stream));
        assert_eq!(store.services().count(), services, "{stream:?}");
    }
}

#[test]
fn a_time_far_away_and_a_leap_second_come_back() {
    let times = [
        DateTime::<chrono::Utc>::MIN_UTC,
        DateTime::from_timestamp(-62_135_596_800, 1).unwrap(),
        DateTime::from_timestamp(1_483_228_799, 1_999_999_999).unwrap(),
        DateTime::from_timestamp(1_483_228_800, 0).unwrap(),
        DateTime::<chrono::Utc>::MAX_UTC,
    ];
    let records: Vec<_> = (times.iter().zip(1..))
        .map(|(time, id)| {
            let plain = record(id, 0, "a", "x");
            Arc::new(LogRecord { time: *time, ..(*plain).clone() })
        })
        .collect();
    let mut packer = block::Packer::new();
    let entries: Vec<_> = records
        .iter()
        .map(|record| block::Entry { record: Arc::clone(record), mark: None })
        .collect();
    let block = packer.pack(&entries).unwrap();
    let found: Vec<_> = packer.unpack(&block).into_iter().map(|e| e.record).collect();
    same(&found, &records);
}

#[test]
fn late_records_take_their_place() {
    let records = lines(12_000, 3);
    let (on_time, late): (Vec<_>, Vec<_>) =
        records.iter().cloned().partition(|r| r.id.0 % 11 != 0 && r.id.0 > 40);
    let mut store = store_of(SMALL, &on_time);
    for record in late.iter().rev() {
        store.push(Arc::clone(record));
        store.mark(record, Fingerprint(record.id.0));
    }
    same(&store.records_before(&Query::default(), None, usize::MAX), &records);
    same(&store.records_after(&Query::default(), None, usize::MAX), &records);
    let found = store.scan_before(&Query::default(), None, usize::MAX);
    assert_eq!((found.hits.len(), found.reached), (12_000, None));
    for record in late {
        assert_eq!(store.group_at(&record), Some(Fingerprint(record.id.0)));
        same(&[store.record(record.position()).unwrap()], &[record]);
    }
}

#[test]
fn a_mark_finds_its_line_before_and_after_packing() {
    let records = lines(10_000, 2);
    let mut store = Store::new(SMALL);
    for record in &records {
        store.push(Arc::clone(record));
        if record.id.0 % 10 == 0 {
            store.mark(record, Fingerprint(record.id.0));
        }
    }
    for record in records.iter().filter(|r| r.id.0 % 10 == 5) {
        store.mark(record, Fingerprint(record.id.0));
    }
    for record in &records {
        let wanted = (record.id.0 % 5 == 0).then_some(Fingerprint(record.id.0));
        assert_eq!(store.group_at(record), wanted, "{:?}", record.id);
    }
}

#[test]
fn the_budget_holds() {
    let long = "x".repeat(300_000);
    for (limits, services, length) in [
        (Limits { records: 1_000_000, bytes: 1 << 17 }, 1, 130),
        (Limits { records: 1_000_000, bytes: 1 << 18 }, 300, 130),
        (Limits { records: 1_000_000, bytes: 1 << 18 }, 7, 0),
        (Limits { records: 1_000_000, bytes: 2 << 20 }, 5, 300_000),
        (Limits { records: 2_000, bytes: 64 << 20 }, 3, 130),
        (Limits { records: 10, bytes: 64 << 20 }, 3, 130),
        (Limits { records: 1_000, bytes: 100 }, 3, 130),
    ] {
        let mut store = Store::new(limits);
        let count = if length > 1_000 { 300 } else { 3_000 };
        let mut seed = 1_u64;
        for id in 1..=count {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let noise = format!("{seed:016x}").repeat(length.min(130) / 16);
            let service = format!("s{}", id % services);
            let text = if length > 1_000 { &long } else { &noise };
            let record = record(id, id as i64 * 1_000_000, &service, text);
            store.push(Arc::clone(&record));
            assert!(store.bytes() <= limits.bytes, "{} of {limits:?}", store.bytes());
            if id % 3 == 0 {
                store.mark(&record, Fingerprint(id));
            }
            if id % 512 == 0 {
                store.records_before(&Query::default(), store.complete_from(), 3);
                store.records_after(&Query::default(), None, 3);
            }
            assert!(store.bytes() <= limits.bytes, "{} of {limits:?}", store.bytes());
            assert!(store.count(&Query::default(), usize::MAX) <= limits.records);
        }
        let kept = store.count(&Query::default(), usize::MAX) as u64;
        assert_eq!(kept + store.totals().evicted, count);
        assert_eq!(store.records_after(&Query::default(), None, usize::MAX).len() as u64, kept);
        let complete = store.records_after(&Query::default(), store.complete_from(), usize::MAX);
        let is_complete = complete.windows(2).all(|pair| pair[1].id.0 == pair[0].id.0 + 1);
        assert!(is_complete, "nothing is missing after the seam: {limits:?}");
    }
}

#[test]
fn a_scan_in_pieces_finds_what_a_list_finds() {
    let records = lines(20_000, 6);
    let store = store_of(SMALL, &records);
    let level = Query { min_level: Some(Level::Error), ..Query::default() };
    let one = Query { services: ["s3".into()].into(), ..text("needle") };
    for query in
        [text("needle"), text("!hay"), text("/needle.\\d+ http/"), level, one, Query::default()]
    {
        let wanted: Vec<_> = records.iter().filter(|r| query.matches(r)).cloned().collect();
        let (mut before, mut hits) = (None, Vec::new());
        loop {
            let scan = store.scan_before(&query, before, 3_000);
            hits.splice(0..0, scan.hits);
            before = scan.reached;
            if before.is_none() {
                break;
            }
        }
        let found: Vec<_> = hits.iter().map(|h| (h.position, h.service.clone())).collect();
        let listed: Vec<_> =
            wanted.iter().map(|r| (r.position(), r.origin.service.clone())).collect();
        assert_eq!(found, listed);
        assert_eq!(store.count(&query, usize::MAX), wanted.len());
        assert_eq!(store.count(&query, 5), wanted.len().min(5));
        same(&store.records_before(&query, None, usize::MAX), &wanted);
        same(&store.records_after(&query, None, usize::MAX), &wanted);
    }
}

#[test]
fn gaps_pass_every_filter_that_wants_their_service() {
    let mut records = lines(20_000, 3);
    let gap = "lines may be lost before 12:00:03.100 UTC: its log was emptied";
    let place = |id: u64| (id, 1_700_000_000_000_000_000 + id as i64 * 3_141_592);
    // One of a service's own words is none, and of the others one is packed and one is not.
    for (id, stream, service) in [
        (500_u64, Stream::System, "s1"),
        (501, Stream::Stdout, "s1"),
        (700, Stream::System, "s2"),
        (19_999, Stream::System, "s1"),
    ] {
        let (id, nanos) = place(id);
        let record = LogRecord { stream, ..(*record(id, nanos, service, gap)).clone() };
        records[id as usize - 1] = Arc::new(record);
    }
    let store = store_of(SMALL, &records);
    assert!(packed(&store) > 12_000, "{} packed", packed(&store));
    let s1 = BTreeSet::from(["s1".into()]);
    for query in [
        Query { min_level: Some(Level::Fatal), text: text("needle").text, ..Query::default() },
        text("nothing-like-it"),
        Query { min_level: Some(Level::Error), ..Query::default() },
    ] {
        for (keeps_gaps, services) in
            [(true, BTreeSet::new()), (true, s1.clone()), (false, BTreeSet::new())]
        {
            let query = Query { services, keeps_gaps, ..query.clone() };
            let wanted: Vec<_> = records.iter().filter(|r| query.matches(r)).cloned().collect();
            let gaps = wanted.iter().filter(|r| r.is_gap() && !query.wants_words(r)).count();
            let all = if query.services.is_empty() { 3 } else { 2 };
            assert!(gaps + 1 >= if keeps_gaps { all } else { 1 }, "{query:?}: {gaps}");
            same(&store.records_before(&query, None, usize::MAX), &wanted);
            same(&store.records_after(&query, None, usize::MAX), &wanted);
            assert_eq!(store.count(&query, usize::MAX), wanted.len());
            let scan = store.scan_before(&query, None, usize::MAX);
            let hits: Vec<_> = scan.hits.iter().map(|hit| hit.position).collect();
            assert_eq!(hits, wanted.iter().map(|r| r.position()).collect::<Vec<_>>());
        }
    }
}

#[test]
fn what_changes_while_lines_are_packed_is_kept() {
    let records = lines(12_000, 1);
    let mut store = Store::new(SMALL);
    let packing = records
        .iter()
        .find_map(|record| {
            store.push_plain(Arc::clone(record));
            store.packing()
        })
        .unwrap();
    let second = store.packing().unwrap();
    // Marks come, one of a line that is being packed; and lines, the first of them right behind those.
    let count = store.count(&Query::default(), usize::MAX);
    for record in [&records[3], &records[count - 1]] {
        store.mark(record, Fingerprint(7));
    }
    store.push_plain(Arc::clone(&records[count]));
    assert!(store.put_packed(packing.pack()));
    assert!(!store.put_packed(second.pack()), "these lines are packed already");
    same(&store.records_before(&Query::default(), None, usize::MAX), &records[..=count]);
    for (at, record) in records[..=count].iter().enumerate() {
        let mark = [3, count - 1].contains(&at).then_some(Fingerprint(7));
        assert_eq!(store.group_at(record), mark, "{at}");
    }
    // A line that belongs among those that are being packed.
    let packing = records[count + 1..].iter().find_map(|record| {
        store.push_plain(Arc::clone(record));
        store.packing()
    });
    let all = store.count(&Query::default(), usize::MAX);
    let first = packing.as_ref().unwrap().plan.plain[0].record.position();
    let late = LogRecord { id: RecordId(0), time: first.time, ..(*records[0]).clone() };
    let between = LogRecord { time: first.time + TimeDelta::nanoseconds(1), ..late.clone() };
    store.push_plain(Arc::new(between));
    assert!(!store.put_packed(packing.unwrap().pack()), "another line stands among them");
    assert_eq!(store.count(&Query::default(), usize::MAX), all + 1);
    assert_eq!(store.memory.len(), all + 1);
}

#[test]
fn several_readers_look_while_a_writer_pushes() {
    let records = lines(8_000, 3);
    let store = std::sync::RwLock::new(store_of(SMALL, &records[..7_000]));
    std::thread::scope(|scope| {
        let look = |seed: usize| {
            for turn in 0..60 {
                let at = (seed * 1_237 + turn * 911) % 6_900;
                let store = store.read().unwrap();
                let place = Some(records[at].position());
                same(&store.records_after(&Query::default(), place, 40), &records[at + 1..at + 41]);
            }
        };
        for seed in 0..3 {
            scope.spawn(move || look(seed));
        }
        for record in &records[7_000..] {
            store.write().unwrap().push(Arc::clone(record));
        }
    });
    assert_eq!(store.read().unwrap().count(&Query::default(), usize::MAX), 8_000);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn searching_joined_lines_is_searching_each(
        lines in prop::collection::vec("[aA b.é\\-x]{0,6}", 1..20),
        conditions in prop::collection::vec(
            prop_oneof![
                "!?[aA b.éx]{1,3}".boxed(),
                prop::sample::select(vec![
                    "/^a/", "/b$/", "/a.*x/", "/[^a]/", "/\\s/", "/^$/", "/\\W+b/", "/(?s)a.b/", "/a|/",
                    "!/^a/", "/\\Aa/", "/x\\z/", "/\\bx\\b/", "/(?m)^b/", "\n", "a\nb", "/\\n/",
                ]).prop_map(str::to_owned).boxed(),
            ],
            1..3,
        ),
    ) {
        let matchers: Vec<_> =
            conditions.iter().filter_map(|c| TextMatcher::parse(c).unwrap()).collect();
        let text: String = lines.iter().flat_map(|l| [l.as_str(), "\n"]).collect();
        let wanted: Vec<_> = (0..lines.len())
            .filter(|at| matchers.iter().all(|m| m.matches(&lines[*at])))
            .collect();
        prop_assert_eq!(search::lines_with(&text, &matchers), wanted);
    }

    #[test]
    fn records_in_any_order_are_kept_in_order(
        steps in prop::collection::vec((0_i64..2_000_000_000, 0_u8..4, "[a-z é]{0,40}"), 0..400),
        bytes in 1_000_usize..60_000,
    ) {
        let mut store = Store::new(Limits { records: 1_000_000, bytes });
        let mut all = Vec::new();
        for ((nanos, service, words), id) in steps.iter().zip(1..) {
            let record = record(id, *nanos, &format!("s{service}"), words);
            store.push(Arc::clone(&record));
            all.push(record);
        }
        all.sort_by_key(|r| r.position());
        let kept = store.records_after(&Query::default(), None, usize::MAX);
        prop_assert!(kept.is_sorted_by_key(|r| r.position()));
        prop_assert_eq!(kept.len(), store.count(&Query::default(), usize::MAX));
        prop_assert_eq!(kept.len() as u64 + store.totals().evicted, all.len() as u64);
        prop_assert!(store.bytes() <= bytes);
        let mut back = store.records_before(&Query::default(), None, usize::MAX);
        back.retain(|r| r.time > DateTime::from_timestamp_nanos(0) - TimeDelta::days(1));
        same(&back, &kept);
    }
}
