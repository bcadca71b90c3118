//! Causes first: a service waits for those that it needs, and follows those whose network it shares.

use super::settings::Cascade;
use crate::model::{SafeText, Service, ServiceName};
use std::collections::{BTreeMap, BTreeSet};

/// Who needs whom, of one project.
pub(super) struct Order<'a> {
    needs: BTreeMap<&'a ServiceName, BTreeSet<&'a ServiceName>>,
    /// Those that want to be restarted after one that they need.
    follows: BTreeSet<(&'a ServiceName, &'a str)>,
}

impl<'a> Order<'a> {
    /// Reads dependencies from what the source says; unknown services are none.
    pub(super) fn of(services: &'a [Service]) -> Self {
        let known: BTreeSet<_> = services.iter().map(|service| &service.name).collect();
        let mut needs: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        let mut follows = BTreeSet::new();
        for service in services {
            let own = needs.entry(&service.name).or_default();
            for container in &service.containers {
                own.extend(container.depends_on.iter().filter(|name| known.contains(name)));
                let labels = &container.care.labels;
                let declared = labels.get("com.docker.compose.depends_on");
                for part in declared.map(SafeText::as_str).unwrap_or_default().split(',') {
                    let mut fields = part.split(':');
                    let name = fields.next().unwrap_or_default();
                    if fields.nth(1).is_some_and(|restart| restart.eq_ignore_ascii_case("true")) {
                        follows.insert((&service.name, name));
                    }
                }
                let named = labels.get("com.centurylinklabs.watchtower.depends-on");
                for name in named.map(SafeText::as_str).unwrap_or_default().split(',') {
                    let name = name.trim().trim_start_matches('/');
                    own.extend(known.iter().filter(|other| other.as_str() == name));
                }
            }
            own.remove(&service.name);
        }
        Self { needs, follows }
    }

    /// What a service needs, and must wait for. Of a circle, the first by name waits for none of the others.
    pub(super) fn causes(&self, service: &ServiceName) -> Vec<&'a ServiceName> {
        let Some(needs) = self.needs.get(service) else { return Vec::new() };
        let is_cause = |name: &&&ServiceName| !(service < **name && self.reaches(name, service));
        needs.iter().filter(is_cause).copied().collect()
    }

    /// The circle that a service is in: `a → b → a`.
    pub(super) fn circle(&self, service: &ServiceName) -> Option<String> {
        let next = self.needs.get(service)?.iter().find(|name| self.reaches(name, service))?;
        Some(format!("{service} → {next} → {service}"))
    }

    /// What a service follows when that is restarted.
    pub(super) fn leaders(&self, service: &Service, cascade: Cascade) -> Vec<&'a ServiceName> {
        let Some(needs) = self.needs.get(&service.name) else { return Vec::new() };
        let follows = |name: &&&ServiceName| match cascade {
            Cascade::None => false,
            Cascade::All => true,
            Cascade::Declared => self
                .follows
                .iter()
                .any(|(own, other)| **own == service.name && *other == name.as_str()),
        };
        needs.iter().filter(follows).copied().collect()
    }

    fn reaches(&self, from: &ServiceName, to: &ServiceName) -> bool {
        let mut seen = BTreeSet::new();
        let mut open = vec![from];
        while let Some(name) = open.pop() {
            if name == to {
                return true;
            }
            if seen.insert(name)
                && let Some(needs) = self.needs.get(name)
            {
                open.extend(needs.iter().copied());
            }
        }
        false
    }
}
