//! The stack of writers, the Engine and dogwatch, and what is done to them.

use crate::{
    common::{
        Stack,
        engine::{Engine, Second, is_root},
    },
    fault::{Dice, Fault},
    watcher::{Watch, Watcher},
    witness::{journal::Tail, judge::Stored, writers::Writers},
};
use chrono::{DateTime, SecondsFormat};
use rustix::process::Signal;
use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
    process::Command,
    thread::sleep,
    time::{Duration, Instant, SystemTime},
};

/// Every service of the stack.
pub(crate) const SERVICES: [&str; 8] =
    ["steady", "busy", "rotating", "local", "terminal", "long", "mortal", "many"];
/// Whose containers are restarted, paused and replaced.
const VICTIMS: [&str; 6] = ["steady", "busy", "rotating", "local", "terminal", "long"];
/// Whose log files are emptied.
const FILES: [&str; 3] = ["steady", "busy", "terminal"];
/// Lines of a rotation burst: about ten times what the log holds.
const BURST: u64 = 60_000;

/// Everything there is.
pub(crate) struct World {
    pub(crate) watcher: Option<Watcher>,
    pub(crate) watch: Watch,
    pub(crate) stack: Stack,
    pub(crate) writers: Writers,
    /// Services whose log file was emptied since their container started. Until it starts again, the Engine's own
    /// streams of such a log fall silent again and again, and its newest lines come only when asked for.
    pub(crate) emptied: BTreeSet<&'static str>,
    /// What happened, and when.
    pub(crate) told: Vec<(u64, String)>,
    second: Result<Second, String>,
    disk: Result<Disk, String>,
    _home: tempfile::TempDir,
}

impl World {
    /// Writers first, dogwatch a moment later.
    pub(crate) fn up(
        engine: Engine,
        second: Result<Second, String>,
        writers: Writers,
        seconds: u64,
    ) -> Self {
        let small = "logging: {driver: json-file, options: {max-size: 1m, max-file: '2'}}";
        let local = "logging: {driver: local}";
        let [restart, tty] = ["restart: always", "tty: true"];
        let services = [
            writers.service("steady", "20 out", &[restart]),
            writers.service("busy", "1500 both", &[restart]),
            writers.service("rotating", "50 both", &[restart, small]),
            writers.service("local", "200 both", &[restart, local]),
            writers.service("terminal", "50 tty", &[restart, tty]),
            writers.service("long", "30 both long", &[restart]),
            writers.service("mortal", "100 both die=11", &[restart]),
            writers.service("many", "30 both", &[restart]),
        ];
        let stack = Stack::on(engine, "oracle", &services.concat());
        let home = tempfile::tempdir().unwrap();
        let disk = Disk::mount(&home.path().join("state"), 512 + seconds * 2);
        let watch = Watch::new(&stack.engine, &stack.name, home.path());
        stack.compose(&["up", "-d"]);
        let watcher = Some(watch.start());
        sleep(Duration::from_secs(2));
        Self {
            watcher,
            watch,
            stack,
            writers,
            emptied: BTreeSet::new(),
            told: Vec::new(),
            second,
            disk,
            _home: home,
        }
    }

    /// Remembers and prints what happens.
    pub(crate) fn say(&mut self, what: &str) {
        let now = now();
        eprintln!("  {}  {what}", clock(now));
        self.told.push((now, what.to_owned()));
    }

    /// Whether that can be done here; else why not.
    pub(crate) fn allows(&self, fault: Fault) -> Result<(), String> {
        match fault {
            Fault::Daemon => self.second.as_ref().map(|_| ()).map_err(Clone::clone),
            Fault::Disk => self.disk.as_ref().map(|_| ()).map_err(Clone::clone),
            Fault::Truncation if !is_root() => Err("needs root".to_owned()),
            _ => Ok(()),
        }
    }

