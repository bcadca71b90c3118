//! Loads rules: the built-in ones, then the user's folder, where the same id wins.

use super::{
    Error, Grouping, Levels, Only, Rule, RuleSource,
    matcher::{self, Matcher},
    rule_file::{self, Contents, Draft},
    samples,
};
use crate::model::{Category, Guidance, RuleId, SafeText, Severity};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

macro_rules! built_in {
    ($($name:literal)*) => {
        &[$((concat!($name, ".toml"), include_str!(concat!("../../../patterns/", $name, ".toml")))),*]
    };
}

/// One file for each category, and more for the technologies of the largest ones.
const BUILT_IN: &[(&str, &str)] = built_in![
    "database" "authentication" "network" "configuration" "resource" "dependency" "timeout" "permission" "code"
    "migration" "websocket" "cors" "tls" "filesystem" "performance" "health" "other"
    "database-relational" "database-stores" "network-brokers" "network-services" "configuration-services"
    "dependency-builds" "authentication-services" "tls-details" "resource-details" "permission-details" "code-runtimes"
    "health-processes" "performance-details" "migration-tools" "realtime-details" "other-services" "filesystem-details"
    "plain-words" "plain-sentences" "plain-outcomes" "plain-states" "plain-commands"
];

/// Priority of a rule that ignores and does not say one: above all that find.
const IGNORING: i8 = 50;
/// Bytes of one pattern of a user's.
const MAX_PATTERN: usize = 1024;
/// Rules of a user's that add to or replace the built-in ones.
const MAX_USER_RULES: usize = 200;
/// Bytes of one file of a user's.
const MAX_FILE: u64 = 1 << 20;

/// Rules ready to be searched for.
#[derive(Debug)]
pub struct RuleSet {
    /// Best first: of several that hit, the first wins.
    rules: Vec<Rule>,
    matcher: Matcher,
    /// The first that matches wins.
    groupings: Vec<Arc<Grouping>>,
}

impl RuleSet {
    /// The rules compiled into the program. The errors are empty in every tested build.
    pub fn builtin() -> (Self, Vec<Error>) {
        Self::load(None, &[])
    }

    /// The built-in rules, changed by the `*.toml` files of a folder in the order of their names.
    ///
    /// A rule with a known id replaces what it names of that rule, `enabled = false` takes it away, and any other id
    /// adds a rule. A folder that is not there is no error.
    ///
    /// `settings` are files of settings that may hold rules, too, read last: a team shares its own in the
    /// `.dogwatch.toml` beside its compose file. What else stands in them is passed over.
    ///
    /// All of these may hold rules of grouping; what was read last comes first there, so a project's before the user's.
    pub fn load(user_folder: Option<&Path>, settings: &[PathBuf]) -> (Self, Vec<Error>) {
        let mut loader = Loader::default();
        for (file, text) in BUILT_IN {
            loader.read_own(file, text);
        }
        let built_in = loader.rules.clone();
        if let Some(folder) = user_folder {
            loader.read_folder(folder);
        }
        for file in settings.iter().filter(|file| file.is_file()) {
            loader.read_file(file, true);
        }
        let Loader { rules, mut errors, groupings, .. } = loader;
        let set = Self::new(rules).or_else(|e| {
            errors.push(Error::TooLarge(e.to_string()));
            Self::new(built_in)
        });
        // Without rules nothing is found by words, but everything else works; the error above says so.
        let none = Self { rules: Vec::new(), matcher: Matcher::empty(), groupings: Vec::new() };
        let groupings = groupings.into_iter().map(Arc::new).collect();
        (Self { groupings, ..set.unwrap_or(none) }, errors)
    }

    fn new(rules: BTreeMap<RuleId, Rule>) -> Result<Self, regex::Error> {
        let mut rules: Vec<Rule> = rules.into_values().collect();
        rules.sort_by_cached_key(Rule::rank);
        let matcher = Matcher::new(&rules)?;
        Ok(Self { rules, matcher, groupings: Vec::new() })
    }

    /// All rules, best first: of several that hit, the first wins.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The user's rules of grouping; the first that matches wins.
    pub fn groupings(&self) -> &[Arc<Grouping>] {
        &self.groupings
    }

