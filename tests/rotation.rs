//! A writer that outruns the Engine's rotation: every line is stored once, or lies inside a gap that is told. Beside it
//! `docker logs -f` reads the same. Where no Engine answers it says that it skips.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "this is a test; its helpers are no test functions"
)]

mod common;

use chrono::{DateTime, TimeDelta, Utc};
use common::{PATIENCE, Stack, skip};
use dogwatch::{
    model::{Gap, Origin},
    source::{
        Change, Delivery, Resume, Source as _,
        docker::{Connection, Docker, Surroundings, Wish, choose},
    },
};
use std::{
    collections::BTreeMap,
    process::{Command, Stdio},
    sync::Arc,
    time::Duration,
};
use tokio::{
    sync::mpsc,
    time::{Instant, timeout},
};

const LINES: usize = 60_000;
const END: &str = "the last line";

/// What came of one container.
#[derive(Default)]
struct Record {
    /// By number: how often, and when it was written.
    lines: BTreeMap<usize, (usize, DateTime<Utc>)>,
    recovered: usize,
    gaps: Vec<Gap>,
    verified: Option<DateTime<Utc>>,
    end: Option<DateTime<Utc>>,
}

impl Record {
    fn take(&mut self, delivery: &Delivery) {
        for line in delivery.lines() {
            let text = String::from_utf8_lossy(&line.bytes).into_owned();
            let time = line.time.unwrap();
            if text == END {
                self.end = Some(time);
            } else if let Some(number) = text.split(' ').next().and_then(|n| n.parse().ok()) {
                self.lines.entry(number).or_insert((0, time)).0 += 1;
            }
        }
        match delivery {
            Delivery::Recovered(lines) => self.recovered += lines.len(),
            Delivery::Gap(gap) => self.gaps.push(gap.clone()),
            Delivery::Verified(_, until) => self.verified = Some(*until),
            Delivery::Lines(_) => {}
        }
    }

    fn doubled(&self) -> usize {
        self.lines.values().map(|(count, _)| count - 1).sum()
    }

    /// Whether a missing number lies inside a gap: between its neighbours that are there.
    fn is_in_gap(&self, number: usize) -> bool {
        let before = self.lines.range(..number).next_back().map(|(_, (_, time))| *time);
        let after = self.lines.range(number..).next().map(|(_, (_, time))| *time);
        self.gaps.iter().any(|gap| {
            let begins = gap.from.is_none() || before.is_none() || gap.from <= before.max(gap.from);
            let from = gap.from.unwrap_or(DateTime::<Utc>::MIN_UTC);
            let (before, after) = (
                before.unwrap_or(DateTime::<Utc>::MIN_UTC),
                after.unwrap_or(DateTime::<Utc>::MAX_UTC),
            );
            begins && from < after && before < gap.to
        })
    }
}

/// Starts following, then lets the writer write, and reads until all is verified.
async fn run(test: &str, logging: &str) -> Option<(Record, usize)> {
    let connection = match choose(&Wish::default(), &Surroundings::here()) {
        Ok(choice) => Connection::open(choice).await.ok(),
        Err(_) => None,
    };
    let Some(connection) = connection else {
        skip("no Docker Engine answers");
        return None;
    };
    let script = format!(
        "while [ ! -e /go ]; do sleep 0.05; done; awk 'BEGIN {{ while (i++ < {LINES}) \
         print i, \"a line of some length as programs write them, with a few words in it\" }}'; \
         sleep 1; echo {END}; sleep 1000"
    );
    let service = format!(
        "  flood:\n    image: $IMAGE\n    init: true\n    stop_grace_period: 1s\n    \
         logging: {logging}\n    command: [\"sh\", \"-c\", {script:?}]\n"
    );
    let stack = Stack::up(test, &service)?;
    let source = Arc::new(Docker::new(connection, stack.name.as_str().into()));
    let (tx, mut changes) = mpsc::channel(64);
    tokio::spawn(Arc::clone(&source).watch(tx));
    let origin: Arc<Origin> = loop {
        if let Change::Follow(origin) = changes.recv().await? {
            break origin;
        }
    };
    tokio::spawn(async move { while changes.recv().await.is_some() {} });
    let id = origin.container.as_str().to_owned();
    let peer = Command::new("docker").args(["logs", "-f", &id]).stdout(Stdio::piped()).spawn();
    let mut peer = peer.unwrap();
    let (lines, mut deliveries) = mpsc::channel(64);
    tokio::spawn(source.follow(origin, Resume::default(), lines));
    tokio::time::sleep(Duration::from_millis(300)).await;
    let output = peer.stdout.take().unwrap();
    let peer_lines = std::thread::spawn(move || {
        std::io::BufRead::lines(std::io::BufReader::new(output)).map_while(Result::ok).count()
    });
    stack.compose(&["exec", "-T", "flood", "touch", "/go"]);
    let mut record = Record::default();
    let begin = Instant::now();
    let read = timeout(PATIENCE, async {
        let mut quiet_since = None::<Instant>;
        loop {
            let delivery = timeout(Duration::from_secs(1), deliveries.recv()).await;
            if let Ok(delivery) = delivery {
                record.take(&delivery.expect("it is followed"));
                quiet_since = None;
                continue;
            }
            let since = *quiet_since.get_or_insert_with(Instant::now);
            let is_verified = record.end.is_some_and(|end| {
                record.verified.is_some_and(|until| until + TimeDelta::seconds(1) >= end)
            });
            if is_verified && since.elapsed() > Duration::from_secs(3) {
                break;
            }
        }
    });
    assert!(read.await.is_ok(), "{} lines, {:?}", record.lines.len(), record.gaps);
    stack.compose(&["kill"]);
    peer.wait().unwrap();
    let peer_lines = peer_lines.join().unwrap();
    eprintln!(
        "{test}: {LINES} written, {} stored ({} of them recovered), {} doubled, {} gaps, `docker logs -f` {peer_lines}, \
         after {:.1} s",
        record.lines.len(),
        record.recovered,
        record.doubled(),
        record.gaps.len(),
        begin.elapsed().as_secs_f64(),
    );
    Some((record, peer_lines))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_rotates_faster_than_it_can_be_read_loses_nothing_untold() {
    let logging = "{driver: json-file, options: {max-size: 1m, max-file: \"2\"}}";
    let Some((record, _)) = run("rotate2", logging).await else { return };
    let missing: Vec<_> = (1..=LINES).filter(|n| !record.lines.contains_key(n)).collect();
    let unaccounted: Vec<_> = missing.iter().filter(|n| !record.is_in_gap(**n)).collect();
    eprintln!("rotate2: {} in gaps, {} unaccounted", missing.len(), unaccounted.len());
    for gap in &record.gaps {
        eprintln!("rotate2: {}", gap.sentence());
    }
    assert_eq!(record.doubled(), 0);
    assert!(
        unaccounted.is_empty(),
        "{:?} of {:?}",
        &unaccounted[..unaccounted.len().min(20)],
        record.gaps
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_with_room_loses_nothing() {
    for (test, logging) in [
        ("rotate20", "{driver: json-file, options: {max-size: 1m, max-file: \"20\"}}"),
        ("local", "{driver: local}"),
    ] {
        let Some((record, _)) = run(test, logging).await else { return };
        assert_eq!((record.lines.len(), record.doubled()), (LINES, 0), "{test}");
        assert!(record.gaps.is_empty(), "{test}: {:?}", record.gaps);
    }
}
