//! Services as one frame shows them.

use crate::{
    model::{Command, Guard, Health, RunState, SafeText, Scaling, ServiceName, Severity},
    tui::{
        advice,
        state::{State, World},
    },
};

/// One service.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ServiceRow {
    /// Compose's name.
    pub(crate) name: ServiceName,
    /// What it does.
    pub(crate) state: RunState,
    /// What its health check says.
    pub(crate) health: Health,
    /// Restarts by the Engine.
    pub(crate) restarts: u64,
    /// Processor, in percent of one core.
    pub(crate) cpu: Option<f32>,
    /// Processor over time, oldest first, at most eight.
    pub(crate) history: Vec<f64>,
    /// Bytes in use.
    pub(crate) memory: Option<u64>,
    /// Events of open problems a second.
    pub(crate) errors: f64,
    /// The worst open problem.
    pub(crate) worst: Option<Severity>,
    /// Containers whose process is there, and all.
    pub(crate) replicas: (usize, usize),
    /// Why the log of one of its containers cannot be read.
    pub(crate) unreadable: Option<SafeText>,
    /// How the Engine loses lines of it, and what helps.
    pub(crate) lossy: Option<SafeText>,
    /// Whether a person should look.
    pub(crate) is_troubled: bool,
    /// Whether a command is on its way to it.
    pub(crate) is_busy: bool,
    /// How it stands with the watchdog; `None` where there is none.
    pub(crate) guard: Option<Guard>,
    /// How it stands with the scaler; `None` where it is not scaled.
    pub(crate) scaling: Option<Scaling>,
}

pub(super) fn rows(state: &State, world: &World<'_>) -> Vec<ServiceRow> {
    let busy: Vec<&ServiceName> = state
        .pending
        .values()
        .filter_map(|command| match command {
            Command::Restart(names) | Command::Stop(names) | Command::Start(names) => Some(names),
            _ => None,
        })
        .flatten()
        .collect();
    world
        .store
        .services()
        .map(|service| {
            let usage = service.usage();
            let sum = state.summary.services.get(&service.name).copied().unwrap_or_default();
            let history = state.usages.get(&service.name);
            ServiceRow {
                state: service.state(),
                health: service.health(),
                restarts: service.restarts(),
                cpu: usage.map(|u| u.cpu_percent),
                history: history
                    .map(|h| h.cpu.iter().map(|c| f64::from(*c)).collect())
                    .unwrap_or_default(),
                memory: usage.map(|u| u.memory),
                errors: sum.rate,
                worst: sum.worst,
                replicas: (service.running(), service.containers.len()),
                unreadable: service.containers.iter().find_map(|c| c.unreadable.clone()),
                lossy: service.containers.iter().find_map(|c| advice::loss(&c.log)),
                is_troubled: service.is_troubled(),
                is_busy: busy.contains(&&service.name),
                guard: world.watchdog.guard(&service.name).cloned(),
                scaling: world.scalings.of(&service.name).cloned(),
                name: service.name.clone(),
            }
        })
        .collect()
}
