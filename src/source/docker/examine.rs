//! Looks an Engine and a project over for what would cost lines: versions, clocks, log drivers, limits, damage.

use super::{
    connection::{Connection, DEADLINE},
    cursor::since,
    inspect::{self, Listed, Peers},
    labels, part,
    project::ProjectName,
};
use crate::{
    model::{Container, LogDriver, SafeText, ServiceName},
    source::Error,
};
use bollard::query_parameters::ListContainersOptions;
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::{FutureExt, StreamExt, future::BoxFuture, stream};
use std::{collections::HashMap, fs, path::Path};

/// Containers that are looked at at once.
const AT_ONCE: usize = 4;
/// What a log should keep at the least, so that a burst can be read before it is thrown away.
const ENOUGH: u64 = 8_000_000;
/// What helps against small limits and lossy logs, as it stands in a compose file.
const FIX: &str = "in the compose file, then docker compose up -d: \
    logging: {driver: json-file, options: {max-size: \"20m\", max-file: \"5\"}}";
/// What else helps against a log that its own driver thins out.
const BLOCKING: &str =
    "in the compose file, then docker compose up -d: logging: {options: {mode: blocking}}";

/// What was found. What could not be found out is empty or `None`, and named in `troubles`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Examination {
    /// The Engine's version.
    pub engine: SafeText,
    /// The newest version of the API that it speaks.
    pub api: SafeText,
    /// The oldest one.
    pub oldest_api: SafeText,
    /// The version that we speak with it; empty where it does not say its own.
    pub spoken_api: SafeText,
    /// Whether it takes the version that we speak.
    pub is_supported: bool,
    /// The Engine's clock minus ours, to about half a round trip.
    pub clock_ahead: Option<TimeDelta>,
    /// Log driver of containers that name none.
    pub default_driver: SafeText,
    /// The project's containers, by service and number.
    pub containers: Vec<Examined>,
    /// What could not be asked, as sentences.
    pub troubles: Vec<SafeText>,
}

/// One container's log.
#[derive(Debug, Clone, PartialEq)]
pub struct Examined {
    /// Name as `docker ps` shows it.
    pub name: SafeText,
    /// Its service.
    pub service: ServiceName,
    /// How its log is kept.
    pub driver: LogDriver,
    /// Bytes of its log files, where they can be seen from here.
    pub size: Option<u64>,
    /// Why its log cannot be read, as a sentence.
    pub unreadable: Option<SafeText>,
    /// What may cost lines, the worst first.
    pub risks: Vec<Risk>,
}

/// Something that may cost lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Risk {
    /// What, as a sentence.
    pub sentence: SafeText,
    /// What helps: lines for the service in the compose file, or a command.
    pub fix: SafeText,
}

/// Looks the Engine over, and the containers of `project`; takes at most some seconds a container.
pub async fn examine(connection: &Connection, project: Option<&ProjectName>) -> Examination {
    let mut found = Examination::default();
    let before = Utc::now();
    match connection.ask(DEADLINE, connection.bollard.info()).await {
        Ok(info) => {
            let after = Utc::now();
            let info = info.unwrap_or_default();
            found.engine = info.server_version.unwrap_or_default().into();
            found.default_driver = info.logging_driver.unwrap_or_default().into();
            found.clock_ahead = info.system_time.and_then(|time| ahead(&time, before, after));
        }
        Err(error) => found.troubles.push(error.to_string().into()),
    }
    match connection.ask(DEADLINE, connection.bollard.version()).await {
        Ok(version) => {
            let version = version.unwrap_or_default();
            let (api, oldest) = (
                version.api_version.unwrap_or_default(),
                version.min_api_version.unwrap_or_default(),
            );
            let spoken = connection.api_version().unwrap_or_default();
            found.is_supported = is_supported(&oldest, &spoken);
            found.api = api.into();
            found.oldest_api = oldest.into();
            found.spoken_api = spoken.into();
        }
        Err(error) => found.troubles.push(error.to_string().into()),
    }
    if let Some(project) = project
        && let Err(error) = examine_project(connection, project, &mut found).await
    {
        found.troubles.push(error.to_string().into());
    }
    found
}

