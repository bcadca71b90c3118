//! What the watchdog did and means to do: each intent is on disk before anything is done about it.

use super::{Error, State, database::nanos};
use crate::model::{Attempt, Course, Ending, Remedy, SafeText, ServiceName, Strategy};
use chrono::{DateTime, Utc};
use rusqlite::{TransactionBehavior, params};

/// Entries that are remembered; the oldest go first.
const MAX: u32 = 5_000;

/// One entry of the watchdog's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RepairEntry {
    /// A repair.
    Attempt(Attempt),
    /// The attempts before it are forgotten: the service was well for long, or a person said so.
    Reset(DateTime<Utc>, ServiceName),
    /// All acting was stopped, because …
    Pause(DateTime<Utc>, SafeText),
}

impl RepairEntry {
    /// When it was.
    pub const fn time(&self) -> DateTime<Utc> {
        match self {
            Self::Attempt(attempt) => attempt.time,
            Self::Reset(time, _) | Self::Pause(time, _) => *time,
        }
    }
}

impl State {
    /// The entries since a moment, oldest first; and all attempts that were not ended.
    pub fn repairs(&self, project: &str, since: DateTime<Utc>) -> Result<Vec<RepairEntry>, Error> {
        let sql = "SELECT number, time, kind, service, strategy, remedy, targets, config, reason,
                   acted_at, ended_at, ending, detail, course FROM repair
                   WHERE project = ?1 AND (time >= ?2 OR (kind = 'attempt' AND ended_at IS NULL))
                   ORDER BY number";
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map(params![project, nanos(since)], entry)?;
        Ok(rows.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
    }
}

/// For `engine` only.
impl State {
    /// Writes an entry down, safe from a kill and from a power cut when this returns; answers its number, from 1.
    ///
    /// The number that an attempt brings does not count.
    pub fn add_repair(&mut self, project: &str, entry: &RepairEntry) -> Result<u64, Error> {
        self.writes()?;
        let time = nanos(entry.time());
        self.durably(|state| {
            let transaction =
                state.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let sql = "SELECT coalesce(max(number), 0) + 1 FROM repair WHERE project = ?1";
            let number: i64 = transaction.query_row(sql, [project], |row| row.get(0))?;
            match entry {
                RepairEntry::Attempt(attempt) => transaction.execute(
                    "INSERT INTO repair (project, number, time, kind, service, strategy, remedy,
                     targets, config, reason, course)
                     VALUES (?1, ?2, ?3, 'attempt', ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                    params![
                        project,
                        number,
                        time,
                        attempt.service.as_str(),
                        attempt.strategy.as_str(),
                        attempt.remedy.as_str(),
                        serde_json::to_string(&attempt.targets)?,
                        attempt.config.as_str(),
                        attempt.reason.as_str(),
                        attempt.course.as_ref().map(serde_json::to_string).transpose()?,
                    ],
                )?,
                RepairEntry::Reset(_, service) => transaction.execute(
                    "INSERT INTO repair (project, number, time, kind, service)
                     VALUES (?1, ?2, ?3, 'reset', ?4)",
                    params![project, number, time, service.as_str()],
                )?,
                RepairEntry::Pause(_, reason) => transaction.execute(
                    "INSERT INTO repair (project, number, time, kind, reason)
                     VALUES (?1, ?2, ?3, 'pause', ?4)",
                    params![project, number, time, reason.as_str()],
                )?,
            };
            let sql = "DELETE FROM repair WHERE project = ?1 AND number <= ?2";
            transaction.execute(sql, params![project, number - i64::from(MAX)])?;
            transaction.commit()?;
            Ok(number.unsigned_abs())
        })
    }

    /// Notes how far a fix has come, safe from a kill and from a power cut when this returns.
    pub fn set_course(&mut self, project: &str, number: u64, course: &Course) -> Result<(), Error> {
        self.writes()?;
        let text = serde_json::to_string(course)?;
        self.durably(|state| {
            let sql = "UPDATE repair SET course = ?3 WHERE project = ?1 AND number = ?2";
            state.connection.execute(sql, params![project, number.cast_signed(), text])?;
            Ok(())
        })
    }

    /// Notes that the Engine said that an attempt is done.
    pub fn set_acted(
        &mut self,
        project: &str,
        number: u64,
        time: DateTime<Utc>,
    ) -> Result<(), Error> {
        self.writes()?;
        let sql = "UPDATE repair SET acted_at = ?3 WHERE project = ?1 AND number = ?2";
        self.connection.execute(sql, params![project, number.cast_signed(), nanos(time)])?;
        Ok(())
    }

    /// Notes how an attempt ended.
    pub fn end_repair(
        &mut self,
        project: &str,
        number: u64,
        (time, ending, text): &(DateTime<Utc>, Ending, SafeText),
    ) -> Result<(), Error> {
        self.writes()?;
        self.connection.execute(
            "UPDATE repair SET ended_at = ?3, ending = ?4, detail = ?5
             WHERE project = ?1 AND number = ?2",
            params![project, number.cast_signed(), nanos(*time), ending.as_str(), text.as_str()],
        )?;
        Ok(())
    }

