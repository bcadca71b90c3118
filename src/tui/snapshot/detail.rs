//! The selected problem with the lines around one of its occurrences, or what is around a hit of a search.

use super::lines::line;
use crate::{
    model::{
        Category, ErrorGroup, FiledIssue, Guidance, LogRecord, Position, Query, RuleId, SafeText,
        Sample, ServiceCount, Severity, Status, placeholders,
    },
    tui::{
        reader::Reader,
        state::{Missing, Search, State, World},
        trace,
    },
};
use chrono::{DateTime, Utc};
use std::sync::Arc;

/// A row among the context.
#[derive(Debug, Clone)]
pub(crate) enum Context {
    /// A line; whether it belongs to the occurrence; how bad the problem is that it belongs to.
    Line(Arc<LogRecord>, bool, Option<Severity>),
    /// A line of the occurrence whose record is no longer kept.
    Kept(SafeText),
    /// So many lines of the occurrence are folded.
    Folded(usize),
}

/// What stood in a changing part of the messages, and how often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Values {
    /// The part with the word before it: `role <str>`.
    pub(crate) part: String,
    /// Values with their counts, most frequent first.
    pub(crate) top: Vec<(SafeText, u64)>,
    /// Events with other values.
    pub(crate) others: u64,
}

impl Values {
    /// Events whose value is not among the first so many.
    pub(crate) fn rest(&self, shown: usize) -> u64 {
        self.top.iter().skip(shown).map(|(_, count)| count).sum::<u64>() + self.others
    }

    /// Of the parts whose values say something: some came again, and they are not all the same.
    pub(crate) fn of(group: &ErrorGroup) -> Vec<Self> {
        let places: Vec<_> = placeholders(&group.template).collect();
        let telling = group.variety.telling_slots().into_iter();
        let told = telling.filter_map(|(at, slot)| {
            let top: Vec<_> = slot.top().into_iter().map(|(v, n)| (v.clone(), n)).collect();
            if top.len() < 2 && slot.others() == 0 {
                return None;
            }
            let (start, end) = *places.get(at)?;
            let before = group.template.get(..start)?.trim_end();
            let word = before.rsplit([' ', '>', '"']).next().unwrap_or_default();
            let part = group.template.get(start..end)?.trim_matches('"');
            Some(Self {
                part: format!("{word} {part}").trim().to_owned(),
                top,
                others: slot.others(),
            })
        });
        told.collect()
    }
}

/// What is known of the selected problem.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    /// How bad it is.
    pub(crate) severity: Severity,
    /// Why it is shown worse than its rule says.
    pub(crate) escalation: Option<SafeText>,
    /// Where it stands in its life.
    pub(crate) status: Status,
    /// What kind.
    pub(crate) category: Category,
    /// Where, most events first.
    pub(crate) services: Vec<ServiceCount>,
    /// Events.
    pub(crate) count: u64,
    /// Oldest event.
    pub(crate) first_seen: DateTime<Utc>,
    /// Newest event.
    pub(crate) last_seen: DateTime<Utc>,
    /// Events a minute.
    pub(crate) trend: crate::model::Trend,
    /// What the shown occurrence says.
    pub(crate) message: SafeText,
    /// Which occurrence is shown, from the newest, and how many are kept.
    pub(crate) occurrence: (usize, usize),
    /// What the rule tells.
    pub(crate) guidance: Arc<Guidance>,
    /// The rule.
    pub(crate) rule: RuleId,
    /// Its issue.
    pub(crate) issue: Option<FiledIssue>,
    /// What stood in its changing parts, those that tell most first.
    pub(crate) values: Vec<Values>,
    /// How many messages are one in it.
    pub(crate) parts: usize,
}

/// What the detail pane shows.
#[derive(Debug, Clone)]
pub(crate) struct Detail {
    /// The problem; `None` around a hit of a search.
    pub(crate) facts: Option<Facts>,
    /// The lines, oldest first.
    pub(crate) lines: Vec<Context>,
    /// The first line of the occurrence, or the hit.
    pub(crate) at: usize,
    /// Why the lines around it are not there.
    pub(crate) missing: Option<Missing>,
}

pub(super) fn read(state: &State, world: &World<'_>, rows: usize) -> Option<Detail> {
    let store = world.store;
    if let Some(search) = &state.search {
        return around_hit(state, search, world, rows);
    }
    let group = store.group(state.problem()?)?;
    let shown = state.detail.shown.filter(|(f, ..)| *f == group.fingerprint).map(|(_, p, _)| p);
    let sample = shown
        .and_then(|position| group.samples.iter().find(|s| s.position == position))
        .or_else(|| group.newest());
    let Some(sample) = sample else {
        let facts = Some(facts(group, None));
        return Some(Detail { facts, lines: Vec::new(), at: 0, missing: Some(Missing::Gone) });
    };
    let (lines, at, missing) = around(state, world, sample, rows);
    Some(Detail { facts: Some(facts(group, Some(sample))), lines, at, missing })
}

