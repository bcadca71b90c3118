//! A: what no real Engine can be made to send, from one that is played.

use crate::{
    Fault, Found, Miss,
    fake::{A, B, Fake, Reply, frame, inspected, is_logs, missing, origin},
    quick,
};
use dogwatch::{
    model::{Anchor, Stream},
    source::{Delivery, Resume, Source as _},
};
use std::{collections::BTreeMap, fs, time::Instant};
use tokio::{sync::mpsc, time::Duration};

pub(crate) const FAULTS: &[Fault] = &[
    quick("A13", "lines that are equal, times too", a13),
    quick("A14", "lines of 16 kB to 100 MB", a14),
    quick("A15", "parts of two pipes alternating", a15),
    quick("A16", "a part, and then death", a16),
    quick("A17", "a terminal without line ends", a17),
    quick("A18", "damaged frames", a18),
    quick("A19", "a body cut inside a frame", a19),
    quick("A20", "a head and then silence", a20),
    quick("A21", "times that are missing or garbage", a21),
];

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Runtime::new().unwrap()
}

/// The lines of a container whose log is this and that ends then.
fn lines(is_tty: bool, body: Reply, state: &'static str) -> Vec<String> {
    runtime().block_on(async {
        let fake = Fake::new(move |path, count| match (is_logs(path), count) {
            (true, 0) => body.clone(),
            (true, _) => missing(),
            _ => inspected(state),
        });
        fake.follow(is_tty, Resume::default()).await.1
    })
}

fn a13() -> Found {
    let same = frame(1, &format!("{A} the same\n"));
    let lines = lines(false, Reply::Many(same, 1_000, Vec::new()), "exited");
    let (kept, all) = (lines.iter().filter(|line| *line == "Stdout the same").count(), 1_000);
    verdict(kept == all, format!("kept {kept} of {all}"))
}

/// One line in the pieces that the Engine makes of it.
fn pieces(length: usize) -> Vec<Vec<u8>> {
    let mut left = length;
    let mut frames = Vec::new();
    loop {
        let part = left.min(16_384);
        left -= part;
        let end = if left == 0 { "\n" } else { "" };
        frames.push(frame(1, &format!("{A} {}{end}", "x".repeat(part))));
        if left == 0 {
            return frames;
        }
    }
}

fn a14() -> Found {
    let next = frame(1, &format!("{B} next\n"));
    for length in [16_383, 16_384, 16_385, 40_000, 1 << 20] {
        let body: Vec<_> = pieces(length).into_iter().chain([next.clone()]).collect();
        let lines = lines(false, Reply::Stream(body), "exited");
        let lengths: Vec<usize> = lines.iter().map(|line| line.len() - "Stdout ".len()).collect();
        if lengths != [length, 4] {
            return Err(Miss::Wrong(format!("of {length} bytes came {lengths:?}")));
        }
    }
    let part = frame(1, &format!("{A} {}", "x".repeat(16_384)));
    let before = memory("VmRSS:");
    let rest = vec![frame(1, &format!("{A} \n")), next];
    let lines = lines(false, Reply::Many(part, 6_400, rest), "exited");
    let grown = memory("VmHWM:") - before;
    let mark = lines[0].rsplit('…').next().unwrap_or_default().to_owned();
    let is_right = lines.len() == 2 && lines[1] == "Stdout next" && mark.contains("cut at 1 MiB");
    verdict(
        is_right,
        format!("100 MB: \"…{mark}\", next line intact, memory at most +{grown:.0} MB"),
    )
}

fn a15() -> Found {
    let part = |kind: u8, text: &str| frame(kind, &format!("{A} {text}"));
    let body = vec![
        part(1, "out one "),
        part(2, "err one "),
        part(1, "out two "),
        part(2, "err two\n"),
        part(1, "out three\n"),
    ];
    let mut lines = lines(false, Reply::Stream(body), "exited");
    lines.sort();
    verdict(
        lines == ["Stderr err one err two", "Stdout out one out two out three"],
        format!("{} lines, equal bytes", lines.len()),
    )
}

fn a16() -> Found {
    let body = vec![frame(1, &format!("{A} whole\n")), frame(2, &format!("{B} par"))];
    let lines = lines(false, Reply::Stream(body), "exited");
    verdict(lines == ["Stdout whole", "Stderr par"], format!("present, {lines:?}"))
}

fn a17() -> Found {
    let before = cpu();
    let begin = Instant::now();
    let head = format!("{A} ");
    let mut body = vec![head.into_bytes()];
    body.extend((0..40).map(|_| vec![b'x'; 1 << 20]));
    let endless = lines(true, Reply::Stream(body), "exited");
    let (busy, took) = (cpu() - before, begin.elapsed());
    let text = format!("{A} 10%\r20%\r100%\r\n{B} plain\r\n").into_bytes();
    let bar = lines(true, Reply::Stream(vec![text]), "exited");
    let is_right = endless.len() == 1
        && endless[0].len() < (1 << 20) + 100
        && bar.len() == 2
        && bar[0].contains("100%")
        && bar[1] == "Stdout plain";
    verdict(is_right, format!("40 MB in {took:.1?}, {busy:.2} s of CPU; bar {:?}", bar[0]))
}

