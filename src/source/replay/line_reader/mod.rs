//! Whose line is it? Decided line by line, with a memory of what the log looked like so far.

use super::{
    ndjson,
    prefix::{self, Prefixed},
    split::MAX_LINE,
};
use crate::model::{ContainerId, Origin, RawLine, ServiceName, Stream};
use bytes::Bytes;
use foldhash::HashMap;
use std::sync::Arc;

/// So many containers are told apart; lines of further ones go to the last resort, the log itself.
const MAX_CONTAINERS: usize = 4_096;
/// After so many lines without a prefix, one that has one must not be alone to be believed.
const PLAIN: u64 = 16;

/// Reads `docker compose logs` output, our own NDJSON, the Engine's `json-file` logs, and plain text.
///
/// A line belongs to a container when it begins with `NAME-N  | ` or `NAME_N  | `, at least two spaces before the bar,
/// and such lines are at least a third of the log so far (or it has only begun); a prefix without a
/// number (`container_name`) counts where the bar stands in the column of a numbered one, where
/// [`LineReader::learn`] saw nothing else, or where an object, a stamp and more or a sentence follow, or where it
/// is hyphenated. All other lines belong to the log itself. Only the first bar is looked at.
#[derive(Debug)]
pub struct LineReader {
    plain: Arc<Origin>,
    origins: HashMap<Vec<u8>, Arc<Origin>>,
    columns: Vec<usize>,
    prefixed_lines: u64,
    plain_lines: u64,
    /// Every line of the sample has a prefix.
    is_compose: bool,
}

impl Default for LineReader {
    fn default() -> Self {
        Self::new()
    }
}

impl LineReader {
    /// A reader whose plain lines belong to the service `log`.
    pub fn new() -> Self {
        Self::named("log")
    }

    /// A reader whose plain lines belong to the service `name`.
    pub fn named(name: &str) -> Self {
        Self {
            plain: origin(name, name, 0),
            origins: HashMap::default(),
            columns: Vec::new(),
            prefixed_lines: 0,
            plain_lines: 0,
            is_compose: false,
        }
    }

    /// Whose the plain lines are.
    pub fn plain(&self) -> &Arc<Origin> {
        &self.plain
    }

    /// Looks at the beginning of a log before it is read, so that names without a number are known for what they are.
    pub fn learn(&mut self, sample: &[u8]) {
        let mut lines = 0_u64;
        let mut prefixed = 0_u64;
        for line in sample.split(|b| *b == b'\n').take(1_000) {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.is_empty() {
                continue;
            }
            lines += 1;
            let looks_so = prefix::take(line).is_some_and(|p| is_padded(&p) && !is_level(p.name))
                || prefix::take_exit(line).is_some();
            prefixed += u64::from(looks_so);
        }
        self.is_compose = lines >= 3 && prefixed * 10 >= lines * 9;
    }

    /// Whose line this is, when it was written, and what it says, in the memory of `whole`, which comes without
    /// its line feed; what exceeds 1 MiB is cut off.
    pub fn read(&mut self, whole: &Bytes) -> RawLine {
        let line = whole.strip_suffix(b"\n").unwrap_or(whole);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let line = &line[..line.len().min(MAX_LINE)];
        if let Some(raw) = self.read_own(line) {
            return raw;
        }
        if let Some(prefixed) = prefix::take(line)
            && self.is_believed(&prefixed)
        {
            self.prefixed_lines += 1;
            if !self.columns.contains(&prefixed.column) && self.columns.len() < 64 {
                self.columns.push(prefixed.column);
            }
            let (time, text) = prefix::take_time(prefixed.text);
            let origin = self.origin(prefixed.name);
            let bytes = whole.slice_ref(text);
            return RawLine { origin, stream: Stream::Stdout, time, bytes };
        }
        if let Some((name, words)) = prefix::take_exit(line) {
            let origin = self.origin(name);
            let bytes = whole.slice_ref(words);
            return RawLine { origin, stream: Stream::System, time: None, bytes };
        }
        self.plain_lines += u64::from(!line.is_empty());
        let (time, text) = prefix::take_time(line);
        let origin = Arc::clone(&self.plain);
        RawLine { origin, stream: Stream::Stdout, time, bytes: whole.slice_ref(text) }
    }

    /// The next line comes from elsewhere: what the log looked like so far says nothing of it.
    pub fn forget(&mut self) {
        self.prefixed_lines = 0;
        self.plain_lines = 0;
    }

