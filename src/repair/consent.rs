//! May this service be repaired? Labels that people already have are understood, ours first.
//!
//! Precedence: `dogwatch.repair`, then `auto_repair`, then `autoheal` and its kin, then `deunhealth`, then the settings.

use super::settings::Settings;
use crate::model::{SafeText, Service};
use std::collections::BTreeMap;

/// Images whose process is not stopped unless somebody named the service: what they hold in memory is worth more.
const STORES: [&str; 29] = [
    "postgres",
    "postgis",
    "timescale",
    "mysql",
    "mariadb",
    "percona",
    "mongo",
    "redis",
    "valkey",
    "rabbitmq",
    "kafka",
    "redpanda",
    "zookeeper",
    "elasticsearch",
    "opensearch",
    "cassandra",
    "scylla",
    "clickhouse",
    "influxdb",
    "neo4j",
    "couchdb",
    "cockroach",
    "etcd",
    "minio",
    "nats",
    "mssql",
    "oracle",
    "activemq",
    "pulsar",
];

/// How far it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// It is left alone.
    Off,
    /// It is only watched.
    Watch,
    /// It may be repaired.
    Repair,
}

/// What labels and settings say of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    /// How far it goes.
    pub level: Level,
    /// By what: `label auto_repair=false`; empty where nothing says anything.
    pub why: String,
    /// Whether the service was named, by a label or a setting; only then is a data store restarted.
    pub is_named: bool,
    /// Attempts in one incident, where a label says so.
    pub max_attempts: Option<u32>,
    /// Wait after the first attempt in seconds, where a label says so.
    pub cooldown: Option<u64>,
    /// Seconds that a stop may take, where a label or a setting says so.
    pub stop_timeout: Option<u32>,
}

impl Consent {
    /// Reads the labels of a service's first container; all have the same.
    pub fn of(service: &Service, settings: &Settings) -> Self {
        let nothing = BTreeMap::new();
        let labels = service.containers.first().map_or(&nothing, |c| &c.care.labels);
        let name = service.name.as_str();
        let is_among = |names: &[String]| names.iter().any(|other| other == name);
        let by_label = by_label(labels);
        let is_opted_in = by_label.as_ref().is_some_and(|(level, _)| *level == Level::Repair);
        let (level, why) = by_label.unwrap_or_else(|| {
            if settings.labelled_only {
                (Level::Watch, "no label opts it in".to_owned())
            } else {
                (Level::Repair, String::new())
            }
        });
        let (level, why) = if is_among(&settings.except) {
            (Level::Off, "named in watchdog.except".to_owned())
        } else if !settings.services.is_empty() && !is_among(&settings.services) {
            (level.min(Level::Watch), "not among the services that were named".to_owned())
        } else {
            (level, why)
        };
        let number = |name: &str| labels.get(name).and_then(|text| text.trim().parse().ok());
        Self {
            level,
            why,
            is_named: is_opted_in || is_among(&settings.services),
            max_attempts: number("dogwatch.repair.max-attempts"),
            cooldown: number("dogwatch.repair.cooldown").map(u64::from),
            stop_timeout: number("autoheal.stop.timeout").or(settings.stop_timeout_seconds),
        }
    }
}

/// What the first label says that says anything.
fn by_label(labels: &BTreeMap<SafeText, SafeText>) -> Option<(Level, String)> {
    let said = |name: &str, level: fn(&str) -> Option<Level>| {
        let value = labels.get(name)?.trim();
        let level = level(&value.to_ascii_lowercase())?;
        Some((level, format!("label {name}={value}")))
    };
    said("dogwatch.repair", |word| Some(ours(word)))
        .or_else(|| said("auto_repair", yes_or_no))
        .or_else(|| said("autoheal", yes_or_no))
        .or_else(|| own_label(labels))
        .or_else(|| said("autoheal.monitor.enable", |word| only_no(word, Level::Off)))
        .or_else(|| said("autoheal.restart.enable", yes_or_watch))
        .or_else(|| said("deunhealth.restart.on.unhealthy", yes_or_no))
}

