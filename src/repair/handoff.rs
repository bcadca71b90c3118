//! A fix that may not go on: no step forward is begun any more, and a service that it stopped is not left lying.
//!
//! What is not rolled back is handed to a person, with the steps that are done and the commands that undo them.

use super::course::{Next, lasting};
use crate::model::{Attempt, Course, Ending, Service, Step, StepKind};
use std::fmt::Write as _;

/// Why a fix may not go on, and what may still be done about it.
#[derive(Debug, Clone, Copy)]
pub struct Bar<'a> {
    /// Why: `the mode for api is observe`.
    pub why: &'a str,
    /// Whether its roll-back may bring a service back that it stopped: only what was begun by itself, in mode `auto`, and
    /// only where labels and settings still allow it.
    pub may_return: bool,
    /// The Compose project, for commands that a person can type.
    pub project: &'a str,
}

/// What becomes of a fix that may not go on; `None` where its roll-back goes on.
///
/// A roll-back is done whole or not at all, because nobody wrote down what half of one leaves.
pub(super) fn call_off(
    attempt: &Attempt,
    course: &Course,
    service: Option<&Service>,
    bar: Bar<'_>,
) -> Option<Next> {
    let (name, why) = (&course.fix.name, bar.why);
    let is_begun = course.is_undoing || course.done > 0 || course.begun_at.is_some();
    if !is_begun {
        let text = format!("fix {name} was called off before its first step: {why}");
        return Some(Next::End(Ending::Skipped, text.into()));
    }
    let may_return = bar.may_return && course.fix.undo.iter().any(|step| step.kind.starts());
    if course.is_undoing && may_return {
        return None;
    }
    let is_down = is_down(attempt, course, service);
    let steps = account(course);
    if is_down && may_return {
        return Some(Next::Fail(format!("fix {name} was called off: {why}; {steps}").into()));
    }
    let text = format!(
        "fix {name} was called off: {why}; {steps}; {}",
        advice(attempt, course, bar.project, is_down)
    );
    Some(Next::End(Ending::NeedsPerson, text.into()))
}

/// Whether nothing of the service runs, be it that the news of our own stop is still on its way.
fn is_down(attempt: &Attempt, course: &Course, service: Option<&Service>) -> bool {
    let is_ours = course.begun().filter(|step| step.kind.ends_process() || step.kind.starts());
    let was_stopped = is_ours.last().is_some_and(|step| step.kind == StepKind::Stop);
    let is_up = |container: &crate::model::Container| {
        let is_new = container.started_at.is_some_and(|at| at > attempt.time);
        container.state.is_up() && (is_new || !was_stopped)
    };
    !service.is_some_and(|service| lasting(service).any(is_up))
}

/// Which steps are done and which are not, in words.
fn account(course: &Course) -> String {
    let mut text = String::new();
    let steps = course.steps();
    let (done, rest) = steps.split_at(course.done.min(steps.len()));
    let (doubtful, rest) = rest.split_at(usize::from(course.begun_at.is_some()).min(rest.len()));
    if course.is_undoing {
        let _ = write!(text, "{}; of its roll-back, ", course.failure);
    }
    for (word, steps) in [("done", done), ("begun", doubtful), ("not done", rest)] {
        if !steps.is_empty() {
            let steps: Vec<_> = steps.iter().map(|step| step.told().to_string()).collect();
            let gap = if text.is_empty() || text.ends_with(", ") { "" } else { "; " };
            let _ = write!(text, "{gap}{word}: {}", steps.join(", "));
        }
    }
    text
}

/// What a person may type to undo it.
fn advice(attempt: &Attempt, course: &Course, project: &str, is_down: bool) -> String {
    let service = attempt.service.as_str();
    let done = if course.is_undoing { course.done } else { 0 };
    let undo = course.fix.undo.iter().skip(done);
    let commands: Vec<_> = undo.filter_map(|step| command(step, service, project)).collect();
    match (commands.is_empty(), is_down) {
        (false, _) => format!("to roll it back: {}", commands.join(" && ")),
        (true, true) => format!(
            "to start it: docker compose -p {} start {service}",
            shell_words::quote(project)
        ),
        (true, false) => "it has no roll-back".to_owned(),
    }
}

/// The command by which a person does the same; `None` for a wait.
fn command(step: &Step, service: &str, project: &str) -> Option<String> {
    let compose = format!("docker compose -p {}", shell_words::quote(project));
    Some(match &step.kind {
        StepKind::Restart | StepKind::Stop | StepKind::Start => {
            format!("{compose} {} {service}", step.kind.word())
        }
        StepKind::Recreate => format!("{compose} up -d --no-deps --force-recreate {service}"),
        StepKind::Rebuild => {
            format!("{compose} up -d --no-deps --force-recreate --build {service}")
        }
        StepKind::Exec(words) => {
            format!("{compose} exec -T {service} {}", shell_words::join(words))
        }
        StepKind::Run(words) => format!("DOGWATCH_SERVICE={service} {}", shell_words::join(words)),
        StepKind::WaitHealthy => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repair::course::tests::{attempt, course};

    /// What becomes of it, where nothing of the service runs.
    fn called_off(course: &Course, may_return: bool) -> Option<Next> {
        let why = "the mode for api is observe";
        call_off(&attempt(), course, None, Bar { why, may_return, project: "shop" })
    }

    #[test]
    fn a_person_is_told_what_is_done_and_what_undoes_it() {
        let run = StepKind::Run(vec!["rm".to_owned(), "a b".to_owned()]);
        let mut half = course(
            &[StepKind::Stop, run.clone(), StepKind::Start],
            &[run, StepKind::Start, StepKind::WaitHealthy],
        );
        half.done = 2;
        let Some(Next::End(Ending::NeedsPerson, text)) = called_off(&half, false) else { panic!() };
        assert_eq!(
            text.as_str(),
            "fix mend was called off: the mode for api is observe; done: stop, run rm a b; not done: start; \
             to roll it back: DOGWATCH_SERVICE=api rm 'a b' && docker compose -p shop start api"
        );
        // Without a roll-back of its own nothing is done, but it is said how the service comes back.
        let mut bare = course(&[StepKind::Stop, StepKind::Start], &[]);
        bare.done = 1;
        let Some(Next::End(Ending::NeedsPerson, text)) = called_off(&bare, true) else { panic!() };
        assert!(text.ends_with("to start it: docker compose -p shop start api"), "{text}");
    }

    #[test]
    fn what_it_stopped_is_brought_back_where_that_is_allowed() {
        let mut half = course(&[StepKind::Stop, StepKind::Start], &[StepKind::Start]);
        assert!(matches!(called_off(&half, true), Some(Next::End(Ending::Skipped, _))));
        half.done = 1;
        let Some(Next::Fail(why)) = called_off(&half, true) else { panic!() };
        assert!(why.ends_with("; done: stop; not done: start"), "{why}");
        // Whose roll-back was begun is rolled back, or told where it stands.
        (half.is_undoing, half.done, half.failure) = (true, 0, "it broke".into());
        assert_eq!(called_off(&half, true), None);
        let Some(Next::End(Ending::NeedsPerson, text)) = called_off(&half, false) else { panic!() };
        assert!(text.contains("it broke; of its roll-back, not done: start; to roll"), "{text}");
        // A roll-back that starts nothing brings nothing back.
        let run = StepKind::Run(vec!["x".to_owned()]);
        let mut other = course(&[StepKind::Stop, StepKind::Start], &[run]);
        other.done = 1;
        assert!(matches!(called_off(&other, true), Some(Next::End(Ending::NeedsPerson, _))));
    }
}
