//! The way to one Engine: bollard for its questions and verbs, and our own requests for log streams.

use super::{
    connect_error::ConnectError,
    context::{Choice, Endpoint},
    http::{self, Answer, status},
};
use crate::source::Error;
use std::{fmt, io, time::Duration};
use tokio::time::timeout;

/// Time within which an Engine must accept a connection or answer a small question.
pub(super) const DEADLINE: Duration = Duration::from_secs(5);
/// bollard's own limit for requests that have none of ours; every call of ours is shorter.
const BOLLARD_SECONDS: u64 = 120;
/// The newest API whose log endpoint we know; an older Engine's own version is used.
const NEWEST: ApiVersion = ApiVersion(1, 51);

/// Version of the Engine's API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ApiVersion(u32, u32);

impl ApiVersion {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (major, minor) = text.split_once('.')?;
        Some(Self(major.parse().ok()?, minor.parse().ok()?))
    }
}

/// A way to one Engine; cheap to clone. Nothing is held open between requests.
#[derive(Clone)]
pub struct Connection {
    choice: Choice,
    version: Option<ApiVersion>,
    pub(super) bollard: bollard::Docker,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("choice", &self.choice).finish_non_exhaustive()
    }
}

impl Connection {
    /// Asks the chosen Engine whether it is there, for at most ten seconds.
    ///
    /// # Errors
    /// [`ConnectError::Unreachable`] with the reason, when nobody answers as an Engine does.
    pub async fn open(choice: Choice) -> Result<Self, ConnectError> {
        let unreachable = |reason: String, kind| ConnectError::Unreachable {
            choice: Box::new(choice.clone()),
            reason: reason.into(),
            kind,
        };
        let io = |error: io::Error| unreachable(say(&error), Some(error.kind()));
        let Ok(answer) = timeout(DEADLINE, http::get(&choice.endpoint, "/_ping")).await else {
            let kind = Some(io::ErrorKind::TimedOut);
            return Err(unreachable("it does not answer within 5 s".to_owned(), kind));
        };
        let mut answer = answer.map_err(io)?;
        if answer.status != status::OK {
            let message = answer.message().await;
            return Err(unreachable(format!("it answers {}: {message}", answer.status), None));
        }
        let version = answer.version.map(|server| server.min(NEWEST));
        let bollard = match &choice.endpoint {
            Endpoint::Unix(path) => bollard::Docker::connect_with_unix(
                &path.to_string_lossy(),
                BOLLARD_SECONDS,
                bollard::API_DEFAULT_VERSION,
            ),
            Endpoint::Tcp { .. } => bollard::Docker::connect_with_http(
                &choice.endpoint.to_string(),
                BOLLARD_SECONDS,
                bollard::API_DEFAULT_VERSION,
            ),
        };
        let bollard = bollard.map_err(|error| unreachable(error.to_string(), None))?;
        Ok(Self { choice, version, bollard })
    }

    /// Which Engine it is, and why this one.
    pub const fn choice(&self) -> &Choice {
        &self.choice
    }

    /// The version of the API that we speak; `None` where the Engine did not say its own.
    pub(super) fn api_version(&self) -> Option<String> {
        self.version.map(|ApiVersion(major, minor)| format!("{major}.{minor}"))
    }

    /// Waits for the answer to a question put through bollard; `None` when there is no such container.
    pub(super) async fn ask<T>(
        &self,
        deadline: Duration,
        question: impl Future<Output = Result<T, bollard::errors::Error>>,
    ) -> Result<Option<T>, Error> {
        use bollard::errors::Error::{
            DockerResponseServerError, JsonDataError, RequestTimeoutError,
        };
        let late =
            || Error::Transient(format!("Docker does not answer within {deadline:?}").into());
        match timeout(deadline, question).await {
            Ok(Ok(answer)) => Ok(Some(answer)),
            Ok(Err(DockerResponseServerError { status_code: 404, .. })) => Ok(None),
            Ok(Err(DockerResponseServerError { status_code, message })) => {
                Err(Error::Transient(format!("Docker answers {status_code}: {message}").into()))
            }
            Err(_) | Ok(Err(RequestTimeoutError)) => Err(late()),
            Ok(Err(JsonDataError { message, .. })) => {
                Err(Error::Permanent(format!("cannot read Docker's answer: {message}").into()))
            }
            Ok(Err(error)) => {
                let place = &self.choice.endpoint;
                Err(Error::Transient(format!("cannot ask Docker at {place}: {error}").into()))
            }
        }
    }

    /// Asks for `path`, which begins with a slash and has no version. The answer's body has no deadline.
    pub(super) async fn get(&self, path: &str) -> Result<Answer, Error> {
        let path = match self.version {
            Some(ApiVersion(major, minor)) => format!("/v{major}.{minor}{path}"),
            None => path.to_owned(),
        };
        http::get(&self.choice.endpoint, &path).await.map_err(|error| {
            let place = &self.choice.endpoint;
            Error::Transient(format!("cannot reach Docker at {place}: {}", say(&error)).into())
        })
    }
}

/// The words of an input or output error without Rust's own number.
pub(super) fn say(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_ascii_lowercase());
    first.into_iter().chain(chars).collect()
}
