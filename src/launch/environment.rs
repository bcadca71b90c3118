//! Finds the Compose project of an environment: by its table in the configuration, its compose file, or its name.

use super::{Refusal, ground::Ground, stack};
use crate::{
    cli::{StackArgs, monitor::Profile},
    source::docker::{
        Found, ProjectName, ProjectSummary, ProjectWish, Surroundings, check_files, find,
    },
};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// The environment where none is named, as users of older monitors know it.
const USUAL: &str = "dev";

/// An environment and the project that it means.
#[derive(Debug)]
pub(super) struct Environment {
    pub(super) name: String,
    pub(super) project: ProjectName,
}

/// Finds all that are asked for; two of them never mean one project.
pub(super) fn environments(
    names: &[String],
    stack: &StackArgs,
    ground: &Ground,
    (around, known): (&Surroundings, &[ProjectSummary]),
) -> Result<Vec<Environment>, Refusal> {
    let usual = [USUAL.to_owned()];
    let names = if names.is_empty() { &usual[..] } else { names };
    let is_alone = names.len() == 1;
    let mut found = Vec::<Environment>::new();
    for name in names {
        if found.iter().any(|environment| environment.name == *name) {
            continue;
        }
        let place = Place { name, stack, ground, around, known };
        let project = place.project(is_alone)?;
        if let Some(other) = found.iter().find(|environment| environment.project == project) {
            return Err(Refusal::usage(format!(
                "{} and {name} are both the project {}\n\nTry:\n  [env.{name}] project_name = \"…\" in the configuration",
                other.name,
                project.as_str()
            )));
        }
        found.push(Environment { name: name.clone(), project });
    }
    Ok(found)
}

/// Where an environment is looked for.
struct Place<'a> {
    name: &'a str,
    stack: &'a StackArgs,
    ground: &'a Ground,
    around: &'a Surroundings,
    known: &'a [ProjectSummary],
}

impl Place<'_> {
    fn project(&self, is_alone: bool) -> Result<ProjectName, Refusal> {
        let folder = &self.ground.folder;
        let flags = ProjectWish {
            name: self.stack.project_name.clone(),
            files: self.stack.files.clone(),
            folder: folder.clone(),
        };
        let is_flagged = flags.name.is_some() || !flags.files.is_empty();
        if is_flagged && !is_alone {
            let told = "-p and -f name one project, but there are several environments\n\nTry:\n  \
                        [env.NAME] files = [\"…\"], project_name = \"…\" in the configuration";
            return Err(Refusal::usage(told));
        }
        if is_flagged {
            return self.by(&flags, self.around);
        }
        if let Some(profile) = self.ground.config().env.get(self.name) {
            return self.by_profile(profile);
        }
        if let Some(file) = self.own_file() {
            let own = folder.join(format!(".env.{}", self.name));
            let around = with_variables(self.around, &[own]);
            let wish = ProjectWish { files: vec![file], folder: folder.clone(), name: None };
            return self.by(&wish, &around);
        }
        if let Some(project) = self.by_name() {
            return Ok(project);
        }
        if is_alone {
            return self.by(&flags, self.around);
        }
        Err(Refusal::unreachable(format!(
            "found no project of the environment {0}: no table [env.{0}], no docker-compose.{0}.yml in {1}, and no \
             project {0} or …-{0}\n\nTry:\n  [env.{0}] project_name = \"…\" in the configuration",
            self.name,
            folder.display()
        )))
    }

    fn by_profile(&self, profile: &Profile) -> Result<ProjectName, Refusal> {
        let base = &self.ground.folder;
        let folder = profile.folder.as_ref().map_or_else(|| base.clone(), |own| base.join(own));
        let files: Vec<_> = profile.env_files.iter().map(|file| folder.join(file)).collect();
        if let Some(missing) = files.iter().find(|file| !file.is_file()) {
            return Err(self.no_file(missing));
        }
        if let Some(missing) = profile.files.iter().find(|file| !folder.join(file).is_file()) {
            return Err(self.no_file(&folder.join(missing)));
        }
        let around = with_variables(self.around, &files);
        let (name, files) = (profile.project_name.clone(), profile.files.clone());
        self.by(&ProjectWish { name, files, folder }, &around)
    }

    fn no_file(&self, path: &Path) -> Refusal {
        let name = self.name;
        Refusal::usage(format!("there is no file {}, which [env.{name}] names", path.display()))
    }

    fn by(&self, wish: &ProjectWish, around: &Surroundings) -> Result<ProjectName, Refusal> {
        check_files(wish, around).map_err(Refusal::usage)?;
        match find(wish, around, self.known) {
            Found::One(name) => Ok(name),
            Found::Several(projects) => Err(stack::several(&projects)),
            Found::None { tried } => Err(stack::none(&tried)),
        }
    }

    /// The compose file that bears the environment's name.
    fn own_file(&self) -> Option<PathBuf> {
        ["docker-compose", "compose"]
            .iter()
            .flat_map(|stem| ["yml", "yaml"].map(|ending| format!("{stem}.{}.{ending}", self.name)))
            .map(|name| self.ground.folder.join(name))
            .find(|path| path.is_file())
    }

    /// The project of that name, or the only one whose name ends in it.
    fn by_name(&self) -> Option<ProjectName> {
        let named = |project: &&ProjectSummary| project.name.as_str() == self.name;
        let ends = |project: &&ProjectSummary| {
            let stem = project.name.as_str().strip_suffix(self.name);
            stem.is_some_and(|stem| stem.ends_with(['-', '_']))
        };
        if let Some(project) = self.known.iter().find(named) {
            return Some(project.name.clone());
        }
        let mut found = self.known.iter().filter(ends);
        match (found.next(), found.next()) {
            (Some(project), None) => Some(project.name.clone()),
            _ => None,
        }
    }
}

