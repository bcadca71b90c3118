//! What a person comes back to: what dogwatch did, and the lines they marked.

use super::{Error, State, database::nanos};
use crate::model::{Position, RecordId, SafeText, ServiceName};
use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, TransactionBehavior, params};

/// Acts that are remembered; the oldest go first.
const MAX_ACTS: u32 = 1_000;
/// Something that dogwatch did, or tried to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// When it was asked for.
    pub time: DateTime<Utc>,
    /// What: `restart`, `stop`, `file`.
    pub verb: SafeText,
    /// To which service; `None` for what concerns none.
    pub service: Option<ServiceName>,
    /// What came of it, in a sentence.
    pub outcome: SafeText,
}

/// A line that a person marked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The line.
    pub position: Position,
    /// What they wrote to it; often nothing.
    pub note: SafeText,
}

impl State {
    /// The newest acts, newest first, at most `count`.
    pub fn acts(&self, project: &str, count: u32) -> Result<Vec<Act>, Error> {
        let sql = "SELECT time, verb, service, outcome FROM action WHERE project = ?1
                   ORDER BY time DESC, number DESC LIMIT ?2";
        let mut statement = self.connection.prepare_cached(sql)?;
        let acts = statement.query_map(params![project, count], act)?;
        Ok(acts.collect::<Result<_, _>>()?)
    }

    /// The newest act of this kind on a service: "since I restarted api" counts from its time.
    pub fn last_act(
        &self,
        project: &str,
        verb: &str,
        service: &ServiceName,
    ) -> Result<Option<Act>, Error> {
        let sql = "SELECT time, verb, service, outcome FROM action
                   WHERE project = ?1 AND verb = ?2 AND service = ?3
                   ORDER BY time DESC, number DESC LIMIT 1";
        let found = self.connection.query_row(sql, params![project, verb, service.as_str()], act);
        Ok(found.optional()?)
    }

    /// The marked lines in order.
    pub fn marks(&self, project: &str) -> Result<Vec<Mark>, Error> {
        let sql = "SELECT time, record, note FROM mark WHERE project = ?1 ORDER BY time, record";
        let mut statement = self.connection.prepare_cached(sql)?;
        let marks = statement.query_map([project], |row| {
            let time = DateTime::from_timestamp_nanos(row.get(0)?);
            let id = RecordId(row.get::<_, i64>(1)?.cast_unsigned());
            let note: String = row.get(2)?;
            Ok(Mark { position: Position { time, id }, note: note.into() })
        })?;
        Ok(marks.collect::<Result<_, _>>()?)
    }
}

/// For `engine` only.
impl State {
    /// Remembers an act.
    pub fn add_act(&mut self, project: &str, act: &Act) -> Result<(), Error> {
        self.writes()?;
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let service = act.service.as_ref().map(ServiceName::as_str);
        transaction.execute(
            "INSERT INTO action (project, number, time, verb, service, outcome) VALUES (?1,
             (SELECT coalesce(max(number), 0) + 1 FROM action WHERE project = ?1), ?2, ?3, ?4, ?5)",
            params![project, nanos(act.time), act.verb.as_str(), service, act.outcome.as_str()],
        )?;
        transaction.execute(
            "DELETE FROM action WHERE project = ?1 AND number <=
             (SELECT max(number) FROM action WHERE project = ?1) - ?2",
            params![project, MAX_ACTS],
        )?;
        transaction.commit()?;
        Ok(())
    }

    /// Marks a line, or writes another note to its mark.
    pub fn mark(&mut self, project: &str, mark: &Mark) -> Result<(), Error> {
        self.writes()?;
        let Position { time, id } = mark.position;
        self.connection.execute(
            "INSERT INTO mark (project, time, record, note) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (project, time, record) DO UPDATE SET note = excluded.note",
            params![project, nanos(time), id.0.cast_signed(), mark.note.as_str()],
        )?;
        Ok(())
    }

    /// Takes a mark away; whether there was one.
    pub fn unmark(&mut self, project: &str, position: Position) -> Result<bool, Error> {
        self.writes()?;
        let sql = "DELETE FROM mark WHERE project = ?1 AND time = ?2 AND record = ?3";
        let Position { time, id } = position;
        let gone =
            self.connection.execute(sql, params![project, nanos(time), id.0.cast_signed()])?;
        Ok(gone > 0)
    }
}

fn act(row: &rusqlite::Row<'_>) -> rusqlite::Result<Act> {
    let (verb, outcome): (String, String) = (row.get(1)?, row.get(3)?);
    let service: Option<String> = row.get(2)?;
    Ok(Act {
        time: DateTime::from_timestamp_nanos(row.get(0)?),
        verb: verb.into(),
        service: service.map(|name| name.as_str().into()),
        outcome: outcome.into(),
    })
}
