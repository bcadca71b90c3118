//! `GET /metrics`: figures for Prometheus. Names without our prefix are those that users of the older watchdog know.

mod label;
mod text;

use super::{answer, routes::Site};
use crate::{
    engine::Told,
    model::{
        GuardState, Health, Remedy, RepairMode, RunState, ScaleState, Scalings, Service, Tally,
        Usage, Watchdog,
    },
    source::Link,
    store::Store,
};
use axum::{extract::State, http::StatusCode, response::Response};
use chrono::Utc;
use label::Labels;
use std::sync::Arc;
use text::Family;

/// How a service may be; exactly one of them is 1.
const CONDITIONS: [&str; 10] = [
    "healthy",
    "unhealthy",
    "starting",
    "running",
    "restarting",
    "paused",
    "failed",
    "finished",
    "stopped",
    "unknown",
];

/// All figures.
pub(super) async fn page(State(site): State<Arc<Site>>) -> Response {
    let (watchdog, scalings) = (site.handle.watchdog(), site.handle.scalings());
    let mut families = site.handle.read(|store| {
        let labels = Labels::of(store);
        let mut families = services(store, &labels);
        families.extend(problems(store, &labels));
        families.extend(record(store, &labels));
        families.extend(repairs(store, &watchdog, &labels));
        families.extend(scales(&scalings, &labels));
        families
    });
    families.push(messages(&site.handle.told()));
    families.extend(ourselves(&site));
    let page: String = families.iter().map(ToString::to_string).collect();
    answer::of_type(StatusCode::OK, "text/plain; version=0.0.4; charset=utf-8", page)
}

fn services(store: &Store, labels: &Labels) -> Vec<Family> {
    let mut status = Family::gauge(
        "service_health_status",
        "How a service is: 1 for its status, 0 for the others.",
    );
    let mut replicas =
        Family::gauge("dogwatch_service_replicas", "Containers of a service that run.");
    let mut containers =
        Family::gauge("dogwatch_service_containers", "Containers of a service, running or not.");
    let mut restarts = Family::gauge(
        "dogwatch_service_restarts",
        "Restarts by Docker's own policy since the containers were created.",
    );
    let mut oom = Family::gauge(
        "dogwatch_service_oom_killed",
        "Containers of a service whose last run the kernel ended for memory.",
    );
    let mut cpu = Family::gauge("dogwatch_service_cpu_cores", "Cores that a service keeps busy.");
    let mut memory = Family::gauge(
        "dogwatch_service_memory_bytes",
        "Memory of a service, without the page cache.",
    );
    let mut limit = Family::gauge(
        "dogwatch_service_memory_limit_bytes",
        "Memory that a service may take; the machine's where none is set.",
    );
    for service in store.services().filter(|service| !service.containers.is_empty()) {
        let name = labels.service(&service.name);
        let is = condition(service);
        for condition in CONDITIONS {
            let labels = [("service", name), ("status", condition)];
            status.add(&labels, f64::from(u8::from(condition == is)));
        }
        let service_label = [("service", name)];
        replicas.add(&service_label, service.running() as f64);
        containers.add(&service_label, service.containers.len() as f64);
        restarts.add(&service_label, service.restarts() as f64);
        let killed = service.containers.iter().filter(|container| container.oom_killed).count();
        oom.add(&service_label, killed as f64);
        if let Some(Usage { cpu_percent, memory: used, memory_limit, .. }) = service.usage() {
            cpu.add(&service_label, f64::from(cpu_percent) / 100.0);
            memory.add(&service_label, used as f64);
            limit.add(&service_label, memory_limit as f64);
        }
    }
    vec![status, replicas, containers, restarts, oom, cpu, memory, limit]
}

/// One word for a service: its health where it has a check, else what its containers do.
fn condition(service: &Service) -> &'static str {
    match service.state() {
        RunState::Restarting => "restarting",
        RunState::Exited(0) => "finished",
        RunState::Exited(_) => "failed",
        RunState::Created | RunState::Removed => "stopped",
        RunState::Paused => "paused",
        RunState::Unknown => "unknown",
        RunState::Running => match service.health() {
            Health::Unhealthy => "unhealthy",
            Health::Starting => "starting",
            Health::Healthy => "healthy",
            Health::None => "running",
        },
    }
}

fn problems(store: &Store, labels: &Labels) -> Vec<Family> {
    let mut open =
        Family::gauge("dogwatch_problems", "Open problems by service, category and severity.");
    for group in store.groups().filter(|group| group.status.is_open()) {
        for share in &group.services {
            let service = labels.service(&share.service);
            let labels = [
                ("service", service),
                ("category", group.category.slug()),
                ("severity", group.severity().as_str()),
            ];
            open.add(&labels, 1.0);
        }
    }
    let mut regressed =
        Family::gauge("dogwatch_problems_regressed", "Problems that were fixed and came back.");
    let is_regressed = |group: &&crate::model::ErrorGroup| {
        group.status.kind() == crate::model::StatusKind::Regressed
    };
    regressed.add(&[], store.groups().filter(is_regressed).count() as f64);
    let mut events = Family::counter(
        "dogwatch_problem_events_total",
        "Events that are problems, by service, category and the severity of their rule.",
    );
    for ((service, category, severity), count) in &store.totals().problems {
        let service = labels.service(service);
        let labels =
            [("service", service), ("category", category.slug()), ("severity", severity.as_str())];
        events.add(&labels, *count as f64);
    }
    vec![open, regressed, events]
}

