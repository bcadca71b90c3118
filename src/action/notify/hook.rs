//! A message as JSON, to an address that is looked up once and checked, without following redirects.

use super::{
    super::client::client,
    address::addresses,
    settings::{Hook, host_of},
};
use reqwest::Url;
use serde_json::Value;
use std::time::Duration;
use tokio::time::timeout;

/// How long one message may take.
const PATIENCE: Duration = Duration::from_secs(10);

impl Hook {
    /// Sends the body that `form` makes, which may choose another path; what of the address may be shown, and what came
    /// of it.
    pub(super) async fn send(
        &self,
        env: impl Fn(&str) -> Option<String>,
        form: impl FnOnce(&mut Url) -> Result<Value, String>,
    ) -> (String, Result<(), String>) {
        let named = || self.url_env.as_deref().and_then(env);
        let address = self.url.clone().or_else(named).unwrap_or_default();
        if address.is_empty() {
            let why = "url, or the variable that url_env names, must hold one".to_owned();
            return ("without address".to_owned(), Err(why));
        }
        let sent = timeout(PATIENCE, self.post(address.trim(), form)).await;
        let late = || Err(format!("no answer within {} s", PATIENCE.as_secs()));
        (host_of(&address), sent.unwrap_or_else(|_| late()))
    }

    async fn post(
        &self,
        address: &str,
        form: impl FnOnce(&mut Url) -> Result<Value, String>,
    ) -> Result<(), String> {
        let mut url = Url::parse(address).map_err(|error| error.to_string())?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err("must be http:// or https://".to_owned());
        }
        let body = form(&mut url)?;
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        let port = url.port_or_known_default().unwrap_or(443);
        let found = addresses(&host, port, self.allow_private).await?;
        let client = client()
            .no_proxy()
            .resolve_to_addrs(&host, &found)
            .build()
            .map_err(|error| error.to_string())?;
        // The address is a secret, and errors name it.
        let answer = client.post(url).json(&body).send().await;
        let status = answer.map_err(|error| error.without_url().to_string())?.status();
        if status.is_success() { Ok(()) } else { Err(format!("answered {status}")) }
    }
}
