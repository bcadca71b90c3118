//! The real dashboard on a terminal that nobody looks at.

#![allow(unreachable_pub, dead_code, reason = "each test program uses its part")]

use crate::common::engine::Engine;
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};
use std::{
    fs,
    io::Read as _,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

/// What is to be watched, and where that is kept.
#[derive(Debug, Clone)]
pub struct Watch {
    /// The Engine.
    pub engine: Engine,
    /// Compose project.
    pub project: String,
    /// Holds `state` and `config`.
    pub home: PathBuf,
    /// More of the command line.
    pub arguments: Vec<String>,
}

impl Watch {
    /// A project, from its beginning.
    pub fn new(engine: &Engine, project: &str, home: &Path) -> Self {
        let arguments = ["--since", "1h", "--tail", "all"].map(str::to_owned).to_vec();
        Self {
            engine: engine.clone(),
            project: project.to_owned(),
            home: home.to_owned(),
            arguments,
        }
    }

    /// The project's folder.
    pub fn folder(&self) -> PathBuf {
        self.home.join("state/projects").join(&self.project)
    }

    /// Where the journal's files are.
    pub fn journal(&self) -> PathBuf {
        self.folder().join("journal")
    }

    /// The command line.
    pub fn command(&self) -> CommandBuilder {
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_dogwatch"));
        command.args(["-p", &self.project, "--theme", "dark"]);
        command.args(&self.arguments);
        command.env("TERM", "xterm-256color");
        command.env("DOGWATCH_STATE_DIR", self.home.join("state"));
        command.env("DOGWATCH_CONFIG_DIR", self.home.join("config"));
        if let Some(host) = &self.engine.host {
            command.env("DOCKER_HOST", host);
        }
        command
    }

    /// Starts it.
    pub fn start(&self) -> Watcher {
        let size = PtySize { rows: 40, cols: 120, pixel_width: 0, pixel_height: 0 };
        let pty = native_pty_system().openpty(size).unwrap();
        let child = pty.slave.spawn_command(self.command()).unwrap();
        drop(pty.slave);
        let mut reader = pty.master.try_clone_reader().unwrap();
        // The screen is read and forgotten, or the program would wait for its terminal.
        thread::spawn(move || {
            let mut buffer = [0; 1 << 14];
            while reader.read(&mut buffer).is_ok_and(|read| read > 0) {}
        });
        let pid = child.process_id().and_then(|pid| i32::try_from(pid).ok()).unwrap();
        Watcher { child, pid, _terminal: pty.master }
    }
}

/// A running dashboard. It is killed with the value.
pub struct Watcher {
    child: Box<dyn Child + Send + Sync>,
    pid: i32,
    _terminal: Box<dyn MasterPty + Send>,
}

impl Watcher {
    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_raw(self.pid).unwrap(), signal).unwrap();
    }

    /// Whether it still runs.
    pub fn is_up(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// SIGKILL: nothing is saved on the way out.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to end, and says how long that took and the exit code.
    pub fn quit(mut self) -> (Duration, u32) {
        let begin = Instant::now();
        self.signal(Signal::TERM);
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return (begin.elapsed(), status.exit_code());
            }
            assert!(begin.elapsed() < Duration::from_secs(30), "dogwatch does not end");
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Processor time so far, user and system, in seconds.
    pub fn cpu(&self) -> f64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid)).unwrap_or_default();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split(' ').collect();
        let field = |at: usize| fields.get(at).and_then(|f| f.parse::<f64>().ok()).unwrap_or(0.0);
        (field(12) + field(13)) / 100.0
    }

    /// Resident memory in MB, now and at most so far.
    pub fn memory(&self) -> (f64, f64) {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid)).unwrap_or_default();
        let of = |key: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(key))?;
            line.split_whitespace().next()?.parse::<f64>().ok()
        };
        (of("VmRSS:").unwrap_or(0.0) / 1024.0, of("VmHWM:").unwrap_or(0.0) / 1024.0)
    }

    /// Threads.
    pub fn threads(&self) -> usize {
        fs::read_dir(format!("/proc/{}/task", self.pid)).map_or(0, Iterator::count)
    }

    /// Open files.
    pub fn files(&self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.pid)).map_or(0, Iterator::count)
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
