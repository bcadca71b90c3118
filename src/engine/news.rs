//! What the runner does with news of the stack: containers that come, change and go, their secrets, and whether the
//! source can be reached.

use super::runner::{Running, our_origin};
use crate::{
    model::{Container, ContainerId, Event, Gap, GapReason, Notice, Origin, SafeText},
    redact::secrets_of,
    source::{Change, Link, Variable},
};
use chrono::{DateTime, Utc};
use std::sync::{Arc, PoisonError};

/// So long the secrets of a container that is gone are masked in what others say: each of a thousand short jobs must
/// not be remembered for ever.
const KEEP_SECRETS: chrono::Duration = chrono::Duration::hours(1);

impl Running {
    pub(super) fn change(&mut self, change: Change, now: DateTime<Utc>) {
        match change {
            Change::Container(container) => self.container(*container, now),
            Change::Environment(container, variables) => self.learn(&container, variables),
            Change::State(id, state, health) => {
                self.write(|store| store.set_state(&id, state, health));
            }
            Change::Usage(id, usage) => self.write(|store| store.set_usage(&id, usage)),
            Change::Removed(id) => {
                self.known.remove(&id);
                self.runs.forget(&id);
                self.rotating.remove(&id);
                self.gone.push_back((now, id.clone()));
                self.shared.detached.send_if_modified(|detached| detached.remove(&id));
                self.write(|store| store.remove_container(&id));
            }
            Change::Notice(notice) => {
                let outflow = self.pipeline.notice(notice, now, &self.shared.store);
                self.tell(outflow);
            }
            Change::Listed => {
                let known = self.known.clone();
                self.write(|store| store.retain_containers(&known));
                self.miss(now);
            }
            Change::Link(link) => self.link(link, now),
            Change::Follow(_) => {}
        }
    }

    fn container(&mut self, container: Container, now: DateTime<Utc>) {
        let origin = Arc::clone(&container.origin);
        self.known.insert(origin.container.clone());
        if container.log.max_size.is_some() {
            self.rotating.insert(origin.container.clone());
        }
        let missed = self.runs.see(&container);
        if container.state.is_up() {
            self.read_out.remove(&origin.container);
        }
        self.moved.insert(origin.container.clone(), origin);
        self.write(|store| store.put_container(container));
        if let Some(missed) = missed {
            let outflow = self.pipeline.notice(missed, now, &self.shared.store);
            self.tell(outflow);
        }
    }

    /// Tells of what was removed while nobody looked, where its log was not read to its end before.
    fn miss(&mut self, now: DateTime<Utc>) {
        let gone = self.runs.gone(&self.known);
        // One who reads along leaves that to the one who writes.
        if self.keeper.is_none() {
            return;
        }
        for seen in gone.into_iter().filter(|seen| !seen.is_read) {
            let from = self.pipeline.newest(&seen.container);
            let (service, container, replica) = (seen.service, seen.container, seen.replica);
            let origin = Arc::new(Origin { service, container, replica, is_tty: false });
            let reason = GapReason::Removed;
            self.gap(Gap { origin: Arc::clone(&origin), from, to: now, lines: None, reason }, now);
            self.read_out(origin);
        }
    }

    /// Secrets of a container's environment are masked wherever they turn up.
    fn learn(&self, container: &ContainerId, variables: Vec<Variable>) {
        let secrets = variables
            .into_iter()
            .flat_map(|variable| secrets_of(&variable.name, &variable.value))
            .collect();
        self.shared.redactor.learn(container.as_str(), secrets);
    }

    fn link(&mut self, link: Link, now: DateTime<Utc>) {
        match &link {
            Link::Away { since, .. } => {
                // Said once: the screen shows how long it lasts.
                self.away.get_or_insert(*since);
            }
            Link::Live => {
                self.known.clear();
                if let Some(since) = self.away.take() {
                    let seconds = (now - since).num_seconds().max(0);
                    let origin = our_origin();
                    let text = format!("the source was away for {seconds} s").into();
                    let outflow = self.pipeline.notice(
                        Notice { origin, time: now, text },
                        now,
                        &self.shared.store,
                    );
                    self.tell(outflow);
                }
            }
            Link::Connecting | Link::Ended => {}
        }
        let kept = match (&link, self.away) {
            (Link::Away { reason, .. }, Some(since)) => {
                Link::Away { since, reason: reason.clone() }
            }
            _ => link,
        };
        *self.shared.link.write().unwrap_or_else(PoisonError::into_inner) = kept;
        self.hint(Event::Changed);
    }

    pub(super) fn unreadable(&mut self, origin: &Origin, reason: SafeText) {
        let text = format!("{}: {reason}", origin.service);
        self.write(|store| store.set_unreadable(&origin.container, reason));
        self.hint(Event::Trouble(text.into()));
    }

    /// Looks no longer for the secrets of containers that are gone for so long that all of their lines are here.
    pub(super) fn forget_secrets(&mut self, now: DateTime<Utc>) {
        let is_due = |(at, _): &mut (DateTime<Utc>, ContainerId)| now - *at >= KEEP_SECRETS;
        while let Some((_, container)) = self.gone.pop_front_if(is_due) {
            if !self.known.contains(&container) {
                self.shared.redactor.forget(container.as_str());
            }
        }
    }
}