    /// How many rules there are.
    pub fn len(&self) -> usize {
        self.rules.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// The rule of this name.
    pub fn get(&self, id: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.id.as_str() == id)
    }

    pub(super) fn matcher(&self) -> &Matcher {
        &self.matcher
    }
}

#[derive(Default)]
struct Loader {
    rules: BTreeMap<RuleId, Rule>,
    errors: Vec<Error>,
    groupings: Vec<Grouping>,
    user_rules: usize,
}

impl Loader {
    fn read_folder(&mut self, folder: &Path) {
        let mut files: Vec<PathBuf> = match fs::read_dir(folder) {
            Ok(entries) => entries.flatten().map(|entry| entry.path()).collect(),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return,
            Err(source) => {
                return self.errors.push(Error::Read { path: folder.to_owned(), source });
            }
        };
        files.retain(|path| path.extension().is_some_and(|e| e == "toml"));
        files.sort();
        for path in files {
            self.read_file(&path, false);
        }
    }

    fn read_file(&mut self, path: &Path, has_settings: bool) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match read_file(path) {
            Ok(text) => {
                let source = RuleSource::User(name.as_str().into());
                self.take(&source, &name, rule_file::read(&name, &text, has_settings));
            }
            Err(source) => self.errors.push(Error::Read { path: path.to_owned(), source }),
        }
    }

    /// One of our own files; its samples wait until somebody asks for them.
    fn read_own(&mut self, file: &'static str, text: &'static str) {
        let (text, samples) = samples::cut(text);
        let mut contents = rule_file::read(file, &text, false);
        for (draft, samples::Pair { matches, misses }) in contents.drafts.iter_mut().zip(samples) {
            (draft.matches, draft.misses) = (Some(matches), Some(misses));
        }
        self.take(&RuleSource::BuiltIn(file), file, contents);
    }

    fn take(&mut self, source: &RuleSource, file: &str, contents: Contents) {
        let Contents { drafts, groupings, errors } = contents;
        self.errors.extend(errors);
        self.groupings.splice(0..0, groupings);
        if self.groupings.len() > MAX_USER_RULES {
            let reason =
                format!("more than {MAX_USER_RULES} rules of grouping; the rest is left out");
            self.errors.push(Error::File { file: file.to_owned(), line: 1, reason });
            self.groupings.truncate(MAX_USER_RULES);
        }
        for draft in drafts {
            let (line, id) = (draft.line, draft.id.clone());
            if let Err(reason) = self.add(draft, source) {
                let id = if id.is_empty() { "?".to_owned() } else { id };
                self.errors.push(Error::Rule { file: file.to_owned(), line, id, reason });
            }
        }
    }

    fn add(&mut self, draft: Draft, source: &RuleSource) -> Result<(), String> {
        let id = RuleId::from(draft.id.as_str());
        let known = self.rules.get(&id);
        if let Some(Rule { source: of_known, .. }) = known
            && of_known == source
        {
            return Err("the same id stands twice in this file".to_owned());
        }
        if draft.enabled == Some(false) {
            return match self.rules.remove(&id) {
                Some(_) => Ok(()),
                None => Err("there is no such rule to disable".to_owned()),
            };
        }
        let is_user = matches!(source, RuleSource::User(_));
        if is_user {
            if self.user_rules >= MAX_USER_RULES {
                return Err(format!("more than {MAX_USER_RULES} rules of your own"));
            }
            for (key, pattern) in [("pattern", &draft.pattern), ("unless", &draft.unless)] {
                check(pattern.as_deref()).map_err(|reason| format!("{key}: {reason}"))?;
            }
        }
        let rule = complete(draft, known, source.clone())?;
        self.user_rules += usize::from(is_user);
        self.rules.insert(id, rule);
        Ok(())
    }
}

fn read_file(path: &Path) -> std::io::Result<String> {
    let size = fs::metadata(path)?.len();
    if size > MAX_FILE {
        return Err(std::io::Error::other(format!("{size} bytes are more than {MAX_FILE}")));
    }
    fs::read_to_string(path)
}

