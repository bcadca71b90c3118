//! Measures memory: `cargo bench --bench memory` keeps a million lines and says what they take and how fast they are found.
//!
//! The same text in a file is searched by `rg`, or by `grep` where there is no `rg`, in the same run. What the
//! process really holds is measured in children of its own: `memory rss LINES`.

use color_eyre::eyre::{Result, eyre};
use dogwatch::{
    model::{Level, LogRecord, Origin, Position, Query, RecordId, SafeText, Stream, TextMatcher},
    store::{Limits, Store},
};
use std::{
    env, fs,
    io::{BufWriter, Write as _},
    process::Command,
    sync::Arc,
    time::{Duration, Instant},
};

const LINES: u64 = 1_000_000;
/// Lines that a face looks at in one go.
const SLICE: usize = 16_384;

fn main() -> Result<()> {
    let mut arguments = env::args().skip(1).filter(|a| a != "--bench");
    if arguments.next().as_deref() == Some("rss") {
        let lines = arguments.next().ok_or_else(|| eyre!("how many lines?"))?.parse()?;
        let store = fill(lines).store;
        say(&format!("{} {}\n", status("VmRSS:")?, store.bytes()));
        return Ok(());
    }
    let Filled { store, text_bytes, push, slowest } = fill(LINES);
    let kept = store.count(&Query::default(), usize::MAX);
    say(&format!(
        "{kept} lines kept, {:.1} bytes of text a line: {:.1} bytes a line in memory ({:.1} MiB, budget {} MiB), {} fell out\n",
        text_bytes as f64 / LINES as f64,
        store.bytes() as f64 / kept as f64,
        store.bytes() as f64 / f64::from(1 << 20),
        Limits::default().bytes >> 20,
        store.totals().evicted,
    ));
    say(&format!(
        "push: {:.0} ns a line with its making left out; slowest push {:.2} ms\n",
        push.as_nanos() as f64 / LINES as f64,
        slowest.as_secs_f64() * 1e3
    ));
    resident()?;
    pages(&store);
    let file = env::temp_dir().join(format!("dogwatch-memory-{}.log", std::process::id()));
    write(&file)?;
    for word in ["deadlock", "request", "zebra", "/status=5\\d\\d/"] {
        search(&store, word, &file)?;
    }
    fs::remove_file(&file)?;
    Ok(())
}

/// What the process holds with a full store, and with an empty one.
fn resident() -> Result<()> {
    let program = env::current_exe()?;
    let run = |lines: u64| -> Result<(f64, f64)> {
        let output = Command::new(&program).args(["rss", &lines.to_string()]).output()?;
        let text = String::from_utf8(output.stdout)?;
        let mut numbers = text.split_whitespace().map(str::parse::<f64>);
        let mut next = || numbers.next().ok_or_else(|| eyre!("no number in {text:?}"));
        Ok((next()?? * 1024.0, next()??))
    };
    let ((empty, _), (full, counted)) = (run(0)?, run(LINES)?);
    say(&format!(
        "resident: {:.1} MiB, empty {:.1} MiB; counted {:.1} MiB\n",
        full / f64::from(1 << 20),
        empty / f64::from(1 << 20),
        counted / f64::from(1 << 20)
    ));
    Ok(())
}

/// A screen of 45 lines somewhere.
fn pages(store: &Store) {
    let first = store.records_after(&Query::default(), None, 1);
    let last = store.records_before(&Query::default(), None, 1);
    let (Some(first), Some(last)) = (first.first(), last.first()) else { return };
    let mut random = Random(7);
    let one = Query { services: ["api".into()].into(), ..Query::default() };
    for (name, query) in [("all services", Query::default()), ("one service", one)] {
        let mut times: Vec<_> = (0..400)
            .map(|_| {
                let share = random.below(1_000_000) as i32;
                let time = first.time + (last.time - first.time) / 1_000_000 * share;
                let place = Position { time, id: RecordId(0) };
                let begin = Instant::now();
                assert_eq!(store.records_after(&query, Some(place), 45).len(), 45);
                begin.elapsed()
            })
            .collect();
        times.sort_unstable();
        let at = |share: usize| times.get(times.len() * share / 100).map_or(0, Duration::as_micros);
        say(&format!("45 lines anywhere, {name}: median {} us, p99 {} us\n", at(50), at(99)));
    }
    let mut records = Vec::new();
    for _ in 0..400 {
        let share = random.below(1_000_000) as i32;
        let time = first.time + (last.time - first.time) / 1_000_000 * share;
        let place = Position { time, id: RecordId(0) };
        records.extend(store.records_after(&Query::default(), Some(place), 1));
    }
    let begin = Instant::now();
    let found = records.iter().filter(|r| store.record(r.position()).is_some()).count();
    let each = begin.elapsed().as_micros() as usize / found.max(1);
    say(&format!("one record by its place: {each} us\n"));
}

