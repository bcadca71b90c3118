//! Asks a server that the user named, and reads its answer as JSON. An address may hold a secret, and is not repeated.

use super::client::client;
use reqwest::{StatusCode, Url};
use serde_json::Value;
use std::time::Duration;

/// How long it may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Bytes of an answer.
const LONGEST: usize = 4 << 20;

/// The address, ready for a path behind its own.
///
/// # Errors
/// Where it is none of HTTP.
pub(super) fn address(text: &str) -> Result<Url, String> {
    let mut url = Url::parse(text.trim()).map_err(|error| format!("its url: {error}"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("its url must be http:// or https://".to_owned());
    }
    let base = url.path().trim_end_matches('/').to_owned();
    url.set_path(&base);
    Ok(url)
}

/// Asks, and follows nobody elsewhere.
///
/// # Errors
/// Where `who` does not answer within ten seconds, with more than 4 MiB, or not in JSON.
pub(super) async fn ask(url: Url, who: &str) -> Result<(StatusCode, Value), String> {
    // The library's errors name the address.
    let failed = |error: reqwest::Error| format!("{who}: {}", error.without_url());
    let client = client().no_proxy().timeout(PATIENCE).build();
    let mut answer = client.map_err(failed)?.get(url).send().await.map_err(failed)?;
    let status = answer.status();
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(failed)? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > LONGEST {
            return Err(format!("{who} answered with more than {} MiB", LONGEST >> 20));
        }
    }
    let answer = serde_json::from_slice(&bytes);
    answer.map(|answer| (status, answer)).map_err(|_| format!("{who} answered {status}"))
}
