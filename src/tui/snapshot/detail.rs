//! The selected problem with the lines around one of its occurrences, or what is around a hit of a search.

use super::lines::line;
use crate::{
    model::{
        Category, ErrorGroup, FiledIssue, Guidance, LogRecord, Position, Query, RuleId, SafeText,
        Sample, ServiceCount, Severity, Status,
    },
    store::Store,
    tui::{
        index::Index,
        state::{Search, State},
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
    /// Whether the lines around it are no longer kept.
    pub(crate) is_gone: bool,
}

pub(super) fn read(state: &State, store: &Store, rows: usize) -> Option<Detail> {
    if let Some(search) = &state.search {
        return around_hit(state, search, store, rows);
    }
    let group = store.group(state.problem()?)?;
    let shown = state.detail.shown.filter(|(f, ..)| *f == group.fingerprint).map(|(_, p, _)| p);
    let sample = shown
        .and_then(|position| group.samples.iter().find(|s| s.position == position))
        .or_else(|| group.newest());
    let Some(sample) = sample else {
        let facts = Some(facts(group, None));
        return Some(Detail { facts, lines: Vec::new(), at: 0, is_gone: true });
    };
    let (lines, at, is_gone) = around(state, store, sample, rows);
    Some(Detail { facts: Some(facts(group, Some(sample))), lines, at, is_gone })
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
    }
}

/// Lines by time around an occurrence: those of all services before and after, its own with a mark.
fn around(
    state: &State,
    store: &Store,
    sample: &Sample,
    rows: usize,
) -> (Vec<Context>, usize, bool) {
    let short = rows / 2;
    let kept = |lines: &[SafeText]| lines.iter().cloned().map(Context::Kept).collect::<Vec<_>>();
    if store.record(sample.position).is_none() {
        return (fold(state, kept(&sample.lines), short), 0, true);
    }
    let all = Query::default();
    let count = state.detail.lines_around(rows);
    let own = sample.lines.len().max(1);
    let (records, at) = store.context(&all, sample.position, count, count + own - 1);
    let mut left = own;
    let mut lines: Vec<Context> = Vec::new();
    let mut after = 0;
    let mut event = Vec::new();
    for (place, record) in records.into_iter().enumerate() {
        let is_own = place >= at
            && left > 0
            && record.origin.container == sample.container
            && record.stream == sample.stream;
        let severity = line(store, Arc::clone(&record)).severity;
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
    (lines, at, false)
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

fn around_hit(state: &State, search: &Search, store: &Store, rows: usize) -> Option<Detail> {
    let newest = |index: &Index| index.before(None, 1).first().copied();
    let position: Position = search.selected.or_else(|| search.index.as_ref().and_then(newest))?;
    let count = state.detail.lines_around(rows).max(20);
    let (records, at) = store.context(&Query::default(), position, count, count);
    let lines = records
        .into_iter()
        .enumerate()
        .map(|(place, record)| {
            let severity = line(store, Arc::clone(&record)).severity;
            Context::Line(record, place == at, severity)
        })
        .collect();
    Some(Detail { facts: None, lines, at, is_gone: false })
}
