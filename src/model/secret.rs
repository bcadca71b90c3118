//! A value nobody may read by accident.

use std::fmt;

/// A secret value, held in memory only: it can be neither printed nor written.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Secret(Box<str>);

impl Secret {
    /// Takes any value; whether it is worth looking for is decided when it is learned.
    pub fn new(value: &str) -> Self {
        Self(value.into())
    }

    /// The value itself, for `redact`, which looks for it in every line.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}
