//! GitHub as a place for issues, over its REST API.

mod answer;
mod client;
mod issues;
mod labels;
mod ledger;
mod prefilled;
mod settings;
#[cfg(test)]
mod tests;

pub use client::GitHub;
pub use prefilled::prefilled_url;
pub use settings::Settings;
