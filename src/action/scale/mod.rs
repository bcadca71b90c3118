//! The hand of the scaler, which is Compose, and its eyes where the Engine's own figures do not reach: Redis, and
//! commands of the user's.

mod command;
mod compose;
mod redis;

pub use command::command;
pub use compose::Compose;
pub use redis::depth;
