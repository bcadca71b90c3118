//! Compose itself: what its files say about services, and `docker compose up --scale`.

use crate::model::{Files, SafeText, Shape};
use serde_json::Value;
use std::{collections::BTreeMap, process::Stdio, time::Duration};
use tokio::{process::Command, time::timeout};

/// What reading the files may take.
const READING: Duration = Duration::from_secs(20);
/// What a change may take; containers may be slow to stop.
const CHANGING: Duration = Duration::from_mins(5);

/// A project, where its Engine is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Compose {
    /// The Engine's address, as `DOCKER_HOST` takes it.
    pub host: String,
    /// The project's name.
    pub project: String,
}

impl Compose {
    /// What the files say of each service. Nothing is changed.
    ///
    /// # Errors
    /// Where they are not on this machine, or Compose refuses them.
    pub async fn shapes(&self, files: &Files) -> Result<BTreeMap<String, Shape>, SafeText> {
        let told = self.run(files, &["config", "--format", "json"], READING).await?;
        let hashes = self.run(files, &["config", "--hash", "*"], READING).await?;
        shapes(&told, &hashes).ok_or_else(|| "docker compose config told no services".into())
    }

    /// Gives a service so many containers; those that are there stay as they are.
    ///
    /// # Errors
    /// What Compose says.
    pub async fn scale(&self, files: &Files, service: &str, to: u32) -> Result<(), SafeText> {
        let scale = format!("{service}={to}");
        let words = ["up", "-d", "--no-recreate", "--no-deps", "--scale", &scale, "--", service];
        self.run(files, &words, CHANGING).await.map(drop)
    }

    async fn run(&self, files: &Files, words: &[&str], most: Duration) -> Result<String, SafeText> {
        if files.compose.is_empty() {
            return Err("its containers do not say where its Compose files are".into());
        }
        let mut command = Command::new("docker");
        command.env("DOCKER_HOST", &self.host).env_remove("DOCKER_CONTEXT");
        // Where we are killed it goes on to its end: what it would tell of its progress nobody reads any more, and writing
        // that would end it too.
        command.env("COMPOSE_PROGRESS", "quiet");
        command.args(["compose", "--ansi", "never", "-p", &self.project]);
        command.args(["--project-directory", files.folder.as_str()]);
        for file in &files.compose {
            command.args(["-f", file.as_str()]);
        }
        command.args(words).stdin(Stdio::null()).kill_on_drop(true);
        let verb = words.first().copied().unwrap_or_default();
        let Ok(output) = timeout(most, command.output()).await else {
            let seconds = most.as_secs();
            return Err(format!("docker compose {verb} did not end within {seconds} s").into());
        };
        let output =
            output.map_err(|error| format!("docker compose {verb} cannot be run: {error}"))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let last = said.lines().rev().find(|line| !line.trim().is_empty());
        Err(format!("docker compose {verb}: {}", last.unwrap_or("it gave no reason").trim()).into())
    }
}

/// Reads what matters and forgets the rest: resolved files hold secrets.
fn shapes(config: &str, hashes: &str) -> Option<BTreeMap<String, Shape>> {
    let config: Value = serde_json::from_str(config).ok()?;
    let services = config["services"].as_object()?;
    let hashes: BTreeMap<_, _> = hashes.lines().filter_map(|l| l.trim().split_once(' ')).collect();
    let shape = |(name, service): (&String, &Value)| {
        let ports = service["ports"].as_array().map_or(&[][..], Vec::as_slice);
        let shape = Shape {
            hash: hashes.get(name.as_str()).map_or_else(String::new, |hash| (*hash).to_owned()),
            host_ports: ports.iter().filter_map(host_ports).min(),
            has_own_name: service["container_name"].is_string(),
            is_global: service["deploy"]["mode"] == "global",
            network_mode: own_network(service["network_mode"].as_str()),
        };
        (name.clone(), shape)
    };
    Some(services.iter().map(shape).collect())
}

/// How many containers a published port suffices for; `None` where the Engine chooses it.
fn host_ports(port: &Value) -> Option<u32> {
    let published = &port["published"];
    let text = published
        .as_str()
        .map(str::to_owned)
        .or_else(|| published.as_u64().map(|n| n.to_string()))?;
    if text.is_empty() || text == "0" {
        return None;
    }
    let range = text.split_once('-').and_then(|(first, last)| {
        let (first, last) = (first.trim().parse::<u32>().ok()?, last.trim().parse::<u32>().ok()?);
        last.checked_sub(first)?.checked_add(1)
    });
    Some(range.unwrap_or(1))
}

fn own_network(mode: Option<&str>) -> Option<String> {
    let mode = mode.filter(|mode| {
        *mode == "host" || mode.starts_with("service:") || mode.starts_with("container:")
    });
    mode.map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_shape_is_what_stands_against_several_containers() {
        let config = json!({"services": {
            "api": {"image": "x", "environment": {"PASSWORD": "hush"}, "ports": [{"target": 80}]},
            "web": {"ports": [{"target": 80, "published": "8080"}, {"target": 1, "published": "9000-9004"}]},
            "many": {"ports": [{"target": 1, "published": "9000-9004"}]},
            "old": {"ports": [{"target": 80, "published": 80}], "container_name": "old"},
            "all": {"deploy": {"mode": "global"}, "network_mode": "service:vpn"},
            "odd": {"ports": "none", "network_mode": "bridge"},
        }});
        let shapes = shapes(&config.to_string(), "api abc\nweb def\n").unwrap();
        assert_eq!(shapes["api"], Shape { hash: "abc".to_owned(), ..Shape::default() });
        assert_eq!((shapes["web"].host_ports, shapes["many"].host_ports), (Some(1), Some(5)));
        assert!(shapes["old"].has_own_name && shapes["old"].host_ports == Some(1));
        assert!(shapes["all"].is_global);
        assert_eq!(shapes["all"].network_mode.as_deref(), Some("service:vpn"));
        assert_eq!(shapes["odd"], Shape::default());
        assert!(!format!("{shapes:?}").contains("hush"));
        assert_eq!(super::shapes("{}", ""), None);
        assert_eq!(super::shapes("oops", ""), None);
    }
}
