//! Which Compose project: what the user names, else what the current folder holds, else what runs.

use super::{
    compose_file,
    connection::{Connection, DEADLINE},
    context::Surroundings,
    labels,
};
use crate::{model::SafeText, source::Error};
use bollard::query_parameters::ListContainersOptions;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt, fs, iter,
    path::{Path, PathBuf},
};

/// Name of a Compose project.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProjectName(SafeText);

impl ProjectName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl From<&str> for ProjectName {
    fn from(name: &str) -> Self {
        Self(name.into())
    }
}

impl fmt::Display for ProjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A project of which the Engine has containers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectSummary {
    /// Its name.
    pub name: ProjectName,
    /// The folder where it was brought up; empty where no label says so.
    pub folder: SafeText,
    /// Its compose files.
    pub files: Vec<SafeText>,
    /// Names of its services, in order.
    pub services: Vec<SafeText>,
    /// Containers whose process is there.
    pub running: usize,
    /// All its containers.
    pub total: usize,
}

/// What the user says about the project.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProjectWish {
    /// `-p`.
    pub name: Option<String>,
    /// `-f`, in order.
    pub files: Vec<PathBuf>,
    /// The current folder.
    pub folder: PathBuf,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// This project; it may have no containers yet.
    One(ProjectName),
    /// Nothing names one, and several have containers: let the user choose.
    Several(Vec<ProjectSummary>),
    /// Nothing names one, and none has containers.
    None {
        /// Where we looked, one sentence each.
        tried: Vec<String>,
    },
}

impl Connection {
    /// The projects of which the Engine has containers, by name.
    ///
    /// # Errors
    /// Transient, when the Engine does not answer within five seconds.
    pub async fn projects(&self) -> Result<Vec<ProjectSummary>, Error> {
        let filters = HashMap::from([("label".to_owned(), vec![labels::PROJECT.to_owned()])]);
        let options =
            ListContainersOptions { all: true, filters: Some(filters), ..Default::default() };
        let list = self.ask(DEADLINE, self.bollard.list_containers(Some(options))).await?;
        let mut projects = BTreeMap::<String, Vec<_>>::new();
        for container in list.unwrap_or_default() {
            let labels = container.labels.unwrap_or_default();
            let is_up = container.state.is_some_and(|state| {
                matches!(state.to_string().as_str(), "running" | "paused" | "stopping")
            });
            let Some(name) = labels.get(labels::PROJECT) else { continue };
            projects.entry(name.clone()).or_default().push((labels, is_up));
        }
        Ok(projects.iter().map(|(name, containers)| summary(name, containers)).collect())
    }
}

fn summary(name: &str, containers: &[(HashMap<String, String>, bool)]) -> ProjectSummary {
    let label = |key: &str| containers.iter().find_map(|(labels, _)| labels.get(key));
    let services: BTreeSet<&String> =
        containers.iter().filter_map(|(labels, _)| labels.get(labels::SERVICE)).collect();
    let files = label(labels::FILES).map(|files| files.split(',').map(SafeText::from).collect());
    ProjectSummary {
        name: name.into(),
        folder: label(labels::FOLDER).map(|folder| folder.as_str().into()).unwrap_or_default(),
        files: files.unwrap_or_default(),
        services: services.into_iter().map(|name| name.as_str().into()).collect(),
        running: containers.iter().filter(|(_, is_up)| *is_up).count(),
        total: containers.len(),
    }
}

/// Finds the project as Compose does: `-p`, `COMPOSE_PROJECT_NAME`, the name of the compose file (`-f`,
/// `COMPOSE_FILE`, the nearest one), its folder's name. Without a compose file: the one that has containers.
pub fn find(wish: &ProjectWish, around: &Surroundings, known: &[ProjectSummary]) -> Found {
    if let Some(name) = wish.name.as_deref().or(around.variable("COMPOSE_PROJECT_NAME")) {
        return Found::One(exact_or_normal(name, known));
    }
    let files = compose_files(wish, around);
    if let Some(name) = name_of(&files, around) {
        return Found::One(labelled(&name, &files, known));
    }
    match known {
        [] => Found::None {
            tried: vec![
                format!("No compose file in {} or above.", wish.folder.display()),
                "No -p, no -f, no COMPOSE_PROJECT_NAME, no COMPOSE_FILE.".to_owned(),
                "Docker has no container of any Compose project.".to_owned(),
            ],
        },
        [one] => Found::One(one.name.clone()),
        several => Found::Several(several.to_vec()),
    }
}

