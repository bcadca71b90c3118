//! A made-up stack under a watchdog, in virtual time: the same steps as the engine's, with none of its tasks.

#![allow(unreachable_pub, reason = "scenarios and simulation use it")]

use chrono::{DateTime, TimeDelta, Utc};
use dogwatch::{
    model::{
        Alert, Attempt, Care, Container, Course, End, Ending, Guard, GuardState, Health, LogDriver,
        Origin, Remedy, RepairMode, RunState, SafeText, Service, ServiceName, StepKind, Usage,
    },
    repair::{
        History, Scene, Settings, Trails,
        course::{self, Moment, Next},
        fixes::{Known, Signs},
        handoff::Bar,
        judge, verify,
    },
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// What a repair does to a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cure {
    /// It is well then.
    Works,
    /// It is as ill as before after some seconds.
    Fails,
    /// The Engine never answers, and nothing happens.
    Silent,
}

/// One service of one container, and how it answers.
#[derive(Debug, Clone)]
pub struct Actor {
    pub service: Service,
    pub cure: Cure,
    /// What it becomes after a repair, and when.
    next: Option<(DateTime<Utc>, RunState, Health)>,
    /// As it is ill.
    illness: (RunState, Health),
}

impl Actor {
    pub fn container(&mut self) -> &mut Container {
        self.service.containers.first_mut().unwrap()
    }

    pub fn new(name: &str, image: &str, now: DateTime<Utc>) -> Self {
        let origin = Origin {
            service: name.into(),
            container: format!("{name:0>64}").as_str().into(),
            replica: 1,
            is_tty: false,
        };
        let container = Container {
            origin: Arc::new(origin),
            name: name.into(),
            image: image.into(),
            state: RunState::Running,
            health: Health::None,
            restarts: 0,
            started_at: Some(now - TimeDelta::hours(1)),
            finished_at: None,
            oom_killed: false,
            stop_timeout: 10,
            care: Care::default(),
            depends_on: Vec::new(),
            log: LogDriver::default(),
            unreadable: None,
            usage: None,
            files: dogwatch::model::Files::default(),
        };
        let service = Service { name: name.into(), containers: vec![container] };
        let illness = (RunState::Exited(1), Health::None);
        Self { service, cure: Cure::Works, next: None, illness }
    }

    /// It becomes something else, as the Engine would tell.
    pub fn become_now(&mut self, state: RunState, health: Health, end: End, now: DateTime<Utc>) {
        self.next = None;
        if state != RunState::Running || health == Health::Unhealthy {
            self.illness = (state, health);
        }
        let container = self.container();
        let was_up = container.state.is_up();
        container.state = state;
        container.health = health;
        if matches!(state, RunState::Exited(_)) {
            container.finished_at = Some(now);
            container.care.end = end;
        } else if state == RunState::Running && !was_up {
            container.started_at = Some(now);
            container.care.end = End::Unseen;
        }
    }

    fn repair(&mut self, now: DateTime<Utc>) {
        let ill = self.illness;
        let (cure, has_check) = (self.cure, self.container().care.check.is_some());
        let container = self.container();
        if cure == Cure::Silent {
            return;
        }
        if container.state.is_up() {
            container.finished_at = Some(now);
        }
        container.state = RunState::Running;
        container.health = if has_check { Health::Starting } else { Health::None };
        container.started_at = Some(now);
        container.restarts = 0;
        container.care.end = End::Unseen;
        let health = if has_check { Health::Healthy } else { Health::None };
        let becomes = if cure == Cure::Works { (RunState::Running, health) } else { ill };
        self.next = Some((now + TimeDelta::seconds(5), becomes.0, becomes.1));
    }

    /// It is stopped, as the Engine would tell.
    fn stop(&mut self, now: DateTime<Utc>) {
        if self.cure != Cure::Silent && self.container().state.is_up() {
            self.next = None;
            let container = self.container();
            container.state = RunState::Exited(143);
            container.health = Health::None;
            container.finished_at = Some(now);
            container.care.end = End::Wanted;
        }
    }

    fn step(&mut self, now: DateTime<Utc>) {
        if let Some((at, state, health)) = self.next
            && at <= now
        {
            let ill = self.illness;
            self.become_now(state, health, End::Crash, now);
            self.illness = ill;
        }
    }
}

/// Something that the watchdog did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    pub time: DateTime<Utc>,
    pub service: ServiceName,
    pub remedy: Remedy,
    pub reason: String,
}

/// A step of a fix that was begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    pub attempt: u64,
    pub service: ServiceName,
    pub is_undoing: bool,
    pub at: usize,
    pub kind: StepKind,
    pub is_again: bool,
    /// Whether all was held by a person then.
    pub is_held: bool,
}

