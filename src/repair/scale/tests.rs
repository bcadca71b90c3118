use super::*;
use crate::model::{
    Care, Container, Files, Health, LogDriver, Origin, RunState, SafeText, Service, Shape, Usage,
};
use chrono::{DateTime, Utc};
use std::sync::Arc;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
}

fn queue(target: f64) -> Rule {
    Rule { source: Gauge::Command, command: Some("true".to_owned()), target, ..Rule::default() }
}

fn total(course: &mut Course, rule: &Rule, replicas: u32, figure: f64, second: i64) -> Advice {
    course.advise(rule, replicas, Ok(&Measure::Total(figure)), at(second))
}

fn begin(course: &mut Course, from: u32, to: u32, second: i64) {
    course.begin(Change { time: at(second), from, to });
}

#[test]
fn wanted_is_current_times_ratio_outside_the_dead_band() {
    let cpu = Rule::default();
    for (shares, want) in [
        (&[Some(90.0)][..], Ok(2)),
        (&[Some(79.0)], Ok(1)),
        (&[Some(81.0)], Ok(2)),
        (&[Some(30.0), Some(30.0)], Ok(2)),
        (&[Some(19.0), Some(19.0)], Ok(1)),
        (&[Some(5.0), Some(5.0), Some(5.0), Some(5.0)], Ok(1)),
        (&[Some(120.0), Some(120.0), Some(120.0)], Ok(6)),
        // One that is not ready counts as idle for more: 180 over two, not over one.
        (&[Some(180.0), None], Ok(3)),
        // Its guess would turn the direction: nothing is changed.
        (&[Some(90.0), None], Ok(2)),
        // For fewer it counts as fully used: 103 over four is within the band.
        (&[Some(1.0), None], Ok(2)),
        (&[Some(1.0), Some(1.0), Some(1.0), None], Ok(4)),
        (&[Some(1.0), Some(1.0), Some(1.0), Some(1.0), Some(1.0), None], Ok(2)),
        (&[None], Err(())),
        (&[], Err(())),
        (&[Some(f64::NAN)], Err(())),
    ] {
        let measure = Measure::Shares(shares.to_vec());
        let got = measure.wanted(&cpu, shares.len() as u32);
        assert_eq!(got.map(|(wanted, _)| wanted).map_err(drop), want, "{shares:?}");
    }
    let queue = queue(10.0);
    for (figure, replicas, want) in [
        (0.0, 3, 0),
        (10.0, 1, 1),
        (10.9, 1, 1),
        (11.5, 1, 2),
        (45.0, 2, 5),
        (12.0, 2, 2),
        (9.0, 2, 1),
    ] {
        let got = Measure::Total(figure).wanted(&queue, replicas).unwrap().0;
        assert_eq!(got, want, "{figure} over {replicas}");
    }
    for figure in [f64::NAN, f64::INFINITY, -1.0] {
        assert!(Measure::Total(figure).wanted(&queue, 1).is_err(), "{figure}");
    }
    assert_eq!(Measure::Total(1e300).wanted(&queue, 1).unwrap().0, u32::MAX);
}

#[test]
fn more_comes_at_once_in_steps_and_fewer_only_after_the_window() {
    let rule = queue(10.0);
    let mut course = Course::default();
    assert_eq!(total(&mut course, &rule, 1, 10.0, 0).step, Step::Keep);
    let advice = total(&mut course, &rule, 1, 100.0, 30);
    assert_eq!((advice.step, advice.wanted), (Step::To(3), 5), "bounded by step and max");
    begin(&mut course, 1, 3, 30);
    let held = total(&mut course, &rule, 3, 100.0, 60);
    assert!(held.step == Step::Wait && held.reason.contains("changed just now"), "{held:?}");
    assert_eq!(total(&mut course, &rule, 3, 100.0, 90).step, Step::To(5));
    begin(&mut course, 3, 5, 90);
    for second in (120..630).step_by(30) {
        let step = total(&mut course, &rule, 5, 0.0, second).step;
        assert_eq!(step, Step::Wait, "at {second}");
    }
    assert_eq!(total(&mut course, &rule, 5, 0.0, 630).step, Step::To(3), "ten minutes after 30");
}

