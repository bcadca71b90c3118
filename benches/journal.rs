//! Measures the journal: `cargo bench --bench journal -- MEGABYTES` writes so much and reads it back in every way.
//!
//! Beside each search stands what `rg -c` or `grep -c` (`zgrep -c` for compressed files) takes on the same files.

use color_eyre::eyre::Result;
use dogwatch::{
    model::{Level, Query, Row, Speaker, Stream, TextMatcher},
    store::journal::{Journal, Reader, Settings, Stop},
};
use std::{
    collections::BTreeMap,
    env, fs,
    io::Write as _,
    ops::ControlFlow,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

const WORDS: [&str; 16] = [
    "GET /api/v1/orders",
    "POST /checkout",
    "200",
    "404",
    "connection",
    "user",
    "took",
    "ms",
    "cache",
    "miss",
    "retry",
    "upstream",
    "payload",
    "session",
    "queue",
    "worker",
];

fn main() -> Result<()> {
    let megabytes: u64 =
        env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(100);
    let folder = tempfile::tempdir()?;
    let settings = Settings { max_bytes: u64::MAX, ..Settings::default() };
    let epoch = chrono::DateTime::from_timestamp(1_700_000_000, 0).unwrap_or_default();
    let (mut journal, _) = Journal::open(folder.path(), settings.clone(), epoch)?;

    let (mut rows, mut bytes) = (0_u64, 0_u64);
    let (mut appending, mut flushing) = (Duration::ZERO, Duration::ZERO);
    let mut dice = 0x2545_f491_4f6c_dd1d_u64;
    while bytes < megabytes * 1_000_000 {
        let batch: Vec<String> = (0..1_000).map(|_| sentence(&mut dice)).collect();
        let begin = Instant::now();
        for text in &batch {
            rows += 1;
            journal.append(&row(rows, epoch, text));
        }
        appending += begin.elapsed();
        bytes += journal.pending_bytes() as u64;
        let begin = Instant::now();
        journal.flush()?;
        flushing += begin.elapsed();
    }
    let text = bytes / rows;
    say(&format!(
        "append: {rows} rows of {text} B: {:.0} ns a row in memory, {:.0} ns a row written, {:.0} MB/s",
        appending.as_nanos() as f64 / rows as f64,
        flushing.as_nanos() as f64 / rows as f64,
        bytes as f64 / 1e6 / (appending + flushing).as_secs_f64(),
    ))?;
    drop(journal);

    let begin = Instant::now();
    let (journal, opened) = Journal::open(folder.path(), settings, epoch)?;
    let open = begin.elapsed();
    let reader = Reader::new(folder.path());
    let begin = Instant::now();
    let from = dogwatch::model::RecordId(opened.next_id.0.saturating_sub(1_000));
    let tail = reader.tail(from, None)?;
    say(&format!(
        "open {open:.1?}, tail of {} rows with no index known {:.1?}",
        tail.len(),
        begin.elapsed()
    ))?;

    search(folder.path(), bytes, "text")?;
    let begin = Instant::now();
    let mut files = 0;
    while journal.chores().compress_one()? {
        files += 1;
    }
    let each = begin.elapsed() / files.max(1);
    let packed: u64 = fs::read_dir(folder.path())?
        .filter_map(|entry| entry.and_then(|entry| entry.metadata()).ok())
        .map(|meta| meta.len())
        .sum();
    say(&format!(
        "compress: {files} files, {each:.1?} each, {:.1} times smaller",
        bytes as f64 / packed as f64
    ))?;
    search(folder.path(), bytes, "gzip")
}

fn search(folder: &Path, bytes: u64, kind: &str) -> Result<()> {
    let rate = |time: Duration| bytes as f64 / 1e6 / time.as_secs_f64();
    let stop = Stop::default();
    let reader = Reader::new(folder);
    let begin = Instant::now();
    let page = reader.records_before(&Query::default(), None, 200, &stop)?;
    say(&format!(
        "{kind}: first page of {} rows, no index known: {:.1?}",
        page.records.len(),
        begin.elapsed()
    ))?;
    let begin = Instant::now();
    reader.records_before(
        &Query::default(),
        page.records.first().map(|r| r.position()),
        200,
        &stop,
    )?;
    say(&format!("{kind}: next page: {:.1?}", begin.elapsed()))?;
    for word in ["needle-4711", "Needle-4711", "checkout", "/took [0-9]+ needle/"] {
        let text = TextMatcher::parse(word).map_err(color_eyre::eyre::Error::msg)?;
        let query = Query { text: text.into_iter().collect(), ..Query::default() };
        let begin = Instant::now();
        let mut hits = 0;
        reader.scan(&query, None, None, &stop, |_| {
            hits += 1;
            ControlFlow::Continue(())
        })?;
        let time = begin.elapsed();
        say(&format!("{kind}: {word}: {hits} hits in {time:.2?}, {:.0} MB/s", rate(time)))?;
    }
    let begin = Instant::now();
    let mut all = 0_u64;
    reader.scan(&Query::default(), None, None, &stop, |_| {
        all += 1;
        ControlFlow::Continue(())
    })?;
    let time = begin.elapsed();
    say(&format!("{kind}: all {all} rows as records in {time:.2?}, {:.0} MB/s", rate(time)))?;
    for tool in
        [&["rg", "-zic"][..], &["rg", "-zc"], &["zgrep", "-ic"], &["zgrep", "-c"], &["grep", "-ic"]]
    {
        let word = if tool[1].contains('i') { "needle-4711" } else { "Needle-4711" };
        let command = format!("{} {word} *.ndjson*", tool.join(" "));
        let begin = Instant::now();
        let is_there = Command::new("sh")
            .args(["-c", &command])
            .current_dir(folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.code().is_some_and(|code| code < 2));
        let time = begin.elapsed();
        if is_there && (kind == "text" || tool[0] != "grep") {
            say(&format!("{kind}: {}: {time:.2?}, {:.0} MB/s", tool.join(" "), rate(time)))?;
        }
    }
    Ok(())
}

fn sentence(dice: &mut u64) -> String {
    let mut throw = || {
        *dice ^= *dice << 13;
        *dice ^= *dice >> 7;
        *dice ^= *dice << 17;
        *dice
    };
    if throw() % 100_000 == 0 {
        return "took 12 needle Needle-4711 found".into();
    }
    let mut text = format!("request {:08x}", throw() as u32);
    for _ in 0..6 {
        text.push(' ');
        text.push_str(WORDS[throw() as usize % WORDS.len()]);
    }
    text
}

fn row(id: u64, epoch: chrono::DateTime<chrono::Utc>, text: &str) -> Row<'_> {
    const SERVICES: [&str; 4] = ["api", "db", "web", "worker"];
    let at = id as usize % SERVICES.len();
    Row {
        id,
        time: Some(epoch + chrono::Duration::microseconds(id as i64 * 50)),
        line_time: None,
        source: Speaker::Container,
        service: SERVICES[at].into(),
        container: "4c01db0b339c8bb2b60cd8d2f1e3a1f5a0b7e3f4c5d6e7f8a9b0c1d2e3f4a5b6".into(),
        replica: 1,
        run: Some(epoch),
        stream: Stream::Stdout,
        level: Level::Info,
        text: text.into(),
        message_at: 0,
        fields: BTreeMap::default(),
        redacted: Vec::new(),
        gap: None,
    }
}

fn say(line: &str) -> Result<()> {
    Ok(writeln!(std::io::stdout(), "{line}")?)
}
