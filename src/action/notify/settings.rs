//! What a user may change about messages.

use serde::{Deserialize, Serialize, Serializer};

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

/// One place for messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// How it wants them.
    pub kind: Kind,
    /// Its address; whoever knows it may write there, so only its host is ever shown.
    #[serde(default, serialize_with = "masked", skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The variable of the environment that holds the address instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url_env: Option<String>,
    /// Whether it may be on this machine or in a private network.
    #[serde(default)]
    pub allow_private: bool,
}

/// The form of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A plain JSON object, for programs.
    Webhook,
    /// Slack, Mattermost and others with its incoming webhooks.
    Slack,
    /// Microsoft Teams, by a workflow.
    Teams,
    /// Discord.
    Discord,
    /// ntfy; the last part of the address is the topic.
    Ntfy,
}

impl Kind {
    /// The word in the settings.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Webhook => "webhook",
            Self::Slack => "slack",
            Self::Teams => "teams",
            Self::Discord => "discord",
            Self::Ntfy => "ntfy",
        }
    }
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
