//! What the path takes in: lines, and what is to be known of those who bring them.

use crate::{
    model::{Notice, Origin, SafeText},
    source::Delivery,
};
use std::sync::Arc;

/// What the path takes in.
#[derive(Debug)]
pub(super) enum Input {
    /// What one container's log brought.
    Log(Delivery),
    /// dogwatch did something.
    Did(Notice),
    /// All that this container wrote came before this; it writes no more, unless it starts again.
    ReadOut(Arc<Origin>),
    /// Following this container ended for good; the sentence says why where it is a trouble.
    Unfollowed(Arc<Origin>, Option<SafeText>),
}

/// Chunks in the queue: 16 of at most 256 KiB, so that one flood holds up the others for less than a tenth of a second.
pub(super) const QUEUE: usize = 16;

/// Changes that wait: those of a project that comes up as a whole.
pub(super) const NEWS: usize = 64;
