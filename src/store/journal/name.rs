//! The files of a journal by name: `NNNNNNNN.ndjson`, with `.gz` when it is closed and compressed.

use super::error::{Error, io};
use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions},
    io::ErrorKind,
    path::{Path, PathBuf},
};

/// A number that no journal reaches; files that claim more are not ours.
const MAX_NUMBER: u64 = 1_000_000_000_000;

/// How a file holds its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    /// As text.
    Plain,
    /// As text in gzip; never written again but as a whole.
    Gzip,
}

impl Kind {
    const fn suffix(self) -> &'static str {
        match self {
            Self::Plain => ".ndjson",
            Self::Gzip => ".ndjson.gz",
        }
    }
}

/// Name of the file with this number.
pub(super) fn of(number: u64, kind: Kind) -> String {
    format!("{number:08}{}", kind.suffix())
}

/// Name under which a file is written before it is whole.
pub(super) fn part_of(number: u64, kind: Kind) -> String {
    of(number, kind) + ".part"
}

/// What a folder holds.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// Files of rows, oldest first, one for each number: the compressed one where both are there.
    pub(super) files: BTreeMap<u64, Kind>,
    /// Text files whose compressed one is there too: what a crash left.
    pub(super) doubles: Vec<u64>,
    /// Files that were not finished.
    pub(super) parts: Vec<PathBuf>,
    /// What has the name of a file of ours and is none: links, pipes, folders.
    pub(super) strange: Vec<(u64, PathBuf)>,
}

impl Listing {
    /// Looks into `folder`; one that is not there is empty.
    pub(super) fn of(folder: &Path) -> Result<Self, Error> {
        let mut listing = Self::default();
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(listing),
            Err(error) => return Err(io(folder)(error)),
        };
        for entry in entries {
            let entry = entry.map_err(io(folder))?;
            let name = entry.file_name();
            let Some(name) = name.to_str() else { continue };
            let (stem, is_part) = match name.strip_suffix(".part") {
                Some(stem) => (stem, true),
                None => (name, false),
            };
            let Some((number, kind)) = parse(stem) else { continue };
            if !entry.file_type().is_ok_and(|kind| kind.is_file()) {
                listing.strange.push((number, entry.path()));
            } else if is_part {
                listing.parts.push(entry.path());
            } else {
                listing.add(number, kind);
            }
        }
        Ok(listing)
    }

    /// The greatest number that is taken, by whatever.
    pub(super) fn last_number(&self) -> u64 {
        let strange = self.strange.iter().map(|(number, _)| *number);
        strange.chain(self.files.keys().next_back().copied()).max().unwrap_or_default()
    }

    fn add(&mut self, number: u64, kind: Kind) {
        let known = self.files.entry(number).or_insert(kind);
        if *known != kind {
            *known = Kind::Gzip;
            self.doubles.push(number);
        }
    }
}

fn parse(name: &str) -> Option<(u64, Kind)> {
    let (digits, rest) = name.split_at_checked(name.find('.')?)?;
    let kind = [Kind::Plain, Kind::Gzip].into_iter().find(|kind| kind.suffix() == rest)?;
    let is_ours = digits.len() >= 8 && digits.bytes().all(|b| b.is_ascii_digit());
    let number = digits.parse().ok().filter(|_| is_ours)?;
    (number < MAX_NUMBER && of(number, kind) == name).then_some((number, kind))
}

/// Opens a file of ours for reading: no link, no pipe, nothing that waits.
pub(super) fn open(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    regular(careful(&mut options).open(path)?)
}

/// Opens a file of ours to write behind its end.
pub(super) fn append_to(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).append(true);
    regular(careful(&mut options).open(path)?)
}

/// Makes a file that was not there, for its owner only.
pub(super) fn create(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create_new(true);
    private(careful(&mut options)).open(path)
}

/// Puts the names of a folder on disk.
pub(super) fn sync_folder(folder: &Path) -> std::io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

fn regular(file: File) -> std::io::Result<File> {
    if file.metadata()?.is_file() {
        return Ok(file);
    }
    Err(std::io::Error::new(ErrorKind::InvalidInput, "it is not a regular file"))
}

#[cfg(unix)]
fn careful(options: &mut OpenOptions) -> &mut OpenOptions {
    use rustix::fs::OFlags;
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    std::os::unix::fs::OpenOptionsExt::custom_flags(options, flags.bits().cast_signed())
}

#[cfg(unix)]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600)
}

#[cfg(not(unix))]
fn careful(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

#[cfg(not(unix))]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_names_are_files_of_rows() {
        for (name, want) in [
            ("00000001.ndjson", Some((1, Kind::Plain))),
            ("00000001.ndjson.gz", Some((1, Kind::Gzip))),
            ("123456789.ndjson", Some((123_456_789, Kind::Plain))),
            ("1.ndjson", None),
            ("000000001.ndjson", None),
            ("+0000001.ndjson", None),
            ("00000001.json", None),
            ("00000001", None),
            ("99999999999999999999.ndjson", None),
            (".ndjson", None),
            ("lock", None),
        ] {
            assert_eq!(parse(name), want, "{name}");
        }
    }
}
