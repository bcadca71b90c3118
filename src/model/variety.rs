//! What varies within a group: the templates that are one in it, and the values of their changing parts.

use super::{Fingerprint, SafeText};
use serde::{Deserialize, Serialize};

/// What varies within a group.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Variety {
    /// The templates that are one here, in order of arrival, at most [`Variety::MAX_PARTS`]; one for most groups.
    pub parts: Vec<Part>,
    /// The changing parts of the group's template, in order, at most [`Variety::MAX_SLOTS`].
    pub slots: Vec<Slot>,
    /// What the user's own rule calls the group, whatever its templates say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<SafeText>,
}

impl Variety {
    /// Templates that are remembered.
    pub const MAX_PARTS: usize = 32;
    /// Changing parts whose values are counted.
    pub const MAX_SLOTS: usize = 8;

    /// Counts the events of a template.
    pub fn add_part(&mut self, added: Part) {
        let known = self.parts.iter_mut().find(|part| part.fingerprint == added.fingerprint);
        if let Some(part) = known {
            part.count = part.count.saturating_add(added.count);
        } else if self.parts.len() < Self::MAX_PARTS {
            self.parts.push(added);
        }
    }

    /// The template with what stands in a changing part wherever it was the same in every event so far:
    /// `database "shop" does not exist` rather than `database "<str>" does not exist`.
    ///
    /// What the user calls the group goes before.
    pub fn concrete(&self, template: &SafeText) -> SafeText {
        if let Some(title) = &self.title {
            return title.clone();
        }
        let mut out = String::new();
        let mut from = 0;
        for (slot, (start, end)) in self.slots.iter().zip(placeholders(template)) {
            let (Some(value), Some(before)) = (slot.only(), template.get(from..start)) else {
                continue;
            };
            let is_quoted = template.get(start..end).is_some_and(|part| part.starts_with('"'));
            let quote = if is_quoted { "\"" } else { "" };
            for piece in [before, quote, value.as_str(), quote] {
                out.push_str(piece);
            }
            from = end;
        }
        if from == 0 {
            return template.clone();
        }
        out.push_str(template.get(from..).unwrap_or_default());
        out.into()
    }

    /// The slots that have a value more than once, with their place in the template, those that tell most first.
    pub fn telling_slots(&self) -> Vec<(usize, &Slot)> {
        let mut slots: Vec<_> =
            self.slots.iter().enumerate().filter(|(_, slot)| slot.is_telling()).collect();
        slots.sort_by_key(|(at, slot)| (std::cmp::Reverse(slot.counted()), *at));
        slots
    }
}

/// One template of a group, as masked before anything was learnt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The name that it has by itself.
    pub fingerprint: Fingerprint,
    /// The template.
    pub template: SafeText,
    /// Its events.
    pub count: u64,
    /// Where it comes from, for an exception of the user's own code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thrown: Option<Box<Thrown>>,
}

/// Where in the user's own code an exception comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thrown {
    /// The place, without numbers that change.
    pub place: SafeText,
    /// The name that its message has where it comes without a trace.
    pub plain: Fingerprint,
}

/// The values of one changing part of a template, counted in bounded room.
///
/// Counts are exact up to [`Slot::MAX_VALUES`] different values; beyond that they are lower bounds, and what is
/// frequent is never missed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Slot {
    values: Vec<(SafeText, u64)>,
    total: u64,
}

impl Slot {
    /// Values that are counted at once.
    pub const MAX_VALUES: usize = 16;
    /// Bytes of a value that are kept.
    const MAX_BYTES: usize = 80;

    /// Counts a value.
    pub fn add(&mut self, value: &str, count: u64) {
        let value = &value[..value.floor_char_boundary(Self::MAX_BYTES)];
        self.total = self.total.saturating_add(count);
        if let Some((_, known)) = self.values.iter_mut().find(|(known, _)| known.as_str() == value)
        {
            *known = known.saturating_add(count);
        } else if self.values.len() < Self::MAX_VALUES {
            self.values.push((value.into(), count));
        } else {
            // Each pays for the newcomer: whoever is frequent survives (Misra and Gries).
            let least = self.values.iter().map(|(_, known)| *known).min().unwrap_or(0).min(count);
            for (_, known) in &mut self.values {
                *known -= least;
            }
            self.values.retain(|(_, known)| *known > 0);
            if count > least && self.values.len() < Self::MAX_VALUES {
                self.values.push((value.into(), count - least));
            }
        }
    }

    /// Takes in the values of another slot.
    pub fn join(&mut self, other: &Self) {
        for (value, count) in &other.values {
            self.add(value, *count);
        }
        self.total = self.total.saturating_add(other.others());
    }

