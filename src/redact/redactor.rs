//! Puts a mark in the place of every secret.

use super::{
    finder::{Finder, Found},
    literals::Literals,
    mark,
    pem::{self, PemState},
    personal,
    readable::Readable,
    scanner::Scanner,
};
use crate::model::Secret;
use std::{
    collections::BTreeMap,
    fmt,
    hash::{BuildHasher, RandomState},
    sync::{Mutex, PoisonError, RwLock},
};

/// Looks at a line with secrets until nothing more is found, but no more often than this.
const ROUNDS: usize = 4;

/// Masks secrets; one for all threads. Making one costs some ten microseconds.
pub struct Redactor {
    key: [u8; 32],
    scanner: Scanner,
    masks_personal: bool,
    /// What is looked for; replaced as a whole.
    literals: RwLock<Literals>,
    /// By container.
    learned: Mutex<BTreeMap<Box<str>, Vec<Secret>>>,
}

/// A line that held secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redacted {
    /// The line with marks.
    pub bytes: Vec<u8>,
    /// How many marks were set.
    pub count: usize,
}

impl Default for Redactor {
    fn default() -> Self {
        Self::new()
    }
}

impl Redactor {
    /// With a fresh key: marks are equal for equal secrets within this process only.
    pub fn new() -> Self {
        let mut key = [0; 32];
        for (index, part) in key.chunks_mut(8).enumerate() {
            part.copy_from_slice(&RandomState::new().hash_one(index).to_le_bytes());
        }
        Self::with_key(key)
    }

    /// With a key that was kept: marks are equal for equal secrets wherever that key is used.
    pub fn with_key(key: [u8; 32]) -> Self {
        Self {
            key,
            scanner: Scanner::new(),
            masks_personal: false,
            literals: RwLock::default(),
            learned: Mutex::default(),
        }
    }

    /// Whether card numbers, e-mail and IP addresses and telephone numbers are masked as well. Off by default.
    #[must_use]
    pub fn with_personal(self, masks_personal: bool) -> Self {
        Self { masks_personal, ..self }
    }

    /// Looks for these values in lines of all containers from now on, until [`Self::forget`]; replaces what was
    /// learned of the same container.
    ///
    /// Each is found plain, as in JSON, URL-encoded and in Base64. Values that would wipe out logs are not taken:
    /// see [`super::secrets_of`]. Other threads wait only while the new set is put in place.
    pub fn learn(&self, container: &str, secrets: Vec<Secret>) {
        let mut learned = self.learned.lock().unwrap_or_else(PoisonError::into_inner);
        let before = learned.get(container).map_or(&[][..], Vec::as_slice);
        if before == secrets {
            return;
        }
        learned.insert(container.into(), secrets);
        self.replace(&learned);
    }

    /// Looks no longer for what only this container had.
    pub fn forget(&self, container: &str) {
        let mut learned = self.learned.lock().unwrap_or_else(PoisonError::into_inner);
        if learned.remove(container).is_some_and(|secrets| !secrets.is_empty()) {
            self.replace(&learned);
        }
    }

    fn replace(&self, learned: &BTreeMap<Box<str>, Vec<Secret>>) {
        let literals = Literals::new(learned.values().flatten());
        *self.literals.write().unwrap_or_else(PoisonError::into_inner) = literals;
    }

    /// One raw line without its end, of any encoding; `None` where there is nothing to mask, which allocates nothing.
    ///
    /// Both the bytes and what a person would read of them (without escape sequences and invisible characters) are
    /// searched, so a secret is found with colours before, behind and within it; what is hidden inside it goes with
    /// it. `pem` belongs to the container's stream. Linear in the line. A marked line comes back as `None`.
    pub fn line(&self, pem: &mut PemState, line: &[u8]) -> Option<Redacted> {
        let before = pem.clone();
        let found = self.secrets_in(pem, line);
        if found.is_empty() {
            return None;
        }
        let room = 2 * line.len() + mark::MAX_MARK;
        let mut out = self.masked(line, found, room);
        // With a mark in the place of a value, what stands around it may read as a secret that it did not before.
        for _ in 1..ROUNDS {
            let found = self.secrets_in(&mut before.clone(), &out.bytes);
            if found.is_empty() {
                break;
            }
            let again = self.masked(&out.bytes, found, room);
            out = Redacted { bytes: again.bytes, count: out.count + again.count };
        }
        Some(out)
    }

