//! Looks at the Engine's list: events are hints, and the Engine drops those that nobody takes at once.

use super::{
    connection::{Connection, DEADLINE},
    inspect::{self, Listed, Peers, Seen},
    labels,
    stop::Stop,
    story::{Action, Happening},
    watch::Watcher,
};
use crate::source::{Change, Error, Link};
use bollard::query_parameters::ListContainersOptions;
use chrono::Utc;
use futures_util::{FutureExt, StreamExt, future::BoxFuture, stream};
use std::collections::{BTreeSet, HashMap};
use tokio::sync::mpsc;

/// Containers that are looked at at once.
const AT_ONCE: usize = 8;

impl Watcher<'_> {
    /// Looks at every container; the first time everything is reported, later what changed.
    pub(super) async fn sweep(&mut self, is_first: bool) -> Result<(), Stop> {
        let list = self.list().await?;
        if is_first {
            self.send(Change::Link(Link::Live)).await?;
        }
        self.forget_all_but(&list).await?;
        self.look_at(&list).await?;
        if is_first {
            self.send(Change::Listed).await?;
        }
        Ok(())
    }

    /// Looks at the list, and at the containers of which it says something else than what is known.
    ///
    /// What has an event under way is left to that: it says more.
    pub(super) async fn glance(&mut self, events: &mpsc::Receiver<Happening>) -> Result<(), Stop> {
        let mut list = self.list().await?;
        if !events.is_empty() {
            return Ok(());
        }
        self.forget_all_but(&list).await?;
        list.retain(|one| {
            let known = self.known.get(&one.id);
            known.is_none_or(|known| !one.agrees_with(&known.seen.container))
        });
        self.look_at(&list).await
    }

    /// The project's containers without our own.
    async fn list(&mut self) -> Result<Vec<Listed>, Stop> {
        let filters = HashMap::from([labels::filter(self.project)]);
        let options =
            ListContainersOptions { all: true, filters: Some(filters), ..Default::default() };
        let list =
            self.connection.ask(DEADLINE, self.connection.bollard.list_containers(Some(options)));
        let list = list.await?.unwrap_or_default().into_iter().filter_map(Listed::read);
        let own = self.own.as_deref();
        let list: Vec<_> = list.filter(|one| own != Some(one.id.as_str())).collect();
        self.peers = list
            .iter()
            .filter_map(|one| Some((one.id.as_str().to_owned(), one.service()?)))
            .collect();
        Ok(list)
    }

    /// Those that are on the list no more were removed, whether or not an event says so.
    async fn forget_all_but(&mut self, list: &[Listed]) -> Result<(), Stop> {
        let there: BTreeSet<_> = list.iter().map(|one| &one.id).collect();
        let gone: Vec<_> = self.known.keys().filter(|id| !there.contains(id)).cloned().collect();
        for id in gone {
            let removal =
                Happening { id: id.as_str().to_owned(), action: Action::Destroy, time: Utc::now() };
            self.take(removal).await?;
        }
        Ok(())
    }

    async fn look_at(&mut self, list: &[Listed]) -> Result<(), Stop> {
        let peers = self.peers.clone();
        let looks: Vec<BoxFuture<'_, _>> =
            list.iter().map(|one| look(self.connection, one, &peers).boxed()).collect();
        let mut looks = stream::iter(looks).buffered(AT_ONCE);
        while let Some(seen) = looks.next().await {
            // One that was removed since is not on the next list.
            if let Some(seen) = seen? {
                self.report(seen).await?;
            }
        }
        Ok(())
    }
}

/// Looks at one container of the list; where its account cannot be read, the list is better than nothing.
async fn look(connection: &Connection, one: &Listed, peers: &Peers) -> Result<Option<Seen>, Error> {
    match inspect::ask(connection, &one.id, peers).await {
        Err(Error::Permanent(_)) => Ok(Some(inspect::from_list(one))),
        seen => seen,
    }
}
