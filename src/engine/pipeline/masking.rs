//! Masks secrets in lines, before anything else sees them; a private key goes over many lines of one stream.

use crate::{
    model::{ContainerId, RawLine, Stream},
    redact::{PemState, Redactor},
};
use foldhash::HashMap;
use std::sync::Arc;

/// Of so many containers it is remembered whether they are in the middle of a private key.
const MAX_CONTAINERS: usize = 4_096;

/// The redactor, with what it must remember of each container.
pub(super) struct Masking {
    redactor: Arc<Redactor>,
    /// Of standard output and standard error.
    keys: HashMap<ContainerId, [PemState; 2]>,
}

impl Masking {
    pub(super) fn new(redactor: Arc<Redactor>) -> Self {
        Self { redactor, keys: HashMap::default() }
    }

    /// Masks what is secret in a line of a container; lines of our own have nothing.
    pub(super) fn mask(&mut self, raw: &mut RawLine) {
        let at = match raw.stream {
            Stream::Stdout => 0,
            Stream::Stderr => 1,
            Stream::System | Stream::Manager => return,
        };
        let container = &raw.origin.container;
        if self.keys.len() >= MAX_CONTAINERS && !self.keys.contains_key(container) {
            self.keys.clear();
        }
        let keys = match self.keys.get_mut(container) {
            Some(known) => known,
            None => self.keys.entry(container.clone()).or_default(),
        };
        if let Some(redacted) = self.redactor.line(&mut keys[at], &raw.bytes) {
            raw.bytes = redacted.bytes.into();
        }
    }
}
