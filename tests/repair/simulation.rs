//! A thousand incidents at random, each from its seed, with dogwatch killed in between: what must never happen does not.
//!
//! The rules are written down here a second time, on what was seen from outside, and not by asking the policy.

use super::world::{Act, Actor, Cure, Taken, World};
use chrono::{DateTime, TimeDelta, Utc};
use dogwatch::{
    model::{
        Attempt, End, Ending, Health, HealthCheck, Remedy, RepairMode, RestartPolicy, RunState,
        SafeText, StepKind,
    },
    repair::{
        Preset, Settings,
        fixes::{Book, read},
    },
};
use std::{collections::BTreeMap, time::Duration};

const INCIDENTS: u64 = 1_000;
const STEP: TimeDelta = TimeDelta::seconds(20);
const STEPS: usize = 120;

/// Small, seeded, and good enough.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (x ^ (x >> 31)) % sides
    }

    fn one_in(&mut self, sides: u64) -> bool {
        self.roll(sides) == 0
    }
}

/// Fixes that some incidents have, in any order.
const FIXES: [&str; 6] = [
    "steps = [\"stop\", { run = [\"true\"] }, \"start\", \"wait-healthy\"]\non_failure = [\"start\"]",
    "steps = [{ run = [\"true\"], limit_seconds = 30 }, \"restart\"]\non_failure = [{ run = [\"true\"] }]",
    "steps = [\"recreate\", { step = \"wait-healthy\", limit_seconds = 40 }]\non_failure = [\"stop\", \"start\"]",
    "steps = [\"restart\", { exec = [\"true\"] }, \"wait-healthy\"]",
    "steps = [\"start\", \"wait-healthy\", \"restart\"]\nlimit_seconds = 100",
    "steps = [\"rebuild\", \"stop\", \"start\"]\non_failure = [\"restart\", \"wait-healthy\"]",
];

/// What one incident came to.
struct Run {
    acts: usize,
    pauses: usize,
    kills: usize,
    steps: usize,
    fixes: Vec<Ending>,
    /// Fixes that were called off and left to a person, and those that were rolled back then.
    handed: usize,
    returned: usize,
}

/// Why a service must never be touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sacred {
    No,
    OptedOut,
    OneOff,
    Job,
    ByHand,
    Observed,
}

struct Incident {
    world: World,
    dice: Dice,
    sacred: BTreeMap<String, Sacred>,
    /// Since when each service has been well.
    well: BTreeMap<String, Option<DateTime<Utc>>>,
    /// Acts of the present incident of each service.
    budget: BTreeMap<String, Vec<DateTime<Utc>>>,
    seen: usize,
    kills: usize,
}

