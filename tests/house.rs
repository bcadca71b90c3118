//! The laws of the house, read from the source itself.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "this is a test; its helpers are no test functions"
)]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// Rooms and their floors; a room may import only lower floors, and itself.
const FLOORS: [(&str, u8); 18] = [
    ("model", 0),
    ("source", 1),
    ("redact", 1),
    ("parse", 1),
    ("detect", 1),
    ("group", 1),
    ("store", 1),
    ("action", 1),
    ("repair", 1),
    ("engine", 2),
    ("tui", 3),
    ("cli", 3),
    ("http", 3),
    ("mcp", 3),
    ("config", 4),
    ("launch", 5),
    ("lib", 6),
    ("main", 7),
];

/// Who alone may name a crate.
const OWNERS: [(&str, &[&str]); 12] = [
    ("bollard", &["source/docker"]),
    ("axum", &["http"]),
    ("rmcp", &["mcp"]),
    ("hyper", &["source/docker", "http"]),
    ("ratatui", &["tui"]),
    ("crossterm", &["tui"]),
    ("tui_textarea", &["tui"]),
    ("nucleo_matcher", &["tui"]),
    ("rusqlite", &["store"]),
    ("reqwest", &["action"]),
    ("lettre", &["action/notify"]),
    ("clap", &["cli", "launch"]),
];

/// Where nothing waits.
const SYNC: [&str; 8] =
    ["model", "redact", "parse", "detect", "group", "store", "repair", "tui/update"];

/// Where there is no clock: `now` is an argument.
const TIMELESS: [&str; 7] = ["model", "redact", "parse", "detect", "group", "store", "repair"];

struct Source {
    /// Path below `src` without `.rs`, `/mod` cut.
    name: String,
    /// Code without comments and tests.
    code: String,
}

impl Source {
    fn room(&self) -> &str {
        self.name.split('/').next().unwrap_or_default()
    }

    fn is_in(&self, places: &[&str]) -> bool {
        places.iter().any(|p| self.name == *p || self.name.starts_with(&format!("{p}/")))
    }

    fn has_word(&self, word: &str) -> bool {
        self.code.match_indices(word).any(|(at, _)| {
            let is_part = |c: char| c.is_alphanumeric() || c == '_';
            !self.code[..at].ends_with(is_part)
                && !self.code[at + word.len()..].starts_with(is_part)
        })
    }
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&root, &mut files);
    files
        .iter()
        .filter(|path| !path.ends_with("tests.rs"))
        .filter(|path| !path.parent().is_some_and(|folder| folder.ends_with("tests")))
        .map(|path| {
            let text = fs::read_to_string(path).unwrap();
            let name = path.strip_prefix(&root).unwrap().with_extension("");
            let name = name.to_str().unwrap().trim_end_matches("/mod").to_owned();
            let code = text.split("\n#[cfg(test)]\nmod ").next().unwrap_or_default();
            let code = code
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"))
                .collect::<Vec<_>>()
                .join("\n");
            Source { name, code }
        })
        .collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
}

/// Rooms named by `crate::room`, also inside `crate::{a::.., b}`.
fn imports(code: &str) -> Vec<String> {
    let is_word = |c: &char| c.is_alphanumeric() || *c == '_';
    let mut rooms = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        let Some(list) = rest.strip_prefix('{') else {
            rooms.push(rest.chars().take_while(is_word).collect());
            continue;
        };
        let (mut depth, mut item) = (0_usize, String::new());
        for c in list.chars() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    rooms.push(item.trim().chars().take_while(is_word).collect());
                    item.clear();
                    continue;
                }
                _ => {}
            }
            item.push(c);
        }
        rooms.push(item.trim().chars().take_while(is_word).collect());
    }
    rooms
}

fn report(law: &str, faults: &[String]) {
    assert!(faults.is_empty(), "{law}\n  {}", faults.join("\n  "));
}

