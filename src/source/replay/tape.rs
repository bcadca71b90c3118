//! The recorded log as a [`Source`]: one pseudo container that is followed to its end.

use super::{LineReader, Splitter, pace::Pace};
use crate::{
    model::{Origin, RawLine, SafeText},
    source::{Change, Control, Delivery, Description, End, Error, Lines, Link, Resume, Source},
};
use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use futures_util::future::BoxFuture;
use std::{
    io::{self, BufRead as _, BufReader, Read},
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until},
};

/// Bytes read at once: to wake another thread costs as much as to read some thousand lines.
const PIECE: usize = 256 * 1024;
/// Pieces on their way from the reading thread; with the batch of lines at most 1 MiB.
const PIECES: usize = 2;
/// How a compressed file begins.
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// A batch has at most so many lines and so many bytes and one line, as `Lines` promises.
const BATCH: (usize, usize) = (2_048, 256 * 1024);

/// A recorded log: a file, standard input, or bytes in memory.
#[derive(Debug)]
pub struct Replay {
    input: Input,
    origin: Arc<Origin>,
    is_live: bool,
    speed: Option<f64>,
}

#[derive(Debug, Clone)]
enum Input {
    File(PathBuf),
    Stdin,
    Bytes(Arc<[u8]>),
}

impl Replay {
    /// A log file, also a compressed one (gzip); plain lines belong to a service named after it.
    ///
    /// # Errors
    /// Permanent where the file cannot be opened, with its name and the reason.
    pub fn file(path: &Path) -> Result<Self, Error> {
        let found = std::fs::metadata(path).map_err(|e| unreadable(path, &e))?;
        if found.is_dir() {
            return Err(unreadable(path, &io::ErrorKind::IsADirectory.into()));
        }
        std::fs::File::open(path).map_err(|e| unreadable(path, &e))?;
        let is_packed = path.extension().is_some_and(|extension| extension == "gz");
        let packed = path.file_stem().filter(|_| is_packed).map(Path::new);
        let stem = packed.unwrap_or(path).file_stem().map(|s| s.to_string_lossy().into_owned());
        Ok(Self::new(Input::File(path.to_owned()), &stem.unwrap_or_default(), false))
    }

    /// Standard input. `is_live` where it goes on for ever: `docker compose logs -f | dogwatch -`.
    pub fn stdin(is_live: bool) -> Self {
        Self::new(Input::Stdin, "log", is_live)
    }

    /// Plays it at the pace of its own times, so many times as fast; `None` is all at once.
    #[must_use]
    pub fn at_speed(mut self, speed: Option<f64>) -> Self {
        self.speed = speed;
        self
    }

    /// Bytes in memory; `name` stands for the file's.
    pub fn bytes(name: &str, bytes: Vec<u8>) -> Self {
        Self::new(Input::Bytes(bytes.into()), name, false)
    }

    fn new(input: Input, name: &str, is_live: bool) -> Self {
        let name = if name.is_empty() { "log" } else { name };
        let origin = Arc::clone(LineReader::named(name).plain());
        Self { input, origin, is_live, speed: None }
    }

    async fn play(&self, from: &Resume, out: &mpsc::Sender<Delivery>) -> Result<End, Error> {
        let mut pieces = pieces(self.input.clone());
        let mut reader = LineReader::named(self.origin.service.as_str());
        let mut splitter = Splitter::new();
        let mut batch = Batch::default();
        let mut is_first = true;
        let mut pace = self.speed.map(Pace::new);
        while let Some(piece) = pieces.recv().await {
            let piece = piece.map_err(|e| self.failed(&e))?;
            if is_first {
                reader.learn(&piece);
                is_first = false;
            }
            if let Some(pace) = &mut pace {
                let mut lines = Vec::new();
                splitter.push(piece, |line| lines.push(reader.read(&line)));
                for line in lines {
                    let due = line.time.and_then(|time| pace.due(time, Instant::now()));
                    if let Some(due) = due {
                        if batch.send(out, true).await.is_err() {
                            return Ok(End::Finished);
                        }
                        sleep_until(due).await;
                    }
                    batch.take(line, from);
                }
            } else {
                splitter.push(piece, |line| batch.take(reader.read(&line), from));
            }
            // A pipe that is still open must not wait for a full batch.
            if batch.send(out, pieces.is_empty()).await.is_err() {
                return Ok(End::Finished);
            }
        }
        splitter.finish(|line| batch.take(reader.read(&line), from));
        let _ = batch.send(out, true).await;
        Ok(End::Finished)
    }

    fn failed(&self, error: &io::Error) -> Error {
        match &self.input {
            Input::File(path) => unreadable(path, error),
            Input::Stdin => Error::Permanent(format!("cannot read standard input: {error}").into()),
            Input::Bytes(_) => Error::Permanent(error.to_string().into()),
        }
    }
}