impl Incident {
    fn new(seed: u64) -> Self {
        let mut dice = Dice(seed);
        let settings = Settings {
            mode: RepairMode::Auto,
            preset: if dice.one_in(3) { Preset::K8s } else { Preset::Compose },
            max_attempts: 1 + dice.roll(4) as u32,
            at_once: 1 + dice.roll(3) as usize,
            ..Settings::default()
        };
        let mut world = World::new(settings);
        world.answer = TimeDelta::seconds(dice.roll(90) as i64);
        let mut book = Book::default();
        for at in 0..dice.roll(4) {
            let when = [
                "services = [\"s*\"]",
                "trouble = [\"exited\", \"stuck\"]",
                "services = [\"s1\", \"s3\"]",
            ];
            let when = when[dice.roll(3) as usize];
            let steps = FIXES[dice.roll(6) as usize];
            let text = format!("[[fix]]\nname = \"f{at}\"\nwhen = {{ {when} }}\n{steps}\n");
            book.add_own(read("repairs.toml", &text, false));
        }
        assert_eq!(book.faults, []);
        world.fixes = book.fixes;
        let mut sacred = BTreeMap::new();
        let count = 1 + dice.roll(9);
        for at in 0..count {
            let name = format!("s{at}");
            let mut actor = Actor::new(&name, "shop/x", world.now);
            actor.cure = [Cure::Works, Cure::Fails, Cure::Silent][dice.roll(3) as usize];
            let kind = match dice.roll(10) {
                0 => Sacred::OptedOut,
                1 => Sacred::OneOff,
                2 => Sacred::Job,
                3 => Sacred::ByHand,
                4 => Sacred::Observed,
                _ => Sacred::No,
            };
            if matches!(kind, Sacred::Job | Sacred::ByHand) {
                actor.cure = Cure::Works;
            }
            let needs: Vec<_> = (0..at)
                .filter(|_| dice.one_in(5))
                .map(|n| format!("s{n}").as_str().into())
                .collect();
            let container = actor.container();
            container.depends_on = needs;
            if dice.one_in(6) {
                container.care.shares = container.depends_on.clone();
            }
            if dice.one_in(2) {
                let seconds = 5 + dice.roll(30);
                container.care.check = Some(HealthCheck {
                    start_period: Duration::from_secs(dice.roll(60)),
                    interval: Duration::from_secs(seconds),
                    retries: 1 + dice.roll(3) as u32,
                });
                container.health = Health::Healthy;
            }
            container.care.restart = match dice.roll(4) {
                0 => RestartPolicy::Always,
                1 => RestartPolicy::OnFailure(dice.roll(4)),
                _ => RestartPolicy::No,
            };
            let mut label = |name: &str, value: &str| {
                container.care.labels.insert(name.into(), value.into());
            };
            match kind {
                Sacred::OptedOut => label("auto_repair", "false"),
                Sacred::OneOff => label("com.docker.compose.oneoff", "True"),
                Sacred::Observed => {
                    world.modes.insert(name.as_str().into(), RepairMode::Observe);
                }
                Sacred::No | Sacred::Job | Sacred::ByHand => {}
            }
            sacred.insert(name, kind);
            world.actors.push(actor);
        }
        Self {
            world,
            dice,
            sacred,
            well: BTreeMap::new(),
            budget: BTreeMap::new(),
            seen: 0,
            kills: 0,
        }
    }

    /// Something goes wrong with a service, or right.
    fn strike(&mut self, at: usize) {
        let (dice, now) = (&mut self.dice, self.world.now);
        let actor = &mut self.world.actors[at];
        let kind = self.sacred[actor.service.name.as_str()];
        let code = [1, 2, 137, 139, 143, 255][dice.roll(6) as usize];
        let has_check = actor.container().care.check.is_some();
        let (state, health, end) = match kind {
            Sacred::Job => (RunState::Exited(0), Health::None, End::Crash),
            Sacred::ByHand => (RunState::Exited(code), Health::None, End::Wanted),
            _ => match dice.roll(6) {
                0 | 1 => (RunState::Exited(code), Health::None, End::Crash),
                2 => (RunState::Restarting, Health::None, End::Unseen),
                3 | 4 if has_check => (RunState::Running, Health::Unhealthy, End::Unseen),
                _ => {
                    let health = if has_check { Health::Healthy } else { Health::None };
                    (RunState::Running, health, End::Unseen)
                }
            },
        };
        actor.become_now(state, health, end, now);
        if dice.one_in(4) {
            actor.container().restarts += dice.roll(7);
        }
    }

    /// Steps of one attempt follow each other, and none is begun twice that does more than it says.
    fn check_steps(&self) {
        let mut last = BTreeMap::<u64, &Taken>::new();
        for taken in &self.world.taken {
            let before = last.insert(taken.attempt, taken);
            let follows = match before {
                None => !taken.is_undoing && taken.at == 0 && !taken.is_again,
                Some(before) if taken.is_again => {
                    let is_harmless = matches!(taken.kind, StepKind::Stop | StepKind::Start);
                    (before.is_undoing, before.at) == (taken.is_undoing, taken.at) && is_harmless
                }
                Some(before) if taken.is_undoing && !before.is_undoing => taken.at == 0,
                Some(before) => taken.is_undoing == before.is_undoing && taken.at == before.at + 1,
            };
            assert!(follows, "{taken:?} after {before:?}");
            assert!(!taken.is_held || taken.is_undoing, "a step forward while held: {taken:?}");
        }
    }

