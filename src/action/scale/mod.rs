//! The hand of the scaler, and its eyes where the Engine's own figures do not reach: Compose, Redis, Prometheus, and
//! commands of the user's.

mod command;
mod compose;
mod prometheus;
mod redis;

pub use command::command;
pub use compose::Compose;
pub use prometheus::query;
pub use redis::depth;