impl Source for Replay {
    fn describe(&self) -> Description {
        let (name, place) = match &self.input {
            Input::File(path) => (
                path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
                path.to_string_lossy().into_owned(),
            ),
            Input::Stdin => ("standard input".to_owned(), String::new()),
            Input::Bytes(_) => (self.origin.service.to_string(), String::new()),
        };
        Description { name: name.into(), place: place.into(), is_live: self.is_live }
    }

    fn watch(self: Arc<Self>, out: mpsc::Sender<Change>) -> BoxFuture<'static, Result<(), Error>> {
        Box::pin(async move {
            let start = [
                Change::Link(Link::Live),
                Change::Follow(Arc::clone(&self.origin)),
                Change::Listed,
            ];
            for change in start {
                if out.send(change).await.is_err() {
                    return Ok(());
                }
            }
            Ok(())
        })
    }

    fn follow(
        self: Arc<Self>,
        _target: Arc<Origin>,
        from: Resume,
        out: mpsc::Sender<Delivery>,
    ) -> BoxFuture<'static, Result<End, Error>> {
        Box::pin(async move { self.play(&from, &out).await })
    }

    fn control(self: Arc<Self>) -> Option<Arc<dyn Control>> {
        None
    }
}

#[derive(Debug, Default)]
struct Batch {
    full: Vec<Lines>,
    open: Lines,
    bytes: usize,
}

impl Batch {
    fn take(&mut self, line: RawLine, from: &Resume) {
        if from.since.is_some_and(|since| line.time.is_some_and(|time| time < since)) {
            return;
        }
        self.bytes += line.bytes.len();
        self.open.push(line);
        if self.open.len() >= BATCH.0 || self.bytes >= BATCH.1 {
            self.full.push(std::mem::take(&mut self.open));
            self.bytes = 0;
        }
    }

    /// Sends full batches, and with `all` the open one; an error when nobody listens any more.
    async fn send(&mut self, out: &mpsc::Sender<Delivery>, all: bool) -> Result<(), ()> {
        if all && !self.open.is_empty() {
            self.full.push(std::mem::take(&mut self.open));
            self.bytes = 0;
        }
        for lines in self.full.drain(..) {
            out.send(lines.into()).await.map_err(|_| ())?;
        }
        Ok(())
    }
}

/// Reads on a thread of its own: a read of standard input cannot be called off, and must not hold up the exit.
fn pieces(input: Input) -> mpsc::Receiver<io::Result<Bytes>> {
    let (out, pieces) = mpsc::channel(PIECES);
    std::thread::spawn(move || {
        let done = match input {
            Input::File(path) => std::fs::File::open(path).and_then(|file| pump(file, &out)),
            Input::Stdin => pump(io::stdin().lock(), &out),
            Input::Bytes(bytes) => pump(&*bytes, &out),
        };
        if let Err(error) = done {
            let _ = out.blocking_send(Err(error));
        }
    });
    pieces
}

/// Sends the bytes of `input`, unpacked where they are compressed.
fn pump(input: impl Read, out: &mpsc::Sender<io::Result<Bytes>>) -> io::Result<()> {
    let mut input = BufReader::with_capacity(PIECE, input);
    if input.fill_buf()?.starts_with(&GZIP) {
        send(MultiGzDecoder::new(input), out)
    } else {
        send(input, out)
    }
}

