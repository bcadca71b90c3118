//! The whole project goes up or down.

use super::{Claim, Dispatcher};
use crate::model::{CommandId, Files, Outcome, ServiceName};
use std::sync::PoisonError;
use tokio::time::Instant;

impl Dispatcher {
    pub(super) async fn project(&self, id: CommandId, is_up: bool, files: Files) -> Outcome {
        let Some(control) = &self.control else {
            return Outcome::Failed("there is nothing here to bring up or take down".into());
        };
        let services: Vec<ServiceName> = {
            let store = self.shared.store.read().unwrap_or_else(PoisonError::into_inner);
            store.services().map(|service| service.name.clone()).collect()
        };
        let _claim = match Claim::take(&self.busy, &services) {
            Ok(claim) => claim,
            Err(service) => {
                let text = format!("{service} is being acted on, wait for that to end");
                return Outcome::Failed(text.into());
            }
        };
        let (doing, done) = if is_up {
            ("Bringing the project up …", "Brought the project up")
        } else {
            ("Taking the project down …", "Took the project down")
        };
        self.progress(id, doing.to_owned());
        let started = Instant::now();
        match control.clone().project(is_up, files).await {
            Ok(()) => {
                let seconds = started.elapsed().as_secs_f32();
                Outcome::Done(format!("{done} in {seconds:.1} s.").into())
            }
            Err(error) => Outcome::Failed(error.to_string().into()),
        }
    }
}
