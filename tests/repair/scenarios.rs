//! Plays `tests/fixtures/repair/*.toml`: what happens to services over time, and all that is to be done about it.

use super::world::{Actor, Cure, World};
use chrono::TimeDelta;
use dogwatch::{
    model::{Alert, End, Health, HealthCheck, RestartPolicy, RunState},
    repair::Settings,
};
use serde::Deserialize;
use std::{collections::BTreeMap, fs, path::Path, time::Duration};

/// How far time moves between two looks.
const STEP: i64 = 5;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Scenario {
    about: String,
    minutes: i64,
    #[serde(default)]
    settings: Settings,
    service: Vec<Cast>,
    #[serde(default)]
    event: Vec<Event>,
    /// All acts, in order, and no other.
    #[serde(default)]
    act: Vec<Expected>,
    /// How services stand at the end.
    #[serde(default)]
    end: BTreeMap<String, Standing>,
    /// A sentence with which all acting was stopped.
    stopped: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cast {
    name: String,
    #[serde(default)]
    image: String,
    #[serde(default)]
    restart: String,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    needs: Vec<String>,
    #[serde(default)]
    shares: Vec<String>,
    check: Option<Check>,
    #[serde(default)]
    cure: String,
    cpus: Option<f32>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Check {
    #[serde(default)]
    start_period: u64,
    interval: u64,
    retries: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Event {
    at: i64,
    service: String,
    /// `exited 1`, `exited 143 by hand`, `unhealthy`, `healthy`, `running`, `restarting`, `paused`; several in turn.
    is: Option<Vec<String>>,
    /// With several: so many seconds each.
    #[serde(default = "five")]
    every: i64,
    /// Restarts that the Engine has counted.
    restarts: Option<u64>,
    cpu: Option<f32>,
    memory: Option<u64>,
    alert: Option<Firing>,
    config: Option<String>,
    #[serde(default)]
    killed: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Firing {
    name: String,
    #[serde(default)]
    auto_repair: bool,
    #[serde(default = "yes")]
    names_service: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    service: String,
    remedy: String,
    /// Seconds from and to which it may come.
    between: (i64, i64),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Standing {
    state: String,
    #[serde(default)]
    says: String,
}

const fn five() -> i64 {
    5
}

const fn yes() -> bool {
    true
}

fn actor(cast: &Cast, world: &World) -> Actor {
    let mut actor = Actor::new(&cast.name, &cast.image, world.now);
    actor.cure = match cast.cure.as_str() {
        "" => Cure::Works,
        "fails" => Cure::Fails,
        "silent" => Cure::Silent,
        other => panic!("no such cure: {other}"),
    };
    let container = actor.container();
    let care = &mut container.care;
    care.labels = cast.labels.iter().map(|(k, v)| (k.as_str().into(), v.as_str().into())).collect();
    care.restart = match cast.restart.split_once(':').unwrap_or((&cast.restart, "0")) {
        ("" | "no", _) => RestartPolicy::No,
        ("always", _) => RestartPolicy::Always,
        ("on-failure", most) => RestartPolicy::OnFailure(most.parse().unwrap()),
        other => panic!("no such policy: {other:?}"),
    };
    care.cpus = cast.cpus;
    care.shares = cast.shares.iter().map(|name| name.as_str().into()).collect();
    care.check = cast.check.as_ref().map(|check| HealthCheck {
        start_period: Duration::from_secs(check.start_period),
        interval: Duration::from_secs(check.interval),
        retries: check.retries,
    });
    if care.check.is_some() {
        container.health = Health::Healthy;
    }
    let needs = cast.needs.iter().map(|need| need.split(':').next().unwrap());
    container.depends_on =
        needs.chain(cast.shares.iter().map(String::as_str)).map(Into::into).collect();
    let declared: Vec<_> = cast
        .needs
        .iter()
        .map(|need| match need.split_once(':') {
            Some((name, _)) => format!("{name}:service_started:true"),
            None => format!("{need}:service_started:false"),
        })
        .collect();
    care_label(container, "com.docker.compose.depends_on", &declared.join(","));
    actor
}

fn care_label(container: &mut dogwatch::model::Container, name: &str, value: &str) {
    container.care.labels.insert(name.into(), value.into());
}

fn apply(state: &str, service: &str, world: &mut World) {
    let now = world.now;
    let actor = world.actor(service);
    let (run, health, end) = match state.split(' ').collect::<Vec<_>>()[..] {
        ["exited", code] => (RunState::Exited(code.parse().unwrap()), Health::None, End::Crash),
        ["exited", code, "by", "hand"] => {
            (RunState::Exited(code.parse().unwrap()), Health::None, End::Wanted)
        }
        ["exited", code, "unseen"] => {
            (RunState::Exited(code.parse().unwrap()), Health::None, End::Unseen)
        }
        ["unhealthy"] => (RunState::Running, Health::Unhealthy, End::Unseen),
        ["healthy"] => (RunState::Running, Health::Healthy, End::Unseen),
        ["starting"] => (RunState::Running, Health::Starting, End::Unseen),
        ["running"] => (RunState::Running, Health::None, End::Unseen),
        ["restarting"] => (RunState::Restarting, Health::None, End::Unseen),
        ["paused"] => (RunState::Paused, Health::None, End::Unseen),
        ["created"] => (RunState::Created, Health::None, End::Unseen),
        _ => panic!("no such state"),
    };
    actor.become_now(run, health, end, now);
}

fn happen(event: &Event, turn: usize, world: &mut World) {
    if let Some(word) = event.is.as_ref().and_then(|words| words.get(turn)) {
        apply(word, &event.service, world);
    }
    if turn > 0 {
        return;
    }
    if let Some(restarts) = event.restarts {
        world.actor(&event.service).container().restarts = restarts;
    }
    if event.cpu.is_some() || event.memory.is_some() {
        world.load(&event.service, event.cpu.unwrap_or(0.0), event.memory.unwrap_or(10));
    }
    if let Some(config) = &event.config {
        care_label(
            world.actor(&event.service).container(),
            "com.docker.compose.config-hash",
            config,
        );
    }
    if let Some(alert) = &event.alert {
        world.alerts.push(Alert {
            name: alert.name.as_str().into(),
            service: alert.names_service.then(|| event.service.as_str().into()),
            asks_for_repair: alert.auto_repair,
            since: world.now,
        });
    }
    if event.killed {
        world.kill();
    }
}

fn play(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap();
    let scenario: Scenario =
        toml::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let mut world = World::new(scenario.settings.clone());
    for cast in &scenario.service {
        let actor = actor(cast, &world);
        world.actors.push(actor);
    }
    world.actors.sort_by(|a, b| a.service.name.cmp(&b.service.name));
    for second in (0..scenario.minutes * 60).step_by(STEP as usize) {
        for event in &scenario.event {
            let turns = event.is.as_ref().map_or(1, Vec::len);
            for turn in 0..turns.max(1) {
                let at = event.at + turn as i64 * event.every;
                if (second..second + STEP).contains(&at) {
                    happen(event, turn, &mut world);
                }
            }
        }
        world.step(TimeDelta::seconds(STEP));
    }
    let mut faults = Vec::new();
    let begin = world.begin;
    let acts: Vec<_> = world
        .acts
        .iter()
        .map(|act| (act.service.to_string(), act.remedy.as_str(), (act.time - begin).num_seconds()))
        .collect();
    let fits = acts.len() == scenario.act.len()
        && acts.iter().zip(&scenario.act).all(|((service, remedy, at), expected)| {
            let (from, to) = expected.between;
            *service == expected.service && *remedy == expected.remedy && (from..=to).contains(at)
        });
    if !fits {
        faults.push(format!("did {acts:?}, not {:?}", scenario.act));
    }
    for (service, standing) in &scenario.end {
        let guard = world.guard(service);
        if guard.state.as_str() != standing.state || !guard.reason.contains(&standing.says) {
            faults.push(format!(
                "{service} is {}: {}, not {standing:?}",
                guard.state.as_str(),
                guard.reason
            ));
        }
    }
    match (&scenario.stopped, &world.openings[..]) {
        (None, []) => {}
        (Some(says), [first, ..]) if first.contains(says.as_str()) => {}
        (expected, told) => faults.push(format!("stopped with {told:?}, not {expected:?}")),
    }
    faults.iter().map(|fault| format!("{}: {}: {fault}", path.display(), scenario.about)).collect()
}

#[test]
fn every_scenario_ends_as_it_should() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/repair");
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() >= 20, "only {} scenarios", paths.len());
    let faults: Vec<_> = paths.iter().flat_map(|path| play(path)).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
