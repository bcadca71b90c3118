//! How a service stands by itself: well, ill in a way that we may cure, or in a way that is none of our business.

use super::{
    history::History,
    settings::Settings,
    trail::{Trail, Trails, is_well},
    usage,
};
use crate::model::{
    Container, End, Health, HealthCheck, Remedy, RestartPolicy, RunState, Service, Strategy, Target,
};
use chrono::{DateTime, TimeDelta, Utc};

/// What an end needs to be told from a restart that is under way.
pub(super) const ENDED: TimeDelta = TimeDelta::seconds(2);
/// What the Engine needs to begin a restart of its own.
const ENGINES_TURN: TimeDelta = TimeDelta::seconds(10);
/// How long the Engine may go on restarting.
const RESTARTING: TimeDelta = TimeDelta::minutes(3);
/// Restarts within a time that are too many.
const RESTARTS: (u64, TimeDelta) = (5, TimeDelta::minutes(5));
/// A run that lasts so long is none of a crash loop.
const LASTING_RUN: TimeDelta = TimeDelta::minutes(1);
/// How long Compose may take to replace a container.
const REPLACING: TimeDelta = TimeDelta::minutes(1);
/// How long a failing health check must fail at least.
pub(super) const UNHEALTHY: TimeDelta = TimeDelta::seconds(30);

/// Something that can be cured.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Trouble {
    pub(super) strategy: Strategy,
    pub(super) remedy: Remedy,
    /// From when on it has lasted long enough.
    pub(super) due: DateTime<Utc>,
    /// `exited with 1`, `unhealthy since 12:04:31`.
    pub(super) what: String,
    /// The runs that are ill.
    pub(super) targets: Vec<Target>,
}

/// How a container, or a service, stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Standing {
    Well,
    /// On its way to being well; nothing to be done.
    Starting,
    /// Not well, and not ours to cure, because …
    Left(String),
    Ill(Trouble),
}

/// How a service stands; the most certain trouble of its containers counts, with all that have it.
pub(super) fn of_service(
    service: &Service,
    trails: &Trails,
    history: &History,
    settings: &Settings,
    now: DateTime<Utc>,
) -> Standing {
    let mut ill: Option<Trouble> = None;
    let mut left = None;
    let mut is_starting = false;
    for container in &service.containers {
        let Some(trail) = trails.of(&container.origin.container) else { continue };
        match of_container(container, trail, history, settings, now) {
            Standing::Well => {}
            Standing::Starting => is_starting = true,
            Standing::Left(why) => left = left.or(Some(why)),
            Standing::Ill(trouble) => match &mut ill {
                Some(first) if is_before(first, &trouble, now) => {}
                Some(first) if first.strategy == trouble.strategy && first.due <= now => {
                    first.targets.extend(trouble.targets);
                }
                _ => ill = Some(trouble),
            },
        }
    }
    match (ill, left) {
        (Some(trouble), _) => Standing::Ill(trouble),
        (None, Some(why)) => Standing::Left(why),
        (None, None) if is_starting => Standing::Starting,
        (None, None) => Standing::Well,
    }
}

/// Whether the trouble found so far comes before another one: what is due counts first, then what is more certain.
fn is_before(first: &Trouble, other: &Trouble, now: DateTime<Utc>) -> bool {
    let rank = |trouble: &Trouble| (trouble.due > now, trouble.strategy);
    let same = first.strategy == other.strategy && (first.due <= now) == (other.due <= now);
    if same { first.due > now && first.due <= other.due } else { rank(first) < rank(other) }
}

fn of_container(
    container: &Container,
    trail: &Trail,
    history: &History,
    settings: &Settings,
    now: DateTime<Utc>,
) -> Standing {
    if let Some(why) = not_ours(container, now) {
        return Standing::Left(why);
    }
    match container.state {
        RunState::Exited(code) => ended(container, code, trail, history, settings),
        RunState::Paused => Standing::Left("paused by somebody".to_owned()),
        RunState::Created => Standing::Left("made, but never started".to_owned()),
        RunState::Removed | RunState::Unknown => Standing::Starting,
        RunState::Restarting => {
            let due = looping_since(trail, now).unwrap_or(trail.state_since + RESTARTING);
            let what = "restarted by Docker again and again".to_owned();
            ill(container, (Strategy::Stuck, Remedy::Cycle), due, what)
        }
        RunState::Running => running(container, trail, settings, now),
    }
}

