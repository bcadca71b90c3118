//! The watchdog's mind without a clock: scenarios of state over time, and a thousand incidents at random.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "this is a test; its helpers are no test functions"
)]

mod scenarios;
mod simulation;
mod world;
