//! The real program in a real terminal, on the demo: it answers keys, and gives the terminal back on every way out.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test")]

#[path = "common/pty.rs"]
mod pty;

use portable_pty::CommandBuilder;
use pty::Pty;
use rustix::process::Signal;
use tempfile::TempDir;

/// The dashboard on the demo, with a home of its own.
fn demo(columns: u16, rows: u16) -> (Pty, TempDir) {
    let home = tempfile::tempdir().unwrap();
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_dogwatch"));
    command.arg("demo");
    command.env_clear();
    command.env("HOME", home.path());
    command.env("PATH", "/usr/bin:/bin");
    command.env("TERM", "xterm-256color");
    command.env("LANG", "C.UTF-8");
    command.cwd(home.path());
    let pty = Pty::run(command, columns, rows);
    pty.wait_taken("Problems");
    (pty, home)
}

#[test]
fn keys_end_it_and_the_terminal_is_as_it_was() {
    for key in ["q", "\x03"] {
        let (mut pty, _home) = demo(80, 24);
        pty.press(key);
        let (code, screen) = pty.end();
        assert_eq!((code, screen.trim()), (0, ""), "{key:?}");
    }
}

#[test]
fn signals_end_it_with_their_codes() {
    for (signal, code) in [(Signal::TERM, 0), (Signal::INT, 130), (Signal::QUIT, 131)] {
        let (pty, _home) = demo(80, 24);
        pty.signal(signal);
        assert_eq!(pty.end().0, code, "{signal:?}");
    }
}

#[test]
fn it_can_be_stopped_and_goes_on() {
    let (mut pty, _home) = demo(80, 24);
    pty.signal(Signal::TSTP);
    pty.wait_given_back();
    pty.signal(Signal::CONT);
    pty.wait_taken("Problems");
    pty.press("q");
    assert_eq!(pty.end().0, 0);
}

#[test]
fn two_keys_restart_the_service_of_the_worst_problem() {
    let (mut pty, _home) = demo(120, 40);
    pty.wait("a problem", |s| s.contents().contains("CRIT"));
    pty.press("r");
    pty.wait("asked", |s| s.contents().contains("runs docker restart -t "));
    pty.press("\r");
    pty.wait("told", |s| s.contents().contains("Restarted "));
    pty.press("q");
    assert_eq!(pty.end().0, 0);
}

#[test]
fn what_is_pasted_is_no_command() {
    let (mut pty, _home) = demo(120, 40);
    pty.wait("a problem", |s| s.contents().contains("CRIT"));
    pty.press("r");
    pty.wait("asked", |s| s.contents().contains("runs docker restart -t "));
    pty.press("\x1b[200~y\n\nq\x1b[201~");
    pty.press("?");
    pty.press("\x1b");
    pty.wait("cancelled", |s| !s.contents().contains('┗'));
    assert!(!pty.text().contains("Restart"), "{}", pty.text());
    pty.press("q");
    assert_eq!(pty.end().0, 0);
}

#[test]
fn o_opens_the_file_of_the_trace_and_the_screen_comes_back() {
    let home = tempfile::tempdir().unwrap();
    let at = |name: &str| home.path().join(name);
    let source = at("tasks.py");
    let trace = format!(
        "Traceback (most recent call last):\n  File \"{}\", line 3, in run\n    run()\n\
         ValueError: no such order\n",
        source.display()
    );
    std::fs::write(&source, "a\nb\nrun()\n").unwrap();
    std::fs::write(at("app.log"), trace).unwrap();
    std::fs::write(at("editor"), "#!/bin/sh\necho \"$*\" > opened\nstty -a > modes\n").unwrap();
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_dogwatch"));
    command.arg("app.log");
    command.env_clear();
    for (name, value) in
        [("PATH", "/usr/bin:/bin"), ("TERM", "xterm-256color"), ("LANG", "C.UTF-8")]
    {
        command.env(name, value);
    }
    command.env("HOME", home.path());
    command.env("EDITOR", format!("sh {}", at("editor").display()));
    command.cwd(home.path());
    let mut pty = Pty::run(command, 120, 40);
    pty.wait_taken("rule code.value");
    pty.press("o");
    let opened = format!("+3 {}\n", source.display());
    pty.wait("opened", |_| std::fs::read_to_string(at("opened")).is_ok_and(|text| text == opened));
    pty.wait_taken("ValueError");
    // The editor had a terminal as a shell has it, and ours answers keys again.
    let modes = std::fs::read_to_string(at("modes")).unwrap();
    assert!(modes.contains(" icanon") && modes.contains(" echo"), "{modes}");
    std::fs::remove_file(&source).unwrap();
    pty.press("o");
    pty.wait("told", |s| s.contents().contains("is not on this machine"));
    pty.press("q");
    assert_eq!(pty.end().0, 0);
}

#[test]
fn marked_problems_become_one_and_their_own_again() {
    let (mut pty, _home) = demo(120, 40);
    // One list without headings, and enough of them that there is a next one.
    pty.press("bbb");
    pty.wait("problems", |s| s.contents().matches("+new").count() > 4);
    pty.press("g");
    pty.press(" ");
    pty.wait("a mark", |s| s.contents().contains("1 marked"));
    pty.press("j");
    pty.press("J");
    pty.wait("asked", |s| s.contents().contains("Make these 2 problems one?"));
    pty.press("\r");
    pty.wait("merged", |s| s.contents().contains("part of"));
    pty.press("u");
    // Of a title of 40 signs no more is on the first line of the note.
    pty.wait("apart", |s| s.contents().contains("” is a problem"));
    pty.press("q");
    assert_eq!(pty.end().0, 0);
}

#[test]
fn a_terminal_of_twenty_columns_is_enough() {
    let (mut pty, _home) = demo(20, 5);
    pty.wait("a problem", |s| s.contents().contains("█C"));
    for key in ["?", "r", "R", ":", "T", "f", "i"] {
        pty.press(key);
        pty.wait(&format!("open by {key}"), |s| s.contents().contains('┏'));
        pty.press("\x1b");
        pty.wait("closed", |s| !s.contents().contains('┏'));
    }
    pty.press("\x03");
    assert_eq!(pty.end().0, 0);
}
