//! How a container wants to be treated, read from the Engine's account of it.

use super::labels;
use crate::model::{Care, HealthCheck, RestartPolicy, SafeText};
use bollard::models::{HealthConfig, HostConfig, RestartPolicyNameEnum};
use std::{collections::HashMap, time::Duration};

/// The environment variable by which users of autoheal name their label.
const OWN_LABEL: &str = "AUTOHEAL_CONTAINER_LABEL";
/// What Docker takes where a health check does not say.
const INTERVAL: Duration = Duration::from_secs(30);
const RETRIES: u32 = 3;
/// The Engine counts processors in these.
const NANO: f32 = 1e9;

pub(super) fn read(
    labels: &HashMap<String, String>,
    host: &HostConfig,
    check: Option<&HealthConfig>,
) -> Care {
    let own = std::env::var(OWN_LABEL).ok();
    let about_care = labels.iter().filter(|(name, _)| labels::is_about_care(name, own.as_deref()));
    let safe = |text: &String| SafeText::from(text.as_str());
    Care {
        labels: about_care.map(|(name, value)| (safe(name), safe(value))).collect(),
        restart: restart(host),
        check: check.and_then(health_check),
        cpus: cpus(host),
        ..Care::default()
    }
}

fn restart(host: &HostConfig) -> RestartPolicy {
    let Some(policy) = &host.restart_policy else { return RestartPolicy::No };
    match policy.name {
        Some(RestartPolicyNameEnum::ALWAYS | RestartPolicyNameEnum::UNLESS_STOPPED) => {
            RestartPolicy::Always
        }
        Some(RestartPolicyNameEnum::ON_FAILURE) => {
            let count = policy.maximum_retry_count.and_then(|count| count.try_into().ok());
            RestartPolicy::OnFailure(count.unwrap_or(0))
        }
        _ => RestartPolicy::No,
    }
}

fn health_check(check: &HealthConfig) -> Option<HealthCheck> {
    let test = check.test.as_deref().unwrap_or_default();
    if test.first().is_none_or(|word| word.is_empty() || word == "NONE") {
        return None;
    }
    // 0 means that it is not said.
    let time = |nanos: Option<i64>| {
        nanos
            .and_then(|nanos| u64::try_from(nanos).ok())
            .filter(|n| *n > 0)
            .map(Duration::from_nanos)
    };
    let retries = check.retries.and_then(|count| count.try_into().ok()).filter(|count| *count > 0);
    Some(HealthCheck {
        start_period: time(check.start_period).unwrap_or_default(),
        interval: time(check.interval).unwrap_or(INTERVAL),
        retries: retries.unwrap_or(RETRIES),
    })
}

fn cpus(host: &HostConfig) -> Option<f32> {
    let nanos = host.nano_cpus.filter(|count| *count > 0).map(|count| count as f32 / NANO);
    let quota = || {
        let quota = host.cpu_quota.filter(|quota| *quota > 0)?;
        let period = host.cpu_period.filter(|period| *period > 0).unwrap_or(100_000);
        Some(quota as f32 / period as f32)
    };
    nanos.or_else(quota)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn care(labels: &Value, host: &Value, check: &Value) -> Care {
        let labels = serde_json::from_value(labels.clone()).unwrap();
        let host = serde_json::from_value(host.clone()).unwrap();
        let check: Option<HealthConfig> = serde_json::from_value(check.clone()).unwrap();
        read(&labels, &host, check.as_ref())
    }

    #[test]
    fn reads_what_the_watchdog_obeys_and_nothing_else() {
        let care = care(
            &json!({"autoheal": "true", "dogwatch.repair": "off", "secret": "x",
                "com.docker.compose.oneoff": "False", "autoheal.stop.timeout": "20"}),
            &json!({"RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 3},
                "NanoCpus": 1_500_000_000_i64}),
            &json!({"Test": ["CMD-SHELL", "true"], "Interval": 5_000_000_000_i64,
                "StartPeriod": 40_000_000_000_i64, "Retries": 2}),
        );
        let names: Vec<_> = care.labels.keys().map(SafeText::as_str).collect();
        let want =
            ["autoheal", "autoheal.stop.timeout", "com.docker.compose.oneoff", "dogwatch.repair"];
        assert_eq!(names, want);
        assert_eq!(care.restart, RestartPolicy::OnFailure(3));
        assert_eq!(care.cpus, Some(1.5));
        let check = care.check.unwrap();
        assert_eq!((check.interval.as_secs(), check.start_period.as_secs()), (5, 40));
        assert_eq!(check.retries, 2);
    }

    #[test]
    fn what_is_not_said_is_as_docker_takes_it() {
        let none = care(&json!({}), &json!({}), &Value::Null);
        assert_eq!(none, Care::default());
        let off = care(&json!({}), &json!({"CpuQuota": 50_000}), &json!({"Test": ["NONE"]}));
        assert_eq!((off.check, off.cpus), (None, Some(0.5)));
        let bare = care(
            &json!({}),
            &json!({"RestartPolicy": {"Name": "unless-stopped"}}),
            &json!({"Test": ["CMD", "x"], "Interval": 0}),
        );
        assert_eq!(bare.restart, RestartPolicy::Always);
        assert_eq!(bare.check.unwrap().interval, INTERVAL);
    }
}
