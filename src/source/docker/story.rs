//! What the Engine's events say about one container, told in a few words.
//!
//! A person's stop and a crash end with the same event; only what came before it tells them apart:
//! `kill` or `stop` before `die` is a wish, `oom` before `die` is the kernel, `die` alone is a crash.

use super::inspect::{Seen, health_word};
use crate::model::{End, Health, SafeText};
use bollard::models::EventMessage;
use chrono::{DateTime, TimeDelta, Utc};

/// An `oom` without a `die` within this time killed a child process, and the container goes on.
const OOM_PATIENCE: TimeDelta = TimeDelta::seconds(2);
/// So many restarts of the Engine's within this time are a loop.
const LOOP: usize = 5;
const LOOP_WINDOW: TimeDelta = TimeDelta::minutes(5);
/// The Engine tells of an end so soon after it.
const SAME_END: TimeDelta = TimeDelta::seconds(10);
/// Signals that ask a program to do something else than to end: HUP, USR1, USR2, CONT, WINCH.
const HARMLESS: [&str; 5] = ["1", "10", "12", "18", "28"];

/// The actions that are asked for; everything else (`exec_create` of each health check) stays away.
pub(super) const ACTIONS: [&str; 12] = [
    "create",
    "start",
    "die",
    "oom",
    "kill",
    "stop",
    "restart",
    "pause",
    "unpause",
    "destroy",
    "rename",
    "health_status",
];

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Action {
    /// Its process began.
    Start,
    /// Its process ended with this code.
    Die(i64),
    /// The kernel killed a process of it for memory.
    Oom,
    /// Somebody wants it to end.
    EndWanted,
    /// Frozen.
    Pause,
    /// Going on.
    Unpause,
    /// Taken away.
    Destroy,
    /// A check changed its mind.
    Health(Health),
    /// Something else about it changed.
    Other,
}

/// One event of one container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Happening {
    pub(super) id: String,
    pub(super) action: Action,
    /// By the Engine's clock.
    pub(super) time: DateTime<Utc>,
}

impl Happening {
    /// Reads an event; `now` stands in for a missing time. `None` for one that is about nothing we know.
    pub(super) fn read(message: EventMessage, now: DateTime<Utc>) -> Option<Self> {
        let actor = message.actor?;
        let attributes = actor.attributes.unwrap_or_default();
        let attribute = |name: &str| attributes.get(name).map(String::as_str);
        let action = message.action?;
        let (word, detail) = action.split_once(':').unwrap_or((&action, ""));
        let action = match word {
            "start" => Action::Start,
            "die" => Action::Die(attribute("exitCode").and_then(|c| c.parse().ok()).unwrap_or(0)),
            "oom" => Action::Oom,
            "kill" if attribute("signal").is_some_and(|s| HARMLESS.contains(&s)) => Action::Other,
            "kill" | "stop" => Action::EndWanted,
            "pause" => Action::Pause,
            "unpause" => Action::Unpause,
            "destroy" => Action::Destroy,
            "health_status" => Action::Health(health_word(detail.trim())),
            _ => Action::Other,
        };
        let time = message.time_nano.map(DateTime::from_timestamp_nanos);
        let time = time.or_else(|| DateTime::from_timestamp(message.time?, 0)).unwrap_or(now);
        Some(Self { id: actor.id.filter(|id| !id.is_empty())?, action, time })
    }
}

/// What one container's events have said so far.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Story {
    is_end_wanted: bool,
    oom_at: Option<DateTime<Utc>>,
    /// How the last run ended, and whether somebody wanted it.
    end: Option<(i64, bool)>,
    /// When that was.
    ended_at: Option<DateTime<Utc>>,
    restarts: u64,
    /// When the Engine restarted it, the last [`LOOP`] times.
    restarted_at: Vec<DateTime<Utc>>,
    was_unhealthy: bool,
}

