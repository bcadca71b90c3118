//! `docker dogwatch`: what Docker's command line asks of a plugin, and how it passes arguments on.

use serde_json::json;
use std::{
    ffi::{OsStr, OsString},
    path::Path,
};

/// What Docker calls the binary of a plugin named `dogwatch`.
const BINARY: &str = "docker-dogwatch";
const NAME: &str = "dogwatch";
const QUESTION: &str = "docker-cli-plugin-metadata";

/// Docker's own flags that have a value and mean nothing to us.
const FOREIGN: [&str; 6] =
    ["--config", "-l", "--log-level", "--tlscacert", "--tlscert", "--tlskey"];
/// Those that mean the same to us.
const SHARED: [&str; 4] = ["-H", "--host", "-c", "--context"];

/// The answer to Docker's question what this is: one line, and nothing else is done.
pub(super) fn metadata(arguments: &[OsString]) -> Option<String> {
    let is_asked = arguments.get(1).is_some_and(|argument| argument == QUESTION);
    is_asked.then(|| {
        let metadata = json!({
            "SchemaVersion": "0.1.0",
            "Vendor": "dogwatch",
            "Version": env!("CARGO_PKG_VERSION"),
            "ShortDescription": env!("CARGO_PKG_DESCRIPTION").trim_end_matches('.'),
        });
        metadata.to_string()
    })
}

/// Whether Docker's command line calls us.
pub(super) fn is_plugin(given: &[OsString]) -> bool {
    given.first().map(Path::new).and_then(Path::file_stem) == Some(OsStr::new(BINARY))
}

/// The arguments without what Docker puts before ours: `docker-dogwatch [Docker's flags] dogwatch [ours]`. Its address
/// and context count for us, too.
pub(super) fn arguments(given: Vec<OsString>) -> Vec<OsString> {
    if !is_plugin(&given) {
        return given;
    }
    let mut kept = vec![OsString::from("docker dogwatch")];
    let mut rest = given.into_iter().skip(1);
    while let Some(argument) = rest.next() {
        if argument == NAME {
            break;
        }
        let is_in = |flags: &[&str]| flags.iter().any(|flag| argument == *flag);
        let text = argument.to_string_lossy();
        let has_value =
            |flag: &str| text.strip_prefix(flag).is_some_and(|value| value.starts_with('='));
        if is_in(&FOREIGN) {
            rest.next();
        } else if is_in(&SHARED) {
            kept.push(argument);
            kept.extend(rest.next());
        } else if SHARED.iter().any(|flag| has_value(flag)) {
            kept.push(argument);
        }
    }
    kept.extend(rest);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split_whitespace().map(OsString::from).collect()
    }

    #[test]
    fn docker_is_told_what_this_is() {
        let text = metadata(&words("docker-dogwatch docker-cli-plugin-metadata")).unwrap();
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            (&value["SchemaVersion"], &value["Vendor"]),
            (&"0.1.0".into(), &"dogwatch".into())
        );
        assert!(!text.contains('\n') && metadata(&words("dogwatch analyze")).is_none());
    }

    #[test]
    fn flags_of_docker_are_taken_or_left_and_ours_kept() {
        for (given, want) in [
            ("dogwatch -p shop dogwatch", "dogwatch -p shop dogwatch"),
            ("/x/docker-dogwatch dogwatch analyze --config a", "analyze --config a"),
            (
                "docker-dogwatch -H tcp://x -D --tls --config /d dogwatch -p shop",
                "-H tcp://x -p shop",
            ),
            ("docker-dogwatch --context=far --tlscacert /c dogwatch", "--context=far"),
            ("docker-dogwatch -c dogwatch dogwatch demo", "-c dogwatch demo"),
        ] {
            let mut got = arguments(words(given));
            if got[0] == "docker dogwatch" {
                got.remove(0);
            }
            assert_eq!(got, words(want), "{given}");
        }
    }
}
