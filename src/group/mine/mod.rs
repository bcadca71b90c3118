//! Learns which words of templates are names: `user <*> logged in` from `user ann logged in` and others like it.
//!
//! Templates that differ in one word only meet in a hole there; a hole with enough evidence makes them one. What is
//! known at the end depends on which templates came, not on their order; memory and time per template are bounded.

mod families;
mod forest;
mod hole;
mod miner;
mod places;
mod shape;
#[cfg(test)]
mod tests;
mod vocabulary;
mod word;

pub(super) use miner::Miner;
pub(super) use word::is_constant;

/// What templates share that may become one, as a number.
pub(super) fn scope(name: &str) -> u64 {
    shape::hash(name)
}
