//! Opening, reading and saving state.

use super::{
    Error,
    checkpoint::{Checkpoint, LastSeen},
    place::{self, Lock},
    row::{Row, is_kept},
    schema, ties,
};
use crate::model::{Anchor, ContainerId, ErrorGroup, Fingerprint, SafeText, Stream};
use crate::store::Ties;
use chrono::{DateTime, Duration, Utc};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    path::Path,
};

/// Anchors and groups that were silent for so long are forgotten.
const KEEP_FOR: Duration = Duration::days(30);

/// How far each stream of each container was read.
pub type Anchors = HashMap<ContainerId, BTreeMap<Stream, Anchor>>;

/// What earlier runs left of one project.
#[derive(Debug, Default)]
pub struct Saved {
    /// Its groups, without guidance: their rules know it.
    pub groups: Vec<ErrorGroup>,
    /// Where reading goes on.
    pub anchors: Anchors,
    /// Where each container stood, also those that are gone since.
    pub containers: Vec<LastSeen>,
    /// Number of the first record that was not counted; 0 where none was numbered.
    pub next_id: u64,
    /// When somebody watched last.
    pub last_visit: Option<DateTime<Utc>>,
    /// Earlier runs.
    pub session_count: u32,
    /// How names belong together.
    pub ties: Ties,
    /// Groups whose name is that of an earlier version.
    pub outdated: Vec<Fingerprint>,
    /// Groups that could not be read, and why; the others are there.
    pub warnings: Vec<SafeText>,
}

/// The state file, open.
#[derive(Debug)]
pub struct State {
    pub(super) connection: Connection,
    /// Held while it is written; `None` for a viewer.
    lock: Option<Lock>,
    warnings: Vec<SafeText>,
}

