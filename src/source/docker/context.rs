//! Which Engine: the order of the docker command itself, from flags, environment, contexts and known sockets.
//!
//! [`choose`] reads only what [`Surroundings`] hands it, so that a test can play any machine.

use super::connect_error::ConnectError;
use crate::model::SafeText;
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    fmt::{self, Write as _},
    fs, io,
    path::{Path, PathBuf},
};

const DEFAULT_SOCKET: &str = "/var/run/docker.sock";
const DEFAULT_PORT: u16 = 2375;

/// Address of an Engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Endpoint {
    /// A socket in the file system.
    Unix(PathBuf),
    /// A plain TCP port, without encryption.
    Tcp {
        /// Name or address; without brackets.
        host: String,
        /// Its port.
        port: u16,
    },
}

impl Endpoint {
    /// Whether it is a socket in the file system.
    pub const fn is_socket(&self) -> bool {
        matches!(self, Self::Unix(_))
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix://{}", SafeText::from(&*path.to_string_lossy())),
            Self::Tcp { host, port } if host.contains(':') => write!(f, "tcp://[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "tcp://{host}:{port}"),
        }
    }
}

/// What the user asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wish {
    /// `--host`.
    pub host: Option<String>,
    /// `--context`.
    pub context: Option<String>,
}

/// An Engine, and why this one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Its address.
    pub endpoint: Endpoint,
    /// Where the address comes from: `DOCKER_HOST`, `context "colima"`, `the default socket`.
    pub chosen_by: String,
}

/// The machine as [`choose`] sees it.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// Environment variables.
    pub variables: BTreeMap<String, String>,
    /// The user's home folder.
    pub home: PathBuf,
    /// Whether something stands at a path.
    pub exists: fn(&Path) -> bool,
}

impl Surroundings {
    /// The machine that we run on.
    pub fn here() -> Self {
        let variables: BTreeMap<String, String> = std::env::vars_os()
            .filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let home = directories::BaseDirs::new()
            .map_or_else(|| PathBuf::from("/"), |folders| folders.home_dir().to_path_buf());
        Self { variables, home, exists: Path::exists }
    }

    /// A variable; an empty one counts as absent.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    fn docker_folder(&self) -> PathBuf {
        self.variable("DOCKER_CONFIG").map_or_else(|| self.home.join(".docker"), PathBuf::from)
    }
}

/// Chooses the Engine: `--context`, `--host`, `DOCKER_HOST`, `DOCKER_CONTEXT`, the current context of
/// `config.json`, the default socket, and where that is absent any other known socket.
///
/// # Errors
/// When a name or address cannot be read, or names something that dogwatch does not speak.
pub fn choose(wish: &Wish, around: &Surroundings) -> Result<Choice, ConnectError> {
    match (&wish.context, &wish.host) {
        (Some(_), Some(_)) => return Err(ConnectError::HostAndContext),
        (Some(name), None) => return by_context(name, "--context", around),
        (None, Some(host)) => return by_host(host, "--host".to_owned(), around),
        (None, None) => {}
    }
    if let Some(host) = around.variable("DOCKER_HOST") {
        return by_host(host, "DOCKER_HOST".to_owned(), around);
    }
    if let Some(name) = around.variable("DOCKER_CONTEXT") {
        return by_context(name, "DOCKER_CONTEXT", around);
    }
    match current_context(&around.docker_folder()) {
        Some(name) => by_context(&name, "the current context", around),
        None => Ok(by_default(around)),
    }
}

fn current_context(folder: &Path) -> Option<String> {
    let text = fs::read_to_string(folder.join("config.json")).ok()?;
    let config: serde_json::Value = serde_json::from_str(&text).ok()?;
    config.get("currentContext")?.as_str().filter(|name| !name.is_empty()).map(str::to_owned)
}

fn by_context(name: &str, named_by: &str, around: &Surroundings) -> Result<Choice, ConnectError> {
    if name == "default" {
        return Ok(by_default(around));
    }
    let folder = around.docker_folder().join("contexts");
    let key = folder_name(name);
    let file = folder.join("meta").join(&key).join("meta.json");
    let bad =
        |reason: String| ConnectError::BadContext { name: name.into(), file: file.clone(), reason };
    let text = match fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let chosen_by = named_by.to_owned();
            return Err(ConnectError::NoSuchContext { name: name.into(), chosen_by, folder });
        }
        Err(error) => return Err(bad(error.to_string())),
    };
    let meta: serde_json::Value =
        serde_json::from_str(&text).map_err(|error| bad(error.to_string()))?;
    let host = meta
        .pointer("/Endpoints/docker/Host")
        .and_then(serde_json::Value::as_str)
        .ok_or_else(|| bad("it has no Endpoints.docker.Host".to_owned()))?;
    let chosen_by = format!("context \"{}\"", SafeText::from(name));
    if folder.join("tls").join(&key).join("docker").is_dir() {
        return Err(unsupported_tls(host, chosen_by));
    }
    parse_host(host, chosen_by)
}