fn a18() -> Found {
    let good = frame(1, &format!("{A} good\n"));
    let mut slowest = Duration::ZERO;
    for (what, bad, want) in [
        ("type 7", vec![7, 0, 0, 0, 0, 0, 0, 1, 0], "transient"),
        ("4 GiB", vec![1, 0, 0, 0, 255, 255, 255, 255], "transient"),
        ("length 0", vec![1, 0, 0, 0, 0, 0, 0, 0], "kept on"),
    ] {
        let begin = Instant::now();
        let (good, is_nothing) = (good.clone(), want == "kept on");
        let (end, lines) = runtime().block_on(async {
            let fake = Fake::new(move |path, count| match (is_logs(path), count) {
                (true, 0) if is_nothing => {
                    Reply::Stream(vec![good.clone(), bad.clone(), good.clone()])
                }
                (true, 0) => Reply::Hang(vec![good.clone(), bad.clone()]),
                (true, _) => missing(),
                _ => inspected("exited"),
            });
            fake.follow(false, Resume::default()).await
        });
        slowest = slowest.max(begin.elapsed());
        let is_right = match want {
            "transient" => end.is_err() && lines == ["Stdout good"],
            _ => end.is_ok() && lines.len() >= 2,
        };
        if !is_right {
            return Err(Miss::Wrong(format!("{what}: {end:?}, {lines:?}")));
        }
    }
    let text = b"\x01\0\0\0 from a terminal\r\n".to_vec();
    let lines = lines(true, Reply::Stream(vec![text]), "exited");
    let is_right = lines.len() == 1 && slowest < Duration::from_secs(5);
    verdict(is_right, format!("no stall over {slowest:.1?}, a terminal's bytes are text"))
}

fn a19() -> Found {
    runtime().block_on(async {
        let whole = frame(2, &format!("{B} the whole line\n"));
        let fake = Fake::new(move |path, count| match (is_logs(path), count) {
            (true, 0) => Reply::Cut(vec![frame(1, &format!("{A} one\n")), whole[..20].to_vec()]),
            (true, 1) => Reply::Stream(vec![frame(1, &format!("{A} one\n")), whole.clone()]),
            (true, _) => missing(),
            _ => inspected("exited"),
        });
        let (end, mut lines) = fake.follow(false, Resume::default()).await;
        let is_transient = end.is_err_and(|error| error.is_transient());
        // What the engine does then: again, from what it took.
        let anchor = Anchor { time: A.parse().unwrap(), same: 1 };
        let anchors = BTreeMap::from([(Stream::Stdout, anchor)]);
        let again = fake.follow(false, Resume { anchors, ..Resume::default() }).await;
        lines.extend(again.1);
        let is_right = is_transient && lines == ["Stdout one", "Stderr the whole line"];
        verdict(is_right, format!("missing {}", 2_usize.saturating_sub(lines.len())))
    })
}

fn a20() -> Found {
    runtime().block_on(async {
        let silent = Fake::new(|path, _| match () {
            () if path.contains("tail=1") => Reply::Stream(vec![frame(1, &format!("{B} new\n"))]),
            () if is_logs(path) => Reply::Hang(vec![frame(1, &format!("{A} old\n"))]),
            () => inspected("running"),
        });
        let lively = Fake::new(|path, _| {
            if is_logs(path) {
                Reply::Hang(vec![frame(1, &format!("{A} at once\n"))])
            } else {
                inspected("running")
            }
        });
        let begin = Instant::now();
        let (tx, mut rx) = mpsc::channel(8);
        let docker = lively.docker().await;
        let other = tokio::spawn(docker.follow(origin(false), Resume::default(), tx));
        let (stuck, first) = tokio::join!(silent.follow(false, Resume::default()), async {
            let first = rx.recv().await;
            (first.is_some_and(|d| matches!(d, Delivery::Lines(_))), begin.elapsed())
        });
        other.abort();
        let noticed = begin.elapsed();
        let is_right = stuck.0.is_err_and(|e| e.to_string().contains("stuck")) && first.0;
        verdict(
            is_right,
            format!("noticed after {noticed:.1?}; another's line after {:.0?}", first.1),
        )
    })
}

fn a21() -> Found {
    let body = vec![
        frame(1, "no time at all\n"),
        frame(1, "2026-99-99T00:00:00Z garbage\n"),
        frame(2, &format!("{A} a time\n")),
    ];
    let lines = lines(false, Reply::Stream(body), "exited");
    let guessed = lines.iter().filter(|line| line.contains("(no time)")).count();
    verdict(
        lines.len() == 3 && guessed == 2,
        format!("kept {} of 3, {guessed} without time", lines.len()),
    )
}

fn verdict(is_right: bool, figure: String) -> Found {
    if is_right { Ok(figure) } else { Err(Miss::Wrong(figure)) }
}

/// Of this process, in MB.
fn memory(key: &str) -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(key)).unwrap();
    line.split_whitespace().next().unwrap().parse::<f64>().unwrap() / 1024.0
}

/// Of this thread's process, in seconds.
fn cpu() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split(' ').collect();
    (fields[12].parse::<f64>().unwrap() + fields[13].parse::<f64>().unwrap()) / 100.0
}
