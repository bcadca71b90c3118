//! Every line is counted once, over restarts of the container and kills of dogwatch: the real program on a real Engine.
//!
//! A container writes numbered problems of one kind; dogwatch follows in a pseudo-terminal, is killed with SIGKILL,
//! started again, and the container is restarted meanwhile. At the end the count on disk must be what the Engine holds.
//! `DOGWATCH_RECORD_LINES=200000 cargo test --test record -- --nocapture` runs it at length and prints the figures.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "this is a test; its helpers are no test functions"
)]

mod common;

use common::{Stack, wait_for};
use dogwatch::store::state::State;
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use std::{
    io::Read,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

/// A running dashboard of a project.
struct Watcher {
    child: Box<dyn Child + Send + Sync>,
    _terminal: Box<dyn MasterPty + Send>,
}

impl Watcher {
    fn start(stack: &Stack, home: &Path) -> Self {
        let size = PtySize { rows: 40, cols: 120, pixel_width: 0, pixel_height: 0 };
        let pty = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_dogwatch"));
        command.args(["-p", &stack.name, "--since", "1h", "--tail", "all", "--theme", "dark"]);
        command.env("TERM", "xterm-256color");
        command.env("DOGWATCH_STATE_DIR", home.join("state"));
        command.env("DOGWATCH_CONFIG_DIR", home.join("config"));
        let child = pty.slave.spawn_command(command).unwrap();
        let mut reader = pty.master.try_clone_reader().unwrap();
        // The screen is read and forgotten, or the program would wait for its terminal.
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while reader.read(&mut buffer).is_ok_and(|read| read > 0) {}
        });
        Self { child, _terminal: pty.master }
    }

    /// SIGKILL: nothing is saved on the way out.
    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// Events that are counted on disk.
fn counted(database: &Path, project: &str) -> u64 {
    let Ok(state) = State::view(database) else { return 0 };
    state.load(project).map_or(0, |saved| saved.groups.iter().map(|g| g.count).sum())
}

#[test]
fn every_line_is_counted_once_over_kills_and_restarts() {
    let lines: u64 =
        std::env::var("DOGWATCH_RECORD_LINES").ok().and_then(|n| n.parse().ok()).unwrap_or(8_000);
    // Bursts of a hundred with a pause, so that kills fall into the middle of the work.
    let pause = if lines > 50_000 { 5_000 } else { 100_000 };
    let script = format!(
        "i=0; while [ $$i -lt {lines} ]; do echo \"ERROR order $$i failed: connection refused\"; \
         i=$$((i+1)); [ $$((i % 100)) = 0 ] && usleep {pause}; done; exec sleep 3600"
    );
    let service = format!(
        "  writer:\n    image: $IMAGE\n    init: true\n    stop_grace_period: 1s\n    command: [sh, -c, '{script}']\n"
    );
    let Some(stack) = Stack::up("record", &service) else { return };
    let home = tempfile::tempdir().unwrap();
    let database: PathBuf = home.path().join("state/projects").join(&stack.name).join("state.db");
    let on_disk = || counted(&database, &stack.name);

    let watcher = Watcher::start(&stack, home.path());
    wait_for("a fifth of the lines", || on_disk() >= lines / 5);
    watcher.kill();
    let first = on_disk();

    let watcher = Watcher::start(&stack, home.path());
    // The writer begins again; what it wrote before stays in the Engine's log.
    stack.compose(&["restart", "--timeout", "0", "writer"]);
    wait_for("more lines", || on_disk() > first + lines / 10);
    watcher.kill();
    let second = on_disk();

    let watcher = Watcher::start(&stack, home.path());
    wait_for("the last line", || {
        stack
            .compose(&["logs", "--tail", "1", "--no-log-prefix"])
            .contains(&format!(" {} ", lines - 1))
    });
    let held = stack.compose(&["logs", "--no-log-prefix", "--no-color"]).lines().count() as u64;
    wait_for(&format!("{held} lines on disk"), || on_disk() >= held);
    // One more save, in which a doubled line would show.
    thread::sleep(Duration::from_millis(1500));
    watcher.kill();
    let third = on_disk();
    eprintln!(
        "held by the Engine {held}; on record {first} after the first kill, {second} after the \
         second, {third} at the end; lost {}, doubled {}",
        held.saturating_sub(third),
        third.saturating_sub(held)
    );
    assert!(first < second && second < third, "{first} {second} {third}");
    assert_eq!(third, held);
}