/// The name of the folder in which the docker command keeps a context.
fn folder_name(context: &str) -> String {
    Sha256::digest(context.as_bytes()).iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

fn by_host(host: &str, chosen_by: String, around: &Surroundings) -> Result<Choice, ConnectError> {
    let choice = parse_host(host, chosen_by)?;
    let wants_tls =
        ["DOCKER_TLS_VERIFY", "DOCKER_TLS"].iter().any(|v| around.variable(v).is_some());
    if wants_tls && !choice.endpoint.is_socket() {
        return Err(unsupported_tls(host, choice.chosen_by));
    }
    Ok(choice)
}

fn parse_host(host: &str, chosen_by: String) -> Result<Choice, ConnectError> {
    let (scheme, rest) = match host.split_once("://") {
        Some(parts) => parts,
        None if host.starts_with('/') => ("unix", host),
        None => ("tcp", host),
    };
    let endpoint = match scheme {
        "unix" if rest.is_empty() => Some(Endpoint::Unix(DEFAULT_SOCKET.into())),
        "unix" => Some(Endpoint::Unix(rest.into())),
        "tcp" | "http" => parse_tcp(rest),
        "https" => return Err(unsupported_tls(host, chosen_by)),
        "ssh" => {
            let instead = format!(
                "Forward the socket: ssh -nNT -L /tmp/docker.sock:{DEFAULT_SOCKET} {}, then dogwatch \
                 --host unix:///tmp/docker.sock",
                SafeText::from(rest.trim_end_matches('/'))
            );
            return Err(unsupported(host, chosen_by, "Docker over ssh", instead));
        }
        "npipe" => {
            let instead = "Turn on \"Expose daemon on tcp://localhost:2375\" in Docker Desktop, then \
                           dogwatch --host tcp://localhost:2375";
            return Err(unsupported(host, chosen_by, "a Windows pipe", instead.to_owned()));
        }
        _ => None,
    };
    match endpoint {
        Some(endpoint) => Ok(Choice { endpoint, chosen_by }),
        None => Err(ConnectError::BadHost { host: host.into(), chosen_by }),
    }
}

fn parse_tcp(text: &str) -> Option<Endpoint> {
    let text = text.trim_end_matches('/');
    let (host, port) = if let Some(rest) = text.strip_prefix('[') {
        let (host, port) = rest.split_once(']')?;
        (host, port.strip_prefix(':'))
    } else {
        text.rsplit_once(':').map_or((text, None), |(host, port)| (host, Some(port)))
    };
    let port = port.map_or(Some(DEFAULT_PORT), |port| port.parse().ok())?;
    let is_clean = host.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_:%".contains(&b));
    let host = if host.is_empty() { "127.0.0.1" } else { host };
    is_clean.then(|| Endpoint::Tcp { host: host.to_owned(), port })
}

fn unsupported_tls(host: &str, chosen_by: String) -> ConnectError {
    let instead = "Forward its socket over ssh instead: ssh -nNT -L \
                   /tmp/docker.sock:/var/run/docker.sock HOST, then dogwatch --host unix:///tmp/docker.sock";
    unsupported(host, chosen_by, "Docker over TLS", instead.to_owned())
}

fn unsupported(host: &str, chosen_by: String, what: &'static str, instead: String) -> ConnectError {
    ConnectError::Unsupported { place: host.into(), chosen_by, what, instead }
}

/// The default socket; where nothing stands there, the first of the other known places that exists.
fn by_default(around: &Surroundings) -> Choice {
    let default = PathBuf::from(DEFAULT_SOCKET);
    let found = if (around.exists)(&default) {
        None
    } else {
        known_sockets(around).into_iter().find(|(path, _)| (around.exists)(path))
    };
    let (path, chosen_by) = found.unwrap_or((default, "the default socket"));
    Choice { endpoint: Endpoint::Unix(path), chosen_by: chosen_by.to_owned() }
}

fn known_sockets(around: &Surroundings) -> Vec<(PathBuf, &'static str)> {
    let mut known = Vec::new();
    let runtime = around.variable("XDG_RUNTIME_DIR").map(PathBuf::from);
    if let Some(runtime) = &runtime {
        known.push((runtime.join("docker.sock"), "rootless Docker"));
    }
    for (place, name) in [
        (".docker/run/docker.sock", "Docker Desktop"),
        (".docker/desktop/docker.sock", "Docker Desktop"),
        (".orbstack/run/docker.sock", "OrbStack"),
        (".colima/default/docker.sock", "Colima"),
        (".rd/docker.sock", "Rancher Desktop"),
    ] {
        known.push((around.home.join(place), name));
    }
    if let Some(runtime) = &runtime {
        known.push((runtime.join("podman/podman.sock"), "Podman"));
    }
    known.push(("/run/podman/podman.sock".into(), "Podman"));
    known
}

#[cfg(test)]
mod tests {
    use super::*;

    fn around(variables: &[(&str, &str)], home: &Path) -> Surroundings {
        let variables = variables.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        Surroundings { variables, home: home.to_path_buf(), exists: |_| false }
    }

    fn with_contexts() -> tempfile::TempDir {
        let home = tempfile::tempdir().unwrap();
        let docker = home.path().join(".docker");
        let meta = docker.join("contexts/meta").join(folder_name("far"));
        fs::create_dir_all(&meta).unwrap();
        let text = r#"{"Name":"far","Endpoints":{"docker":{"Host":"tcp://10.0.0.9:2375"}}}"#;
        fs::write(meta.join("meta.json"), text).unwrap();
        fs::write(docker.join("config.json"), r#"{"currentContext":"far"}"#).unwrap();
        home
    }

    fn chosen(wish: &Wish, around: &Surroundings) -> String {
        match choose(wish, around) {
            Ok(choice) => format!("{} by {}", choice.endpoint, choice.chosen_by),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn order_is_the_docker_commands_own() {
        let home = with_contexts();
        let host = |h: &str| Wish { host: Some(h.to_owned()), context: None };
        let context = |c: &str| Wish { host: None, context: Some(c.to_owned()) };
        let all = [("DOCKER_HOST", "unix:///env.sock"), ("DOCKER_CONTEXT", "far")];
        let far = "tcp://10.0.0.9:2375 by context \"far\"";
        for (wish, variables, want) in [
            (host("/flag.sock"), &all[..], "unix:///flag.sock by --host"),
            (context("far"), &all[..], far),
            (Wish::default(), &all[..], "unix:///env.sock by DOCKER_HOST"),
            (Wish::default(), &all[1..], far),
            (Wish::default(), &[][..], far),
            (Wish::default(), &[("DOCKER_HOST", "")][..], far),
            (context("default"), &[][..], "unix:///var/run/docker.sock by the default socket"),
        ] {
            assert_eq!(chosen(&wish, &around(variables, home.path())), want);
        }
    }

    #[test]
    fn other_sockets_serve_where_the_default_is_absent() {
        let mut around = around(&[("XDG_RUNTIME_DIR", "/run/user/1")], Path::new("/home/me"));
        around.exists = |path| path == Path::new("/run/user/1/podman/podman.sock");
        let want = "unix:///run/user/1/podman/podman.sock by Podman";
        assert_eq!(chosen(&Wish::default(), &around), want);
        around.exists = |_| true;
        let want = "unix:///var/run/docker.sock by the default socket";
        assert_eq!(chosen(&Wish::default(), &around), want);
    }

    #[test]
    fn hosts_are_read_or_refused_with_help() {
        let around = around(&[], Path::new("/nowhere"));
        for (host, want) in [
            ("tcp://box", "tcp://box:2375 by --host"),
            ("tcp://[::1]:99", "tcp://[::1]:99 by --host"),
            ("box:1", "tcp://box:1 by --host"),
            ("http://box:1/", "tcp://box:1 by --host"),
            ("unix://", "unix:///var/run/docker.sock by --host"),
            ("ssh://me@box", "cannot use ssh://me@box (--host): Docker over ssh is not supported"),
            ("https://box", "cannot use https://box (--host): Docker over TLS is not supported"),
            ("gopher://x", "cannot read the Docker host \"gopher://x\" (--host)"),
            ("tcp://a b", "cannot read the Docker host \"tcp://a b\" (--host)"),
            ("tcp://x:99999", "cannot read the Docker host \"tcp://x:99999\" (--host)"),
        ] {
            let wish = Wish { host: Some(host.to_owned()), context: None };
            assert_eq!(chosen(&wish, &around), want, "{host}");
        }
        let both = Wish { host: Some("a".to_owned()), context: Some("b".to_owned()) };
        assert_eq!(chosen(&both, &around), "both --host and --context were given");
    }

    #[test]
    fn every_refusal_says_what_to_do() {
        let around = around(&[("DOCKER_TLS_VERIFY", "1")], Path::new("/nowhere"));
        for wish in [
            Wish { host: Some("tcp://x".to_owned()), context: None },
            Wish { host: None, context: Some("gone".to_owned()) },
            Wish { host: Some("ssh://x".to_owned()), context: None },
        ] {
            let error = choose(&wish, &around).unwrap_err();
            assert!(error.advice().len() >= 2, "{error}");
        }
        let choice = by_default(&around);
        let error = ConnectError::Unreachable {
            choice: Box::new(choice),
            reason: "no such file".into(),
            kind: None,
        };
        assert!(error.advice().len() >= 3);
        assert!(error.advice().iter().any(|line| line.contains("dogwatch demo")));
    }
}
