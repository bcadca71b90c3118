//! What can be wished of the watchdog by its menu.

use crate::model::{Actor, Command, Guard, GuardState, RepairMode, ServiceName, Watchdog};

/// One row of the menu.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wish {
    /// What it may do to all services from now on.
    All(RepairMode),
    /// What it may do to this service.
    One(RepairMode),
    /// Repair this service now.
    Repair,
    /// Forget the attempts on this service.
    Forget,
}

impl Wish {
    /// What makes sense now; where it acts, holding it comes first.
    pub(crate) fn offered(watchdog: &Watchdog, service: Option<&ServiceName>) -> Vec<Self> {
        use GuardState::{Acting, Fine, LeftAlone, Verifying};
        let modes = [RepairMode::Observe, RepairMode::Ask, RepairMode::Auto];
        let mut rows = Vec::new();
        let acts = |guard: &Guard| guard.mode != RepairMode::Observe;
        let is_held = watchdog.mode == RepairMode::Observe && !watchdog.guards.iter().any(acts);
        if !is_held {
            rows.push(Self::All(RepairMode::Observe));
        }
        if let Some(guard) = service.and_then(|name| watchdog.guard(name)) {
            if !matches!(guard.state, Fine | LeftAlone | Acting | Verifying) {
                rows.push(Self::Repair);
            }
            if guard.attempts > 0 {
                rows.push(Self::Forget);
            }
            rows.extend(modes.into_iter().filter(|mode| *mode != guard.mode).map(Self::One));
        }
        let others = modes.into_iter().filter(|mode| *mode != watchdog.mode);
        rows.extend(others.filter(|mode| *mode != RepairMode::Observe).map(Self::All));
        rows
    }

    /// What it does, in a few words.
    pub(crate) fn title(self, service: Option<&ServiceName>) -> String {
        let name = service.map_or("", |name| name.as_str());
        match self {
            Self::All(RepairMode::Observe) => "hold: only observe from now on".to_owned(),
            Self::All(RepairMode::Ask) => "all services: ask before a repair".to_owned(),
            Self::All(RepairMode::Auto) => "all services: repair by itself".to_owned(),
            Self::One(RepairMode::Observe) => format!("{name}: only observe"),
            Self::One(RepairMode::Ask) => format!("{name}: ask before a repair"),
            Self::One(RepairMode::Auto) => format!("{name}: repair by itself"),
            Self::Repair => format!("{name}: repair now"),
            Self::Forget => format!("{name}: forget its attempts, begin anew"),
        }
    }

    /// What is sent for it; `None` where it needs a service and there is none.
    pub(crate) fn command(self, service: Option<&ServiceName>) -> Option<Command> {
        let service = || service.cloned();
        Some(match self {
            Self::All(mode) => Command::SetRepairMode(None, mode),
            Self::One(mode) => Command::SetRepairMode(Some(service()?), mode),
            Self::Repair => {
                Command::Repair { service: service()?, is_forced: true, by: Actor::Screen }
            }
            Self::Forget => Command::ResetRepair(service()?),
        })
    }
}

/// The menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WishMenu {
    /// The service that it is about, beside all of them.
    pub(crate) service: Option<ServiceName>,
    /// The row of the cursor.
    pub(crate) at: usize,
}
