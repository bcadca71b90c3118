//! The terminal is given back on every way out, in a real pty: the test runs itself as the program.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use dogwatch::tui::{
    signals::{Signal, Signals, stop},
    terminal::{Screen, take_panics},
};
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use ratatui::widgets::Paragraph;
use rustix::process::{Pid, Signal as Number, kill_process};
use std::{
    env,
    io::{Read as _, Write as _},
    num::NonZero,
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

const ROLE: &str = "DOGWATCH_TEST_ROLE";
const ROWS: NonZero<u16> = NonZero::new(24).unwrap();
const COLUMNS: NonZero<u16> = NonZero::new(80).unwrap();
const LIMIT: Duration = Duration::from_secs(20);

/// The program: takes the terminal, draws, and ends as it is told. Does nothing unless a test below runs it.
#[test]
#[ignore = "the other tests run it as a program"]
fn program() {
    let Ok(role) = env::var(ROLE) else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut signals = Signals::listen().unwrap();
        let mut screen = Screen::enter(true).unwrap();
        let draw = |screen: &mut Screen| {
            screen.draw(|frame| frame.render_widget(Paragraph::new("ours"), frame.area())).unwrap();
        };
        draw(&mut screen);
        match role.as_str() {
            "return" => {}
            "panic" => panic!("boom in the face"),
            "panic in a draw" => screen.draw(|_| panic!("boom in a draw")).unwrap(),
            "panic in a worker" => {
                thread::spawn(|| panic!("boom in a worker")).join().unwrap_err();
                // The screen goes on, and the report is kept for it.
                screen
                    .draw(|frame| frame.render_widget(Paragraph::new("goes on"), frame.area()))
                    .unwrap();
                signals.told().await;
            }
            "aside" => {
                let seen = screen.step_aside(|| {
                    let _ = writeln!(std::io::stdout(), "an editor");
                    take_panics().len()
                });
                assert_eq!(seen.unwrap(), 0);
                draw(&mut screen);
                signals.told().await;
            }
            _ => loop {
                match signals.told().await {
                    Signal::End(code) => {
                        drop(screen);
                        std::process::exit(code.into());
                    }
                    Signal::Suspend => {
                        screen.leave();
                        stop();
                    }
                    Signal::Continue => {
                        screen.take().unwrap();
                        draw(&mut screen);
                    }
                }
            },
        }
    });
}

/// The program in a pty, and what a terminal makes of its bytes.
struct Pty {
    master: Box<dyn MasterPty + Send>,
    child: Box<dyn Child + Send + Sync>,
    screen: Arc<Mutex<vt100::Parser>>,
    modes: String,
}

