//! The report of `analyze`: what was read, what went wrong, what to do; one file a form.

mod annotations;
mod baseline;
mod comparison;
mod escaped;
mod facts;
mod form;
mod gather;
mod html;
mod junit;
mod markdown;
mod sarif;
#[cfg(test)]
mod tests;
mod text;

pub use baseline::{Baseline, Novelty};
pub use comparison::Comparison;
pub(in crate::cli) use escaped::Escaped;
pub use facts::{About, Report};
pub use form::{FailOn, Format};
