//! Who may come in, and how much of it.

use crate::{
    client::{Stream, ask, raw, request},
    site::{DB, Site, Stage, WEB, messages, settings},
};
use dogwatch::{http::Settings, store::Limits};
use std::{fs, path::Path, time::Duration};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{Instant, sleep, timeout},
};

const READ: &str = "a-word-for-those-who-read";
const ACT: &str = "another-word-for-those-who-act";

/// Settings with both doors locked.
fn locked(folder: &Path) -> Settings {
    let write = |name: &str, word: &str| {
        let path = folder.join(name);
        fs::write(&path, word).unwrap();
        Some(path)
    };
    Settings { token_file: write("read", READ), act_token_file: write("act", ACT), ..settings() }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_address_asks_for_its_token() {
    let folder = tempfile::tempdir().unwrap();
    let site = Site::with(Stage::new(), locked(folder.path()), None, Limits::default()).await;
    let (read, act) = (format!("Bearer {READ}"), format!("Bearer {ACT}"));
    let attach = format!("/api/v1/logs/{WEB}/attach");
    for (method, path, without, reader, actor) in [
        ("GET", "/health", 200, 200, 200),
        ("GET", "/ready", 200, 200, 200),
        ("GET", "/api/v1/logs", 401, 200, 401),
        ("GET", "/api/v1/logs/count", 401, 200, 401),
        ("GET", "/api/v1/problems", 401, 200, 401),
        ("GET", "/api/v1/problems/fp2:0000000000000000", 401, 404, 401),
        ("GET", "/api/v1/services", 401, 200, 401),
        ("POST", attach.as_str(), 401, 401, 200),
        ("DELETE", attach.as_str(), 401, 401, 200),
    ] {
        for (value, want) in [(None, without), (Some(&read), reader), (Some(&act), actor)] {
            let headers: Vec<_> =
                value.map(|v| ("Authorization", v.as_str())).into_iter().collect();
            let answer = ask(site.address, method, path, &headers).await;
            assert_eq!(answer.status, want, "{method} {path} with {value:?}: {answer:?}");
            if want == 401 {
                assert!(answer.head.contains("www-authenticate: bearer"), "{}", answer.head);
            }
        }
        // The token is no word behind the `?`, where logs of proxies would keep it.
        let answer = ask(site.address, method, &format!("{path}?token={READ}"), &[]).await;
        assert!(without == 200 || answer.status == 401, "{path}: {answer:?}");
    }
    let answer = ask(site.address, "GET", "/api/v1/logs/stream", &[]).await;
    assert_eq!(answer.status, 401);
    site.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_not_ours_gets_nothing() {
    let site = Site::open().await;
    for (headers, want) in [
        (vec![("Host", "evil.example")], 403),
        (vec![("Host", "localhost"), ("Origin", "http://evil.example")], 403),
        (vec![("Host", "localhost"), ("Origin", "http://localhost")], 200),
        (vec![("Host", "127.0.0.1:7717")], 200),
    ] {
        for path in ["/api/v1/logs", "/health", "/nothing"] {
            let answer = ask(site.address, "GET", path, &headers).await;
            let want = if path == "/nothing" && want == 200 { 404 } else { want };
            assert_eq!(answer.status, want, "{path} {headers:?}");
        }
    }
    site.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_container_is_detached_and_attached_without_a_loss() {
    let folder = tempfile::tempdir().unwrap();
    let act_token_file = locked(folder.path()).act_token_file;
    let settings = Settings { act_token_file, ..settings() };
    let site = Site::with(Stage::new(), settings, None, Limits::default()).await;
    let act = format!("Bearer {ACT}");
    let send = async |method: &str, id: &str| {
        let path = format!("/api/v1/logs/{id}/attach");
        ask(site.address, method, &path, &[("Authorization", &act)]).await
    };
    site.stage.web("before");
    site.lines(1).await;
    let answer = send("DELETE", WEB).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.json()["message"], "Successfully detached from container logs");
    assert_eq!(answer.json()["containerId"], WEB);
    site.stage.web("meanwhile");
    site.stage.say(DB, dogwatch::model::Stream::Stdout, "another");
    site.lines(2).await;
    let services = site.get("/api/v1/services").await.json();
    assert_eq!(services["services"][1]["containers"][0]["isAttached"], false);
    let lines = "/api/v1/logs?sourceType=container";
    assert_eq!(messages(&site.get(lines).await), ["before", "another"]);
    let answer = send("POST", "aaaa").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.json()["serviceName"], "web");
    site.stage.web("after");
    site.lines(4).await;
    let web = messages(&site.get(&format!("{lines}&serviceName=web")).await);
    assert_eq!(web, ["before", "meanwhile", "after"], "each once");
    assert_eq!(send("POST", "nobody").await.status, 404);
    assert_eq!(send("POST", "aa").await.status, 400, "two containers begin so");
    let acts =
        messages(&site.until("/api/v1/logs?sourceType=manager", |a| messages(a).len() == 2).await);
    assert_eq!(acts, ["Detached from shop-web-1.", "Attached to shop-web-1."]);
    site.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn too_much_of_anything_is_refused() {
    let site = Site::open().await;
    let long = "x".repeat(20 << 10);
    let answer = ask(site.address, "GET", "/health", &[("X-Long", &long)]).await;
    assert_eq!(answer.status, 431, "{answer:?}");
    let answer = raw(site.address, b"HELO there\r\n\r\n").await;
    assert_eq!(answer.status, 400, "{answer:?}");
    // The server goes on.
    assert_eq!(site.get("/health").await.status, 200);
    site.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_connection_too_many_is_told_and_the_others_go_on() {
    let settings = Settings { connections: 3, ..settings() };
    let site = Site::with(Stage::new(), settings, None, Limits::default()).await;
    // Asked again until those that were just closed are forgotten.
    let mut streams = Vec::new();
    while streams.len() < 3 {
        let stream = Stream::open(site.address, "/api/v1/logs/stream", &[]).await;
        if stream.head.starts_with("http/1.1 200") {
            streams.push(stream);
        }
    }
    let answer = site.get("/health").await;
    assert_eq!(answer.status, 503, "{answer:?}");
    assert_eq!(answer.json()["error"]["code"], "busy");
    site.stage.web("still here");
    for stream in &mut streams {
        assert_eq!(stream.json().await["message"], "still here");
    }
    streams.pop();
    site.until("/health", |answer| answer.status == 200).await;
    site.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_does_not_finish_is_hung_up_on() {
    let site = Site::open().await;
    let begun = Instant::now();
    let mut stream = TcpStream::connect(site.address).await.unwrap();
    stream.write_all(b"GET /health HTTP/1.1\r\nHost: loc").await.unwrap();
    let mut rest = Vec::new();
    let closed = timeout(Duration::from_secs(40), stream.read_to_end(&mut rest)).await;
    assert!(closed.is_ok(), "still open after {:?}", begun.elapsed());
    assert!(begun.elapsed() > Duration::from_secs(3));
    site.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_holds_up_the_end() {
    let site = Site::open().await;
    let stream = Stream::open(site.address, "/api/v1/logs/stream", &[]).await;
    let mut idle = TcpStream::connect(site.address).await.unwrap();
    idle.write_all(&request("GET", "/health", &[], "")[..20]).await.unwrap();
    sleep(Duration::from_millis(50)).await;
    let begun = Instant::now();
    site.close().await;
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    drop(stream);
}
