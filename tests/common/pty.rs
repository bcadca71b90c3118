//! A program in a pty, and what a terminal makes of its bytes.
#![allow(dead_code, clippy::unwrap_used, clippy::panic, reason = "each test uses a part of it")]

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};
use std::{
    io::{Read as _, Write},
    num::NonZero,
    sync::{Arc, Mutex},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

/// A busy machine is slow; a broken program never comes.
const LIMIT: Duration = Duration::from_secs(30);

/// Begin and end of a synchronized update: a terminal draws what lies between them at once.
const BEGIN: &[u8] = b"\x1b[?2026h";
const END: &[u8] = b"\x1b[?2026l";

/// The program and its terminal.
pub(crate) struct Pty {
    master: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    screen: Arc<Mutex<vt100::Parser>>,
    reader: Option<JoinHandle<()>>,
    modes: String,
}

impl Pty {
    /// Runs a program on a terminal of this size.
    pub(crate) fn run(command: CommandBuilder, columns: u16, rows: u16) -> Self {
        let size = PtySize { rows, cols: columns, ..PtySize::default() };
        let pty = native_pty_system().openpty(size).unwrap();
        let modes = modes(&*pty.master);
        let child = pty.slave.spawn_command(command).unwrap();
        drop(pty.slave);
        let (rows, columns) = (NonZero::new(rows).unwrap(), NonZero::new(columns).unwrap());
        let screen = Arc::new(Mutex::new(vt100::Parser::new(rows, columns, 200)));
        let mut output = pty.master.try_clone_reader().unwrap();
        let seen = Arc::clone(&screen);
        let reader = thread::spawn(move || {
            let mut bytes = [0; 4096];
            let mut held = Vec::new();
            while let Ok(length @ 1..) = output.read(&mut bytes) {
                held.extend_from_slice(&bytes[..length]);
                let rest = held.split_off(whole(&held));
                seen.lock().unwrap().process(&held);
                held = rest;
            }
            seen.lock().unwrap().process(&held);
        });
        let keys = pty.master.take_writer().unwrap();
        Self { master: pty.master, keys, child, screen, reader: Some(reader), modes }
    }

    /// What is on the screen.
    pub(crate) fn text(&self) -> String {
        self.screen.lock().unwrap().screen().contents()
    }

    /// Waits until the terminal looks like that.
    pub(crate) fn wait(&self, what: &str, is_so: impl Fn(&vt100::Screen) -> bool) {
        let begin = Instant::now();
        while !is_so(self.screen.lock().unwrap().screen()) {
            assert!(begin.elapsed() < LIMIT, "not {what}:\n{}", self.text());
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits until the program has taken the terminal and shows this text.
    pub(crate) fn wait_taken(&self, text: &str) {
        self.wait("taken", |s| {
            s.alternate_screen()
                && s.hide_cursor()
                && s.bracketed_paste()
                && s.mouse_protocol_mode() != vt100::MouseProtocolMode::None
                && s.contents().contains(text)
        });
        assert_ne!(modes(&*self.master), self.modes, "keys are raw");
    }

    /// Waits until the terminal is as it was: screen, cursor, mouse, paste and line discipline.
    pub(crate) fn wait_given_back(&self) {
        self.wait("given back", |s| {
            !s.alternate_screen()
                && !s.hide_cursor()
                && !s.bracketed_paste()
                && s.mouse_protocol_mode() == vt100::MouseProtocolMode::None
        });
        let begin = Instant::now();
        while modes(&*self.master) != self.modes {
            assert!(begin.elapsed() < LIMIT, "keys are still raw");
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Types.
    pub(crate) fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// Sends a signal to the program alone.
    pub(crate) fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.process_id().unwrap()).unwrap();
        kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
    }

    /// Waits for the end, and says the exit code and what is on the screen.
    pub(crate) fn end(mut self) -> (u32, String) {
        let begin = Instant::now();
        let code = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status.exit_code();
            }
            assert!(begin.elapsed() < LIMIT, "it does not end:\n{}", self.text());
            thread::sleep(Duration::from_millis(5));
        };
        // What it wrote last is read to the end of the terminal, which comes when the last program has left it.
        let reader = self.reader.take().unwrap();
        while !reader.is_finished() && begin.elapsed() < LIMIT {
            thread::sleep(Duration::from_millis(5));
        }
        self.wait_given_back();
        (code, self.text())
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

/// The line discipline: raw or not, echo or not.
fn modes(master: &dyn MasterPty) -> String {
    format!("{:?}", master.get_termios())
}

/// How many of these bytes can be drawn: those before a synchronized update that has not ended.
fn whole(bytes: &[u8]) -> usize {
    let last = |mark: &[u8]| bytes.windows(mark.len()).rposition(|at| at == mark);
    match (last(BEGIN), last(END)) {
        (Some(begin), end) if end.is_none_or(|end| end < begin) => begin,
        // A mark may be cut in two.
        _ => {
            let cut = (1..BEGIN.len()).rev().find(|&n| bytes.ends_with(&BEGIN[..n]));
            bytes.len() - cut.unwrap_or_default()
        }
    }
}
