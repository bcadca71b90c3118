//! A command of the user's beside dogwatch. No shell reads it; what it started ends with it where it takes too long.

use std::{collections::VecDeque, path::Path, process::Stdio, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _},
    process::{Child, Command},
    task::JoinError,
    time::{error::Elapsed, timeout},
};

/// Bytes that are kept of what it says; the last ones.
const KEPT: usize = 4 << 10;
/// How long what it said may take once it has ended.
const SPOKEN: Duration = Duration::from_secs(1);

/// Runs a program with its words in a folder, or where dogwatch runs where that is not on this machine. Dropping the
/// future ends it, and what it started.
///
/// # Errors
/// Where it cannot be run, or does not end with success: how it ended and the last of what it said.
pub async fn run(words: &[String], folder: &str, variables: &[(&str, &str)]) -> Result<(), String> {
    let Some((program, words)) = words.split_first() else {
        return Err("there is no program".to_owned());
    };
    let mut command = Command::new(program);
    command.args(words).envs(variables.iter().copied());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    if Path::new(folder).is_dir() {
        command.current_dir(folder);
    }
    #[cfg(unix)]
    command.process_group(0);
    let mut running = command
        .spawn()
        .map(Running)
        .map_err(|error| format!("{program} cannot be run: {error}"))?;
    let (out, err) = (running.0.stdout.take(), running.0.stderr.take());
    let (out, err) = (tokio::spawn(last(out)), tokio::spawn(last(err)));
    let status = running.0.wait().await.map_err(|error| format!("{program}: {error}"))?;
    if status.success() {
        return Ok(());
    }
    // What it left running may never close them.
    let (out, err) = tokio::join!(timeout(SPOKEN, out), timeout(SPOKEN, err));
    let said = |read: Result<Result<String, JoinError>, Elapsed>| {
        read.map(Result::unwrap_or_default).unwrap_or_default()
    };
    let (out, err) = (said(out), said(err));
    let said = if err.trim().is_empty() { out } else { err };
    Err(format!("it ended with {status}: {}", said.trim()))
}

/// The last of what it says.
async fn last(from: Option<impl AsyncRead + Unpin>) -> String {
    let Some(mut from) = from else { return String::new() };
    let (mut kept, mut bytes) = (VecDeque::new(), [0; 1024]);
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        kept.extend(bytes.iter().take(count));
        let surplus = kept.len().saturating_sub(KEPT);
        kept.drain(..surplus);
    }
    String::from_utf8_lossy(kept.make_contiguous()).into_owned()
}

/// A program with all that it starts; what still runs when this is dropped is ended.
struct Running(Child);

#[cfg(unix)]
impl Drop for Running {
    fn drop(&mut self) {
        let id = self.0.id().and_then(|id| i32::try_from(id).ok());
        if let Some(group) = id.and_then(rustix::process::Pid::from_raw) {
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(ToString::to_string).collect()
    }

    #[tokio::test]
    async fn its_words_are_no_shells_and_its_end_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().to_string_lossy();
        assert_eq!(run(&words(&["touch", "a; touch b"]), &place, &[]).await, Ok(()));
        assert!(folder.path().join("a; touch b").exists());
        let variables = [("DOGWATCH_SERVICE", "api")];
        let script = "echo of $DOGWATCH_SERVICE >&2; exit 3";
        let told = run(&words(&["sh", "-c", script]), &place, &variables).await.unwrap_err();
        assert_eq!(told, "it ended with exit status: 3: of api");
        let told = run(&words(&["no-such-program"]), &place, &[]).await.unwrap_err();
        assert!(told.starts_with("no-such-program cannot be run: "), "{told}");
    }

    #[tokio::test]
    async fn what_takes_too_long_ends_with_all_that_it_started() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().to_string_lossy().into_owned();
        let script = "sleep 600 & echo $! > pid; wait";
        let asked = words(&["sh", "-c", script]);
        let ran = tokio::time::timeout(Duration::from_millis(700), run(&asked, &place, &[])).await;
        assert!(ran.is_err());
        let pid = std::fs::read_to_string(folder.path().join("pid")).unwrap();
        let stat = format!("/proc/{}/stat", pid.trim());
        let is_gone = || {
            let stat = std::fs::read_to_string(&stat).unwrap_or_default();
            stat.is_empty() || stat.contains(") Z ")
        };
        let begun = std::time::Instant::now();
        while !is_gone() {
            assert!(begun.elapsed() < Duration::from_secs(20), "it still runs");
            tokio::task::yield_now().await;
        }
    }
}
