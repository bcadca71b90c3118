//! What of a line is judged: the words of its author, without the wrapping of JSON, logfmt and nginx.

mod access;
mod event;
mod logfmt;
mod object;
#[cfg(test)]
mod tests;

pub(super) use access::is_access;
pub(super) use event::{of, of_event};