#[test]
fn a_room_imports_only_lower_floors() {
    let floors: BTreeMap<_, _> = FLOORS.into_iter().collect();
    let mut faults = Vec::new();
    for source in sources() {
        let Some(own) = floors.get(source.room()) else {
            faults.push(format!("{} stands on no floor", source.name));
            continue;
        };
        for room in imports(&source.code) {
            let is_higher = floors.get(room.as_str()).is_some_and(|floor| floor >= own);
            if room != source.room() && is_higher {
                faults.push(format!("{} imports {room}", source.name));
            }
        }
    }
    report("a room imports only lower floors, never sideways", &faults);
}

#[test]
fn a_crate_has_one_owner() {
    let mut faults = Vec::new();
    for source in sources() {
        for (name, owners) in OWNERS {
            if source.has_word(name) && !source.is_in(owners) {
                faults.push(format!("{} names {name}", source.name));
            }
        }
    }
    report("a crate is named only in its own room", &faults);
}

/// How waiting is written; `async` alone is also a word in other languages' traces.
const WAITING: [&str; 5] = ["tokio", "async fn", "async move", "async {", "await"];

#[test]
fn nothing_waits_in_the_pure_rooms() {
    let faults: Vec<_> = sources()
        .iter()
        .filter(|s| s.is_in(&SYNC) && WAITING.iter().any(|word| s.has_word(word)))
        .map(|s| s.name.clone())
        .collect();
    report("tokio and async are not for pure rooms", &faults);
}

#[test]
fn no_clock_below_the_engine() {
    let clocks = ["Utc::now", "Local::now", "Instant::now", "SystemTime::now"];
    let faults: Vec<_> = sources()
        .iter()
        .filter(|s| s.is_in(&TIMELESS) && clocks.iter().any(|clock| s.has_word(clock)))
        .map(|s| s.name.clone())
        .collect();
    report("`now` is an argument below the engine", &faults);
}

#[test]
fn only_the_command_line_prints() {
    let prints = ["println!", "print!", "eprintln!", "eprint!"];
    let faults: Vec<_> = sources()
        .iter()
        .filter(|s| !s.is_in(&["cli", "main"]))
        .filter(|s| prints.iter().any(|p| s.code.contains(p)))
        .map(|s| s.name.clone())
        .collect();
    report("printing is for cli", &faults);
}

#[test]
fn state_knows_no_colour() {
    let faults: Vec<_> = sources()
        .iter()
        .filter(|s| s.is_in(&["tui/state"]))
        .filter(|s| {
            ["theme", "view", "keymap"].iter().any(|m| imports_sibling(&s.code, m))
                || s.code.contains("Color")
        })
        .map(|s| s.name.clone())
        .collect();
    report("state imports neither theme, view nor keymap", &faults);
}

fn imports_sibling(code: &str, module: &str) -> bool {
    code.contains(&format!("super::{module}")) || code.contains(&format!("tui::{module}"))
}

#[test]
fn only_the_engine_writes_the_store() {
    let writes = [".put_group(", ".group_mut(", ".put_container(", ".totals_mut("];
    let faults: Vec<_> = sources()
        .iter()
        .filter(|s| !s.is_in(&["engine", "store"]))
        .filter(|s| writes.iter().any(|w| s.code.contains(w)))
        .map(|s| s.name.clone())
        .collect();
    report("the store is written by the engine alone", &faults);
}

#[test]
fn rooms_have_even_sizes() {
    let faults: Vec<_> = sources()
        .iter()
        .map(|s| (s.code.lines().count(), &s.name))
        .filter(|(lines, _)| *lines > 450)
        .map(|(lines, name)| format!("{name} has {lines} lines of code: split it by noun"))
        .collect();
    report("a file is one noun", &faults);
}

#[test]
fn every_file_says_what_it_is() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&root, &mut files);
    let faults: Vec<_> = files
        .iter()
        .filter(|p| !p.ends_with("tests.rs"))
        .filter(|p| !fs::read_to_string(p).unwrap().starts_with("//!"))
        .map(|p| p.display().to_string())
        .collect();
    report("a file begins with what lives there", &faults);
}
