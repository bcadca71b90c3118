//! Places for messages on the loopback: one takes JSON by HTTP, one takes mail by SMTP, and both remember what came.

#![allow(unreachable_pub, dead_code, reason = "each test program uses its part")]

use crate::common::request::Request;
use rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
};
use serde_json::Value;
use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

/// Takes `POST`s of JSON at any path.
pub struct Inbox {
    pub address: String,
    posts: Arc<Mutex<Vec<(String, Value)>>>,
}

impl Inbox {
    pub fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let posts = Arc::new(Mutex::default());
        let shared = Arc::clone(&posts);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                thread::spawn(move || while take(&stream, &shared).is_some() {});
            }
        });
        Self { address, posts }
    }

    /// Path and body of everything so far.
    pub fn posts(&self) -> Vec<(String, Value)> {
        self.posts.lock().unwrap().clone()
    }
}

fn take(mut stream: &TcpStream, posts: &Mutex<Vec<(String, Value)>>) -> Option<()> {
    let request = Request::read(stream)?;
    let body = serde_json::from_slice(&request.body).unwrap();
    posts.lock().unwrap().push((request.target, body));
    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").ok()
}

/// How a mail server talks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Talk {
    /// In the open, without names.
    Open,
    /// In the open until `STARTTLS`.
    Starttls,
    /// TLS from the first byte.
    Tls,
}

/// What a mail server took.
#[derive(Debug, Clone, Default)]
pub struct Letter {
    /// Whether TLS was spoken when it came.
    pub is_secret: bool,
    /// What was said to sign in: a zero byte, the name, a zero byte, the password.
    pub signed_in: Option<String>,
    pub from: String,
    pub to: Vec<String>,
    pub text: String,
}

/// Whose name and password it wants; nobody else's are taken.
pub const SIGNED_IN: &str = "AGRvZwBodXNoLWh1c2g=";

/// Takes mail, and says so in the words of RFC 5321.
pub struct Mailbox {
    pub port: u16,
    /// The certificate that vouches for it, as PEM.
    pub certificate: String,
    letters: Arc<Mutex<Vec<Letter>>>,
}

impl Mailbox {
    pub fn open(talk: Talk) -> Self {
        let pair = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(pair.signing_key.serialize_der()));
        let certificate: CertificateDer<'static> = pair.cert.der().clone();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
        let config = Arc::new(config);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let letters = Arc::new(Mutex::default());
        let shared = Arc::clone(&letters);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (config, shared) = (Arc::clone(&config), Arc::clone(&shared));
                thread::spawn(move || {
                    let _ = talk_with(stream, talk, config, &shared);
                });
            }
        });
        Self { port, certificate: pair.cert.pem(), letters }
    }

    pub fn letters(&self) -> Vec<Letter> {
        self.letters.lock().unwrap().clone()
    }
}

fn talk_with(
    mut stream: TcpStream,
    talk: Talk,
    config: Arc<ServerConfig>,
    letters: &Mutex<Vec<Letter>>,
) -> Option<()> {
    if talk != Talk::Tls {
        stream.write_all(b"220 localhost ESMTP\r\n").ok()?;
        let is_to_change = converse(&mut stream, talk, false, letters)?;
        if !is_to_change {
            return Some(());
        }
    }
    let mut stream = StreamOwned::new(ServerConnection::new(config).ok()?, stream);
    if talk == Talk::Tls {
        stream.write_all(b"220 localhost ESMTP\r\n").ok()?;
    }
    converse(&mut stream, talk, true, letters).map(drop)
}

/// One conversation; whether it goes on in TLS.
fn converse(
    stream: &mut (impl Read + Write),
    talk: Talk,
    is_secret: bool,
    letters: &Mutex<Vec<Letter>>,
) -> Option<bool> {
    let wants_name = talk != Talk::Open;
    let mut letter = Letter { is_secret, ..Letter::default() };
    loop {
        let line = line(stream)?;
        let (verb, rest) = line.split_once(' ').unwrap_or((&line, ""));
        let answer = match verb.to_ascii_uppercase().as_str() {
            "EHLO" if talk == Talk::Starttls && !is_secret => "250-localhost\r\n250 STARTTLS",
            "EHLO" if wants_name => "250-localhost\r\n250 AUTH PLAIN LOGIN",
            "EHLO" => "250 localhost",
            "STARTTLS" => {
                stream.write_all(b"220 go ahead\r\n").ok()?;
                return Some(true);
            }
            "AUTH" if rest == format!("PLAIN {SIGNED_IN}") => {
                letter.signed_in = Some(rest.to_owned());
                "235 welcome"
            }
            "AUTH" => "535 5.7.8 who are you",
            "MAIL" if wants_name && letter.signed_in.is_none() => "530 5.7.0 sign in first",
            "MAIL" => {
                rest.clone_into(&mut letter.from);
                "250 so be it"
            }
            "RCPT" => {
                letter.to.push(rest.to_owned());
                "250 so be it"
            }
            "DATA" => {
                stream.write_all(b"354 go on\r\n").ok()?;
                while let text = self::line(stream)?
                    && text != "."
                {
                    letter.text.push_str(text.strip_prefix('.').unwrap_or(&text));
                    letter.text.push('\n');
                }
                letters.lock().unwrap().push(letter.clone());
                "250 taken"
            }
            "QUIT" => {
                stream.write_all(b"221 farewell\r\n").ok()?;
                return Some(false);
            }
            _ => "502 what",
        };
        stream.write_all(format!("{answer}\r\n").as_bytes()).ok()?;
    }
}

/// The next line; not a byte more is read, since TLS may follow.
fn line(stream: &mut impl Read) -> Option<String> {
    let mut line = Vec::new();
    while !line.ends_with(b"\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).ok()?;
        line.push(byte[0]);
    }
    line.truncate(line.len() - 2);
    String::from_utf8(line).ok()
}
