//! The user's own rules of grouping: which problems are one, whatever they look like, and what they are called.

use super::Error;
use crate::model::{Category, NamePart, Naming, SafeText, ServiceName};
use serde::Deserialize;
use std::sync::Arc;

/// Bytes of one matcher, part or title.
const MAX_TEXT: usize = 1_024;
/// Parts of one fingerprint.
const MAX_PARTS: usize = 8;
/// What may stand in double braces.
const VARIABLES: [&str; 5] = ["default", "service", "category", "exception", "rule"];

/// One `[[group]]` as written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Draft {
    services: Option<Vec<String>>,
    categories: Option<Vec<Category>>,
    words: Option<String>,
    exception: Option<String>,
    fingerprint: Option<Vec<String>>,
    title: Option<String>,
}

/// One rule, checked. All its matchers must match; in them `*` is any text, and case does not count.
#[derive(Debug, Clone)]
pub struct Grouping {
    services: Vec<String>,
    categories: Vec<Category>,
    words: Option<String>,
    exception: Option<String>,
    parts: Vec<String>,
    title: Option<String>,
    /// File and line.
    place: SafeText,
}

/// What a rule looks at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen<'a> {
    pub(super) service: &'a ServiceName,
    pub(super) category: Category,
    pub(super) rule: &'a str,
    pub(super) message: &'a str,
    /// The type of the exception; empty where there is none.
    pub(super) exception: &'a str,
}

impl Grouping {
    /// The rule of a draft that begins at a line of a file.
    pub(super) fn new(draft: Draft, file: &str, line: usize) -> Result<Self, Error> {
        let wrong = |field: &str, reason: String| Error::Group {
            file: file.to_owned(),
            line,
            field: field.to_owned(),
            reason,
        };
        let Draft { services, categories, words, exception, fingerprint, title } = draft;
        let is_bare = services.as_ref().is_none_or(Vec::is_empty)
            && categories.as_ref().is_none_or(Vec::is_empty)
            && words.is_none()
            && exception.is_none();
        if is_bare {
            let reason =
                "it would take every problem; name services, categories, words or exception";
            return Err(wrong("words", reason.to_owned()));
        }
        if fingerprint.is_none() && title.is_none() {
            let reason = "missing; say what makes problems one: fingerprint = [\"our name\"]";
            return Err(wrong("fingerprint", reason.to_owned()));
        }
        let parts = fingerprint.unwrap_or_else(|| vec!["{{ default }}".to_owned()]);
        if parts.is_empty() || parts.len() > MAX_PARTS {
            return Err(wrong("fingerprint", format!("write 1 to {MAX_PARTS} parts")));
        }
        let texts = [("words", &words), ("exception", &exception), ("title", &title)];
        let texts = texts.into_iter().filter_map(|(field, text)| Some((field, text.as_ref()?)));
        let listed = services.iter().flatten().map(|text| ("services", text));
        let named = parts.iter().map(|text| ("fingerprint", text));
        for (field, text) in texts.chain(listed).chain(named) {
            if text.trim().is_empty() {
                return Err(wrong(field, "it is empty; leave the key out".to_owned()));
            }
            if text.len() > MAX_TEXT {
                return Err(wrong(field, format!("{} bytes are more than {MAX_TEXT}", text.len())));
            }
        }
        let filled = parts.iter().map(|text| ("fingerprint", text));
        for (field, text) in filled.chain(title.iter().map(|text| ("title", text))) {
            check(text, field == "title").map_err(|reason| wrong(field, reason))?;
        }
        Ok(Self {
            services: services.unwrap_or_default(),
            categories: categories.unwrap_or_default(),
            words: words.map(|words| format!("*{words}*")),
            exception,
            parts,
            title,
            place: SafeText::from(format!("{file}:{line}")),
        })
    }

    /// What the rule makes of a finding; `None` where it does not match.
    pub(super) fn naming(&self, seen: Seen<'_>) -> Option<Naming> {
        let is_service = |glob: &String| matches(glob, seen.service.as_str());
        let is_of = (self.services.is_empty() || self.services.iter().any(is_service))
            && (self.categories.is_empty() || self.categories.contains(&seen.category))
            && self.words.as_ref().is_none_or(|words| matches(words, seen.message))
            && self.exception.as_ref().is_none_or(|glob| is_exception(glob, seen.exception));
        is_of.then(|| Naming {
            parts: self.parts.iter().map(|part| filled_part(part, seen)).collect(),
            title: self.title.as_ref().map(|title| filled(title, seen).into()),
            rule: self.place.clone(),
        })
    }
}

/// The first of the rules that matches.
pub(super) fn naming(rules: &[Arc<Grouping>], seen: Seen<'_>) -> Option<Naming> {
    rules.iter().find_map(|rule| rule.naming(seen))
}

/// By its whole name or the last part of it: `OperationalError` is `psycopg2.OperationalError`.
fn is_exception(glob: &str, name: &str) -> bool {
    let last = name.rsplit(['.', ':', '\\']).next().unwrap_or(name);
    !name.is_empty() && (matches(glob, name) || matches(glob, last))
}

/// Whether a pattern with `*` for any text is the whole of `text`. Case of ASCII letters does not count.
fn matches(glob: &str, text: &str) -> bool {
    let (glob, text) = (glob.as_bytes(), text.as_bytes());
    let (mut at, mut from) = (0, 0);
    // Where the last `*` stands, and how much it has taken.
    let mut star: Option<(usize, usize)> = None;
    while from < text.len() {
        if glob.get(at) == Some(&b'*') {
            star = Some((at, from));
            at += 1;
        } else if glob.get(at).is_some_and(|sign| sign.eq_ignore_ascii_case(&text[from])) {
            at += 1;
            from += 1;
        } else if let Some((back, taken)) = star {
            star = Some((back, taken + 1));
            at = back + 1;
            from = taken + 1;
        } else {
            return false;
        }
    }
    glob.get(at..).is_some_and(|rest| rest.iter().all(|sign| *sign == b'*'))
}

