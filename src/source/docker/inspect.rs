//! The Engine's account of a container, read into ours. Any part of it may be missing.

use super::{
    connection::{Connection, DEADLINE},
    driver, labels, treatment,
};
use crate::{
    model::{
        Bind, Container, ContainerId, Files, Health, Origin, RunState, SafeText, Secret,
        ServiceName,
    },
    source::{Error, Variable},
};
use bollard::models::{ContainerInspectResponse, ContainerSummary, HostConfig, MountPoint};
use chrono::{DateTime, Utc};
use std::{
    collections::{BTreeMap, HashMap},
    mem::discriminant,
    sync::Arc,
};

/// A line of the Engine's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) id: ContainerId,
    pub(super) labels: HashMap<String, String>,
    name: String,
    image: String,
    state: String,
}

impl Listed {
    /// `None` for a line without an id.
    pub(super) fn read(summary: ContainerSummary) -> Option<Self> {
        let names = summary.names.unwrap_or_default();
        Some(Self {
            id: summary.id.filter(|id| !id.is_empty())?.as_str().into(),
            labels: summary.labels.unwrap_or_default(),
            name: names.into_iter().next().unwrap_or_default(),
            image: summary.image.unwrap_or_default(),
            state: summary.state.map(|state| state.to_string()).unwrap_or_default(),
        })
    }

    /// Whether the list says nothing of the container's state that is not known. It tells neither codes nor times.
    pub(super) fn agrees_with(&self, container: &Container) -> bool {
        discriminant(&run_state(&self.state, 0)) == discriminant(&container.state)
    }

    /// The service by its label.
    pub(super) fn service(&self) -> Option<ServiceName> {
        self.labels.get(labels::SERVICE).map(|name| name.as_str().into())
    }
}

/// Services of a project's containers, to know whose network another one shares.
pub(super) type Peers = BTreeMap<String, ServiceName>;

/// One container, and what its last health check wrote.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Seen {
    pub(super) container: Container,
    /// The first line with words in it.
    pub(super) health_output: Option<SafeText>,
    /// Its environment, until it is told.
    pub(super) environment: Vec<Variable>,
}

/// Asks for one container; `None` when there is no such one.
pub(super) async fn ask(
    connection: &Connection,
    id: &ContainerId,
    peers: &Peers,
) -> Result<Option<Seen>, Error> {
    let question = connection.bollard.inspect_container(id.as_str(), None);
    let answer = connection.ask(DEADLINE, question).await?;
    Ok(answer.map(|answer| read(id, &answer, peers)))
}

/// Reads the answer to a question about container `id`.
pub(super) fn read(id: &ContainerId, answer: &ContainerInspectResponse, peers: &Peers) -> Seen {
    let config = answer.config.clone().unwrap_or_default();
    let host = answer.host_config.clone().unwrap_or_default();
    let state = answer.state.clone().unwrap_or_default();
    let environment =
        config.env.unwrap_or_default().iter().filter_map(|pair| variable(pair)).collect();
    let labels = config.labels.unwrap_or_default();
    let name = answer.name.clone().unwrap_or_default();
    let status = state.status.map(|status| status.to_string()).unwrap_or_default();
    let health = state.health.unwrap_or_default();
    let check = health.status.map(|status| status.to_string()).unwrap_or_default();
    let origin = origin(id, &labels, &name, config.tty.unwrap_or(false));
    let mut care = treatment::read(&labels, &host, config.healthcheck.as_ref());
    care.created_at = answer.created;
    care.shares = shared(&host, peers, &origin.service);
    let container = Container {
        depends_on: depends_on(&labels, &care.shares, &origin.service),
        care,
        origin: Arc::new(origin),
        name: name.trim_start_matches('/').into(),
        image: config.image.or_else(|| answer.image.clone()).unwrap_or_default().into(),
        state: run_state(&status, state.exit_code.unwrap_or(0)),
        health: health_word(&check),
        restarts: answer.restart_count.and_then(|count| count.try_into().ok()).unwrap_or(0),
        started_at: state.started_at.as_deref().and_then(time),
        finished_at: state.finished_at.as_deref().and_then(time),
        oom_killed: state.oom_killed.unwrap_or(false),
        stop_timeout: config
            .stop_timeout
            .and_then(|s| s.try_into().ok())
            .unwrap_or(Container::STOP_TIMEOUT),
        log: driver::read(&host),
        unreadable: driver::unreadable(&host),
        files: files(&labels, config.working_dir, answer.mounts.as_deref()),
        usage: None,
    };
    let output = health.log.unwrap_or_default().into_iter().next_back().and_then(|log| log.output);
    let health_output = output
        .and_then(|text| text.lines().map(SafeText::from).find(|line| !line.trim().is_empty()));
    Seen { container, health_output, environment }
}

