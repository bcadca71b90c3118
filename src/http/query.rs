//! Reading the words behind the `?`: every one is known, and has a good value, or the answer says which has not.

use super::{
    answer::Refusal,
    line::{Kind, service_id},
};
use crate::model::{Level, LogRecord, Position, Query, RecordId, ServiceName};
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;

/// Lines of one answer where no limit was asked for.
pub(super) const USUAL: usize = 1_000;
/// Lines of one answer at most.
pub(super) const MOST: usize = 10_000;

/// The words of a request, each used once.
#[derive(Debug)]
pub(super) struct Words(Vec<(String, String)>);

impl Words {
    /// Reads `a=1&b=2`; every name must be one of `known`.
    pub(super) fn read(query: Option<&str>, known: &[&str]) -> Result<Self, Refusal> {
        let pairs: Vec<(String, String)> =
            form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect();
        match pairs.iter().find(|(name, _)| !known.contains(&name.as_str())) {
            None => Ok(Self(pairs)),
            Some((name, _)) => {
                let told = match known {
                    [] => "there is no such parameter; this address takes none".to_owned(),
                    _ => format!("there is no such parameter; known are {}", known.join(", ")),
                };
                Err(Refusal::bad(name.as_str(), told))
            }
        }
    }

    /// All values of a name that may be given more than once, none of them empty.
    pub(super) fn all(&self, name: &str) -> Result<Vec<&str>, Refusal> {
        let values =
            self.0.iter().filter(|(known, _)| known == name).map(|(_, value)| value.trim());
        let values: Vec<_> = values.collect();
        if values.contains(&"") {
            return Err(Refusal::bad(name, "must not be empty; leave it out for all"));
        }
        Ok(values)
    }

    /// The value of a name that may be given once.
    pub(super) fn one(&self, name: &str) -> Result<Option<&str>, Refusal> {
        match self.all(name)?[..] {
            [] => Ok(None),
            [value] => Ok(Some(value)),
            _ => Err(Refusal::bad(name, "must not be given more than once")),
        }
    }

    /// A number of things, from 1 to `most`.
    pub(super) fn limit(&self, usual: usize, most: usize) -> Result<usize, Refusal> {
        let Some(value) = self.one("limit")? else { return Ok(usual) };
        let number = value.parse().ok().filter(|number| (1..=most).contains(number));
        number.ok_or_else(|| {
            Refusal::bad(
                "limit",
                format!("must be a whole number from 1 to {most}, not {}", shown(value)),
            )
        })
    }

    /// A moment in milliseconds.
    pub(super) fn moment(&self, name: &str) -> Result<Option<DateTime<Utc>>, Refusal> {
        let Some(value) = self.one(name)? else { return Ok(None) };
        let moment = value.parse().ok().and_then(DateTime::from_timestamp_millis);
        moment.map(Some).ok_or_else(|| {
            let told = format!(
                "must be milliseconds since 1970, such as 1696195200000, not {}",
                shown(value)
            );
            Refusal::bad(name, told)
        })
    }