async fn examine_project(
    connection: &Connection,
    project: &ProjectName,
    found: &mut Examination,
) -> Result<(), Error> {
    let filters = Some(HashMap::from([labels::filter(project)]));
    let options = ListContainersOptions { all: true, filters, ..Default::default() };
    let list = connection.ask(DEADLINE, connection.bollard.list_containers(Some(options))).await?;
    let list: Vec<_> = list.unwrap_or_default().into_iter().filter_map(Listed::read).collect();
    let looks: Vec<BoxFuture<'_, _>> =
        list.iter().map(|one| examine_one(connection, one).boxed()).collect();
    let mut looks = stream::iter(looks).buffered(AT_ONCE);
    let mut containers = Vec::new();
    while let Some(look) = looks.next().await {
        match look {
            Ok(examined) => containers.extend(examined),
            Err(error) => found.troubles.push(error.to_string().into()),
        }
    }
    containers.sort_by(|(a, _), (b, _)| {
        let key = |c: &Container| (c.origin.service.clone(), c.origin.replica);
        key(a).cmp(&key(b))
    });
    found.containers.extend(containers.into_iter().map(|(_, examined)| examined));
    Ok(())
}

async fn examine_one(
    connection: &Connection,
    one: &Listed,
) -> Result<Option<(Container, Examined)>, Error> {
    let question = connection.bollard.inspect_container(one.id.as_str(), None);
    let Some(answer) = connection.ask(DEADLINE, question).await? else { return Ok(None) };
    let container = inspect::read(&one.id, &answer, &Peers::new()).container;
    let mut risks = Vec::new();
    if container.unreadable.is_none() && !container.log.name.is_empty() {
        risks.extend(damage(connection, &container).await?);
    }
    risks.extend(limits(&container.log));
    let path = answer.log_path.unwrap_or_default();
    let examined = Examined {
        name: container.name.clone(),
        service: container.origin.service.clone(),
        driver: container.log.clone(),
        size: if path.is_empty() { None } else { size(Path::new(&path)) },
        unreadable: container.unreadable.clone(),
        risks,
    };
    Ok(Some((container, examined)))
}

/// Whether the Engine shows the newest line only to those who ask for it alone.
async fn damage(connection: &Connection, container: &Container) -> Result<Option<Risk>, Error> {
    let newest = part::read(connection, &container.origin, "&tail=1", 1).await?;
    let Some(time) = newest.last().and_then(|line| line.time) else { return Ok(None) };
    // In a log of gigabytes this takes longer than we wait; then it is not damaged at its beginning at least.
    let Ok(shown) = part::read(connection, &container.origin, &since(time), 1).await else {
        return Ok(None);
    };
    // A log that was rotated in between has other lines.
    if !shown.is_empty() {
        return Ok(None);
    }
    let (service, name) = (&container.origin.service, &container.name);
    Ok(Some(Risk {
        sentence: format!(
            "{service}: the log file of {name} is damaged; Docker shows nothing behind the damage"
        )
        .into(),
        fix: format!("docker compose up -d --force-recreate {service}").into(),
    }))
}

/// What the driver's limits may cost.
fn limits(driver: &LogDriver) -> Vec<Risk> {
    let mut risks = Vec::new();
    if driver.is_lossy {
        risks.push(Risk {
            sentence: "mode=non-blocking: Docker throws lines away, uncounted, when it is busy"
                .into(),
            fix: BLOCKING.into(),
        });
    }
    if let Some(kept) = driver.kept().filter(|kept| *kept < ENOUGH) {
        let sentence = match kept {
            0 => "nothing is kept when its log rotates: a burst is lost before it can be read"
                .to_owned(),
            kept => format!(
                "only {:.1} MB are kept when its log rotates: a burst may be lost before it is read",
                kept as f64 / 1e6
            ),
        };
        risks.push(Risk { sentence: sentence.into(), fix: FIX.into() });
    }
    risks
}