/// Whether what the user or `COMPOSE_FILE` names are compose files, as far as that is seen without reading them as Compose
/// does.
///
/// # Errors
/// Which is none, and what it may be instead: a typing error must not look like a stack where all is well.
pub fn check_files(wish: &ProjectWish, around: &Surroundings) -> Result<(), String> {
    if wish.files.is_empty() && around.variable("COMPOSE_FILE").is_none() {
        return Ok(());
    }
    for file in compose_files(wish, around) {
        let name = file.display();
        let text = fs::read(&file).map_err(|error| format!("cannot read {name}: {error}"))?;
        if !compose_file::is_one(&String::from_utf8_lossy(&text)) {
            return Err(format!(
                "{name} is no compose file: it has no `services:`\n\n\
                 Try:\n  the same without -f, if it is a recorded log"
            ));
        }
    }
    Ok(())
}

/// A name as the user wrote it where a project has it, else as Compose would write it.
fn exact_or_normal(name: &str, known: &[ProjectSummary]) -> ProjectName {
    let is_known = known.iter().any(|project| project.name.as_str() == name);
    let normal = compose_file::normalise(name);
    if is_known || normal.is_empty() { name.into() } else { normal.as_str().into() }
}

/// The compose files that count, absolute, the first one naming the project's folder.
fn compose_files(wish: &ProjectWish, around: &Surroundings) -> Vec<PathBuf> {
    let absolute = |file: &Path| {
        let file = wish.folder.join(file);
        fs::canonicalize(&file).unwrap_or(file)
    };
    if !wish.files.is_empty() {
        return wish.files.iter().map(|file| absolute(file)).collect();
    }
    let dotenv = compose_file::variables(&wish.folder.join(".env"));
    let variable =
        |name: &str| around.variable(name).or_else(|| dotenv.get(name).map(String::as_str));
    if let Some(files) = variable("COMPOSE_FILE") {
        let between =
            variable("COMPOSE_PATH_SEPARATOR").unwrap_or(if cfg!(windows) { ";" } else { ":" });
        let files = files.split(between).filter(|file| !file.is_empty());
        return files.map(|file| absolute(Path::new(file))).collect();
    }
    compose_file::nearest(&wish.folder).map(|file| absolute(&file)).into_iter().collect()
}

/// The name of the project of these files, by the files alone.
fn name_of(files: &[PathBuf], around: &Surroundings) -> Option<String> {
    let folder = files.first()?.parent()?;
    let dotenv = compose_file::variables(&folder.join(".env"));
    let variable =
        |name: &str| around.variable(name).or_else(|| dotenv.get(name).map(String::as_str));
    if let Some(name) = variable("COMPOSE_PROJECT_NAME").filter(|name| !name.is_empty()) {
        return Some(compose_file::normalise(name));
    }
    // A later file overrides an earlier one.
    let in_file = files
        .iter()
        .rev()
        .find_map(|file| compose_file::project_name(&fs::read_to_string(file).ok()?, variable));
    let name = in_file.or_else(|| Some(folder.file_name()?.to_str()?.to_owned()))?;
    Some(compose_file::normalise(&name)).filter(|name| !name.is_empty())
}

