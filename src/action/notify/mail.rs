//! A message as e-mail: one conversation with one server, in the open only where no password is said.

use super::{
    address::addresses,
    form::Message,
    settings::{Mail, Security},
};
use lettre::{
    Message as Letter,
    message::header::{ContentType, HeaderName, HeaderValue, MIME_VERSION_1_0},
    transport::smtp::{
        Error,
        authentication::{Credentials, Mechanism},
        client::{AsyncSmtpConnection as Conversation, TlsParameters},
        extension::ClientId,
    },
};
use std::{
    error::Error as _,
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use tokio::time::timeout;

/// How long one message may take: mail servers make strangers wait.
const PATIENCE: Duration = Duration::from_secs(20);
/// Asks machines not to answer; the words of RFC 3834.
const AUTOMATIC: (HeaderName, &str) =
    (HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated");

impl Mail {
    /// What is shown of it.
    pub(super) fn place(&self) -> String {
        format!("{}:{}", self.host, self.port())
    }

    fn port(&self) -> u16 {
        self.port.unwrap_or(match self.security {
            Security::Starttls => 587,
            Security::Tls => 465,
            Security::None => 25,
        })
    }

    /// Sends a message to all of them at once.
    pub(super) async fn send(
        &self,
        message: &Message,
        env: impl Fn(&str) -> Option<String>,
    ) -> Result<(), String> {
        let letter = self.letter(message)?;
        let credentials = self.credentials(env).await?;
        let done = timeout(PATIENCE, self.hand_over(&letter, credentials.as_ref())).await;
        let late = || Err(Refused(format!("not taken within {} s", PATIENCE.as_secs())));
        done.unwrap_or_else(|_| late()).map_err(|Refused(why)| why)
    }

    /// The message with its headers. Each value is one line: what would be a second header is text in the first.
    pub(super) fn letter(&self, message: &Message) -> Result<Letter, String> {
        if self.to.is_empty() {
            return Err("to must name somebody".to_owned());
        }
        let (name, value) = AUTOMATIC;
        let id = format!("<{}@{}>", unique(), self.from.email.domain());
        let letter = self.to.iter().fold(Letter::builder(), |letter, to| letter.to(to.clone()));
        letter
            .from(self.from.clone())
            .subject(message.subject())
            .message_id(Some(id))
            .raw_header(HeaderValue::new(name, value.to_owned()))
            .header(MIME_VERSION_1_0)
            .header(ContentType::TEXT_PLAIN)
            .body(message.letter())
            .map_err(|error| error.to_string())
    }

    /// Name and password; none where the server asks for none.
    pub(super) async fn credentials(
        &self,
        env: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<Credentials>, String> {
        let Some(user) = &self.user else { return Ok(None) };
        if self.security == Security::None {
            return Err(
                "a password is not said in the open; security = \"starttls\" or \"tls\"".to_owned()
            );
        }
        let password = match (&self.password_env, &self.password_file) {
            (Some(name), _) => {
                env(name).ok_or_else(|| format!("the variable {name} is not set"))?
            }
            (None, Some(path)) => {
                let text = tokio::fs::read_to_string(path).await;
                text.map_err(|error| format!("cannot read {}: {error}", path.display()))?
            }
            (None, None) => {
                return Err("user needs password_env or password_file".to_owned());
            }
        };
        let password = password.trim_end_matches(['\r', '\n']).to_owned();
        Ok(Some(Credentials::new(user.clone(), password)))
    }

    async fn hand_over(
        &self,
        letter: &Letter,
        credentials: Option<&Credentials>,
    ) -> Result<(), Refused> {
        let found =
            addresses(&self.host, self.port(), self.allow_private).await.map_err(Refused)?;
        let tls = || TlsParameters::new(self.host.clone());
        let first = (self.security == Security::Tls).then(tls).transpose()?;
        let us = ClientId::default();
        // What was checked is what is connected to; the certificate must be the name's.
        let mut server = Conversation::connect_tokio1(&found[..], None, &us, first, None).await?;
        if self.security == Security::Starttls {
            if !server.can_starttls() {
                let why = "it offers no STARTTLS; security = \"tls\" where it speaks TLS from the first byte";
                return Err(Refused(why.to_owned()));
            }
            server.starttls(tls()?, &us).await?;
        }
        if let Some(credentials) = credentials {
            let ways = [Mechanism::Plain, Mechanism::Login];
            server.auth(&ways, credentials).await?;
        }
        server.send(letter.envelope(), &letter.formatted()).await?;
        // It is taken, whatever comes of the farewell.
        server.abort().await;
        Ok(())
    }
}

/// Why it was not taken: the server's own words, or the system's.
struct Refused(String);

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        match error.source() {
            Some(cause) if error.status().is_none() => Self(cause.to_string()),
            _ => Self(error.to_string()),
        }
    }
}

/// Never given twice.
fn unique() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    format!("{:x}.{:x}", since.as_nanos(), std::process::id())
}
