//! The play itself: time passes in steps, faults come and go, visitors come, containers speak.

use super::{
    actor::Actor,
    cast::{CAST, Role},
    dice::Dice,
    fault::{Fault, PAST, Script},
    voice::{data, python},
};
use crate::{model::Stream, source::Change};
use chrono::{DateTime, Duration, Utc};
use std::{collections::VecDeque, f64::consts::TAU};

/// Time passes in steps of so many milliseconds.
const STEP_MS: i64 = 100;
/// Changes kept for a watcher that is slow.
const CHANGES_KEPT: usize = 4_096;
/// Steps between two measures of what containers use.
const MEASURE_EVERY: u64 = 20;
/// Share of the visitors that come while nobody looks yet, so that the past is quickly read.
const PAST_VISITORS: f64 = 0.3;
/// How much the worker grows while it leaks, megabytes a second: full in about three minutes.
const LEAK: f64 = 2.2;

#[derive(Debug)]
pub(super) struct World {
    pub(super) dice: Dice,
    pub(super) script: Script,
    pub(super) actors: Vec<Actor>,
    /// Present moment of the play.
    pub(super) time: DateTime<Utc>,
    /// Time of the last line; every line has its own.
    pub(super) pen: DateTime<Utc>,
    /// Seconds of the script that have passed; faster than time where the play is.
    pub(super) clock: f64,
    pace: f64,
    steps: u64,
    /// Visitors a second, now.
    pub(super) rate: f64,
    /// Number of the first change that is kept.
    first_change: u64,
    changes: VecDeque<Change>,
}

impl World {
    /// The curtain rises [`PAST`] seconds of the script before `now`.
    pub(super) fn new(seed: u64, pace: f64, now: DateTime<Utc>) -> Self {
        let pace = pace.clamp(0.1, 100.0);
        let past = Duration::milliseconds((PAST * 1_000.0 / pace) as i64);
        let begin = now - past;
        // Ids of another run are other containers: what was read of those says nothing about these.
        let mut dice = Dice::new(seed ^ now.timestamp() as u64);
        let mut actors = Vec::new();
        for part in &CAST {
            for replica in 1..=part.replicas {
                let up = Duration::minutes(dice.number(90, 4_000) as i64);
                actors.push(Actor::new(part, replica, &dice.hex(64), begin - up));
            }
        }
        if let Some(worker) = actors.iter_mut().find(|a| a.part.role == Role::Worker) {
            worker.restarts = 4;
            worker.grown = 120.0;
        }
        Self {
            dice: Dice::new(seed),
            script: Script::new(),
            actors,
            time: begin,
            pen: begin,
            clock: 0.0,
            pace,
            steps: 0,
            rate: 0.0,
            first_change: 0,
            changes: VecDeque::new(),
        }
    }

    /// Lets time pass up to `now`.
    pub(super) fn advance(&mut self, now: DateTime<Utc>) {
        let step = Duration::milliseconds(STEP_MS);
        while self.time + step <= now {
            self.time += step;
            self.step();
        }
    }

    /// Number of the next change.
    pub(super) fn change_number(&self) -> u64 {
        self.first_change + self.changes.len() as u64
    }

    /// Changes from a number on.
    pub(super) fn changes_from(&self, number: u64) -> Vec<Change> {
        let skipped = number.saturating_sub(self.first_change) as usize;
        self.changes.iter().skip(skipped).cloned().collect()
    }

    /// Whether a service answers.
    pub(super) fn is_up(&self, role: Role) -> bool {
        self.actors.iter().any(|actor| actor.part.role == role && actor.is_ready())
    }

    pub(super) fn has(&self, fault: Fault) -> bool {
        self.script.is_on(fault)
    }

    pub(super) fn tell(&mut self, change: Change) {
        self.changes.push_back(change);
        if self.changes.len() > CHANGES_KEPT {
            self.changes.pop_front();
            self.first_change += 1;
        }
    }

    /// One of the ready replicas of a service writes some lines.
    pub(super) fn say(&mut self, role: Role, text: &str) {
        let ready = |actor: &Actor| actor.part.role == role && actor.is_ready();
        let count = self.actors.iter().filter(|a| ready(a)).count() as u64;
        if count == 0 {
            return;
        }
        let chosen = self.dice.number(0, count - 1) as usize;
        let at = self.actors.iter().enumerate().filter(|(_, a)| ready(a)).nth(chosen);
        if let Some((at, _)) = at {
            self.say_at(at, text);
        }
    }

    /// This container writes some lines.
    pub(super) fn say_at(&mut self, at: usize, text: &str) {
        for line in text.lines() {
            self.pen += Duration::microseconds(self.dice.number(15, 400) as i64);
            let Some(actor) = self.actors.get_mut(at) else { return };
            let stream = stream_of(actor.part.role, line);
            actor.journal.write(self.pen, stream, line);
        }
    }

