//! What happens to the containers of a project.

use super::{connection::Connection, project::ProjectName};
use crate::source::{Change, Error};
use tokio::sync::mpsc;

#[allow(clippy::unused_async, reason = "the next commit waits here")]
pub(super) async fn watch(
    _: &Connection,
    _: &ProjectName,
    _: mpsc::Sender<Change>,
) -> Result<(), Error> {
    Ok(())
}
