//! The terminal is given back on every way out, in a real pty: the test runs itself as the program.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

#[path = "common/pty.rs"]
mod pty;

use dogwatch::tui::{
    signals::{Signal, Signals, stop},
    terminal::{Screen, take_panics},
};
use portable_pty::CommandBuilder;
use pty::Pty;
use ratatui::widgets::Paragraph;
use rustix::process::Signal as Number;
use std::{env, io::Write as _, thread};

const ROLE: &str = "DOGWATCH_TEST_ROLE";

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

fn run(role: &str) -> Pty {
    let mut command = CommandBuilder::new(env::current_exe().unwrap());
    command.args(["--exact", "program", "--ignored", "--nocapture", "--test-threads=1"]);
    command.env(ROLE, role);
    command.env("RUST_BACKTRACE", "0");
    Pty::run(command, 80, 24)
}

#[test]
fn is_given_back_at_a_normal_end() {
    let (code, screen) = run("return").end();
    assert_eq!(code, 0, "{screen}");
    assert!(!screen.contains("ours"));
}

#[test]
fn is_given_back_before_a_panic_is_reported() {
    for (role, report) in [("panic", "boom in the face"), ("panic in a draw", "boom in a draw")] {
        let (code, screen) = run(role).end();
        assert_ne!(code, 0);
        assert!(screen.contains(report), "the report is readable:\n{screen}");
        assert!(!screen.contains("ours"), "nothing of the frame is left:\n{screen}");
    }
}

#[test]
fn goes_on_when_a_worker_panics_and_tells_it_at_the_end() {
    let pty = run("panic in a worker");
    pty.wait_taken("goes on");
    assert!(!pty.text().contains("boom"));
    pty.signal(Number::TERM);
    let (_, screen) = pty.end();
    assert!(screen.contains("boom in a worker"), "{screen}");
}

#[test]
fn is_given_back_on_every_signal() {
    for (number, code) in
        [(Number::TERM, 0), (Number::INT, 130), (Number::HUP, 129), (Number::QUIT, 131)]
    {
        let pty = run("signals");
        pty.wait_taken("ours");
        pty.signal(number);
        let (ended, screen) = pty.end();
        assert_eq!(ended, code, "{number:?}\n{screen}");
    }
}

#[test]
fn is_given_back_while_stopped_and_taken_again() {
    let pty = run("signals");
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
    let pty = run("aside");
    pty.wait_taken("ours");
    pty.signal(Number::TERM);
    let (_, screen) = pty.end();
    assert!(screen.contains("an editor"), "it wrote to the normal screen:\n{screen}");
}
