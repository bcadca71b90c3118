//! Turns raw lines into records, and records into events.
//!
//! A [`Parser`] finds the time, the level and the message of one line; a [`Joiner`] gathers the lines of a stack
//! trace under their head; [`fields`] opens JSON and logfmt for whoever shows or judges them. All of it is pure:
//! `now` is an argument, and no bytes make it fail.

pub mod fields;
mod frame;
mod gcc;
mod header;
mod keyed;
mod kin;
mod level;
mod margin;
mod multiline;
mod parser;
mod sql;
mod stamp;
mod starts;
mod trace;

pub use multiline::Joiner;
pub use parser::{Parsed, Parser, line_time};

#[cfg(test)]
mod tests;
