//! Label values that cannot grow without end: so many services, all others are `other`.

use crate::{model::ServiceName, store::Store};
use std::{cmp::Reverse, collections::BTreeSet};

/// Services that have series of their own.
const SERVICES: usize = 100;
/// Characters of a name that is shown.
const LENGTH: usize = 128;
/// The name of all others together.
const OTHER: &str = "other";

/// The services that have series of their own: those with containers first, then those that say most.
#[derive(Debug)]
pub(super) struct Labels(BTreeSet<ServiceName>);

impl Labels {
    pub(super) fn of(store: &Store) -> Self {
        let lines = &store.totals().by_service;
        let mut services: Vec<_> = store
            .services()
            .filter(|service| service.name.as_str().len() <= LENGTH)
            .map(|service| {
                let lines = lines.get(&service.name).copied().unwrap_or_default();
                (Reverse((!service.containers.is_empty(), lines)), &service.name)
            })
            .collect();
        services.sort();
        Self(services.into_iter().take(SERVICES).map(|(_, name)| name.clone()).collect())
    }

    /// What a service is called.
    pub(super) fn service<'a>(&self, name: &'a ServiceName) -> &'a str {
        if self.0.contains(name) { name.as_str() } else { OTHER }
    }
}
