//! Forges as places for issues: GitHub, GitLab, Gitea and Forgejo, over their REST APIs.

mod answer;
mod client;
mod dialect;
mod gitea;
mod github;
mod gitlab;
mod issues;
mod kind;
mod labels;
mod ledger;
mod prefilled;
mod settings;
mod summary;
#[cfg(test)]
mod tests;
mod trust;

pub use client::Forge;
pub use kind::Kind;
pub use prefilled::prefilled_url;
pub use settings::Settings;
