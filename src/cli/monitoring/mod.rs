//! `dogwatch monitoring export`: what Prometheus, Alertmanager and Grafana need to show and tell what dogwatch knows.

use clap::{Args, Subcommand};
use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

/// The files, by name.
pub const FILES: [(&str, &str); 5] = [
    ("prometheus.yml", include_str!("files/prometheus.yml")),
    ("dogwatch.rules.yml", include_str!("files/dogwatch.rules.yml")),
    ("dogwatch.test.yml", include_str!("files/dogwatch.test.yml")),
    ("alertmanager.yml", include_str!("files/alertmanager.yml")),
    ("grafana-dogwatch.json", include_str!("files/grafana-dogwatch.json")),
];

const EXAMPLES: &str = "\
Examples:
  dogwatch monitoring export monitoring/    five files, into a folder that is made
  promtool test rules monitoring/dogwatch.test.yml
  prometheus --config.file monitoring/prometheus.yml

Files:
  prometheus.yml          where dogwatch is read, and where alerts go
  dogwatch.rules.yml      alert rules, each with what to do
  dogwatch.test.yml       a test of every rule, for promtool
  alertmanager.yml        an example: people are told of what is critical, dogwatch of everything
  grafana-dogwatch.json   a dashboard to import

Exit codes:
  0  written    2  a file cannot be written, or is there already and differs (--force)";

/// `dogwatch monitoring`.
#[derive(Debug, Clone, Subcommand)]
pub enum MonitoringCommand {
    /// Write alert rules, a Grafana dashboard, and examples for Prometheus and Alertmanager.
    Export(ExportFilesArgs),
}

/// `dogwatch monitoring export`.
#[derive(Debug, Clone, Args)]
#[command(after_help = EXAMPLES)]
pub struct ExportFilesArgs {
    /// Where to; the folder is made where it is missing.
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,

    /// Write over files that differ.
    #[arg(long)]
    pub force: bool,
}

/// Writes the files; all or, where one of them is there and differs, none.
///
/// # Errors
/// A sentence that names the file.
pub fn export(args: &ExportFilesArgs) -> Result<Vec<PathBuf>, String> {
    let told = |path: &Path, error: &io::Error| format!("cannot write {}: {error}", path.display());
    fs::create_dir_all(&args.folder).map_err(|error| told(&args.folder, &error))?;
    let files = FILES.map(|(name, text)| (args.folder.join(name), text));
    if !args.force {
        let differs = |path: &Path, text: &str| match fs::read(path) {
            Ok(there) => there != text.as_bytes(),
            Err(error) => error.kind() != io::ErrorKind::NotFound,
        };
        if let Some((path, _)) = files.iter().find(|(path, text)| differs(path, text)) {
            return Err(format!(
                "{} is there already and differs; nothing was written\n\nTry:\n  --force    write over it",
                path.display()
            ));
        }
    }
    for (path, text) in &files {
        let mut options = OpenOptions::new();
        let file = options.write(true).create(true).truncate(true).open(path);
        file.and_then(|mut file| file.write_all(text.as_bytes()))
            .map_err(|error| told(path, &error))?;
    }
    Ok(files.map(|(path, _)| path).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(folder: &Path, force: bool) -> ExportFilesArgs {
        ExportFilesArgs { folder: folder.to_owned(), force }
    }

    #[test]
    fn files_of_others_are_not_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("a/b");
        assert_eq!(export(&args(&place, false)).unwrap().len(), FILES.len());
        assert!(export(&args(&place, false)).is_ok(), "the same again changes nothing");
        let own = place.join("alertmanager.yml");
        fs::write(&own, "mine").unwrap();
        fs::remove_file(place.join("prometheus.yml")).unwrap();
        let told = export(&args(&place, false)).unwrap_err();
        assert!(told.contains("alertmanager.yml") && told.contains("--force"), "{told}");
        assert!(!place.join("prometheus.yml").exists(), "nothing was written");
        assert_eq!(fs::read_to_string(&own).unwrap(), "mine");
        export(&args(&place, true)).unwrap();
        assert_ne!(fs::read_to_string(&own).unwrap(), "mine");
    }

    #[test]
    fn every_rule_says_what_to_do_and_is_tested() {
        let [_, (_, rules), (_, tests), ..] = FILES;
        let names: Vec<_> =
            rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
        assert!(names.len() >= 20, "{names:?}");
        for key in ["summary: ", "description: ", "runbook: ", "severity: "] {
            let count = rules.lines().filter(|line| line.trim().starts_with(key)).count();
            assert_eq!(count, names.len(), "{key}");
        }
        for name in names {
            assert!(tests.contains(&format!("- name: {name}\n")), "no test of {name}");
        }
    }

    #[test]
    fn the_dashboard_shows_what_users_know() {
        let [.., (_, dashboard)] = FILES;
        let dashboard: serde_json::Value = serde_json::from_str(dashboard).unwrap();
        assert_eq!(dashboard["uid"], "auto-repair");
        let panels = dashboard["panels"].as_array().unwrap();
        let titles: Vec<_> = panels.iter().filter_map(|panel| panel["title"].as_str()).collect();
        for title in [
            "Service health overview",
            "Repair attempts timeline",
            "Success and failure rates",
            "Most repaired services",
            "Cooldown status",
            "Failure counts",
        ] {
            assert!(titles.contains(&title), "no {title} in {titles:?}");
        }
    }
}