impl Pty {
    fn run(role: &str) -> Self {
        let size = PtySize { rows: ROWS.get(), cols: COLUMNS.get(), ..PtySize::default() };
        let pty = native_pty_system().openpty(size).unwrap();
        let modes = modes(&*pty.master);
        let mut command = CommandBuilder::new(env::current_exe().unwrap());
        command.args(["--exact", "program", "--ignored", "--nocapture", "--test-threads=1"]);
        command.env(ROLE, role);
        command.env("RUST_BACKTRACE", "0");
        let child = pty.slave.spawn_command(command).unwrap();
        drop(pty.slave);
        let screen = Arc::new(Mutex::new(vt100::Parser::new(ROWS, COLUMNS, 200)));
        let mut reader = pty.master.try_clone_reader().unwrap();
        let seen = Arc::clone(&screen);
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(length @ 1..) = reader.read(&mut bytes) {
                seen.lock().unwrap().process(&bytes[..length]);
            }
        });
        Self { master: pty.master, child, screen, modes }
    }

    /// Waits until the terminal looks like that; no longer than [`LIMIT`].
    fn wait(&self, what: &str, is_so: impl Fn(&vt100::Screen) -> bool) {
        let begin = Instant::now();
        while !is_so(self.screen.lock().unwrap().screen()) {
            let screen = self.screen.lock().unwrap().screen().contents();
            assert!(begin.elapsed() < LIMIT, "not {what}:\n{screen}");
            thread::sleep(Duration::from_millis(5));
        }
    }

    fn wait_taken(&self, text: &str) {
        self.wait("taken", |s| {
            s.alternate_screen()
                && s.hide_cursor()
                && s.bracketed_paste()
                && s.mouse_protocol_mode() != vt100::MouseProtocolMode::None
                && s.contents().contains(text)
        });
        assert_ne!(modes(&*self.master), self.modes, "keys are raw");
    }

    fn wait_given_back(&self) {
        self.wait("given back", is_given_back);
        let begin = Instant::now();
        while modes(&*self.master) != self.modes {
            assert!(begin.elapsed() < LIMIT, "keys are still raw");
            thread::sleep(Duration::from_millis(5));
        }
    }

    fn signal(&self, number: Number) {
        let pid = i32::try_from(self.child.process_id().unwrap()).unwrap();
        kill_process(Pid::from_raw(pid).unwrap(), number).unwrap();
    }

    /// Waits for the end, and says the exit code and what is on the screen.
    fn end(mut self) -> (u32, String) {
        let code = self.child.wait().unwrap().exit_code();
        self.wait_given_back();
        let screen = self.screen.lock().unwrap().screen().contents();
        (code, screen)
    }
}

fn is_given_back(screen: &vt100::Screen) -> bool {
    !screen.alternate_screen()
        && !screen.hide_cursor()
        && !screen.bracketed_paste()
        && screen.mouse_protocol_mode() == vt100::MouseProtocolMode::None
}

/// The line discipline: raw or not, echo or not.
fn modes(master: &dyn MasterPty) -> String {
    format!("{:?}", master.get_termios())
}

#[test]
fn is_given_back_at_a_normal_end() {
    let (code, screen) = Pty::run("return").end();
    assert_eq!(code, 0, "{screen}");
    assert!(!screen.contains("ours"));
}

#[test]
fn is_given_back_before_a_panic_is_reported() {
    for (role, report) in [("panic", "boom in the face"), ("panic in a draw", "boom in a draw")] {
        let (code, screen) = Pty::run(role).end();
        assert_ne!(code, 0);
        assert!(screen.contains(report), "the report is readable:\n{screen}");
        assert!(!screen.contains("ours"), "nothing of the frame is left:\n{screen}");
    }
}

#[test]
fn goes_on_when_a_worker_panics_and_tells_it_at_the_end() {
    let pty = Pty::run("panic in a worker");
    pty.wait_taken("goes on");
    assert!(!pty.screen.lock().unwrap().screen().contents().contains("boom"));
    pty.signal(Number::TERM);
    let (_, screen) = pty.end();
    assert!(screen.contains("boom in a worker"), "{screen}");
}

#[test]
fn is_given_back_on_every_signal() {
    for (number, code) in
        [(Number::TERM, 0), (Number::INT, 130), (Number::HUP, 129), (Number::QUIT, 131)]
    {
        let pty = Pty::run("signals");
        pty.wait_taken("ours");
        pty.signal(number);
        let (ended, screen) = pty.end();
        assert_eq!(ended, code, "{number:?}\n{screen}");
    }
}

#[test]
fn is_given_back_while_stopped_and_taken_again() {
    let pty = Pty::run("signals");
    pty.wait_taken("ours");
    for _ in 0..2 {
        pty.signal(Number::TSTP);
        pty.wait_given_back();
        pty.signal(Number::CONT);
        pty.wait_taken("ours");
    }
    pty.signal(Number::TERM);
    assert_eq!(pty.end().0, 0);
}

#[test]
fn is_lent_to_another_program() {
    let pty = Pty::run("aside");
    pty.wait_taken("ours");
    pty.signal(Number::TERM);
    let (_, screen) = pty.end();
    assert!(screen.contains("an editor"), "it wrote to the normal screen:\n{screen}");
}
