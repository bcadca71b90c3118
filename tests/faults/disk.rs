//! E: the disk, and what is kept on it.

use crate::{
    Fault, Found, Miss,
    pty::Pty,
    quick,
    scene::{Scene, figures, root, slowest_key, wait},
    witness::journal,
};
use chrono::{DateTime, Utc};
use dogwatch::{
    config::Paths,
    model::{Anchor, Level, Row, Speaker, Stream},
    store::{
        journal::{Journal, Settings},
        state::{self, Checkpoint, State},
    },
};
use portable_pty::CommandBuilder;
use std::{
    collections::BTreeMap,
    fmt::{Display, Write as _},
    fs::{self, File},
    io::Write as _,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    process::{Child, Command, ExitCode, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

pub(crate) const FAULTS: &[Fault] = &[
    quick("E1", "a full disk, then room again", e1),
    quick("E2", "no room while state is saved", e2),
    quick("E3", "200 kills while saving", e3),
    quick("E4", "state that is no state", e4),
    quick("E5", "state of a newer dogwatch", e5),
    quick("E6", "a migration killed half-way", e6),
    quick("E7", "a row half written", e7),
    quick("E8", "journal files vanish and shrink", e8),
    quick("E9", "links, pipes and folders for state", e9),
    quick("E10", "rights with umask 000", e10),
    quick("E11", "a second instance", e11),
    quick("E12", "a lock left by kill -9", e12),
    quick("E13", "a disk that cannot be written", e13),
    quick("E14", "names that are paths", e14),
    quick("E15", "compose files of all kinds", e15),
    quick("E16", "a disk that stands still", e16),
];

const DOGWATCH: &str = env!("CARGO_BIN_EXE_dogwatch");

fn verdict(is_right: bool, figure: String) -> Found {
    if is_right { Ok(figure) } else { Err(Miss::Wrong(figure)) }
}

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000 + second, 0).unwrap()
}

/// A file system in memory. It goes with the value.
struct Mounted(PathBuf);

impl Mounted {
    fn new(at: &Path, options: &str) -> Result<Self, Miss> {
        root()?;
        fs::create_dir_all(at).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", options, "none"]).arg(at);
        match mount.output() {
            Ok(output) if output.status.success() => Ok(Self(at.to_owned())),
            _ => Err(Miss::skip("nothing can be mounted here")),
        }
    }

    fn fill(&self) {
        let mut file = File::create(self.0.join("ballast")).unwrap();
        let mut piece = vec![0; 1 << 16];
        while !piece.is_empty() {
            if file.write_all(&piece).is_err() {
                piece.truncate(piece.len() / 2);
            }
        }
    }

