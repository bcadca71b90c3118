//! The Docker Engine as a source: finds it, finds the Compose project, follows every container's log, reports
//! what happens to it, and carries out the daemon's verbs.
//!
//! Logs are read by our own decoder over one connection a container; everything else goes through bollard,
//! which nothing outside this folder names.

mod checker;
mod compose_file;
mod connect_error;
mod connection;
mod context;
mod control;
mod cursor;
mod decoder;
mod definition;
mod driver;
mod events;
mod examine;
mod inspect;
mod labels;
mod logs;
mod lookback;
mod own;
mod part;
mod project;
mod run;
mod source;
mod stop;
mod story;
mod sweep;
mod tally;
mod trail;
mod treatment;
mod turns;
mod usage;
mod verifier;
mod verify;
mod watch;

pub use compose_file::build_context;
pub use connect_error::ConnectError;
pub use connection::Connection;
pub use context::{Choice, Endpoint, Surroundings, Wish, choose};
pub use definition::{Definition, definition, image};
pub use examine::{Examination, Examined, Risk, examine};
pub use project::{Found, ProjectName, ProjectSummary, ProjectWish, check_files, find};
pub use source::{Docker, Options};