/// The source hands on one more label: that which `AUTOHEAL_CONTAINER_LABEL` names.
fn own_label(labels: &BTreeMap<SafeText, SafeText>) -> Option<(Level, String)> {
    let is_known = |name: &str| {
        ["dogwatch.", "autoheal.", "deunhealth.", "com.docker.", "com.centurylinklabs."]
            .iter()
            .any(|known| name.starts_with(known))
            || matches!(name, "auto_repair" | "autoheal")
    };
    let (name, value) = labels.iter().find(|(name, _)| !is_known(name))?;
    let level = yes_or_no(&value.trim().to_ascii_lowercase())?;
    Some((level, format!("label {name}={value}")))
}

/// A word that nobody knows is no consent.
fn ours(word: &str) -> Level {
    match word {
        "off" | "false" | "no" | "0" | "never" => Level::Off,
        "restart" | "true" | "on" | "yes" | "1" | "auto" => Level::Repair,
        _ => Level::Watch,
    }
}

fn yes_or_no(word: &str) -> Option<Level> {
    is_yes(word).map(|yes| if yes { Level::Repair } else { Level::Off })
}

fn yes_or_watch(word: &str) -> Option<Level> {
    is_yes(word).map(|yes| if yes { Level::Repair } else { Level::Watch })
}

fn only_no(word: &str, level: Level) -> Option<Level> {
    (is_yes(word) == Some(false)).then_some(level)
}

fn is_yes(word: &str) -> Option<bool> {
    match word {
        "true" | "1" | "yes" | "on" => Some(true),
        "false" | "0" | "no" | "off" => Some(false),
        _ => None,
    }
}

/// The data store that an image is; `None` for any other.
pub(super) fn data_store(image: &str) -> Option<&'static str> {
    let path = image.split('@').next().unwrap_or(image);
    let name = path.rsplit('/').next().unwrap_or(path);
    let name = name.split(':').next().unwrap_or(name).to_ascii_lowercase();
    // An exporter or a console of a store is none.
    let is_beside =
        ["exporter", "admin", "ui", "express", "commander", "proxy", "client", "backup"]
            .iter()
            .any(|word| {
                name.split(['-', '_']).any(|part| part == *word || part.ends_with("admin"))
            });
    STORES.into_iter().find(|store| !is_beside && name.contains(store))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labelled(pairs: &[(&str, &str)]) -> Option<Level> {
        let labels = pairs.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
        by_label(&labels).map(|(level, _)| level)
    }

    #[test]
    fn labels_are_understood_in_their_order() {
        use Level::{Off, Repair, Watch};
        for (labels, want) in [
            (&[][..], None),
            (&[("dogwatch.repair", "off"), ("autoheal", "true")], Some(Off)),
            (&[("dogwatch.repair", "watch")], Some(Watch)),
            (&[("dogwatch.repair", "restart"), ("auto_repair", "false")], Some(Repair)),
            (&[("dogwatch.repair", "perhaps")], Some(Watch)),
            (&[("auto_repair", "false"), ("autoheal", "true")], Some(Off)),
            (&[("autoheal", "True")], Some(Repair)),
            (&[("autoheal", "False")], Some(Off)),
            (&[("autoheal.monitor.enable", "false")], Some(Off)),
            (&[("autoheal.monitor.enable", "true")], None),
            (&[("autoheal.restart.enable", "false")], Some(Watch)),
            (&[("deunhealth.restart.on.unhealthy", "true")], Some(Repair)),
            (&[("heal-me", "true"), ("com.docker.compose.oneoff", "False")], Some(Repair)),
            (&[("com.centurylinklabs.watchtower.depends-on", "db")], None),
        ] {
            assert_eq!(labelled(labels), want, "{labels:?}");
        }
    }

    #[test]
    fn knows_data_stores_by_their_images() {
        for (image, want) in [
            ("postgres:16-alpine", Some("postgres")),
            ("registry.local:5000/bitnami/postgresql@sha256:ab", Some("postgres")),
            ("redis", Some("redis")),
            ("oliver006/redis_exporter:v1", None),
            ("dpage/pgadmin4", None),
            ("mongo-express", None),
            ("phpmyadmin", None),
            ("redis-commander", None),
            ("shop/api:1", None),
        ] {
            assert_eq!(data_store(image), want, "{image}");
        }
    }
}