    fn free(&self) {
        fs::remove_file(self.0.join("ballast")).unwrap();
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// Opens what this process had open before: a program that another row has just forked holds the lock for a moment,
/// until it becomes another program.
fn again<T, E: Display>(open: impl Fn() -> Result<T, E>) -> Result<T, E> {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        match open() {
            Err(error)
                if error.to_string().contains("another dogwatch") && Instant::now() < deadline =>
            {
                sleep(Duration::from_millis(5));
            }
            other => return other,
        }
    }
}

fn open(path: &Path) -> Result<State, state::Error> {
    again(|| State::open(path))
}

fn e1() -> Found {
    let mut scene = Scene::quiet("e1", &[("api", "300 both", &[])])?;
    let disk = Mounted::new(&scene.home.path().join("state"), "size=48m,mode=0700")?;
    let mut pty = Pty::run(scene.watch.command(), 120, 40);
    wait("rows", || !scene.recorded().stored.is_empty());
    disk.fill();
    sleep(Duration::from_secs(1));
    scene.writers.burst("api", 5_000);
    pty.wait("told", |screen| {
        let text = screen.contents().to_lowercase();
        text.contains("full") || text.contains("no space") || text.contains("paused")
    });
    sleep(Duration::from_secs(2));
    disk.free();
    let back = scene.fresh("api");
    let verdict_ = scene.settle()?;
    pty.press("q");
    let (code, _) = pty.end();
    scene.watcher = None;
    let state = open(&scene.watch.folder().join("state.db"));
    let is_whole = state.is_ok_and(|state| state.warnings().is_empty());
    let figure =
        format!("told, back after {back:.1?}, {}, state whole {is_whole}", figures(&verdict_));
    verdict(code == 0 && is_whole, figure)
}

fn e2() -> Found {
    let folder = tempfile::tempdir().unwrap();
    let disk = Mounted::new(&folder.path().join("disk"), "size=4m,mode=0700")?;
    let path = folder.path().join("disk/state.db");
    let mut state = open(&path).unwrap();
    let saved = (1..=50).find(|number| state.save("shop", &moment(*number)).is_err());
    assert_eq!(saved, None, "there is room");
    disk.fill();
    let mut refused = 0;
    for number in 51..2_000 {
        if state.save("shop", &moment(number)).is_err() {
            refused = number;
            break;
        }
    }
    disk.free();
    let whole = state.load("shop").unwrap();
    let is_one_moment = whole.next_id == refused - 1
        && whole
            .anchors
            .values()
            .flat_map(|a| a.values())
            .all(|a| u64::from(a.same) == whole.next_id);
    let goes_on = state.save("shop", &moment(refused)).is_ok();
    verdict(
        refused > 0 && is_one_moment && goes_on,
        format!("refused at save {refused}, the one before is whole, goes on"),
    )
}

/// A moment that can be told from every other, in each of its parts.
fn moment(number: u64) -> Checkpoint {
    let anchor = |n: u32| {
        let time = at(i64::try_from(number).unwrap());
        (format!("c{n}").as_str().into(), Stream::Stdout, Anchor { time, same: number as u32 })
    };
    Checkpoint {
        anchors: (0..200).map(anchor).collect(),
        next_id: number,
        now: Some(at(1)),
        ..Checkpoint::default()
    }
}

/// Saves and writes rows until it is killed: the child of [`e3`].
pub(crate) fn save_for_ever(folder: &Path) -> ExitCode {
    let mut state = open(&folder.join("state.db")).unwrap();
    let (mut journal, opened) = Journal::open(
        &folder.join("journal"),
        Settings { file_bytes: 100_000, ..Settings::default() },
        at(0),
    )
    .unwrap();
    for number in opened.next_id.0.. {
        for _ in 0..3 {
            journal.append(&row(number));
        }
        journal.flush().unwrap();
        state.save("shop", &moment(number)).unwrap();
    }
    ExitCode::SUCCESS
}

fn row(id: u64) -> Row<'static> {
    Row {
        id,
        time: Some(at(1)),
        line_time: None,
        source: Speaker::Container,
        service: "api".into(),
        container: "c".into(),
        replica: 1,
        run: None,
        stream: Stream::Stdout,
        level: Level::Info,
        text: "said".into(),
        message_at: 0,
        fields: BTreeMap::new(),
        redacted: Vec::new(),
        gap: None,
    }
}

fn child(folder: &Path) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.arg("save").arg(folder).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

fn e3() -> Found {
    let folder = tempfile::tempdir().unwrap();
    let (mut whole, mut last, mut dice) = (0, 0, 12_345_u64);
    for _ in 0..200 {
        let mut child = child(folder.path());
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        sleep(Duration::from_micros(3_000 + (dice >> 40) % 30_000));
        child.kill().unwrap();
        child.wait().unwrap();
        let state = open(&folder.path().join("state.db")).unwrap();
        let saved = state.load("shop").unwrap();
        let anchors: Vec<u64> =
            saved.anchors.values().flat_map(|a| a.values()).map(|a| u64::from(a.same)).collect();
        let is_one = anchors.iter().all(|same| *same == saved.next_id);
        let is_all = saved.next_id == 0 || anchors.len() == 200;
        let is_warned = !state.warnings().is_empty();
        whole += u32::from(is_one && is_all && !is_warned && saved.next_id >= last);
        last = saved.next_id;
    }
    // Rows come before the moment that counts them.
    let journal = folder.path().join("journal");
    let (opened, cut) = {
        let (_, opened) = again(|| Journal::open(&journal, Settings::default(), at(0))).unwrap();
        (opened.next_id.0, opened.repaired)
    };
    let recorded = journal::read(&journal);
    let is_ahead = opened > last && recorded.broken.is_empty();
    verdict(
        whole == 200 && is_ahead && last > 100,
        format!("{whole} of 200 whole, {last} saves, journal ahead {is_ahead}, last cut {cut}"),
    )
}

