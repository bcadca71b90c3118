//! Why following a container or watching a project ends in the middle.

use crate::source::Error;

/// Neither is an end of what is read.
pub(super) enum Stop {
    /// Nobody listens any more.
    Unwanted,
    /// The Engine cannot be asked, or what it sends cannot be read.
    Failed(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}
