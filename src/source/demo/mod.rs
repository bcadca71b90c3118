//! A shop that is not there: ten services with logs, load, faults and restarts, for a look without Docker.
//!
//! [`Demo`] implements the same traits as Docker does and nothing else knows that it is a play. The play itself
//! (`world`) is pure and follows from its seed and the time; it touches no network and no file.

mod actor;
mod cast;
mod dice;
mod fault;
mod journal;
mod lifecycle;
mod stage;
#[cfg(test)]
mod tests;
mod traffic;
mod voice;
mod world;

pub use stage::Demo;