/// The whole.
pub struct World {
    pub actors: Vec<Actor>,
    pub settings: Settings,
    pub alerts: Vec<Alert>,
    pub fixes: Vec<Known>,
    pub signs: BTreeMap<ServiceName, Signs>,
    /// Steps in the order in which they were begun.
    pub taken: Vec<Taken>,
    pub modes: BTreeMap<ServiceName, RepairMode>,
    pub problems: BTreeMap<ServiceName, u64>,
    pub history: History,
    pub begin: DateTime<Utc>,
    pub now: DateTime<Utc>,
    pub acts: Vec<Act>,
    pub guards: Vec<Guard>,
    /// Reasons with which all acting was stopped.
    pub openings: Vec<String>,
    /// How long the Engine takes to answer.
    pub answer: TimeDelta,
    /// Acts without an answer yet, and when it comes.
    pub under_way: Vec<(DateTime<Utc>, u64)>,
    trails: Trails,
    begun: DateTime<Utc>,
    /// Fixes that were begun since dogwatch was, and those that were called off.
    granted: BTreeSet<u64>,
    called_off: BTreeSet<u64>,
}

impl World {
    pub fn new(settings: Settings) -> Self {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        Self {
            actors: Vec::new(),
            settings,
            alerts: Vec::new(),
            fixes: Vec::new(),
            signs: BTreeMap::new(),
            taken: Vec::new(),
            modes: BTreeMap::new(),
            problems: BTreeMap::new(),
            history: History::default(),
            begin: now,
            now,
            acts: Vec::new(),
            guards: Vec::new(),
            openings: Vec::new(),
            answer: TimeDelta::seconds(1),
            under_way: Vec::new(),
            trails: Trails::default(),
            begun: now,
            granted: BTreeSet::new(),
            called_off: BTreeSet::new(),
        }
    }

    pub fn actor(&mut self, name: &str) -> &mut Actor {
        self.actors.iter_mut().find(|a| a.service.name.as_str() == name).unwrap()
    }

    /// dogwatch is killed and started again: what is on record stays, nothing else does.
    pub fn kill(&mut self) {
        self.under_way.clear();
        self.granted.clear();
        self.called_off.clear();
        self.trails = Trails::default();
        self.begun = self.now;
    }

    /// A person holds the watchdog, or lets it act again.
    pub fn set_mode(&mut self, mode: RepairMode) {
        let open = self.history.all_open().filter(|attempt| attempt.course.is_some());
        let open: Vec<_> = open.map(|attempt| attempt.number).collect();
        if mode == RepairMode::Auto {
            self.called_off.clear();
        } else {
            self.called_off.extend(open);
        }
        self.settings.mode = mode;
    }

    /// Goes on in time, looks, and does what is decided.
    pub fn step(&mut self, span: TimeDelta) {
        self.now += span;
        let now = self.now;
        for actor in &mut self.actors {
            actor.step(now);
        }
        let (done, waiting) = self.under_way.iter().partition(|(at, _)| *at <= now);
        self.under_way = waiting;
        let done: Vec<(DateTime<Utc>, u64)> = done;
        for (_, number) in done {
            let attempt = self.attempt(number);
            match attempt.course.clone() {
                None => attempt.acted_at = Some(now),
                Some(course) => self.step_answered(number, *course),
            }
        }
        self.look();
    }

    fn look(&mut self) {
        let now = self.now;
        let services: Vec<_> = self.actors.iter().map(|actor| actor.service.clone()).collect();
        self.trails.see(&services, &self.problems, now);
        self.go_on(&services);
        let open: Vec<Attempt> = self.history.all_open().cloned().collect();
        for attempt in open {
            if attempt.course.is_some()
                || self.under_way.iter().any(|(_, number)| *number == attempt.number)
            {
                continue;
            }
            let service = services.iter().find(|service| service.name == attempt.service);
            let end = verify(&attempt, service, &self.trails, &self.settings, now);
            if let Some((ending, text)) = end {
                self.close(attempt.number, ending, text.as_str());
            }
        }
        let scene = Scene {
            services: &services,
            trails: &self.trails,
            history: &self.history,
            alerts: &self.alerts,
            fixes: &self.fixes,
            signs: &self.signs,
            modes: &self.modes,
            begun: self.begun,
        };
        let judgement = judge(&scene, &self.settings, now);
        self.history.resets.extend(judgement.resets.into_iter().map(|name| (now, name)));
        if let Some(why) = judgement.opening {
            self.history.openings.push(now);
            self.openings.push(why);
        }
        self.guards = judgement.verdicts.iter().map(|verdict| verdict.guard.clone()).collect();
        for verdict in judgement.verdicts {
            if let (GuardState::Acting, Some(plan)) = (verdict.guard.state, verdict.plan) {
                let number = self.history.attempts.len() as u64 + 1;
                let service = verdict.guard.service;
                self.history.attempts.push(Attempt {
                    number,
                    time: now,
                    service: service.clone(),
                    strategy: plan.strategy,
                    remedy: plan.remedy,
                    targets: plan.targets,
                    config: plan.config.as_str().into(),
                    reason: verdict.guard.reason.clone(),
                    course: plan.fix.as_deref().map(|fix| {
                        Box::new(Course { is_free: true, ..Course::new(fix.clone(), "".into()) })
                    }),
                    acted_at: None,
                    end: None,
                });
                let reason = verdict.guard.reason.to_string();
                self.acts.push(Act {
                    time: now,
                    service: service.clone(),
                    remedy: plan.remedy,
                    reason,
                });
                if plan.fix.is_some() {
                    self.granted.insert(number);
                    continue;
                }
                let silent = self.actor(service.as_str()).cure == Cure::Silent;
                self.actor(service.as_str()).repair(now);
                if !silent {
                    self.under_way.push((now + self.answer, number));
                }
            }
        }
    }

