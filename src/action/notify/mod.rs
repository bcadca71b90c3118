//! Messages to people and programs elsewhere: a problem, a repair, a service that was given up.
//!
//! They go only where the user's own settings say, to an address that is looked up once and checked, without following
//! redirects.

mod form;
mod gate;
mod settings;

pub use form::{Level, Message};
pub use gate::Gate;
pub use settings::{Kind, Occasion, Settings, Target};

use super::client::client;
use reqwest::Url;
use settings::host_of;
use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};
use tokio::{net::lookup_host, time::timeout};

/// How long one message may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why a message was not sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind} {place}: {why}")]
pub struct Error {
    kind: &'static str,
    place: String,
    why: String,
}

/// Sends a message to one place; `env` finds variables.
///
/// # Errors
/// Where there is no address, it is not allowed, does not answer within ten seconds, or refuses.
pub async fn send(
    target: &Target,
    message: &Message,
    env: impl Fn(&str) -> Option<String>,
) -> Result<(), Error> {
    let named = target.url_env.as_deref().and_then(env);
    let address = target.url.clone().or(named).unwrap_or_default();
    let failed = |why: String| Error {
        kind: target.kind.as_str(),
        place: if address.is_empty() { "without address".to_owned() } else { host_of(&address) },
        why,
    };
    if address.is_empty() {
        return Err(failed("url, or the variable that url_env names, must hold one".to_owned()));
    }
    let mut url = Url::parse(address.trim()).map_err(|error| failed(error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(failed("must be http:// or https://".to_owned()));
    }
    let topic = url.path().trim_matches('/').rsplit('/').next().unwrap_or_default().to_owned();
    if target.kind == Kind::Ntfy {
        if topic.is_empty() {
            return Err(failed("must end with a topic, as https://ntfy.sh/my-topic".to_owned()));
        }
        url.set_path("/");
    }
    let done = timeout(PATIENCE, post(target, url, &message.form(target.kind, &topic))).await;
    done.unwrap_or_else(|_| Err(format!("no answer within {} s", PATIENCE.as_secs())))
        .map_err(failed)
}

async fn post(target: &Target, url: Url, body: &serde_json::Value) -> Result<(), String> {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    let port = url.port_or_known_default().unwrap_or(443);
    let found = lookup_host((host.as_str(), port)).await.map_err(|error| error.to_string())?;
    let found: Vec<SocketAddr> = found.collect();
    let inside = found.iter().find(|address| !is_public(address.ip()));
    if let Some(inside) = inside.filter(|_| !target.allow_private) {
        let ip = inside.ip();
        return Err(format!("{ip} is not public; allow_private = true where that is meant"));
    }
    let client = client()
        .no_proxy()
        // What was checked is what is connected to.
        .resolve_to_addrs(&host, &found)
        .build()
        .map_err(|error| error.to_string())?;
    // The address is a secret, and errors name it.
    let answer = client.post(url).json(body).send().await;
    let answer = answer.map_err(|error| error.without_url().to_string())?;
    if answer.status().is_success() { Ok(()) } else { Err(format!("answered {}", answer.status())) }
}

/// Whether an address is anybody's on the internet.
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            let [first, second, ..] = ip.octets();
            let is_shared = first == 100 && (64..128).contains(&second);
            !(ip.is_loopback()
                || ip.is_private()
                || ip.is_link_local()
                || ip.is_unspecified()
                || ip.is_multicast()
                || ip.is_broadcast()
                || is_shared
                || first == 0)
        }
        IpAddr::V6(ip) => match ip.to_ipv4_mapped() {
            Some(ip) => is_public(IpAddr::V4(ip)),
            None => {
                !(ip.is_loopback()
                    || ip.is_unspecified()
                    || ip.is_multicast()
                    || ip.is_unique_local()
                    || ip.is_unicast_link_local())
            }
        },
    }
}

#[cfg(test)]
mod tests;