    /// Does it, to its end.
    pub(crate) fn inject(&mut self, fault: Fault, dice: &mut Dice) {
        let mut victim = dice.choose(&VICTIMS);
        while fault == Fault::Recreate && self.emptied.contains(victim) {
            // With the container goes what only asking brings.
            victim = dice.choose(&VICTIMS);
        }
        match fault {
            Fault::Restart => {
                self.say(&format!("{victim} is restarted"));
                self.stack.compose(&["restart", "--timeout", "1", victim]);
                self.emptied.remove(victim);
            }
            Fault::Pause => {
                self.say(&format!("{victim} is paused"));
                self.stack.compose(&["pause", victim]);
                sleep(Duration::from_millis(500 + dice.below(1_500)));
                self.stack.compose(&["unpause", victim]);
            }
            Fault::Recreate => {
                self.say(&format!("{victim} is created again"));
                let again = ["up", "-d", "--force-recreate", "--no-deps", "--timeout", "1", victim];
                self.stack.compose(&again);
            }
            Fault::Scale => {
                self.say("many is three, then one");
                for scale in ["many=3", "many=1"] {
                    let scaling =
                        ["up", "-d", "--no-recreate", "--timeout", "1", "--scale", scale, "many"];
                    self.stack.compose(&scaling);
                    sleep(Duration::from_millis(500 + dice.below(1_000)));
                }
            }
            Fault::Rotation => {
                self.say(&format!("rotating writes {BURST} lines at once"));
                self.writers.burst("rotating", BURST);
                sleep(Duration::from_secs(2));
            }
            Fault::Truncation => {
                let victim = dice.choose(&FILES);
                self.say(&format!("the log file of {victim} is emptied"));
                let id = self.stack.compose(&["ps", "-q", victim]);
                let path = self.stack.engine.say(&["inspect", "--format", "{{.LogPath}}", &id]);
                File::options().write(true).open(path).unwrap().set_len(0).unwrap();
                self.emptied.insert(victim);
            }
            Fault::Kill => {
                self.say(&format!("dogwatch is killed, {victim} is restarted"));
                self.watcher.take().unwrap().kill();
                self.stack.compose(&["restart", "--timeout", "1", victim]);
                self.emptied.remove(victim);
                sleep(Duration::from_millis(dice.below(1_500)));
                self.begin_again();
            }
            Fault::Stop => {
                self.say("dogwatch is asked to end");
                let (took, code) = self.watcher.take().unwrap().quit();
                self.say(&format!("dogwatch has ended with code {code} after {took:.1?}"));
                sleep(Duration::from_millis(dice.below(1_500)));
                self.begin_again();
            }
            Fault::Daemon => {
                self.say("the Engine stops");
                let second = self.second.as_ref().unwrap();
                second.down();
                sleep(Duration::from_millis(500 + dice.below(3_000)));
                second.up().unwrap();
                self.emptied.clear();
                self.say("the Engine is back");
            }
            Fault::Stall => {
                self.say("dogwatch stands still");
                let watcher = self.watcher.as_ref().unwrap();
                watcher.signal(Signal::STOP);
                sleep(Duration::from_secs(12));
                watcher.signal(Signal::CONT);
            }
            Fault::Disk => {
                self.say("the disk is full");
                let disk = self.disk.as_ref().unwrap();
                disk.fill();
                sleep(Duration::from_millis(2_000 + dice.below(3_000)));
                disk.free();
            }
        }
        self.say("done");
        let is_up = self.watcher.as_mut().is_some_and(Watcher::is_up);
        assert!(is_up, "dogwatch has ended by itself");
    }

    /// How long until a line of each of these is on record that is written from now on; of the slowest.
    pub(crate) fn fresh(&self, services: &[&'static str]) -> (Duration, String) {
        let mut tail = Tail::new(&self.watch.journal());
        let (begin, since) = (Instant::now(), now());
        let mut waiting = services.to_vec();
        let mut worst = (Duration::ZERO, String::new());
        while !waiting.is_empty() && begin.elapsed() < Duration::from_mins(1) {
            sleep(Duration::from_millis(50));
            let (rows, seen) = (tail.next().stored, now());
            waiting.retain(|service| {
                let is_theirs = |row: &&Stored| {
                    row.time >= since && row.writer.split('.').next() == Some(service)
                };
                let Some(first) = rows.iter().find(is_theirs) else { return true };
                // One that was about to die may have had nothing to say before.
                let delay = Duration::from_nanos(seen.saturating_sub(first.time.max(since)));
                if delay >= worst.0 {
                    worst = (delay, (*service).to_owned());
                }
                false
            });
        }
        if !waiting.is_empty() {
            worst = (begin.elapsed(), format!("nothing of {}", waiting.join(", ")));
        }
        worst
    }

    /// Copies state, ledger and what the Engine still holds.
    pub(crate) fn keep(&self, folder: &Path) {
        fs::create_dir_all(folder).unwrap();
        let state = self.watch.home.join("state");
        let _ = Command::new("cp").arg("-r").args([&state]).arg(folder).status();
        let _ = Command::new("cp").arg("-r").arg(self.writers.ledger.path()).arg(folder).status();
        for id in self.stack.compose(&["ps", "-aq"]).lines() {
            let Ok(file) = File::create(folder.join(format!("{id}.log"))) else { continue };
            let same = file.try_clone().unwrap();
            let mut docker = self.stack.engine.docker();
            let _ = docker.args(["logs", "-t", id]).stdout(file).stderr(same).status();
        }
    }

    fn begin_again(&mut self) {
        self.watcher = Some(self.watch.start());
        // What is removed before it is followed again is lost to everybody: the next fault meets all of it at work.
        let followed = SERVICES.iter().filter(|service| !self.emptied.contains(*service));
        let _ = self.fresh(&followed.copied().collect::<Vec<_>>());
    }
}

/// A disk of dogwatch's own, in memory.
struct Disk(PathBuf);

impl Disk {
    fn mount(at: &Path, megabytes: u64) -> Result<Self, String> {
        fs::create_dir_all(at).unwrap();
        let size = format!("size={megabytes}m,mode=0700");
        let mount =
            Command::new("mount").args(["-t", "tmpfs", "-o", &size, "none"]).arg(at).output();
        match mount {
            Ok(output) if output.status.success() => Ok(Self(at.to_owned())),
            Ok(output) => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }

    fn fill(&self) {
        let mut file = File::create(self.0.join("ballast")).unwrap();
        let mut piece = vec![0; 1 << 20];
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

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// Nanoseconds of the wall clock.
pub(crate) fn now() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    u64::try_from(now.as_nanos()).unwrap()
}

/// A moment for people.
pub(crate) fn clock(nanos: u64) -> String {
    let time = DateTime::from_timestamp_nanos(i64::try_from(nanos).unwrap_or_default());
    let text = time.to_rfc3339_opts(SecondsFormat::Millis, true);
    text.get(11..23).unwrap_or_default().to_owned()
}
