//! The play from its first second: what is said, what breaks, and what a restart does.

use super::{
    Demo,
    actor::{Phase, Then},
    cast::{CAST, Role},
    fault::Fault,
    world::World,
};
use crate::{
    model::{Container, ContainerId, Health, RunState, Stream},
    source::{Change, Control, Delivery, End, Error, Link, Resume, Source},
};
use bytes::Bytes;
use chrono::{DateTime, Duration, Utc};
use std::{collections::BTreeMap, sync::Arc};
use tokio::sync::mpsc;

fn begin() -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000, 0).unwrap()
}

fn after(seconds: i64) -> World {
    let mut world = World::new(7, 1.0, begin());
    world.advance(begin() + Duration::seconds(seconds));
    world
}

fn pass(world: &mut World, seconds: i64) {
    world.advance(world.time + Duration::seconds(seconds));
}

fn place(world: &World, role: Role) -> usize {
    world.actors.iter().position(|a| a.part.role == role).unwrap()
}

/// All lines of a service.
fn said(world: &World, role: Role) -> Vec<(DateTime<Utc>, Stream, String)> {
    let mut lines = Vec::new();
    for actor in world.actors.iter().filter(|a| a.part.role == role) {
        let mut at = 0;
        loop {
            let (chunk, next) = actor.journal.read(at, &Resume::default(), &actor.origin);
            if next == at {
                break;
            }
            at = next;
            let text = |bytes: Bytes| String::from_utf8(bytes.into()).unwrap();
            lines.extend(chunk.into_iter().map(|l| (l.time.unwrap(), l.stream, text(l.bytes))));
        }
    }
    lines
}