fn record(store: &Store, labels: &Labels) -> Vec<Family> {
    let totals = store.totals();
    let mut lines = Family::counter("dogwatch_lines_total", "Lines that services wrote.");
    for (service, count) in &totals.by_service {
        lines.add(&[("service", labels.service(service))], *count as f64);
    }
    let counter = |name, help, value: u64| Family::counter(name, help).of(value as f64);
    vec![
        lines,
        counter("dogwatch_line_bytes_total", "Bytes of those lines.", totals.bytes),
        counter("dogwatch_lines_lost_total", "Lines that are known to be lost.", totals.lost),
        counter("dogwatch_gaps_total", "Holes in the record.", totals.gaps),
        counter(
            "dogwatch_lines_recovered_total",
            "Lines that a second look brought.",
            totals.recovered,
        ),
        counter(
            "dogwatch_lines_evicted_total",
            "Lines that left memory for room; a record on disk keeps them.",
            totals.evicted,
        ),
        counter(
            "dogwatch_problems_forgotten_total",
            "Problems that were let go for room.",
            totals.forgotten_groups,
        ),
        Family::gauge("dogwatch_memory_bytes", "Bytes that lines take in memory.")
            .of(store.bytes() as f64),
        Family::gauge("dogwatch_rules", "Rules that look at each event.").of(totals.rules as f64),
    ]
}

/// What was done to services, and how each stands with the watchdog. Every service has its series from the start, so
/// that the first repair is a rise.
fn repairs(store: &Store, watchdog: &Watchdog, labels: &Labels) -> Vec<Family> {
    let mut attempts = Family::counter(
        "repair_attempts_total",
        "Repairs that were tried, by service, action and success.",
    );
    let mut failures = Family::gauge(
        "service_failure_count",
        "Repairs of a service that failed since it was last well.",
    );
    let mut last = Family::gauge(
        "service_last_repair_timestamp",
        "When a service was last repaired, in seconds since 1970; 0 for never.",
    );
    let mut stands = Family::gauge(
        "dogwatch_repair_state",
        "How a service stands with the watchdog: 1 for its state, 0 for the others.",
    );
    for service in store.services().filter(|service| !service.containers.is_empty()) {
        let name = labels.service(&service.name);
        for remedy in Remedy::ALL {
            let is_same = |t: &&Tally| t.service == service.name && t.remedy == remedy;
            let tally = watchdog.tallies.iter().find(is_same);
            let (worked, failed) = tally.map_or((0, 0), |tally| (tally.worked, tally.failed));
            for (success, count) in [("true", worked), ("false", failed)] {
                let action = remedy.as_str();
                let labels = [("service", name), ("action", action), ("success", success)];
                attempts.add(&labels, count as f64);
            }
        }
        let guard = watchdog.guard(&service.name);
        failures.add(&[("service", name)], guard.map_or(0.0, |guard| f64::from(guard.failures)));
        let acted = guard.and_then(|guard| guard.acted_at);
        last.add(&[("service", name)], acted.map_or(0.0, |at| at.timestamp() as f64));
        for state in guard.map_or(&[][..], |_| &GuardState::ALL) {
            let is_so = guard.is_some_and(|guard| guard.state == *state);
            let labels = [("service", name), ("state", state.as_str())];
            stands.add(&labels, f64::from(u8::from(is_so)));
        }
    }
    let mut runs = Family::counter(
        "dogwatch_fix_runs_total",
        "Fixes of your own that have ended, by service, fix and how.",
    );
    for tally in &watchdog.fixes {
        let (name, fix) = (labels.service(&tally.service), tally.fix.as_str());
        let labels = [("service", name), ("fix", fix), ("result", tally.ending.as_str())];
        runs.add(&labels, tally.count as f64);
    }
    let mut step = Family::gauge(
        "dogwatch_fix_step",
        "Step at which a fix of your own is that goes on, from 1; those of its roll-back count behind.",
    );
    let open = watchdog.recent.iter().filter(|attempt| attempt.end.is_none());
    for (attempt, course) in open.filter_map(|a| Some((a, a.course.as_ref()?))) {
        let (name, fix) = (labels.service(&attempt.service), course.fix.name.as_str());
        let before = if course.is_undoing { course.fix.steps.len() } else { 0 };
        let at = (before + course.done + 1).min(course.fix.all_steps().count());
        step.add(&[("service", name), ("fix", fix)], at as f64);
    }
    let mut mode = Family::gauge(
        "dogwatch_repair_mode",
        "What the watchdog may do: 1 for its mode, 0 for the others; without series where there is none.",
    );
    let mut paused = Family::gauge(
        "dogwatch_repair_paused",
        "Whether all repairs are paused because too much went wrong at once.",
    );
    if watchdog.looked_at.is_some() {
        for word in [RepairMode::Observe, RepairMode::Ask, RepairMode::Auto] {
            mode.add(&[("mode", word.as_str())], f64::from(u8::from(word == watchdog.in_force())));
        }
        paused.add(&[], f64::from(u8::from(watchdog.paused.is_some())));
    }
    vec![attempts, failures, last, stands, runs, step, mode, paused]
}