impl State {
    /// Opens the file for this process alone, making it and its folder where they are missing.
    ///
    /// A file that is no database, or a damaged one, is moved to `NAME.bad-TIME` and a fresh one begun;
    /// [`Self::warnings`] says so.
    ///
    /// # Errors
    /// [`Error::Locked`] while another process has it, [`Error::Newer`] for a file that must not be touched,
    /// [`Error::Unsafe`] for symbolic links and folders that others write to; else what the system says.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let file = place::prepare(path)?;
        let lock = Some(place::lock(&file)?);
        match schema::open(&file) {
            Ok(connection) => Ok(Self { connection, lock, warnings: Vec::new() }),
            Err(error) if schema::is_damage(&error) => {
                let bad = place::put_aside(&file)?;
                let warning = format!(
                    "state file unreadable ({error}), started fresh; the old file is kept at {}",
                    bad.display()
                );
                let warnings = vec![SafeText::from(warning)];
                Ok(Self { connection: schema::open(&file)?, lock, warnings })
            }
            Err(error) => Err(error),
        }
    }

    /// Opens the file for reading, beside the process that writes it. Everything that saves is an error.
    ///
    /// # Errors
    /// What the database says, and [`Error::Newer`] for any other format than ours.
    pub fn view(path: &Path) -> Result<Self, Error> {
        Ok(Self { connection: schema::view(path)?, lock: None, warnings: Vec::new() })
    }

    /// Whether this process may save; a viewer may not.
    pub const fn is_writer(&self) -> bool {
        self.lock.is_some()
    }

    /// What a person should know about opening it.
    pub fn warnings(&self) -> &[SafeText] {
        &self.warnings
    }

    /// What earlier runs left of a project; empty for one that was never seen.
    pub fn load(&self, project: &str) -> Result<Saved, Error> {
        let mut saved = Saved { session_count: self.session_count(project)?, ..Saved::default() };
        let mut statement =
            self.connection.prepare("SELECT fingerprint, json FROM problem WHERE project = ?1")?;
        let mut rows = statement.query([project])?;
        while let Some(row) = rows.next()? {
            let json: String = row.get(1)?;
            match serde_json::from_str::<Row<'_>>(&json) {
                Ok(group) => {
                    let (group, name): (ErrorGroup, String) = (group.into(), row.get(0)?);
                    if name != group.fingerprint.to_string() {
                        saved.outdated.push(group.fingerprint);
                    }
                    saved.groups.push(group);
                }
                Err(error) => {
                    let name: String = row.get(0)?;
                    let warning = format!("saved problem {name} is unreadable: {error}");
                    saved.warnings.push(warning.into());
                }
            }
        }
        saved.ties = ties::load(&self.connection, project)?;
        let mut statement = self
            .connection
            .prepare("SELECT container, stream, time, same FROM anchor WHERE project = ?1")?;
        let mut rows = statement.query([project])?;
        while let Some(row) = rows.next()? {
            let (container, stream): (String, String) = (row.get(0)?, row.get(1)?);
            let Some(stream) = stream_named(&stream) else { continue };
            let time = DateTime::from_timestamp_nanos(row.get(2)?);
            let anchor = Anchor { time, same: row.get(3)? };
            saved.anchors.entry(container.as_str().into()).or_default().insert(stream, anchor);
        }
        let mut statement = self.connection.prepare(
            "SELECT container, service, replica, started_at, verified, is_read FROM last_seen
             WHERE project = ?1",
        )?;
        let rows = statement.query_map([project], |row| {
            let (container, service): (String, String) = (row.get(0)?, row.get(1)?);
            let time = |nanos: Option<i64>| nanos.map(DateTime::from_timestamp_nanos);
            Ok(LastSeen {
                container: container.as_str().into(),
                service: service.as_str().into(),
                replica: row.get(2)?,
                started_at: time(row.get(3)?),
                verified: time(row.get(4)?),
                is_read: row.get(5)?,
            })
        })?;
        saved.containers = rows.collect::<Result<_, _>>()?;
        let sql = "SELECT next_id FROM project WHERE name = ?1";
        let next_id = self.connection.query_row(sql, [project], |row| row.get::<_, i64>(0));
        saved.next_id = next_id.optional()?.unwrap_or_default().unsigned_abs();
        let sql = "SELECT max(ended) FROM visit WHERE project = ?1";
        let ended: Option<i64> = self.connection.query_row(sql, [project], |row| row.get(0))?;
        saved.last_visit = ended.map(DateTime::from_timestamp_nanos);
        Ok(saved)
    }

    /// Looks the whole file over.
    ///
    /// # Errors
    /// What the database says where it is damaged.
    pub fn check(&self) -> Result<(), Error> {
        schema::check(&self.connection)
    }

    /// A value that a face wrote with [`Self::set`].
    pub fn get(&self, project: &str, key: &str) -> Result<Option<String>, Error> {
        let sql = "SELECT value FROM setting WHERE project = ?1 AND key = ?2";
        Ok(self.connection.query_row(sql, [project, key], |row| row.get(0)).optional()?)
    }

    fn session_count(&self, project: &str) -> Result<u32, Error> {
        let sql = "SELECT sessions FROM project WHERE name = ?1";
        let count = self.connection.query_row(sql, [project], |row| row.get(0)).optional()?;
        Ok(count.unwrap_or_default())
    }
}

/// For `engine` only.
impl State {
    /// Notes that a run begins; answers its number, from 1.
    pub fn begin_session(&mut self, project: &str, now: DateTime<Utc>) -> Result<u32, Error> {
        self.writes()?;
        self.connection.execute(
            "INSERT INTO project (name, sessions) VALUES (?1, 1)
             ON CONFLICT (name) DO UPDATE SET sessions = sessions + 1",
            [project],
        )?;
        let number = self.session_count(project)?;
        self.connection.execute(
            "INSERT OR REPLACE INTO visit (project, number, begun, ended) VALUES (?1, ?2, ?3, ?3)",
            params![project, number, nanos(now)],
        )?;
        Ok(number)
    }

