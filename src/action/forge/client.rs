//! Speaks with a forge: one request after the other, as often as it allows.

use super::{
    answer::{is_last, pause, refusal, wait},
    dialect::{Dialect, Labels, Request},
    kind::Kind,
    ledger::Ledger,
    settings::{Place, Settings},
};
use crate::{
    action::{
        Error, TrackerInfo,
        client::client,
        remote::Repository,
        token::{self, Token},
    },
    model::{FiledIssue, Fingerprint},
};
use reqwest::{
    Client, Method, StatusCode,
    header::{self, HeaderMap},
};
use serde_json::Value;
use std::{
    collections::HashMap,
    fmt,
    path::PathBuf,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// Whole answer to one request.
const DEADLINE: Duration = Duration::from_secs(30);
/// Largest answer that is read.
const MAX_ANSWER: usize = 32 << 20;

/// Where issues are filed. Making one does nothing; the token is looked for at the first request.
pub struct Forge {
    settings: Settings,
    folder: PathBuf,
    env: Box<Environment>,
    pub(super) pace: Pace,
    pub(super) ledger: Ledger,
    place: OnceLock<Place>,
    token: tokio::sync::OnceCell<Option<Token>>,
    us: tokio::sync::OnceCell<Option<String>>,
    client: OnceLock<Result<Client, String>>,
    /// One write at a time; the moment of the last one.
    pub(super) writing: tokio::sync::Mutex<Option<Instant>>,
    memory: Mutex<Memory>,
}

type Environment = dyn Fn(&str) -> Option<String> + Send + Sync;

/// How long to wait between requests.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// Between two writes, as forges ask.
    pub(super) write: Duration,
    /// After a create without an answer, until a list can be believed.
    pub(super) settle: Duration,
}

impl Pace {
    fn of(settings: &Settings) -> Self {
        Self {
            write: Duration::from_secs(1),
            settle: Duration::from_secs(settings.settle_seconds.into()),
        }
    }
}

/// What this process knows before a list does.
#[derive(Debug, Default)]
pub(super) struct Memory {
    pub(super) filed: HashMap<Fingerprint, FiledIssue>,
    pub(super) labels: Labels,
    /// Authors by name, and whether their issues count.
    pub(super) trusted: HashMap<String, bool>,
    quiet_until: Option<Instant>,
}

impl fmt::Debug for Forge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Forge").field("place", &self.place.get()).finish_non_exhaustive()
    }
}

/// What came back.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) body: Vec<u8>,
    headers: HeaderMap,
}

impl Forge {
    /// For the project in `folder`.
    pub fn new(settings: Settings, folder: PathBuf) -> Self {
        let pace = Pace::of(&settings);
        Self::with(settings, folder, |name| std::env::var(name).ok(), pace)
    }

    /// Notes in this folder what is sent, so that what a killed run sent is not sent again, and two processes file
    /// one after the other. Without it this holds for one process alone.
    #[must_use]
    pub fn noting_in(mut self, folder: PathBuf) -> Self {
        self.ledger = Ledger::in_folder(folder);
        self
    }

    pub(super) fn with(
        settings: Settings,
        folder: PathBuf,
        env: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
        pace: Pace,
    ) -> Self {
        Self {
            settings,
            folder,
            env: Box::new(env),
            pace,
            ledger: Ledger::default(),
            place: OnceLock::new(),
            token: tokio::sync::OnceCell::new(),
            us: tokio::sync::OnceCell::new(),
            client: OnceLock::new(),
            writing: tokio::sync::Mutex::default(),
            memory: Mutex::default(),
        }
    }

    /// How it speaks.
    pub(super) fn dialect(&self) -> &'static dyn Dialect {
        self.place().kind.dialect()
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The name of our token's user, once it was asked.
    pub(super) fn who_we_are(&self) -> &tokio::sync::OnceCell<Option<String>> {
        &self.us
    }

    /// The repository that issues go to. The first call may run git.
    pub fn repository(&self) -> Option<&Repository> {
        self.place().repository.as_ref()
    }

    /// The first call may run git. Whether gh is signed in is guessed from its file until it was asked.
    pub(super) fn who(&self) -> TrackerInfo {
        let place = self.place();
        let is_signed_in = match self.token.get() {
            Some(found) => found.is_some(),
            None => {
                token::in_environment(place.kind, &place.host, &self.env).is_some()
                    || place.kind == Kind::GitHub && token::gh_knows(&place.host, &self.env)
            }
        };
        TrackerInfo {
            repository: place.repository.as_ref().map(|r| r.to_string().into()),
            is_signed_in,
            kind: place.kind,
            web: place.web.as_str().into(),
            form: Arc::new(self.settings.form.clone()),
        }
    }

    pub(super) fn place(&self) -> &Place {
        self.place.get_or_init(|| Place::find(&self.settings, &self.folder, &self.env))
    }

    pub(super) fn target(&self) -> Result<(&Place, &Repository), Error> {
        let place = self.place();
        place.repository.as_ref().map(|repository| (place, repository)).ok_or_else(|| {
            Error::Refused(
                "no repository is known - set `issues.repository = \"owner/name\"` (and `issues.url` for your own server), or add a remote origin"
                    .into(),
            )
        })
    }

