//! Services by name with their containers, also those known only from their records.

use crate::model::{Container, ContainerId, Service, ServiceName};
use std::collections::{BTreeMap, BTreeSet};

/// Who is there.
#[derive(Debug, Default)]
pub(super) struct Roster {
    services: BTreeMap<ServiceName, Service>,
}

impl Roster {
    /// All services.
    pub(super) const fn services(&self) -> &BTreeMap<ServiceName, Service> {
        &self.services
    }

    /// A container.
    pub(super) fn container(&self, id: &ContainerId) -> Option<&Container> {
        self.services.values().flat_map(|s| &s.containers).find(|c| c.origin.container == *id)
    }

    /// Services that need `name`, directly.
    pub(super) fn dependants(&self, name: &ServiceName) -> BTreeSet<ServiceName> {
        self.services
            .values()
            .filter(|s| s.containers.iter().any(|c| c.depends_on.contains(name)))
            .map(|s| s.name.clone())
            .collect()
    }

    /// A container to change.
    pub(super) fn container_mut(&mut self, id: &ContainerId) -> Option<&mut Container> {
        self.services
            .values_mut()
            .flat_map(|s| &mut s.containers)
            .find(|c| c.origin.container == *id)
    }

    /// Knows a service, if only by its name.
    pub(super) fn note(&mut self, service: &ServiceName) {
        if !self.services.contains_key(service) {
            let known = Service { name: service.clone(), containers: Vec::new() };
            self.services.insert(service.clone(), known);
        }
    }

    /// Adds a container, or replaces what was known of it but for its last measure, where it brings none.
    pub(super) fn put(&mut self, container: Container) {
        let name = container.origin.service.clone();
        let service = self
            .services
            .entry(name.clone())
            .or_insert_with(|| Service { name, containers: Vec::new() });
        match service
            .containers
            .iter_mut()
            .find(|c| c.origin.container == container.origin.container)
        {
            Some(known) => {
                let usage = container.usage.or(known.usage);
                *known = Container { usage, ..container };
            }
            None => service.containers.push(container),
        }
        service.containers.sort_by_key(|c| c.origin.replica);
    }

    /// Forgets the containers that are not to be kept; their services stay.
    pub(super) fn retain(&mut self, keep: impl Fn(&ContainerId) -> bool) {
        for service in self.services.values_mut() {
            service.containers.retain(|c| keep(&c.origin.container));
        }
    }
}
