//! What the program says of lines, asked as anybody would.

use serde_json::Value;
use std::{
    io::Write,
    process::{Command, Stdio},
    thread,
};

/// One answer for each line, in their order; `args` stand before the `-` of `dogwatch classify`.
pub(crate) fn classify<T: AsRef<str>>(args: &[&str], lines: &[T]) -> Vec<Value> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_dogwatch"))
        .args(["--no-config", "classify"])
        .args(args)
        .arg("-")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let text: String = lines.iter().flat_map(|line| [line.as_ref(), "\n"]).collect();
    let mut input = child.stdin.take().unwrap();
    let writer = thread::spawn(move || input.write_all(text.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success());
    let told = String::from_utf8(output.stdout).unwrap();
    let mut answers: Vec<Value> =
        told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    answers.sort_by_key(|answer| answer["line"].as_u64());
    assert_eq!(answers.len(), lines.len(), "one answer for each line");
    answers
}