    /// Does something whose commit waits for the disk.
    fn durably<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, Error>) -> Result<T, Error> {
        self.connection.pragma_update(None, "synchronous", "full")?;
        let done = work(self);
        self.connection.pragma_update(None, "synchronous", "normal")?;
        done
    }
}

/// `None` for an entry of a kind that this version does not know.
fn entry(row: &rusqlite::Row<'_>) -> rusqlite::Result<Option<RepairEntry>> {
    let time = DateTime::from_timestamp_nanos(row.get(1)?);
    let text = |at: usize| row.get::<_, Option<String>>(at).map(Option::unwrap_or_default);
    let moment = |at: usize| {
        Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(at)?.map(DateTime::from_timestamp_nanos))
    };
    let service = ServiceName::from(text(3)?.as_str());
    Ok(match text(2)?.as_str() {
        "attempt" => {
            let (strategy, remedy) = (Strategy::named(&text(4)?), Remedy::named(&text(5)?));
            let (Some(strategy), Some(remedy)) = (strategy, remedy) else { return Ok(None) };
            let end = match (moment(10)?, Ending::named(&text(11)?)) {
                (Some(time), Some(ending)) => Some((time, ending, text(12)?.into())),
                _ => None,
            };
            Some(RepairEntry::Attempt(Attempt {
                number: row.get::<_, i64>(0)?.unsigned_abs(),
                time,
                service,
                strategy,
                remedy,
                targets: serde_json::from_str(&text(6)?).unwrap_or_default(),
                config: text(7)?.into(),
                reason: text(8)?.into(),
                course: serde_json::from_str(&text(13)?).ok(),
                acted_at: moment(9)?,
                end,
            }))
        }
        "reset" => Some(RepairEntry::Reset(time, service)),
        "pause" => Some(RepairEntry::Pause(time, text(8)?.into())),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Fix, Step, StepKind, Target, When};

    #[test]
    fn an_intent_is_there_before_anything_and_its_end_after_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.db");
        let at = |second: i64| DateTime::from_timestamp(1_800_000_000 + second, 0).unwrap();
        let mut attempt = Attempt {
            number: 0,
            time: at(0),
            service: "api".into(),
            strategy: Strategy::Exited,
            remedy: Remedy::Start,
            targets: vec![Target { container: "c1".into(), started_at: Some(at(-9)) }],
            config: "hash".into(),
            reason: "exited with 1".into(),
            course: None,
            acted_at: None,
            end: None,
        };
        {
            let mut state = State::open(&path).unwrap();
            let number = state.add_repair("shop", &RepairEntry::Attempt(attempt.clone())).unwrap();
            assert_eq!(number, 1);
        }
        attempt.number = 1;
        let mut state = State::open(&path).unwrap();
        // Open ones are found however old they are.
        assert_eq!(state.repairs("shop", at(99)).unwrap(), [RepairEntry::Attempt(attempt.clone())]);
        attempt.acted_at = Some(at(2));
        attempt.end = Some((at(40), Ending::Worked, "api is running".into()));
        state.set_acted("shop", 1, at(2)).unwrap();
        state.end_repair("shop", 1, attempt.end.as_ref().unwrap()).unwrap();
        let others =
            [RepairEntry::Reset(at(700), "api".into()), RepairEntry::Pause(at(800), "many".into())];
        for entry in &others {
            state.add_repair("shop", entry).unwrap();
        }
        let all = state.repairs("shop", at(0)).unwrap();
        assert_eq!((&all[0], &all[1..]), (&RepairEntry::Attempt(attempt), &others[..]));
        assert_eq!(state.repairs("shop", at(750)).unwrap(), others[1..]);
        assert!(state.repairs("other", at(0)).unwrap().is_empty());
        drop(state);
        let mut viewer = State::view(&path).unwrap();
        assert_eq!(viewer.repairs("shop", at(0)).unwrap().len(), 3);
        assert!(viewer.add_repair("shop", &others[0]).is_err());
    }
    #[test]
    fn a_fix_is_found_where_it_was_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.db");
        let at = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let step = Step { kind: StepKind::Exec(vec!["true".to_owned()]), limit_seconds: 5 };
        let fix = Fix {
            name: "calm".into(),
            about: "".into(),
            when: When::default(),
            steps: vec![step],
            undo: Vec::new(),
            limit_seconds: 60,
        };
        let mut attempt = Attempt {
            number: 1,
            time: at,
            service: "api".into(),
            strategy: Strategy::Exited,
            remedy: Remedy::Fix,
            targets: Vec::new(),
            config: "".into(),
            reason: "exited with 1".into(),
            course: Some(Box::new(Course::new(fix, "".into()))),
            acted_at: None,
            end: None,
        };
        let mut state = State::open(&path).unwrap();
        state.add_repair("shop", &RepairEntry::Attempt(attempt.clone())).unwrap();
        let read = |state: &State| state.repairs("shop", at).unwrap();
        assert_eq!(read(&state), [RepairEntry::Attempt(attempt.clone())]);
        let course = attempt.course.as_mut().unwrap();
        course.begun_at = Some(at);
        state.set_course("shop", 1, course).unwrap();
        drop(state);
        assert_eq!(read(&State::open(&path).unwrap()), [RepairEntry::Attempt(attempt)]);
    }
}