    async fn token(&self) -> Result<&Token, Error> {
        let Place { kind, host, web, .. } = self.place();
        let found = self.token.get_or_init(|| async {
            match token::in_environment(*kind, host, &self.env) {
                None if *kind == Kind::GitHub => token::of_gh(host).await,
                found => found,
            }
        });
        found.await.as_ref().ok_or_else(|| {
            let other = kind.host_in(&self.env).filter(|other| other != host);
            let why = match other.filter(|_| *kind != Kind::GitHub) {
                Some(other) => format!("the environment's token is for {other}, not for {host}"),
                None => format!("no token for {host}"),
            };
            Error::Refused(format!("{why} - {}", kind.sign_in(web)).into())
        })
    }

    fn client(&self) -> Result<&Client, Error> {
        let made = self.client.get_or_init(|| {
            client().connect_timeout(Duration::from_secs(10)).build().map_err(|e| e.to_string())
        });
        made.as_ref().map_err(|e| Error::Refused(format!("no HTTP client: {e}").into()))
    }

    pub(super) fn memory<R>(&self, look: impl FnOnce(&mut Memory) -> R) -> R {
        look(&mut self.memory.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Sends one request, as often as the forge allows.
    ///
    /// # Errors
    /// Where it could not be sent, or no answer was read; an answer that is no success is none of them.
    pub(super) async fn send(&self, request: &Request) -> Result<Answer, Error> {
        let url = format!("{}{}", self.place().api, request.path);
        self.send_to(&url, request).await
    }

    async fn send_to(&self, url: &str, request: &Request) -> Result<Answer, Error> {
        let now = Instant::now();
        let dialect = self.dialect();
        if let Some(until) = self.memory(|m| m.quiet_until).filter(|until| *until > now) {
            return Err(wait(until - now, dialect.name()));
        }
        let token = self.token().await?;
        let is_write = request.method != Method::GET;
        let (before, beside) = dialect.headers();
        let mut secret = header::HeaderValue::from_str(&format!("{before} {}", token.expose()))
            .map_err(|_| Error::Refused("the token cannot stand in a header - renew it".into()))?;
        secret.set_sensitive(true);
        let mut sent = self
            .client()?
            .request(request.method.clone(), url)
            .header(header::AUTHORIZATION, secret);
        for (name, value) in beside {
            sent = sent.header(*name, *value);
        }
        if let Some(body) = &request.body {
            sent = sent.json(body);
        }
        let answer = async {
            let mut response = sent.send().await?;
            let status = response.status();
            let headers = response.headers().clone();
            let mut body = Vec::new();
            while let Some(piece) = response.chunk().await? {
                body.extend_from_slice(&piece);
                if body.len() > MAX_ANSWER {
                    break;
                }
            }
            Ok((status, headers, body))
        };
        let (status, headers, body) = match tokio::time::timeout(DEADLINE, answer).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => return Err(self.lost(&error, is_write)),
            Err(_) => {
                let text = format!("{} did not answer within 30 s", self.place().host);
                return Err(if is_write { unknown(&text) } else { Error::Refused(text.into()) });
            }
        };
        if let Some(left) = pause(status, &headers, &body, chrono::Utc::now().timestamp()) {
            self.memory(|m| m.quiet_until = Some(Instant::now() + left));
            return Err(wait(left, dialect.name()));
        }
        Ok(Answer { status, body, headers })
    }

    /// The sentence for a request that broke off. Before the connection stood, nothing was sent.
    fn lost(&self, error: &reqwest::Error, is_write: bool) -> Error {
        let mut cause: &dyn std::error::Error = error;
        while let Some(deeper) = cause.source() {
            cause = deeper;
        }
        let api = &self.place().api;
        if error.is_connect() || error.is_builder() {
            return Error::Refused(
                format!("{api} cannot be reached: {cause} - check the network, and `issues.url` where the server is your own").into(),
            );
        }
        let text = format!("{api} broke off: {cause}");
        if is_write { unknown(&text) } else { Error::Refused(format!("{text} - try again").into()) }
    }

    /// The entries of one page of a list, and whether it is the last one; goes where the forge says that a renamed
    /// repository now is.
    pub(super) async fn list(
        &self,
        request: &Request,
        repository: &Repository,
        page: usize,
    ) -> Result<(Vec<Value>, bool), Error> {
        let dialect = self.dialect();
        let name = dialect.name();
        let api = &self.place().api;
        let mut url = format!("{api}{}", request.path);
        for _ in 0..3 {
            let answer = self.send_to(&url, request).await?;
            let to = answer.headers.get(header::LOCATION).and_then(|to| to.to_str().ok());
            match to.filter(|to| to.starts_with(&format!("{api}/"))) {
                Some(to) if answer.status.is_redirection() => {
                    to.clone_into(&mut url);
                    continue;
                }
                _ if !answer.status.is_success() => {
                    let refused = refusal(answer.status, &answer.body, repository, self.place());
                    let (Error::Unknown(text) | Error::Refused(text)) = refused;
                    return Err(Error::Refused(text));
                }
                _ => {}
            }
            let entries: Vec<Value> = serde_json::from_slice(&answer.body).map_err(|e| {
                Error::Refused(
                    format!("{name}'s list cannot be read: {e} - try again later").into(),
                )
            })?;
            let is_last = is_last(&answer.headers, page, entries.len(), dialect.page_size());
            return Ok((entries, is_last));
        }
        Err(Error::Refused(
            format!("{name} sends us in a circle - set `issues.repository` to its present name")
                .into(),
        ))
    }
}

pub(super) fn unknown(text: &str) -> Error {
    Error::Unknown(format!("{text} - the issue may exist, look before trying again").into())
}