fn search(store: &Store, word: &str, file: &std::path::Path) -> Result<()> {
    let matcher = TextMatcher::parse(word).map_err(|e| eyre!(e))?;
    let query = Query { text: matcher.into_iter().collect(), ..Query::default() };
    let (mut before, mut hits, mut slices) = (None, 0, 0);
    let mut slowest = Duration::ZERO;
    let begin = Instant::now();
    loop {
        let one = Instant::now();
        let scan = store.scan_before(&query, before, SLICE);
        slowest = slowest.max(one.elapsed());
        slices += 1;
        hits += scan.hits.len();
        before = scan.reached;
        if before.is_none() {
            break;
        }
    }
    let ours = begin.elapsed();
    let begin = Instant::now();
    let count = store.count(&query, usize::MAX);
    let counted = begin.elapsed();
    assert_eq!(count, hits);
    let pattern = word.trim_matches('/').replace("\\d", "[0-9]");
    let (name, theirs, counted_theirs) =
        match peer("rg", &["-j1", "-i", "-c", "-e", &pattern], file) {
            Some((time, count)) => ("rg -j1", time, count),
            None => peer("grep", &["-i", "-a", "-c", "-e", &pattern], file)
                .map_or(("no peer", Duration::ZERO, 0), |(time, count)| ("grep", time, count)),
        };
    say(&format!(
        "search {word}: {hits} hits in {:.0} ms ({slices} slices, slowest {:.1} ms), count alone {:.0} ms; {name} over the file: {counted_theirs} in {:.0} ms\n",
        ours.as_secs_f64() * 1e3,
        slowest.as_secs_f64() * 1e3,
        counted.as_secs_f64() * 1e3,
        theirs.as_secs_f64() * 1e3,
    ));
    Ok(())
}

/// The best of three runs of another program, and what it counted.
fn peer(program: &str, arguments: &[&str], file: &std::path::Path) -> Option<(Duration, usize)> {
    (0..3)
        .map(|_| {
            let begin = Instant::now();
            let output =
                Command::new(program).args(arguments).arg(file).env("LC_ALL", "C").output().ok()?;
            let text = String::from_utf8(output.stdout).ok()?;
            Some((begin.elapsed(), text.trim().parse().unwrap_or(0)))
        })
        .min()
        .flatten()
}

struct Filled {
    store: Store,
    text_bytes: usize,
    push: Duration,
    slowest: Duration,
}

fn fill(lines: u64) -> Filled {
    let mut store = Store::new(Limits::default());
    let mut services = Services::new();
    let (mut text_bytes, mut push, mut slowest) = (0, Duration::ZERO, Duration::ZERO);
    for _ in 0..lines {
        let record = Arc::new(services.line());
        text_bytes += record.text.len();
        let begin = Instant::now();
        store.push(record);
        let time = begin.elapsed();
        push += time;
        slowest = slowest.max(time);
    }
    Filled { store, text_bytes, push, slowest }
}

fn write(file: &std::path::Path) -> Result<()> {
    let mut out = BufWriter::new(fs::File::create(file)?);
    let mut services = Services::new();
    for _ in 0..LINES {
        writeln!(out, "{}", services.line().text)?;
    }
    out.flush()?;
    Ok(())
}

/// Ten services of five kinds that log all the time; the same lines in every run.
struct Services {
    random: Random,
    origins: Vec<Arc<Origin>>,
    nanos: i64,
    id: u64,
}

impl Services {
    fn new() -> Self {
        let names =
            ["web", "api", "worker", "db", "jobs", "edge", "shop", "mail", "users", "reports"];
        let origin = |name: &&str| {
            Arc::new(Origin {
                service: (*name).into(),
                container: format!("{name}-1").as_str().into(),
                replica: 1,
                is_tty: false,
            })
        };
        let nanos = 1_790_000_000_000_000_000;
        Self { random: Random(42), origins: names.iter().map(origin).collect(), nanos, id: 0 }
    }

