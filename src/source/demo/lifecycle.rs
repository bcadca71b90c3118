//! How containers of the play stop, start, fall and come back.

use super::{
    actor::{Phase, Then},
    cast::Role,
    voice::life,
    world::World,
};
use crate::{
    model::{ContainerId, Notice},
    source::Change,
};
use chrono::{DateTime, Duration, Utc};
use std::sync::Arc;

/// What the daemon waits before it starts a fallen container again.
const BACKOFF_MS: (u64, u64) = (1_200, 3_500);
/// Exit code of a process that the kernel ended.
const KILLED: i64 = 137;

impl World {
    /// Which container this is; `None` for a stranger.
    pub(super) fn find(&self, id: &ContainerId) -> Option<usize> {
        self.actors.iter().position(|actor| actor.origin.container == *id)
    }

    /// Tells a container to stop, and to start again or not. Ends the faults that this ends.
    pub(super) fn stop(&mut self, at: usize, then: Then) {
        let Some(actor) = self.actors.get_mut(at) else { return };
        let (role, pace) = (actor.part.role, actor.part.pace.0);
        if !actor.has_process() {
            if then == Then::Start {
                self.start(at);
            }
            return;
        }
        let tenths = self.dice.number(pace, pace + 4) as i64;
        actor.phase = Phase::Stopping(self.time + Duration::milliseconds(tenths * 100), then);
        self.tell_state(at);
        for line in life::shutdown(role, self.pen) {
            self.say_at(at, &line);
        }
    }

    /// Starts a container that does not run.
    pub(super) fn start(&mut self, at: usize) {
        let Some(actor) = self.actors.get_mut(at) else { return };
        if actor.has_process() {
            return;
        }
        let role = actor.part.role;
        let ready = self.time + Duration::milliseconds(actor.part.pace.1 as i64 * 100);
        actor.phase = Phase::Starting(ready);
        actor.started_at = self.time;
        actor.grown = 0.0;
        actor.is_ill = false;
        let container = actor.container();
        let origin = Arc::clone(&actor.origin);
        self.script.cure(role, self.clock, &mut self.dice);
        self.tell(Change::Container(Box::new(container)));
        self.tell(Change::Follow(origin));
        for line in life::startup(role, self.pen) {
            self.say_at(at, &line);
        }
    }

    /// The kernel ends the worker, the daemon starts it again.
    pub(super) fn run_out_of_memory(&mut self, at: usize) {
        let backoff = self.dice.number(BACKOFF_MS.0, BACKOFF_MS.1) as i64;
        let Some(actor) = self.actors.get_mut(at) else { return };
        actor.phase = Phase::Crashed(self.time + Duration::milliseconds(backoff));
        actor.finished_at = Some(self.time);
        actor.exit_code = KILLED;
        actor.oom_killed = true;
        actor.restarts += 1;
        self.note(at, format!("out of memory: killed ({KILLED}, killed)"));
        self.tell_container(at);
    }

    /// Moves every container on to the present time.
    pub(super) fn move_containers(&mut self) {
        let now = self.time;
        for at in 0..self.actors.len() {
            let Some(actor) = self.actors.get_mut(at) else { continue };
            match actor.phase {
                Phase::Starting(ready) if now >= ready => {
                    actor.phase = Phase::Ready;
                    self.tell_state(at);
                }
                Phase::Stopping(end, then) if now >= end => self.end(at, then, now),
                Phase::Crashed(again) if now >= again => {
                    let run = actor.restarts + 1;
                    self.start(at);
                    self.note(at, format!("restarted (exit {KILLED}, killed), run {run}"));
                }
                _ => {}
            }
        }
    }

    fn end(&mut self, at: usize, then: Then, now: DateTime<Utc>) {
        if let Some(actor) = self.actors.get_mut(at) {
            actor.phase = Phase::Stopped;
            actor.finished_at = Some(now);
            actor.exit_code = 0;
            actor.oom_killed = false;
        }
        self.note(at, "stopped by hand (0)".to_owned());
        match then {
            Then::Start => {
                self.start(at);
                self.note(at, "restarted".to_owned());
            }
            Then::Stay => self.tell_container(at),
        }
    }

    /// A health check changes its mind.
    pub(super) fn set_ill(&mut self, role: Role, is_ill: bool, why: &str) {
        for at in 0..self.actors.len() {
            let Some(actor) = self.actors.get_mut(at).filter(|a| a.part.role == role) else {
                continue;
            };
            if actor.is_ill == is_ill || !actor.is_ready() {
                continue;
            }
            actor.is_ill = is_ill;
            self.note(
                at,
                if is_ill { format!("unhealthy: {why}") } else { "healthy again".to_owned() },
            );
            self.tell_state(at);
        }
    }

    pub(super) fn tell_state(&mut self, at: usize) {
        let Some(actor) = self.actors.get(at) else { return };
        let (state, health) = (actor.state(), actor.health());
        self.tell(Change::State(actor.origin.container.clone(), state, health));
    }

    fn tell_container(&mut self, at: usize) {
        let Some(actor) = self.actors.get(at) else { return };
        self.tell(Change::Container(Box::new(actor.container())));
    }

    fn note(&mut self, at: usize, text: String) {
        let Some(actor) = self.actors.get(at) else { return };
        let origin = Arc::clone(&actor.origin);
        self.tell(Change::Notice(Notice { origin, time: self.time, text: text.into() }));
    }
}
