//! How a fix goes on: what comes after the step that is done, when one took too long, and whether all of it helped.

use super::{
    Settings,
    handoff::{Bar, call_off},
    settings::seconds,
    standing::patience,
    trail::{Trails, is_well},
};
use crate::model::{Attempt, Container, Course, Ending, RunState, SafeText, Service, StepKind};
use chrono::{DateTime, TimeDelta, Utc};

/// What an answer, an event and a slow start may take beside all that is known.
const SPARE: TimeDelta = TimeDelta::seconds(60);
/// What an answer may take beside the limit of its step.
const ANSWER: TimeDelta = TimeDelta::seconds(30);

/// What is to be done about a fix now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Nothing yet.
    Wait,
    /// Its next step begins.
    Begin {
        /// It was begun before, and may have been done: nothing is done that is so already.
        is_again: bool,
    },
    /// The step that waited is done.
    Done,
    /// A step failed, or all of it: it is rolled back, where that is possible.
    Fail(SafeText),
    /// It is over.
    End(Ending, SafeText),
}

/// What is known when it is asked.
#[derive(Debug, Clone, Copy)]
pub struct Moment<'a> {
    /// The service; `None` where it is there no more.
    pub service: Option<&'a Service>,
    /// How containers have been over time.
    pub trails: &'a Trails,
    /// What the user says.
    pub settings: &'a Settings,
    /// Why nothing more may be done, where that is so.
    pub bar: Option<Bar<'a>>,
    /// The time.
    pub now: DateTime<Utc>,
}

/// Says how a fix goes on whose command is not under way.
///
/// A step that was begun and of which nothing was heard is not done a second time, unless nothing is done where it is so
/// already.
pub fn go_on(attempt: &Attempt, course: &Course, at: Moment<'_>) -> Next {
    let Some(step) = course.step() else { return finished(attempt, course, at) };
    if let Some(next) = at.bar.and_then(|bar| call_off(attempt, course, at.service, bar)) {
        return next;
    }
    let Some(begun) = course.begun_at else {
        let limit = attempt.time + seconds(course.fix.limit_seconds);
        return if !course.is_undoing && at.now >= limit {
            let text = format!("not done after {} s", course.fix.limit_seconds);
            Next::Fail(failed(course, &text))
        } else {
            Next::Begin { is_again: false }
        };
    };
    let limit = begun + seconds(step.limit_seconds);
    match step.kind {
        StepKind::WaitHealthy if at.service.is_some_and(is_all_well) => Next::Done,
        StepKind::WaitHealthy if at.now < limit => Next::Wait,
        StepKind::WaitHealthy => {
            Next::Fail(failed(course, &format!("not healthy after {} s", step.limit_seconds)))
        }
        StepKind::Stop | StepKind::Start if at.now < limit + ANSWER => {
            Next::Begin { is_again: true }
        }
        _ => Next::Fail(failed(course, "it is not known whether it was done")),
    }
}

/// Notes that its step is done.
pub fn done(course: &mut Course) {
    course.done += 1;
    course.begun_at = None;
}

/// Begins the roll-back; how it ended where there is none, or where it is the roll-back that failed.
pub fn fail(course: &mut Course, why: SafeText) -> Option<(Ending, SafeText)> {
    if course.is_undoing {
        let text = format!("{}; and the roll-back failed: {why}", course.failure);
        return Some((Ending::NeedsPerson, text.into()));
    }
    if course.fix.undo.is_empty() {
        return Some((Ending::Failed, why));
    }
    (course.is_undoing, course.done, course.begun_at) = (true, 0, None);
    course.failure = why;
    None
}

/// Why its present step failed.
pub fn failed(course: &Course, why: &str) -> SafeText {
    format!("{}: {why}", course.told()).into()
}

/// All steps are done: did it help?
fn finished(attempt: &Attempt, course: &Course, at: Moment<'_>) -> Next {
    let name = &attempt.service;
    if course.is_undoing {
        return Next::End(Ending::RolledBack, format!("{}; rolled back", course.failure).into());
    }
    let begun = attempt.acted_at.unwrap_or(attempt.time);
    let window = seconds(at.settings.window_seconds);
    let since = at.service.and_then(|service| well_since(service, at.trails));
    if since.is_some_and(|since| since.max(begun) + window <= at.now) {
        let text =
            format!("{name} is well for {} s after fix {}", window.num_seconds(), course.fix.name);
        return Next::End(Ending::Worked, text.into());
    }
    let slowest = at.service.into_iter().flat_map(lasting).map(longest_start).max();
    if at.now < begun + window + slowest.unwrap_or_default() + SPARE {
        return Next::Wait;
    }
    let text = format!(
        "{name} is not well {} s after fix {}",
        (at.now - begun).num_seconds(),
        course.fix.name
    );
    match at.bar {
        Some(_) => Next::End(Ending::Failed, text.into()),
        None => Next::Fail(text.into()),
    }
}

fn is_all_well(service: &Service) -> bool {
    let mut containers = lasting(service).peekable();
    containers.peek().is_some() && containers.all(is_well)
}

/// Since when all containers of a service are well; `None` where one is not.
fn well_since(service: &Service, trails: &Trails) -> Option<DateTime<Utc>> {
    let mut latest = None;
    for container in lasting(service) {
        let trail = trails.of(&container.origin.container)?;
        latest = latest.max(Some(trail.well_since.filter(|_| is_well(container))?));
    }
    latest
}

