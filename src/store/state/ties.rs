//! How names belong together, on disk.

use super::Error;
use crate::{
    model::{Fingerprint, Learnt},
    store::Ties,
};
use rusqlite::{Connection, Transaction, params};

/// Templates that are kept; beyond them none are added.
const MAX_LEARNT: i64 = 4_000;

pub(super) fn load(connection: &Connection, project: &str) -> Result<Ties, Error> {
    let pairs = |sql: &str| -> Result<Vec<(Fingerprint, Fingerprint)>, Error> {
        let mut statement = connection.prepare(sql)?;
        let rows =
            statement.query_map([project], |row| Ok((name(row.get(0)?), name(row.get(1)?))))?;
        Ok(rows.collect::<Result<_, _>>()?)
    };
    let merged = pairs("SELECT fingerprint, problem FROM alias WHERE project = ?1")?;
    let apart = pairs("SELECT part, problem FROM apart WHERE project = ?1")?;
    let sql = "SELECT scope, template, problem FROM learnt WHERE project = ?1";
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map([project], |row| {
        let template: String = row.get(1)?;
        let scope = row.get::<_, i64>(0)?.cast_unsigned();
        Ok(Learnt { scope, template: template.into(), group: name(row.get(2)?) })
    })?;
    let learnt = rows.collect::<Result<_, _>>()?;
    Ok(Ties { merged, apart, learnt })
}

pub(super) fn save(transaction: &Transaction<'_>, project: &str, ties: &Ties) -> Result<(), Error> {
    for (from, into) in &ties.merged {
        let (from_number, into) = (number(*from), number(*into));
        for version in 1..=Fingerprint::VERSION {
            let sql = "DELETE FROM problem WHERE project = ?1 AND fingerprint = ?2";
            transaction.execute(sql, params![project, format!("fp{version}:{:016x}", from.0)])?;
        }
        for sql in [
            "UPDATE alias SET problem = ?3 WHERE project = ?1 AND problem = ?2",
            "UPDATE learnt SET problem = ?3 WHERE project = ?1 AND problem = ?2",
            "INSERT OR REPLACE INTO alias (project, fingerprint, problem) VALUES (?1, ?2, ?3)",
        ] {
            transaction.execute(sql, params![project, from_number, into])?;
        }
        let sql = "DELETE FROM alias WHERE project = ?1 AND fingerprint = ?2";
        transaction.execute(sql, params![project, into])?;
    }
    for (part, group) in &ties.apart {
        let sql = "INSERT OR REPLACE INTO apart (project, part, problem) VALUES (?1, ?2, ?3)";
        transaction.execute(sql, params![project, number(*part), number(*group)])?;
        let sql = "DELETE FROM alias WHERE project = ?1 AND fingerprint = ?2";
        transaction.execute(sql, params![project, number(*group)])?;
    }
    if ties.learnt.is_empty() {
        return Ok(());
    }
    let sql = "SELECT count(*) FROM learnt WHERE project = ?1";
    let known: i64 = transaction.query_row(sql, [project], |row| row.get(0))?;
    for learnt in ties.learnt.iter().take(MAX_LEARNT.saturating_sub(known) as usize) {
        let Learnt { scope, template, group } = learnt;
        transaction.execute(
            "INSERT OR REPLACE INTO learnt (project, scope, template, problem) VALUES (?1, ?2, ?3, ?4)",
            params![project, scope.cast_signed(), template.as_str(), number(*group)],
        )?;
    }
    Ok(())
}

const fn number(name: Fingerprint) -> i64 {
    name.0.cast_signed()
}

const fn name(number: i64) -> Fingerprint {
    Fingerprint(number.cast_unsigned())
}