fn e4() -> Found {
    let deep = "[".repeat(10_000);
    let cases: [&[u8]; 5] = [
        &[0; 4_096],
        b"{\"schema\":3",
        deep.as_bytes(),
        b"SQLite format 3\0 and not",
        &[0xff; 100],
    ];
    let folder = tempfile::tempdir().unwrap();
    for (number, bytes) in cases.iter().enumerate() {
        let path = folder.path().join(number.to_string()).join("state.db");
        fs::create_dir(path.parent().unwrap()).unwrap();
        fs::set_permissions(path.parent().unwrap(), PermissionsExt::from_mode(0o700)).unwrap();
        fs::write(&path, bytes).unwrap();
        let mut state = open(&path).map_err(|e| Miss::Wrong(format!("case {number}: {e}")))?;
        let says = state.warnings().first().map(ToString::to_string).unwrap_or_default();
        if !says.contains("started fresh") || state.save("shop", &moment(1)).is_err() {
            return Err(Miss::Wrong(format!("case {number}: {says:?}")));
        }
    }
    let path = folder.path().join("huge/state.db");
    fs::create_dir(path.parent().unwrap()).unwrap();
    fs::set_permissions(path.parent().unwrap(), PermissionsExt::from_mode(0o700)).unwrap();
    File::create(&path).unwrap().set_len(1 << 30).unwrap();
    let begin = Instant::now();
    let huge = open(&path).map(|state| state.warnings().len());
    let figure = format!("5 put aside and started fresh; 1 GB of NUL in {:.1?}", begin.elapsed());
    verdict(huge.is_ok_and(|warnings| warnings == 1), figure)
}

fn e5() -> Found {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("own/state.db");
    drop(open(&path).unwrap());
    rusqlite::Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let before = fs::read(&path).unwrap();
    let says = open(&path).unwrap_err().to_string();
    let is_same = fs::read(&path).unwrap() == before;
    verdict(is_same && says.contains("newer"), format!("file unchanged {is_same}, \"{says}\""))
}

/// The first tables that were ever released.
const FIRST: &str = "
    CREATE TABLE project (name TEXT PRIMARY KEY, sessions INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE problem (project TEXT NOT NULL, fingerprint TEXT NOT NULL, last_seen INTEGER NOT NULL,
        is_kept INTEGER NOT NULL, json TEXT NOT NULL, PRIMARY KEY (project, fingerprint)) WITHOUT ROWID;
    CREATE TABLE anchor (project TEXT NOT NULL, container TEXT NOT NULL, stream TEXT NOT NULL,
        time INTEGER NOT NULL, same INTEGER NOT NULL, PRIMARY KEY (project, container, stream)) WITHOUT ROWID;
    CREATE TABLE setting (project TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
        PRIMARY KEY (project, key)) WITHOUT ROWID;
    PRAGMA user_version = 1;";

fn e6() -> Found {
    let folder = tempfile::tempdir().unwrap();
    let (mut finished, rounds) = (0, 20);
    for round in 0..rounds {
        let home = folder.path().join(round.to_string());
        let path = home.join("state.db");
        fs::create_dir(&home).unwrap();
        fs::set_permissions(&home, PermissionsExt::from_mode(0o700)).unwrap();
        let mut old = rusqlite::Connection::open(&path).unwrap();
        fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).unwrap();
        let old = old.transaction().unwrap();
        old.execute_batch(FIRST).unwrap();
        for number in 0..200 {
            let container = format!("c{number}");
            old.execute("INSERT INTO anchor VALUES ('shop', ?1, 'stdout', 1, 7)", [container])
                .unwrap();
        }
        old.commit().unwrap();
        let mut child = child(&home);
        sleep(Duration::from_micros(500 * round));
        child.kill().unwrap();
        child.wait().unwrap();
        let state = open(&path).unwrap();
        let saved = state.load("shop").unwrap();
        finished += u64::from(state.warnings().is_empty() && saved.anchors.len() == 200);
    }
    verdict(finished == rounds, format!("{finished} of {rounds} finish and keep everything"))
}

