//! Alerts of other systems, such as Prometheus, as the API receives them and the watchdog reads them.

use super::{SafeText, ServiceName};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// Labels that may name a service: ours, and those of cAdvisor and of service discovery.
const SERVICE_LABELS: [&str; 4] = [
    "service",
    "compose_service",
    "com_docker_compose_service",
    "container_label_com_docker_compose_service",
];

/// An alert of another system, such as Prometheus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// Its name.
    pub name: SafeText,
    /// The service that its labels name; one without is never acted on.
    pub service: Option<ServiceName>,
    /// Whether its labels ask for a repair.
    pub asks_for_repair: bool,
    /// Since when it fires.
    pub since: DateTime<Utc>,
}

impl Alert {
    /// The alert with these labels. Without one that names a service nothing is ever done about it.
    pub fn labelled(labels: &BTreeMap<SafeText, SafeText>, since: DateTime<Utc>) -> Self {
        let label = |name: &str| labels.get(name).filter(|value| !value.is_empty());
        let service = SERVICE_LABELS.into_iter().find_map(label);
        Self {
            name: label("alertname").cloned().unwrap_or_default(),
            service: service.map(|name| ServiceName::from(name.as_str())),
            asks_for_repair: label("auto_repair").is_some_and(|v| v.eq_ignore_ascii_case("true")),
            since,
        }
    }
}
