use super::*;
use crate::{model::Anchor, source::Verified};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn at(nanos: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_nanos(1_000_000_000_000_000_000 + nanos)
}

fn line((stream, nanos): (Stream, i64)) -> Line {
    Line { stream, time: Some(at(nanos)), bytes: b"text".to_vec() }
}

fn small() -> LogDriver {
    LogDriver { name: "json-file".into(), max_size: Some(1_000), max_file: 2, is_lossy: false }
}

fn fresh() -> Verifier {
    Verifier::new(&small(), &Resume::default()).unwrap()
}

fn out(nanos: i64) -> (Stream, i64) {
    (Stream::Stdout, nanos)
}

/// One look at `log`, as the Engine shows it.
fn look(verifier: &mut Verifier, log: &[(Stream, i64)], now: Instant) -> Verdict {
    let question = verifier.begin(now).unwrap();
    let tail = question.tail.map_or(0, |tail| log.len().saturating_sub(tail as usize));
    let shown = log[tail..].iter().skip_while(|(_, nanos)| at(*nanos) < question.since);
    for one in shown {
        if !verifier.compare(line(*one), now) {
            break;
        }
    }
    verifier.finish(now)
}

fn nanos(lines: &[Line]) -> Vec<i64> {
    lines.iter().map(|line| (line.time.unwrap() - at(0)).num_nanoseconds().unwrap()).collect()
}

#[test]
fn what_the_stream_left_out_is_recovered_once() {
    let mut verifier = fresh();
    let now = Instant::now();
    for n in [1, 2, 7, 8] {
        assert!(verifier.take(&line(out(n)), now));
    }
    let log: Vec<_> = (1..=8).map(out).collect();
    assert!(matches!(look(&mut verifier, &log, now), Verdict::Complete(_)));
    assert_eq!(nanos(&verifier.missing(now)), [3, 4, 5, 6]);
    assert!(verifier.missing(now).is_empty());
    // A late copy of one of them is known, and so they are to the next look.
    assert!(!verifier.take(&line(out(5)), now));
    assert!(matches!(look(&mut verifier, &log, now), Verdict::Complete(_)));
    assert!(verifier.missing(now + WAIT).is_empty());
}

#[test]
fn what_the_stream_is_about_to_bring_is_left_to_it() {
    let mut verifier = fresh();
    let now = Instant::now();
    assert!(verifier.take(&line(out(1)), now));
    let log: Vec<_> = (1..=4).map(out).collect();
    look(&mut verifier, &log, now);
    assert!(verifier.missing(now).is_empty());
    assert!(verifier.take(&line(out(2)), now));
    assert!(verifier.take(&line(out(4)), now));
    // The third did not come in its place, and nothing else is missing.
    assert_eq!(nanos(&verifier.missing(now)), [3]);
    assert!(verifier.next_missing().is_none());
}

#[test]
fn what_never_comes_is_recovered_after_a_while() {
    let mut verifier = fresh();
    let now = Instant::now();
    assert!(verifier.take(&line(out(1)), now));
    look(&mut verifier, &[out(1), out(2)], now);
    assert_eq!(verifier.next_missing(), Some(now + WAIT));
    assert_eq!(nanos(&verifier.missing(now + WAIT)), [2]);
}

#[test]
fn an_anchor_that_is_gone_is_a_gap_up_to_the_first_line_that_is_there() {
    let mut verifier = fresh();
    let now = Instant::now();
    assert!(verifier.take(&line(out(1)), now));
    look(&mut verifier, &[out(1)], now);
    assert!(verifier.take(&line(out(9)), now));
    let log = [out(7), out(8), out(9)];
    let mut told = look(&mut verifier, &log, now);
    if told == Verdict::Again {
        told = look(&mut verifier, &log, now);
    }
    assert!(matches!(told, Verdict::Gap(from, to, _) if (from, to) == (at(1), at(7))), "{told:?}");
    assert_eq!(nanos(&verifier.missing(now)), [7, 8]);
}

#[test]
fn an_earlier_run_is_verified_from_where_it_was() {
    let now = Instant::now();
    let known = [out(10), out(11), out(14)].map(|(stream, n)| (stream, at(n)));
    let anchors = BTreeMap::from([(Stream::Stdout, Anchor { time: at(14), same: 1 })]);
    let account = Some(Verified { until: at(10), known: known.to_vec() });
    let from = Resume { anchors: anchors.clone(), verified: account, ..Resume::default() };
    let mut verifier = Verifier::new(&small(), &from).unwrap();
    assert_eq!(verifier.due(now), Some(now));
    let log: Vec<_> = (8..=15).map(out).collect();
    assert!(matches!(look(&mut verifier, &log, now), Verdict::Complete(_)));
    assert_eq!(nanos(&verifier.missing(now + WAIT)), [12, 13, 15]);

    // Without an account of its own, all up to the anchors is known.
    let from = Resume { anchors, ..Resume::default() };
    let mut verifier = Verifier::new(&small(), &from).unwrap();
    assert!(matches!(look(&mut verifier, &log, now), Verdict::Complete(_)));
    assert_eq!(nanos(&verifier.missing(now + WAIT)), [15]);
    let mut verifier = Verifier::new(&small(), &from).unwrap();
    let told = look(&mut verifier, &[out(20)], now);
    assert!(matches!(told, Verdict::Gap(from, to, _) if (from, to) == (at(14), at(20))));
}