fn rows(journal: &mut Journal, ids: std::ops::RangeInclusive<u64>) {
    for id in ids {
        journal.append(&row(id));
    }
    journal.flush().unwrap();
}

fn newest(folder: &Path) -> PathBuf {
    let files = fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path());
    files.filter(|path| path.extension().is_some_and(|e| e == "ndjson")).max().unwrap()
}

fn e7() -> Found {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("journal");
    let (mut journal, _) = Journal::open(&place, Settings::default(), at(0)).unwrap();
    rows(&mut journal, 1..=10);
    drop(journal);
    let file = newest(&place);
    let before = fs::read(&file).unwrap();
    File::options()
        .append(true)
        .open(&file)
        .unwrap()
        .write_all(b"{\"id\":11,\"service\":\"a")
        .unwrap();
    let (mut journal, opened) =
        again(|| Journal::open(&place, Settings::default(), at(0))).unwrap();
    let is_intact = fs::read(&file).unwrap() == before;
    rows(&mut journal, opened.next_id.0..=20);
    drop(journal);
    let recorded = journal::read(&place);
    let ids: Vec<u64> = recorded.stored.iter().map(|row| row.id).collect();
    let is_right = opened.repaired == 1 && is_intact && ids == (1..=20).collect::<Vec<_>>();
    verdict(
        is_right && recorded.broken.is_empty(),
        format!("cut {}, lines before intact, goes on", opened.repaired),
    )
}

fn e8() -> Found {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("journal");
    let small =
        Settings { file_bytes: 64_000, max_bytes: 400_000, compress: false, ..Settings::default() };
    let (mut journal, _) = Journal::open(&place, small.clone(), at(0)).unwrap();
    rows(&mut journal, 1..=100);
    fs::remove_file(newest(&place)).unwrap();
    rows(&mut journal, 101..=200);
    // Somebody else's logrotate with copytruncate.
    File::options().write(true).open(newest(&place)).unwrap().set_len(0).unwrap();
    for batch in 2..200 {
        rows(&mut journal, batch * 100 + 1..=batch * 100 + 100);
    }
    journal.sweep(at(2)).unwrap();
    let notices = journal.take_notices().len();
    drop(journal);
    let recorded = journal::read(&place);
    let is_kept = recorded.stored.last().is_some_and(|row| row.id == 20_000);
    let (files, bytes) = recorded.files;
    let is_right = is_kept && recorded.broken.is_empty() && bytes <= 400_000 + 64_000;
    verdict(
        is_right,
        format!("{files} files, {} of 400 kB kept, {notices} notices, newest there", bytes / 1_000),
    )
}

fn e9() -> Found {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("precious");
    fs::write(&target, "precious").unwrap();
    let mut refused = Vec::new();
    for kind in ["link", "fifo", "folder", "folder link"] {
        let home = folder.path().join(kind.replace(' ', "-"));
        fs::create_dir(&home).unwrap();
        fs::set_permissions(&home, PermissionsExt::from_mode(0o700)).unwrap();
        let path = home.join("state.db");
        match kind {
            "link" => symlink(&target, &path).unwrap(),
            "fifo" => assert!(Command::new("mkfifo").arg(&path).status().unwrap().success()),
            "folder" => fs::create_dir(&path).unwrap(),
            _ => {
                symlink("/etc", home.join("journal")).unwrap();
                if let Err(error) = Journal::open(&home.join("journal"), Settings::default(), at(0))
                {
                    refused.push(error.to_string());
                }
                continue;
            }
        }
        if let Err(error) = open(&path) {
            refused.push(error.to_string());
        }
    }
    let is_same = fs::read_to_string(&target).unwrap() == "precious";
    let is_right = refused.len() == 4 && is_same && refused.iter().all(|r| r.contains("refusing"));
    verdict(is_right, format!("{} of 4 refused, target unchanged {is_same}", refused.len()))
}