/// How each service that is scaled stands.
fn scales(scalings: &Scalings, labels: &Labels) -> Vec<Family> {
    let mut wanted = Family::gauge(
        "dogwatch_scale_wanted_replicas",
        "Containers that a service should have by its load, within its bounds.",
    );
    let mut stands = Family::gauge(
        "dogwatch_scale_state",
        "How a service stands with the scaler: 1 for its state, 0 for the others.",
    );
    let mut changes = Family::counter(
        "dogwatch_scale_changes_total",
        "Changes of a service's number of containers, by success.",
    );
    for scaling in &scalings.services {
        let name = labels.service(&scaling.service);
        wanted.add(&[("service", name)], f64::from(scaling.wanted));
        for state in ScaleState::ALL {
            let labels = [("service", name), ("state", state.as_str())];
            stands.add(&labels, f64::from(u8::from(state == scaling.state)));
        }
        for (success, count) in [("true", scaling.changed), ("false", scaling.failed)] {
            changes.add(&[("service", name), ("success", success)], count as f64);
        }
    }
    vec![wanted, stands, changes]
}

/// What became of messages to people and programs elsewhere.
fn messages(told: &[Told]) -> Family {
    let mut messages = Family::counter(
        "dogwatch_messages_total",
        "Messages by place and what became of them: sent, failed, or held back because the same had just been told.",
    );
    for Told { place, sent, failed, held_back } in told {
        for (result, count) in [("sent", sent), ("failed", failed), ("held_back", held_back)] {
            messages.add(&[("place", place), ("result", result)], *count as f64);
        }
    }
    messages
}

fn ourselves(site: &Site) -> Vec<Family> {
    let mut build = Family::gauge("dogwatch_build_info", "The version that runs.");
    build.add(&[("version", env!("CARGO_PKG_VERSION"))], 1.0);
    let is_up = matches!(site.handle.link(), Link::Live | Link::Ended);
    let is_kept = site.handle.history().is_some() && site.handle.keeping().is_none();
    let now = Utc::now();
    let rate = site.handle.read(|store| store.totals().per_second(10, now));
    let rate = rate.iter().map(|lines| f64::from(*lines)).sum::<f64>() / 10.0;
    let mut answers =
        Family::counter("dogwatch_http_responses_total", "Answers of this server, by class.");
    for (class, count) in site.counts.answers() {
        answers.add(&[("class", class)], count as f64);
    }
    let bit = |is_set: bool| f64::from(u8::from(is_set));
    vec![
        build,
        Family::gauge("dogwatch_source_up", "Whether what is watched can be reached.")
            .of(bit(is_up)),
        Family::gauge("dogwatch_record_written", "Whether lines are written to disk.")
            .of(bit(is_kept)),
        Family::gauge(
            "dogwatch_lines_per_second",
            "Lines that came in a second, over the last ten.",
        )
        .of(rate),
        answers,
        Family::gauge("dogwatch_alerts_firing", "Alerts of Alertmanager that hold.")
            .of(site.alerts.firing() as f64),
        Family::counter(
            "dogwatch_http_stream_lost_lines_total",
            "Lines that readers of streams were too slow for.",
        )
        .of(site.counts.lost() as f64),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{model::Scaling, store::Limits};

    #[test]
    fn what_is_scaled_has_its_series() {
        let scaling = Scaling {
            time: Utc::now(),
            service: "worker".into(),
            state: ScaleState::Waiting,
            replicas: 1,
            wanted: 3,
            reason: "45.0 for each container".into(),
            changed: 2,
            failed: 1,
        };
        let scalings = Scalings { services: vec![scaling], looked_at: None };
        let labels = Labels::of(&Store::new(Limits::default()));
        let page: String = scales(&scalings, &labels).iter().map(ToString::to_string).collect();
        for line in [
            // A service that the store does not know has no name of its own.
            "dogwatch_scale_wanted_replicas{service=\"other\"} 3",
            "dogwatch_scale_state{service=\"other\",state=\"waiting\"} 1",
            "dogwatch_scale_state{service=\"other\",state=\"steady\"} 0",
            "dogwatch_scale_changes_total{service=\"other\",success=\"true\"} 2",
            "dogwatch_scale_changes_total{service=\"other\",success=\"false\"} 1",
        ] {
            assert!(page.lines().any(|other| other == line), "no {line} in\n{page}");
        }
    }
}
