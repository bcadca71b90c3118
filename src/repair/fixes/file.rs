//! Reads `[[fix]]` tables, each by itself, so that a fault costs one fix and names its line, its key and what to write.

use crate::model::{Fix, Step, StepKind, When};
use serde::{
    Deserialize, Deserializer,
    de::{self, MapAccess, SeqAccess, Visitor},
};
use std::fmt;
use toml::de::{DeTable, DeValue};

/// Steps of one list.
const MOST_STEPS: usize = 20;
/// Words of one command, and bytes of one word.
const MOST_WORDS: usize = 100;
const LONGEST_WORD: usize = 4 << 10;
/// Seconds of one step, and of a whole fix.
const LONGEST_STEP: u64 = 3_600;
const LONGEST: u64 = 7_200;
/// What a fix may take where nothing is said, in seconds.
const USUAL: u64 = 1_800;
/// Steps without words of their own.
const PLAIN: [StepKind; 6] = [
    StepKind::Restart,
    StepKind::Stop,
    StepKind::Start,
    StepKind::Recreate,
    StepKind::Rebuild,
    StepKind::WaitHealthy,
];
const STEPS: &str = "\"restart\", \"stop\", \"start\", \"recreate\", \"rebuild\", \"wait-healthy\", \
                     { exec = [\"word\", …] } or { run = [\"word\", …] }";

/// What is wrong with one fix, or with a file of them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: fix {fix}: {reason}")]
pub struct Fault {
    /// File and line.
    pub place: String,
    /// Its name, or `?` where it has none.
    pub fix: String,
    /// The key, what is wrong with it, and what to write.
    pub reason: String,
}

/// What a file says.
#[derive(Debug, Default)]
pub struct Contents {
    /// Fixes, and file and line of each.
    pub fixes: Vec<(Fix, String)>,
    /// What is wrong with the others.
    pub faults: Vec<Fault>,
}

/// One `[[fix]]` as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Draft {
    name: String,
    #[serde(default)]
    about: String,
    #[serde(default)]
    when: When,
    steps: Vec<Written>,
    #[serde(default)]
    on_failure: Vec<Written>,
    limit_seconds: Option<u64>,
}

/// Reads a file. One that `has_settings` may hold other tables, which are passed over.
pub fn read(file: &str, text: &str, has_settings: bool) -> Contents {
    let place = |at: usize| {
        let line = text.bytes().take(at).filter(|b| *b == b'\n').count() + 1;
        format!("{file}:{line}")
    };
    let fault = |at: usize, fix: &str, reason: String| Fault {
        place: place(at),
        fix: fix.to_owned(),
        reason: reason.split_whitespace().collect::<Vec<_>>().join(" "),
    };
    let mut contents = Contents::default();
    let table = match DeTable::parse(text) {
        Ok(table) => table.into_inner(),
        Err(error) => {
            let at = error.span().map_or(0, |span| span.start);
            contents.faults.push(fault(at, "?", error.message().to_owned()));
            return contents;
        }
    };
    for (key, value) in table {
        let at = key.span().start;
        let drafts = match (key.get_ref().as_ref(), value.into_inner()) {
            ("fix", DeValue::Array(drafts)) => drafts,
            ("fix", _) => {
                contents.faults.push(fault(at, "?", "write fixes as [[fix]]".to_owned()));
                continue;
            }
            _ if has_settings => continue,
            (other, _) => {
                let reason = format!("unknown key `{other}`, expected `[[fix]]`");
                contents.faults.push(fault(at, "?", reason));
                continue;
            }
        };
        for draft in drafts {
            let start = draft.span().start;
            let name = draft.get_ref().get("name").and_then(|name| name.get_ref().as_str());
            let name = name.unwrap_or("?").to_owned();
            let deserializer = serde::de::IntoDeserializer::into_deserializer(draft);
            let read = Draft::deserialize::<toml::de::ValueDeserializer<'_>>(deserializer);
            let fix = match read {
                Ok(draft) => checked(draft).map_err(|reason| fault(start, &name, reason)),
                Err(error) => {
                    let at = error.span().map_or(start, |span| span.start);
                    Err(fault(at, &name, error.message().to_owned()))
                }
            };
            match fix {
                Ok(fix) => contents.fixes.push((fix, place(start))),
                Err(fault) => contents.faults.push(fault),
            }
        }
    }
    contents
}

/// The fix of a draft, or the key that makes no sense in it and what would.
fn checked(draft: Draft) -> Result<Fix, String> {
    let Draft { name, about, when, steps, on_failure, limit_seconds } = draft;
    let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    if name.is_empty() || name.len() > 40 || !name.bytes().all(is_plain) {
        return Err(
            "name: write 1 to 40 of a-z, 0-9 and -, such as name = \"clear-pid\"".to_owned()
        );
    }
    if when.is_empty() {
        return Err("when: it would be tried on everything; write for what it is meant, such as \
                    when = { services = [\"api\"], trouble = [\"exited\"] }"
            .to_owned());
    }
    if let Some(empty) = when.services.iter().chain(&when.rules).find(|name| name.trim().is_empty())
    {
        return Err(format!("when: \"{empty}\" names nothing; leave it out"));
    }
    if when.trouble.contains(&crate::model::Strategy::Wish) {
        return Err("when: trouble: a wish of a person is none; leave \"wish\" out".to_owned());
    }
    let steps: Vec<_> = steps.into_iter().map(|written| written.0).collect();
    let undo: Vec<_> = on_failure.into_iter().map(|written| written.0).collect();
    if steps.is_empty() {
        return Err(format!("steps: there is none; write some of {STEPS}"));
    }
    check_steps("steps", &steps, true)?;
    // Where it failed nobody knows whether it runs.
    check_steps("on_failure", &undo, false)?;
    let limit_seconds = limit_seconds.unwrap_or(USUAL);
    if !(1..=LONGEST).contains(&limit_seconds) {
        return Err(format!("limit_seconds: write 1 to {LONGEST}"));
    }
    Ok(Fix { name: name.into(), about: about.into(), when, steps, undo, limit_seconds })
}