fn check(pattern: Option<&str>) -> Result<(), String> {
    let Some(pattern) = pattern else { return Ok(()) };
    if pattern.len() > MAX_PATTERN {
        return Err(format!("{} bytes are more than {MAX_PATTERN}", pattern.len()));
    }
    // The last line of the message is the reason; the lines above draw the pattern.
    let reason = |e: regex::Error| e.to_string().lines().last().unwrap_or_default().to_owned();
    matcher::check(pattern).map_err(reason)
}

/// The draft as a rule, what it leaves out taken from the known rule of its id.
fn complete(draft: Draft, known: Option<&Rule>, source: RuleSource) -> Result<Rule, String> {
    let missing = |key: &str| format!("missing key `{key}`");
    let category = draft
        .id
        .split_once('.')
        .filter(|(_, name)| is_name(name))
        .and_then(|(slug, _)| Category::from_slug(slug))
        .ok_or_else(|| {
            let known: Vec<_> = Category::ALL.iter().map(|c| c.slug()).collect();
            format!("an id is category.name; categories are {}", known.join(", "))
        })?;
    let ignore = draft.ignore.or_else(|| known.map(|k| k.ignore)).unwrap_or_default();
    let told = known.map(|k| k.guidance.as_ref());
    let text = |text: String| SafeText::from(text);
    let guidance = Guidance {
        title: (draft.title.map(text).or_else(|| told.map(|g| g.title.clone())))
            .or_else(|| ignore.then(|| text("Ignored".to_owned())))
            .ok_or_else(|| missing("title"))?,
        hint: draft.hint.map(text).or_else(|| told.map(|g| g.hint.clone())).unwrap_or_default(),
        remedies: (draft.remedies.map(|r| r.into_iter().map(text).collect()))
            .or_else(|| told.map(|g| g.remedies.clone()))
            .unwrap_or_default(),
        repair: draft.repair.or_else(|| told.map(|g| g.repair)).unwrap_or_default(),
    };
    let names = |names: Vec<String>| names.iter().map(|name| Arc::from(name.as_str())).collect();
    let only = Only {
        services: (draft.services.map(names))
            .or_else(|| known.map(|k| k.only.services.clone()))
            .unwrap_or_default(),
        categories: (draft.categories)
            .or_else(|| known.map(|k| k.only.categories.clone()))
            .unwrap_or_default(),
    };
    if !ignore && !only.categories.is_empty() {
        return Err("`categories` is for rules with `ignore = true`".to_owned());
    }
    let levels = (draft.levels.map(|levels| Levels::of(&levels)))
        .or_else(|| known.map(|k| k.levels))
        .or_else(|| ignore.then_some(Levels::ALL));
    let priority = (draft.priority.or_else(|| known.map(|k| k.priority))).unwrap_or(if ignore {
        IGNORING
    } else {
        0
    });
    // An ignoring rule with another limit may do without words.
    let any_words = ignore && only != Only::default();
    let pattern = (draft.pattern)
        .or_else(|| known.and_then(|k| k.pattern.clone()))
        .or_else(|| any_words.then(String::new));
    if pattern.is_none()
        && levels.is_none_or(|l| l.has_quiet() || l.has(crate::model::Level::Unknown))
    {
        return Err(
            "missing key `pattern`; only a rule for the levels warn, error, fatal can be without"
                .to_owned(),
        );
    }
    Ok(Rule {
        id: RuleId::from(draft.id.as_str()),
        category,
        severity: (draft.severity.or_else(|| known.map(|k| k.severity)))
            .or_else(|| ignore.then_some(Severity::Info))
            .ok_or_else(|| missing("severity"))?,
        pattern,
        unless: draft.unless.or_else(|| known.and_then(|k| k.unless.clone())),
        levels: levels.unwrap_or(Levels::LOUD),
        scope: draft.scope.or_else(|| known.map(|k| k.scope)).unwrap_or_default(),
        priority,
        ignore,
        only,
        overrides_level: (draft.overrides_level.or_else(|| known.map(|k| k.overrides_level)))
            .unwrap_or_default(),
        guidance: Arc::new(guidance),
        matches: draft.matches.or_else(|| known.map(|k| k.matches.clone())).unwrap_or_default(),
        misses: draft.misses.or_else(|| known.map(|k| k.misses.clone())).unwrap_or_default(),
        source,
    })
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

#[cfg(test)]
mod tests;
