//! What has to be read from the journal for what is on the screen, and what becomes of what was read.

use super::moves;
use crate::{
    model::{Position, SafeText},
    tui::{
        message::{Effect, Note, NoteKind},
        past::{Asker, Errand, Found, PAGE, Past, Way, just_before, just_behind},
        reader::Reader,
        state::{Around, Missing, Pane, State, World},
    },
};
use chrono::{DateTime, Duration, Utc};

/// Hits of the first page of a search, soon there, and of the others, which read the record less often.
const HITS: [usize; 2] = [500, 2_500];
/// Hits older than memory that one search brings at most.
pub(crate) const MOST_HITS: usize = 10_000;
/// Lines on both sides of an occurrence, as many as `+` can ask for.
const AROUND: usize = 200;
/// A hole that memory left behind while it moved on is read where it is not longer than this.
const HOLE: Duration = Duration::minutes(1);

/// Errands for everything that is missing and not on its way.
pub(super) fn wanted(state: &mut State, world: &World<'_>) -> Vec<Effect> {
    if !world.record.has_journal {
        return Vec::new();
    }
    let errands = [log(state, world), search(state, world), detail(state, world)];
    errands.into_iter().flatten().map(Effect::Read).collect()
}

/// The next page for the log: one more than its pane shows is always there.
fn log(state: &mut State, world: &World<'_>) -> Option<Errand> {
    if state.logs.past.is_loading() || state.logs.past.fault().is_some() {
        return None;
    }
    let height = moves::log_rows(state, world).max(1);
    let reader = Reader::of_log(state, world);
    let seam = reader.seam()?;
    let past = &state.logs.past;
    let wanted = state.logs.row + height;
    let is_floor = |first: Position| reader.floor().is_some_and(|floor| floor >= first);
    let has_oldest = past.is_start() || past.first().is_some_and(|l| is_floor(l.position()));
    let way = match state.logs.cursor {
        _ if state.logs.going.is_some() => Some(past.ask_newer(seam)),
        Some(cursor) if cursor < seam => {
            if !past.covers(cursor) {
                state.logs.past.restart(just_behind(cursor));
                Some(state.logs.past.ask_older(seam))
            } else if !has_oldest && past.before(cursor, wanted).len() < wanted {
                Some(state.logs.past.ask_older(seam))
            } else if !past.meets(seam) && reader.after(Some(cursor), wanted).len() < wanted {
                Some(past.ask_newer(seam))
            } else {
                None
            }
        }
        cursor => {
            let wanted = if cursor.is_some() { wanted } else { height };
            let has_met = past.meets(seam);
            if is_floor(seam)
                || (has_met && has_oldest)
                || reader.before(cursor, wanted).len() >= wanted
            {
                None
            } else if has_met {
                Some(state.logs.past.ask_older(seam))
            } else {
                Some(meet(&mut state.logs.past, seam))
            }
        }
    };
    let errand = state.errand(Asker::Log, way?, PAGE);
    state.logs.past.expect(errand);
    Some(errand)
}

/// Memory moved on: what it let go of meanwhile is read, or all is begun anew where that is too much.
fn meet(past: &mut Past, seam: Position) -> Way {
    let is_near = past.len() > 0 && seam.time - past.end_or(seam).time <= HOLE;
    if is_near {
        return past.ask_newer(seam);
    }
    past.restart(seam);
    past.ask_older(seam)
}

/// The next page of hits, when memory is looked through.
fn search(state: &mut State, world: &World<'_>) -> Option<Errand> {
    let search = state.search.as_mut()?;
    let is_done = search.index.as_ref().is_some_and(crate::tui::index::Index::is_complete);
    let past = &search.past;
    if !is_done || past.is_loading() || past.fault().is_some() || past.len() >= MOST_HITS {
        return None;
    }
    let seam = Reader::of_search(search, world)?.seam()?;
    let way = if past.len() > 0 && !past.meets(seam) {
        past.ask_newer(seam)
    } else if past.is_start() && past.meets(seam) {
        return None;
    } else {
        search.past.ask_older(seam)
    };
    let have = search.past.len();
    let count = HITS[usize::from(have > 0)].min(MOST_HITS - have);
    let errand = state.errand(Asker::Search, way, count);
    if let Some(search) = &mut state.search {
        search.past.expect(errand);
    }
    Some(errand)
}

/// What stands around the shown occurrence or hit, where memory does not have it.
fn detail(state: &mut State, world: &World<'_>) -> Option<Errand> {
    let place = match &state.search {
        Some(search) => Reader::of_search(search, world).and_then(|r| search.place(&r)),
        None => state.detail.shown.map(|(_, place, _)| place),
    };
    let is_shown = !state.layout(world.store.services().count()).pane(Pane::Detail).is_empty();
    let is_missing = |place: &Position| {
        world.store.complete_from().is_some_and(|seam| *place < seam)
            || world.store.record(*place).is_none()
    };
    let place = place.filter(|_| is_shown).filter(is_missing);
    if place == state.detail.around.place {
        return None;
    }
    state.detail.around = Around { place, ..Around::default() };
    let errand = state.errand(Asker::Detail, Way::Around(place?, AROUND), 2 * AROUND + 1);
    state.detail.around.asked = Some(errand.ticket);
    Some(errand)
}

/// Takes what an errand brought, where somebody still waits for it.
pub(super) fn take(
    state: &mut State,
    (asker, ticket): (Asker, u64),
    found: Result<Found, SafeText>,
    world: &World<'_>,
) {
    let faults = found.as_ref().ok().and_then(|found| found.faults.as_ref());
    // Every page meets the same files: they are told once.
    let is_new = |told: &&SafeText| state.toasts.iter().all(|toast| toast.note.text != **told);
    if let Some(told) = faults.filter(is_new) {
        let note = Note { kind: NoteKind::Warning, text: told.clone() };
        state.tell(note, None, world.now);
    }
    match asker {
        Asker::Log => {
            let seam = Reader::of_log(state, world).seam();
            if state.logs.past.take(ticket, found, seam) {
                moves::arrive(state, world);
            }
        }
        Asker::Search => {
            let Some(search) = &mut state.search else { return };
            let seam = Reader::of_search(search, world).and_then(|r| r.seam());
            search.past.take(ticket, found, seam);
        }
        Asker::Detail => surround(state, ticket, found),
    }
}

fn surround(state: &mut State, ticket: u64, found: Result<Found, SafeText>) {
    let around = &mut state.detail.around;
    if around.asked != Some(ticket) {
        return;
    }
    around.asked = None;
    let Some(place) = around.place else { return };
    match found {
        Err(fault) => around.missing = Some(Missing::Fault(fault)),
        Ok(found) if found.records.iter().any(|r| r.position() == place) => {
            around.lines = found.records;
            around.signs = found.signs.into_iter().collect();
        }
        Ok(found) => {
            let first =
                found.records.first().filter(|first| found.is_end && first.position() > place);
            let missing = first.map_or(Missing::Unrecorded, |first| Missing::Before(first.time));
            around.missing = Some(missing);
        }
    }
}

/// The place just before a moment, after which its first line stands.
pub(super) fn before(time: DateTime<Utc>) -> Position {
    just_before(Position { time, id: crate::model::RecordId(0) })
}
