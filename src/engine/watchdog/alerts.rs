//! What other systems say: Alertmanager sends its alerts, Prometheus is asked for them again and again.

use super::Patrol;
use crate::{action::prometheus, engine::handle::Handle, model::Alert};
use std::time::Duration;
use tokio::{sync::mpsc, time::sleep};

/// Who tells of alerts; what one says does not replace what the other said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Teller {
    Alertmanager,
    Prometheus,
}

/// Asks a Prometheus, and tells what is otherwise than before, until it is aborted. While there is no answer no alert is
/// known to fire, and none is acted on.
pub(super) async fn ask(
    handle: Handle,
    address: String,
    interval: Duration,
    tell: mpsc::Sender<Vec<Alert>>,
) {
    let (mut told, mut is_silent) = (Vec::new(), false);
    loop {
        let answer = prometheus::alerts(&address).await;
        if let (Err(why), false) = (&answer, is_silent) {
            handle.trouble(format!("the alerts of Prometheus are not known: {why}"));
        }
        is_silent = answer.is_err();
        let alerts = answer.unwrap_or_default();
        if alerts != told {
            told.clone_from(&alerts);
            if tell.send(alerts).await.is_err() {
                return;
            }
        }
        sleep(interval).await;
    }
}

impl Patrol {
    /// Takes what one says in the place of what it said before. An alert that goes on firing keeps its beginning.
    pub(super) fn set_alerts(&mut self, teller: Teller, alerts: Vec<Alert>) {
        self.told.insert(teller, alerts);
        let all = self.told.values().flatten().cloned().collect();
        let before = std::mem::replace(&mut self.alerts, all);
        for alert in &mut self.alerts {
            let same = before.iter().find(|a| a.name == alert.name && a.service == alert.service);
            alert.since = same.map_or(alert.since, |same| same.since.min(alert.since));
        }
    }
}
