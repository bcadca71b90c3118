//! Who wrote what, what was recorded of it, and whether the two agree: independent of Docker's word and of our own readers.
//!
//! ```text
//! writer (in containers) ─lines─> Engine ─> dogwatch ─> journal ─┐
//!                └─ledger of each line, before and after it ─────┴─> judge ─> verdict
//! ```

#![allow(unreachable_pub, dead_code, reason = "each test program uses its part")]

pub mod journal;
pub mod judge;
pub mod ledger;
pub mod line;
pub mod writers;