/// Bytes of a log and of what was rotated away from it.
fn size(path: &Path) -> Option<u64> {
    let own = fs::metadata(path).ok()?.len();
    let name = path.file_name()?.to_str()?;
    let rotated = fs::read_dir(path.parent()?).ok()?.flatten().filter(|entry| {
        let other = entry.file_name();
        other.to_str().and_then(|other| other.strip_prefix(name)?.strip_prefix('.')).is_some()
    });
    let rotated = rotated.filter_map(|entry| Some(entry.metadata().ok()?.len()));
    Some(own + rotated.sum::<u64>())
}

/// The Engine's clock minus ours, which stood between `before` and `after` when it was read.
fn ahead(time: &str, before: DateTime<Utc>, after: DateTime<Utc>) -> Option<TimeDelta> {
    let time = DateTime::parse_from_rfc3339(time).ok()?.to_utc();
    Some(time - (before + (after - before) / 2))
}

/// Whether an Engine that begins with version `oldest` takes `spoken`; unknown versions are not held against it.
fn is_supported(oldest: &str, spoken: &str) -> bool {
    let number = |text: &str| {
        let (major, minor) = text.split_once('.')?;
        Some((major.parse::<u32>().ok()?, minor.parse::<u32>().ok()?))
    };
    match (number(oldest), number(spoken)) {
        (Some(oldest), Some(spoken)) => oldest <= spoken,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_and_lossy_logs_are_risks_with_a_fix() {
        let driver = |max_size, max_file, is_lossy| LogDriver {
            name: "json-file".into(),
            max_size,
            max_file,
            is_lossy,
        };
        for (driver, want) in [
            (driver(None, 1, false), &[][..]),
            (driver(Some(10_000_000), 3, false), &[]),
            (driver(Some(1_000_000), 2, false), &["only 1.0 MB are kept"]),
            (driver(Some(50_000_000), 1, false), &["nothing is kept"]),
            (driver(Some(1_000_000), 2, true), &["mode=non-blocking", "only 1.0 MB are kept"]),
        ] {
            let risks = limits(&driver);
            assert_eq!(risks.len(), want.len(), "{driver:?}");
            for (risk, want) in risks.iter().zip(want) {
                assert!(risk.sentence.starts_with(want), "{risk:?}");
                assert!(risk.fix.contains("logging:"));
            }
        }
    }

    #[test]
    fn the_clock_is_compared_in_the_middle_of_the_question() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let (before, after) = (at("2026-01-01T00:00:00Z"), at("2026-01-01T00:00:02Z"));
        for (time, want) in [
            ("2026-01-01T00:00:01Z", Some(0)),
            ("2026-01-01T02:00:01.5+02:00", Some(500)),
            ("2025-12-31T23:59:59Z", Some(-2000)),
            ("soon", None),
        ] {
            assert_eq!(ahead(time, before, after).map(|d| d.num_milliseconds()), want, "{time}");
        }
    }

    #[test]
    fn versions_are_numbers() {
        for (oldest, spoken, is) in [
            ("1.24", "1.51", true),
            ("1.44", "1.41", false),
            ("1.9", "1.41", true),
            ("", "1.51", true),
        ] {
            assert_eq!(is_supported(oldest, spoken), is, "{oldest} {spoken}");
        }
    }

    #[test]
    fn rotated_files_count() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("abc-json.log");
        for (name, bytes) in [("abc-json.log", 5), ("abc-json.log.1", 7), ("other.log", 90)] {
            fs::write(folder.path().join(name), vec![b'x'; bytes]).unwrap();
        }
        assert_eq!(size(&log), Some(12));
        assert_eq!(size(Path::new("/nonexistent/x.log")), None);
    }
}