    fn line(&mut self) -> LogRecord {
        let random = &mut self.random;
        self.nanos += random.below(7_200_000) as i64;
        self.id += 1;
        let which = random.below(10) as usize;
        let time = chrono::DateTime::from_timestamp_nanos(self.nanos);
        let status = if random.below(50) == 0 { 500 + random.below(5) } else { 200 };
        let level = if status == 200 { Level::Info } else { Level::Error };
        let path = ["users", "orders", "cart", "search", "static/app.js", "login", "health"]
            [random.below(7) as usize];
        let (number, ms) = (random.below(100_000), random.below(900));
        let id = random.hex();
        let text = match which % 5 {
            0 => format!(
                "10.{}.{}.{} - - [{}] \"GET /api/{path}/{number} HTTP/1.1\" {status} {} \"-\" \"Mozilla/5.0 (X11; Linux x86_64) Firefox/{}.0\"",
                random.below(4),
                random.below(256),
                random.below(256),
                time.format("%d/%b/%Y:%H:%M:%S %z"),
                random.below(50_000),
                100 + random.below(30),
            ),
            1 => format!(
                "{{\"time\":\"{}\",\"level\":\"info\",\"msg\":\"request done\",\"path\":\"/{path}/{number}\",\"status\":{status},\"ms\":{ms},\"id\":\"{id:08x}\"}}",
                time.format("%Y-%m-%dT%H:%M:%S%.3fZ"),
            ),
            2 => format!(
                "{{\"level\":30,\"time\":{},\"pid\":{},\"hostname\":\"{:012x}\",\"reqId\":\"req-{number}\",\"res\":{{\"statusCode\":{status}}},\"responseTime\":{ms}.{id},\"msg\":\"request completed\"}}",
                time.timestamp_millis(),
                17,
                0x3f2a_91bc_77d0_u64,
            ),
            3 => match random.below(3) {
                0 => format!(
                    "{} UTC [{}] LOG:  duration: {ms}.{:03} ms  statement: SELECT id, name, price FROM {path} WHERE id = {number} LIMIT 50",
                    time.format("%Y-%m-%d %H:%M:%S%.3f"),
                    60 + random.below(30),
                    random.below(1_000),
                ),
                1 => format!(
                    "{} UTC [31] LOG:  checkpoint complete: wrote {} buffers (0.{}%); 0 WAL file(s) added, 0 removed; write={}.{} s",
                    time.format("%Y-%m-%d %H:%M:%S%.3f"),
                    random.below(4_000),
                    random.below(9),
                    ms,
                    random.below(999),
                ),
                _ if random.below(8_000) == 0 => format!(
                    "{} UTC [88] ERROR:  deadlock detected at character {number}",
                    time.format("%Y-%m-%d %H:%M:%S%.3f"),
                ),
                _ => format!(
                    "{} UTC [{}] LOG:  connection authorized: user=app database=shop application_name={path} SSL enabled (protocol=TLSv1.3)",
                    time.format("%Y-%m-%d %H:%M:%S%.3f"),
                    60 + random.below(30),
                ),
            },
            _ => format!(
                "{} INFO [app.tasks.{path}] Task process_{path}[{id:08x}-{:04x}] succeeded in 0.{ms:03}s: {{'rows': {number}, 'status={status}': True}}",
                time.format("%Y-%m-%d %H:%M:%S,%3f"),
                random.below(65_536),
            ),
        };
        let message_at = if which % 5 > 2 { 24 } else { 0 };
        LogRecord {
            id: RecordId(self.id),
            time,
            origin: Arc::clone(self.origins.get(which).unwrap_or(&self.origins[0])),
            stream: Stream::Stdout,
            level,
            text: SafeText::from(text),
            message_at,
        }
    }
}

/// Numbers that are the same in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn hex(&mut self) -> u64 {
        self.next() & 0xffff_ffff
    }
}

fn status(name: &str) -> Result<usize> {
    let text = fs::read_to_string("/proc/self/status")?;
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|line| line.split_whitespace().next());
    Ok(number.ok_or_else(|| eyre!("no {name}"))?.parse()?)
}

fn say(text: &str) {
    // Nobody reads on: nothing to do about it.
    let _ = std::io::stdout().write_all(text.as_bytes());
}
