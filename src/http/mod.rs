//! The face for programs: the log API, problems, services, metrics and webhooks over HTTP.
//!
//! [`Server::bind`] refuses what would be open to strangers; [`Server::run`] answers until it is told to stop. Answers
//! come from the engine's memory and journal, and no reader, however slow, holds the engine up.

mod alerts;
mod answer;
mod attach;
mod counts;
mod error;
mod guard;
mod line;
mod logs;
mod metrics;
mod pace;
mod patient;
mod problems;
mod query;
mod repair;
mod routes;
mod search;
mod server;
mod services;
mod settings;
mod status;
mod stream;
mod token;

pub use error::Error;
pub use server::Server;
pub use settings::Settings;