impl Story {
    /// Begins with what is seen of a container before any event.
    pub(super) fn new(seen: &Seen) -> Self {
        Self {
            restarts: seen.container.restarts,
            was_unhealthy: seen.container.health == Health::Unhealthy,
            ..Self::default()
        }
    }

    /// Takes an event in, and says what is worth telling. `seen` is the container after it.
    pub(super) fn tell(&mut self, happening: &Happening, seen: &Seen) -> Option<SafeText> {
        match happening.action {
            Action::Start => {
                self.is_end_wanted = false;
                self.oom_at = None;
                self.was_unhealthy = false;
                let restarts = seen.container.restarts;
                let is_engines_own = restarts > std::mem::replace(&mut self.restarts, restarts);
                let exit = match self.end.take() {
                    Some((code, false)) if is_engines_own => format!(" (exit {code})"),
                    None if is_engines_own => String::new(),
                    _ => {
                        self.restarted_at.clear();
                        return Some("started".into());
                    }
                };
                let run = restarts + 1;
                let text = match self.loop_time(happening.time) {
                    Some(time) => format!(
                        "restart loop{exit}: {LOOP} restarts in {} s, run {run}",
                        time.num_seconds()
                    ),
                    None => format!("restarted{exit}, run {run}"),
                };
                Some(text.into())
            }
            Action::Die(code) => {
                let was_wanted = std::mem::take(&mut self.is_end_wanted);
                self.end = Some((code, was_wanted));
                self.ended_at = Some(happening.time);
                let exit = describe_code(code);
                let text = if self.oom_at.take().is_some() {
                    format!("out of memory: killed ({code})")
                } else if was_wanted {
                    format!("stopped by hand ({exit})")
                } else {
                    format!("exited ({exit})")
                };
                Some(text.into())
            }
            Action::Oom => {
                self.oom_at = Some(happening.time);
                None
            }
            Action::EndWanted => {
                // The `stop` of a finished stop comes before or after its `die`, by version. What the container is now
                // does not count: it may have ended while this event was on its way.
                match &mut self.end {
                    Some((_, was_wanted)) => *was_wanted = true,
                    None => self.is_end_wanted = true,
                }
                None
            }
            Action::Pause => Some("paused".into()),
            Action::Unpause => Some("resumed".into()),
            Action::Destroy => Some("removed".into()),
            Action::Health(Health::Unhealthy) => {
                self.was_unhealthy = true;
                let said = seen.health_output.as_ref();
                Some(said.map_or("unhealthy".into(), |said| format!("unhealthy: {said}").into()))
            }
            Action::Health(Health::Healthy) => {
                std::mem::take(&mut self.was_unhealthy).then(|| "healthy again".into())
            }
            Action::Health(_) | Action::Other => None,
        }
    }

    /// How the run came to its end that ended at `finished_at`, as far as anybody watched.
    pub(super) fn last_end(&self, finished_at: Option<DateTime<Utc>>) -> End {
        let (Some(told), Some(finished)) = (self.ended_at, finished_at) else { return End::Unseen };
        match self.end.filter(|_| (told - finished).abs() < SAME_END) {
            Some((_, true)) => End::Wanted,
            Some((_, false)) => End::Crash,
            None => End::Unseen,
        }
    }

    /// Counts a restart of the Engine's; in a loop, the time that the last [`LOOP`] of them took.
    fn loop_time(&mut self, now: DateTime<Utc>) -> Option<TimeDelta> {
        if self.restarted_at.len() >= LOOP {
            self.restarted_at.remove(0);
        }
        self.restarted_at.push(now);
        let took = now - *self.restarted_at.first()?;
        (self.restarted_at.len() == LOOP && took <= LOOP_WINDOW).then_some(took)
    }

    /// When [`Story::wait_is_over`] wants to be asked.
    pub(super) fn due(&self) -> Option<DateTime<Utc>> {
        self.oom_at.map(|time| time + OOM_PATIENCE)
    }

