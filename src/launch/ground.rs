//! What every command stands on: folders, configuration, rules, our own log.

use super::Refusal;
use crate::{
    cli::{Arguments, config::Setting},
    config::{Config, Loaded, Origin, Paths, project_file},
    detect::{Detector, RuleSet},
    engine::{Made, Rulebook},
    repair::fixes::{Book, Fault, read},
};
use color_eyre::eyre::Result;
use std::{env, fs, io, path::PathBuf, sync::Arc};
use toml::{Table, Value};
use tracing_subscriber::{EnvFilter, fmt::writer::BoxMakeWriter};

/// Folders, configuration and what is wrong with it.
pub(super) struct Ground {
    /// `None` where there is no home folder.
    pub(super) paths: Option<Paths>,
    pub(super) loaded: Loaded,
    /// Where Compose looks from.
    pub(super) folder: PathBuf,
    /// The files of settings, ours first, then the project's; they may hold rules, too.
    files: Vec<PathBuf>,
    uses_own: bool,
}

impl Ground {
    /// Reads the configuration and opens our own log; a fault is kept to be shown, not an end.
    pub(super) fn lay(arguments: &Arguments) -> Self {
        let paths = Paths::find(|key| env::var(key).ok());
        let folder = arguments
            .stack
            .project_directory
            .clone()
            .or_else(|| env::current_dir().ok())
            .unwrap_or_default();
        let general = &arguments.general;
        let own = general.config.clone().or_else(|| paths.as_ref().map(Paths::file));
        let own = own.filter(|_| !general.no_config);
        let project = (!general.no_config).then(|| project_file(&folder));
        let mut loaded = Loaded::read(own.as_deref(), project.as_deref(), env::vars());
        let files = own.into_iter().chain(project).collect();
        let Config { tui, .. } = &mut loaded.config;
        if let Some(theme) = &arguments.screen.theme {
            tui.theme.clone_from(theme);
        }
        tui.mouse &= !arguments.screen.no_mouse;
        if !general.no_config {
            tui.folder = tui.folder.take().or_else(|| paths.as_ref().map(Paths::themes));
        }
        let ground = Self { paths, loaded, folder, files, uses_own: !general.no_config };
        ground.keep_diagnostics(general.verbose);
        ground
    }

    /// The configuration.
    pub(super) fn config(&self) -> &Config {
        &self.loaded.config
    }

    /// The rules, built in and the user's; what is wrong with them comes with it.
    pub(super) fn detector(&self) -> Made {
        self.rules()()
    }

    /// The same, made when they are first needed and whenever the user changes them.
    pub(super) fn rulebook(&self) -> Rulebook {
        let places = self.own_rules().into_iter().chain(self.files.clone()).collect();
        Rulebook::new(Arc::new(self.rules()), places)
    }

    /// The user's fixes of several steps, then those of the project, as far as the user consents to them.
    pub(super) fn fixes(&self) -> Book {
        let mut book = Book::default();
        let project = project_file(&self.folder);
        let own = self.paths.as_ref().filter(|_| self.uses_own).map(Paths::fixes);
        for file in own.iter().chain(&self.files) {
            let name = file.display().to_string();
            let text = match fs::read_to_string(file) {
                Ok(text) => text,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => {
                    let reason = format!("cannot be read: {error}");
                    book.faults.push(Fault { place: name, fix: "?".to_owned(), reason });
                    continue;
                }
            };
            if *file == project {
                let folder = fs::canonicalize(&self.folder).unwrap_or_else(|_| self.folder.clone());
                book.add_project(read(&name, &text, true), &folder, &self.consents());
            } else {
                book.add_own(read(&name, &text, own.as_ref() != Some(file)));
            }
        }
        book
    }

    /// Words of consent; those of the project's own file are none.
    fn consents(&self) -> Vec<String> {
        let theirs = Origin::File(project_file(&self.folder));
        let is_theirs = self.loaded.origins.get("watchdog.consents") == Some(&theirs);
        if is_theirs { Vec::new() } else { self.config().watchdog.consents.clone() }
    }

    fn own_rules(&self) -> Option<PathBuf> {
        self.paths.as_ref().filter(|_| self.uses_own).map(Paths::patterns)
    }

    /// Makes the rules when it is called, on any thread.
    fn rules(&self) -> impl Fn() -> Made + Send + Sync + use<> {
        let own = self.own_rules();
        let files = self.files.clone();
        move || {
            let (rules, errors) = RuleSet::load(own.as_deref(), &files);
            (Detector::new(rules), errors.iter().map(ToString::to_string).collect())
        }
    }

    /// Every setting with its value and where it comes from, in the order of the sections.
    pub(super) fn settings(&self) -> Vec<Setting> {
        let mut settings = Vec::new();
        if let Ok(Value::Table(table)) = Value::try_from(self.config()) {
            self.flatten("", &table, &mut settings);
        }
        settings
    }

    fn flatten(&self, prefix: &str, table: &Table, settings: &mut Vec<Setting>) {
        for (key, value) in table {
            let key = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
            match value {
                Value::Table(inner) => self.flatten(&key, inner, settings),
                value => {
                    let origin = self
                        .loaded
                        .origins
                        .get(&key)
                        .map_or("default".to_owned(), ToString::to_string);
                    settings.push(Setting { key, value: value.to_string(), origin });
                }
            }
        }
    }

    /// Everything that is wrong with the user's files, a sentence each.
    pub(super) fn faults(&self) -> Vec<String> {
        self.loaded.faults.iter().map(ToString::to_string).collect()
    }

    /// Our own log goes to a file, never to the screen.
    fn keep_diagnostics(&self, verbose: u8) {
        let Some(paths) = &self.paths else { return };
        let level = match verbose {
            0 => "dogwatch=warn",
            1 => "dogwatch=info",
            _ => "dogwatch=trace",
        };
        let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level));
        let path = paths.diagnostics();
        // Opened at the first message: most runs have none.
        let writer = BoxMakeWriter::new(move || -> Box<dyn std::io::Write> {
            if let Some(folder) = path.parent() {
                let _ = fs::create_dir_all(folder);
            }
            match fs::OpenOptions::new().append(true).create(true).open(&path) {
                Ok(file) => Box::new(file),
                Err(_) => Box::new(std::io::sink()),
            }
        });
        let log = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false);
        let _ = log.with_writer(writer).try_init();
    }
}

/// Refuses a file that was named and cannot be used.
pub(super) fn check_named(arguments: &Arguments) -> Result<()> {
    let Some(named) = &arguments.general.config else { return Ok(()) };
    if !named.exists() {
        let told = format!("cannot read {}: no such file", named.display());
        return Err(Refusal::usage(told).into());
    }
    Ok(())
}