fn send(mut input: impl Read, out: &mpsc::Sender<io::Result<Bytes>>) -> io::Result<()> {
    loop {
        let mut piece = vec![0; PIECE];
        let length = match input.read(&mut piece) {
            Ok(0) => return Ok(()),
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        piece.truncate(length);
        if out.blocking_send(Ok(piece.into())).is_err() {
            return Ok(());
        }
    }
}

fn unreadable(path: &Path, error: &io::Error) -> Error {
    Error::Permanent(SafeText::from(format!("cannot read {}: {error}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    async fn lines(replay: Replay) -> (End, Vec<(String, Bytes)>) {
        let replay = Arc::new(replay);
        let (out, mut batches) = mpsc::channel(2);
        let origin = Arc::clone(&replay.origin);
        let following = tokio::spawn(replay.follow(origin, Resume::default(), out));
        let mut all = Vec::new();
        while let Some(batch) = batches.recv().await {
            let Delivery::Lines(batch) = batch else { panic!("{batch:?}") };
            assert!(!batch.is_empty() && batch.len() <= 2_048);
            all.extend(batch.into_iter().map(|l| (l.origin.service.to_string(), l.bytes)));
        }
        (following.await.unwrap().unwrap(), all)
    }

    #[tokio::test]
    async fn delivers_every_line_once_and_ends() {
        let text: Vec<_> = (0..5_000).map(|n| format!("api-1  | line {n}\n")).collect();
        let (end, all) = lines(Replay::bytes("x", text.concat().into_bytes())).await;
        assert_eq!((end, all.len()), (End::Finished, 5_000));
        for (n, (service, bytes)) in all.iter().enumerate() {
            assert_eq!((service.as_str(), bytes), ("api", &format!("line {n}").into()));
        }
    }

    #[tokio::test]
    async fn survives_hostile_files() {
        let mut bytes = b"a\0b\xff\n\n".to_vec();
        bytes.resize(bytes.len() + 3 * crate::source::replay::MAX_LINE, b'x');
        bytes.extend_from_slice(b"\nno line feed at the end");
        let (_, all) = lines(Replay::bytes("x", bytes)).await;
        let lengths: Vec<_> = all.iter().map(|(_, b)| b.len()).collect();
        assert_eq!(lengths.len(), 4);
        assert!(lengths[2] <= crate::source::replay::MAX_LINE);
        assert_eq!(all[0].1, &b"a\0b\xff"[..]);
        assert_eq!(all[3].1, &b"no line feed at the end"[..]);
        assert!(lines(Replay::bytes("x", Vec::new())).await.1.is_empty());
    }

    #[tokio::test]
    async fn a_file_gives_its_name_to_its_plain_lines() {
        let mut file = tempfile::Builder::new().prefix("orders").suffix(".log").tempfile().unwrap();
        file.write_all(b"ERROR x\n").unwrap();
        let replay = Replay::file(file.path()).unwrap();
        assert!(!replay.describe().is_live);
        let (_, all) = lines(replay).await;
        assert!(all[0].0.starts_with("orders"), "{all:?}");
    }

    #[tokio::test]
    async fn a_compressed_file_is_unpacked() {
        let mut file =
            tempfile::Builder::new().prefix("orders").suffix(".log.gz").tempfile().unwrap();
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(b"ERROR x\nERROR y\n").unwrap();
        let bytes = packed.finish().unwrap();
        file.write_all(&bytes).unwrap();
        let (_, all) = lines(Replay::file(file.path()).unwrap()).await;
        assert_eq!(all.len(), 2);
        assert!(all[0].0.starts_with("orders") && !all[0].0.contains("log"), "{all:?}");
        assert_eq!(all[1].1, &b"ERROR y"[..]);
        // Of a damaged one comes what stands before the damage.
        file.as_file().set_len(bytes.len() as u64 - 9).unwrap();
        let replay = Arc::new(Replay::file(file.path()).unwrap());
        let (out, _batches) = mpsc::channel(8);
        let origin = Arc::clone(&replay.origin);
        let error = replay.follow(origin, Resume::default(), out).await.unwrap_err();
        assert!(error.to_string().contains("orders"), "{error}");
    }

    #[tokio::test]
    async fn a_tape_is_played_at_the_pace_of_its_times() {
        let row = |second| {
            format!(
                "{{\"time\":\"2026-03-04T10:00:{second:02}Z\",\"service\":\"api\",\"text\":\"x\"}}\n"
            )
        };
        let text: String = [0, 20, 19, 40].map(row).concat();
        for (speed, want) in [(None, 0), (Some(100.0), 400), (Some(400.0), 100)] {
            let begun = Instant::now();
            let (_, all) =
                lines(Replay::bytes("x", text.clone().into_bytes()).at_speed(speed)).await;
            assert_eq!(all.len(), 4);
            let took = begun.elapsed().as_millis();
            assert!(took >= want, "{speed:?} {took}");
        }
    }

    #[test]
    fn a_missing_file_is_named() {
        for path in ["/no/such/file", "/"] {
            let error = Replay::file(Path::new(path)).unwrap_err();
            assert!(!error.is_transient());
            assert!(error.to_string().contains(path), "{error}");
        }
    }

    #[tokio::test]
    async fn is_read_to_its_end_once() {
        let replay = Arc::new(Replay::bytes("x", b"a\nb\n".to_vec()));
        let (out, mut changes) = mpsc::channel(8);
        Arc::clone(&replay).watch(out).await.unwrap();
        assert!(matches!(changes.recv().await, Some(Change::Link(Link::Live))));
        let Some(Change::Follow(origin)) = changes.recv().await else { panic!("no follow") };
        assert!(matches!(changes.recv().await, Some(Change::Listed)));
        assert!(changes.recv().await.is_none());
        let (lines, mut batches) = mpsc::channel(8);
        let end = replay.follow(origin, Resume::default(), lines).await.unwrap();
        let Some(Delivery::Lines(lines)) = batches.recv().await else { panic!("no lines") };
        assert_eq!((end, lines.len()), (End::Finished, 2));
    }
}