    /// Saves one moment, whole or not at all. After an error the caller keeps it and tries again.
    pub fn save(&mut self, project: &str, checkpoint: &Checkpoint) -> Result<(), Error> {
        self.writes()?;
        let Checkpoint { groups, anchors, containers, next_id, ties, now } = checkpoint;
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // Before the groups: one that was merged and taken apart again is among them.
        ties::save(&transaction, project, ties)?;
        {
            let mut put = transaction.prepare_cached(
                "INSERT INTO problem (project, fingerprint, last_seen, is_kept, json)
                 VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (project, fingerprint) DO UPDATE SET
                 last_seen = excluded.last_seen, is_kept = excluded.is_kept, json = excluded.json",
            )?;
            for group in groups {
                put.execute(params![
                    project,
                    group.fingerprint.to_string(),
                    nanos(group.last_seen),
                    is_kept(group),
                    serde_json::to_string(&Row::from(group))?,
                ])?;
            }
            let mut put = transaction.prepare_cached(
                "INSERT INTO anchor (project, container, stream, time, same)
                 VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (project, container, stream) DO UPDATE SET
                 time = excluded.time, same = excluded.same",
            )?;
            for (container, stream, anchor) in anchors {
                let (time, stream) = (nanos(anchor.time), stream.as_str());
                put.execute(params![project, container.as_str(), stream, time, anchor.same])?;
            }
            let mut put = transaction.prepare_cached(
                "INSERT OR REPLACE INTO last_seen
                 (project, container, service, replica, started_at, verified, is_read)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?;
            for seen in containers {
                put.execute(params![
                    project,
                    seen.container.as_str(),
                    seen.service.as_str(),
                    seen.replica,
                    seen.started_at.map(nanos),
                    seen.verified.map(nanos),
                    seen.is_read,
                ])?;
            }
            if *next_id > 0 {
                transaction.execute(
                    "INSERT INTO project (name, sessions, next_id) VALUES (?1, 0, ?2)
                     ON CONFLICT (name) DO UPDATE SET next_id = excluded.next_id",
                    params![project, next_id.cast_signed()],
                )?;
            }
            if let Some(now) = now {
                transaction.execute(
                    "UPDATE visit SET ended = ?2 WHERE project = ?1 AND number =
                     (SELECT sessions FROM project WHERE name = ?1)",
                    params![project, nanos(*now)],
                )?;
            }
        }
        transaction.commit()?;
        Ok(())
    }

    /// Forgets groups that were let go for room.
    pub fn forget(&mut self, project: &str, groups: &[Fingerprint]) -> Result<(), Error> {
        self.writes()?;
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for group in groups {
            let sql = "DELETE FROM problem WHERE project = ?1 AND fingerprint = ?2";
            transaction.execute(sql, params![project, group.to_string()])?;
        }
        transaction.commit()?;
        Ok(())
    }

    /// Forgets what was silent for 30 days: groups, unless a person muted, fixed or filed them, and the anchors of
    /// containers that are not `alive`. Looks at all projects for groups, at this one for anchors.
    pub fn prune(
        &mut self,
        project: &str,
        alive: &HashSet<ContainerId>,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        self.writes()?;
        let limit = nanos(now - KEEP_FOR);
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute("DELETE FROM problem WHERE last_seen < ?1 AND NOT is_kept", [limit])?;
        let gone: HashSet<String> = {
            let sql = "SELECT container FROM anchor WHERE project = ?1 GROUP BY container
                       HAVING max(time) < ?2";
            let mut old = transaction.prepare(sql)?;
            let rows = old.query_map(params![project, limit], |row| row.get(0))?;
            rows.collect::<Result<_, _>>()?
        };
        for container in gone.iter().filter(|c| !alive.contains(&ContainerId::from(c.as_str()))) {
            for sql in [
                "DELETE FROM anchor WHERE project = ?1 AND container = ?2",
                "DELETE FROM last_seen WHERE project = ?1 AND container = ?2",
            ] {
                transaction.execute(sql, [project, container])?;
            }
        }
        transaction.commit()?;
        Ok(())
    }

    /// Keeps a value of a face's own.
    pub fn set(&mut self, project: &str, key: &str, value: &str) -> Result<(), Error> {
        self.writes()?;
        self.connection.execute(
            "INSERT INTO setting (project, key, value) VALUES (?1, ?2, ?3)
             ON CONFLICT (project, key) DO UPDATE SET value = excluded.value",
            [project, key, value],
        )?;
        Ok(())
    }

    pub(super) fn writes(&self) -> Result<(), Error> {
        if self.lock.is_some() { Ok(()) } else { Err(Error::ViewOnly) }
    }
}

/// Nanoseconds since the epoch; the year 2262 stands for all later ones.
pub(super) fn nanos(time: DateTime<Utc>) -> i64 {
    time.timestamp_nanos_opt().unwrap_or(i64::MAX)
}

fn stream_named(name: &str) -> Option<Stream> {
    [Stream::Stdout, Stream::Stderr].into_iter().find(|s| s.as_str() == name)
}
