//! An answer of an Engine: its head, then its body piece by piece.

use super::{body::Body, socket::Socket};
use crate::{
    model::SafeText,
    source::docker::{
        connection::{ApiVersion, DEADLINE},
        context::Endpoint,
    },
};
use std::{
    future::poll_fn,
    io::{self, ErrorKind},
    mem,
    task::Poll,
};
use tokio::time::timeout;

/// Bytes that are read at once: at first, and at most where that is filled.
const FIRST_BUFFER: usize = 8 << 10;
const MOST_BUFFER: usize = 64 << 10;
/// No head is longer.
const MOST_HEAD: usize = 64 << 10;
/// An Engine's error message is not read further.
const MOST_MESSAGE: usize = 16 << 10;

/// Asks for `path`, on a connection of its own. Only connecting has a deadline.
pub(in crate::source::docker) async fn get(endpoint: &Endpoint, path: &str) -> io::Result<Answer> {
    let mut socket = Socket::connect(endpoint).await?;
    let version = env!("CARGO_PKG_VERSION");
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: docker\r\nUser-Agent: dogwatch/{version}\r\n\r\n");
    socket.write(request.as_bytes()).await?;
    let mut buffer = vec![0; FIRST_BUFFER];
    let mut filled = 0;
    loop {
        if filled == buffer.len() {
            if filled >= MOST_HEAD {
                return Err(no_http());
            }
            buffer.resize(filled * 2, 0);
        }
        let read = socket.read(&mut buffer[filled..]).await?;
        if read == 0 {
            return Err(io::Error::new(ErrorKind::UnexpectedEof, "it ends before its answer"));
        }
        filled += read;
        while let Some(end) = memchr::memmem::find(&buffer[..filled], b"\r\n\r\n") {
            let head = Head::of(&buffer[..end]).ok_or_else(no_http)?;
            buffer.copy_within(end + 4..filled, 0);
            filled -= end + 4;
            // 100 to 199 only announce the answer.
            if head.status >= 200 {
                let Head { status, version, body } = head;
                return Ok(Answer {
                    status,
                    version,
                    socket,
                    body,
                    buffer,
                    ahead: filled,
                    length: 0,
                });
            }
        }
    }
}

/// An answer whose head has come.
pub(in crate::source::docker) struct Answer {
    pub(in crate::source::docker) status: u16,
    pub(in crate::source::docker) version: Option<ApiVersion>,
    socket: Socket,
    body: Body,
    buffer: Vec<u8>,
    /// Bytes of the connection that came with the head.
    ahead: usize,
    /// Bytes of the body that came last.
    length: usize,
}

impl Answer {
    /// The bytes of the body that came last.
    pub(in crate::source::docker) fn bytes(&self) -> &[u8] {
        &self.buffer[..self.length]
    }

    /// Waits for more of the body; `false` at its proper end. May be dropped at any time.
    pub(in crate::source::docker) async fn more(&mut self) -> io::Result<bool> {
        loop {
            if let Some(is_more) = self.step()? {
                return Ok(is_more);
            }
            let read = self.socket.read(&mut self.buffer).await?;
            self.came(read)?;
        }
    }

    /// The same with what is there already; `None` where one would have to wait.
    pub(in crate::source::docker) async fn more_at_once(&mut self) -> io::Result<Option<bool>> {
        loop {
            if let Some(is_more) = self.step()? {
                return Ok(Some(is_more));
            }
            let (socket, buffer) = (&mut self.socket, &mut self.buffer);
            let look = |poll| match poll {
                Poll::Ready(read) => Poll::Ready(Some(read)),
                Poll::Pending => Poll::Ready(None),
            };
            match poll_fn(|context| look(socket.poll_at_once(context, buffer))).await {
                Some(read) => self.came(read?)?,
                None => return Ok(None),
            }
        }
    }

    /// Lets the body come without a word until somebody waits for it.
    pub(in crate::source::docker) fn rest(&mut self) {
        self.socket.rest();
    }