#[test]
fn a_third_change_in_ten_minutes_waits() {
    let rule = Rule { step: 1, cooldown_seconds: 0, ..queue(10.0) };
    let mut course = Course::after([
        Change { time: at(0), from: 1, to: 2 },
        Change { time: at(60), from: 2, to: 3 },
    ]);
    let held = total(&mut course, &rule, 3, 100.0, 590);
    assert!(held.reason.contains("2 changes in ten minutes are enough, for 10 s"), "{held:?}");
    assert_eq!(total(&mut course, &rule, 3, 100.0, 600).step, Step::To(4));
}

#[test]
fn what_a_person_chose_is_left_alone_for_ten_minutes() {
    let rule = queue(10.0);
    let mut course = Course::default();
    total(&mut course, &rule, 1, 10.0, 0);
    let advice = total(&mut course, &rule, 4, 10.0, 30);
    assert!(advice.step == Step::LeaveAlone && advice.reason.contains("by hand"), "{advice:?}");
    assert_eq!(total(&mut course, &rule, 4, 900.0, 600).step, Step::LeaveAlone);
    assert_eq!(total(&mut course, &rule, 4, 900.0, 630).step, Step::To(5));
    // Also where it was changed between two runs.
    let mut course = Course::after([Change { time: at(-3600), from: 1, to: 2 }]);
    assert_eq!(total(&mut course, &rule, 5, 0.0, 0).step, Step::LeaveAlone);
}

#[test]
fn a_change_of_ours_that_is_on_its_way_is_nobodys_hand() {
    let rule = queue(10.0);
    let mut course = Course::default();
    total(&mut course, &rule, 1, 10.0, 0);
    begin(&mut course, 1, 3, 1);
    for (replicas, second) in [(1, 2), (2, 5)] {
        let advice = total(&mut course, &rule, replicas, 10.0, second);
        assert!(advice.step == Step::Wait && advice.reason.contains("on its way"), "{advice:?}");
    }
    assert_ne!(total(&mut course, &rule, 3, 30.0, 8).step, Step::LeaveAlone);
    // One that failed leaves the count as it is found, and counts.
    begin(&mut course, 3, 5, 70);
    course.fail();
    assert_ne!(total(&mut course, &rule, 3, 30.0, 200).step, Step::LeaveAlone);
    assert!(total(&mut course, &rule, 3, 99.0, 210).reason.contains("are enough"));
}

#[test]
fn a_change_that_was_cut_is_waited_for_and_then_taken_as_it_is_found() {
    let rule = queue(10.0);
    let change = Change { time: at(0), from: 1, to: 3 };
    let cut = || Course::after([change]).cut();
    for (replicas, second, want) in [
        (1, 59, None),
        (2, 59, None),
        (3, 1, Some(true)),
        (3, 900, Some(true)),
        (1, 60, Some(false)),
        (2, 900, Some(false)),
        // A person's.
        (4, 1, Some(false)),
    ] {
        let mut course = cut();
        let ended = want.map(|is_done| (change, is_done));
        assert_eq!(course.conclude(replicas, at(second)), ended, "{replicas} after {second} s");
        if want.is_some() {
            assert_eq!(course.conclude(replicas, at(second)), None, "it is told once");
        }
    }
    let mut course = cut();
    assert!(total(&mut course, &rule, 1, 30.0, 30).reason.contains("on its way to 3"));
    course.conclude(1, at(60));
    assert_eq!(total(&mut course, &rule, 1, 30.0, 60).step, Step::To(3), "nobody's hand");
    let mut course = cut();
    course.conclude(4, at(30));
    assert_eq!(total(&mut course, &rule, 4, 30.0, 30).step, Step::LeaveAlone);
    assert_eq!(Course::after([change]).conclude(3, at(1)), None, "its end is on record");
    assert_eq!(Course::default().cut().conclude(1, at(1)), None);
}

#[test]
fn without_a_measure_nothing_is_changed_and_a_low_one_must_last_anew() {
    let rule = queue(10.0);
    let mut course = Course::default();
    for second in (0..300).step_by(30) {
        total(&mut course, &rule, 3, 0.0, second);
    }
    let advice = course.advise(&rule, 3, Err("no answer"), at(300));
    assert!(advice.step == Step::Wait && advice.reason.contains("no answer"), "{advice:?}");
    for second in (330..600).step_by(30) {
        assert_eq!(total(&mut course, &rule, 3, 0.0, second).step, Step::Wait, "at {second}");
    }
    assert_eq!(total(&mut course, &rule, 3, 0.0, 600).step, Step::To(1));
    // A long silence proves nothing either.
    assert_eq!(total(&mut course, &rule, 3, 0.0, 4_000).step, Step::Wait);
}

