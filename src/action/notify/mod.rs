//! Messages to people and programs elsewhere: a problem, a repair, a service that was given up.
//!
//! They go only where the user's own settings say, to an address that is looked up once and checked.

mod address;
mod form;
mod gate;
mod hook;
mod mail;
mod settings;

pub use form::{Level, Message};
pub use gate::Gate;
pub use settings::{Hook, Mail, Occasion, Security, Settings, Target};

use crate::model::SafeText;
use reqwest::Url;

/// Why a message was not sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind} {place}: {why}")]
pub struct Error {
    kind: &'static str,
    place: String,
    why: SafeText,
}

/// Sends a message to one place; `env` finds variables.
///
/// # Errors
/// Where there is no address, it is not allowed, does not answer within twenty seconds, or refuses.
pub async fn send(
    target: &Target,
    message: &Message,
    env: impl Fn(&str) -> Option<String>,
) -> Result<(), Error> {
    let (place, sent) = match target {
        Target::Email(mail) => (mail.place(), mail.send(message, env).await),
        Target::Webhook(hook) => hook.send(env, |_| Ok(message.plain())).await,
        Target::Slack(hook) => hook.send(env, |_| Ok(message.for_slack())).await,
        Target::Teams(hook) => hook.send(env, |_| Ok(message.for_teams())).await,
        Target::Discord(hook) => hook.send(env, |_| Ok(message.for_discord())).await,
        Target::Ntfy(hook) => {
            hook.send(env, |url| topic_of(url).map(|topic| message.for_ntfy(&topic))).await
        }
    };
    sent.map_err(|why| Error { kind: target.kind(), place, why: why.into() })
}

/// ntfy takes JSON at its root, and the topic in it.
fn topic_of(url: &mut Url) -> Result<String, String> {
    let topic = url.path().trim_matches('/').rsplit('/').next().unwrap_or_default().to_owned();
    if topic.is_empty() {
        return Err("must end with a topic, as https://ntfy.sh/my-topic".to_owned());
    }
    url.set_path("/");
    Ok(topic)
}

#[cfg(test)]
mod tests;
