//! What a user may change about messages.

use lettre::message::Mailbox;
use serde::{Deserialize, Serialize, Serializer};
use std::path::PathBuf;

/// Settings of messages, the section `[notify]` of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Where messages go.
    pub to: Vec<Target>,
    /// What is told: `problem`, `repair`, `give_up`, `pause`, `ask`.
    pub on: Vec<Occasion>,
    /// Seconds between two messages about the same; the next one says how many were held back.
    pub cooldown_seconds: u64,
}

impl Default for Settings {
    fn default() -> Self {
        use Occasion::{Ask, GiveUp, Pause, Problem, Repair};
        Self {
            to: Vec::new(),
            on: vec![Problem, Repair, GiveUp, Pause, Ask],
            cooldown_seconds: 15 * 60,
        }
    }
}

/// What a message is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Occasion {
    /// A problem that is new and bad, or came back.
    Problem,
    /// A repair that helped, or did not.
    Repair,
    /// A service that was given up.
    GiveUp,
    /// All repairs are paused.
    Pause,
    /// The watchdog asks for a yes.
    Ask,
}

/// One place for messages; `kind` says how it wants them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Target {
    /// A plain JSON object, for programs.
    Webhook(Hook),
    /// Slack, Mattermost and others with its incoming webhooks.
    Slack(Hook),
    /// Microsoft Teams, by a workflow.
    Teams(Hook),
    /// Discord.
    Discord(Hook),
    /// ntfy; the last part of the address is the topic.
    Ntfy(Hook),
    /// E-mail, by a server that takes it in.
    Email(Mail),
}

impl Target {
    /// The word in the settings.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Webhook(_) => "webhook",
            Self::Slack(_) => "slack",
            Self::Teams(_) => "teams",
            Self::Discord(_) => "discord",
            Self::Ntfy(_) => "ntfy",
            Self::Email(_) => "email",
        }
    }
}

/// A place that is spoken to by HTTP.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Hook {
    /// Its address; whoever knows it may write there, so only its host is ever shown.
    #[serde(serialize_with = "masked", skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The variable of the environment that holds the address instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url_env: Option<String>,
    /// Whether it may be on this machine or in a private network.
    pub allow_private: bool,
}

/// A server that takes mail in, and who writes to whom. The password never stands in the settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    /// Name of the server.
    pub host: String,
    /// Its port, where it is not the usual one: 587 for `starttls`, 465 for `tls`, 25 for `none`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// Who can read along: `starttls`, `tls` from the first byte, or `none`, which is for a server that asks no name.
    #[serde(default)]
    pub security: Security,
    /// The name to sign in with, where the server asks for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The variable of the environment that holds the password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_env: Option<String>,
    /// The file that holds the password and nothing else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_file: Option<PathBuf>,
    /// Who writes: `dogwatch@example.com`, or `Dogwatch <dogwatch@example.com>`.
    pub from: Mailbox,
    /// Who gets it.
    pub to: Vec<Mailbox>,
    /// Whether the server may be on this machine or in a private network.
    #[serde(default)]
    pub allow_private: bool,
}

/// How a conversation with a mail server is kept secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Security {
    /// It begins in the open and must change to TLS before anything is said.
    #[default]
    Starttls,
    /// TLS from the first byte.
    Tls,
    /// Not at all.
    None,
}

#[allow(clippy::ref_option, reason = "serde wants it so")]
fn masked<S: Serializer>(url: &Option<String>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&url.as_deref().map(host_of).unwrap_or_default())
}

/// What of an address may be shown: `https://hooks.slack.com/…`.
pub(super) fn host_of(url: &str) -> String {
    match reqwest::Url::parse(url) {
        Ok(url) => format!("{}://{}/…", url.scheme(), url.host_str().unwrap_or_default()),
        Err(_) => "…".to_owned(),
    }
}