    /// The most frequent values with their counts, most frequent first, equals by name.
    pub fn top(&self) -> Vec<(&SafeText, u64)> {
        let mut values: Vec<_> = self.values.iter().map(|(value, count)| (value, *count)).collect();
        values.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.as_str().cmp(b.0.as_str())));
        values
    }

    /// Events whose value is not among [`Self::top`].
    pub fn others(&self) -> u64 {
        self.total.saturating_sub(self.counted())
    }

    /// The value that every event had; `None` where they differ, and where it is too long to be kept whole.
    fn only(&self) -> Option<&SafeText> {
        match self.values.as_slice() {
            [(value, count)] if *count == self.total => {
                Some(value).filter(|v| !v.is_empty() && v.len() < Self::MAX_BYTES)
            }
            _ => None,
        }
    }

    fn counted(&self) -> u64 {
        self.values.iter().fold(0, |sum, (_, count)| sum.saturating_add(*count))
    }

    /// Whether a value came more than once, so that its count says something.
    fn is_telling(&self) -> bool {
        self.values.iter().any(|(_, count)| *count > 1)
    }
}

/// A template with names left out that was learnt from several, for later runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Learnt {
    /// Templates of different scopes are never one.
    pub scope: u64,
    /// The template, with `<*>` for each name.
    pub template: SafeText,
    /// Its group.
    pub group: Fingerprint,
}

/// Where the placeholders of a template stand, with the quotes around them.
pub fn placeholders(template: &str) -> impl Iterator<Item = (usize, usize)> {
    let mut from = 0;
    std::iter::from_fn(move || {
        loop {
            let start = from + template.get(from..)?.find('<')?;
            let inner = template.get(start + 1..)?;
            let length = inner.bytes().take_while(|b| b.is_ascii_lowercase() || *b == b'*').count();
            from = start + 1;
            if (1..=5).contains(&length) && inner.as_bytes().get(length) == Some(&b'>') {
                from = start + length + 2;
                let is_quoted =
                    template.get(..start)?.ends_with('"') && template.get(from..)?.starts_with('"');
                return Some(if is_quoted {
                    from += 1;
                    (start - 1, from)
                } else {
                    (start, from)
                });
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_always_the_same_is_shown_as_it_was() {
        let template: SafeText = "role \"<str>\" of <host> failed after <num> tries".into();
        let mut variety = Variety { slots: vec![Slot::default(); 3], ..Variety::default() };
        assert_eq!(variety.concrete(&template), template);
        for (host, tries) in [("db", "3"), ("db", "4")] {
            variety.slots[0].add("shop", 1);
            variety.slots[1].add(host, 1);
            variety.slots[2].add(tries, 1);
        }
        let want = "role \"shop\" of db failed after <num> tries";
        assert_eq!(variety.concrete(&template).as_str(), want);
        variety.slots[1].add(&"x".repeat(90), 1);
        variety.slots.truncate(2);
        let want = "role \"shop\" of <host> failed after <num> tries";
        assert_eq!(variety.concrete(&template).as_str(), want);
        assert_eq!(variety.concrete(&"plain".into()).as_str(), "plain");
    }

    #[test]
    fn few_values_are_counted_exactly() {
        let mut slot = Slot::default();
        for (value, times) in [("replication", 3), ("SUPERUSER", 409)] {
            (0..times).for_each(|_| slot.add(value, 1));
        }
        let top: Vec<_> = slot.top().into_iter().map(|(v, n)| (v.to_string(), n)).collect();
        assert_eq!(top, [("SUPERUSER".to_owned(), 409), ("replication".to_owned(), 3)]);
        assert_eq!(slot.others(), 0);
    }

    #[test]
    fn what_is_frequent_survives_a_flood_of_others() {
        let mut slot = Slot::default();
        for number in 0..10_000 {
            slot.add(&number.to_string(), 1);
            slot.add("often", 1);
        }
        assert!(slot.values.len() <= Slot::MAX_VALUES);
        assert_eq!(slot.top()[0].0.as_str(), "often");
        assert!((5_000..=10_000).contains(&slot.top()[0].1), "{:?}", slot.top());
        assert_eq!(slot.counted() + slot.others(), 20_000);
    }

    #[test]
    fn parts_are_bounded() {
        let mut variety = Variety::default();
        for number in 0..100 {
            let fingerprint = Fingerprint(number % 50);
            variety.add_part(Part { fingerprint, template: "x".into(), count: 1, thrown: None });
        }
        assert_eq!(variety.parts.len(), Variety::MAX_PARTS);
        assert_eq!(variety.parts[0].count, 2);
    }
}
