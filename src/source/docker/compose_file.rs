//! The little that we read of Compose's own files: which there are, and the name of their project.
//!
//! The rest of a compose file is the `docker compose` command's business; a running stack says everything in labels.

use crate::model::SafeText;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// The names that Compose looks for, in its order.
const NAMES: [&str; 4] =
    ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];

/// The compose file of `folder` or of the nearest folder above it.
pub(super) fn nearest(folder: &Path) -> Option<PathBuf> {
    folder
        .ancestors()
        .find_map(|folder| NAMES.iter().map(|name| folder.join(name)).find(|path| path.is_file()))
}

/// The variables of a `.env` file; empty where there is none. Lines that are no assignment are passed over.
pub(super) fn variables(file: &Path) -> BTreeMap<String, String> {
    let text = fs::read_to_string(file).unwrap_or_default();
    text.lines()
        .filter_map(|line| {
            let line = line.trim();
            let line = line.strip_prefix("export ").unwrap_or(line);
            let (key, value) = line.split_once('=')?;
            let key = key.trim_end();
            let is_name = key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
            (is_name && !key.is_empty()).then(|| (key.to_owned(), scalar(value)))
        })
        .collect()
}

/// Whether this may be a compose file: JSON, or YAML with a key of Compose's at the top level and nothing behind it that
/// only a sentence has.
pub(super) fn is_one(text: &str) -> bool {
    const KEYS: [&str; 7] =
        ["services", "include", "networks", "volumes", "configs", "secrets", "models"];
    let text = text.trim_start_matches('\u{feff}');
    let is_key = |line: &str| {
        let Some((key, value)) = line.split_once(':') else { return false };
        let key = key.trim_end().trim_matches(['"', '\'']);
        let value = value.trim();
        let is_structure = value.is_empty() || value.starts_with(['{', '[', '#', '&', '*', '!']);
        (KEYS.contains(&key) && is_structure) || (key == "name" && !value.is_empty())
    };
    text.trim_start().starts_with('{') && text.contains("\"services\"") || text.lines().any(is_key)
}

/// The `name:` at the top level of a compose file, with variables put in; `None` where it has none, or one that
/// is written in a way that we do not read.
pub(super) fn project_name<'a>(
    text: &str,
    variable: impl Fn(&str) -> Option<&'a str>,
) -> Option<String> {
    let value = text.lines().find_map(|line| {
        let rest = line.trim_start_matches('\u{feff}').strip_prefix("name")?;
        let value = rest.trim_start().strip_prefix(':')?;
        value.starts_with([' ', '\t']).then(|| scalar(value))
    })?;
    interpolate(&value, variable).filter(|name| !name.is_empty())
}

/// The folder that a service's image is built from, as its compose files say; `None` where none of them does, or in
/// a way that we do not read. Reads files.
pub fn build_context(folder: &Path, files: &[SafeText], service: &str) -> Option<PathBuf> {
    files.iter().rev().find_map(|file| {
        let path = folder.join(file.as_str());
        let context = context_of(&fs::read_to_string(&path).ok()?, service)?;
        Some(path.parent()?.join(context))
    })
}

/// `build: ./api` or `build:` with `context: ./api` below `services:` and the service.
fn context_of(text: &str, service: &str) -> Option<String> {
    let depth = |line: &str| line.len() - line.trim_start().len();
    let is_bare = |line: &&str| {
        let line = line.trim();
        !line.is_empty() && !line.starts_with('#')
    };
    let key = |line: &str| line.trim().split_once(':').map(|(key, _)| scalar(key));
    let lines: Vec<&str> = text.lines().filter(is_bare).collect();
    let below = |lines: &[&str], name: &str| -> Option<(String, usize, usize)> {
        let least = lines.iter().map(|line| depth(line)).min()?;
        let at = lines.iter().position(|l| depth(l) == least && key(l).as_deref() == Some(name))?;
        let rest = &lines[at + 1..];
        let count = rest.iter().take_while(|line| depth(line) > least).count();
        Some((scalar(lines[at].split_once(':')?.1), at + 1, at + 1 + count))
    };
    let mut part = lines.as_slice();
    for name in ["services", service] {
        let (_, from, to) = below(part, name)?;
        part = &part[from..to];
    }
    let (value, from, to) = below(part, "build")?;
    let context = if value.is_empty() { below(&part[from..to], "context")?.0 } else { value };
    let is_folder = !context.is_empty() && !context.contains(['$', '{', '&', '*', ':']);
    is_folder.then_some(context)
}

/// Compose's own rule for names made from folders: lower case, no other characters than letters, digits, `-`, `_`.
pub(super) fn normalise(name: &str) -> String {
    let kept = name.chars().flat_map(char::to_lowercase);
    let kept = kept.filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    kept.collect::<String>().trim_start_matches(['-', '_']).to_owned()
}

