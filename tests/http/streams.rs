//! Lines as they come.

use crate::{
    client::{Stream, request},
    site::{DB, Site, Stage, settings},
};
use dogwatch::store::Limits;
use tokio::{io::AsyncWriteExt as _, net::TcpSocket};

#[tokio::test(flavor = "multi_thread")]
async fn lines_come_as_they_are_said() {
    let site = Site::open().await;
    site.stage.web("old");
    site.lines(1).await;
    let mut all = Stream::open(site.address, "/api/v1/logs/stream", &[]).await;
    assert!(all.head.contains("content-type: application/x-ndjson"), "{}", all.head);
    let mut errors =
        Stream::open(site.address, "/api/v1/logs/stream?level=error&serviceName=web", &[]).await;
    let mut events =
        Stream::open(site.address, "/api/v1/logs/stream", &[("Accept", "text/event-stream")]).await;
    assert!(events.head.contains("content-type: text/event-stream"), "{}", events.head);
    site.stage.web("INFO: fine");
    site.stage.web("ERROR: broken");
    for want in ["INFO: fine", "ERROR: broken"] {
        assert_eq!(all.json().await["message"], want);
        let id = events.line().await.unwrap();
        let line = events.json().await;
        assert_eq!(line["message"], want);
        assert_eq!(id.strip_prefix("id: "), line["cursor"].as_str());
    }
    assert_eq!(errors.json().await["message"], "ERROR: broken");
    site.close().await;
    assert_eq!(all.line().await, None, "the end is an orderly one");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_goes_on_where_it_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let site = Site::with(Stage::new(), settings(), Some(folder.path()), Limits::default()).await;
    let path = "/api/v1/logs/stream?sourceType=container";
    let mut first = Stream::open(site.address, path, &[]).await;
    (0..3).for_each(|n| site.stage.web(&format!("line {n}")));
    let mut cursor = String::new();
    for n in 0..3 {
        let line = first.json().await;
        assert_eq!(line["message"], format!("line {n}"));
        line["cursor"].as_str().unwrap().clone_into(&mut cursor);
    }
    drop(first);
    (3..6).for_each(|n| site.stage.web(&format!("line {n}")));
    site.lines(6).await;
    site.stage.say(DB, dogwatch::model::Stream::Stdout, "line 6");
    site.lines(7).await;
    let mut again = Stream::open(
        site.address,
        path,
        &[("Accept", "text/event-stream"), ("Last-Event-ID", &cursor)],
    )
    .await;
    let mut by_query = Stream::open(site.address, &format!("{path}&after={cursor}"), &[]).await;
    let mut since = Stream::open(site.address, &format!("{path}&since=0"), &[]).await;
    for n in 0..7 {
        assert_eq!(since.json().await["message"], format!("line {n}"));
    }
    site.stage.web("line 7");
    for n in 3..8 {
        again.line().await.unwrap();
        assert_eq!(again.json().await["message"], format!("line {n}"));
        assert_eq!(by_query.json().await["message"], format!("line {n}"));
    }
    assert_eq!(since.json().await["message"], "line 7");
    site.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_reader_loses_lines_is_told_and_holds_nobody_up() {
    let site = Site::open().await;
    // It asks and does not read; little waits in its own socket.
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(8 << 10).unwrap();
    let mut slow = socket.connect(site.address).await.unwrap();
    slow.write_all(&request("GET", "/api/v1/logs/stream", &[], "")).await.unwrap();
    let mut slow = Stream::from(slow).await;
    let text = "x".repeat(200_000);
    let count = 80_u64;
    for n in 0..count {
        site.stage.web(&format!("{n} {text}"));
    }
    site.lines(count).await;
    assert_eq!(site.get("/health").await.status, 200, "nobody else waits");
    let (mut got, mut lost) = (0, 0);
    while got + lost < count {
        let line = slow.json().await;
        match line["dogwatch"]["lost"].as_u64() {
            Some(lines) => lost += lines,
            None => got += 1,
        }
    }
    assert_eq!(got + lost, count, "what is lost is counted exactly");
    assert!(lost > 0, "{got} lines fit into the pipes");
    site.close().await;
}
