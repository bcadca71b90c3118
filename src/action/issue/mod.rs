//! What an issue says: a group, its samples and context, as a title and Markdown.

mod draft;
mod held;
pub mod markdown;
mod marker;
pub mod template;
#[cfg(test)]
mod tests;

pub use draft::{IssueInput, Mask, draft};
pub use held::{held, held_list};
pub use marker::{marker, marker_of, sealed};
pub use template::Form;
