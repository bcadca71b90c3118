//! Makes the labels that are missing.

use super::{client::GitHub, settings::Place};
use crate::action::remote::Repository;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::HashSet;

/// The label by which issues are listed.
pub(super) const LABEL: &str = "dogwatch";

impl GitHub {
    /// Makes the labels that are missing. An issue without labels is better than none: nothing here fails.
    pub(super) async fn ensure_labels(
        &self,
        place: &Place,
        repository: &Repository,
        labels: &[String],
    ) {
        let unknown: Vec<_> =
            self.memory(|m| labels.iter().filter(|l| !m.labels.contains(*l)).cloned().collect());
        if unknown.is_empty() {
            return;
        }
        let all = format!("{}/repos/{repository}/labels", place.api);
        let Ok(answer) = self.get(&format!("{all}?per_page=100")).await else { return };
        let Ok(Value::Array(known)) = serde_json::from_slice(&answer.body) else { return };
        let known: HashSet<_> =
            known.iter().filter_map(|l| l.get("name")?.as_str()).map(str::to_lowercase).collect();
        for label in unknown {
            if !known.contains(&label.to_lowercase()) {
                let body = json!({ "name": label, "color": colour(&label) });
                let made = self.send(Method::POST, &all, Some(&body)).await;
                if !made.is_ok_and(|a| a.status.is_success() || a.status.as_u16() == 422) {
                    return;
                }
            }
            self.memory(|m| m.labels.insert(label));
        }
    }
}

fn colour(label: &str) -> &'static str {
    match label {
        "severity:critical" => "b60205",
        "severity:error" | "bug" => "d73a4a",
        "severity:warning" => "fbca04",
        _ => "c5def5",
    }
}
