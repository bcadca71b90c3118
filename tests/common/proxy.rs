//! Stands between dogwatch and a real Engine, and can be away, silent or in a bad mood.
//!
//! Images are never removed through it: it answers by itself that twelve megabytes of them are gone.

#![allow(unreachable_pub, dead_code, reason = "each test program uses its part")]

use std::{
    fs,
    io::{Read, Write},
    net::Shutdown,
    os::unix::net::{UnixListener, UnixStream},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU8, AtomicUsize, Ordering::SeqCst},
    },
    thread,
    time::Duration,
};

/// How it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Mood {
    /// It passes everything on.
    Fine,
    /// Its socket is not there, and nobody is connected.
    Away,
    /// It holds everything back.
    Silent,
    /// It answers everything with 500.
    Bad,
}

struct Shared {
    mood: AtomicU8,
    requests: AtomicUsize,
    /// Heads of requests that change something.
    writes: Mutex<Vec<String>>,
    open: Mutex<Vec<UnixStream>>,
    engine: PathBuf,
}

impl Shared {
    fn is(&self, mood: Mood) -> bool {
        self.mood.load(SeqCst) == mood as u8
    }
}

/// A socket before the Engine's own.
pub struct Proxy {
    shared: Arc<Shared>,
    folder: tempfile::TempDir,
}

impl Proxy {
    /// Before the Engine with this socket.
    pub fn before(engine: &Path) -> Self {
        let shared = Shared {
            mood: AtomicU8::new(Mood::Fine as u8),
            requests: AtomicUsize::new(0),
            writes: Mutex::default(),
            open: Mutex::default(),
            engine: engine.to_owned(),
        };
        let proxy = Self { shared: Arc::new(shared), folder: tempfile::tempdir().unwrap() };
        proxy.listen();
        proxy
    }

    /// Before the Engine that this environment has.
    pub fn before_main() -> Self {
        let host = std::env::var("DOCKER_HOST").ok();
        let socket = host.as_deref().and_then(|host| host.strip_prefix("unix://"));
        Self::before(Path::new(socket.unwrap_or("/var/run/docker.sock")))
    }

    /// `DOCKER_HOST` of it.
    pub fn host(&self) -> String {
        format!("unix://{}", self.socket().display())
    }

    /// Requests so far.
    pub fn requests(&self) -> usize {
        self.shared.requests.load(SeqCst)
    }

    /// Requests so far that change something, as `POST /containers/ID/start`.
    pub fn writes(&self) -> Vec<String> {
        self.shared.writes.lock().unwrap().clone()
    }

    /// Changes; whoever is connected is cut off, unless it only falls silent or speaks again.
    pub fn set(&self, mood: Mood) {
        let was_away = self.shared.is(Mood::Away);
        self.shared.mood.store(mood as u8, SeqCst);
        if mood == Mood::Away {
            fs::remove_file(self.socket()).unwrap();
        }
        if matches!(mood, Mood::Away | Mood::Bad) {
            for stream in self.shared.open.lock().unwrap().drain(..) {
                let _ = stream.shutdown(Shutdown::Both);
            }
        }
        if was_away && mood != Mood::Away {
            self.listen();
        }
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("sock")
    }

    fn listen(&self) {
        let listener = UnixListener::bind(self.socket()).unwrap();
        let shared = Arc::clone(&self.shared);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if shared.is(Mood::Away) {
                    return;
                }
                let shared = Arc::clone(&shared);
                thread::spawn(move || serve(client, &shared));
            }
        });
    }
}

fn serve(mut client: UnixStream, shared: &Arc<Shared>) {
    if shared.is(Mood::Bad) {
        let mut bytes = [0; 4096];
        if client.read(&mut bytes).is_ok_and(|read| read > 0) {
            shared.requests.fetch_add(1, SeqCst);
            let body = r#"{"message":"in a bad mood"}"#;
            let _ = write!(
                client,
                "HTTP/1.1 500 Internal Server Error\r\nContent-Type: application/json\r\n\
                 Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            );
        }
        return;
    }
    let Ok(engine) = UnixStream::connect(&shared.engine) else { return };
    let (Ok(up), Ok(down)) = (client.try_clone(), engine.try_clone()) else { return };
    {
        let mut open = shared.open.lock().unwrap();
        open.extend([up.try_clone(), down.try_clone()].into_iter().flatten());
    }
    let same = Arc::clone(shared);
    thread::spawn(move || pass(up, engine, &same, true));
    pass(down, client, shared, false);
}

fn pass(mut from: UnixStream, mut to: UnixStream, shared: &Shared, is_asking: bool) {
    let mut bytes = vec![0; 1 << 16];
    while let Ok(read @ 1..) = from.read(&mut bytes) {
        let bytes = &bytes[..read];
        if is_asking {
            let heads = String::from_utf8_lossy(bytes).matches(" HTTP/1.1\r\n").count();
            shared.requests.fetch_add(heads, SeqCst);
            let text = String::from_utf8_lossy(bytes);
            let changes = text.lines().filter(|line| line.ends_with(" HTTP/1.1"));
            let changes =
                changes.filter(|line| !line.starts_with("GET ") && !line.starts_with("HEAD "));
            let changes = changes.map(|line| line.trim_end_matches(" HTTP/1.1").to_owned());
            shared.writes.lock().unwrap().extend(changes);
        }
        if is_asking && bytes.starts_with(b"POST ") && is_prune(bytes) {
            let body = r#"{"ImagesDeleted":[],"SpaceReclaimed":12000000}"#;
            let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ";
            let answered = write!(from, "{head}{}\r\n\r\n{body}", body.len());
            if answered.is_err() {
                break;
            }
            continue;
        }
        while shared.is(Mood::Silent) {
            thread::sleep(Duration::from_millis(5));
        }
        if to.write_all(bytes).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}

/// Whether it asks to remove what nobody uses.
fn is_prune(request: &[u8]) -> bool {
    let line = request.split(|b| *b == b'\r').next().unwrap_or_default();
    String::from_utf8_lossy(line).contains("/images/prune")
}
