//! Masks secrets: in every line before it is parsed, and in text that leaves the machine.

mod private_key;
mod redactor;
mod rules;
#[cfg(test)]
mod tests;

pub use redactor::Redactor;
