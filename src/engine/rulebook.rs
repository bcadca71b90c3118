//! Where the rules come from, and when they are to be made anew: after one of the user's files was written.
//!
//! Files are looked at once a second. That costs a few microseconds, needs no descriptor a folder, and works where
//! the system tells of no changes: on network folders and on those that are mounted into containers.

use super::handle::Shared;
use crate::{detect::Detector, model::Event};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError},
    time::SystemTime,
};
use tokio::sync::oneshot;

/// Rules, and a sentence for each thing that is wrong with the user's.
pub type Made = (Detector, Vec<String>);
/// Makes the rules; takes some milliseconds of a core.
pub type Make = Arc<dyn Fn() -> Made + Send + Sync>;

/// Makes the rules, again and again.
pub struct Rulebook {
    make: Make,
    /// Files, and folders of files; they need not exist.
    places: Vec<PathBuf>,
    seen: Vec<Stamp>,
    making: Option<oneshot::Receiver<Made>>,
}

/// What tells that a file was written.
#[derive(Debug, PartialEq, Eq)]
struct Stamp {
    path: PathBuf,
    length: u64,
    written: Option<SystemTime>,
}

impl Rulebook {
    /// Rules that `make` makes, of what stands in `places`: files, and folders of `*.toml` files.
    pub fn new(make: Make, places: Vec<PathBuf>) -> Self {
        let seen = stamps(&places);
        Self { make, places, seen, making: None }
    }

    /// Rules that never change.
    pub fn fixed(make: impl Fn() -> Made + Send + Sync + 'static) -> Self {
        Self::new(Arc::new(make), Vec::new())
    }

    /// Makes them on a thread of its own; `None` where that failed, which is a fault of dogwatch.
    pub(super) async fn make(&self) -> Option<Made> {
        let make = Arc::clone(&self.make);
        tokio::task::spawn_blocking(move || make()).await.ok()
    }

    /// Looks whether a file was written since, begins to make the rules where one was, and hands them out when they
    /// are ready. Waits for nothing.
    pub(super) fn renewed(&mut self) -> Option<Made> {
        if let Some(making) = &mut self.making {
            match making.try_recv() {
                Err(oneshot::error::TryRecvError::Empty) => return None,
                made => {
                    self.making = None;
                    return made.ok();
                }
            }
        }
        let now = stamps(&self.places);
        if now != self.seen {
            self.seen = now;
            let (send, making) = oneshot::channel();
            let make = Arc::clone(&self.make);
            tokio::task::spawn_blocking(move || {
                // Nobody wants them any more where this fails.
                let _ = send.send(make());
            });
            self.making = Some(making);
        }
        None
    }
}

/// Puts rules in force, and tells what is wrong with them. Groups of before are given what these say of them.
pub(super) fn announce(shared: &Shared, detector: Detector, faults: Vec<String>) -> Arc<Detector> {
    let detector = Arc::new(detector);
    {
        let mut store = shared.store.write().unwrap_or_else(PoisonError::into_inner);
        store.totals_mut().rules = detector.rules().len();
        store.guide(|rule| {
            detector.rules().get(rule.as_str()).map(|rule| Arc::clone(&rule.guidance))
        });
    }
    let mut kept = shared.detector.write().unwrap_or_else(PoisonError::into_inner);
    *kept = Some(Arc::clone(&detector));
    drop(kept);
    for fault in faults {
        shared.hint(Event::Trouble(fault.into()));
    }
    detector
}

fn stamps(places: &[PathBuf]) -> Vec<Stamp> {
    let mut stamps = Vec::new();
    for place in places {
        match fs::read_dir(place) {
            Ok(entries) => {
                let files = entries.flatten().map(|entry| entry.path());
                let rules = files.filter(|path| path.extension().is_some_and(|e| e == "toml"));
                stamps.extend(rules.filter_map(stamp));
            }
            Err(_) => stamps.extend(stamp(place.clone())),
        }
    }
    stamps.sort_by(|a, b| a.path.cmp(&b.path));
    stamps
}

fn stamp(path: PathBuf) -> Option<Stamp> {
    let facts = fs::metadata(Path::new(&path)).ok()?;
    Some(Stamp { length: facts.len(), written: facts.modified().ok(), path })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::RuleSet;
    use std::time::{Duration, Instant};

    const OWN: &str = "[[rule]]\nid = \"other.frobnicator\"\ntitle = \"Frobnicator\"\n\
                       severity = \"error\"\npattern = 'frobnicator is out'\n";

    fn made(book: &mut Rulebook) -> Made {
        let begin = Instant::now();
        loop {
            if let Some(made) = book.renewed() {
                return made;
            }
            assert!(begin.elapsed() < Duration::from_secs(30), "never made");
            std::thread::yield_now();
        }
    }

    #[tokio::test]
    async fn a_written_an_added_and_a_removed_file_make_them_anew() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().to_owned();
        let make: Make = Arc::new(move || {
            let (rules, errors) = RuleSet::load(Some(&place), &[]);
            (Detector::new(rules), errors.iter().map(ToString::to_string).collect())
        });
        let mut book = Rulebook::new(make, vec![folder.path().to_owned()]);
        let before = book.make().await.unwrap().0.rules().len();
        assert!(book.renewed().is_none() && book.making.is_none(), "nothing was written");
        let file = folder.path().join("own.toml");
        fs::write(&file, OWN).unwrap();
        let (detector, faults) = made(&mut book);
        assert_eq!((detector.rules().len(), faults), (before + 1, Vec::new()));
        fs::write(&file, format!("{OWN}\n[[rule]]\nid = \"other.bad\"\npattern = '('\n")).unwrap();
        let (detector, faults) = made(&mut book);
        assert_eq!(
            detector.rules().len(),
            before + 1,
            "one bad rule does not take the others down"
        );
        assert!(faults.len() == 1 && faults[0].contains("own.toml"), "{faults:?}");
        fs::write(folder.path().join("notes.txt"), "not a rule").unwrap();
        assert!(book.renewed().is_none() && book.making.is_none(), "no rules in it");
        fs::remove_file(&file).unwrap();
        assert_eq!(made(&mut book).0.rules().len(), before);
    }
}
