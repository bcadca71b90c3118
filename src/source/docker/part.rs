//! A part of a log as it is now, read by a request of its own that does not follow.

use super::{
    connection::{Connection, DEADLINE},
    decoder::{Decoder, Line},
};
use crate::{model::Origin, source::Error};
use hyper::StatusCode;
use tokio::time::timeout;

/// The first `most` lines, or a few more, of what the Engine has for `parameters`, which begin with `&`.
///
/// Whole lines only. None where the log cannot be read.
///
/// # Errors
/// When the Engine cannot be reached, or does not come to the end within five seconds.
pub(super) async fn read(
    connection: &Connection,
    of: &Origin,
    parameters: &str,
    most: usize,
) -> Result<Vec<Line>, Error> {
    let read = async {
        let id = of.container.as_str();
        let path = format!("/containers/{id}/logs?stdout=1&stderr=1&timestamps=1{parameters}");
        let mut answer = connection.get(&path).await?;
        let mut lines = Vec::new();
        if answer.status != StatusCode::OK {
            return Ok(lines);
        }
        let mut decoder = Decoder::new(of.is_tty);
        while lines.len() < most
            && let Some(Ok(bytes)) = answer.chunk().await
        {
            if decoder.push(&bytes, &mut lines).is_err() {
                break;
            }
        }
        Ok(lines)
    };
    timeout(DEADLINE, read).await.unwrap_or_else(|_| {
        let Origin { service, container, .. } = of;
        let short = container.short();
        Err(Error::Transient(
            format!("the log of {service} ({short}): Docker does not answer within 5 s").into(),
        ))
    })
}
