//! The tables, and how an older file becomes a new one.

use super::{Error, place};
use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use std::{path::Path, time::Duration};

/// Each step leads from the version of its index to the next; a step that was released is never changed.
const MIGRATIONS: &[&str] = &[
    "
    CREATE TABLE project (name TEXT PRIMARY KEY, sessions INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE problem (
        project TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        last_seen INTEGER NOT NULL,
        is_kept INTEGER NOT NULL,
        json TEXT NOT NULL,
        PRIMARY KEY (project, fingerprint)
    ) WITHOUT ROWID;
    CREATE TABLE anchor (
        project TEXT NOT NULL,
        container TEXT NOT NULL,
        stream TEXT NOT NULL,
        time INTEGER NOT NULL,
        same INTEGER NOT NULL,
        PRIMARY KEY (project, container, stream)
    ) WITHOUT ROWID;
    CREATE TABLE setting (
        project TEXT NOT NULL,
        key TEXT NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY (project, key)
    ) WITHOUT ROWID;
",
    "
    ALTER TABLE project ADD COLUMN next_id INTEGER NOT NULL DEFAULT 0;
    CREATE TABLE last_seen (
        project TEXT NOT NULL,
        container TEXT NOT NULL,
        service TEXT NOT NULL,
        replica INTEGER NOT NULL,
        started_at INTEGER,
        verified INTEGER,
        PRIMARY KEY (project, container)
    ) WITHOUT ROWID;
    CREATE TABLE visit (
        project TEXT NOT NULL,
        number INTEGER NOT NULL,
        begun INTEGER NOT NULL,
        ended INTEGER NOT NULL,
        PRIMARY KEY (project, number)
    ) WITHOUT ROWID;
",
    "
    CREATE TABLE action (
        project TEXT NOT NULL,
        number INTEGER NOT NULL,
        time INTEGER NOT NULL,
        verb TEXT NOT NULL,
        service TEXT,
        outcome TEXT NOT NULL,
        PRIMARY KEY (project, number)
    ) WITHOUT ROWID;
    CREATE TABLE mark (
        project TEXT NOT NULL,
        time INTEGER NOT NULL,
        record INTEGER NOT NULL,
        note TEXT NOT NULL,
        PRIMARY KEY (project, time, record)
    ) WITHOUT ROWID;
",
    "
    CREATE TABLE alias (
        project TEXT NOT NULL,
        fingerprint INTEGER NOT NULL,
        problem INTEGER NOT NULL,
        PRIMARY KEY (project, fingerprint)
    ) WITHOUT ROWID;
    CREATE TABLE apart (
        project TEXT NOT NULL,
        part INTEGER NOT NULL,
        problem INTEGER NOT NULL,
        PRIMARY KEY (project, part)
    ) WITHOUT ROWID;
    CREATE TABLE learnt (
        project TEXT NOT NULL,
        scope INTEGER NOT NULL,
        template TEXT NOT NULL,
        problem INTEGER NOT NULL,
        PRIMARY KEY (project, scope, template)
    ) WITHOUT ROWID;
",
    "
    CREATE TABLE repair (
        project TEXT NOT NULL,
        number INTEGER NOT NULL,
        time INTEGER NOT NULL,
        kind TEXT NOT NULL,
        service TEXT,
        strategy TEXT,
        remedy TEXT,
        targets TEXT,
        config TEXT,
        reason TEXT,
        acted_at INTEGER,
        ended_at INTEGER,
        ending TEXT,
        detail TEXT,
        PRIMARY KEY (project, number)
    ) WITHOUT ROWID;
",
    "
    ALTER TABLE last_seen ADD COLUMN is_read INTEGER NOT NULL DEFAULT TRUE;
",
    "
    ALTER TABLE repair ADD COLUMN course TEXT;
",
];

/// How long a statement waits for a reader's or another writer's lock inside `SQLite`.
const BUSY: Duration = Duration::from_secs(2);

/// Opens the file for writing, whole and with the newest tables.
pub(super) fn open(file: &Path) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let mut connection = Connection::open_with_flags(file, flags)?;
    connection.busy_timeout(BUSY)?;
    let version = version(&connection)?;
    if version > MIGRATIONS.len() {
        let (found, known) = (version as u32, MIGRATIONS.len() as u32);
        return Err(Error::Newer { path: file.to_owned(), found, known });
    }
    check(&connection)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "normal")?;
    if (1..MIGRATIONS.len()).contains(&version) {
        back_up(&connection, file, version)?;
    }
    for (step, sql) in MIGRATIONS.iter().enumerate().skip(version) {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch(sql)?;
        transaction.pragma_update(None, "user_version", (step + 1) as u32)?;
        transaction.commit()?;
    }
    Ok(connection)
}

/// Copies the file as it is to `NAME.vN.bak` before it becomes a newer one.
///
/// Each step of a migration is one transaction: whoever is killed on the way begins here again.
fn back_up(connection: &Connection, file: &Path, version: usize) -> Result<(), Error> {
    let backup = place::with_suffix(file, &format!(".v{version}.bak"));
    let part = place::with_suffix(&backup, ".part");
    place::create_anew(&part)?;
    // It fills an empty file, which keeps its mode.
    connection.execute("VACUUM INTO ?1", [part.to_string_lossy()])?;
    place::finish(&part, &backup)
}

/// Opens the file for reading beside a writer.
pub(super) fn view(file: &Path) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags)?;
    connection.busy_timeout(BUSY)?;
    let version = version(&connection)?;
    if version != MIGRATIONS.len() {
        let (found, known) = (version as u32, MIGRATIONS.len() as u32);
        return Err(Error::Newer { path: file.to_owned(), found, known });
    }
    Ok(connection)
}

/// Whether an error means that the file is not, or no longer, a database.
pub(super) fn is_damage(error: &Error) -> bool {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
    match error {
        Error::Database(error) => {
            matches!(error.sqlite_error_code(), Some(DatabaseCorrupt | NotADatabase))
        }
        _ => false,
    }
}

fn version(connection: &Connection) -> Result<usize, Error> {
    let version: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    Ok(version as usize)
}

/// Looks the whole file over.
pub(super) fn check(connection: &Connection) -> Result<(), Error> {
    let answer: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if answer == "ok" {
        return Ok(());
    }
    let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT);
    Err(rusqlite::Error::SqliteFailure(code, Some(answer)).into())
}
