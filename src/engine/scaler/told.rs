//! How services stand with the scaler, told to faces and put onto the record.

use super::{Scaler, our_origin};
use crate::{
    engine::{handle::Shared, input::Input},
    model::{Event, Notice, ScaleState, Scaling, Scalings, ServiceName},
    repair::scale::{Advice, Step},
};
use chrono::{DateTime, Utc};
use std::sync::{Arc, PoisonError};

impl Scaler {
    /// Tells that a service is left alone, and why.
    pub(super) async fn leave(&mut self, service: &ServiceName, replicas: u32, reason: String) {
        let advice = Advice { step: Step::LeaveAlone, wanted: replicas, reason };
        self.tell(service, ScaleState::LeftAlone, replicas, advice, Utc::now()).await;
    }

    /// Remembers how a service stands, tells it where that is news, and puts onto the record what was, or would be, done.
    pub(super) async fn tell(
        &mut self,
        service: &ServiceName,
        state: ScaleState,
        replicas: u32,
        advice: Advice,
        time: DateTime<Utc>,
    ) {
        let reason = self.handle.redact(&advice.reason).0.into();
        let line = self.line(service);
        line.changed += u64::from(state == ScaleState::Done);
        line.failed += u64::from(state == ScaleState::Failed);
        let scaling = Scaling {
            time,
            service: service.clone(),
            state,
            replicas,
            wanted: advice.wanted,
            reason,
            changed: line.changed,
            failed: line.failed,
        };
        let before = line.latest.replace(scaling.clone());
        let key = |scaling: &Scaling| (scaling.state, scaling.replicas, scaling.wanted);
        if before.is_some_and(|before| key(&before) == key(&scaling)) {
            return;
        }
        let word = match state {
            ScaleState::WouldAct => Some("would scale"),
            ScaleState::Acting => Some("scaling"),
            ScaleState::Done => Some("scaled"),
            ScaleState::Failed => Some("not scaled"),
            ScaleState::Steady | ScaleState::Waiting | ScaleState::LeftAlone => None,
        };
        if let (Some(word), Some(deeds)) = (word, self.deeds.upgrade()) {
            let origin = self.handle.read(|store| {
                let containers = &store.service(service)?.containers;
                containers.first().map(|container| Arc::clone(&container.origin))
            });
            let Scaling { wanted, reason, .. } = &scaling;
            let text = match state {
                ScaleState::WouldAct | ScaleState::Acting => {
                    format!("watchdog: {word} from {replicas} to {wanted}: {reason}")
                }
                ScaleState::Done => format!("watchdog: {reason}"),
                _ => format!("watchdog: {word}: {reason}"),
            };
            let origin = origin.unwrap_or_else(our_origin);
            let _ = deeds.send(Input::Did(Notice { origin, time, text: text.into() })).await;
        }
        self.handle.shared.hint(Event::Scaled(Arc::new(scaling)));
    }

    /// Shows how all stand.
    pub(super) fn publish(&self) {
        let services = self.lines.values().filter_map(|line| line.latest.clone()).collect();
        self.handle.shared.set_scalings(Scalings { services, looked_at: self.looked_at });
    }
}

impl Shared {
    /// Shows how the scaler sees everything.
    fn set_scalings(&self, scalings: Scalings) {
        *self.scalings.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(scalings);
    }
}
