//! A small HTTP client that sends what it is told, right or wrong.

use serde_json::Value;
use std::{fmt::Write as _, net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
    time::timeout,
};

/// Longer than anything takes on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }
}

/// Sends these bytes and reads until the server closes.
pub(crate) async fn raw(address: SocketAddr, bytes: &[u8]) -> Answer {
    let exchange = async {
        let mut stream = TcpStream::connect(address).await.unwrap();
        // The server may close before it has read everything.
        let _ = stream.write_all(bytes).await;
        let mut all = Vec::new();
        let _ = stream.read_to_end(&mut all).await;
        String::from_utf8(all).unwrap()
    };
    let text = timeout(PATIENCE, exchange).await.expect("no answer in time");
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or_default();
    Answer { status, head: head.to_lowercase(), body: body.to_owned() }
}

pub(crate) fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Vec<u8> {
    let mut text = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n");
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
        text.push_str("Host: localhost\r\n");
    }
    for (name, value) in headers {
        let _ = write!(text, "{name}: {value}\r\n");
    }
    if !body.is_empty() {
        let _ = write!(text, "Content-Length: {}\r\n", body.len());
    }
    text.push_str("\r\n");
    text.push_str(body);
    text.into_bytes()
}

pub(crate) async fn get(address: SocketAddr, path: &str) -> Answer {
    raw(address, &request("GET", path, &[], "")).await
}

pub(crate) async fn ask(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
) -> Answer {
    raw(address, &request(method, path, headers, "")).await
}

/// An answer that goes on.
pub(crate) struct Stream {
    reader: BufReader<TcpStream>,
    pub(crate) head: String,
}

impl Stream {
    pub(crate) async fn open(address: SocketAddr, path: &str, headers: &[(&str, &str)]) -> Self {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(&request("GET", path, headers, "")).await.unwrap();
        Self::from(stream).await
    }

    /// One whose request was sent.
    pub(crate) async fn from(stream: TcpStream) -> Self {
        let mut reader = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            let read = timeout(PATIENCE, reader.read_line(&mut head)).await.unwrap().unwrap();
            assert!(read > 0, "{head}");
        }
        Self { reader, head: head.to_lowercase() }
    }

    /// The next line that says something; `None` at the end. Sizes of chunks are passed over.
    pub(crate) async fn line(&mut self) -> Option<String> {
        loop {
            let mut line = String::new();
            let read = timeout(PATIENCE, self.reader.read_line(&mut line)).await;
            if read.expect("no line in time").unwrap() == 0 {
                return None;
            }
            let line = line.trim_end();
            let is_size = line.len() < 8 && u64::from_str_radix(line, 16).is_ok();
            if !line.is_empty() && !is_size {
                return Some(line.to_owned());
            }
        }
    }

    pub(crate) async fn json(&mut self) -> Value {
        let line = self.line().await.expect("the stream ended");
        let text = line.strip_prefix("data: ").unwrap_or(&line);
        serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {line}"))
    }
}