/// A plain or quoted value, without what follows it.
pub(super) fn scalar(text: &str) -> String {
    let text = text.trim();
    for quote in ['"', '\''] {
        if let Some(rest) = text.strip_prefix(quote) {
            return rest.split(quote).next().unwrap_or(rest).to_owned();
        }
    }
    text.split(" #").next().unwrap_or(text).trim_end().to_owned()
}

/// Puts variables into `$NAME`, `${NAME}`, `${NAME:-default}` and `${NAME-default}`; `None` for other forms.
fn interpolate<'a>(text: &str, variable: impl Fn(&str) -> Option<&'a str>) -> Option<String> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        if let Some(after) = after.strip_prefix('$') {
            out.push('$');
            rest = after;
        } else if let Some(after) = after.strip_prefix('{') {
            let (inner, after) = after.split_once('}')?;
            let end = inner.find(|c| !is_name(c)).unwrap_or(inner.len());
            let (name, form) = inner.split_at(end);
            let value = variable(name);
            let value = match form.strip_prefix(":-") {
                Some(default) => value.filter(|value| !value.is_empty()).unwrap_or(default),
                None if form.is_empty() => value.unwrap_or_default(),
                None => value.unwrap_or(form.strip_prefix('-')?),
            };
            out.push_str(value);
            rest = after;
        } else {
            let end = after.find(|c| !is_name(c)).unwrap_or(after.len());
            out.push_str(variable(&after[..end]).unwrap_or_default());
            rest = &after[end..];
        }
    }
    out.push_str(rest);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_name_at_the_top_level() {
        let variable = |name: &str| (name == "WHO").then_some("me");
        for (text, want) in [
            ("name: shop\nservices:\n", Some("shop")),
            ("# name: no\nservices:\n  a:\n    name: inner\n", None),
            ("services: {}\nname: \"my shop\" # why\n", Some("my shop")),
            ("name: 'x'\n", Some("x")),
            ("name: plain # comment\n", Some("plain")),
            ("name: shop-${WHO}\n", Some("shop-me")),
            ("name: $WHO-$WHO\n", Some("me-me")),
            ("name: ${NONE:-fallback}x\n", Some("fallbackx")),
            ("name: ${NONE?must}\n", None),
            ("name: ${NONE}\n", None),
            ("name: a$$b\n", Some("a$b")),
            ("names: x\n", None),
            ("name:x\n", None),
            ("name: ${WHO\n", None),
        ] {
            assert_eq!(project_name(text, variable).as_deref(), want, "{text}");
        }
    }

    #[test]
    fn reads_what_an_image_is_built_from() {
        let text = "x: &x\n  build: no\nservices:\n  db:\n    image: pg\n  # build: never\n  api:\n    \
                    ports: [\"1:1\"]\n    build: ./api # ours\n  web:\n    build:\n      args: {context: no}\n      \
                    context: \"web site\"\n  git:\n    build: https://example.org/x.git\n";
        for (service, want) in [
            ("api", Some("./api")),
            ("web", Some("web site")),
            ("db", None),
            ("git", None),
            ("none", None),
        ] {
            assert_eq!(context_of(text, service).as_deref(), want, "{service}");
        }
        assert_eq!(context_of("", "api"), None);
    }

    #[test]
    fn folder_names_become_project_names() {
        for (folder, want) in [
            ("Broken Shop", "brokenshop"),
            ("my.app_v2", "myapp_v2"),
            ("__x-Y", "x-y"),
            ("żółw", "w"),
            ("日本", ""),
        ] {
            assert_eq!(normalise(folder), want);
        }
    }

    #[test]
    fn env_files_are_read_as_compose_does() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(".env");
        assert!(variables(&file).is_empty());
        let text =
            "# no\nA=1\nexport B = \"two words\" # x\nC='x # y'\nD=plain # z\nnonsense\n=x\nE=\n";
        fs::write(&file, text).unwrap();
        let got = variables(&file);
        let want = [("A", "1"), ("B", "two words"), ("C", "x # y"), ("D", "plain"), ("E", "")];
        let want = want.map(|(k, v)| (k.to_owned(), v.to_owned()));
        assert_eq!(got, want.into_iter().collect());
    }

    #[test]
    fn the_nearest_compose_file_is_found_in_composes_order() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("a/b");
        fs::create_dir_all(&inner).unwrap();
        fs::write(folder.path().join("docker-compose.yml"), "").unwrap();
        assert_eq!(nearest(&inner), Some(folder.path().join("docker-compose.yml")));
        fs::write(folder.path().join("compose.yml"), "").unwrap();
        assert_eq!(nearest(&inner), Some(folder.path().join("compose.yml")));
    }
}
