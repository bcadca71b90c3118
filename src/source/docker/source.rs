//! One Compose project of one Engine, as the engine room sees it.

use super::{
    connect_error::ConnectError,
    connection::Connection,
    context::{Surroundings, Wish, choose},
    driver::Drivers,
    logs,
    project::ProjectName,
    turns::Turns,
};
use crate::{
    model::Origin,
    source::{Change, Control, Delivery, Description, End, Error, Resume, Source},
};
use futures_util::{FutureExt, future::BoxFuture};
use std::sync::Arc;
use tokio::sync::mpsc;

/// What to connect to.
#[derive(Debug, Clone)]
pub struct Options {
    /// Which Engine.
    pub wish: Wish,
    /// Which project.
    pub project: ProjectName,
}

/// One Compose project of one Engine.
#[derive(Debug, Clone)]
pub struct Docker {
    pub(super) connection: Connection,
    pub(super) project: ProjectName,
    drivers: Drivers,
    turns: Turns,
}

impl Docker {
    /// Chooses the Engine and asks whether it is there.
    ///
    /// # Errors
    /// When there is none to choose, or it does not answer.
    pub async fn connect(options: Options) -> Result<Self, ConnectError> {
        let choice = choose(&options.wish, &Surroundings::here())?;
        Ok(Self::new(Connection::open(choice).await?, options.project))
    }

    /// The project of an Engine that was reached.
    pub fn new(connection: Connection, project: ProjectName) -> Self {
        Self { connection, project, drivers: Drivers::default(), turns: Turns::default() }
    }
}

impl Source for Docker {
    fn describe(&self) -> Description {
        Description {
            name: self.project.as_str().into(),
            place: self.connection.choice().endpoint.to_string().into(),
            is_live: true,
        }
    }

    fn watch(self: Arc<Self>, out: mpsc::Sender<Change>) -> BoxFuture<'static, Result<(), Error>> {
        async move { super::watch::watch(&self.connection, &self.project, &self.drivers, out).await }
            .boxed()
    }

    fn follow(
        self: Arc<Self>,
        target: Arc<Origin>,
        from: Resume,
        out: mpsc::Sender<Delivery>,
    ) -> BoxFuture<'static, Result<End, Error>> {
        async move {
            let driver = self.drivers.of(&target.container);
            let turns = self.turns.clone();
            logs::follow(&self.connection, target, driver, turns, from, out).await
        }
        .boxed()
    }

    fn control(self: Arc<Self>) -> Option<Arc<dyn Control>> {
        Some(self)
    }
}
