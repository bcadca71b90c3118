//! How the watchdog sees things, in few words.

use super::{canvas::Words, text::fit};
use crate::{
    model::{Guard, GuardState, Remedy, RepairMode, ScaleState, Scaling, Watchdog},
    tui::theme::Role,
};
use chrono::{DateTime, Utc};

/// What is going on about one service, as `1/3 in 4:32`; nothing where there is nothing to say.
pub(super) fn of_service(guard: &Guard, now: DateTime<Utc>) -> Option<(Role, String)> {
    let verb = guard.remedy.map_or("repair", Remedy::verb);
    let tried = format!("{}/{}", guard.attempts, guard.allowed);
    let next = guard.next_at.map(|at| format!(" in {}", countdown(at, now))).unwrap_or_default();
    Some(match guard.state {
        GuardState::Fine | GuardState::LeftAlone => return None,
        GuardState::Waiting if guard.attempts > 0 => (Role::Warn, format!("{tried}{next}")),
        GuardState::Waiting if next.is_empty() => (Role::Warn, "waits".to_owned()),
        GuardState::Waiting => (Role::Warn, format!("{verb}{next}")),
        GuardState::WouldAct => (Role::Warn, format!("would {verb}")),
        GuardState::Asking => (Role::Accent, format!("{verb}?")),
        GuardState::Acting => (Role::Accent, format!("{verb} {tried}")),
        GuardState::Verifying => (Role::Accent, format!("verifies {tried}")),
        GuardState::GivenUp => (Role::Err, format!("gave up {tried}")),
        GuardState::Paused => (Role::Warn, format!("paused{next}")),
    })
}

/// Whether nothing was done about a service yet, nor is asked.
pub(super) const fn is_idle(guard: &Guard) -> bool {
    let waits =
        matches!(guard.state, GuardState::Fine | GuardState::LeftAlone | GuardState::Waiting);
    waits && guard.attempts == 0
}

/// Why, in whole sentences; nothing where all is fine.
pub(super) fn why(guard: &Guard, now: DateTime<Utc>) -> Option<String> {
    if guard.reason.is_empty() || guard.state == GuardState::Fine {
        return None;
    }
    let mut text = guard.reason.to_string();
    if guard.attempts > 0 && guard.state != GuardState::GivenUp {
        text = format!("{text}; {} of {} attempts", guard.attempts, guard.allowed);
    }
    if let Some(at) = guard.next_at {
        text = format!("{text}; next in {}", countdown(at, now));
    }
    Some(text)
}

/// What the scaler does, or would do, to one service, as `would scale to 3`; nothing while it needs nothing.
pub(super) fn of_scale(scaling: &Scaling) -> Option<(Role, String)> {
    let Scaling { state, replicas, wanted, .. } = scaling;
    let text = match state {
        ScaleState::Acting => format!("scale {replicas} to {wanted}"),
        ScaleState::WouldAct => format!("would scale to {wanted}"),
        ScaleState::Failed => format!("not scaled to {wanted}"),
        ScaleState::Steady | ScaleState::Waiting | ScaleState::LeftAlone | ScaleState::Done => {
            return None;
        }
    };
    Some((scale_role(scaling), text))
}

/// The ink of what the scaler says.
pub(super) const fn scale_role(scaling: &Scaling) -> Role {
    match scaling.state {
        ScaleState::Steady | ScaleState::Done => Role::Ok,
        ScaleState::Waiting | ScaleState::LeftAlone => Role::Muted,
        ScaleState::WouldAct => Role::Warn,
        ScaleState::Acting => Role::Accent,
        ScaleState::Failed => Role::Err,
    }
}

/// How many containers a service has and should have, and why.
pub(super) fn scale(scaling: &Scaling) -> String {
    let Scaling { state, replicas, wanted, reason, .. } = scaling;
    match state {
        ScaleState::LeftAlone => format!("not scaled: {reason}"),
        _ if replicas == wanted => format!("scale {replicas}: {reason}"),
        _ => format!("scale {replicas}, wanted {wanted}: {reason}"),
    }
}

/// All of it in the edge of a pane: what a person should know, then the mode, which stays where there is little room.
pub(super) fn summary(watchdog: &Watchdog, now: DateTime<Utc>) -> Words {
    if watchdog.looked_at.is_none() {
        return Words::new();
    }
    let mut words = Words::new();
    for (state, role, word) in [
        (GuardState::Waiting, Role::Muted, "waits"),
        (GuardState::Acting, Role::Accent, "at work"),
        (GuardState::Verifying, Role::Accent, "verifies"),
        (GuardState::GivenUp, Role::Err, "given up"),
    ] {
        let count = watchdog.guards.iter().filter(|guard| guard.state == state).count();
        if count > 0 {
            words.push((role, format!("{count} {word} ")));
        }
    }
    if let Some(until) = watchdog.paused.filter(|until| *until > now) {
        words.push((Role::Warn, format!("paused {} ", countdown(until, now))));
    }
    let (role, mode) = match (&watchdog.restrained, watchdog.mode) {
        (_, RepairMode::Observe) => (Role::Muted, " observes"),
        (Some(_), _) => (Role::Warn, " held back"),
        (None, RepairMode::Ask) => (Role::Ok, " asks"),
        (None, RepairMode::Auto) => (Role::Ok, " repairs"),
    };
    words.extend([(Role::Key, "H".to_owned()), (role, mode.to_owned())]);
    words
}

/// What must not be overlooked, for the header.
pub(super) fn badges(watchdog: &Watchdog, now: DateTime<Utc>) -> Words {
    let count = |state| watchdog.guards.iter().filter(|guard| guard.state == state).count();
    let mut words = Words::new();
    let mut badge = |role, text: String| {
        words.push((role, format!(" {text} ")));
        words.push((Role::Fg, " ".to_owned()));
    };
    if let Some(until) = watchdog.paused.filter(|until| *until > now) {
        badge(Role::WarnBadge, format!("repair paused {}", countdown(until, now)));
    }
    let (asking, given_up) = (count(GuardState::Asking), count(GuardState::GivenUp));
    if asking > 0 {
        badge(Role::WarnBadge, format!("asks {asking}"));
    }
    if given_up > 0 {
        badge(Role::ErrBadge, format!("gave up {given_up}"));
    }
    words
}

/// `4:32`, or `1:04:32`.
pub(super) fn countdown(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let seconds = (at - now).num_seconds().max(0);
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    }
}

/// An attempt in one row.
pub(super) fn attempt(attempt: &crate::model::Attempt, room: usize) -> String {
    let (word, text) = match &attempt.end {
        Some((_, ending, text)) => (ending.as_str(), text.as_str()),
        None => ("goes on", attempt.reason.as_str()),
    };
    let (service, verb) = (&attempt.service, attempt.verb());
    fit(&format!("{service} {verb} {word}: {text}"), room).into_owned()
}
