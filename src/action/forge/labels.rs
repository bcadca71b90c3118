//! Makes the labels that are missing.

use super::{client::Forge, dialect::Labels};
use crate::action::{Error, remote::Repository};

/// The label by which issues are listed.
pub(super) const LABEL: &str = "dogwatch";
/// Pages of labels that are looked through.
const MAX_PAGES: usize = 20;

impl Forge {
    /// Makes the labels that are missing; these and their numbers. An issue without labels is better than none:
    /// nothing here fails.
    pub(super) async fn ensure_labels(&self, repository: &Repository, labels: &[String]) -> Labels {
        let wanted = |known: &Labels| -> Vec<String> {
            let is_missing = |label: &&String| !known.contains_key(&label.to_lowercase());
            labels.iter().filter(is_missing).cloned().collect()
        };
        if !self.memory(|m| wanted(&m.labels)).is_empty()
            && let Ok(there) = self.labels_there(repository).await
        {
            self.memory(|m| m.labels.extend(there));
        }
        for label in self.memory(|m| wanted(&m.labels)) {
            let request = self.dialect().make_label(repository, &label, colour(&label));
            // 409 and 422: it is there already.
            let Ok(answer) = self.send(&request).await else { break };
            if !answer.status.is_success() && !matches!(answer.status.as_u16(), 409 | 422) {
                break;
            }
            let made = serde_json::from_slice::<serde_json::Value>(&answer.body).ok();
            let id = made.and_then(|made| made.get("id")?.as_u64());
            self.memory(|m| m.labels.insert(label.to_lowercase(), id));
        }
        self.memory(|m| m.labels.clone())
    }

    async fn labels_there(&self, repository: &Repository) -> Result<Labels, Error> {
        let mut there = Labels::new();
        for page in 1..=MAX_PAGES {
            let request = self.dialect().labels(repository, page);
            let (labels, is_last) = self.list(&request, repository, page).await?;
            there.extend(labels.iter().filter_map(|label| {
                let name = label.get("name")?.as_str()?.to_lowercase();
                Some((name, label.get("id").and_then(serde_json::Value::as_u64)))
            }));
            if is_last {
                break;
            }
        }
        Ok(there)
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
