//! The program inside the containers: writes lines that prove themselves, and keeps a ledger of them outside.
//!
//! `writer SERVICE RATE [out|both|tty] [long] [die=SECONDS] [count=LINES]`; rate 0 is as fast as it goes. The ledger has
//! a file for each pipe of each run with two times for each line, before it was written and after, so that not even
//! SIGKILL hides one. A file `SERVICE.burst` beside it that holds a number has so many lines written at once.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a program of the tests")]

mod line;

use std::{
    fmt::Write as _,
    fs::{self, File},
    io::Write as _,
    os::{fd::FromRawFd as _, unix::fs::FileExt as _},
    path::PathBuf,
    thread::sleep,
    time::{Duration, Instant, SystemTime},
};

const LEDGER: &str = "/ledger";
const WORDS: [&str; 16] = [
    "order", "basket", "harbour", "window", "paid", "shipped", "mirror", "copper", "seven",
    "violet", "INFO", "ready", "lantern", "retry", "café", "束",
];
/// So many of them, the first, are plain: where the Engine cuts a long line inside a character, its json-file driver
/// keeps two replacement characters instead.
const PLAIN: u64 = 14;

/// One pipe of one run.
struct Pipe {
    name: &'static str,
    file: File,
    ledger: File,
    number: u64,
}

impl Pipe {
    fn line(&mut self, writer: &str, payload: &str) {
        let at = self.number * 16;
        self.number += 1;
        let mut text = line::form(writer, self.name, self.number, payload);
        text.push('\n');
        self.ledger.write_all_at(&now().to_le_bytes(), at).unwrap();
        if self.file.write_all(text.as_bytes()).is_err() {
            std::process::exit(3);
        }
        self.ledger.write_all_at(&now().to_le_bytes(), at + 8).unwrap();
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [service, rate, options @ ..] = &arguments[..] else {
        eprintln!("writer SERVICE RATE [out|both|tty] [long] [die=SECONDS] [count=LINES]");
        std::process::exit(2);
    };
    let rate: f64 = rate.parse().unwrap();
    let number = |key: &str| -> Option<u64> {
        options.iter().find_map(|o| o.strip_prefix(key)).map(|n| n.parse().unwrap())
    };
    let (die, count) = (number("die="), number("count=").unwrap_or(u64::MAX));
    let has = |word: &str| options.iter().any(|o| o == word);
    let (is_long, has_both) = (has("long"), has("both"));

    let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    let mut run = 1;
    let (writer, out) = loop {
        let writer = format!("{service}.{}.{run}", host.trim());
        match File::create_new(PathBuf::from(LEDGER).join(format!("{writer}.out"))) {
            Ok(file) => break (writer, file),
            Err(_) if run < 10_000 => run += 1,
            Err(error) => {
                eprintln!("no ledger: {error}");
                std::process::exit(4);
            }
        }
    };
    let err = File::create_new(PathBuf::from(LEDGER).join(format!("{writer}.err"))).unwrap();
    // SAFETY: both are open, and nothing else in this program uses them.
    #[allow(unsafe_code, reason = "unbuffered, and a write is one system call")]
    let [stdout, stderr] = [1, 2].map(|number| unsafe { File::from_raw_fd(number) });
    let mut pipes = [
        Pipe { name: "out", file: stdout, ledger: out, number: 0 },
        Pipe { name: "err", file: stderr, ledger: err, number: 0 },
    ];

    let (begin, mut written, mut dice) = (Instant::now(), 0_u64, now() | 1);
    let burst = PathBuf::from(LEDGER).join(format!("{service}.burst"));
    let taken = PathBuf::from(LEDGER).join(format!("{service}.{}.taken", host.trim()));
    let mut extra = 0;
    loop {
        let elapsed = begin.elapsed();
        if die.is_some_and(|seconds| elapsed >= Duration::from_secs(seconds)) {
            std::process::exit(1);
        }
        if fs::rename(&burst, &taken).is_ok() {
            extra += fs::read_to_string(&taken).unwrap().trim().parse::<u64>().unwrap();
        }
        let due = if rate == 0.0 { written + 100 } else { (elapsed.as_secs_f64() * rate) as u64 };
        let due = due.min(count) + extra;
        while written < due {
            written += 1;
            let at = usize::from(has_both && roll(&mut dice) % 4 == 0);
            let payload = payload(&mut dice, is_long && written % 50 == 0);
            pipes[at].line(&writer, &payload);
        }
        if rate > 0.0 || written >= count {
            sleep(Duration::from_millis(10));
        }
    }
}

fn payload(dice: &mut u64, is_long: bool) -> String {
    let mut text = String::new();
    if is_long {
        // Over the 16 kB that the Engine keeps in one piece.
        let length = 16_000 + roll(dice) % 30_000;
        while text.len() < length as usize {
            let _ = write!(text, "{}{} ", WORDS[(roll(dice) % PLAIN) as usize], roll(dice) % 97);
        }
    } else {
        for _ in 0..3 + roll(dice) % 10 {
            let _ = write!(text, "{} ", WORDS[roll(dice) as usize % 16]);
        }
    }
    text.push('.');
    text
}

fn roll(dice: &mut u64) -> u64 {
    *dice ^= *dice << 13;
    *dice ^= *dice >> 7;
    *dice ^= *dice << 17;
    *dice
}

fn now() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    u64::try_from(now.as_nanos()).unwrap()
}
