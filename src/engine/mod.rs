//! The beam: tasks and channels between the pillars and the faces.

mod handle;

pub use crate::action::redact::Redactor;
pub use handle::{Busy, Capabilities, Handle};