fn check_steps(key: &str, steps: &[Step], mut is_up: bool) -> Result<(), String> {
    let knows = is_up;
    if steps.len() > MOST_STEPS {
        return Err(format!("{key}: more than {MOST_STEPS} steps"));
    }
    let mut was_stopped = false;
    for (at, step) in steps.iter().enumerate() {
        let (number, word) = (at + 1, step.kind.word());
        match &step.kind {
            StepKind::Stop => (is_up, was_stopped) = (false, true),
            StepKind::Start | StepKind::Restart | StepKind::Recreate | StepKind::Rebuild => {
                (is_up, was_stopped) = (true, false);
            }
            StepKind::Exec(_) | StepKind::WaitHealthy if !is_up && (knows || was_stopped) => {
                return Err(format!(
                    "{key}: step {number}: {word} needs a running container; put \"start\" before it"
                ));
            }
            StepKind::Exec(_) | StepKind::WaitHealthy | StepKind::Run(_) => {}
        }
        if !(1..=LONGEST_STEP).contains(&step.limit_seconds) {
            return Err(format!("{key}: step {number}: limit_seconds: write 1 to {LONGEST_STEP}"));
        }
        if let StepKind::Exec(words) | StepKind::Run(words) = &step.kind {
            let is_bad = words.first().is_none_or(|word| word.trim().is_empty());
            if is_bad {
                return Err(format!("{key}: step {number}: {word}: its first word is the program"));
            }
            let is_long = words.iter().any(|word| word.len() > LONGEST_WORD || word.contains('\0'));
            if words.len() > MOST_WORDS || is_long {
                return Err(format!(
                    "{key}: step {number}: {word}: at most {MOST_WORDS} words of {LONGEST_WORD} bytes"
                ));
            }
        }
    }
    if was_stopped {
        return Err(format!(
            "{key}: it ends with the service stopped; put \"start\" behind \"stop\""
        ));
    }
    Ok(())
}

/// A step as written: a word, or a table with a word or a command, and its limit.
#[derive(Debug)]
struct Written(Step);

impl<'de> Deserialize<'de> for Written {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Written;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a step: {STEPS}")
    }

    fn visit_str<E: de::Error>(self, word: &str) -> Result<Written, E> {
        let kind = plain(word).map_err(E::custom)?;
        Ok(Written(Step { limit_seconds: kind.usual_seconds(), kind }))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Written, A::Error> {
        let (mut kinds, mut limit) = (Vec::new(), None);
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "step" => {
                    kinds.push(plain(&map.next_value::<String>()?).map_err(de::Error::custom)?);
                }
                "exec" => kinds.push(StepKind::Exec(map.next_value::<Words>()?.0)),
                "run" => kinds.push(StepKind::Run(map.next_value::<Words>()?.0)),
                "limit_seconds" => limit = Some(map.next_value()?),
                other => {
                    let known = ["step", "exec", "run", "limit_seconds"];
                    let told =
                        format!("unknown key `{other}` in a step, expected {}", known.join(", "));
                    return Err(de::Error::custom(told));
                }
            }
        }
        match (kinds.pop(), kinds.pop()) {
            (Some(kind), None) => {
                let limit_seconds = limit.unwrap_or_else(|| kind.usual_seconds());
                Ok(Written(Step { kind, limit_seconds }))
            }
            (None, _) => {
                Err(de::Error::custom(format!("a step that does nothing; write one of {STEPS}")))
            }
            _ => Err(de::Error::custom("a step does one thing; make two steps of it")),
        }
    }
}

fn plain(word: &str) -> Result<StepKind, String> {
    if let "exec" | "run" = word {
        return Err(format!("`{word}` needs its command: {{ {word} = [\"word\", \"word\"] }}"));
    }
    let known = PLAIN.into_iter().find(|kind| kind.word() == word);
    known.ok_or_else(|| format!("unknown step `{word}`, expected one of {STEPS}"))
}

/// The words of a command; a line for a shell is none.
struct Words(Vec<String>);

impl<'de> Deserialize<'de> for Words {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WordsReader)
    }
}

struct WordsReader;

impl<'de> Visitor<'de> for WordsReader {
    type Value = Words;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the words of a command as a list, such as [\"rm\", \"-f\", \"/tmp/pid\"]")
    }

    fn visit_str<E: de::Error>(self, line: &str) -> Result<Words, E> {
        let words: Vec<_> = line.split_whitespace().map(|word| format!("\"{word}\"")).collect();
        let told = format!("no shell reads a command; write its words: [{}]", words.join(", "));
        Err(E::custom(told))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut words: A) -> Result<Words, A::Error> {
        let mut all = Vec::new();
        while let Some(word) = words.next_element()? {
            all.push(word);
        }
        Ok(Words(all))
    }
}
