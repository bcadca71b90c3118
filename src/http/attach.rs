//! `POST` and `DELETE /api/v1/logs/:containerId/attach`: whether a container is followed.

use super::{
    answer::{self, Refusal},
    query::shown,
    routes::Site,
};
use crate::model::{Command, Container, ContainerId, Outcome};
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use serde_json::json;
use std::sync::Arc;

/// Follows a container again, from where reading stopped. All containers of the project are followed from their
/// start; what a request's body says of its service is known better here.
pub(super) async fn attach(
    State(site): State<Arc<Site>>,
    Path(container): Path<String>,
) -> Result<Response, Refusal> {
    let container = find(&site, &container)?;
    let id = container.origin.container.clone();
    carry_out(&site, Command::Attach(id)).await?;
    Ok(answer::json(&json!({
        "message": "Successfully attached to container logs",
        "containerId": container.origin.container,
        "serviceName": container.origin.service,
    })))
}

/// Follows a container no longer; what it writes stays with the Engine until it is attached.
pub(super) async fn detach(
    State(site): State<Arc<Site>>,
    Path(container): Path<String>,
) -> Result<Response, Refusal> {
    let container = find(&site, &container)?;
    let id = container.origin.container.clone();
    carry_out(&site, Command::Detach(id)).await?;
    Ok(answer::json(&json!({
        "message": "Successfully detached from container logs",
        "containerId": container.origin.container,
    })))
}

/// The container of this id, or of the one id that begins so.
fn find(site: &Site, id: &str) -> Result<Container, Refusal> {
    site.handle.read(|store| {
        if let Some(container) = store.container(&ContainerId::from(id)) {
            return Ok(container.clone());
        }
        let all = store.services().flat_map(|service| &service.containers);
        let mut like = all.filter(|c| c.origin.container.as_str().starts_with(id));
        match (like.next(), like.next()) {
            (Some(container), None) => Ok(container.clone()),
            (Some(_), Some(_)) => {
                let told = format!("several containers begin with {}; give more of it", shown(id));
                Err(Refusal::bad("containerId", told))
            }
            (None, _) => {
                Err(Refusal::missing(format!("this project has no container {}", shown(id)))
                    .about("containerId"))
            }
        }
    })
}

/// Sends a wish down and waits for what becomes of it.
pub(super) async fn carry_out(site: &Site, command: Command) -> Result<(), Refusal> {
    match site.handle.request(command).await {
        Outcome::Failed(why) => Err(Refusal::new(StatusCode::CONFLICT, "failed", why.as_str())),
        _ => Ok(()),
    }
}
