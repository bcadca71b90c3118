//! Containers that a person does not want to be followed for a while.

use super::Dispatcher;
use crate::model::{ContainerId, Event, Outcome, SafeText};
use std::{collections::BTreeSet, sync::PoisonError};

impl Dispatcher {
    pub(super) fn attach(&self, container: &ContainerId) -> Outcome {
        self.steer(container, "Attached to", |all| all.remove(container))
    }

    pub(super) fn detach(&self, container: &ContainerId) -> Outcome {
        self.steer(container, "Detached from", |all| all.insert(container.clone()))
    }

    /// Changes what is followed; done is done, also where it was so before.
    fn steer(
        &self,
        container: &ContainerId,
        verb: &str,
        change: impl FnOnce(&mut BTreeSet<ContainerId>) -> bool,
    ) -> Outcome {
        let Some(name) = self.container_name(container) else {
            return Outcome::Failed(format!("there is no container {}", container.short()).into());
        };
        self.shared.detached.send_if_modified(change);
        self.shared.hint(Event::Changed);
        Outcome::Done(format!("{verb} {name}.").into())
    }

    fn container_name(&self, container: &ContainerId) -> Option<SafeText> {
        let store = self.shared.store.read().unwrap_or_else(PoisonError::into_inner);
        store.container(container).map(|container| container.name.clone())
    }
}
