//! Reads one TOML file of rules into drafts, each with its place, so that one bad rule costs only itself.

use super::{
    Error, Samples, Scope,
    grouping::{self, Grouping},
};
use crate::model::{Category, Level, Repair, Severity};
use serde::Deserialize;
use toml::de::{DeTable, DeValue};

/// One `[[rule]]` as written. All but the id may be missing: a user's rule of a known id changes only what it names.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Draft {
    pub(super) id: String,
    pub(super) enabled: Option<bool>,
    pub(super) title: Option<String>,
    pub(super) severity: Option<Severity>,
    pub(super) pattern: Option<String>,
    pub(super) unless: Option<String>,
    pub(super) levels: Option<Vec<Level>>,
    pub(super) scope: Option<Scope>,
    pub(super) priority: Option<i8>,
    pub(super) ignore: Option<bool>,
    pub(super) services: Option<Vec<String>>,
    pub(super) categories: Option<Vec<Category>>,
    pub(super) overrides_level: Option<bool>,
    pub(super) hint: Option<String>,
    pub(super) remedies: Option<Vec<String>>,
    pub(super) repair: Option<Repair>,
    pub(super) matches: Option<Samples>,
    pub(super) misses: Option<Samples>,
    /// Line of the file where it begins, from 1.
    #[serde(skip)]
    pub(super) line: usize,
}

impl Draft {
    /// The draft with what excuses every line of its file. One without a pattern of its own changes a known rule and
    /// is left as it is.
    fn excused(mut self, common: Option<&str>) -> Self {
        if let Some(common) = common.filter(|_| self.pattern.is_some()) {
            let own = self.unless.take();
            self.unless =
                Some(own.map_or_else(|| common.to_owned(), |own| format!("{own}|{common}")));
        }
        self
    }
}

/// What a file says.
#[derive(Debug, Default)]
pub(super) struct Contents {
    pub(super) drafts: Vec<Draft>,
    pub(super) groupings: Vec<Grouping>,
    /// What is wrong with the others.
    pub(super) errors: Vec<Error>,
}

