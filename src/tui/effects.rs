//! What is done outside of the state: clipboard, files, browser, editor. Each answers with a sentence.

use super::{
    clipboard,
    message::{Note, NoteKind},
    past::{Asker, Found, Way},
};
use crate::{
    engine::open_page,
    model::{Query, SafeText},
    store::journal,
};
use chrono::{DateTime, Local};
use std::{env, fs, io::Write as _, path::Path};

/// Something that took its time is done.
#[derive(Debug)]
pub(super) enum Done {
    /// This is what came of it.
    Told(Note),
    /// This came of an errand of this number.
    Read(Asker, u64, Result<Found, SafeText>),
}

/// Reads a part of the journal; milliseconds to seconds, until it is stopped.
pub(super) fn read(
    journal: &journal::Reader,
    query: &Query,
    way: Way,
    count: usize,
    stop: &journal::Stop,
) -> Result<Found, SafeText> {
    let found = match way {
        Way::Before(place) => journal
            .records_before(query, Some(place), count, stop)
            .map(|page| (page.records, page.is_end, page.faults)),
        Way::After(place) => journal
            .records_after(query, Some(place), count, stop)
            .map(|page| (page.records, page.is_end, page.faults)),
        Way::Around(place, each) => journal
            .around(query, place, each, each, stop)
            .map(|around| (around.records, around.is_start, around.faults)),
    };
    let (records, is_end, faults) = found.map_err(|error| SafeText::from(error.to_string()))?;
    let faults = journal::Fault::sentence(&faults).map(SafeText::from);
    Ok(Found { records, is_end, faults, ..Found::default() })
}

/// Copies a text, and says how.
pub(super) fn copy(text: &str, what: &str, folder: Option<&Path>) -> Note {
    let place = folder.map_or_else(env::temp_dir, Path::to_path_buf);
    match clipboard::copy(text, &place) {
        Ok(copied) => Note::new(NoteKind::Good, copied.sentence(what)),
        Err(reason) => Note { kind: NoteKind::Bad, text: reason },
    }
}

/// Writes lines to a new file in the current folder, and says where.
pub(super) fn save(lines: &[String], now: DateTime<Local>) -> Note {
    let name = format!("dogwatch-{}.log", now.format("%Y%m%d-%H%M%S"));
    let written = fs::File::create_new(&name).and_then(|file| {
        let mut out = std::io::BufWriter::new(file);
        for line in lines {
            writeln!(out, "{line}")?;
        }
        out.flush()
    });
    match written {
        Ok(()) => {
            let text = format!("Saved {} lines to {name}", lines.len());
            Note::new(NoteKind::Good, text)
        }
        Err(error) => Note::new(NoteKind::Bad, format!("Cannot write {name}: {error}")),
    }
}

/// Opens an address in the browser; copies it where there is no browser to be seen.
pub(super) fn browse(address: &str, folder: Option<&Path>) -> Note {
    if open_page(address).is_ok() {
        return Note::new(NoteKind::Good, format!("Opened {} in the browser", short(address)));
    }
    let note = copy(address, "address", folder);
    Note::new(note.kind, format!("{}: {}", note.text, short(address)))
}

fn short(address: &str) -> &str {
    address.split('?').next().unwrap_or(address)
}
