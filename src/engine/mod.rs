//! The beam: tasks and channels between the pillars and the faces.

mod classify;
mod handle;
mod sample;

pub use crate::action::redact::Redactor;
pub use classify::{Classifier, Judgement};
pub use handle::{Busy, Capabilities, Handle};
pub use sample::events_of;