    fn close(&mut self, number: u64, ending: Ending, text: &str) {
        let now = self.now;
        let attempt = self.attempt(number);
        attempt.end = Some((now, ending, text.into()));
        let attempt = attempt.clone();
        self.history.remember(&attempt);
    }

    fn attempt(&mut self, number: u64) -> &mut Attempt {
        self.history.attempts.iter_mut().find(|a| a.number == number).unwrap()
    }

    /// Fixes go on as the engine has them: what is on record before a step outlives a kill, an answer does not.
    fn go_on(&mut self, services: &[Service]) {
        let open: Vec<Attempt> = self.history.all_open().cloned().collect();
        for attempt in open {
            let number = attempt.number;
            let is_under_way = self.under_way.iter().any(|(_, other)| *other == number);
            let Some(course) = attempt.course.clone().filter(|_| !is_under_way).map(|c| *c) else {
                continue;
            };
            let is_granted = self.granted.contains(&number);
            let is_barred = self.called_off.contains(&number)
                || (!is_granted && self.settings.mode != RepairMode::Auto);
            let bar = Bar { why: "held", may_return: is_granted, project: "shop" };
            let moment = Moment {
                service: services.iter().find(|service| service.name == attempt.service),
                trails: &self.trails,
                settings: &self.settings,
                bar: is_barred.then_some(bar),
                now: self.now,
            };
            match course::go_on(&attempt, &course, moment) {
                Next::Wait => {}
                Next::Begin { is_again } => self.begin_step(&attempt, course, is_again),
                Next::Done => self.step_done(number, course),
                Next::Fail(why) => self.step_failed(number, course, why),
                Next::End(ending, text) => self.close(number, ending, text.as_str()),
            }
        }
    }

    fn begin_step(&mut self, attempt: &Attempt, mut course: Course, is_again: bool) {
        let (now, number) = (self.now, attempt.number);
        let kind = course.step().unwrap().kind.clone();
        self.taken.push(Taken {
            attempt: number,
            service: attempt.service.clone(),
            is_undoing: course.is_undoing,
            at: course.done,
            kind: kind.clone(),
            is_again,
            is_held: self.settings.mode != RepairMode::Auto,
        });
        if !is_again {
            course.begun_at = Some(now);
            self.attempt(number).course = Some(Box::new(course));
        }
        let answer = now + self.answer;
        let actor = self.actor(attempt.service.as_str());
        match kind {
            StepKind::WaitHealthy => return,
            StepKind::Stop => actor.stop(now),
            StepKind::Exec(_) | StepKind::Run(_) => {}
            StepKind::Start if actor.container().state.is_up() => {}
            _ => actor.repair(now),
        }
        if actor.cure != Cure::Silent {
            self.under_way.push((answer, number));
        }
    }

    fn step_answered(&mut self, number: u64, course: Course) {
        let name = self.attempt(number).service.to_string();
        let is_command = matches!(course.step().unwrap().kind, StepKind::Run(_));
        if is_command && self.actor(&name).cure == Cure::Fails {
            return self.step_failed(number, course, "it ended with 1".into());
        }
        self.step_done(number, course);
    }

    fn step_done(&mut self, number: u64, mut course: Course) {
        let now = self.now;
        course::done(&mut course);
        let attempt = self.attempt(number);
        if course.step().is_none() && !course.is_undoing {
            attempt.acted_at = Some(now);
        }
        attempt.course = Some(Box::new(course));
    }

    fn step_failed(&mut self, number: u64, mut course: Course, why: SafeText) {
        let end = course::fail(&mut course, why);
        self.attempt(number).course = Some(Box::new(course));
        if let Some((ending, text)) = end {
            self.close(number, ending, text.as_str());
        }
    }

    pub fn guard(&self, name: &str) -> &Guard {
        self.guards.iter().find(|guard| guard.service.as_str() == name).unwrap()
    }

    /// Share of one core and memory in percent of their limits.
    pub fn load(&mut self, name: &str, cpu: f32, memory: u64) {
        self.actor(name).container().usage = Some(Usage {
            cpu_percent: cpu,
            memory: memory * 1_000_000,
            memory_limit: 100_000_000,
            cores: 8,
            network_errors: 0,
        });
    }
}
