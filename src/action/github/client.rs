//! Finds and files issues.

use super::{
    answer::{Issue, pause, refusal, wait},
    settings::{Place, Settings},
};
use crate::{
    action::{
        Error, Tracker, TrackerInfo,
        issue::{marker_of, sealed},
        remote::Repository,
        token::{self, Token},
    },
    model::{FiledIssue, Fingerprint, IssueDraft},
};
use futures_util::future::BoxFuture;
use reqwest::{Client, Method, StatusCode, header, redirect};
use serde_json::{Value, json};
use std::{
    collections::{HashMap, HashSet},
    fmt,
    path::PathBuf,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// Whole answer to one request.
const DEADLINE: Duration = Duration::from_secs(30);
/// Pages of 100 that are looked through for a marker.
const MAX_PAGES: usize = 40;
/// Largest answer that is read.
const MAX_ANSWER: usize = 32 << 20;
/// The label by which issues are listed.
const LABEL: &str = "dogwatch";

/// GitHub, or an enterprise's own. Making one does nothing; the token is looked for at the first request.
pub struct GitHub {
    settings: Settings,
    folder: PathBuf,
    env: Box<Environment>,
    pace: Pace,
    place: OnceLock<Place>,
    token: tokio::sync::OnceCell<Option<Token>>,
    client: OnceLock<Result<Client, String>>,
    /// One write at a time; the moment of the last one.
    writing: tokio::sync::Mutex<Option<Instant>>,
    memory: Mutex<Memory>,
}

type Environment = dyn Fn(&str) -> Option<String> + Send + Sync;

/// How long to wait between requests.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// Between two writes, as GitHub asks.
    pub(super) write: Duration,
    /// After a create without an answer, until a list can be believed.
    pub(super) settle: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { write: Duration::from_secs(1), settle: Duration::from_secs(10) }
    }
}

/// What this process knows before GitHub's list does.
#[derive(Debug, Default)]
struct Memory {
    filed: HashMap<Fingerprint, FiledIssue>,
    /// Created without an answer, and when.
    doubtful: HashMap<Fingerprint, Instant>,
    labels: HashSet<String>,
    quiet_until: Option<Instant>,
}

impl fmt::Debug for GitHub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GitHub").field("place", &self.place.get()).finish_non_exhaustive()
    }
}

struct Answer {
    status: StatusCode,
    body: Vec<u8>,
    location: Option<String>,
}

