//! Carries out what the scaler decided, on the count it was decided for.

use super::{Claim, Dispatcher};
use crate::model::{Outcome, ScaleOrder};
use tokio::time::Instant;

impl Dispatcher {
    /// Gives a service as many containers as it is to have; leaves it alone while somebody else acts on it.
    pub(super) async fn scale(&self, order: &ScaleOrder) -> Outcome {
        let ScaleOrder { service, from, to, files } = order;
        let (Some(_), Some(compose)) = (&self.control, &self.ways.compose) else {
            return Outcome::Failed("this run may only look".into());
        };
        let services = std::slice::from_ref(service);
        let Ok(_claim) = Claim::take(&self.busy, services) else {
            return Outcome::Skipped(format!("{service} is being acted on already").into());
        };
        let begun = Instant::now();
        match compose.scale(files, service.as_str(), *to).await {
            Ok(()) => {
                let seconds = begun.elapsed().as_secs_f32();
                Outcome::Done(
                    format!("{service} was scaled from {from} to {to} in {seconds:.1} s").into(),
                )
            }
            Err(why) => Outcome::Failed(why),
        }
    }
}
