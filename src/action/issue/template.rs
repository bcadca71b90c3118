//! The user's own words for an issue: text with names in braces, checked when it is read.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Names that stand for a few words; both a title and a body may have them.
pub const WORDS: [&str; 13] = [
    "severity",
    "SEVERITY",
    "category",
    "problem",
    "count",
    "occurrences",
    "service",
    "service_count",
    "project",
    "first_seen",
    "last_seen",
    "rule",
    "fingerprint",
];
/// Names that stand for a part of the usual body.
pub const PARTS: [&str; 9] = [
    "title",
    "facts",
    "message",
    "samples",
    "context",
    "services",
    "actions",
    "commands",
    "signature",
];

/// How the issues of a project are written, the table `[issues.form]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Form {
    /// The title; it may hold the words.
    pub title: Title,
    /// The body; it may hold words and parts. The marker by which it is found again is added below it.
    pub body: Body,
    /// Labels beside the usual ones.
    pub labels: Vec<Label>,
}

impl Default for Form {
    fn default() -> Self {
        Self { title: Title(usual(USUAL_TITLE)), body: Body(usual(USUAL_BODY)), labels: Vec::new() }
    }
}

const USUAL_TITLE: &str = "[{SEVERITY}] {category} - {occurrences} in {service_count} service(s)";
const USUAL_BODY: &str = "\
## {title}

{facts}
### What It Says

{message}
### Error Samples
{samples}{context}
### Occurrences

{services}
### Recommended Actions

{actions}
### Debugging Commands

{commands}
---
{signature}
";

/// Our own templates are right; a test reads them with the checks that the user's pass.
fn usual(text: &str) -> Template {
    Template { pieces: pieces(text).unwrap_or_default(), text: text.to_owned() }
}

/// Why a text is no template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A name that nothing stands for.
    #[error("there is no {{{name}}}; what may stand in braces here: {known}")]
    Name {
        /// As it is written.
        name: String,
        /// What there is.
        known: String,
    },
    /// A brace without its other one.
    #[error(
        "a `{brace}` without its other one at character {at}; write `{brace}{brace}` for the sign itself"
    )]
    Brace {
        /// Which.
        brace: char,
        /// Counted from 1.
        at: usize,
    },
    /// A title is one line of words.
    #[error("{0}")]
    Title(&'static str),
    /// GitHub's own limits.
    #[error("a label has 1 to 50 characters and no comma: {0:?}")]
    Label(String),
}

/// Text and names in turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    text: String,
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Name(String),
}

impl Template {
    fn read(text: &str, known: &[&[&str]]) -> Result<Self, Fault> {
        let pieces = pieces(text)?;
        let names = || known.iter().flat_map(|names| names.iter().copied());
        for piece in &pieces {
            if let Piece::Name(name) = piece
                && !names().any(|known| known == name)
            {
                let known: Vec<_> = names().map(|name| format!("{{{name}}}")).collect();
                return Err(Fault::Name { name: name.clone(), known: known.join(" ") });
            }
        }
        Ok(Self { text: text.to_owned(), pieces })
    }

    /// The text with what `value` gives for each name. Braces in a value are only text.
    pub fn fill(&self, value: impl Fn(&str) -> String) -> String {
        let piece = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Name(name) => value(name),
        };
        self.pieces.iter().map(piece).collect()
    }
}

