//! What is copied and saved: lines as they are, or with their context as Markdown.

use crate::{
    model::{LogRecord, Query},
    tui::{
        message::Effect,
        reader::Reader,
        state::{Pane, State, World},
    },
};
use chrono::SecondsFormat;
use std::{fmt::Write as _, sync::Arc};

/// Lines that one save writes at most.
const MAX_SAVED: usize = 50_000;

/// The line under the cursor, the selected lines, or the lines of the shown occurrence.
pub(super) fn line(state: &State, world: &World<'_>) -> Vec<Effect> {
    let records = chosen(state, world);
    if !records.is_empty() {
        let what = if records.len() == 1 { "line" } else { "lines" };
        let text: Vec<&str> = records.iter().map(|r| r.text.as_str()).collect();
        return vec![Effect::Copy(text.join("\n"), what)];
    }
    let Some(sample) = shown_sample(state, world) else { return Vec::new() };
    let text: Vec<&str> = sample.lines.iter().map(crate::model::SafeText::as_str).collect();
    let text = if text.is_empty() { sample.message.to_string() } else { text.join("\n") };
    vec![Effect::Copy(text, "line")]
}

/// The same with what happened around it, as Markdown.
pub(super) fn markdown(state: &State, world: &World<'_>) -> Vec<Effect> {
    let mut out = String::new();
    let mut records = chosen(state, world);
    if records.is_empty()
        && let Some(group) = state.problem().and_then(|f| world.store.group(f))
    {
        let service = group.main_service().map(ToString::to_string).unwrap_or_default();
        let _ = writeln!(
            out,
            "**{}** {} in `{service}`, {} times, first {}, last {}\n",
            group.severity().as_str().to_uppercase(),
            group.category.title(),
            group.count,
            group.first_seen.to_rfc3339_opts(SecondsFormat::Secs, true),
            group.last_seen.to_rfc3339_opts(SecondsFormat::Secs, true),
        );
        if let Some(sample) = shown_sample(state, world) {
            let count = state.detail.context;
            let after = count + sample.lines.len();
            records = world.store.context(&Query::default(), sample.position, count, after).0;
        }
    } else if let [only] = records.as_slice() {
        let count = state.detail.context;
        records = world.store.context(&Query::default(), only.position(), count, count).0;
    }
    if records.is_empty() && out.is_empty() {
        return Vec::new();
    }
    // A fence longer than any in the text.
    let longest = records.iter().map(|r| longest_run(&r.text)).max().unwrap_or(0);
    let fence = "`".repeat((longest + 1).max(3));
    let _ = writeln!(out, "{fence}text");
    for record in &records {
        let _ = writeln!(out, "{}", written(record));
    }
    let _ = writeln!(out, "{fence}");
    vec![Effect::Copy(out, "Markdown")]
}

/// All lines of the log that meet the filter, the newest ones where they are too many.
pub(super) fn save(state: &State, world: &World<'_>) -> Vec<Effect> {
    let records = Reader::of_log(state, world).before(None, MAX_SAVED);
    vec![Effect::Save(records.iter().map(|r| written(r)).collect())]
}

fn written(record: &LogRecord) -> String {
    let time = record.time.to_rfc3339_opts(SecondsFormat::Millis, true);
    format!("{time} {} | {}", record.origin.service, record.text)
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

pub(super) fn shown_sample<'a>(
    state: &State,
    world: &World<'a>,
) -> Option<&'a crate::model::Sample> {
    let group = world.store.group(state.problem()?)?;
    let (_, shown, _) = state.detail.shown?;
    group.samples.iter().find(|s| s.position == shown).or_else(|| group.newest())
}

/// The lines that the pane with the keys has chosen; none in the problems.
fn chosen(state: &State, world: &World<'_>) -> Vec<Arc<LogRecord>> {
    if let Some(search) = &state.search {
        let hits = Reader::of_search(search, world);
        let hit = hits.and_then(|hits| hits.record(search.place(&hits)?));
        return hit.into_iter().collect();
    }
    if state.focus != Pane::Logs {
        return Vec::new();
    }
    let reader = Reader::of_log(state, world);
    match (state.logs.selection(), state.logs.cursor) {
        (Some((from, to)), _) => {
            let mut lines: Vec<_> = reader.record(from).into_iter().collect();
            lines.extend(reader.after(Some(from), 10_000));
            lines.retain(|r| r.position() <= to);
            lines
        }
        (None, Some(cursor)) => reader.record(cursor).into_iter().collect(),
        (None, None) => reader.before(None, 1),
    }
}