/// The surroundings with the variables of files, the last of which wins. What an environment says of itself stands
/// above what the shell says.
fn with_variables(around: &Surroundings, files: &[PathBuf]) -> Surroundings {
    let mut around = around.clone();
    for file in files {
        around.variables.extend(variables(file));
    }
    around
}

/// `NAME=value` a line; what is no such line is passed over.
fn variables(path: &Path) -> BTreeMap<String, String> {
    let text = fs::read_to_string(path).unwrap_or_default();
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    let pairs = lines.filter_map(|line| {
        let (name, value) = line.strip_prefix("export ").unwrap_or(line).split_once('=')?;
        let value = value.trim();
        let bare = ['"', '\''].iter().find_map(|quote| {
            value.strip_prefix(*quote).and_then(|value| value.strip_suffix(*quote))
        });
        let value = bare.unwrap_or_else(|| value.split(" #").next().unwrap_or(value).trim_end());
        Some((name.trim().to_owned(), value.to_owned()))
    });
    pairs.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{cli::Arguments, launch::Refusal};
    use clap::Parser as _;

    struct Bench(tempfile::TempDir);

    impl Bench {
        fn new(files: &[(&str, &str)]) -> Self {
            let folder = tempfile::tempdir().unwrap();
            let bench = Self(folder);
            for (name, text) in files {
                fs::write(bench.0.path().join(name), text).unwrap();
            }
            bench
        }

        fn find(&self, flags: &str, known: &[&str]) -> Result<Vec<(String, String)>, Refusal> {
            let folder = self.0.path().display();
            let line = format!(
                "dogwatch --config {folder}/config.toml --project-directory {folder} {flags} monitor"
            );
            let arguments = Arguments::try_parse_from(line.split_whitespace()).unwrap();
            let names: Vec<_> = ["dev", "test"]
                .iter()
                .filter(|name| self.0.path().join(name).exists())
                .map(|name| (*name).to_owned())
                .collect();
            let ground = Ground::lay(&arguments);
            let around =
                Surroundings { variables: BTreeMap::new(), home: "/".into(), exists: |_| false };
            let known: Vec<_> = known
                .iter()
                .map(|name| ProjectSummary {
                    name: (*name).into(),
                    folder: "".into(),
                    files: Vec::new(),
                    services: Vec::new(),
                    running: 1,
                    total: 1,
                })
                .collect();
            let found = environments(&names, &arguments.stack, &ground, (&around, &known))?;
            Ok(found.into_iter().map(|e| (e.name, e.project.as_str().to_owned())).collect())
        }
    }

    fn pair(a: &str, b: &str) -> Vec<(String, String)> {
        vec![("dev".to_owned(), a.to_owned()), ("test".to_owned(), b.to_owned())]
    }

    const BOTH: [(&str, &str); 2] = [("dev", ""), ("test", "")];

    #[test]
    fn tables_name_projects_files_and_variables() {
        let config = "[env.dev]\nproject_name = \"shop-dev\"\n\
                      [env.test]\nfiles = [\"t.yml\"]\nenv_files = [\".env.test\"]\n";
        let mut files = BOTH.to_vec();
        files.extend([
            ("config.toml", config),
            ("t.yml", "name: shop-${STAGE}\n"),
            (".env.test", "# x\nexport STAGE=\"qa\"\n"),
        ]);
        let found = Bench::new(&files).find("", &[]).unwrap();
        assert_eq!(found, pair("shop-dev", "shop-qa"));
    }

    #[test]
    fn files_and_projects_are_known_by_the_name() {
        let mut files = BOTH.to_vec();
        files.extend([("config.toml", ""), ("docker-compose.dev.yml", "name: one\n")]);
        let found = Bench::new(&files).find("", &["shop_test", "latest"]).unwrap();
        assert_eq!(found, pair("one", "shop_test"));
    }

    #[test]
    fn one_alone_is_found_as_everywhere() {
        let bench = Bench::new(&[("config.toml", ""), ("compose.yml", "name: shop\n")]);
        assert_eq!(bench.find("", &[]).unwrap(), [("dev".to_owned(), "shop".to_owned())]);
        assert_eq!(bench.find("-p x", &[]).unwrap(), [("dev".to_owned(), "x".to_owned())]);
    }

    #[test]
    fn what_means_one_project_or_none_is_refused() {
        let mut files = BOTH.to_vec();
        files.push((
            "config.toml",
            "[env.dev]\nproject_name = \"x\"\n[env.test]\nproject_name = \"x\"\n",
        ));
        let told = Bench::new(&files).find("", &[]).unwrap_err();
        assert!(told.code == 2 && told.message.contains("dev and test are both"), "{told}");
        files.pop();
        files.push(("config.toml", "[env.dev]\nfiles = [\"gone.yml\"]\n"));
        assert!(Bench::new(&files).find("", &[]).unwrap_err().message.contains("gone.yml"));
        files.pop();
        files.push(("config.toml", "[env.dev]\nproject_name = \"x\"\n"));
        let told = Bench::new(&files).find("", &["a-test", "b-test"]).unwrap_err();
        assert!(told.code == 3 && told.message.contains("[env.test]"), "{told}");
        assert_eq!(Bench::new(&files).find("-p y", &[]).unwrap_err().code, 2);
    }
}