    /// What is worth telling because something did not happen in time.
    pub(super) fn wait_is_over(&mut self, now: DateTime<Utc>) -> Option<SafeText> {
        self.due().filter(|due| *due <= now)?;
        self.oom_at = None;
        Some("out of memory: the kernel killed a process in it".into())
    }
}

/// `137, killed`: the code, and what codes above 128 mean.
fn describe_code(code: i64) -> String {
    let word = match code {
        126 => "cannot be run",
        127 => "command not found",
        129 => "hung up",
        130 => "interrupted",
        132 => "illegal instruction",
        134 => "aborted",
        135 => "bus error",
        136 => "arithmetic error",
        137 => "killed",
        139 => "segmentation fault",
        141 => "broken pipe",
        143 => "terminated",
        _ => return code.to_string(),
    };
    format!("{code}, {word}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{model::RunState, source::docker::inspect};
    use serde_json::json;

    fn seen(restarts: u64, is_up: bool) -> Seen {
        let mut seen = inspect::read(
            &"abc".into(),
            &serde_json::from_value(json!({})).unwrap(),
            &inspect::Peers::new(),
        );
        seen.container.restarts = restarts;
        seen.container.state = if is_up { RunState::Running } else { RunState::Exited(0) };
        seen.health_output = Some("curl: refused".into());
        seen
    }

    fn happening(action: &str, attributes: &serde_json::Value) -> Happening {
        let message = json!({"Action": action, "timeNano": 1_000_000_000_i64,
            "Actor": {"ID": "abc", "Attributes": attributes}});
        Happening::read(serde_json::from_value(message).unwrap(), Utc::now()).unwrap()
    }

    /// Tells a story of events `(action, signal or exit code, restarts after it)`.
    fn told(events: &[(&str, &str, u64)]) -> Vec<String> {
        let mut story = Story::new(&seen(6, true));
        let mut is_up = true;
        let mut all = Vec::new();
        for (action, detail, restarts) in events {
            is_up = match *action {
                "die" => false,
                "start" => true,
                _ => is_up,
            };
            let happening = happening(action, &json!({"signal": detail, "exitCode": detail}));
            all.extend(story.tell(&happening, &seen(*restarts, is_up)).map(|t| t.to_string()));
        }
        all
    }

    #[test]
    fn tells_a_wish_from_a_crash() {
        for (events, want) in [
            (&[("die", "1", 6)][..], &["exited (1)"][..]),
            (
                &[("die", "137", 6), ("start", "", 7)],
                &["exited (137, killed)", "restarted (exit 137), run 8"],
            ),
            (
                &[("kill", "15", 6), ("stop", "", 6), ("die", "143", 6)],
                &["stopped by hand (143, terminated)"],
            ),
            (
                &[("kill", "15", 6), ("kill", "9", 6), ("die", "137", 6), ("stop", "", 6)],
                &["stopped by hand (137, killed)"],
            ),
            (
                &[
                    ("kill", "15", 6),
                    ("stop", "", 6),
                    ("die", "0", 6),
                    ("start", "", 6),
                    ("restart", "", 6),
                ],
                &["stopped by hand (0)", "started"],
            ),
            // A reload is no wish to end.
            (&[("kill", "1", 6), ("die", "139", 6)], &["exited (139, segmentation fault)"]),
            (&[("oom", "", 6), ("die", "137", 6)], &["out of memory: killed (137)"]),
            // Started by a person after a crash: not a restart of the Engine's.
            (&[("die", "1", 6), ("start", "", 6)], &["exited (1)", "started"]),
            (
                &[("pause", "", 6), ("unpause", "", 6), ("destroy", "", 6)],
                &["paused", "resumed", "removed"],
            ),
            (&[("health_status: healthy", "", 6)], &[]),
            (
                &[
                    ("health_status: unhealthy", "", 6),
                    ("health_status: healthy", "", 6),
                    ("health_status: healthy", "", 6),
                ],
                &["unhealthy: curl: refused", "healthy again"],
            ),
            // Podman tells of the end after it.
            (
                &[("die", "143", 6), ("stop", "", 6), ("start", "", 6)],
                &["exited (143, terminated)", "started"],
            ),
            (&[("exec_start: x", "", 6), ("rename", "", 6), ("", "", 6)], &[]),
        ] {
            assert_eq!(told(events), want, "{events:?}");
        }
    }

    #[test]
    fn five_restarts_in_five_minutes_are_a_loop() {
        for (gap, want) in [
            (
                10,
                &[
                    "restarted (exit 1), run 10",
                    "restart loop (exit 1): 5 restarts in 40 s, run 11",
                ],
            ),
            (
                75,
                &[
                    "restarted (exit 1), run 10",
                    "restart loop (exit 1): 5 restarts in 300 s, run 11",
                ],
            ),
            (76, &["restarted (exit 1), run 10", "restarted (exit 1), run 11"]),
        ] {
            let mut story = Story::new(&seen(5, true));
            let mut told = Vec::new();
            for run in 0..5 {
                let at = |action| {
                    let mut happening = happening(action, &json!({"exitCode": "1"}));
                    happening.time += TimeDelta::seconds(gap * run);
                    happening
                };
                let restarts = 6 + u64::try_from(run).unwrap();
                story.tell(&at("die"), &seen(restarts - 1, false));
                told.extend(story.tell(&at("start"), &seen(restarts, true)));
            }
            let told: Vec<_> = told.iter().map(SafeText::as_str).collect();
            assert_eq!(told[3..], *want, "{gap}");
            // A person who starts it ends the count.
            story.tell(&happening("kill", &json!({"signal": "15"})), &seen(10, true));
            story.tell(&happening("die", &json!({"exitCode": "0"})), &seen(10, false));
            story.tell(&happening("start", &json!({})), &seen(10, true));
            assert!(story.restarted_at.is_empty());
        }
    }

    #[test]
    fn a_wish_counts_also_when_it_is_heard_of_after_the_end() {
        let mut story = Story::new(&seen(0, true));
        let over = seen(0, false);
        let at = DateTime::from_timestamp(1, 0);
        // The Engine's list is ahead of its events: the container has ended when the first one is read.
        for (action, detail) in [("kill", "15"), ("kill", "9"), ("stop", ""), ("die", "143")] {
            story.tell(&happening(action, &json!({"signal": detail, "exitCode": detail})), &over);
        }
        assert_eq!(story.last_end(at), End::Wanted);
        assert_eq!(story.last_end(at.map(|at| at + TimeDelta::minutes(1))), End::Unseen);
        assert_eq!(story.last_end(None), End::Unseen);
        let mut story = Story::new(&seen(0, true));
        story.tell(&happening("die", &json!({"exitCode": "3"})), &over);
        assert_eq!(story.last_end(at), End::Crash);
        story.tell(&happening("start", &json!({})), &seen(0, true));
        assert_eq!(story.last_end(at), End::Unseen);
    }

    #[test]
    fn out_of_memory_of_a_child_is_told_after_a_while() {
        let mut story = Story::default();
        let oom = happening("oom", &json!({}));
        assert_eq!(story.tell(&oom, &seen(0, true)), None);
        assert_eq!(story.wait_is_over(oom.time), None);
        let text = story.wait_is_over(oom.time + OOM_PATIENCE).unwrap();
        assert_eq!(text.as_str(), "out of memory: the kernel killed a process in it");
        assert_eq!(story.due(), None);
    }

    #[test]
    fn events_with_missing_parts_are_passed_over() {
        for message in [
            json!({}),
            json!({"Action": "die"}),
            json!({"Action": "die", "Actor": {}}),
            json!({"Actor": {"ID": "abc"}}),
        ] {
            assert_eq!(Happening::read(serde_json::from_value(message).unwrap(), Utc::now()), None);
        }
        let bare = json!({"Action": "die", "Actor": {"ID": "abc"}});
        let bare = Happening::read(serde_json::from_value(bare).unwrap(), Utc::now()).unwrap();
        assert_eq!(bare.action, Action::Die(0));
    }
}