#[test]
fn bounds_hold_whatever_is_measured() {
    let rule = Rule { min: 2, max: 3, step: 9, down_window_seconds: 0, ..queue(10.0) };
    let mut course = Course::default();
    assert_eq!(total(&mut course, &rule, 1, 0.0, 0).step, Step::To(2));
    begin(&mut course, 1, 2, 0);
    assert_eq!(total(&mut course, &rule, 2, 1e9, 120).step, Step::To(3));
    begin(&mut course, 2, 3, 120);
    assert_eq!(total(&mut course, &rule, 3, 0.0, 900).step, Step::To(2));
}

/// A small generator of our own: the same play for the same seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Plays six hours of a load that swings; when and how it was changed.
fn play(rule: &Rule, seed: u64, period: f64) -> Vec<(i64, u32, u32)> {
    let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let (height, noise) = (dice.roll().mul_add(60.0, 15.0), dice.roll() * 10.0);
    let (mut course, mut replicas, mut changes) = (Course::default(), 1, Vec::new());
    for second in (0..6 * 3600).step_by(rule.interval_seconds as usize) {
        let wave = (second as f64 / period * std::f64::consts::TAU).sin();
        let figure = (wave * height + height + (dice.roll() - 0.5) * noise).max(0.0);
        let measure = Measure::Total(figure);
        let lost = dice.roll() < 0.02;
        let measure = if lost { Err("no answer") } else { Ok(&measure) };
        let advice = course.advise(rule, replicas, measure, at(second));
        if let Step::To(to) = advice.step {
            assert_ne!(to, replicas);
            assert!((rule.min..=rule.max).contains(&to) && to.abs_diff(replicas) <= rule.step);
            begin(&mut course, replicas, to, second);
            changes.push((second, replicas, to));
            replicas = to;
        }
    }
    changes
}

#[test]
fn under_a_swinging_load_there_are_at_most_two_changes_in_ten_minutes() {
    let rule = queue(10.0);
    let mut all = 0;
    for seed in 0..400 {
        let period = 20.0 + (seed % 40) as f64 * 45.0;
        let changes = play(&rule, seed + 1, period);
        all += changes.len();
        for three in changes.windows(3) {
            assert!(three[2].0 - three[0].0 >= 600, "seed {seed}, period {period}: {three:?}");
        }
    }
    assert!(all > 400, "it follows the load: {all} changes");
}

#[test]
fn the_window_alone_keeps_a_fast_swing_from_flapping() {
    // Without the limit of changes: what comes down did not come up within the window before.
    let rule = Rule { changes: u32::MAX, step: 9, ..queue(10.0) };
    for seed in 0..200 {
        let period = 40.0 + (seed % 10) as f64 * 20.0;
        let changes = play(&rule, seed + 1, period);
        let fallen: Vec<_> = changes.iter().filter(|(_, from, to)| to < from).collect();
        assert!(fallen.len() <= 2, "seed {seed}, period {period}: {changes:?}");
        for two in changes.windows(2) {
            let [(up, before, high), (down, _, low)] = two else { unreachable!() };
            if high > before && low < high {
                assert!(down - up >= 300, "seed {seed}: {two:?}");
            }
        }
    }
}

fn service(image: &str, labels: &[(&str, &str)]) -> Service {
    let mut labels: Vec<_> = labels.to_vec();
    labels.push(("com.docker.compose.config-hash", "h"));
    let origin =
        Origin { service: "api".into(), container: "c1".into(), replica: 1, is_tty: false };
    let container = Container {
        origin: Arc::new(origin),
        name: "api-1".into(),
        image: image.into(),
        state: RunState::Running,
        health: Health::None,
        restarts: 0,
        started_at: Some(at(0)),
        finished_at: None,
        oom_killed: false,
        stop_timeout: 10,
        care: Care {
            labels: labels.iter().map(|(k, v)| (SafeText::from(*k), SafeText::from(*v))).collect(),
            cpus: Some(0.5),
            ..Care::default()
        },
        depends_on: Vec::new(),
        log: LogDriver::default(),
        unreadable: None,
        files: Files::default(),
        usage: Some(Usage {
            cpu_percent: 40.0,
            memory: 30,
            memory_limit: 40,
            cores: 8,
            network_errors: 0,
        }),
    };
    Service { name: "api".into(), containers: vec![container] }
}

