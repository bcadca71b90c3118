//! Judges lines that were read back from the journal as the path judged them when they came: a face marks lines of
//! the past like those of memory. Nothing is counted.

use super::handle::Handle;
use crate::{
    detect::Detector,
    group::Grouper,
    model::{Fingerprint, LogRecord, Position, Severity},
    parse::Joiner,
};
use chrono::{DateTime, Utc};
use std::sync::{Arc, PoisonError};

/// The problem that a line belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sign {
    /// Its group, which may be forgotten.
    pub group: Fingerprint,
    /// How bad it is by the rule; the group may know better.
    pub severity: Severity,
}

impl Handle {
    /// The problems of `records`, which are in order, each with the place of its line. Blocks for some microseconds a
    /// line; empty until the rules are made.
    pub fn judge(&self, records: &[Arc<LogRecord>]) -> Vec<(Position, Sign)> {
        let detector = self.shared.detector.read().unwrap_or_else(PoisonError::into_inner).clone();
        detector.map_or_else(Vec::new, |detector| judge(&detector, records, Utc::now()))
    }
}

fn judge(
    detector: &Detector,
    records: &[Arc<LogRecord>],
    now: DateTime<Utc>,
) -> Vec<(Position, Sign)> {
    let (mut joiner, mut grouper) = (Joiner::new(), Grouper::new());
    let mut events = Vec::new();
    for record in records {
        joiner.push(Arc::clone(record), now, &mut events);
    }
    joiner.finish(&mut events);
    let mut signs = Vec::new();
    for event in &events {
        let Some(finding) = detector.detect(event) else { continue };
        let sign = Sign { group: grouper.key(&finding).0, severity: finding.severity };
        signs.extend(event.records().map(|record| (record.position(), sign)));
    }
    signs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        detect::RuleSet,
        engine::{Intake, Past, Pipeline},
        model::{Origin, Query, RawLine, Stream},
        store::{Limits, Store},
    };
    use bytes::Bytes;
    use std::sync::RwLock;

    #[test]
    fn what_was_read_back_is_judged_as_it_was_when_it_came() {
        let detector = Arc::new(Detector::new(RuleSet::builtin().0));
        let origins = ["api", "db"].map(|service| {
            Arc::new(Origin {
                service: service.into(),
                container: service.into(),
                replica: 1,
                is_tty: false,
            })
        });
        let texts = [
            (0, "INFO listening on 8000"),
            (0, "Traceback (most recent call last):"),
            (1, "LOG:  database system is ready to accept connections"),
            (0, "  File \"/app/main.py\", line 7, in <module>"),
            (0, "    connect()"),
            (0, "ConnectionRefusedError: [Errno 111] Connection refused"),
            (1, "FATAL:  password authentication failed for user \"app\""),
            (0, "INFO GET /health 200"),
            (0, "ERROR cannot write /data: No space left on device"),
        ];
        let begin = DateTime::UNIX_EPOCH;
        let lines = texts.iter().enumerate().map(|(at, (origin, text))| RawLine {
            origin: Arc::clone(&origins[*origin]),
            stream: Stream::Stderr,
            time: Some(begin + chrono::Duration::milliseconds(at as i64)),
            bytes: Bytes::from_static(text.as_bytes()),
        });
        let store = RwLock::new(Store::new(Limits::default()));
        let mut pipeline = Pipeline::new(Arc::clone(&detector), Past::default());
        pipeline.accept(Intake::new(None).read(lines.collect(), begin), begin, &store);
        pipeline.finish(begin, &store);
        let store = store.into_inner().unwrap();
        let records = store.records_before(&Query::default(), None, usize::MAX);
        let signs = judge(&detector, &records, begin);
        let marks: Vec<_> =
            records.iter().filter_map(|r| Some((r.position(), store.group_at(r)?))).collect();
        let mut judged: Vec<_> = signs.iter().map(|(at, sign)| (*at, sign.group)).collect();
        judged.sort();
        assert_eq!(judged, marks);
        assert!(marks.len() >= 6, "{marks:?}");
        for (_, Sign { group, severity }) in signs {
            assert_eq!(store.group(group).unwrap().severity(), severity);
        }
    }
}
