//! The body of a message for each kind of place.

use super::settings::Kind;
use crate::model::{SafeText, ServiceName};
use serde_json::{Value, json};

/// Characters of a text, in the smallest place.
const TEXT: usize = 1_500;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Good to know.
    Info,
    /// Somebody should look.
    Warning,
    /// Somebody must look.
    Critical,
}

impl Level {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

/// What is told. Secrets are masked before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// How bad it is.
    pub level: Level,
    /// The project.
    pub project: SafeText,
    /// The service, where it is about one.
    pub service: Option<ServiceName>,
    /// One sentence.
    pub text: SafeText,
    /// Messages about the same that were held back before it.
    pub held_back: u64,
}

impl Message {
    fn title(&self) -> String {
        match &self.service {
            Some(service) => format!("dogwatch: {} / {service}", self.project),
            None => format!("dogwatch: {}", self.project),
        }
    }

    fn body(&self) -> String {
        let text: String = self.text.chars().take(TEXT).collect();
        match self.held_back {
            0 => text,
            1 => format!("{text} (one more about it was held back)"),
            more => format!("{text} ({more} more about it were held back)"),
        }
    }

    /// What is sent; `topic` is for ntfy alone.
    pub(super) fn form(&self, kind: Kind, topic: &str) -> Value {
        let (title, text) = (self.title(), self.body());
        match kind {
            Kind::Webhook => json!({
                "title": title, "text": text, "level": self.level.as_str(),
                "project": self.project, "service": self.service, "heldBack": self.held_back,
            }),
            Kind::Slack => json!({ "text": format!("*{}*\n{}", quiet(&title), quiet(&text)) }),
            Kind::Discord => json!({
                "content": format!("**{title}**\n{text}"),
                // Nobody is called by what a log says.
                "allowed_mentions": { "parse": [] },
            }),
            Kind::Teams => json!({
                "type": "message",
                "attachments": [{
                    "contentType": "application/vnd.microsoft.card.adaptive",
                    "content": {
                        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                        "type": "AdaptiveCard",
                        "version": "1.4",
                        "body": [
                            { "type": "TextBlock", "text": title, "weight": "Bolder", "wrap": true },
                            { "type": "TextBlock", "text": text, "wrap": true },
                        ],
                    },
                }],
            }),
            Kind::Ntfy => {
                let priority = match self.level {
                    Level::Info => 3,
                    Level::Warning => 4,
                    Level::Critical => 5,
                };
                json!({ "topic": topic, "title": title, "message": text, "priority": priority })
            }
        }
    }
}

/// Slack reads `<!channel>` as a call to everybody.
fn quiet(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
