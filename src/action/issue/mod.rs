//! What an issue says: a group, its samples and context, as a title and Markdown.

mod draft;
mod held;
pub mod markdown;
mod marker;
pub mod template;
#[cfg(test)]
mod tests;

pub use draft::{IssueInput, Mask, draft};
pub use held::{HELD_TITLE, NOTHING_WAITS, held, held_list, held_name};
pub use marker::{marker, marker_of, sealed};
pub use template::Form;