    fn read_own(&mut self, line: &[u8]) -> Option<RawLine> {
        if let Some(row) = ndjson::read_engine(line) {
            let bytes = Bytes::copy_from_slice(row.log.trim_end_matches(['\n', '\r']).as_bytes());
            let origin = Arc::clone(&self.plain);
            return Some(RawLine { origin, stream: row.stream, time: Some(row.time), bytes });
        }
        let row = ndjson::read(line)?;
        let container = if row.container.is_empty() { &row.service } else { &row.container };
        // The container says more than the service; both together are the key.
        let key = format!("{}\0{container}\0{}", row.service, row.replica).into_bytes();
        let origin = self.remember(&key, || origin(&row.service, container, row.replica));
        Some(RawLine {
            origin,
            stream: row.stream,
            time: row.time,
            bytes: Bytes::copy_from_slice(row.text.as_bytes()),
        })
    }

    fn is_believed(&self, prefixed: &Prefixed<'_>) -> bool {
        let is_usual =
            self.plain_lines < PLAIN || self.prefixed_lines.saturating_mul(2) >= self.plain_lines;
        if self.origins.contains_key(prefixed.name) {
            return true;
        }
        if !is_padded(prefixed) {
            return false;
        }
        if prefix::numbered(prefixed.name).is_some() {
            return is_usual;
        }
        let is_in_column = self.prefixed_lines > 0 && self.columns.contains(&prefixed.column);
        // Columns of tables have no hyphens.
        let is_line = is_in_column
            || prefixed.name.contains(&b'-')
            || opens_a_line(prefixed.text)
            || (is_lower(prefixed.name) && is_sentence(prefixed.text));
        !is_level(prefixed.name) && (self.is_compose || (is_usual && is_line))
    }

    fn origin(&mut self, name: &[u8]) -> Arc<Origin> {
        self.remember(name, || {
            let (service, replica) = prefix::numbered(name).unwrap_or((name, 0));
            let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
            origin(&text(service), &text(name), replica)
        })
    }

    fn remember(&mut self, key: &[u8], make: impl FnOnce() -> Arc<Origin>) -> Arc<Origin> {
        if let Some(known) = self.origins.get(key) {
            return Arc::clone(known);
        }
        if self.origins.len() >= MAX_CONTAINERS {
            return Arc::clone(&self.plain);
        }
        let origin = make();
        self.origins.insert(key.to_vec(), Arc::clone(&origin));
        origin
    }
}

fn origin(service: &str, container: &str, replica: u32) -> Arc<Origin> {
    Arc::new(Origin {
        service: ServiceName::from(service),
        container: ContainerId::from(container),
        replica,
        is_tty: false,
    })
}

/// Compose leaves at least two spaces before the bar.
fn is_padded(prefixed: &Prefixed<'_>) -> bool {
    prefixed.column >= prefixed.name.len() + 2
}

/// Whether `text` begins as lines of programs do: an object, or a date and more than a column of a table holds.
fn opens_a_line(text: &[u8]) -> bool {
    let text = text.trim_ascii_start();
    let date = text.strip_prefix(b"[").unwrap_or(text);
    let year = date.iter().take_while(|b| b.is_ascii_digit()).count();
    text.starts_with(b"{\"")
        || (year == 4 && matches!(date.get(4), Some(b'-' | b'/')) && date.len() > 40)
}

/// Whether a name is as containers are called, and not as the columns of tables.
fn is_lower(name: &[u8]) -> bool {
    !name.iter().any(u8::is_ascii_uppercase)
}

/// Whether `text` is a line of words, with no further column behind it.
fn is_sentence(text: &[u8]) -> bool {
    const WORDS: usize = 4;
    let words = text.split(|b| *b == b' ').filter(|word| !word.is_empty()).take(WORDS);
    !text.starts_with(b"{") && !text.contains(&b'|') && words.count() == WORDS
}

/// `INFO     | message` is how loguru writes, not Compose.
fn is_level(name: &[u8]) -> bool {
    let level: &[&[u8]] = &[
        b"trace",
        b"debug",
        b"info",
        b"success",
        b"notice",
        b"warn",
        b"warning",
        b"error",
        b"critical",
        b"fatal",
    ];
    level.iter().any(|l| name.eq_ignore_ascii_case(l))
}

#[cfg(test)]
mod tests;
