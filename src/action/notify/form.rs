//! What a message looks like in each kind of place.

use crate::model::{SafeText, ServiceName};
use serde_json::{Value, json};

/// Characters of a text, in the smallest place.
const TEXT: usize = 1_500;
/// Bytes of a text for ntfy, which takes what is over 4,096 for a file.
const NTFY: usize = 4_000;
/// Characters of a title.
const TITLE: usize = 200;
/// Characters of a subject; more is cut off by most who show it.
const SUBJECT: usize = 160;

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
        let title = match &self.service {
            Some(service) => format!("dogwatch: {} / {service}", self.project),
            None => format!("dogwatch: {}", self.project),
        };
        title.chars().take(TITLE).collect()
    }

    fn body(&self) -> String {
        let text: String = self.text.chars().take(TEXT).collect();
        match self.held_back {
            0 => text,
            1 => format!("{text} (one more about it was held back)"),
            more => format!("{text} ({more} more about it were held back)"),
        }
    }

    /// For programs.
    pub(super) fn plain(&self) -> Value {
        json!({
            "title": self.title(), "text": self.body(), "level": self.level.as_str(),
            "project": self.project, "service": self.service, "heldBack": self.held_back,
        })
    }

    pub(super) fn for_slack(&self) -> Value {
        json!({ "text": format!("*{}*\n{}", quiet(&self.title()), quiet(&self.body())) })
    }

    pub(super) fn for_discord(&self) -> Value {
        json!({
            "content": format!("**{}**\n{}", self.title(), self.body()),
            // Nobody is called by what a log says.
            "allowed_mentions": { "parse": [] },
        })
    }

    pub(super) fn for_teams(&self) -> Value {
        json!({
            "type": "message",
            "attachments": [{
                "contentType": "application/vnd.microsoft.card.adaptive",
                "content": {
                    "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                    "type": "AdaptiveCard",
                    "version": "1.4",
                    "body": [
                        { "type": "TextBlock", "text": self.title(), "weight": "Bolder", "wrap": true },
                        { "type": "TextBlock", "text": self.body(), "wrap": true },
                    ],
                },
            }],
        })
    }

    pub(super) fn for_ntfy(&self, topic: &str) -> Value {
        let body = self.body();
        let text = &body[..body.floor_char_boundary(NTFY)];
        let priority = match self.level {
            Level::Info => 3,
            Level::Warning => 4,
            Level::Critical => 5,
        };
        json!({
            "topic": topic, "title": self.title(), "message": text, "priority": priority,
        })
    }

    /// One line that says what it is about: many see nothing else of a letter.
    pub(super) fn subject(&self) -> String {
        let subject = format!("{}: {}", self.title(), self.text.as_str());
        subject.chars().map(|c| if c.is_control() { ' ' } else { c }).take(SUBJECT).collect()
    }

    pub(super) fn letter(&self) -> String {
        let level = self.level.as_str();
        format!("{}\n\n-- \n{}, {level}\n", self.body(), self.title())
    }
}

/// Slack reads `<!channel>` as a call to everybody.
fn quiet(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
