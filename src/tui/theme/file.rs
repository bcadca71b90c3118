//! Reads themes: the user's folder first, then those compiled in, then `dark`.
//!
//! A broken file is an error that names file, line, key and the known keys; the screen then takes another theme.

use super::role::{Kind, Role};
use crate::tui::colour::Rgb;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
};
use toml::{Spanned, de::DeTable};

/// Themes of our own, in the order in which lists show them.
const BUILT_IN: [(&str, &str); 20] = [
    ("dark", include_str!("../../../themes/dark.toml")),
    ("light", include_str!("../../../themes/light.toml")),
    ("high-contrast", include_str!("../../../themes/high-contrast.toml")),
    ("colour-blind", include_str!("../../../themes/colour-blind.toml")),
    ("colour-blind-light", include_str!("../../../themes/colour-blind-light.toml")),
    ("catppuccin-mocha", include_str!("../../../themes/catppuccin-mocha.toml")),
    ("catppuccin-latte", include_str!("../../../themes/catppuccin-latte.toml")),
    ("dracula", include_str!("../../../themes/dracula.toml")),
    ("everforest", include_str!("../../../themes/everforest.toml")),
    ("gruvbox-dark", include_str!("../../../themes/gruvbox-dark.toml")),
    ("gruvbox-light", include_str!("../../../themes/gruvbox-light.toml")),
    ("kanagawa", include_str!("../../../themes/kanagawa.toml")),
    ("nord", include_str!("../../../themes/nord.toml")),
    ("one-dark", include_str!("../../../themes/one-dark.toml")),
    ("rose-pine", include_str!("../../../themes/rose-pine.toml")),
    ("rose-pine-dawn", include_str!("../../../themes/rose-pine-dawn.toml")),
    ("solarized-dark", include_str!("../../../themes/solarized-dark.toml")),
    ("solarized-light", include_str!("../../../themes/solarized-light.toml")),
    ("tokyo-night", include_str!("../../../themes/tokyo-night.toml")),
    ("tokyo-night-day", include_str!("../../../themes/tokyo-night-day.toml")),
];

/// Keys at the top of a theme file.
const KEYS: [&str; 4] = ["name", "kind", "parent", "roles"];
/// A chain of parents longer than this goes in circles.
const MAX_PARENTS: usize = 8;

/// Why a theme cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no theme of that name.
    #[error("theme {name}: not known{}; known are {known}", did_you_mean(suggestion.as_deref()))]
    Unknown {
        /// What was asked for.
        name: String,
        /// The known name that is most like it.
        suggestion: Option<String>,
        /// All names.
        known: String,
    },
    /// The file is there, and cannot be read.
    #[error("{}: {source}", file.display())]
    Unreadable {
        /// Which one.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Something in the file is wrong.
    #[error("{}: line {line}: {reason}", file.display())]
    Wrong {
        /// Which one.
        file: PathBuf,
        /// Where, counted from one.
        line: usize,
        /// What, and what would be right.
        reason: String,
    },
    /// Parents that lead back to themselves.
    #[error("theme {name}: its parents go in a circle")]
    Circle {
        /// Where it began.
        name: String,
    },
}

fn did_you_mean(suggestion: Option<&str>) -> String {
    suggestion.map(|s| format!(", did you mean {s}?")).unwrap_or_default()
}

/// What one file says.
#[derive(Debug, Default)]
struct File {
    kind: Option<Kind>,
    parent: Option<String>,
    roles: BTreeMap<Role, Rgb>,
}

/// What a file and its parents say together; every base role is there.
#[derive(Debug)]
pub(super) struct Palette {
    pub(super) kind: Kind,
    pub(super) colours: BTreeMap<Role, Rgb>,
}

/// Names of all themes: our own in the order of lists, then those that the user's folder adds, by name.
pub(super) fn names(folder: Option<&Path>) -> Vec<String> {
    let mut names: Vec<String> = BUILT_IN.iter().map(|(name, _)| (*name).to_owned()).collect();
    let own: BTreeSet<String> = folder
        .and_then(|folder| fs::read_dir(folder).ok())
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            Some(entry.file_name().to_str()?.strip_suffix(".toml")?.to_owned())
                .filter(|name| is_name(name) && !names.contains(name))
        })
        .collect();
    names.extend(own);
    names
}

