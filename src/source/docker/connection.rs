//! The way to one Engine: bollard for its questions and verbs, and our own requests for log streams.
//!
//! A log request has its own connection, polled by the task that reads it: no hand-over between tasks per chunk.

use super::{
    connect_error::ConnectError,
    context::{Choice, Endpoint},
};
use crate::{model::SafeText, source::Error};
use bytes::Bytes;
use futures_util::{FutureExt, future::BoxFuture};
use http_body_util::Empty;
use hyper::{
    Request, StatusCode,
    body::{Body, Incoming},
    client::conn::http1,
    header,
};
use hyper_util::rt::TokioIo;
use std::{
    fmt,
    future::poll_fn,
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, UnixStream},
    time::timeout,
};

/// Time within which an Engine must accept a connection or answer a small question.
pub(super) const DEADLINE: Duration = Duration::from_secs(5);
/// bollard's own limit for requests that have none of ours; every call of ours is shorter.
const BOLLARD_SECONDS: u64 = 120;
/// The newest API whose log endpoint we know; an older Engine's own version is used.
const NEWEST: ApiVersion = ApiVersion(1, 51);
/// An Engine's error message is not read further.
const MAX_MESSAGE: usize = 16 * 1024;

/// Version of the Engine's API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct ApiVersion(u32, u32);

impl ApiVersion {
    fn parse(text: &str) -> Option<Self> {
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
        let Ok(answer) = timeout(DEADLINE, get(&choice.endpoint, "/_ping")).await else {
            let kind = Some(io::ErrorKind::TimedOut);
            return Err(unreachable("it does not answer within 5 s".to_owned(), kind));
        };
        let mut answer = answer.map_err(io)?;
        if answer.status != StatusCode::OK {
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
        get(&self.choice.endpoint, &path).await.map_err(|error| {
            let place = &self.choice.endpoint;
            Error::Transient(format!("cannot reach Docker at {place}: {}", say(&error)).into())
        })
    }
}

/// An answer whose head has come.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    version: Option<ApiVersion>,
    body: Incoming,
    /// The connection; it moves only while this answer is polled.
    link: Option<BoxFuture<'static, hyper::Result<()>>>,
}

impl Answer {
    /// The next bytes of the body; `None` at its proper end.
    pub(super) fn poll_chunk(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<hyper::Result<Bytes>>> {
        loop {
            match Pin::new(&mut self.body).poll_frame(context) {
                Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                    Ok(data) => return Poll::Ready(Some(Ok(data))),
                    Err(_) => continue,
                },
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(error))),
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Pending => {}
            }
            let Some(link) = &mut self.link else { return Poll::Pending };
            match link.poll_unpin(context) {
                Poll::Ready(_) => self.link = None,
                Poll::Pending => match Pin::new(&mut self.body).poll_frame(context) {
                    Poll::Ready(Some(Ok(frame))) => {
                        if let Ok(data) = frame.into_data() {
                            return Poll::Ready(Some(Ok(data)));
                        }
                    }
                    Poll::Ready(other) => {
                        return Poll::Ready(other.map(|end| end.map(|_| Bytes::new())));
                    }
                    Poll::Pending => return Poll::Pending,
                },
            }
        }
    }

    /// Waits for the next bytes of the body.
    pub(super) async fn chunk(&mut self) -> Option<hyper::Result<Bytes>> {
        poll_fn(|context| self.poll_chunk(context)).await
    }

    /// The bytes that are there already; `None` where one would have to wait.
    pub(super) async fn chunk_at_once(&mut self) -> Option<Option<hyper::Result<Bytes>>> {
        poll_fn(|context| match self.poll_chunk(context) {
            Poll::Ready(chunk) => Poll::Ready(Some(chunk)),
            Poll::Pending => Poll::Ready(None),
        })
        .await
    }

    /// What the Engine says of an error.
    pub(super) async fn message(&mut self) -> SafeText {
        let mut bytes = Vec::new();
        let _ = timeout(DEADLINE, async {
            while bytes.len() < MAX_MESSAGE
                && let Some(Ok(chunk)) = self.chunk().await
            {
                bytes.extend_from_slice(&chunk);
            }
        })
        .await;
        let json = serde_json::from_slice::<serde_json::Value>(&bytes).ok();
        let text = json.as_ref().and_then(|json| json.get("message")?.as_str());
        text.map_or_else(|| SafeText::from_untrusted(&bytes), SafeText::from)
    }
}

/// The words of an input or output error without Rust's own number.
fn say(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_ascii_lowercase());
    first.into_iter().chain(chars).collect()
}

async fn get(endpoint: &Endpoint, path: &str) -> io::Result<Answer> {
    let late = || io::Error::new(io::ErrorKind::TimedOut, "it does not accept within 5 s");
    match endpoint {
        Endpoint::Unix(socket) => {
            let stream =
                timeout(DEADLINE, UnixStream::connect(socket)).await.map_err(|_| late())??;
            exchange(stream, path).await
        }
        Endpoint::Tcp { host, port } => {
            let stream = timeout(DEADLINE, TcpStream::connect((host.as_str(), *port)))
                .await
                .map_err(|_| late())??;
            stream.set_nodelay(true)?;
            exchange(stream, path).await
        }
    }
}

async fn exchange<S>(stream: S, path: &str) -> io::Result<Answer>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let (mut sender, link) = http1::handshake::<_, Empty<Bytes>>(TokioIo::new(stream))
        .await
        .map_err(io::Error::other)?;
    let request = Request::get(path)
        .header(header::HOST, "docker")
        .header(header::USER_AGENT, concat!("dogwatch/", env!("CARGO_PKG_VERSION")))
        .body(Empty::new())
        .map_err(io::Error::other)?;
    let mut link = Some(link.boxed());
    let mut response = std::pin::pin!(sender.send_request(request));
    let response = poll_fn(|context| {
        if let Poll::Ready(response) = response.as_mut().poll(context) {
            return Poll::Ready(response);
        }
        if let Some(future) = &mut link
            && future.poll_unpin(context).is_ready()
        {
            link = None;
        }
        response.as_mut().poll(context)
    })
    .await
    .map_err(io::Error::other)?;
    let (head, body) = response.into_parts();
    let version = head.headers.get("api-version").and_then(|value| value.to_str().ok());
    let version = version.and_then(ApiVersion::parse);
    Ok(Answer { status: head.status, version, body, link })
}