fn e10() -> Found {
    let scene = Scene::quiet("e10", &[("api", "100 both", &[])])?;
    let watch = &scene.watch;
    let mut command = CommandBuilder::new("sh");
    command.args(["-c", "umask 000; exec \"$@\"", "sh"]);
    for argument in watch.command().get_argv() {
        command.arg(argument);
    }
    for (key, value) in watch.command().iter_full_env_as_str() {
        command.env(key, value);
    }
    let mut pty = Pty::run(command, 120, 40);
    wait("rows", || !scene.recorded().stored.is_empty());
    sleep(Duration::from_secs(1));
    let mut wrong = Vec::new();
    let mut count = 0;
    let mut left = vec![scene.home.path().join("state")];
    while let Some(path) = left.pop() {
        let meta = fs::symlink_metadata(&path).unwrap();
        let mode = meta.permissions().mode() & 0o777;
        count += 1;
        if mode != if meta.is_dir() { 0o700 } else { 0o600 } {
            wrong.push(format!("{} {mode:o}", path.display()));
        }
        if meta.is_dir() {
            left.extend(fs::read_dir(&path).unwrap().flatten().map(|entry| entry.path()));
        }
    }
    pty.press("q");
    pty.end();
    verdict(wrong.is_empty(), format!("{count} files and folders 0600 and 0700; not so: {wrong:?}"))
}

fn e11() -> Found {
    let scene = Scene::up("e11", &[("api", "200 both", &[])])?;
    let mut second = Pty::run(scene.watch.command(), 160, 40);
    second.wait("told", |screen| screen.contents().contains("another dogwatch"));
    sleep(Duration::from_secs(2));
    let figure = scene.figures()?;
    second.press("q");
    second.end();
    Ok(format!("told \"another dogwatch\", {figure}"))
}

fn e12() -> Found {
    let mut scene = Scene::up("e12", &[("api", "200 both", &[])])?;
    scene.kill();
    let begin = Instant::now();
    scene.watcher = Some(scene.watch.start());
    scene.fresh("api");
    let took = begin.elapsed();
    Ok(format!("on record again after {took:.1?}, {}", scene.figures()?))
}

fn e13() -> Found {
    let scene = Scene::quiet("e13", &[("api", "100 both", &[])])?;
    let _disk = Mounted::new(&scene.home.path().join("state"), "size=1m,ro")?;
    let mut pty = Pty::run(scene.watch.command(), 140, 40);
    pty.wait("lines", |screen| screen.contents().contains(" out "));
    pty.wait("told", |screen| {
        let text = screen.contents().to_lowercase();
        ["not saved", "read-only", "not kept", "cannot"].iter().any(|word| text.contains(word))
    });
    pty.press("q");
    let (code, _) = pty.end();
    verdict(code == 0, "runs, told, exit 0".to_owned())
}

fn e14() -> Found {
    let state = PathBuf::from("/state");
    let paths = Paths { config: "/config".into(), state: state.clone() };
    let long = "x".repeat(300);
    let names = ["../../x", "a/b", "..", ".", "", "con", &long, "nul\0", "a\nb", "ä", "/etc", "~"];
    let mut folders = Vec::new();
    for name in names {
        let folder = paths.project(name);
        let rest =
            folder.strip_prefix(state.join("projects")).unwrap().to_str().unwrap().to_owned();
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if rest.is_empty()
            || !rest.chars().all(is_plain)
            || rest.len() > 100
            || folders.contains(&rest)
        {
            return Err(Miss::Wrong(format!("{name:?} lies in {rest:?}")));
        }
        folders.push(rest);
    }
    Ok(format!("{} names, each in a folder of its own inside", names.len()))
}