    /// What the Engine says of an error.
    pub(in crate::source::docker) async fn message(&mut self) -> SafeText {
        let mut bytes = Vec::new();
        let _ = timeout(DEADLINE, async {
            while bytes.len() < MOST_MESSAGE && self.more().await.unwrap_or(false) {
                bytes.extend_from_slice(self.bytes());
            }
        })
        .await;
        let json = serde_json::from_slice::<serde_json::Value>(&bytes).ok();
        let text = json.as_ref().and_then(|json| json.get("message")?.as_str());
        text.map_or_else(|| SafeText::from_untrusted(&bytes), SafeText::from)
    }

    /// Takes what was read of the connection: whether that is more of the body; `None` where nothing of it is there.
    fn step(&mut self) -> io::Result<Option<bool>> {
        let ahead = mem::take(&mut self.ahead);
        if ahead == self.buffer.len() && ahead < MOST_BUFFER {
            self.buffer.resize(ahead * 2, 0);
        }
        self.length = self.body.take(&mut self.buffer[..ahead])?;
        Ok(match self.length {
            0 if self.body.is_over() => Some(false),
            0 => None,
            _ => Some(true),
        })
    }

    /// Notes what was read of the connection; nothing is its end.
    fn came(&mut self, read: usize) -> io::Result<()> {
        self.ahead = read;
        if read == 0 {
            if !self.body.may_end() {
                return Err(io::Error::new(ErrorKind::UnexpectedEof, "the connection ended"));
            }
            self.body = Body::Length(0);
        }
        Ok(())
    }
}

struct Head {
    status: u16,
    version: Option<ApiVersion>,
    body: Body,
}

impl Head {
    /// Reads a head without its empty line; `None` where it is none.
    fn of(bytes: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(bytes);
        let mut lines = text.split("\r\n");
        let (version, rest) = lines.next()?.split_once(' ')?;
        let status: u16 = rest.split(' ').next()?.parse().ok()?;
        if !version.starts_with("HTTP/1.") {
            return None;
        }
        let mut head = Self { status, version: None, body: Body::Rest };
        for (name, value) in lines.filter_map(|line| line.split_once(':')) {
            let value = value.trim();
            match name.to_ascii_lowercase().as_str() {
                "api-version" => head.version = ApiVersion::parse(value),
                "transfer-encoding" if value.eq_ignore_ascii_case("chunked") => {
                    head.body = Body::chunks();
                }
                "content-length" if head.body == Body::Rest => {
                    head.body = Body::Length(value.parse().ok()?);
                }
                _ => {}
            }
        }
        if matches!(status, 204 | 304) {
            head.body = Body::Length(0);
        }
        Some(head)
    }
}

fn no_http() -> io::Error {
    io::Error::new(ErrorKind::InvalidData, "it does not speak HTTP")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_says_where_its_body_ends() {
        for (text, want) in [
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked", Some((200, Body::chunks()))),
            ("HTTP/1.1 404 X\r\ncontent-length:  7 ", Some((404, Body::Length(7)))),
            (
                "HTTP/1.1 200\r\ncontent-length: 7\r\ntransfer-encoding: Chunked",
                Some((200, Body::chunks())),
            ),
            ("HTTP/1.0 500 Not well", Some((500, Body::Rest))),
            ("HTTP/1.1 204 Nothing", Some((204, Body::Length(0)))),
            ("HTTP/1.1 200 OK\r\nContent-Length: x", None),
            ("HTTP/2 200 OK", None),
            ("SSH-2.0-OpenSSH", None),
            ("", None),
        ] {
            let head = Head::of(text.as_bytes()).map(|head| (head.status, head.body));
            assert_eq!(head, want, "{text}");
        }
        let head = Head::of(b"HTTP/1.1 200 OK\r\nApi-Version: 1.47").unwrap();
        assert_eq!(head.version, ApiVersion::parse("1.47"));
    }
}
