//! An Engine: the machine's own, or a second one that may be stopped.

use std::{
    env,
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

/// How to reach an Engine.
#[derive(Debug, Clone, Default)]
pub struct Engine {
    /// `DOCKER_HOST`; `None` is the environment's own.
    pub host: Option<String>,
}

impl Engine {
    /// The one that this environment has.
    pub const fn main() -> Self {
        Self { host: None }
    }

    /// A `docker` command for it.
    pub fn docker(&self) -> Command {
        let mut command = Command::new("docker");
        if let Some(host) = &self.host {
            command.env("DOCKER_HOST", host);
        }
        command
    }

    /// Runs `docker` and returns what it printed; `None` where it failed.
    pub fn try_say(&self, arguments: &[&str]) -> Option<String> {
        let output = self.docker().args(arguments).output().ok().filter(|o| o.status.success())?;
        Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    /// Runs `docker` and returns what it printed.
    pub fn say(&self, arguments: &[&str]) -> String {
        let Output { status, stdout, stderr } = self.docker().args(arguments).output().unwrap();
        assert!(status.success(), "docker {arguments:?}: {}", String::from_utf8_lossy(&stderr));
        String::from_utf8_lossy(&stdout).trim().to_owned()
    }

    /// Whether it answers.
    pub fn answers(&self) -> bool {
        self.try_say(&["version", "--format", "{{.Server.Version}}"]).is_some()
    }

    /// Version and API.
    pub fn version(&self) -> String {
        self.say(&["version", "--format", "{{.Server.Version}} (API {{.Server.APIVersion}})"])
    }
}

/// Whether this process may do what only root may.
pub fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|o| o.stdout.trim_ascii() == b"0")
}

/// An Engine beside the machine's own, which may be stopped and started. It ends with the value.
pub struct Second {
    /// How to reach it.
    pub engine: Engine,
    name: String,
    variables: Vec<(String, String)>,
    /// A copy of the scripts, which write beside themselves.
    scripts: tempfile::TempDir,
    /// One test at a time has it.
    _lock: File,
}

impl Second {
    /// Starts it; says why not.
    pub fn start(name: &str) -> Result<Self, String> {
        Self::start_with(name, &[])
    }

    /// Starts it with variables of the script that sets it up; says why not.
    pub fn start_with(name: &str, variables: &[(&str, &str)]) -> Result<Self, String> {
        let shared = env::var_os("SHARED")
            .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
        let lab = shared.join("docker");
        if !lab.join("setup-docker.sh").is_file() {
            return Err("nothing here sets up a second Engine".to_owned());
        }
        if !is_root() {
            return Err("a second Engine needs root".to_owned());
        }
        let lock = File::create(env::temp_dir().join(format!("dogwatch-engine-{name}.lock")))
            .map_err(|error| error.to_string())?;
        lock.lock().map_err(|error| error.to_string())?;
        let scripts = tempfile::tempdir().map_err(|error| error.to_string())?;
        let copied = Command::new("cp").arg("-r").arg(&lab).arg(scripts.path()).status();
        if !copied.is_ok_and(|status| status.success()) {
            return Err(format!("cannot copy {}", lab.display()));
        }
        let engine = Engine { host: Some(format!("unix:///run/dockerd-{name}/docker.sock")) };
        let own = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        let variables = variables.iter().map(own).collect();
        let second = Self { engine, name: name.to_owned(), variables, scripts, _lock: lock };
        second.up()?;
        Ok(second)
    }

    /// Starts the daemon, if it does not run.
    pub fn up(&self) -> Result<(), String> {
        let log =
            File::create(self.scripts.path().join("log")).map_err(|error| error.to_string())?;
        let same = log.try_clone().map_err(|error| error.to_string())?;
        let status = Command::new(self.scripts.path().join("docker/setup-docker.sh"))
            .env("SECOND", &self.name)
            .envs(self.variables.iter().cloned())
            .env_remove("DOCKER_HOST")
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(same)
            .status()
            .map_err(|error| error.to_string())?;
        if status.success() && self.engine.answers() {
            return Ok(());
        }
        let log = fs::read_to_string(self.scripts.path().join("log")).unwrap_or_default();
        Err(format!("the second Engine did not start: {log}"))
    }

    /// Process id of the daemon, while it runs.
    pub fn pid(&self) -> Option<i32> {
        let run = PathBuf::from(format!("/run/dockerd-{}/dockerd.pid", self.name));
        let pid = fs::read_to_string(run).ok()?.trim().parse().ok()?;
        let name = fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
        name.starts_with("dockerd").then_some(pid)
    }

    /// Stops the daemon, and with it its containers.
    pub fn down(&self) {
        let Some(pid) = self.pid().and_then(rustix::process::Pid::from_raw) else { return };
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        let deadline = Instant::now() + Duration::from_mins(1);
        while self.pid().is_some() && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Second {
    fn drop(&mut self) {
        self.down();
    }
}