#[test]
fn the_past_is_there_at_once_and_every_service_has_spoken() {
    let world = after(0);
    let mut all = 0;
    for part in &CAST {
        let lines = said(&world, part.role);
        assert!(lines.len() > 10, "{} said {} lines", part.name, lines.len());
        let first = lines.iter().map(|l| l.0).min().unwrap();
        assert!(first < begin() - Duration::minutes(2), "{} began at {first}", part.name);
        all += lines.len();
    }
    assert!((3_000..15_000).contains(&all), "{all}");
    let missing: Vec<_> = [
        (Role::Db, "sorry, too many clients already"),
        (Role::Api, "psycopg2.OperationalError"),
        (Role::Api, "TypeError: unsupported operand"),
        (Role::Orders, "Caused by: java.sql.SQLTransientConnectionException"),
        (Role::Payments, "context deadline exceeded"),
        (Role::Auth, "TokenExpiredError: jwt expired"),
        (Role::Mailer, "certificate has expired"),
        (Role::Worker, "signal 9 (SIGKILL)"),
        (Role::Search, "No space left on device"),
        (Role::Web, "CORS request blocked"),
        (Role::Db, "deadlock detected"),
        (Role::Db, "duration: "),
    ]
    .into_iter()
    .filter(|(role, text)| !said(&world, *role).iter().any(|l| l.2.contains(text)))
    .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn times_rise_and_never_repeat() {
    let world = after(60);
    for part in &CAST {
        for stream in [Stream::Stdout, Stream::Stderr] {
            for actor in world.actors.iter().filter(|a| a.part.role == part.role) {
                let (lines, _) = actor.journal.read(0, &Resume::default(), &actor.origin);
                let times: Vec<_> =
                    lines.iter().filter(|l| l.stream == stream).map(|l| l.time).collect();
                assert!(times.is_sorted_by(|a, b| a < b), "{} {stream:?}", part.name);
            }
        }
    }
    let newest = CAST.iter().flat_map(|p| said(&world, p.role)).map(|l| l.0).max().unwrap();
    assert!(newest <= world.time && newest > world.time - Duration::seconds(3));
}

#[test]
fn live_traffic_swells_between_30_and_60_lines_a_second_on_average() {
    let mut world = after(0);
    let count = |world: &World| CAST.iter().map(|p| said(world, p.role).len()).sum::<usize>();
    let before = count(&world);
    pass(&mut world, 340);
    let rate = (count(&world) - before) / 340;
    assert!((30..=60).contains(&rate), "{rate} lines a second");
}

#[test]
fn equal_seeds_play_the_same() {
    let text = |world: &World| said(world, Role::Web).into_iter().map(|l| l.2).collect::<Vec<_>>();
    assert_eq!(text(&after(30)), text(&after(30)));
    let mut other = World::new(8, 1.0, begin());
    other.advance(begin() + Duration::seconds(30));
    assert_ne!(text(&after(30)), text(&other));
}

#[test]
fn a_restart_ends_the_fault_and_shows_every_step() {
    let mut world = after(0);
    assert!(world.has(Fault::BadRelease));
    let broken = |world: &World| {
        said(world, Role::Api).iter().filter(|l| l.2.starts_with("TypeError")).count()
    };
    let number = world.change_number();
    for at in 0..world.actors.len() {
        if world.actors[at].part.role == Role::Api {
            world.stop(at, Then::Start);
        }
    }
    assert!(!world.is_up(Role::Api));
    let begin = world.time;
    while !world.is_up(Role::Api) {
        pass(&mut world, 1);
    }
    assert!((1..=4).contains(&(world.time - begin).num_seconds()));
    assert!(!world.has(Fault::BadRelease));
    let api = world.actors[place(&world, Role::Api)].origin.container.clone();
    let states: Vec<_> = world
        .changes_from(number)
        .into_iter()
        .filter_map(|change| match change {
            Change::State(id, state, health) if id == api => Some((state, health)),
            Change::Container(c) if c.origin.container == api => Some((c.state, c.health)),
            _ => None,
        })
        .collect();
    assert_eq!(
        states,
        [
            (RunState::Restarting, Health::Starting),
            (RunState::Running, Health::Starting),
            (RunState::Running, Health::Healthy),
        ]
    );
    let follows = |c: &Change| matches!(c, Change::Follow(o) if o.container == api);
    assert_eq!(world.changes_from(number).iter().filter(|c| follows(c)).count(), 1);
    let before = broken(&world);
    pass(&mut world, 60);
    assert_eq!(broken(&world), before);
    let lines = said(&world, Role::Api);
    assert!(lines.iter().any(|l| l.2.contains("Handling signal: term")));
    assert!(lines.iter().any(|l| l.2.contains("Starting gunicorn") && l.0 > begin));
}

#[test]
fn what_is_stopped_is_silent_and_missed_by_others() {
    let mut world = after(0);
    let db = place(&world, Role::Db);
    world.stop(db, Then::Stay);
    pass(&mut world, 3);
    assert_eq!(world.actors[db].state(), RunState::Exited(0));
    assert_eq!(world.actors[db].phase, Phase::Stopped);
    let (silent, lost) = (said(&world, Role::Db).len(), Duration::seconds(20));
    let since = world.time;
    pass(&mut world, lost.num_seconds());
    assert_eq!(said(&world, Role::Db).len(), silent);
    let refused =
        |l: &(DateTime<Utc>, Stream, String)| l.0 > since && l.2.contains("Connection refused");
    assert!(said(&world, Role::Api).iter().any(refused));
    world.start(db);
    pass(&mut world, 3);
    assert!(world.is_up(Role::Db));
    assert!(said(&world, Role::Db).len() > silent);
}

#[test]
fn the_worker_falls_and_the_daemon_brings_it_back() {
    let mut world = after(0);
    let worker = place(&world, Role::Worker);
    let before = world.actors[worker].restarts;
    let number = world.change_number();
    pass(&mut world, 240);
    let actor = &world.actors[worker];
    assert!(actor.restarts > before);
    assert!(actor.oom_killed);
    let said: Vec<_> = world
        .changes_from(number)
        .into_iter()
        .filter_map(|change| match change {
            Change::Notice(notice) => Some(notice.text.to_string()),
            _ => None,
        })
        .collect();
    let run = before + 2;
    assert!(said.contains(&"out of memory: killed (137, killed)".to_owned()), "{said:?}");
    assert!(said.contains(&format!("restarted (exit 137, killed), run {run}")), "{said:?}");
}

#[test]
fn a_faster_play_has_the_same_past_in_less_time() {
    let mut world = World::new(7, 10.0, begin());
    world.advance(begin());
    let first = said(&world, Role::Web).iter().map(|l| l.0).min().unwrap();
    assert!(first >= begin() - Duration::seconds(60));
    assert!(world.has(Fault::BadRelease));
}

#[tokio::test]
async fn watching_lists_the_stack_first() {
    let demo = Arc::new(Demo::new(7, 1.0));
    let (tx, mut rx) = mpsc::channel(256);
    let watch = tokio::spawn(Arc::clone(&demo).watch(tx));
    assert!(matches!(rx.recv().await, Some(Change::Link(Link::Live))));
    let mut containers = BTreeMap::new();
    let mut followed = 0;
    loop {
        match rx.recv().await.unwrap() {
            Change::Container(c) => drop(containers.insert(c.name.to_string(), *c)),
            Change::Follow(_) => followed += 1,
            Change::Listed => break,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((containers.len(), followed), (11, 11));
    let needs = |c: &Container| c.depends_on.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(needs(&containers["shop-api-2"]), ["db", "cache", "auth", "search"]);
    assert_eq!(needs(&containers["shop-db-1"]), [""; 0]);
    drop(rx);
    watch.await.unwrap().unwrap();
}

#[tokio::test]
async fn following_once_delivers_the_past_and_ends() {
    let demo = Arc::new(Demo::new(7, 1.0));
    let origin = demo_origin(&demo).await;
    let (tx, mut rx) = mpsc::channel(1_000);
    let from = Resume { is_once: true, tail: Some(50), ..Resume::default() };
    let end = Arc::clone(&demo).follow(origin, from, tx).await;
    assert!(matches!(end, Ok(End::Finished)));
    let mut lines = 0;
    while let Some(chunk) = rx.recv().await {
        let Delivery::Lines(chunk) = chunk else { panic!("{chunk:?}") };
        lines += chunk.len();
    }
    assert!((50..60).contains(&lines), "{lines}");
}

#[tokio::test]
async fn strangers_are_refused() {
    let demo = Arc::new(Demo::new(7, 1.0));
    let error = Arc::clone(&demo).start(ContainerId::from("abc")).await.unwrap_err();
    assert!(matches!(error, Error::Permanent(_)));
    assert_eq!(error.to_string(), "no such container: abc");
}

async fn demo_origin(demo: &Arc<Demo>) -> Arc<crate::model::Origin> {
    let (tx, mut rx) = mpsc::channel(256);
    let watch = tokio::spawn(Arc::clone(demo).watch(tx));
    let origin = loop {
        if let Some(Change::Follow(origin)) = rx.recv().await {
            break origin;
        }
    };
    watch.abort();
    origin
}
