//! The hand of the scaler, which is Compose, and its eyes where the Engine's own figures do not reach: Redis,
//! RabbitMQ, and commands of the user's.

mod command;
mod compose;
mod rabbitmq;
mod redis;

pub use command::command;
pub use compose::Compose;
pub use rabbitmq::messages;
pub use redis::depth;
