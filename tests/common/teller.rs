//! A dogwatch that tells what it does as lines of JSON.

#![allow(unreachable_pub, dead_code, reason = "each test program uses its part")]

use crate::{
    common::{PATIENCE, Stack},
    proxy::Proxy,
};
use serde_json::Value;
use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::{Duration, Instant},
};

/// What `dogwatch repairs` tells, by line.
pub fn repairs(stack: &Stack, state: &Path, arguments: &[&str]) -> Vec<Value> {
    let output = Command::new(env!("CARGO_BIN_EXE_dogwatch"))
        .args(["repairs", "--no-config", "--format", "json", "-p", &stack.name])
        .args(arguments)
        .env("DOGWATCH_STATE_DIR", state)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// It acts through a recorder, and is killed with the value.
pub struct Teller {
    /// What it told and somebody waited for, or passed over.
    pub seen: Vec<Value>,
    /// How long it is waited for.
    pub patience: Duration,
    child: Child,
    lines: Receiver<Value>,
}

impl Teller {
    /// Starts it behind this recorder.
    pub fn start(command: &mut Command, proxy: &Proxy) -> Self {
        let mut child =
            command.env("DOCKER_HOST", proxy.host()).stdout(Stdio::piped()).spawn().unwrap();
        let (tell, lines) = channel();
        let out = BufReader::new(child.stdout.take().unwrap());
        thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                let value = serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: {line}"));
                if tell.send(value).is_err() {
                    return;
                }
            }
        });
        Self { seen: Vec::new(), patience: PATIENCE, child, lines }
    }

    /// Waits for the next line that fits.
    pub fn next(&mut self, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + self.patience;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(value) = self.lines.recv_timeout(left) else {
                panic!("never told: {what}: {:#?}", self.seen)
            };
            self.seen.push(value.clone());
            if fits(&value) {
                return value;
            }
        }
    }

    /// The first line that fits, of those that came; waits for it where none did.
    pub fn ever(&mut self, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        match self.seen.iter().find(|value| fits(value)) {
            Some(found) => found.clone(),
            None => self.next(what, fits),
        }
    }
}

impl Drop for Teller {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