fn check(text: &str, is_title: bool) -> Result<(), String> {
    let mut rest = text;
    while let Some((_, inside)) = rest.split_once("{{") {
        let (name, behind) = inside.split_once("}}").ok_or("`{{` has no `}}`")?;
        let name = name.trim();
        if !VARIABLES.contains(&name) {
            return Err(format!(
                "unknown `{{{{ {name} }}}}`, expected one of {}",
                VARIABLES.join(", ")
            ));
        }
        let is_alone = is_default(text);
        if name == "default" && (is_title || !is_alone) {
            return Err("`{{ default }}` stands alone, as a part of the fingerprint".to_owned());
        }
        rest = behind;
    }
    Ok(())
}

fn is_default(part: &str) -> bool {
    let inside = part.trim().strip_prefix("{{").and_then(|part| part.strip_suffix("}}"));
    inside.is_some_and(|name| name.trim() == "default")
}

fn filled_part(part: &str, seen: Seen<'_>) -> NamePart {
    if is_default(part) { NamePart::Default } else { NamePart::Words(filled(part, seen).into()) }
}

fn filled(text: &str, seen: Seen<'_>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, inside)) = rest.split_once("{{") {
        let Some((name, behind)) = inside.split_once("}}") else { break };
        out.push_str(before);
        out.push_str(match name.trim() {
            "service" => seen.service.as_str(),
            "category" => seen.category.slug(),
            "exception" => seen.exception,
            "rule" => seen.rule,
            _ => "",
        });
        rest = behind;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen<'a>(service: &'a ServiceName, message: &'a str, exception: &'a str) -> Seen<'a> {
        Seen { service, category: Category::Database, rule: "database.x", message, exception }
    }

    fn rule(text: &str) -> Result<Grouping, String> {
        let draft = toml::from_str(text).map_err(|e| e.message().to_owned())?;
        Grouping::new(draft, "team.toml", 3).map_err(|e| e.to_string())
    }

    #[test]
    fn a_star_is_any_text_and_case_does_not_count() {
        for (glob, text, want) in [
            ("api-*", "api-2", true),
            ("api-*", "web", false),
            ("*", "", true),
            ("", "", true),
            ("", "a", false),
            ("a*b*c", "aXbXbXc", true),
            ("a*b*c", "aXbXbX", false),
            ("*DECLINED*", "card declined by bank", true),
            ("**é*", "caffé!", true),
        ] {
            assert_eq!(matches(glob, text), want, "{glob} {text}");
        }
        let long = "a".repeat(4_000);
        assert!(!matches(&format!("{}b", "a*".repeat(400)), &long));
    }

    #[test]
    fn all_matchers_of_a_rule_must_match() {
        let rule = rule(
            "services = [\"pay-*\"]\ncategories = [\"database\"]\nwords = \"card * declined\"\n\
             exception = \"*DeclinedError\"\nfingerprint = [\"declined\", \"{{ service }}\", \"{{ default }}\"]\n\
             title = \"{{exception}} in {{ service }}\"",
        )
        .unwrap();
        let (pay, web) = (ServiceName::from("pay-eu"), ServiceName::from("web"));
        let message = "the Card of bob declined";
        let naming = rule.naming(seen(&pay, message, "stripe.DeclinedError")).unwrap();
        let words = |text: &str| NamePart::Words(text.into());
        assert_eq!(naming.parts, [words("declined"), words("pay-eu"), NamePart::Default]);
        assert_eq!(naming.title.as_deref(), Some("stripe.DeclinedError in pay-eu"));
        assert_eq!(naming.rule.as_str(), "team.toml:3");
        for other in [
            seen(&web, message, "stripe.DeclinedError"),
            seen(&pay, "the card", "stripe.DeclinedError"),
            seen(&pay, message, "stripe.OtherError"),
            seen(&pay, message, ""),
            Seen { category: Category::Code, ..seen(&pay, message, "stripe.DeclinedError") },
        ] {
            assert_eq!(rule.naming(other), None, "{other:?}");
        }
    }

    #[test]
    fn a_fault_names_file_line_field_and_fix() {
        for (text, want) in [
            (
                "title = \"x\"",
                "team.toml:3: group: words: it would take every problem; name services",
            ),
            ("words = \"x\"", "team.toml:3: group: fingerprint: missing; say what"),
            ("words = \"x\"\nfingerprint = []", "fingerprint: write 1 to 8 parts"),
            ("words = \"\"\ntitle = \"x\"", "words: it is empty; leave the key out"),
            (
                "words = \"x\"\nfingerprint = [\"{{ host }}\"]",
                "fingerprint: unknown `{{ host }}`, expected one of default, service",
            ),
            ("words = \"x\"\nfingerprint = [\"a {{ default }}\"]", "stands alone"),
            ("words = \"x\"\ntitle = \"{{ default }}\"", "title: `{{ default }}` stands alone"),
            ("words = \"x\"\ntitle = \"{{ service\"", "title: `{{` has no `}}`"),
            ("words = \"x\"\ncolour = 1", "unknown field `colour`, expected one of `services`"),
        ] {
            let error = rule(text).unwrap_err();
            assert!(error.contains(want), "{error}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_pattern_and_text_are_compared(glob in "[a*é]{0,12}", text in "[abé]{0,12}") {
            let _ = matches(&glob, &text);
            proptest::prop_assert!(matches(&text, &text));
            let with_stars = format!("*{text}*");
            proptest::prop_assert!(matches(&with_stars, &text));
        }
    }
}
