//! Masks secrets in text that leaves the machine: issues, copies, reports.

mod private_key;
mod redactor;
mod rules;
#[cfg(test)]
mod tests;

pub use redactor::Redactor;
