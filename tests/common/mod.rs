//! Compose projects of a test's own, and the reason to skip where there is no Engine.

#![allow(unreachable_pub, dead_code, reason = "each test program uses its part")]

pub mod engine;
pub mod forge;
pub mod request;
pub mod tongue;

use engine::Engine;
use std::{
    fs,
    process::{Command, Output},
    thread,
    time::{Duration, Instant},
};

/// Longer than anything takes on a busy machine.
pub const PATIENCE: Duration = Duration::from_mins(2);

/// Images with a shell that serve, the first that is there; the last one may be pulled.
const IMAGES: [&str; 3] = ["dogwatch/busybox:latest", "busybox:latest", "busybox:stable"];

/// Says that a test is skipped, unless `DOGWATCH_REQUIRE_DOCKER=1` makes that a failure.
pub fn skip(reason: &str) {
    let is_required = std::env::var("DOGWATCH_REQUIRE_DOCKER").is_ok_and(|v| v == "1");
    assert!(!is_required, "DOGWATCH_REQUIRE_DOCKER=1, but: {reason}");
    eprintln!("SKIPPED: {reason}");
}

/// Asks again and again until it is so.
pub fn wait_for(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "{what} did not come");
        thread::sleep(Duration::from_millis(20));
    }
}

fn docker(arguments: &[&str]) -> Option<Output> {
    Command::new("docker").args(arguments).output().ok().filter(|o| o.status.success())
}

/// An image to run shells in; `None` after it said why the test is skipped.
pub fn image() -> Option<&'static str> {
    if docker(&["version", "--format", "{{.Server.Version}}"]).is_none() {
        skip("no Docker Engine answers");
        return None;
    }
    if docker(&["compose", "version"]).is_none() {
        skip("there is no docker compose");
        return None;
    }
    let there = IMAGES.into_iter().find(|image| docker(&["image", "inspect", image]).is_some());
    let pulled = || IMAGES.last().copied().filter(|image| docker(&["pull", image]).is_some());
    let image = there.or_else(pulled);
    if image.is_none() {
        skip("there is no busybox image, and none can be pulled");
    }
    image
}

/// A Compose project of its own, taken down with everything in it when dropped.
pub struct Stack {
    /// Where its compose file is.
    pub folder: tempfile::TempDir,
    /// Compose's name of it.
    pub name: String,
    /// Where it runs.
    pub engine: Engine,
}

impl Stack {
    /// Writes the services, in which `$IMAGE` stands for the image, and brings them up; `None` where the test is skipped.
    pub fn up(test: &str, services: &str) -> Option<Self> {
        let stack = Self::written(test, services)?;
        stack.compose(&["up", "-d"]);
        Some(stack)
    }

    /// Writes the services and starts nothing.
    pub fn written(test: &str, services: &str) -> Option<Self> {
        let services = services.replace("$IMAGE", image()?);
        Some(Self::on(Engine::main(), test, &services))
    }

    /// Writes the services for this Engine and starts nothing.
    pub fn on(engine: Engine, test: &str, services: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let name = format!("dogwatch-test-{test}-{}", std::process::id());
        let compose = format!("name: {name}\nservices:\n{services}");
        fs::write(folder.path().join("compose.yaml"), compose).unwrap();
        Self { folder, name, engine }
    }

    /// Runs `docker compose` in the project and returns what it printed.
    pub fn compose(&self, arguments: &[&str]) -> String {
        let output = self.try_compose(arguments);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "docker compose {arguments:?}: {errors}");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Runs `docker compose` in the project, whatever comes of it.
    pub fn try_compose(&self, arguments: &[&str]) -> Output {
        let mut command = self.engine.docker();
        command.args(["compose", "--progress", "quiet"]).args(arguments);
        command.current_dir(self.folder.path()).output().unwrap()
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        // A one-off container is none of `down`'s.
        let ours = format!("label=com.docker.compose.project={}", self.name);
        let listed = self.engine.try_say(&["ps", "-aq", "--filter", &ours]);
        for id in listed.unwrap_or_default().split_whitespace() {
            let _ = self.engine.try_say(&["rm", "-f", id]);
        }
        self.try_compose(&["down", "--volumes", "--remove-orphans", "--timeout", "0"]);
    }
}