/// Containers that are meant to run: no one-offs, and none that is gone.
pub(super) fn lasting(service: &Service) -> impl Iterator<Item = &Container> {
    let is_one_off = |container: &Container| {
        let label = container.care.labels.get("com.docker.compose.oneoff");
        label.is_some_and(|value| value.trim().eq_ignore_ascii_case("true"))
    };
    service.containers.iter().filter(move |c| !is_one_off(c) && c.state != RunState::Removed)
}

fn longest_start(container: &Container) -> TimeDelta {
    container.care.check.map_or(TimeDelta::zero(), |check| {
        let period = TimeDelta::from_std(check.start_period).unwrap_or_default();
        period.min(TimeDelta::hours(1)) + patience(Some(check))
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::{
        model::{Fix, Remedy, Step, Strategy, When},
        repair::Settings,
    };

    /// The course of a fix of these steps, at its beginning.
    pub(in crate::repair) fn course(kinds: &[StepKind], undo: &[StepKind]) -> Course {
        let steps = |kinds: &[StepKind]| {
            kinds.iter().map(|kind| Step { kind: kind.clone(), limit_seconds: 60 }).collect()
        };
        let fix = Fix {
            name: "mend".into(),
            about: "".into(),
            when: When::default(),
            steps: steps(kinds),
            undo: steps(undo),
            limit_seconds: 600,
        };
        Course::new(fix, "".into())
    }

    /// An attempt on `api` that goes on, its course left to the caller.
    pub(in crate::repair) fn attempt() -> Attempt {
        Attempt {
            number: 1,
            time: DateTime::from_timestamp(1_800_000_000, 0).unwrap(),
            service: "api".into(),
            strategy: Strategy::Exited,
            remedy: Remedy::Fix,
            targets: Vec::new(),
            config: "".into(),
            reason: "".into(),
            course: None,
            acted_at: None,
            end: None,
        }
    }

    /// What comes next, so many seconds after it began.
    fn next(course: &Course, seconds: i64, bar: Option<&str>) -> Next {
        let attempt = attempt();
        let now = attempt.time + TimeDelta::seconds(seconds);
        let (trails, settings) = (Trails::default(), Settings::default());
        let bar = bar.map(|why| Bar { why, may_return: false, project: "shop" });
        let moment = Moment { service: None, trails: &trails, settings: &settings, bar, now };
        go_on(&attempt, course, moment)
    }

    fn begun(course: &Course) -> Course {
        Course { begun_at: DateTime::from_timestamp(1_800_000_000, 0), ..course.clone() }
    }

    #[test]
    fn what_may_have_been_done_is_not_done_again() {
        let run = StepKind::Run(vec!["true".to_owned()]);
        for (kind, want) in [
            (StepKind::Stop, Next::Begin { is_again: true }),
            (StepKind::Start, Next::Begin { is_again: true }),
            (StepKind::WaitHealthy, Next::Wait),
        ] {
            assert_eq!(next(&begun(&course(&[kind], &[])), 9, None), want);
        }
        for kind in [StepKind::Restart, StepKind::Recreate, StepKind::Rebuild, run] {
            let next = next(&begun(&course(std::slice::from_ref(&kind), &[])), 9, None);
            assert!(matches!(&next, Next::Fail(why) if why.contains("not known")), "{next:?}");
        }
    }

    #[test]
    fn limits_hold_for_a_step_and_for_the_whole() {
        let fresh = course(&[StepKind::Restart], &[]);
        assert_eq!(next(&fresh, 599, None), Next::Begin { is_again: false });
        assert!(matches!(next(&fresh, 600, None), Next::Fail(_)));
        let waits = begun(&course(&[StepKind::WaitHealthy], &[]));
        assert_eq!(next(&waits, 59, None), Next::Wait);
        assert!(matches!(next(&waits, 60, None), Next::Fail(_)));
        let stops = begun(&course(&[StepKind::Stop], &[]));
        assert!(matches!(next(&stops, 90, None), Next::Fail(_)));
    }

    #[test]
    fn who_may_not_go_on_says_where_it_stands() {
        let mut half = course(&[StepKind::Stop, StepKind::Start], &[]);
        done(&mut half);
        let end = next(&half, 5, Some("only observing"));
        let Next::End(Ending::NeedsPerson, text) = end else { panic!() };
        assert!(text.starts_with("fix mend was called off: only observing; done: stop;"), "{text}");
    }

    #[test]
    fn what_fails_is_rolled_back_once_and_then_needs_a_person() {
        let mut failing = course(&[StepKind::Restart], &[StepKind::Start]);
        assert_eq!(fail(&mut failing, "first".into()), None);
        assert!(failing.is_undoing && failing.step().unwrap().kind == StepKind::Start);
        let mut rolled = failing.clone();
        done(&mut rolled);
        let end = Next::End(Ending::RolledBack, "first; rolled back".into());
        assert_eq!(next(&rolled, 5, None), end);
        let (ending, text) = fail(&mut failing, "second".into()).unwrap();
        assert_eq!(ending, Ending::NeedsPerson);
        assert_eq!(text.as_str(), "first; and the roll-back failed: second");
        let mut alone = course(&[StepKind::Restart], &[]);
        assert_eq!(fail(&mut alone, "x".into()), Some((Ending::Failed, "x".into())));
    }
}