fn e15() -> Found {
    let bomb = {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..9 {
            let of = format!("*a{},", level - 1).repeat(9);
            let _ = writeln!(text, "a{level}: &a{level} [{of}]");
        }
        text + "services: *a8\n"
    };
    let huge = format!("services:\n{}", "  x:\n    image: y\n".repeat(2_900_000));
    let deep = format!("services: {}", "[".repeat(100_000));
    let folder = tempfile::tempdir().unwrap();
    let (mut slowest, mut most) = (Duration::ZERO, 0.0_f64);
    let cases = [
        ("huge", huge.as_str()),
        ("bomb", &bomb),
        ("deep", &deep),
        ("include", "include: [compose.yaml]\nservices: {}\n"),
        ("required", "name: ${X:?missing}\nservices: {a: {image: b}}\n"),
        ("merge", "x: &x {image: y}\nservices: {a: {<<: *x}}\n"),
        ("unknown", "services: {a: {image: b, colour: red}}\nwhat: ever\n"),
        ("binary", "\0\u{1}\u{2}\nname: x"),
        ("empty", ""),
    ];
    for (name, text) in cases {
        let home = folder.path().join(name);
        fs::create_dir(&home).unwrap();
        fs::write(home.join("compose.yaml"), text).unwrap();
        let begin = Instant::now();
        let mut child = Command::new("timeout")
            .args(["10", DOGWATCH, "analyze"])
            .current_dir(&home)
            .env("HOME", &home)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut peak = 0.0_f64;
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            peak = peak.max(memory_of_children(child.id()));
            sleep(Duration::from_millis(2));
        };
        (slowest, most) = (slowest.max(begin.elapsed()), most.max(peak));
        let code = status.code().unwrap_or(-1);
        if !matches!(code, 0..=4) {
            let mut text = String::new();
            let _ = std::io::Read::read_to_string(&mut child.stderr.take().unwrap(), &mut text);
            return Err(Miss::Wrong(format!("{name}: exit {code}: {text}")));
        }
    }
    verdict(
        slowest < Duration::from_secs(10) && most < 200.0,
        format!("{} files, at most {slowest:.1?} and {most:.0} MB, no crash", cases.len()),
    )
}

/// Memory of the children of a process, in MB.
fn memory_of_children(parent: u32) -> f64 {
    let children = fs::read_to_string(format!("/proc/{parent}/task/{parent}/children"));
    let of = |pid: &str| {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let line =
            status.lines().find_map(|line| line.strip_prefix("VmRSS:").map(str::to_owned))?;
        line.split_whitespace().next()?.parse::<f64>().ok()
    };
    children.unwrap_or_default().split_whitespace().filter_map(of).sum::<f64>() / 1024.0
}

fn e16() -> Found {
    let scene = Scene::quiet("e16", &[("api", "200 both", &[])])?;
    let disk = Frozen::new(scene.home.path())?;
    let mut pty = Pty::run(scene.watch.command(), 120, 40);
    wait("rows", || !scene.recorded().stored.is_empty());
    disk.freeze("--freeze");
    scene.writers.burst("api", 20_000);
    let slowest = slowest_key(&mut pty)?;
    disk.freeze("--unfreeze");
    let back = scene.fresh("api");
    let figure = scene.figures()?;
    pty.press("q");
    let (code, _) = pty.end();
    verdict(
        code == 0,
        format!("key to frame at most {slowest:.0?}, back after {back:.1?}, {figure}"),
    )
}

/// A file system of its own below a folder, whose writers can be made to wait. It goes with the value.
struct Frozen {
    at: PathBuf,
}

impl Frozen {
    fn new(home: &Path) -> Result<Self, Miss> {
        root()?;
        let at = home.join("state");
        fs::create_dir_all(&at).unwrap();
        let image = home.join("disk.img");
        File::create(&image).unwrap().set_len(256 << 20).unwrap();
        let mut make = Command::new("mkfs.ext4");
        let is_made = make.arg("-q").arg(&image).status().is_ok_and(|status| status.success());
        let mut mount = Command::new("mount");
        mount.args(["-o", "loop"]).args([&image, &at]);
        if !is_made || !mount.output().is_ok_and(|output| output.status.success()) {
            return Err(Miss::skip("nothing can be mounted here"));
        }
        Ok(Self { at })
    }

    fn freeze(&self, how: &str) {
        assert!(Command::new("fsfreeze").arg(how).arg(&self.at).status().unwrap().success());
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        // It may be thawed already.
        let _ = Command::new("fsfreeze").arg("--unfreeze").arg(&self.at).output();
        let _ = Command::new("umount").arg("-l").arg(&self.at).status();
    }
}
