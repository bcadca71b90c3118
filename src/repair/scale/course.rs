//! One service over time: what was wished for, what was changed and by whom, and so what to do now.

use super::{measure::Measure, rule::Rule};
use crate::repair::settings::seconds;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::VecDeque;

/// How long a count that a person chose is left alone.
const BY_HAND: TimeDelta = TimeDelta::minutes(10);
/// The span in which changes are counted.
const SPAN: TimeDelta = TimeDelta::minutes(10);
/// So long after a change of ours the count may still be on its way.
const SETTLING: TimeDelta = TimeDelta::seconds(60);
/// No window is longer.
const LONGEST: TimeDelta = TimeDelta::hours(1);

/// A change of scale that was ours, counted whether or not it succeeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// When it was decided.
    pub time: DateTime<Utc>,
    /// Containers before.
    pub from: u32,
    /// Containers after.
    pub to: u32,
}

impl Change {
    /// Whether a count may be one on its way.
    fn spans(&self, replicas: u32) -> bool {
        (self.from.min(self.to)..=self.from.max(self.to)).contains(&replicas)
    }

    fn is_on_its_way(&self, replicas: u32, now: DateTime<Utc>) -> bool {
        now - self.time < SETTLING && self.spans(replicas)
    }
}

/// What to do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Nothing: it has what it needs.
    Keep,
    /// Nothing yet.
    Wait,
    /// Nothing: a person chose the count.
    LeaveAlone,
    /// Give it so many containers.
    To(u32),
}

/// What to do now, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advice {
    /// What to do.
    pub step: Step,
    /// What it should have in the end, within its bounds.
    pub wanted: u32,
    /// Why, as part of a sentence.
    pub reason: String,
}

/// One service over time.
#[derive(Debug, Clone, Default)]
pub struct Course {
    /// The count that is known and ours, or was taken as it was found.
    known: Option<u32>,
    /// Oldest first.
    changes: VecDeque<Change>,
    /// The last change, where the run that began it did not live to see its end.
    cut: Option<Change>,
    /// What was recommended, oldest first.
    wished: VecDeque<(DateTime<Utc>, u32)>,
    /// When a person last chose a count.
    by_hand: Option<DateTime<Utc>>,
}

impl Course {
    /// Begins with what earlier runs changed, oldest first.
    pub fn after(changes: impl IntoIterator<Item = Change>) -> Self {
        let changes: VecDeque<_> = changes.into_iter().collect();
        Self { known: changes.back().map(|change| change.to), changes, ..Self::default() }
    }

    /// The same where nobody wrote down how the last of them ended.
    #[must_use]
    pub fn cut(self) -> Self {
        Self { cut: self.changes.back().copied(), ..self }
    }

    /// How the change ended that was cut, and whether it is done, once: as soon as that can be told. One that is not done
    /// leaves the count as it is found, and counts.
    pub fn conclude(&mut self, replicas: u32, now: DateTime<Utc>) -> Option<(Change, bool)> {
        let change = self.cut?;
        let is_done = replicas == change.to;
        if !is_done && change.is_on_its_way(replicas, now) {
            return None;
        }
        self.cut = None;
        if !is_done && change.spans(replicas) {
            self.fail();
        }
        Some((change, is_done))
    }

    /// Notes that a change is being made.
    pub fn begin(&mut self, change: Change) {
        self.known = Some(change.to);
        self.changes.push_back(change);
    }

    /// Notes that the last change did not succeed: the count is taken as it will be found. It counts as a change.
    pub const fn fail(&mut self) {
        self.known = None;
    }

