//! What the writers wrote, from the files that they keep outside of their containers.

use std::{collections::BTreeMap, fs, path::Path};

/// One pipe of one run of one writer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pipe {
    /// `SERVICE.CONTAINER.RUN`.
    pub writer: String,
    /// `out` or `err`.
    pub name: &'static str,
}

impl Pipe {
    /// The container's first twelve digits.
    pub fn container(&self) -> &str {
        self.writer.split('.').nth(1).unwrap_or_default()
    }

    /// The service.
    pub fn service(&self) -> &str {
        self.writer.split('.').next().unwrap_or_default()
    }
}

/// When a line was written, in nanoseconds of the wall clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Emission {
    /// Just before.
    pub begun: u64,
    /// Just after; 0 where the writer was killed in between, so that nobody knows whether the line came out.
    pub done: u64,
}

/// The lines of each pipe, the first one being number 1.
pub type Ledger = BTreeMap<Pipe, Vec<Emission>>;

/// Reads all that was written so far.
pub fn read(folder: &Path) -> Ledger {
    let mut ledger = Ledger::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = match path.extension().and_then(|e| e.to_str()) {
            Some("out") => "out",
            Some("err") => "err",
            _ => continue,
        };
        let writer = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let bytes = fs::read(&path).unwrap();
        let number = |bytes: &[u8]| {
            let mut whole = [0; 8];
            whole[..bytes.len()].copy_from_slice(bytes);
            u64::from_le_bytes(whole)
        };
        let emission = |entry: &[u8]| {
            let (begun, done) = entry.split_at(entry.len().min(8));
            Emission { begun: number(begun), done: number(done) }
        };
        ledger.insert(Pipe { writer, name }, bytes.chunks(16).map(emission).collect());
    }
    ledger
}
