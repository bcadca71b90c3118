//! The HTTP face over real sockets: names that users of older tools know, faults that those had, doors, limits, streams.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "this is a test; its helpers are no test functions"
)]

mod acts;
mod client;
mod command;
mod doors;
mod logs;
mod metrics;
mod site;
mod streams;
