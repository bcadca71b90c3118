//! Masks secrets: in every line before it is parsed, and in text that leaves the machine.
//!
//! [`Redactor::line`] looks in this order: values learned from the containers' environment ([`secrets_of`]), private keys
//! over several lines ([`PemState`]), places where a secret stands (`password=`), tokens that say whose they are.
//! One scan for short literals finds where to look closer, by hand and within bounds: time is linear in the text.

mod assignment;
mod class;
mod environment;
mod finder;
mod kinds;
mod literals;
mod mark;
mod names;
mod pem;
mod personal;
mod places;
mod readable;
mod redactor;
mod scanner;
#[cfg(test)]
mod tests;
mod values;

pub use environment::secrets_of;
pub use names::is_secret_key;
pub use pem::PemState;
pub use redactor::{Redacted, Redactor};
