//! How the Engine keeps a container's log, as its account says.

use crate::model::{ContainerId, LogDriver, SafeText};
use bollard::models::HostConfig;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

/// What the `local` driver does where nothing is set.
const LOCAL_SIZE: u64 = 20 * 1024 * 1024;
const LOCAL_FILES: u32 = 5;

/// The drivers of all containers that were looked at, for whoever follows their logs; clones share them.
#[derive(Debug, Clone, Default)]
pub(super) struct Drivers(Arc<Mutex<BTreeMap<ContainerId, LogDriver>>>);

impl Drivers {
    pub(super) fn learn(&self, container: &ContainerId, driver: &LogDriver) {
        let mut drivers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if drivers.get(container) != Some(driver) {
            drivers.insert(container.clone(), driver.clone());
        }
    }

    pub(super) fn forget(&self, container: &ContainerId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(container);
    }

    /// What is known of this container's; a driver without a name where nothing is.
    pub(super) fn of(&self, container: &ContainerId) -> LogDriver {
        let drivers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        drivers.get(container).cloned().unwrap_or_default()
    }
}

/// Reads the driver with its limits; what is not told has the driver's own default.
pub(super) fn read(host: &HostConfig) -> LogDriver {
    let Some(log) = &host.log_config else { return LogDriver::default() };
    let option = |name: &str| log.config.as_ref()?.get(name).map(String::as_str);
    let name = log.typ.as_deref().unwrap_or_default();
    let (size, files) = match name {
        "local" => (Some(LOCAL_SIZE), LOCAL_FILES),
        _ => (None, 1),
    };
    let rotates = matches!(name, "json-file" | "local");
    LogDriver {
        name: name.into(),
        max_size: option("max-size").filter(|_| rotates).map_or(size, bytes),
        max_file: option("max-file").and_then(|count| count.parse().ok()).unwrap_or(files),
        is_lossy: option("mode") == Some("non-blocking"),
    }
}

/// Why there is nothing to read, as a sentence; `None` where there is.
pub(super) fn unreadable(host: &HostConfig) -> Option<SafeText> {
    let log = host.log_config.as_ref()?;
    let driver = log.typ.as_deref()?;
    let option = |name: &str| log.config.as_ref().and_then(|config| config.get(name));
    match driver {
        "none" => Some("log driver \"none\" keeps no logs".into()),
        "" | "json-file" | "local" | "journald" | "k8s-file" => None,
        driver if option("cache-disabled").is_some_and(|value| value == "true") => {
            Some(format!("log driver \"{driver}\" keeps no local copy (cache-disabled)").into())
        }
        _ => None,
    }
}

/// A size as Docker reads it: `10m`, `1.5 GB`, `100kb`; units are thousands. `None` for "no limit" and for nonsense.
fn bytes(text: &str) -> Option<u64> {
    let text = text.trim().to_ascii_lowercase();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let number: f64 = number.parse().ok()?;
    let unit = unit.trim_start().trim_end_matches('b').trim_end_matches('i');
    let factor = match unit {
        "" => 1.0,
        "k" => 1e3,
        "m" => 1e6,
        "g" => 1e9,
        "t" => 1e12,
        "p" => 1e15,
        _ => return None,
    };
    Some((number * factor) as u64).filter(|size| *size > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn host(driver: &str, options: &Value) -> HostConfig {
        serde_json::from_value(json!({"LogConfig": {"Type": driver, "Config": options}})).unwrap()
    }

    #[test]
    fn limits_are_read_as_docker_reads_them() {
        for (driver, options, size, files, is_lossy) in [
            ("json-file", json!({}), None, 1, false),
            ("json-file", json!(null), None, 1, false),
            ("json-file", json!({"max-size": "10m", "max-file": "3"}), Some(10_000_000), 3, false),
            ("json-file", json!({"max-size": "-1", "max-file": "3"}), None, 3, false),
            ("json-file", json!({"max-size": "1.5 KiB"}), Some(1_500), 1, false),
            ("json-file", json!({"max-size": "much", "max-file": "-2"}), None, 1, false),
            ("local", json!({}), Some(20 << 20), 5, false),
            (
                "local",
                json!({"max-size": "1g", "compress": "false"}),
                Some(1_000_000_000),
                5,
                false,
            ),
            ("local", json!({"max-file": "2", "mode": "non-blocking"}), Some(20 << 20), 2, true),
            // Its copy is another matter; the option's name says nothing of it.
            ("journald", json!({"max-size": "10m"}), None, 1, false),
        ] {
            let want = LogDriver { name: driver.into(), max_size: size, max_file: files, is_lossy };
            assert_eq!(read(&host(driver, &options)), want, "{options}");
        }
        assert_eq!(read(&HostConfig::default()), LogDriver::default());
        assert_eq!(
            read(&host("json-file", &json!({"max-size": "10m", "max-file": "3"}))).kept(),
            Some(20_000_000)
        );
    }

    #[test]
    fn drivers_that_cannot_be_read_are_named() {
        for (driver, options, is_readable) in [
            ("json-file", json!({}), true),
            ("local", json!(null), true),
            ("fluentd", json!({}), true),
            ("fluentd", json!({"cache-disabled": "true"}), false),
            ("none", json!({}), false),
        ] {
            assert_eq!(unreadable(&host(driver, &options)).is_none(), is_readable, "{driver}");
        }
    }
}
