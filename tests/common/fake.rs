//! An Engine that misbehaves, played in this process.

#![allow(unreachable_pub, dead_code, reason = "each test program uses its part")]

use dogwatch::{
    model::Origin,
    source::{
        End, Error, Resume, Source as _,
        docker::{Choice, Connection, Docker, Endpoint},
    },
};
use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{UnixListener, UnixStream},
    sync::mpsc,
    task::JoinHandle,
    time::timeout,
};

pub const ID: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
pub const A: &str = "2026-01-01T00:00:00.000000001Z";
pub const B: &str = "2026-01-01T00:00:00.000000002Z";
pub const C: &str = "2026-01-01T00:00:00.000000003Z";
/// Longer than the longest wait of the code under test.
pub const PATIENCE: Duration = Duration::from_secs(40);

/// What the fake says to one request.
#[derive(Clone)]
pub enum Reply {
    /// A status and a whole JSON body.
    Json(u16, String),
    /// A body in pieces, ended as it should be.
    Stream(Vec<Vec<u8>>),
    /// A body in pieces, and then the connection is closed in the middle.
    Cut(Vec<Vec<u8>>),
    /// A body in pieces, and then nothing for ever.
    Hang(Vec<Vec<u8>>),
    /// One piece many times, then others, ended as it should be.
    Many(Vec<u8>, usize, Vec<Vec<u8>>),
    /// Not even a head.
    Nothing,
}

type Script = dyn Fn(&str, usize) -> Reply + Send + Sync;

/// A listening Engine. It ends with the value.
pub struct Fake {
    folder: tempfile::TempDir,
    requests: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Fake {
    /// `script` gets the path without its version, and how often that path (without its query) came before.
    pub fn new(script: impl Fn(&str, usize) -> Reply + Send + Sync + 'static) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join("sock")).unwrap();
        let requests = Arc::<Mutex<Vec<String>>>::default();
        let script: Arc<Script> = Arc::new(script);
        let seen = Arc::clone(&requests);
        let task = tokio::spawn(async move {
            let counts = Arc::<Mutex<BTreeMap<String, usize>>>::default();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (script, seen, counts) =
                    (Arc::clone(&script), Arc::clone(&seen), Arc::clone(&counts));
                tokio::spawn(async move {
                    let _ = answer(stream, &*script, &seen, &counts).await;
                });
            }
        });
        Self { folder, requests, task }
    }

    pub fn choice(&self) -> Choice {
        Choice { endpoint: Endpoint::Unix(self.socket()), chosen_by: "the test".to_owned() }
    }

    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("sock")
    }

    pub async fn docker(&self) -> Arc<Docker> {
        let connection = Connection::open(self.choice()).await.unwrap();
        Arc::new(Docker::new(connection, "shop".into()))
    }

    /// Follows the one container to its end and gives back what came.
    pub async fn follow(&self, is_tty: bool, from: Resume) -> (Result<End, Error>, Vec<String>) {
        let (tx, mut rx) = mpsc::channel(100);
        let follow = self.docker().await.follow(origin(is_tty), from, tx);
        let (end, lines) = timeout(PATIENCE, async {
            tokio::join!(follow, async {
                let mut lines = Vec::new();
                while let Some(batch) = rx.recv().await {
                    lines.extend_from_slice(batch.lines());
                }
                lines
            })
        })
        .await
        .expect("following must not stall");
        let text = |line: dogwatch::model::RawLine| {
            let stamp = if line.time.is_some() { "" } else { "(no time) " };
            format!("{:?} {stamp}{}", line.stream, String::from_utf8_lossy(&line.bytes))
        };
        (end, lines.into_iter().map(text).collect())
    }

    pub fn requests(&self, part: &str) -> Vec<String> {
        let requests = self.requests.lock().unwrap();
        requests.iter().filter(|path| path.contains(part)).cloned().collect()
    }
}

pub fn origin(is_tty: bool) -> Arc<Origin> {
    Arc::new(Origin { service: "api".into(), container: ID.into(), replica: 1, is_tty })
}

async fn answer(
    mut stream: UnixStream,
    script: &Script,
    seen: &Mutex<Vec<String>>,
    counts: &Mutex<BTreeMap<String, usize>>,
) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let path = head.split(' ').nth(1).unwrap_or_default();
    let path = path.strip_prefix("/v1.51").unwrap_or(path).to_owned();
    let count = {
        let key = path.split('?').next().unwrap_or_default().to_owned();
        let mut counts = counts.lock().unwrap();
        let count = counts.entry(key).or_default();
        *count += 1;
        *count - 1
    };
    seen.lock().unwrap().push(path.clone());
    let reply = if path == "/_ping" && !matches!(script("/_ping", count), Reply::Nothing) {
        Reply::Json(200, "OK".to_owned())
    } else {
        script(&path, count)
    };
    let (again, pieces, ends_well, hangs) = match reply {
        Reply::Json(status, body) => {
            let text = format!(
                "HTTP/1.1 {status} X\r\nApi-Version: 1.99\r\nContent-Type: application/json\r\n\
                 Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            );
            return stream.write_all(text.as_bytes()).await;
        }
        Reply::Nothing => {
            tokio::time::sleep(PATIENCE).await;
            return Ok(());
        }
        Reply::Stream(pieces) => (None, pieces, true, false),
        Reply::Many(piece, times, pieces) => (Some((piece, times)), pieces, true, false),
        Reply::Cut(pieces) => (None, pieces, false, false),
        Reply::Hang(pieces) => (None, pieces, false, true),
    };
    stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").await?;
    let again = again.iter().flat_map(|(piece, times)| std::iter::repeat_n(piece, *times));
    for piece in again.chain(&pieces) {
        stream.write_all(format!("{:x}\r\n", piece.len()).as_bytes()).await?;
        stream.write_all(piece).await?;
        stream.write_all(b"\r\n").await?;
    }
    if hangs {
        tokio::time::sleep(PATIENCE).await;
    }
    if ends_well {
        stream.write_all(b"0\r\n\r\n").await?;
    }
    Ok(())
}

pub fn frame(kind: u8, text: &str) -> Vec<u8> {
    let mut bytes = vec![kind, 0, 0, 0];
    bytes.extend_from_slice(&u32::try_from(text.len()).unwrap().to_be_bytes());
    bytes.extend_from_slice(text.as_bytes());
    bytes
}

pub fn inspected(state: &str) -> Reply {
    let is_up = state == "running";
    let body = format!(
        r#"{{"Id":"{ID}","Name":"/shop-api-1","State":{{"Status":"{state}","Running":{is_up},
            "StartedAt":"2025-01-01T00:00:00Z"}},"Config":{{"Labels":
            {{"com.docker.compose.project":"shop","com.docker.compose.service":"api"}}}},
            "HostConfig":{{"LogConfig":{{"Type":"json-file","Config":{{}}}}}}}}"#
    );
    Reply::Json(200, body)
}

pub fn is_logs(path: &str) -> bool {
    path.contains("/logs?")
}

pub fn missing() -> Reply {
    Reply::Json(404, r#"{"message":"No such container"}"#.to_owned())
}
