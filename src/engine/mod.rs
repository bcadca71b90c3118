//! The beam: tasks and channels between the pillars and the faces.

mod handle;

pub use handle::{Busy, Capabilities, Handle};