/// Reads a file. Next to `[[rule]]` and `[[group]]` one that `has_settings` may hold other tables, which are passed
/// over; one that has none may begin with an `unless` for every rule in it that has a pattern.
pub(super) fn read(file: &str, text: &str, has_settings: bool) -> Contents {
    let line_of = |at: usize| memchr::memchr_iter(b'\n', &text.as_bytes()[..at]).count() + 1;
    let broken = |at: Option<usize>, reason: String| {
        vec![Error::File { file: file.to_owned(), line: line_of(at.unwrap_or(0)), reason }]
    };
    let table = match DeTable::parse(text) {
        Ok(table) => table.into_inner(),
        Err(e) => {
            let errors = broken(e.span().map(|s| s.start), one_line(e.message()));
            return Contents { errors, ..Contents::default() };
        }
    };
    let Contents { mut drafts, mut groupings, mut errors } = Contents::default();
    let common = table.get("unless").and_then(|value| value.get_ref().as_str());
    let common = common.filter(|_| !has_settings).map(str::to_owned);
    for (key, value) in table {
        let at = value.span().start;
        let rules = match (key.get_ref().as_ref(), value.into_inner()) {
            ("rule", DeValue::Array(rules)) => rules,
            ("group", DeValue::Array(groups)) => {
                for group in groups {
                    let line = line_of(group.span().start);
                    let deserializer = serde::de::IntoDeserializer::into_deserializer(group);
                    let read = grouping::Draft::deserialize::<toml::de::ValueDeserializer<'_>>(
                        deserializer,
                    )
                    .map_err(|e| Error::Group {
                        file: file.to_owned(),
                        line: e.span().map_or(line, |span| line_of(span.start)),
                        field: "?".to_owned(),
                        reason: one_line(e.message()),
                    })
                    .and_then(|draft| Grouping::new(draft, file, line));
                    match read {
                        Ok(grouping) => groupings.push(grouping),
                        Err(error) => errors.push(error),
                    }
                }
                continue;
            }
            (key @ ("rule" | "group"), _) => {
                errors.extend(broken(Some(at), format!("write {key}s as [[{key}]]")));
                continue;
            }
            _ if has_settings => continue,
            ("unless", DeValue::String(_)) => continue,
            ("unless", _) => {
                errors.extend(broken(Some(at), "write unless as one text".to_owned()));
                continue;
            }
            (other, _) => {
                let reason =
                    format!("unknown key `{other}`, expected `unless`, `[[rule]]` or `[[group]]`");
                errors.extend(broken(Some(key.span().start), reason));
                continue;
            }
        };
        for rule in rules {
            let start = rule.span().start;
            let id = rule.get_ref().get("id").and_then(|id| id.get_ref().as_str()).unwrap_or("?");
            let id = id.to_owned();
            let deserializer = serde::de::IntoDeserializer::into_deserializer(rule);
            match Draft::deserialize::<toml::de::ValueDeserializer<'_>>(deserializer) {
                Ok(draft) => {
                    let draft = Draft { line: line_of(start), ..draft };
                    drafts.push(draft.excused(common.as_deref()));
                }
                Err(e) => errors.push(Error::Rule {
                    file: file.to_owned(),
                    line: line_of(e.span().map_or(start, |s| s.start)),
                    id,
                    reason: one_line(e.message()),
                }),
            }
        }
    }
    Contents { drafts, groupings, errors }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(text: &str) -> (usize, Vec<String>) {
        let Contents { drafts, errors, .. } = read("x.toml", text, false);
        (drafts.len(), errors.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn an_unknown_key_names_place_rule_and_the_known_keys() {
        let (good, errors) =
            messages("[[rule]]\nid = \"other.a\"\npatern = \"x\"\n\n[[rule]]\nid = \"other.b\"\n");
        assert_eq!(good, 1);
        assert!(
            errors[0].starts_with("x.toml:3: rule other.a: unknown field `patern`"),
            "{errors:?}"
        );
        assert!(errors[0].contains("`pattern`"), "{errors:?}");
    }

    #[test]
    fn a_wrong_value_costs_its_rule_only() {
        let (good, errors) = messages(
            "[[rule]]\nid = \"other.a\"\nseverity = \"bad\"\n[[rule]]\nseverity = \"info\"\n[[rule]]\nid = \"other.c\"\n",
        );
        assert_eq!(good, 1);
        assert!(errors[0].contains(":3: rule other.a:"), "{errors:?}");
        assert!(errors[0].contains("`critical`"), "{errors:?}");
        assert!(errors[1].contains(":4: rule ?: missing field `id`"), "{errors:?}");
    }

    #[test]
    fn what_excuses_a_whole_file_is_said_once() {
        let text = "unless = 'dry run'\n[[rule]]\nid = \"other.a\"\npattern = 'x'\nunless = 'y'\n\
                    [[rule]]\nid = \"other.b\"\npattern = 'x'\n[[rule]]\nid = \"other.c\"\n";
        let unless = |has_settings| {
            let drafts = read("x.toml", text, has_settings).drafts.into_iter();
            drafts.map(|draft| draft.unless.unwrap_or_default()).collect::<Vec<_>>()
        };
        assert_eq!(unless(false), ["y|dry run", "dry run", ""]);
        assert_eq!(unless(true), ["y", "", ""], "settings have no such key");
        let (_, errors) = messages("unless = 1");
        assert_eq!(errors, ["x.toml:1: write unless as one text"]);
    }

    #[test]
    fn rules_of_grouping_stand_beside_the_others_and_one_fault_costs_one() {
        let text = "[[rule]]\nid = \"other.a\"\n\n[[group]]\nwords = \"a\"\nfingerprint = [\"x\"]\n\n\
                    [[group]]\nword = \"b\"\n\n[[group]]\nwords = \"c\"\n";
        let Contents { drafts, groupings, errors } = read("x.toml", text, false);
        assert_eq!((drafts.len(), groupings.len()), (1, 1));
        let errors: Vec<_> = errors.iter().map(ToString::to_string).collect();
        assert!(errors[0].starts_with("x.toml:9: group: ?: unknown field `word`"), "{errors:?}");
        assert!(errors[1].starts_with("x.toml:11: group: fingerprint: missing"), "{errors:?}");
    }

    #[test]
    fn a_broken_file_costs_itself() {
        for text in
            ["[[rule", "rule = 1", "group = 1", "rules = []", "[[rule]]\nid = \"a\"\nid = \"b\""]
        {
            let (good, errors) = messages(text);
            assert_eq!((good, errors.len()), (0, 1), "{text}: {errors:?}");
            assert!(errors[0].starts_with("x.toml:"), "{errors:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn never_panics(text in "\\PC{0,200}") {
            let _ = read("x.toml", &text, false);
        }
    }
}