    fn step(&mut self) {
        self.steps += 1;
        self.pen = self.pen.max(self.time - Duration::milliseconds(STEP_MS));
        self.clock += STEP_MS as f64 / 1_000.0 * self.pace;
        for fault in self.script.advance(self.clock, &mut self.dice) {
            self.begin(fault);
        }
        self.move_containers();
        self.set_ill(
            Role::Db,
            self.has(Fault::NoSlots),
            "connection to server failed: FATAL:  sorry, too many clients already",
        );
        self.set_ill(Role::Search, self.has(Fault::DiskFull), "status red, 3 shards read-only");
        self.leak();
        self.rate = self.visitors();
        let visits = self.dice.times(self.rate * STEP_MS as f64 / 1_000.0);
        for visit in 0..visits {
            self.turn(visit, visits);
            self.visit();
        }
        self.chores();
        if self.steps.is_multiple_of(MEASURE_EVERY) {
            self.measure();
        }
    }

    /// Puts the pen where the next visit of a step belongs, so that visits are spread over its time.
    fn turn(&mut self, visit: u32, visits: u32) {
        let place = (f64::from(visit) + self.dice.share()) / f64::from(visits + 1);
        let begin = self.time - Duration::milliseconds(STEP_MS);
        let time = begin + Duration::microseconds((place * STEP_MS as f64 * 1_000.0) as i64);
        self.pen = self.pen.max(time);
    }

    /// Traffic swells and ebbs over minutes, with gusts of seconds.
    fn visitors(&self) -> f64 {
        let wave = |period: f64| (self.clock * TAU / period).sin();
        let rate = 11.0 + 5.0 * wave(170.0) + 2.0 * wave(41.0) + 1.0 * wave(7.0);
        if self.clock < PAST - 90.0 { rate * PAST_VISITORS } else { rate }
    }

    fn begin(&mut self, fault: Fault) {
        if fault == Fault::BadRelease {
            let release = [
                "Handling signal: hup",
                "Booting worker with pid: 31",
                "Booting worker with pid: 32",
            ];
            for at in 0..self.actors.len() {
                if self.actors.get(at).is_none_or(|a| a.part.role != Role::Api || !a.is_ready()) {
                    continue;
                }
                for text in release {
                    self.say_at(at, &python::gunicorn(self.pen, 1, text));
                }
                let text = "settings loaded, 14 routes, release 4.13.0";
                self.say_at(at, &python::app(self.pen, "INFO", "shop.boot", text));
            }
        }
        if fault == Fault::NoSlots {
            let text = "pool resized from 20 to 60 connections for each process";
            self.say(Role::Api, &python::app(self.pen, "INFO", "shop.db", text));
        }
    }

    fn leak(&mut self) {
        let is_leaking = self.has(Fault::Leak);
        let Some(at) = self.actors.iter().position(|a| a.part.role == Role::Worker) else { return };
        let Some(worker) = self.actors.get_mut(at).filter(|a| a.is_ready()) else { return };
        let (usual, limit) = worker.part.memory;
        if is_leaking {
            worker.grown += LEAK * STEP_MS as f64 / 1_000.0 * self.pace;
        }
        if worker.grown < (limit - usual) as f64 {
            return;
        }
        let pid = self.dice.number(20, 60);
        let texts = [
            format!("Process 'ForkPoolWorker-3' pid:{pid} exited with 'signal 9 (SIGKILL)'"),
            format!(
                "Task handler raised error: WorkerLostError('Worker exited prematurely: signal 9 (SIGKILL) Job: {pid}7.')"
            ),
        ];
        for text in texts {
            self.say_at(at, &python::celery(self.pen, "ERROR", "MainProcess", &text));
        }
        self.run_out_of_memory(at);
    }

    fn measure(&mut self) {
        for at in 0..self.actors.len() {
            let Some(role) = self.actors.get(at).map(|a| a.part.role) else { continue };
            let strain = match role {
                Role::Db if self.has(Fault::SlowQueries) => 165.0,
                Role::Db if self.has(Fault::NoSlots) => 70.0,
                Role::Api if self.has(Fault::BadRelease) => 12.0,
                Role::Search if self.has(Fault::DiskFull) => 40.0,
                Role::Worker if self.has(Fault::Leak) => 22.0,
                _ => 0.0,
            };
            let Some(actor) = self.actors.get(at) else { continue };
            if let Some(usage) = actor.usage(self.rate, strain, &mut self.dice) {
                let container = actor.origin.container.clone();
                self.tell(Change::Usage(container, usage));
            }
        }
    }

    /// A line of the database.
    pub(super) fn say_db(&mut self, level: &str, text: &str) {
        let pid = self.dice.number(60, 420);
        self.say(Role::Db, &data::postgres(self.pen, pid, level, text));
    }
}

/// Where a technology writes by default. nginx writes its errors, which begin with a date, apart from its accesses.
fn stream_of(role: Role, line: &str) -> Stream {
    match role {
        Role::Web if line.as_bytes().get(4) == Some(&b'/') => Stream::Stderr,
        Role::Api | Role::Worker | Role::Payments | Role::Db => Stream::Stderr,
        _ => Stream::Stdout,
    }
}
