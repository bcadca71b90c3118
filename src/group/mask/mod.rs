//! Masks the changing parts of a message in one pass: `timeout after 5s for 10.0.0.1` is `timeout after <time> for <ip>`.
//!
//! What stays is readable: one space between words, at most 100 words and 300 characters.

mod scanner;
mod template;
#[cfg(test)]
mod tests;
mod value;
mod variable;

pub(super) use scanner::{MAX_TOKENS, mask, mask_in};