    fn run(mut self) -> Run {
        for _ in 0..STEPS {
            if self.dice.one_in(12) {
                let at = self.dice.roll(self.world.actors.len() as u64) as usize;
                self.strike(at);
            }
            if self.dice.one_in(80) {
                // A shared cause.
                (0..self.world.actors.len()).for_each(|at| self.strike(at));
            }
            if self.dice.one_in(6) {
                let at = self.dice.roll(self.world.actors.len() as u64) as usize;
                let name = self.world.actors[at].service.name.to_string();
                let load = self.dice.roll(2) * 90;
                self.world.load(&name, load as f32 * 8.0, load + 8);
            }
            if self.dice.one_in(40) {
                self.world.kill();
                self.kills += 1;
            }
            let is_held = self.world.settings.mode != RepairMode::Auto;
            if self.dice.one_in(if is_held { 6 } else { 30 }) {
                self.world.set_mode(if is_held { RepairMode::Auto } else { RepairMode::Observe });
            }
            let before: Vec<_> = self.world.history.all_open().map(|a| a.service.clone()).collect();
            self.world.step(STEP);
            self.check(&before);
        }
        self.check_steps();
        let ended = self.world.history.attempts.iter().filter_map(|a| a.end.as_ref());
        let was_called_off = |(_, ending, text): &&(_, Ending, SafeText)| {
            *ending == Ending::NeedsPerson && text.contains("called off: held; ")
        };
        let handed = ended.clone().filter(was_called_off).count();
        let was_returned = |(_, ending, text): &&(_, Ending, SafeText)| {
            *ending == Ending::RolledBack && text.contains("called off: held; ")
        };
        let returned = ended.filter(was_returned).count();
        let endings = self.world.history.attempts.iter().filter_map(|attempt| {
            let (_, ending, _) = attempt.end.as_ref()?;
            attempt.course.as_ref().map(|_| *ending)
        });
        Run {
            acts: self.world.acts.len(),
            pauses: self.world.openings.len(),
            kills: self.kills,
            steps: self.world.taken.len(),
            fixes: endings.collect(),
            handed,
            returned,
        }
    }

