//! Forges as places for issues: GitHub, over its REST API.

mod answer;
mod client;
mod dialect;
mod github;
mod issues;
mod labels;
mod ledger;
mod prefilled;
mod settings;
#[cfg(test)]
mod tests;

pub use client::Forge;
pub use prefilled::prefilled_url;
pub use settings::Settings;