/// What the list alone says of a container whose own account cannot be read.
pub(super) fn from_list(listed: &Listed) -> Seen {
    let origin = origin(&listed.id, &listed.labels, &listed.name, false);
    let container = Container {
        depends_on: depends_on(&listed.labels, &[], &origin.service),
        care: treatment::read(&listed.labels, &HostConfig::default(), None),
        name: listed.name.trim_start_matches('/').into(),
        image: listed.image.as_str().into(),
        state: match run_state(&listed.state, 0) {
            // The list does not say with which code.
            RunState::Exited(_) => RunState::Unknown,
            state => state,
        },
        files: files(&listed.labels, None, None),
        ..Container::new(Arc::new(origin))
    };
    Seen { container, health_output: None, environment: Vec::new() }
}

/// Where its files come from, by the labels of Compose and the binds of the Engine.
fn files(
    labels: &HashMap<String, String>,
    workdir: Option<String>,
    mounts: Option<&[MountPoint]>,
) -> Files {
    let word = |key: &str| labels.get(key).map(String::as_str).unwrap_or_default();
    let binds = mounts.unwrap_or_default().iter().filter_map(|mount| {
        let is_bind = mount.typ.as_deref() == Some("bind");
        let (inside, outside) = (mount.destination.as_deref()?, mount.source.as_deref()?);
        is_bind.then(|| Bind { inside: inside.into(), outside: outside.into() })
    });
    Files {
        folder: word(labels::FOLDER).into(),
        compose: word(labels::FILES).split(',').filter(|f| !f.is_empty()).map(Into::into).collect(),
        workdir: workdir.unwrap_or_default().into(),
        binds: binds.collect(),
    }
}

/// `NAME=value`; `None` without a value.
fn variable(pair: &str) -> Option<Variable> {
    let (name, value) = pair.split_once('=').filter(|(_, value)| !value.is_empty())?;
    Some(Variable { name: name.to_owned(), value: Secret::new(value) })
}

fn origin(id: &ContainerId, labels: &HashMap<String, String>, name: &str, is_tty: bool) -> Origin {
    let name = name.trim_start_matches('/');
    let service = labels.get(labels::SERVICE).map_or(name, String::as_str);
    let service = if service.is_empty() { id.short() } else { service };
    Origin {
        service: service.into(),
        container: id.clone(),
        replica: labels.get(labels::NUMBER).and_then(|n| n.parse().ok()).unwrap_or(0),
        is_tty,
    }
}

fn run_state(status: &str, code: i64) -> RunState {
    match status {
        "created" => RunState::Created,
        "running" | "stopping" => RunState::Running,
        "paused" => RunState::Paused,
        "restarting" => RunState::Restarting,
        "exited" | "dead" => RunState::Exited(code),
        "removing" => RunState::Removed,
        _ => RunState::Unknown,
    }
}

/// Docker's word for a health.
pub(super) fn health_word(word: &str) -> Health {
    match word {
        "starting" => Health::Starting,
        "healthy" => Health::Healthy,
        "unhealthy" => Health::Unhealthy,
        _ => Health::None,
    }
}

/// Docker writes year 1 for "never".
fn time(text: &str) -> Option<DateTime<Utc>> {
    text.parse().ok().filter(|time: &DateTime<Utc>| time.timestamp() > 0)
}

fn depends_on(
    labels: &HashMap<String, String>,
    shared: &[ServiceName],
    own: &ServiceName,
) -> Vec<ServiceName> {
    let declared = labels.get(labels::DEPENDS_ON).map(String::as_str).unwrap_or_default();
    let declared = declared.split(',').filter_map(|part| part.split(':').next());
    let declared = declared.filter(|name| !name.is_empty()).map(ServiceName::from);
    let mut services: Vec<_> =
        declared.chain(shared.iter().cloned()).filter(|name| name != own).collect();
    services.sort_unstable();
    services.dedup();
    services
}