#[test]
fn what_cannot_have_several_containers_is_refused_with_the_reason() {
    let shape = |change: fn(&mut Shape)| {
        let mut shape = Shape { hash: "h".to_owned(), ..Shape::default() };
        change(&mut shape);
        shape
    };
    let api = service("shop/api:1", &[]);
    let rule = Rule::default();
    for (service, rule, shape, want) in [
        (&api, &rule, Ok(shape(|_| ())), None),
        (
            &api,
            &rule,
            Ok(shape(|s| s.host_ports = Some(1))),
            Some("ports of the host suffice for 1"),
        ),
        (&api, &rule, Ok(shape(|s| s.host_ports = Some(5))), None),
        (&api, &rule, Ok(shape(|s| s.has_own_name = true)), Some("container_name")),
        (&api, &rule, Ok(shape(|s| s.is_global = true)), Some("global")),
        (
            &api,
            &rule,
            Ok(shape(|s| s.network_mode = Some("host".into()))),
            Some("network_mode: host"),
        ),
        (&api, &rule, Ok(shape(|s| s.hash = "other".into())), Some("up -d` first")),
        (&api, &rule, Err("no such file"), Some("no such file")),
        (&service("postgres:16", &[]), &rule, Ok(shape(|_| ())), Some("data store (postgres)")),
        (&service("api", &[("dogwatch.scale", "off")]), &rule, Ok(shape(|_| ())), Some("=off")),
        (&api, &Rule { max: 0, ..rule.clone() }, Ok(shape(|_| ())), Some("max must not be less")),
        (&api, &Rule { target: 0.0, ..rule.clone() }, Ok(shape(|_| ())), Some("target")),
        (
            &api,
            &Rule { source: Gauge::Redis, ..rule.clone() },
            Ok(shape(|_| ())),
            Some("needs key"),
        ),
    ] {
        let told = refusal(service, rule, shape.as_ref().map_err(|why| *why));
        match want {
            None => assert_eq!(told, None),
            Some(part) => {
                assert!(told.as_deref().is_some_and(|t| t.contains(part)), "{told:?}: {part}");
            }
        }
    }
}

#[test]
fn labels_stand_above_the_settings_and_shares_are_of_the_limit() {
    let labelled = service("api", &[("dogwatch.scale.max", "3"), ("dogwatch.scale.cpu", "70")]);
    let usual = Rule::default();
    let rule = Rule::of(&labelled, None, &usual).unwrap();
    assert_eq!((rule.max, rule.min, rule.source), (3, 1, Gauge::Cpu));
    assert!((rule.target - 70.0).abs() < f64::EPSILON);
    assert_eq!(Rule::of(&service("api", &[]), None, &usual), None);
    let set = Rule { max: 9, ..rule.clone() };
    assert_eq!(Rule::of(&labelled, Some(&set), &usual).unwrap().max, 3);
    let often = Rule { interval_seconds: 7, ..Rule::default() };
    assert_eq!(Rule::of(&labelled, None, &often).unwrap().interval_seconds, 7);

    let share = |measure| match measure {
        Some(Measure::Shares(shares)) => shares[0].map(f64::round),
        other => panic!("{other:?}"),
    };
    // 40 % of a core where half of one is allowed.
    assert_eq!(share(Measure::of(&labelled, &rule, at(60))), Some(80.0));
    assert_eq!(share(Measure::of(&labelled, &rule, at(20))), None, "too young");
    let memory = Rule { source: Gauge::Memory, ..rule };
    assert_eq!(share(Measure::of(&labelled, &memory, at(60))), Some(75.0));
    assert_eq!(Measure::of(&labelled, &queue(1.0), at(60)), None);
}

#[test]
fn no_password_of_an_address_is_shown() {
    for (url, want) in [
        (Some("redis://:p@ss/w0rd@127.0.0.1:6379/2"), Some("redis://…@127.0.0.1:6379/2")),
        (Some("http://prometheus:9090/base?token=hush"), Some("http://prometheus:9090/base")),
        (Some("u:hush@host"), Some("://…@host")),
        (None, None),
    ] {
        let rule = Rule { url: url.map(str::to_owned), ..Rule::default() };
        let told = serde_json::to_value(&rule).unwrap();
        assert_eq!(told["url"].as_str(), want);
    }
}