#[test]
fn looks_are_due_behind_a_quarter_and_behind_a_burst() {
    let mut verifier = fresh();
    let now = Instant::now();
    assert_eq!(verifier.due(now), None);
    verifier.take(&line(out(1)), now);
    assert_eq!(verifier.due(now), Some(now + QUIET));
    for n in 2..6 {
        verifier.take(&line(out(n)), now);
    }
    assert_eq!(verifier.due(now), Some(now));
    let log: Vec<_> = (1..6).map(out).collect();
    look(&mut verifier, &log, now);
    assert_eq!(verifier.due(now), None);
    verifier.take(&line(out(6)), now);
    assert!(verifier.due(now) >= Some(now + LEAST_PAUSE));
    verifier.break_off(now);
    assert_eq!(verifier.due(now), Some(now + LEAST_PAUSE));
}

#[test]
fn what_cannot_be_verified_in_time_is_given_up_and_told() {
    let mut verifier = fresh();
    let now = Instant::now();
    for n in 0..=MOST_UNVERIFIED as i64 {
        assert_eq!(verifier.give_up(), None);
        verifier.take(&line(out(n)), now);
    }
    assert_eq!(verifier.give_up(), Some((at(0), at(MOST_UNVERIFIED as i64))));
    assert_eq!(verifier.give_up(), None);
}

#[test]
fn an_emptied_log_is_told_after_some_looks() {
    let mut verifier = fresh();
    let now = Instant::now();
    verifier.take(&line(out(1)), now);
    verifier.take(&line(out(2)), now);
    for _ in 1..MOST_EMPTY {
        assert_eq!(look(&mut verifier, &[], now), Verdict::Again);
    }
    let verdict = (0..3).map(|_| look(&mut verifier, &[], now)).find(|v| *v != Verdict::Again);
    assert_eq!(verdict, Some(Verdict::Emptied(at(1), at(2))));
}

/// What happens next to a log: lines are written, the stream brings some or skips some, it is looked at, it rotates.
#[derive(Debug, Clone)]
enum Event {
    Write(bool, i64),
    Bring(usize),
    Skip(usize),
    Look,
    Rotate(usize),
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        6 => (any::<bool>(), -2..6_i64).prop_map(|(is_err, step)| Event::Write(is_err, step)),
        4 => (1..6_usize).prop_map(Event::Bring),
        1 => (1..6_usize).prop_map(Event::Skip),
        2 => Just(Event::Look),
        1 => (0..8_usize).prop_map(Event::Rotate),
    ];
    prop::collection::vec(event, 1..200)
}

proptest! {
    #[test]
    fn every_line_comes_once_or_lies_in_a_gap(events in events()) {
        let mut verifier = fresh();
        let now = Instant::now();
        let mut log = Vec::new();
        // The first that is kept, and the next that the stream brings.
        let (mut kept, mut next, mut clock) = (0, 0, 100);
        let mut got = BTreeMap::<(Stream, i64), u32>::new();
        let mut gaps = Vec::new();
        // The end of the story: the stream brings one more line, and all is looked at.
        let end = [Event::Skip(999), Event::Write(false, 9), Event::Bring(9), Event::Look, Event::Look];
        for event in events.into_iter().chain(end) {
            match event {
                Event::Write(is_err, step) => {
                    // Swapped streams: times fall a little, and no two are equal.
                    clock += step.max(1) * 10;
                    let stream = if is_err { Stream::Stderr } else { Stream::Stdout };
                    let swap = if is_err { 15 } else { 0 };
                    log.push((stream, clock * 1_000 - swap * 1_000 + log.len() as i64));
                }
                Event::Bring(count) => {
                    next = next.max(kept);
                    for _ in 0..count.min(log.len() - next) {
                        if verifier.take(&line(log[next]), now) {
                            *got.entry(log[next]).or_default() += 1;
                        }
                        next += 1;
                    }
                }
                Event::Skip(count) => next = (next + count).min(log.len()),
                Event::Rotate(count) => kept = (kept + count).min(log.len().saturating_sub(1)),
                Event::Look => {
                    if verifier.anchor.is_none() {
                        continue;
                    }
                    let mut verdict = look(&mut verifier, &log[kept..], now);
                    if verdict == Verdict::Again {
                        verdict = look(&mut verifier, &log[kept..], now);
                    }
                    if let Verdict::Gap(from, to, _) = verdict {
                        gaps.push((from, to));
                    }
                }
            }
            for line in verifier.missing(now) {
                let nanos = (line.time.unwrap() - at(0)).num_nanoseconds().unwrap();
                *got.entry((line.stream, nanos)).or_default() += 1;
            }
        }
        for line in verifier.missing(now + WAIT) {
            let nanos = (line.time.unwrap() - at(0)).num_nanoseconds().unwrap();
            *got.entry((line.stream, nanos)).or_default() += 1;
        }
        prop_assert!(got.values().all(|count| *count == 1), "doubled: {:?}", got);
        // What was written before the first line that came is nobody's.
        let first = log.iter().position(|one| got.contains_key(one)).unwrap();
        let swap = TimeDelta::nanoseconds(20_000);
        for one in &log[first..] {
            let time = at(one.1);
            let is_told = gaps.iter().any(|(from, to)| *from - swap <= time && time <= *to + swap);
            prop_assert!(got.contains_key(one) || is_told, "{one:?} is nowhere, gaps {gaps:?}");
        }
    }
}
