//! The values of the changing parts of a message: what stands where its group's template has a placeholder.

use crate::model::{ErrorGroup, Fingerprint, Part, SafeText, Slot, Thrown, Variety, placeholders};

/// A message with the name and the template that it has by itself.
#[derive(Debug, Clone, Copy)]
pub struct Named<'a> {
    /// The name.
    pub fingerprint: Fingerprint,
    /// The template.
    pub template: &'a SafeText,
    /// The message.
    pub message: &'a SafeText,
    /// Where it was thrown.
    pub thrown: Option<&'a Thrown>,
}

/// Counts the template of an event and the values in its message.
pub fn count(group: &mut ErrorGroup, named: Named<'_>) {
    let Named { fingerprint, template, message, thrown } = named;
    let known = group.variety.parts.iter_mut().find(|part| part.fingerprint == fingerprint);
    if let Some(part) = known {
        part.count = part.count.saturating_add(1);
    } else {
        let (template, thrown) = (template.clone(), thrown.cloned().map(Box::new));
        group.variety.add_part(Part { fingerprint, template, count: 1, thrown });
    }
    let Some(values) = values(&group.template, message) else { return };
    let slots = &mut group.variety.slots;
    slots.resize_with(values.len().min(Variety::MAX_SLOTS), Slot::default);
    for (slot, value) in slots.iter_mut().zip(values) {
        slot.add(value, 1);
    }
}

/// Gives a group a more general template; the words that it no longer holds are values from now on.
pub fn generalise(group: &mut ErrorGroup, template: &str) {
    if group.template.as_str() == template {
        return;
    }
    let slots = std::mem::take(&mut group.variety.slots);
    group.variety.slots = carried(&group.template, slots, template, group.count);
    group.template = template.into();
}

/// The slots of `template` for events that were counted in those of `old`.
pub(super) fn carried(old: &str, slots: Vec<Slot>, template: &str, count: u64) -> Vec<Slot> {
    let Some(values) = values(template, old) else { return Vec::new() };
    let mut slots = slots.into_iter();
    let carry = |value: &str| {
        let held = placeholders(value).count();
        if held == 1 && value.starts_with('<') && value.ends_with('>') {
            return slots.next().unwrap_or_default();
        }
        slots.by_ref().take(held).for_each(drop);
        let mut slot = Slot::default();
        slot.add(value, count);
        slot
    };
    values.into_iter().take(Variety::MAX_SLOTS).map(carry).collect()
}

/// What stands in `message` where `template` has placeholders, in order; `None` where they do not fit.
///
/// Between two of them must be something to tell them apart. Takes a time that is linear in both for most messages.
fn values<'a>(template: &str, message: &'a str) -> Option<Vec<&'a str>> {
    let mut values = Vec::new();
    let mut rest = message;
    let mut from = 0;
    for (start, end) in placeholders(template) {
        rest = after(rest, template.get(from..start)?, &mut values)?;
        from = end;
    }
    let tail = template.get(from..)?.trim_end_matches('…');
    if from == 0 {
        return Some(values);
    }
    if tail.trim().is_empty() {
        let end = if tail.is_empty() { rest.len() } else { rest.trim_end().len() };
        values.push(rest.get(..end)?);
        values.remove(0);
    } else {
        after(rest, tail, &mut values)?;
        values.remove(0);
    }
    let bare = |value: &'a str| value.trim().trim_matches(['"', '\'', '`']);
    Some(values.into_iter().map(bare).collect())
}

/// Finds the text between two placeholders; what is before it is the value of the first one.
fn after<'a>(rest: &'a str, text: &str, values: &mut Vec<&'a str>) -> Option<&'a str> {
    let text = text.trim();
    let (start, end) = match (text.is_empty(), values.is_empty()) {
        (false, _) => find(rest, text)?,
        (true, true) => (0, 0),
        // Nothing tells where the one ends and the other begins.
        (true, false) => return None,
    };
    values.push(rest.get(..start)?);
    rest.get(end..)
}

/// Where words stand in a text that may have more spaces between them.
fn find(text: &str, words: &str) -> Option<(usize, usize)> {
    let first = words.split_whitespace().next()?;
    let mut from = 0;
    for _ in 0..MAX_TRIES {
        let start = from + place(text.get(from..)?, first)?;
        if let Some(end) = stands_at(text, start, words) {
            return Some((start, end));
        }
        from = start + first.len();
    }
    None
}

/// Where a word stands; words are too short to make a search ready.
fn place(text: &str, word: &str) -> Option<usize> {
    let (text, word) = (text.as_bytes(), word.as_bytes());
    memchr::memchr_iter(*word.first()?, text).find(|at| text[*at..].starts_with(word))
}

/// Places that are tried for one piece of a template.
const MAX_TRIES: usize = 20;

/// Where the words end that begin at `start`.
fn stands_at(text: &str, start: usize, words: &str) -> Option<usize> {
    let mut end = start;
    for (at, word) in words.split_whitespace().enumerate() {
        let rest = text.get(end..)?;
        let trimmed = rest.trim_start();
        if at > 0 && trimmed.len() == rest.len() {
            return None;
        }
        end += rest.len() - trimmed.len();
        if !trimmed.starts_with(word) {
            return None;
        }
        end += word.len();
    }
    Some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_where_the_placeholders_do() {
        for (template, message, want) in [
            ("role <*> does not exist", "role app does not exist", &["app"][..]),
            ("<host> error : proxy <host> down", "a:1 error : proxy b:2 down", &["a:1", "b:2"]),
            ("took <time>, wrote <size>", "took 12 ms,  wrote 3 MiB", &["12 ms", "3 MiB"]),
            ("no <num> such", "no 17 such", &["17"]),
            ("plain words", "plain words", &[]),
            ("x <num>", "x 1", &["1"]),
            ("No module named \"<str>\"", "No module named 'boto3'", &["boto3"]),
            ("\"<str>\" said <num>", "`a b` said 3", &["a b", "3"]),
        ] {
            assert_eq!(values(template, message).as_deref(), Some(want), "{template}");
        }
        assert_eq!(values("role <*> is gone", "user app is gone"), None);
        assert_eq!(values("a <num> <num> b", "a 1 2 b"), None);
    }

    #[test]
    fn words_that_become_a_placeholder_are_values_with_their_counts() {
        let mut slot = Slot::default();
        slot.add("10.0.0.1", 5);
        let slots = carried("user ann from <ip> left", vec![slot], "user <*> from <ip> left", 7);
        let tops: Vec<_> = slots.iter().map(|s| (s.top()[0].0.to_string(), s.top()[0].1)).collect();
        assert_eq!(tops, [("ann".to_owned(), 7), ("10.0.0.1".to_owned(), 5)]);
    }

    proptest::proptest! {
        #[test]
        fn any_two_texts_are_compared(a in "[<>a-c* ]{0,40}", b in "\\PC{0,40}") {
            let _ = values(&a, &b);
            let _ = values(&a, &a);
        }
    }
}
