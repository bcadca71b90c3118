//! `dogwatch fixes`: the user's own fixes of several steps, and what is wrong with them.

use crate::{
    model::{Fix, SafeText, Strategy, When},
    repair::fixes::{Book, Known, read},
};
use clap::Subcommand;
use serde_json::{Value, json};
use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

/// What `--help` shows.
pub(super) const EXAMPLES: &str = "\
Examples:
  dogwatch fixes list                  what the watchdog may try, for what, and step by step
  dogwatch fixes check repairs.toml    line, key and fix of every fault, before it is used

A fix stands in repairs.toml beside your config.toml, or in the .dogwatch.toml of a project:
  [[fix]]
  name = \"stale-pid\"
  when = { services = [\"web\"], trouble = [\"exited\"] }
  steps = [
    { run = [\"rm\", \"-f\", \"tmp/server.pid\"], limit_seconds = 10 },
    \"start\",
    { step = \"wait-healthy\", limit_seconds = 60 },
  ]
  on_failure = [\"restart\"]

Steps: restart, stop, start, recreate, rebuild, exec (a command in the container), run (one beside dogwatch, in the
project's folder), wait-healthy. What comes with a project and is more than restart, stop, start and wait-healthy is
passed over until you consent to it; `dogwatch fixes list` says how.

Exit codes:
  0  all are right    2  wrong use, or one is not right";

/// `dogwatch fixes`.
#[derive(Debug, Clone, Subcommand)]
pub enum FixesCommand {
    /// List your fixes and those of the project, with their steps and what holds them back.
    List {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Check files of fixes before they are used: line, key and fix of every fault; exit with 2 where there is one.
    Check {
        /// Files with `[[fix]]` tables.
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
    },
}

/// Writes all fixes, and how to consent to those that wait for it in the file `own`.
///
/// # Errors
/// When `out` cannot be written.
pub fn list(book: &Book, own: &Path, is_json: bool, out: &mut dyn Write) -> io::Result<()> {
    if is_json {
        let rows: Vec<_> = book.fixes.iter().map(row).collect();
        let faults: Vec<_> = book.faults.iter().map(ToString::to_string).collect();
        let whole = json!({"schema_version": 1, "fixes": rows, "faults": faults});
        serde_json::to_writer_pretty(&mut *out, &whole)?;
        return writeln!(out);
    }
    if book.fixes.is_empty() {
        writeln!(out, "no fixes of your own; `dogwatch fixes --help` shows how to write one")?;
    }
    for Known { fix, place, wanted } in &book.fixes {
        writeln!(out, "{}  for {}  [{place}]", fix.name, meant(&fix.when))?;
        if !fix.about.is_empty() {
            writeln!(out, "    {}", fix.about)?;
        }
        for (way, steps) in [("", &fix.steps), ("on failure ", &fix.undo)] {
            for (at, step) in steps.iter().enumerate() {
                let (number, limit) = (at + 1, step.limit_seconds);
                writeln!(out, "    {way}{number}  {}  (at most {limit} s)", step.told())?;
            }
        }
        if let Some(word) = wanted {
            writeln!(
                out,
                "    passed over: it comes with the project and does more than restart, stop and start. Where you \
                 trust it and what it runs,\n    write in [watchdog] of {}:  consents = [\"{word}\"]",
                own.display()
            )?;
        }
    }
    Ok(())
}

/// Checks files by themselves; the exit code.
///
/// # Errors
/// When `out` cannot be written.
pub fn check(files: &[PathBuf], out: &mut dyn Write) -> io::Result<u8> {
    let mut book = Book::default();
    let mut is_read = true;
    for file in files {
        let name = file.display().to_string();
        match fs::read_to_string(file) {
            Ok(text) => {
                let has_settings = file.file_name().is_none_or(|name| name != "repairs.toml");
                book.add_own(read(&name, &text, has_settings));
            }
            Err(error) => {
                is_read = false;
                writeln!(out, "{name}: cannot be read: {error}")?;
            }
        }
    }
    for fault in &book.faults {
        writeln!(out, "{fault}")?;
    }
    let (count, faults) = (book.fixes.len(), book.faults.len());
    writeln!(out, "{count} fixes are right, {faults} are not")?;
    Ok(if is_read && faults == 0 { 0 } else { 2 })
}

fn meant(when: &When) -> String {
    let of = |word: &str, names: Vec<&str>| {
        (!names.is_empty()).then(|| format!("{word}{}", names.join(", ")))
    };
    let names =
        |names: &Vec<String>| names.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    let troubles = when.trouble.iter().map(|trouble| Strategy::as_str(*trouble)).collect();
    let parts = [
        of("", troubles).or_else(|| Some("any trouble".to_owned())),
        (!when.services.is_empty()).then(|| format!("of {}", names(&when.services))),
        of("with problems of ", when.categories.iter().map(|c| c.slug()).collect()),
        (!when.rules.is_empty()).then(|| format!("with problems of rule {}", names(&when.rules))),
    ];
    SafeText::from(parts.into_iter().flatten().collect::<Vec<_>>().join(" ")).to_string()
}

fn row(known: &Known) -> Value {
    let Fix { name, about, when, steps, undo, limit_seconds } = &*known.fix;
    json!({
        "name": name, "about": about, "when": when, "steps": steps, "on_failure": undo,
        "limit_seconds": limit_seconds, "place": known.place, "wanted_consent": known.wanted,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Category;

    #[test]
    fn what_a_fix_is_meant_for_is_one_sentence() {
        let when = When {
            trouble: vec![Strategy::Exited, Strategy::Stuck],
            services: vec!["api".to_owned(), "worker-*".to_owned()],
            categories: vec![Category::Database],
            rules: Vec::new(),
        };
        let told = "exited, stuck of api, worker-* with problems of database";
        assert_eq!(meant(&when), told);
        let rules = When { rules: vec!["tls.*".to_owned()], ..When::default() };
        assert_eq!(meant(&rules), "any trouble with problems of rule tls.*");
    }

    #[test]
    fn a_fault_names_its_line_and_the_others_are_counted() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("repairs.toml");
        let text = "[[fix]]\nname = \"a\"\nwhen = { services = [\"a\"] }\nsteps = [\"restart\"]\n\n\
                    [[fix]]\nname = \"b\"\nwhen = { services = [\"a\"] }\nsteps = [\"reboot\"]\n";
        fs::write(&file, text).unwrap();
        let mut out = Vec::new();
        assert_eq!(check(&[file.clone(), folder.path().join("none")], &mut out).unwrap(), 2);
        let told = String::from_utf8(out).unwrap();
        let place = format!("{}:9: fix b: unknown step `reboot`", file.display());
        assert!(told.contains(&place) && told.contains("1 fixes are right, 1 are not"), "{told}");
        assert!(told.contains("none: cannot be read"), "{told}");
    }
}