/// Reads a theme and its parents.
pub(super) fn load(name: &str, folder: Option<&Path>) -> Result<Palette, Error> {
    let mut palette = Palette { kind: Kind::Dark, colours: BTreeMap::new() };
    let mut kind = None;
    let mut next = Some(name.to_owned());
    for _ in 0..MAX_PARENTS {
        let Some(at) = next else {
            palette.kind = kind.unwrap_or_default();
            return Ok(palette);
        };
        let file = read(&at, folder)?;
        kind = kind.or(file.kind);
        for (role, colour) in file.roles {
            palette.colours.entry(role).or_insert(colour);
        }
        let is_whole = Role::BASE.iter().all(|role| palette.colours.contains_key(role));
        next = if is_whole {
            None
        } else {
            Some(file.parent.unwrap_or_else(|| kind.unwrap_or_default().as_str().to_owned()))
        };
    }
    Err(Error::Circle { name: name.to_owned() })
}

fn read(name: &str, folder: Option<&Path>) -> Result<File, Error> {
    if let Some(path) = folder.filter(|_| is_name(name)).map(|f| f.join(format!("{name}.toml"))) {
        match fs::read_to_string(&path) {
            Ok(text) => return parse(&text, &path),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(source) => return Err(Error::Unreadable { file: path, source }),
        }
    }
    if let Some((_, text)) = BUILT_IN.iter().find(|(known, _)| *known == name) {
        return parse(text, Path::new(&format!("themes/{name}.toml")));
    }
    let known = names(folder);
    Err(Error::Unknown {
        name: name.to_owned(),
        suggestion: nearest(name, known.iter().map(String::as_str)),
        known: known.join(", "),
    })
}

/// A name that cannot lead out of the folder.
fn is_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with('.')
        && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ' '))
}

/// The known word most like `word`, where one is like it at all.
fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    known
        .map(|candidate| (strsim::jaro_winkler(word, candidate), candidate))
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate.to_owned())
}

/// One file's text and name, for errors that say where.
struct Reader<'a> {
    text: &'a str,
    file: &'a Path,
}

impl Reader<'_> {
    fn wrong(&self, at: usize, reason: String) -> Error {
        let before = self.text.get(..at).unwrap_or_default();
        let line = 1 + before.matches('\n').count();
        Error::Wrong { file: self.file.to_owned(), line, reason }
    }

    fn unknown<T>(&self, key: &Spanned<T>, known: &[&str]) -> Error
    where
        T: AsRef<str>,
    {
        let word = key.get_ref().as_ref();
        let suggestion = nearest(word, known.iter().copied());
        self.wrong(
            key.span().start,
            format!(
                "unknown key `{word}`{}; known keys are {}",
                did_you_mean(suggestion.map(|s| format!("`{s}`")).as_deref()),
                known.join(", ")
            ),
        )
    }

    fn word<'v>(
        &self,
        key: &str,
        value: &'v Spanned<toml::de::DeValue<'_>>,
    ) -> Result<&'v str, Error> {
        value.get_ref().as_str().ok_or_else(|| {
            self.wrong(value.span().start, format!("`{key}` must be a text in quotes"))
        })
    }
}