fn pieces(text: &str) -> Result<Vec<Piece>, Fault> {
    let mut pieces = Vec::new();
    let mut plain = String::new();
    let mut name = None::<(usize, String)>;
    let mut chars = text.chars().zip(1..).peekable();
    while let Some((c, at)) = chars.next() {
        let is_doubled = chars.peek().is_some_and(|(next, _)| *next == c);
        match (&mut name, c) {
            (None, '{' | '}') if is_doubled => {
                plain.push(c);
                chars.next();
            }
            (None, '{') => {
                pieces.push(Piece::Text(std::mem::take(&mut plain)));
                name = Some((at, String::new()));
            }
            (Some((_, read)), '}') => {
                pieces.push(Piece::Name(read.trim().to_owned()));
                name = None;
            }
            (None, '}') => return Err(Fault::Brace { brace: '}', at }),
            (Some((at, _)), '{' | '\n') => return Err(Fault::Brace { brace: '{', at: *at }),
            (Some((_, read)), c) => read.push(c),
            (None, c) => plain.push(c),
        }
    }
    if let Some((at, _)) = name {
        return Err(Fault::Brace { brace: '{', at });
    }
    pieces.push(Piece::Text(plain));
    Ok(pieces)
}

/// The template of a title.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Title(pub Template);

/// The template of a body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Body(pub Template);

/// The name of a label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Label(String);

impl TryFrom<String> for Title {
    type Error = Fault;

    fn try_from(text: String) -> Result<Self, Fault> {
        if text.trim().is_empty() || text.contains(['\n', '\r']) {
            return Err(Fault::Title("a title is one line that is not empty"));
        }
        Ok(Self(Template::read(&text, &[&WORDS])?))
    }
}

impl TryFrom<String> for Body {
    type Error = Fault;

    fn try_from(text: String) -> Result<Self, Fault> {
        Ok(Self(Template::read(&text, &[&WORDS, &PARTS])?))
    }
}

impl TryFrom<String> for Label {
    type Error = Fault;

    fn try_from(text: String) -> Result<Self, Fault> {
        let is_label = !text.trim().is_empty()
            && text.chars().count() <= 50
            && !text.contains(|c: char| c == ',' || c.is_control());
        if is_label { Ok(Self(text)) } else { Err(Fault::Label(text)) }
    }
}

impl From<Title> for String {
    fn from(title: Title) -> Self {
        title.0.text
    }
}

impl From<Body> for String {
    fn from(body: Body) -> Self {
        body.0.text
    }
}

impl From<Label> for String {
    fn from(label: Label) -> Self {
        label.0
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(text: &str) -> String {
        let body = Body::try_from(text.to_owned()).unwrap();
        body.0.fill(|name| format!("<{name} {{x}}>"))
    }

    #[test]
    fn names_are_filled_in_and_braces_in_values_are_only_text() {
        assert_eq!(
            filled("{count} of {{all}} in { service }!"),
            "<count {x}> of {all} in <service {x}>!"
        );
        assert_eq!(filled(""), "");
        let whole: String = Form::default().body.into();
        assert_eq!(Body::try_from(whole).unwrap(), Form::default().body);
        let whole: String = Form::default().title.into();
        assert_eq!(Title::try_from(whole).unwrap(), Form::default().title);
    }

    #[test]
    fn what_cannot_be_right_is_named_with_its_place() {
        for (text, part) in [
            ("{nonsense}", "there is no {nonsense}"),
            ("{}", "{severity}"),
            ("é {count", "character 3"),
            ("count}", "`}}`"),
            ("{a\nb}", "character 1"),
            ("{a{count}}", "character 1"),
        ] {
            let fault = Body::try_from(text.to_owned()).unwrap_err().to_string();
            assert!(fault.contains(part), "{text:?}: {fault}");
        }
        for text in ["", "  ", "a\nb", "{samples}"] {
            assert!(Title::try_from(text.to_owned()).is_err(), "{text:?}");
        }
        for text in ["", "a,b", "a\u{1b}b", &"x".repeat(51)] {
            assert!(Label::try_from(text.to_owned()).is_err(), "{text:?}");
        }
        assert_eq!(Label::try_from("team:shop".to_owned()).unwrap().to_string(), "team:shop");
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_answered(text in "[{}a-z \n\u{e9}]{0,30}") {
            if let Ok(body) = Body::try_from(text) {
                let _ = body.0.fill(str::to_owned);
            }
        }
    }
}