    fn check(&mut self, open_before: &[dogwatch::model::ServiceName]) {
        let now = self.world.now;
        // What was called off before its first step was none.
        for attempt in &self.world.history.attempts {
            if matches!(attempt.end, Some((time, Ending::Skipped, _)) if time == now) {
                self.budget.entry(attempt.service.to_string()).or_default().pop();
            }
        }
        let new: Vec<Act> = self.world.acts[self.seen..].to_vec();
        self.seen = self.world.acts.len();
        let is_held = self.world.settings.mode != RepairMode::Auto;
        assert!(new.is_empty() || !is_held, "an act while held: {new:?}");
        let mut names: Vec<_> = new.iter().map(|act| act.service.to_string()).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), new.len(), "two acts on one service at once: {new:?}");
        let still_open: Vec<_> =
            self.world.history.all_open().map(|a| (a.service.clone(), a.time)).collect();
        for act in &new {
            let name = act.service.as_str();
            // What ended by hand, or as it should, may still fill its memory while it runs.
            let is_allowed = match self.sacred[name] {
                Sacred::No => true,
                // What a fix of ours had stopped is ours to start.
                Sacred::Job | Sacred::ByHand => {
                    let was_ours = |taken: &Taken| {
                        taken.service == act.service && taken.kind == StepKind::Stop
                    };
                    act.remedy != Remedy::Start || self.world.taken.iter().any(was_ours)
                }
                Sacred::OptedOut | Sacred::OneOff | Sacred::Observed => false,
            };
            assert!(is_allowed, "{:?}: {act:?}", self.sacred[name]);
            let is_second = open_before.contains(&act.service)
                && still_open.iter().filter(|(service, _)| *service == act.service).count() > 1;
            assert!(!is_second, "an act while another one goes on: {act:?}");
            let budget = self.budget.entry(name.to_owned()).or_default();
            let wait = match self.world.settings.preset {
                Preset::Compose => 300,
                Preset::K8s => 10,
            };
            let least =
                TimeDelta::milliseconds((wait * 900) << budget.len().saturating_sub(1).min(2));
            if let Some(last) = budget.last() {
                assert!(
                    now - *last >= least.min(TimeDelta::seconds(270)),
                    "too soon: {act:?} after {last}"
                );
            }
            budget.push(now);
            assert!(
                budget.len() <= self.world.settings.max_attempts as usize,
                "more than allowed: {act:?}, {budget:?}"
            );
        }
        let counts = |(act, attempt): &(&Act, &Attempt)| {
            now - act.time < TimeDelta::minutes(10)
                && !matches!(attempt.end, Some((_, Ending::Skipped, _)))
        };
        let acts = self.world.acts.iter().zip(&self.world.history.attempts);
        let crowd = acts.filter(counts).count();
        assert!(crowd <= self.world.settings.breaker_actions, "{crowd} acts in ten minutes");
        if let Some(opened) = self.world.history.openings.last()
            && now - *opened < TimeDelta::minutes(10)
        {
            assert!(new.is_empty(), "an act although all acting is stopped: {new:?}");
        }
        assert!(still_open.len() <= self.world.settings.at_once, "{still_open:?}");
        self.forgive(now);
    }

    /// Attempts are given back only after ten minutes of being well, by our own count.
    fn forgive(&mut self, now: DateTime<Utc>) {
        for actor in &mut self.world.actors {
            let name = actor.service.name.to_string();
            let container = actor.container();
            let is_well = container.state == RunState::Running
                && matches!(container.health, Health::None | Health::Healthy);
            let since = self.well.entry(name.clone()).or_default();
            *since = if is_well { since.or(Some(now)) } else { None };
            let resets = &self.world.history.resets;
            if resets.iter().any(|(time, service)| *time == now && service.as_str() == name) {
                // Two looks may lie between what happens and what is seen of it.
                let long = TimeDelta::minutes(10) - STEP * 2;
                let since = since.unwrap_or(now);
                assert!(now - since >= long, "{name} is forgiven after {}", now - since);
                self.budget.remove(&name);
            }
        }
    }
}

#[test]
fn a_thousand_incidents_keep_every_limit() {
    let (mut acts, mut pauses, mut kills, mut steps) = (0, 0, 0, 0);
    let (mut handed, mut returned) = (0, 0);
    let mut fixes = BTreeMap::<&str, usize>::new();
    for seed in 0..INCIDENTS {
        let run = Incident::new(seed.wrapping_mul(0x5851_f42d_4c95_7f2d)).run();
        acts += run.acts;
        pauses += run.pauses;
        kills += run.kills;
        steps += run.steps;
        handed += run.handed;
        returned += run.returned;
        for ending in run.fixes {
            *fixes.entry(ending.as_str()).or_default() += 1;
        }
    }
    println!(
        "{INCIDENTS} incidents: {acts} acts, {pauses} pauses, {kills} kills of dogwatch, {steps} steps of fixes: {fixes:?}; \
         of those called off {handed} left to a person, {returned} rolled back"
    );
    // Rules that forbid everything would pass, too.
    assert!(acts > 1_000 && pauses > 20, "{acts} acts, {pauses} pauses");
    assert!(handed > 20 && returned > 5, "{handed} handed over, {returned} returned");
    let some = ["worked", "failed", "rolled_back", "needs_person"];
    assert!(some.iter().all(|ending| fixes.get(ending).is_some_and(|n| *n > 20)), "{fixes:?}");
}