    /// Values that are all of `known`.
    pub(super) fn of<T: Copy>(
        &self,
        name: &str,
        known: &[(&'static str, T)],
    ) -> Result<Vec<T>, Refusal> {
        let find = |value: &str| {
            known.iter().find(|(word, _)| *word == value).map(|(_, meant)| *meant).ok_or_else(
                || {
                    let words: Vec<_> = known.iter().map(|(word, _)| *word).collect();
                    let told = format!("must be one of {}, not {}", words.join(", "), shown(value));
                    Refusal::bad(name, told)
                },
            )
        };
        self.all(name)?.into_iter().map(find).collect()
    }
}

/// A value in a sentence, cut to what a person reads.
pub(super) fn shown(value: &str) -> String {
    let mut text: String = value.chars().take(40).collect();
    if text.len() < value.len() {
        text.push('…');
    }
    format!("“{}”", crate::model::SafeText::from(text))
}

/// The levels that the older log API knew, and ours: its four take in those beyond them.
const LEVELS: [(&str, &[Level]); 7] = [
    ("debug", &[Level::Debug, Level::Trace]),
    ("info", &[Level::Info]),
    ("warn", &[Level::Warn]),
    ("error", &[Level::Error, Level::Fatal]),
    ("trace", &[Level::Trace]),
    ("fatal", &[Level::Fatal]),
    ("unknown", &[Level::Unknown]),
];

/// Which lines are wanted.
#[derive(Debug, Clone, Default)]
pub(super) struct Wish {
    /// What memory and journal can look for by themselves.
    pub(super) query: Query,
    levels: BTreeSet<Level>,
    containers: Vec<String>,
    kinds: Vec<Kind>,
    ids: Vec<u32>,
    /// Nothing older.
    pub(super) since: Option<DateTime<Utc>>,
    /// Only older ones.
    pub(super) until: Option<DateTime<Utc>>,
    /// Only those before this place: the page before another.
    pub(super) before: Option<Position>,
}

impl Wish {
    /// The names that choose lines.
    pub(super) const CHOICE: [&'static str; 6] =
        ["serviceId", "serviceName", "containerId", "level", "sourceType", "since"];

    /// What the words mean.
    pub(super) fn read(words: &Words) -> Result<Self, Refusal> {
        let levels: BTreeSet<Level> =
            words.of("level", &LEVELS)?.into_iter().flatten().copied().collect();
        let id = |value: &str| {
            value.parse().map_err(|_| {
                let told =
                    format!("must be a whole number as answers hold it, not {}", shown(value));
                Refusal::bad("serviceId", told)
            })
        };
        let wish = Self {
            query: Query {
                services: words.all("serviceName")?.into_iter().map(ServiceName::from).collect(),
                min_level: levels.first().copied().filter(|level| *level != Level::Unknown),
                ..Query::default()
            },
            levels,
            containers: words.all("containerId")?.into_iter().map(str::to_owned).collect(),
            kinds: words.of("sourceType", &Kind::ALL)?,
            ids: words.all("serviceId")?.into_iter().map(id).collect::<Result<_, _>>()?,
            since: words.moment("since")?,
            until: words.moment("until")?,
            before: words.one("before")?.map(cursor).transpose()?,
        };
        if let (Some(since), Some(until)) = (wish.since, wish.until)
            && since >= until
        {
            return Err(Refusal::bad("until", "must be later than since: nothing is in between"));
        }
        Ok(wish)
    }

    /// Whether a line that meets `query` is wanted in every other way but time.
    pub(super) fn wants(&self, record: &LogRecord) -> bool {
        let container = record.origin.container.as_str();
        (self.levels.is_empty() || self.levels.contains(&record.level))
            && (self.kinds.is_empty() || self.kinds.contains(&Kind::of(record.stream)))
            && (self.containers.is_empty()
                || self.containers.iter().any(|known| container.starts_with(known.as_str())))
            && (self.ids.is_empty() || self.ids.contains(&service_id(&record.origin.service)))
    }

    /// Whether all lines of all times are wanted.
    pub(super) fn is_all(&self) -> bool {
        self.query.is_all()
            && self.levels.is_empty()
            && self.kinds.is_empty()
            && self.containers.is_empty()
            && self.ids.is_empty()
            && self.since.is_none()
            && self.until.is_none()
            && self.before.is_none()
    }

    /// The place before which all wanted lines stand.
    pub(super) fn end(&self) -> Option<Position> {
        let until = self.until.map(|time| Position { time, id: RecordId(0) });
        [until, self.before].into_iter().flatten().min()
    }
}

/// A place as it is written: nanoseconds since 1970 and the line's number.
pub(super) fn written(position: Position) -> String {
    let time = position.time;
    let nanos =
        i128::from(time.timestamp()) * 1_000_000_000 + i128::from(time.timestamp_subsec_nanos());
    format!("{nanos}-{}", position.id.0)
}

/// Reads a place that an earlier answer gave.
pub(super) fn cursor(text: &str) -> Result<Position, Refusal> {
    place(text).ok_or_else(|| {
        Refusal::bad("before", format!("must be what an answer gave as older, not {}", shown(text)))
    })
}

/// Reads a place.
pub(super) fn place(text: &str) -> Option<Position> {
    let (nanos, id) = text.rsplit_once('-')?;
    let nanos: i128 = nanos.parse().ok()?;
    let seconds = i64::try_from(nanos.div_euclid(1_000_000_000)).ok()?;
    let time = DateTime::from_timestamp(seconds, nanos.rem_euclid(1_000_000_000) as u32)?;
    Some(Position { time, id: RecordId(id.parse().ok()?) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::response::IntoResponse as _;

    fn read(query: &str) -> Result<(Wish, usize), String> {
        let known: Vec<_> = Wish::CHOICE.into_iter().chain(["until", "before", "limit"]).collect();
        let run = || {
            let words = Words::read(Some(query), &known)?;
            Ok::<_, Refusal>((Wish::read(&words)?, words.limit(USUAL, MOST)?))
        };
        run().map_err(|refusal| {
            let told = format!("{refusal:?}");
            assert_eq!(refusal.into_response().status(), 400);
            told
        })
    }

    #[test]
    fn a_bad_value_is_named_with_what_is_allowed() {
        for (query, field, allowed) in [
            ("limit=abc", "limit", "1 to 10000"),
            ("limit=0", "limit", "1 to 10000"),
            ("limit=-5", "limit", "1 to 10000"),
            ("limit=99999999999999999999", "limit", "1 to 10000"),
            ("limit=5&limit=6", "limit", "more than once"),
            ("level=bogus", "level", "debug, info, warn, error, trace, fatal, unknown"),
            ("level=", "level", "leave it out"),
            ("sourceType=docker", "sourceType", "container, system, manager"),
            ("since=yesterday", "since", "milliseconds"),
            ("until=1e9", "until", "milliseconds"),
            ("since=99999999999999999", "since", "milliseconds"),
            ("since=5&until=5", "until", "later than since"),
            ("serviceId=web", "serviceId", "whole number"),
            ("before=12", "before", "older"),
            ("levle=error", "levle", "known are serviceId"),
            ("level=error%00", "level", "must be one of"),
        ] {
            let told = read(query).unwrap_err();
            assert!(told.contains(field) && told.contains(allowed), "{query}: {told}");
        }
    }

    #[test]
    fn names_may_be_repeated_and_mean_any_of_them() {
        let (wish, limit) =
            read("sourceType=system&sourceType=manager&level=warn&level=error").unwrap();
        assert_eq!(wish.kinds, [Kind::System, Kind::Manager]);
        assert_eq!(wish.levels, BTreeSet::from([Level::Warn, Level::Error, Level::Fatal]));
        assert_eq!(wish.query.min_level, Some(Level::Warn));
        assert_eq!(limit, USUAL);
        let (wish, _) = read("level=unknown&level=error").unwrap();
        assert_eq!(wish.query.min_level, None);
        assert!(read("").unwrap().0.is_all());
    }

    #[test]
    fn a_place_is_read_back_exactly() {
        for (seconds, nanos, id) in [(1_696_195_200, 123_456_789, 7), (-5, 1, 0), (0, 0, u64::MAX)]
        {
            let time = DateTime::from_timestamp(seconds, nanos).unwrap();
            let position = Position { time, id: RecordId(id) };
            assert_eq!(place(&written(position)), Some(position));
        }
        assert_eq!(place("99999999999999999999999999999999999999999-1"), None);
    }

    proptest::proptest! {
        #[test]
        fn hostile_queries_are_answered(query in "\\PC{0,60}") {
            let known = ["limit", "since"];
            let _ = Words::read(Some(&query), &known).map(|words| words.limit(1, 2));
            let _ = place(&query);
        }
    }
}