impl GitHub {
    /// For the project in `folder`.
    pub fn new(settings: Settings, folder: PathBuf) -> Self {
        Self::with(settings, folder, |name| std::env::var(name).ok(), Pace::default())
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
            place: OnceLock::new(),
            token: tokio::sync::OnceCell::new(),
            client: OnceLock::new(),
            writing: tokio::sync::Mutex::default(),
            memory: Mutex::default(),
        }
    }

    /// The repository that issues go to. The first call may run git.
    pub fn repository(&self) -> Option<&Repository> {
        self.place().repository.as_ref()
    }

    fn place(&self) -> &Place {
        self.place.get_or_init(|| Place::find(&self.settings, &self.folder, &self.env))
    }

    fn target(&self) -> Result<(&Place, &Repository), Error> {
        let place = self.place();
        place.repository.as_ref().map(|repository| (place, repository)).ok_or_else(|| {
            Error::Refused(
                "no GitHub repository is known - set `github.repository = \"owner/name\"`, or add a remote origin"
                    .into(),
            )
        })
    }

    async fn token(&self) -> Result<&Token, Error> {
        let host = &self.place().host;
        let found = self.token.get_or_init(|| async {
            match token::in_environment(host, &self.env) {
                Some(token) => Some(token),
                None => token::of_gh(host).await,
            }
        });
        found.await.as_ref().ok_or_else(|| {
            Error::Refused(
                format!("no token for {host} - set GH_TOKEN, or sign in with `gh auth login`, or open it in the browser")
                    .into(),
            )
        })
    }

    fn client(&self) -> Result<&Client, Error> {
        let made = self.client.get_or_init(|| {
            // An error means that one is installed already.
            let _ = rustls::crypto::ring::default_provider().install_default();
            Client::builder()
                .user_agent(concat!("dogwatch/", env!("CARGO_PKG_VERSION")))
                .connect_timeout(Duration::from_secs(10))
                // A redirected POST would be sent again as something else.
                .redirect(redirect::Policy::none())
                .build()
                .map_err(|e| e.to_string())
        });
        made.as_ref().map_err(|e| Error::Refused(format!("no HTTP client: {e}").into()))
    }

    fn memory<R>(&self, look: impl FnOnce(&mut Memory) -> R) -> R {
        look(&mut self.memory.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn send(&self, method: Method, url: &str, body: Option<&Value>) -> Result<Answer, Error> {
        let now = Instant::now();
        if let Some(until) = self.memory(|m| m.quiet_until).filter(|until| *until > now) {
            return Err(wait(until - now));
        }
        let token = self.token().await?;
        let is_write = method != Method::GET;
        let mut request = self
            .client()?
            .request(method, url)
            .bearer_auth(token.expose())
            .header(header::ACCEPT, "application/vnd.github+json")
            .header("X-GitHub-Api-Version", "2022-11-28");
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = async {
            let mut response = request.send().await?;
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
            return Err(wait(left));
        }
        let location =
            headers.get(header::LOCATION).and_then(|l| l.to_str().ok()).map(str::to_owned);
        Ok(Answer { status, body, location })
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
                format!("{api} cannot be reached: {cause} - check the network").into(),
            );
        }
        let text = format!("{api} broke off: {cause}");
        if is_write { unknown(&text) } else { Error::Refused(format!("{text} - try again").into()) }
    }

    /// Reads a list, going where GitHub says that a renamed repository now is.
    async fn get(&self, url: &str) -> Result<Answer, Error> {
        let (place, _) = self.target()?;
        let mut url = url.to_owned();
        for _ in 0..3 {
            let answer = self.send(Method::GET, &url, None).await?;
            match &answer.location {
                Some(to)
                    if answer.status.is_redirection()
                        && to.starts_with(&format!("{}/", place.api)) =>
                {
                    url.clone_from(to);
                }
                _ => return Ok(answer),
            }
        }
        Err(Error::Refused(
            "GitHub sends us in a circle - set `github.repository` to its present name".into(),
        ))
    }

    async fn look(&self, fingerprint: Fingerprint) -> Result<Option<FiledIssue>, Error> {
        let (place, repository) = self.target()?;
        let list = format!(
            "{}/repos/{repository}/issues?state=all&sort=created&direction=desc&per_page=100",
            place.api
        );
        let mut closed = None;
        for page in 1..=MAX_PAGES {
            let url = format!("{list}&labels={LABEL}&page={page}");
            let (found, is_last) = self.page(&url, fingerprint, repository).await?;
            match found {
                Some(issue) if issue.is_open => return Ok(Some(issue)),
                found => closed = closed.or(found),
            }
            if is_last {
                break;
            }
        }
        if closed.is_none() {
            // Who may not push loses labels silently: the newest page without them.
            closed = self.page(&list, fingerprint, repository).await?.0;
        }
        Ok(closed)
    }

    /// The best match on one page, and whether it is the last.
    async fn page(
        &self,
        url: &str,
        fingerprint: Fingerprint,
        repository: &Repository,
    ) -> Result<(Option<FiledIssue>, bool), Error> {
        let answer = self.get(url).await?;
        if !answer.status.is_success() {
            return Err(match refusal(answer.status, &answer.body, repository) {
                Error::Unknown(text) | Error::Refused(text) => Error::Refused(text),
            });
        }
        let issues: Vec<Issue> = serde_json::from_slice(&answer.body).map_err(|e| {
            Error::Refused(format!("GitHub's list cannot be read: {e} - try again later").into())
        })?;
        let is_last = issues.len() < 100;
        let mut ours = issues.into_iter().filter(|i| {
            i.pull_request.is_none() && i.body.as_deref().and_then(marker_of) == Some(fingerprint)
        });
        let mut best: Option<FiledIssue> = ours.next().map(Into::into);
        if best.as_ref().is_some_and(|b| !b.is_open) {
            best = ours.map(FiledIssue::from).find(|i| i.is_open).or(best);
        }
        Ok((best, is_last))
    }

    async fn file(&self, draft: IssueDraft) -> Result<FiledIssue, Error> {
        let (place, repository) = self.target()?;
        let mut last_write = self.writing.lock().await;
        if let Some(at) = self.memory(|m| m.doubtful.get(&draft.fingerprint).copied()) {
            tokio::time::sleep_until(at + self.pace.settle).await;
        }
        let listed = self.look(draft.fingerprint).await?;
        if let Some(issue) = listed.clone().filter(|issue| issue.is_open) {
            self.remember(draft.fingerprint, &issue);
            return Ok(issue);
        }
        // What we filed a moment ago may not be listed yet; once it is listed as closed, it counts no more.
        let ours = self.memory(|m| m.filed.get(&draft.fingerprint).cloned());
        if let Some(issue) = ours.filter(|ours| listed.is_none_or(|l| l.number < ours.number)) {
            return Ok(issue);
        }
        if let Some(at) = *last_write {
            tokio::time::sleep_until(at + self.pace.write).await;
        }
        self.ensure_labels(place, repository, &draft.labels).await;
        let body = json!({
            "title": draft.title,
            "body": sealed(&draft.body, draft.fingerprint),
            "labels": draft.labels,
        });
        // From here until an answer is read it may exist, also when this task is dropped.
        self.memory(|m| m.doubtful.insert(draft.fingerprint, Instant::now()));
        let url = format!("{}/repos/{repository}/issues", place.api);
        let answer = self.send(Method::POST, &url, Some(&body)).await;
        *last_write = Some(Instant::now());
        let made = answer.and_then(|answer| {
            if !answer.status.is_success() {
                return Err(refusal(answer.status, &answer.body, repository));
            }
            let issue: Issue = serde_json::from_slice(&answer.body)
                .map_err(|e| unknown(&format!("GitHub's answer cannot be read: {e}")))?;
            Ok(FiledIssue::from(issue))
        });
        match &made {
            Ok(issue) => self.remember(draft.fingerprint, issue),
            Err(Error::Refused(_)) => self.memory(|m| _ = m.doubtful.remove(&draft.fingerprint)),
            Err(Error::Unknown(_)) => {
                self.memory(|m| m.doubtful.insert(draft.fingerprint, Instant::now()));
            }
        }
        made
    }

    fn remember(&self, fingerprint: Fingerprint, issue: &FiledIssue) {
        self.memory(|m| {
            m.doubtful.remove(&fingerprint);
            m.filed.insert(fingerprint, issue.clone());
        });
    }

    /// Makes the labels that are missing. An issue without labels is better than none: nothing here fails.
    async fn ensure_labels(&self, place: &Place, repository: &Repository, labels: &[String]) {
        let unknown: Vec<_> =
            self.memory(|m| labels.iter().filter(|l| !m.labels.contains(*l)).cloned().collect());
        if unknown.is_empty() {
            return;
        }
        let all = format!("{}/repos/{repository}/labels", place.api);
        let Ok(answer) = self.get(&format!("{all}?per_page=100")).await else { return };
        let Ok(Value::Array(known)) = serde_json::from_slice(&answer.body) else { return };
        let known: HashSet<_> =
            known.iter().filter_map(|l| l.get("name")?.as_str()).map(str::to_lowercase).collect();
        for label in unknown {
            if !known.contains(&label.to_lowercase()) {
                let body = json!({ "name": label, "color": colour(&label) });
                let made = self.send(Method::POST, &all, Some(&body)).await;
                if !made.is_ok_and(|a| a.status.is_success() || a.status.as_u16() == 422) {
                    return;
                }
            }
            self.memory(|m| m.labels.insert(label));
        }
    }
}