/// Why a container is never acted on, whatever its state.
fn not_ours(container: &Container, now: DateTime<Utc>) -> Option<String> {
    let label = |name: &str| container.care.labels.get(name).map(|value| value.trim());
    if label("com.docker.compose.oneoff").is_some_and(|v| v.eq_ignore_ascii_case("true")) {
        return Some("a one-off container of `docker compose run`".to_owned());
    }
    if label("com.docker.compose.hook").is_some() {
        return Some("a hook of Compose".to_owned());
    }
    let is_new = container.care.created_at.is_some_and(|at| now - at < REPLACING);
    (is_new && label("com.docker.compose.replace").is_some())
        .then(|| "being replaced by Compose".to_owned())
}

fn ended(
    container: &Container,
    code: i64,
    trail: &Trail,
    history: &History,
    settings: &Settings,
) -> Standing {
    let left = |why: String| Standing::Left(why);
    let is_ours = history.has_ended(container);
    if settings.only_running {
        return left(format!("exited with {code}; only running services are watched"));
    }
    if !is_ours {
        let end = container.care.end;
        if end == End::Wanted {
            return left("stopped by hand".to_owned());
        }
        if code == 0 {
            return left("finished (exit 0)".to_owned());
        }
        let engine_gave_up = match container.care.restart {
            RestartPolicy::No => true,
            RestartPolicy::OnFailure(most) => most > 0 && container.restarts >= most,
            RestartPolicy::Always => false,
        };
        if end == End::Unseen && !engine_gave_up {
            // Docker would have started it again.
            return left("stopped by hand, before dogwatch looked".to_owned());
        }
        let is_signal = matches!(code, 130 | 143) || (code == 137 && !container.oom_killed);
        if end == End::Unseen && is_signal {
            return left(format!(
                "ended by a signal ({code}) before dogwatch looked; perhaps by hand"
            ));
        }
    }
    let patience = match container.care.restart {
        RestartPolicy::No => ENDED,
        _ => ENGINES_TURN,
    };
    let what = match (code, container.oom_killed) {
        (_, true) => format!("killed for memory ({code})"),
        (137, _) => {
            "killed (137) without being out of memory: after its stop grace period, or by the system".to_owned()
        }
        _ => format!("exited with {code}"),
    };
    ill(container, (Strategy::Exited, Remedy::Start), trail.state_since + patience, what)
}

fn running(
    container: &Container,
    trail: &Trail,
    settings: &Settings,
    now: DateTime<Utc>,
) -> Standing {
    if let Some(due) = looping_since(trail, now)
        && trail.well_since.is_none_or(|since| now - since < LASTING_RUN)
    {
        let what = format!("restarted by Docker {} times in 5 min", RESTARTS.0);
        return ill(container, (Strategy::Stuck, Remedy::Cycle), due, what);
    }
    match (container.health, trail.ill_since) {
        (Health::Unhealthy, Some(since)) => {
            let due = unhealthy_due(container, since);
            let what = format!("unhealthy since {}", since.format("%H:%M:%S"));
            return ill(container, (Strategy::Unhealthy, Remedy::Restart), due, what);
        }
        (Health::Starting | Health::Unhealthy, _) => return Standing::Starting,
        (Health::None | Health::Healthy, _) => {}
    }
    if !is_well(container) {
        return Standing::Starting;
    }
    match usage::excess(trail, settings, now) {
        Some(excess) => ill(container, (excess.strategy, Remedy::Restart), excess.due, excess.what),
        None => Standing::Well,
    }
}

/// When a failing health check has failed for long enough: never counted within the start period.
fn unhealthy_due(container: &Container, since: DateTime<Utc>) -> DateTime<Utc> {
    let Some(check) = container.care.check else { return since + UNHEALTHY };
    let start_period = TimeDelta::from_std(check.start_period).unwrap_or(TimeDelta::MAX);
    let begin = container.started_at.and_then(|at| at.checked_add_signed(start_period));
    let due = begin.map_or(since, |begin| begin.max(since));
    due.checked_add_signed(patience(Some(check))).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// How long a service may be ill before it is sure: long enough for all checks to be asked once more.
pub(super) fn patience(check: Option<HealthCheck>) -> TimeDelta {
    let round = check.and_then(|check| {
        TimeDelta::from_std(check.interval.checked_mul(check.retries.max(1))?).ok()
    });
    round.unwrap_or(UNHEALTHY).clamp(UNHEALTHY, TimeDelta::hours(1))
}

/// Since when the Engine has restarted it too often; `None` while it has not.
fn looping_since(trail: &Trail, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    (trail.restarts_since(now - RESTARTS.1) >= RESTARTS.0).then_some(now)
}

fn ill(
    container: &Container,
    (strategy, remedy): (Strategy, Remedy),
    due: DateTime<Utc>,
    what: String,
) -> Standing {
    Standing::Ill(Trouble { strategy, remedy, due, what, targets: vec![target(container)] })
}

pub(super) fn target(container: &Container) -> Target {
    Target { container: container.origin.container.clone(), started_at: container.started_at }
}
