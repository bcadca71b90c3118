//! What became of each issue, for people and programs.

use super::{cache::Cache, follow::Wish};
use crate::model::{FiledIssue, IssueDraft};
use serde::Serialize;
use serde_json::json;
use std::{
    fmt,
    io::{self, Write},
};

/// What became of one issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It would be filed.
    WouldFile,
    /// It is filed.
    Filed,
    /// An open one is there already.
    Exists,
    /// One is there and closed, and none is filed beside it.
    Closed,
    /// More are wanted than are filed at once.
    Later,
    /// It could not be filed.
    Failed,
}

impl Verdict {
    const fn as_str(self) -> &'static str {
        match self {
            Self::WouldFile => "would file",
            Self::Filed => "filed",
            Self::Exists => "exists",
            Self::Closed => "closed",
            Self::Later => "later",
            Self::Failed => "failed",
        }
    }
}

/// One issue and what became of it.
#[derive(Debug, Clone)]
pub struct Line {
    /// What.
    pub verdict: Verdict,
    /// The issue as it would be sent.
    pub draft: IssueDraft,
    /// The one that is there.
    pub issue: Option<FiledIssue>,
    /// Why it could not be filed, or waits.
    pub error: Option<String>,
}

impl Line {
    /// Whether it could not be filed.
    pub fn is_failed(&self) -> bool {
        self.verdict == Verdict::Failed
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.verdict.as_str(), self.draft.title)?;
        if let Some(issue) = &self.issue {
            write!(f, " (#{} {})", issue.number, issue.url)?;
        }
        self.error.iter().try_for_each(|error| write!(f, ": {error}"))
    }
}

/// Writes all of them.
///
/// # Errors
/// When `out` cannot be written.
pub fn write(lines: &[Line], is_json: bool, is_full: bool, out: &mut dyn Write) -> io::Result<()> {
    if is_json {
        let values: Vec<_> = lines.iter().map(value).collect();
        serde_json::to_writer_pretty(&mut *out, &values)?;
        return writeln!(out);
    }
    if lines.is_empty() {
        return writeln!(out, "nothing to file");
    }
    for line in lines {
        let word = line.verdict.as_str();
        writeln!(out, "{word:<10}  {}  {}", line.draft.title, line.draft.fingerprint)?;
        if let Some(issue) = &line.issue {
            writeln!(out, "            #{} {}", issue.number, issue.url)?;
        }
        if let Some(error) = &line.error {
            writeln!(out, "            {error}")?;
        }
        if line.verdict == Verdict::WouldFile {
            writeln!(out, "            labels: {}", line.draft.labels.join(", "))?;
        }
        if is_full {
            writeln!(out, "\n{}\n", line.draft.body)?;
        }
    }
    Ok(())
}

fn value(line: &Line) -> serde_json::Value {
    let IssueDraft { fingerprint, title, body, labels, masked } = &line.draft;
    json!({
        "verdict": line.verdict, "fingerprint": fingerprint, "title": title, "body": body,
        "labels": labels, "masked": masked, "issue": line.issue, "error": line.error,
    })
}

/// Writes what was filed, the newest number first.
///
/// # Errors
/// When `out` cannot be written.
pub fn list(cache: &Cache, is_json: bool, out: &mut dyn Write) -> io::Result<()> {
    if is_json {
        serde_json::to_writer_pretty(&mut *out, cache)?;
        return writeln!(out);
    }
    if cache.issues.is_empty() {
        return writeln!(out, "nothing was filed from here");
    }
    let mut known: Vec<_> = cache.issues.iter().collect();
    known.sort_by_key(|(_, known)| std::cmp::Reverse(known.issue.as_ref().map(|i| i.number)));
    for (fingerprint, known) in known {
        match &known.issue {
            Some(FiledIssue { number, url, is_open, .. }) => {
                let word = if *is_open { "open" } else { "closed" };
                writeln!(out, "#{number:<6}  {word:<6}  {}  {fingerprint}  {url}", known.title)?;
            }
            None => writeln!(out, "?        unknown  {}  {fingerprint}", known.title)?,
        }
    }
    Ok(())
}

/// Something that an issue is missing, and what became of it.
#[derive(Debug, Clone, Serialize)]
pub struct Step {
    /// The issue.
    pub number: u64,
    /// What, and why.
    #[serde(flatten)]
    pub wish: Wish,
    /// Whether it was done.
    pub is_done: bool,
    /// Why it could not be done.
    pub error: Option<String>,
}

/// Writes how all issues stand, and what was or would be done to them; in JSON also what could not be asked, which
/// people are told elsewhere.
///
/// # Errors
/// When `out` cannot be written.
pub fn synced(
    cache: &Cache,
    steps: &[Step],
    errors: &[String],
    is_json: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    if is_json {
        let whole = json!({"issues": cache.issues, "steps": steps, "errors": errors});
        serde_json::to_writer_pretty(&mut *out, &whole)?;
        return writeln!(out);
    }
    list(cache, false, out)?;
    for Step { number, wish, is_done, error } in steps {
        let verb = wish.verb();
        match error {
            Some(error) => writeln!(out, "could not {verb} #{number}: {error}")?,
            None if *is_done => writeln!(out, "done: {verb} #{number}: {}", wish.text)?,
            None => writeln!(out, "would {verb} #{number}: {}", wish.text)?,
        }
    }
    if steps.iter().any(|step| !step.is_done && step.error.is_none()) {
        writeln!(
            out,
            "\n`follow = [\"comment\", \"reopen\", \"close\"]` under [issues] lets `issues sync` do it"
        )?;
    }
    Ok(())
}
