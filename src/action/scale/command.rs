//! A number that a command of the user's prints.

use std::{process::Stdio, time::Duration};
use tokio::{process::Command, time::timeout};

/// How long it may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Runs a line in the shell and reads the first word that it prints.
///
/// # Errors
/// Where it cannot be run, takes longer than ten seconds, fails, or prints no number.
pub async fn command(line: &str) -> Result<f64, String> {
    let (shell, flag) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
    let mut command = Command::new(shell);
    command.args([flag, line]).stdin(Stdio::null()).kill_on_drop(true);
    let Ok(output) = timeout(PATIENCE, command.output()).await else {
        return Err(format!("its command did not end within {} s", PATIENCE.as_secs()));
    };
    let output = output.map_err(|error| format!("its command cannot be run: {error}"))?;
    if !output.status.success() {
        return Err(format!("its command ended with {}", output.status));
    }
    let said = String::from_utf8_lossy(&output.stdout);
    let word = said.split_whitespace().next().unwrap_or_default();
    word.parse().map_err(|_| "its command printed no number".to_owned())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_first_word_is_the_figure() {
        for (line, want) in [
            ("echo 42", Ok(42.0)),
            ("printf ' 7.5 jobs\\n9'", Ok(7.5)),
            ("echo many", Err("printed no number")),
            ("true", Err("printed no number")),
            ("echo 3; exit 4", Err("exit status: 4")),
        ] {
            let got = command(line).await;
            match want {
                Ok(want) => assert_eq!(got, Ok(want), "{line}"),
                Err(part) => assert!(got.as_ref().is_err_and(|e| e.contains(part)), "{got:?}"),
            }
        }
    }
}