    /// Decides for a service that has so many containers.
    pub fn advise(
        &mut self,
        rule: &Rule,
        replicas: u32,
        measure: Result<&Measure, &str>,
        now: DateTime<Utc>,
    ) -> Advice {
        let stay = |step, reason: String| Advice { step, wanted: replicas, reason };
        if let Some(advice) = self.see(replicas, now) {
            return advice;
        }
        let wanted = measure.and_then(|measure| measure.wanted(rule, replicas));
        let (recommended, each) = match wanted {
            Ok(wanted) => wanted,
            Err(why) => {
                // Whatever was asked for before must last anew.
                self.wished.push_back((now, replicas));
                return stay(Step::Wait, format!("it is not measured: {why}"));
            }
        };
        let is_stale = |(time, _): &(DateTime<Utc>, u32)| now - *time > rule.interval() * 4;
        if self.wished.back().is_some_and(is_stale) {
            self.wished.push_back((now, replicas));
        }
        let wanted = recommended.clamp(rule.min, rule.max.max(rule.min));
        self.wished.push_back((now, wanted));
        while self.wished.front().is_some_and(|(time, _)| now - *time > LONGEST) {
            self.wished.pop_front();
        }
        let told = rule.told(each);
        let goal = self.stabilised(rule, replicas, now);
        if goal == replicas {
            return if wanted == replicas {
                stay(Step::Keep, told)
            } else {
                let reason = format!("{told}; {wanted} would do, which has to last");
                Advice { step: Step::Wait, wanted, reason }
            };
        }
        let (least, most) =
            (replicas.saturating_sub(rule.step), replicas.saturating_add(rule.step));
        let to = goal.clamp(least.max(1), most.max(1));
        let step = match self.held_until(rule, now) {
            None => Step::To(to),
            Some((until, why)) => {
                let seconds = (until - now).num_seconds().max(1);
                let reason = format!("{told}; {why}, for {seconds} s more");
                return Advice { step: Step::Wait, wanted: goal, reason };
            }
        };
        Advice { step, wanted: goal, reason: told }
    }

    /// Notes how many there are; an advice where that alone decides.
    fn see(&mut self, replicas: u32, now: DateTime<Utc>) -> Option<Advice> {
        let stay = |step, reason: String| Some(Advice { step, wanted: replicas, reason });
        let last = self.changes.back().copied();
        match self.known {
            Some(known) if known != replicas => {
                if last.is_some_and(|change| change.is_on_its_way(replicas, now)) {
                    return stay(Step::Wait, format!("it is on its way to {known}"));
                }
                self.by_hand = Some(now);
                self.wished.clear();
            }
            _ => {}
        }
        if self.known != Some(replicas) || self.wished.is_empty() {
            self.wished.push_back((now, replicas));
        }
        self.known = Some(replicas);
        if replicas == 0 {
            return stay(Step::LeaveAlone, "it has no container".to_owned());
        }
        let until = self.by_hand? + BY_HAND;
        if now >= until {
            self.by_hand = None;
            return None;
        }
        let seconds = (until - now).num_seconds().max(1);
        let reason = format!("scaled to {replicas} by hand; left alone for {seconds} s more");
        stay(Step::LeaveAlone, reason)
    }

    /// The count on which the latest recommendation and all of a window agree: the lowest for more, the highest for fewer.
    fn stabilised(&self, rule: &Rule, replicas: u32, now: DateTime<Utc>) -> u32 {
        let latest = self.wished.back().map_or(replicas, |(_, count)| *count);
        let within = |window: u64| {
            let begin = now - seconds(window).min(LONGEST);
            self.wished.iter().rev().take_while(move |(time, _)| *time > begin).map(|(_, n)| *n)
        };
        let up = within(rule.up_window_seconds).fold(latest, u32::min);
        let down = within(rule.down_window_seconds).fold(latest, u32::max);
        if up > replicas { up } else { down.min(replicas) }
    }

    /// Until when nothing may be changed, and why.
    fn held_until(&self, rule: &Rule, now: DateTime<Utc>) -> Option<(DateTime<Utc>, String)> {
        let cooldown = || {
            let until = self.changes.back()?.time + seconds(rule.cooldown_seconds);
            (until > now).then(|| (until, "it was changed just now".to_owned()))
        };
        let budget = || {
            let most = rule.changes.max(1) as usize;
            let oldest = self.changes.iter().rev().nth(most - 1)?;
            let until = oldest.time + SPAN;
            (until > now).then(|| (until, format!("{most} changes in ten minutes are enough")))
        };
        budget().or_else(cooldown)
    }
}