/// Whoever shares another one's network, processes or memory loses it when that one restarts.
fn shared(host: &HostConfig, peers: &Peers, own: &ServiceName) -> Vec<ServiceName> {
    let modes = [&host.network_mode, &host.pid_mode, &host.ipc_mode];
    let shared = modes.into_iter().flatten().filter_map(|mode| mode.strip_prefix("container:"));
    let mut services: Vec<_> =
        shared.filter_map(|id| peers.get(id).cloned()).filter(|name| name != own).collect();
    services.sort_unstable();
    services.dedup();
    services
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn seen(answer: &Value) -> Seen {
        let peers = Peers::from([("abc".to_owned(), "db".into())]);
        read(&"0123456789abcdef".into(), &serde_json::from_value(answer.clone()).unwrap(), &peers)
    }

    fn full() -> Value {
        json!({
            "Id": "0123456789abcdef", "Name": "/shop-api-2", "RestartCount": 7, "Image": "sha256:1",
            "State": {
                "Status": "exited", "Running": false, "OOMKilled": true, "ExitCode": 137,
                "StartedAt": "2026-01-01T00:00:00.5Z", "FinishedAt": "0001-01-01T00:00:00Z",
                "Health": {"Status": "unhealthy", "FailingStreak": 3, "Log": [
                    {"ExitCode": 0, "Output": "fine"},
                    {"ExitCode": 1, "Output": "\n  \ncurl: \u{1b}[31m(7) refused\nmore"}]}
            },
            "Config": {"Image": "shop/api", "Tty": true, "StopTimeout": 3,
                "Env": ["DB_PASSWORD=a=b c", "EMPTY=", "BARE"], "Labels": {
                "com.docker.compose.service": "api", "com.docker.compose.container-number": "2",
                "com.docker.compose.depends_on": "db:service_healthy:true,cache:service_started:false"}},
            "HostConfig": {"NetworkMode": "container:abc", "LogConfig": {"Type": "none", "Config": {}}}
        })
    }

    #[test]
    fn labels_and_binds_tell_where_files_come_from() {
        let mut answer = full();
        answer["Config"]["WorkingDir"] = json!("/app");
        answer["Config"]["Labels"][labels::FOLDER] = json!("/home/me/shop");
        answer["Config"]["Labels"][labels::FILES] =
            json!("/home/me/shop/a.yml,/home/me/shop/b.yml");
        answer["Mounts"] = json!([
            {"Type": "bind", "Source": "/home/me/shop/src", "Destination": "/app/src"},
            {"Type": "volume", "Source": "/var/lib/docker/x", "Destination": "/data"}
        ]);
        let files = seen(&answer).container.files;
        assert_eq!((files.folder.as_str(), files.workdir.as_str()), ("/home/me/shop", "/app"));
        assert_eq!(files.compose.len(), 2);
        let bind = Bind { inside: "/app/src".into(), outside: "/home/me/shop/src".into() };
        assert_eq!(files.binds, [bind]);
        assert_eq!(seen(&full()).container.files, Files::default());
    }

    #[test]
    fn reads_a_whole_account() {
        let Seen { container, health_output, environment } = seen(&full());
        assert_eq!(container.name.as_str(), "shop-api-2");
        assert_eq!((container.origin.service.as_str(), container.origin.replica), ("api", 2));
        assert!(container.origin.is_tty && container.oom_killed);
        assert_eq!((container.state, container.health), (RunState::Exited(137), Health::Unhealthy));
        assert_eq!((container.restarts, container.stop_timeout), (7, 3));
        assert!(container.started_at.is_some() && container.finished_at.is_none());
        assert_eq!(container.depends_on, ["cache".into(), "db".into()]);
        assert_eq!(container.unreadable.unwrap().as_str(), "log driver \"none\" keeps no logs");
        assert_eq!(health_output.unwrap().as_str(), "curl: (7) refused");
        let pairs: Vec<_> = environment.iter().map(|v| (&*v.name, v.value.expose())).collect();
        assert_eq!(pairs, [("DB_PASSWORD", "a=b c")]);
        assert_eq!(container.log.name.as_str(), "none");
    }

    /// Every way of leaving out or nulling one part, at any depth.
    fn without_one(value: &Value) -> Vec<Value> {
        let Value::Object(map) = value else { return Vec::new() };
        let mut all = Vec::new();
        for (key, inner) in map {
            let mut less = map.clone();
            less.remove(key);
            all.push(Value::Object(less));
            // The values of labels are always words.
            let inner = if key == "Labels" { Vec::new() } else { without_one(inner) };
            for replacement in std::iter::once(Value::Null).chain(inner) {
                let mut other = map.clone();
                other.insert(key.clone(), replacement);
                all.push(Value::Object(other));
            }
        }
        all
    }

    #[test]
    fn any_part_may_be_missing() {
        let all = without_one(&full());
        assert!(all.len() > 30);
        for answer in all {
            assert_eq!(seen(&answer).container.origin.container.as_str(), "0123456789abcdef");
        }
        let nothing = seen(&json!({}));
        assert_eq!(nothing.container.state, RunState::Unknown);
        assert_eq!(nothing.container.origin.service.as_str(), "0123456789ab");
    }

    #[test]
    fn the_list_says_enough_to_go_on() {
        let summary = json!({"Id": "0123456789abcdef", "Names": [], "State": "running",
            "Labels": {"com.docker.compose.service": "api"}});
        let listed = Listed::read(serde_json::from_value(summary).unwrap()).unwrap();
        let container = from_list(&listed).container;
        assert_eq!(container.origin.service.as_str(), "api");
        assert_eq!(container.state, RunState::Running);
        assert!(Listed::read(ContainerSummary::default()).is_none());
    }
}