fn facts(group: &ErrorGroup, sample: Option<&Sample>) -> Facts {
    let newer =
        sample.map_or(0, |s| group.samples.iter().filter(|o| o.position > s.position).count());
    Facts {
        severity: group.severity(),
        escalation: group.escalation.clone(),
        status: group.status.clone(),
        category: group.category,
        services: group.services.clone(),
        count: group.count,
        first_seen: group.first_seen,
        last_seen: group.last_seen,
        trend: group.trend.clone(),
        message: sample.map_or_else(|| group.template.clone(), |s| s.message.clone()),
        occurrence: (newer + 1, group.samples.len()),
        guidance: Arc::clone(&group.guidance),
        rule: group.rule.clone(),
        issue: group.issue.clone(),
        values: Values::of(group),
        parts: group.variety.parts.len(),
    }
}

/// The line at a place and those around it, with its index; or why there are none.
fn surroundings(
    state: &State,
    world: &World<'_>,
    place: Position,
    (before, after): (usize, usize),
) -> Result<(Vec<Arc<LogRecord>>, usize), Missing> {
    let around = &state.detail.around;
    if around.place == Some(place) {
        if around.asked.is_some() {
            return Err(Missing::Loading);
        }
        if let Some(missing) = &around.missing {
            return Err(missing.clone());
        }
        let at = around.lines.partition_point(|line| line.position() < place);
        let from = at.saturating_sub(before);
        let to = (at + after + 1).min(around.lines.len());
        return Ok((around.lines[from..to].to_vec(), at - from));
    }
    if world.store.record(place).is_none() {
        let is_asked = world.record.has_journal;
        return Err(if is_asked { Missing::Loading } else { Missing::Gone });
    }
    Ok(world.store.context(&Query::default(), place, before, after))
}

/// Lines by time around an occurrence: those of all services before and after, its own with a mark.
fn around(
    state: &State,
    world: &World<'_>,
    sample: &Sample,
    rows: usize,
) -> (Vec<Context>, usize, Option<Missing>) {
    let store = world.store;
    let short = rows / 2;
    let kept = |lines: &[SafeText]| lines.iter().cloned().map(Context::Kept).collect::<Vec<_>>();
    let count = state.detail.lines_around(rows);
    let own = sample.lines.len().max(1);
    let (records, at) = match surroundings(state, world, sample.position, (count, count + own - 1))
    {
        Ok(found) => found,
        Err(missing) => return (fold(state, kept(&sample.lines), short), 0, Some(missing)),
    };
    let mut left = own;
    let mut lines: Vec<Context> = Vec::new();
    let mut after = 0;
    let mut event = Vec::new();
    for (place, record) in records.into_iter().enumerate() {
        let is_own = place >= at
            && left > 0
            && record.origin.container == sample.container
            && record.stream == sample.stream;
        let severity = line(store, &state.detail.around.signs, Arc::clone(&record)).severity;
        if is_own {
            left -= 1;
            event.push(Context::Line(record, true, severity));
        } else if place > at {
            after += 1;
            if after > count {
                break;
            }
            // Lines of other services that came between those of a trace stand after it.
            event.push(Context::Line(record, false, severity));
        } else {
            lines.push(Context::Line(record, false, severity));
        }
    }
    let at = lines.len();
    lines.extend(fold(state, event, short));
    (lines, at, None)
}

/// A stack trace is folded to its head, its own last frame and its cause.
fn fold(state: &State, lines: Vec<Context>, short: usize) -> Vec<Context> {
    if state.detail.unfolded {
        return lines;
    }
    let own: Vec<usize> = lines
        .iter()
        .enumerate()
        .filter(|(_, l)| matches!(l, Context::Line(_, true, _) | Context::Kept(_)))
        .map(|(at, _)| at)
        .collect();
    let texts: Vec<&str> = own
        .iter()
        .filter_map(|at| match &lines[*at] {
            Context::Line(record, ..) => Some(record.text.as_str()),
            Context::Kept(text) => Some(text.as_str()),
            Context::Folded(_) => None,
        })
        .collect();
    let keep = trace::keep(&texts, short);
    let hidden: Vec<usize> =
        own.iter().zip(&keep).filter(|(_, keep)| !**keep).map(|(at, _)| *at).collect();
    let mut out = Vec::with_capacity(lines.len());
    let mut run = 0;
    for (at, context) in lines.into_iter().enumerate() {
        if hidden.binary_search(&at).is_ok() {
            run += 1;
            continue;
        }
        if run > 0 {
            out.push(Context::Folded(std::mem::take(&mut run)));
        }
        out.push(context);
    }
    if run > 0 {
        out.push(Context::Folded(run));
    }
    out
}

fn around_hit(state: &State, search: &Search, world: &World<'_>, rows: usize) -> Option<Detail> {
    let hits = Reader::of_search(search, world)?;
    let place = search.place(&hits)?;
    let count = state.detail.lines_around(rows).max(20);
    let (records, at, missing) = match surroundings(state, world, place, (count, count)) {
        Ok((records, at)) => (records, at, None),
        Err(missing) => (hits.record(place).into_iter().collect(), 0, Some(missing)),
    };
    let lines = records
        .into_iter()
        .enumerate()
        .map(|(row, record)| {
            let severity =
                line(world.store, &state.detail.around.signs, Arc::clone(&record)).severity;
            Context::Line(record, row == at, severity)
        })
        .collect();
    Some(Detail { facts: None, lines, at, missing })
}