/// The project whose labels name these files, where its name is not the expected one (it was given at `up`).
fn labelled(name: &str, files: &[PathBuf], known: &[ProjectSummary]) -> ProjectName {
    let is_expected = |project: &&ProjectSummary| project.name.as_str() == name;
    if known.iter().any(|project| is_expected(&project)) {
        return name.into();
    }
    let is_ours = |project: &&ProjectSummary| {
        let named = project.files.iter().map(SafeText::as_str);
        let folder = iter::once(project.folder.as_str());
        let first = files.first();
        named.into_iter().any(|file| files.iter().any(|ours| ours == Path::new(file)))
            || folder.into_iter().any(|folder| {
                !folder.is_empty()
                    && first.and_then(|file| file.parent()) == Some(Path::new(folder))
            })
    };
    let mut ours = known.iter().filter(is_ours);
    match (ours.next(), ours.next()) {
        (Some(one), None) => one.name.clone(),
        _ => name.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(name: &str, folder: &Path, file: &str) -> ProjectSummary {
        ProjectSummary {
            name: name.into(),
            folder: folder.to_string_lossy().as_ref().into(),
            files: vec![folder.join(file).to_string_lossy().as_ref().into()],
            services: Vec::new(),
            running: 1,
            total: 1,
        }
    }

    fn around(variables: &[(&str, &str)]) -> Surroundings {
        let variables = variables.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        Surroundings { variables: variables.collect(), home: "/".into(), exists: |_| false }
    }

    fn one(name: &str) -> Found {
        Found::One(name.into())
    }

    struct Place(tempfile::TempDir);

    impl Place {
        /// A folder named `My Shop` with a compose file.
        fn new(compose: &str) -> Self {
            let place = Self(tempfile::tempdir().unwrap());
            fs::create_dir_all(place.folder()).unwrap();
            fs::write(place.folder().join("compose.yaml"), compose).unwrap();
            place
        }

        fn folder(&self) -> PathBuf {
            fs::canonicalize(self.0.path()).unwrap().join("My Shop")
        }

        fn wish(&self) -> ProjectWish {
            ProjectWish { folder: self.folder(), ..ProjectWish::default() }
        }
    }

    #[test]
    fn order_is_composes_own() {
        let place = Place::new("name: in-file\n");
        let named = ProjectWish { name: Some("flag".to_owned()), ..place.wish() };
        let variable = [("COMPOSE_PROJECT_NAME", "variable")];
        assert_eq!(find(&named, &around(&variable), &[]), one("flag"));
        assert_eq!(find(&place.wish(), &around(&variable), &[]), one("variable"));
        assert_eq!(find(&place.wish(), &around(&[]), &[]), one("in-file"));
        fs::write(place.folder().join(".env"), "COMPOSE_PROJECT_NAME=dotenv\n").unwrap();
        assert_eq!(find(&place.wish(), &around(&[]), &[]), one("dotenv"));
        let place = Place::new("services: {}\n");
        assert_eq!(find(&place.wish(), &around(&[]), &[]), one("myshop"));
    }

    #[test]
    fn files_are_named_by_flag_and_variable() {
        let place = Place::new("services: {}\n");
        fs::write(place.folder().join("one.yml"), "name: one\n").unwrap();
        fs::write(place.folder().join("two.yml"), "name: two\n").unwrap();
        let wish = ProjectWish { files: vec!["one.yml".into(), "two.yml".into()], ..place.wish() };
        assert_eq!(find(&wish, &around(&[]), &[]), one("two"));
        let variables = [("COMPOSE_FILE", "one.yml")];
        assert_eq!(find(&place.wish(), &around(&variables), &[]), one("one"));
        let variables = [("COMPOSE_FILE", "two.yml;one.yml"), ("COMPOSE_PATH_SEPARATOR", ";")];
        assert_eq!(find(&place.wish(), &around(&variables), &[]), one("one"));
    }

    #[test]
    fn what_is_no_compose_file_is_refused_where_it_was_named() {
        let place = Place::new("services: {}\n");
        fs::write(place.folder().join("app.log"), "services: 3 up\n2026 ERROR failed\n").unwrap();
        fs::write(place.folder().join("set.json"), "{\"services\": {}}").unwrap();
        fs::write(place.folder().join("more.yml"), "include:\n  - a.yml\n").unwrap();
        for (file, told) in [
            ("compose.yaml", None),
            ("set.json", None),
            ("more.yml", None),
            ("none.yml", Some("none.yml: No such file")),
            ("app.log", Some("app.log is no compose file")),
            (".", Some("Is a directory")),
        ] {
            let wish = ProjectWish { files: vec![file.into()], ..place.wish() };
            let by_flag = check_files(&wish, &around(&[])).err();
            let by_variable = check_files(&place.wish(), &around(&[("COMPOSE_FILE", file)])).err();
            assert_eq!(by_flag, by_variable);
            let is_right = match (&by_flag, told) {
                (Some(refused), Some(told)) => refused.contains(told),
                (refused, told) => refused.is_none() && told.is_none(),
            };
            assert!(is_right, "{file}: {by_flag:?}");
        }
        assert_eq!(check_files(&place.wish(), &around(&[])), Ok(()));
    }

    #[test]
    fn a_stack_that_was_brought_up_under_another_name_is_found_by_its_labels() {
        let place = Place::new("services: {}\n");
        let other = known("other", Path::new("/elsewhere"), "compose.yaml");
        let ours = known("given-at-up", &place.folder(), "compose.yaml");
        let all = [other.clone(), ours];
        assert_eq!(find(&place.wish(), &around(&[]), &all), one("given-at-up"));
        let usual = known("myshop", &place.folder(), "compose.yaml");
        assert_eq!(find(&place.wish(), &around(&[]), &[other.clone(), usual]), one("myshop"));
        assert_eq!(find(&place.wish(), &around(&[]), &[other]), one("myshop"));
    }

    #[test]
    fn without_a_compose_file_what_runs_decides() {
        let empty = tempfile::tempdir().unwrap();
        let wish = ProjectWish { folder: empty.path().into(), ..ProjectWish::default() };
        let a = known("a", Path::new("/a"), "x");
        let b = known("b", Path::new("/b"), "x");
        assert!(
            matches!(find(&wish, &around(&[]), &[]), Found::None { tried } if tried.len() == 3)
        );
        assert_eq!(find(&wish, &around(&[]), std::slice::from_ref(&a)), one("a"));
        let both = vec![a, b];
        assert_eq!(find(&wish, &around(&[]), &both), Found::Several(both.clone()));
    }

    #[test]
    fn a_name_is_taken_as_written_where_it_exists() {
        let wish = ProjectWish { name: Some("Odd Name".to_owned()), ..ProjectWish::default() };
        assert_eq!(find(&wish, &around(&[]), &[]), one("oddname"));
        let odd = known("Odd Name", Path::new("/a"), "x");
        assert_eq!(find(&wish, &around(&[]), &[odd]), one("Odd Name"));
    }
}