fn parse(text: &str, file: &Path) -> Result<File, Error> {
    let reader = Reader { text, file };
    let table = DeTable::parse(text).map_err(|error| {
        reader.wrong(error.span().map_or(0, |s| s.start), error.message().to_owned())
    })?;
    let mut out = File::default();
    for (key, value) in table.get_ref() {
        match key.get_ref().as_ref() {
            // The file's name counts; this one is for people.
            "name" => {
                reader.word("name", value)?;
            }
            "kind" => {
                let word = reader.word("kind", value)?;
                out.kind = Some(Kind::from_word(word).ok_or_else(|| {
                    let reason = format!("`kind` is `{word}`; known are dark, light");
                    reader.wrong(value.span().start, reason)
                })?);
            }
            "parent" => out.parent = Some(reader.word("parent", value)?.to_owned()),
            "roles" => {
                let Some(roles) = value.get_ref().as_table() else {
                    let reason = "`roles` must be a table: [roles]".to_owned();
                    return Err(reader.wrong(value.span().start, reason));
                };
                for (key, value) in roles {
                    let word = key.get_ref().as_ref();
                    let Some(role) = Role::BASE.into_iter().find(|r| r.as_str() == word) else {
                        return Err(reader.unknown(key, &Role::BASE.map(Role::as_str)));
                    };
                    let colour = reader.word(word, value)?;
                    let rgb = colour.parse().map_err(|error| {
                        reader.wrong(value.span().start, format!("`{word}` is `{colour}`: {error}"))
                    })?;
                    out.roles.insert(role, rgb);
                }
            }
            _ => return Err(reader.unknown(key, &KEYS)),
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(format!("{name}.toml")), text).unwrap();
        }
        folder
    }

    fn error(text: &str) -> String {
        let folder = folder(&[("mine", text)]);
        let error = load("mine", Some(folder.path())).unwrap_err().to_string();
        error.replace(&folder.path().display().to_string(), "F")
    }

    #[test]
    fn every_file_of_ours_names_itself_and_is_whole() {
        for (name, text) in BUILT_IN {
            assert!(text.contains(&format!("name = \"{name}\"\n")), "{name}");
            let file = parse(text, Path::new(name)).unwrap();
            for role in Role::BASE {
                assert!(file.roles.contains_key(&role), "{name} lacks {role:?}");
            }
        }
        let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("themes");
        assert_eq!(fs::read_dir(here).unwrap().count(), BUILT_IN.len(), "a file is not listed");
    }

    #[test]
    fn errors_name_file_line_key_and_known_keys() {
        assert_eq!(
            error("kind = \"dark\"\n\n[roles]\nbg = \"#000000\"\ncrti = \"#ff0000\"\n"),
            "F/mine.toml: line 5: unknown key `crti`, did you mean `crit`?; known keys are bg, \
             panel, sel, fg, muted, border, focus, accent, crit, err, warn, info, ok, var, ink1, \
             ink2, ink3, ink4, ink5, ink6, ink7"
        );
        for (text, want) in [
            (
                "colour = 1",
                "F/mine.toml: line 1: unknown key `colour`; known keys are name, kind, parent, roles",
            ),
            (
                "\n[roles]\nbg = \"blue\"",
                "F/mine.toml: line 3: `bg` is `blue`: not a colour of the form #rrggbb",
            ),
            ("[roles]\nbg = 3", "F/mine.toml: line 2: `bg` must be a text in quotes"),
            ("kind = \"dim\"", "F/mine.toml: line 1: `kind` is `dim`; known are dark, light"),
            ("roles = 3", "F/mine.toml: line 1: `roles` must be a table: [roles]"),
        ] {
            assert_eq!(error(text), want);
        }
        assert!(error("a = \"").starts_with("F/mine.toml: line 1: "));
        assert_eq!(error("parent = \"mine\""), "theme mine: its parents go in a circle");
    }

    #[test]
    fn unknown_themes_are_answered_with_the_known_ones() {
        let error = load("solarised-dark", None).unwrap_err().to_string();
        assert!(error.starts_with(
            "theme solarised-dark: not known, did you mean solarized-dark?; known are dark, light, "
        ));
        for name in ["../secret", "", "/etc/passwd", ".."] {
            assert!(
                matches!(load(name, Some(Path::new("/"))), Err(Error::Unknown { .. })),
                "{name}"
            );
        }
    }

    #[test]
    fn the_users_file_wins_and_borrows_from_its_parent() {
        let folder = folder(&[
            ("nord", "[roles]\nbg = \"#010203\""),
            ("mine", "parent = \"light\"\n[roles]\nfg = \"#102030\""),
            ("bright", "kind = \"light\""),
        ]);
        let path = Some(folder.path());
        let nord = load("nord", path).unwrap();
        assert_eq!(nord.colours[&Role::Bg], Rgb(1, 2, 3));
        assert_eq!(nord.colours[&Role::Fg], load("dark", None).unwrap().colours[&Role::Fg]);
        let mine = load("mine", path).unwrap();
        assert_eq!(mine.kind, Kind::Light);
        assert_eq!(mine.colours[&Role::Bg], Rgb::WHITE);
        assert_eq!(load("bright", path).unwrap().colours[&Role::Bg], Rgb::WHITE);
        let names = names(path);
        assert_eq!(names.len(), BUILT_IN.len() + 2);
        assert_eq!(names[BUILT_IN.len()..], ["bright", "mine"]);
    }
}
