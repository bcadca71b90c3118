//! How many containers a service should have: measured against a target as Kubernetes' autoscaler does it, and slow to
//! come down.
//!
//! [`Rule`] is what the user wants, [`refusal`] why a service cannot have it, [`Course`] remembers and decides. There is
//! no clock here, nothing waits and nothing acts: `engine::scaler` measures and obeys.

mod course;
mod measure;
mod refusal;
mod rule;
#[cfg(test)]
mod tests;

pub use course::{Advice, Change, Course, Step};
pub use measure::Measure;
pub use refusal::refusal;
pub use rule::{Gauge, Rule};