    /// What is secret in a line and in its readable text, without what was marked before; in no order.
    fn secrets_in(&self, pem: &mut PemState, line: &[u8]) -> Vec<Found> {
        let was_open = pem.is_open();
        let mut found = self.found_in(pem, line);
        if let Some(readable) = Readable::of(line) {
            let mut again = PemState::default();
            if was_open {
                again.open();
            }
            let more = self.found_in(&mut again, &readable.text);
            found
                .extend(more.into_iter().map(|f| Found { range: readable.in_line(&f.range), ..f }));
            if again.is_open() && !was_open {
                pem.open();
            }
        }
        // One by one, before they are joined: a secret beside a mark is still masked.
        found.retain(|f| !mark::touches(line, &f.range));
        found
    }

    /// The text, which may have many lines, with a mark for every secret, and how many there were.
    ///
    /// The number of lines stays. Masked text comes back unchanged.
    pub fn redact(&self, text: &str) -> (String, usize) {
        let mut pem = PemState::default();
        let mut out = Vec::with_capacity(text.len());
        let mut count = 0;
        for (index, line) in text.split('\n').enumerate() {
            if index > 0 {
                out.push(b'\n');
            }
            match self.line(&mut pem, line.as_bytes()) {
                Some(redacted) => {
                    count += redacted.count;
                    out.extend(redacted.bytes);
                }
                None => out.extend(line.bytes()),
            }
        }
        (String::from_utf8_lossy(&out).into_owned(), count)
    }

    fn found_in(&self, pem: &mut PemState, text: &[u8]) -> Vec<Found> {
        let mut finder = Finder::new(text);
        finder.find(&self.scanner);
        let (mut found, opens_key) = (finder.found, finder.opens_key);
        self.literals.read().unwrap_or_else(PoisonError::into_inner).find(text, &mut found);
        if self.masks_personal {
            personal::find(text, &mut found);
        }
        if pem.is_open() {
            // Everything up to the last mark is still the key.
            match memchr::memmem::find(text, b"-----END ")
                .and_then(|at| pem::mark_end(text, at, b"END "))
            {
                Some(end) => {
                    pem.pieces(&text[..end], &mut found);
                    pem.close();
                }
                None => pem.pieces(text, &mut found),
            }
        }
        if opens_key {
            pem.open();
        }
        found
    }

    fn masked(&self, line: &[u8], mut found: Vec<Found>, room: usize) -> Redacted {
        found.sort_by_key(|f| (f.range.start, usize::MAX - f.range.end));
        let mut bytes = Vec::with_capacity(line.len());
        let (mut done, mut count) = (0, 0);
        for Found { kind, range } in merged(found) {
            let secret = &line[range.clone()];
            bytes.extend_from_slice(&line[done..range.start]);
            let visible = Readable::of(secret);
            let visible = visible.as_ref().map_or(secret, |r| &r.text);
            let mark = mark::mark(&self.key, kind, visible);
            let length = bytes.len() + mark.len() + (line.len() - range.end);
            // Many tiny secrets must not blow a line up.
            let has_room = length <= room;
            bytes.extend_from_slice(if has_room { mark.as_bytes() } else { mark::SHORT });
            done = range.end;
            count += 1;
        }
        bytes.extend_from_slice(&line[done..]);
        Redacted { bytes, count }
    }
}

/// Neither the key nor what was learned is shown.
impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redactor")
            .field("masks_personal", &self.masks_personal)
            .finish_non_exhaustive()
    }
}

/// Joins those that overlap; each keeps the kind of the one that begins first.
fn merged(found: Vec<Found>) -> Vec<Found> {
    let mut all: Vec<Found> = Vec::with_capacity(found.len());
    for next in found {
        match all.last_mut() {
            Some(last) if next.range.start < last.range.end => {
                last.range.end = last.range.end.max(next.range.end);
            }
            _ => all.push(next),
        }
    }
    all
}
