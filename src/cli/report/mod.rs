//! The report of `analyze`: what was read, what went wrong, what to do; as text, Markdown or JSON.

mod facts;
mod markdown;
#[cfg(test)]
mod tests;
mod text;

pub use facts::{About, Report};