impl Tracker for GitHub {
    /// The first call may run git. Whether gh is signed in is guessed from its file until it was asked.
    fn info(&self) -> TrackerInfo {
        let place = self.place();
        let is_signed_in = match self.token.get() {
            Some(found) => found.is_some(),
            None => {
                token::in_environment(&place.host, &self.env).is_some()
                    || token::gh_knows(&place.host, &self.env)
            }
        };
        TrackerInfo {
            repository: place.repository.as_ref().map(|r| r.to_string().into()),
            is_signed_in,
            web: format!("https://{}", place.host).into(),
        }
    }

    fn find(
        self: Arc<Self>,
        fingerprint: Fingerprint,
    ) -> BoxFuture<'static, Result<Option<FiledIssue>, Error>> {
        Box::pin(async move { self.look(fingerprint).await })
    }

    /// Looks first, and returns the open issue that is there; a closed one does not keep a new one from being filed.
    /// After an [`Error::Unknown`] the next call waits until ten
    /// seconds have passed before it looks.
    fn create(self: Arc<Self>, draft: IssueDraft) -> BoxFuture<'static, Result<FiledIssue, Error>> {
        Box::pin(async move { self.file(draft).await })
    }
}

fn unknown(text: &str) -> Error {
    Error::Unknown(format!("{text} - the issue may exist, look before trying again").into())
}

fn colour(label: &str) -> &'static str {
    match label {
        "severity:critical" => "b60205",
        "severity:error" | "bug" => "d73a4a",
        "severity:warning" => "fbca04",
        _ => "c5def5",
    }
}
