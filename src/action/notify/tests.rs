use super::*;
use chrono::{DateTime, TimeDelta};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

fn message(held_back: u64) -> Message {
    Message {
        level: Level::Critical,
        project: "shop".into(),
        service: Some("api".into()),
        text: "gave up after 3 attempts <!channel> @everyone".into(),
        held_back,
    }
}

fn target(kind: Kind, url: &str) -> Target {
    Target { kind, url: Some(url.to_owned()), url_env: None, allow_private: true }
}

/// Takes one request, answers with this status; the request.
async fn answering(status: &'static str) -> (String, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hooks/T0/secret-part", listener.local_addr().unwrap());
    let told = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut text = String::new();
        let mut bytes = [0; 4096];
        while !text.ends_with('}') {
            let read = stream.read(&mut bytes).await.unwrap();
            assert!(read > 0, "{text}");
            text.push_str(std::str::from_utf8(&bytes[..read]).unwrap());
        }
        let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        stream.write_all(answer.as_bytes()).await.unwrap();
        text
    });
    (url, told)
}

#[tokio::test]
async fn every_kind_gets_its_form() {
    for (kind, path, pointer, want) in [
        (Kind::Webhook, "/hooks/T0/secret-part", "/service", json!("api")),
        (Kind::Webhook, "/hooks/T0/secret-part", "/heldBack", json!(2)),
        (Kind::Slack, "/hooks/T0/secret-part", "/text", Value::Null),
        (Kind::Discord, "/hooks/T0/secret-part", "/allowed_mentions/parse", json!([])),
        (
            Kind::Teams,
            "/hooks/T0/secret-part",
            "/attachments/0/content/body/0/text",
            json!("dogwatch: shop / api"),
        ),
        (Kind::Ntfy, "/", "/topic", json!("secret-part")),
    ] {
        let (url, told) = answering("200 OK").await;
        send(&target(kind, &url), &message(2), |_| None).await.unwrap();
        let request = told.await.unwrap();
        assert!(request.starts_with(&format!("POST {path} HTTP/1.1\r\n")), "{request}");
        let (_, body) = request.split_once("\r\n\r\n").unwrap();
        let body: Value = serde_json::from_str(body).unwrap();
        if want != Value::Null {
            assert_eq!(body.pointer(pointer), Some(&want), "{kind:?}: {body}");
        }
        let text = body.to_string();
        assert!(text.contains("2 more about it were held back"), "{text}");
        assert!(kind != Kind::Slack || !text.contains("<!channel>"), "{text}");
    }
}

#[tokio::test]
async fn what_goes_wrong_is_told_without_the_address() {
    let (url, _told) = answering("404 Not Found").await;
    let error = send(&target(Kind::Slack, &url), &message(0), |_| None).await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains("slack http://127.0.0.1/…: answered 404"), "{text}");
    let closed = target(Kind::Discord, "http://127.0.0.1:9/hooks/secret-part");
    let text = send(&closed, &message(0), |_| None).await.unwrap_err().to_string();
    assert!(!text.contains("secret-part"), "{text}");
    for (url, want) in [
        ("file:///etc/passwd", "must be http"),
        ("not a url", "relative URL"),
        ("", "must hold one"),
    ] {
        let text = send(&target(Kind::Webhook, url), &message(0), |_| None).await.unwrap_err();
        assert!(text.to_string().contains(want), "{text}");
    }
    let shown = toml::to_string(&closed).unwrap();
    assert!(!shown.contains("secret-part"), "{shown}");
}

#[tokio::test]
async fn what_is_inside_is_not_spoken_to_unless_it_is_meant() {
    let (url, _told) = answering("200 OK").await;
    let target = Target { allow_private: false, ..target(Kind::Webhook, &url) };
    let text = send(&target, &message(0), |_| None).await.unwrap_err().to_string();
    assert!(text.contains("127.0.0.1 is not public"), "{text}");
    for (ip, want) in [
        ("8.8.8.8", true),
        ("10.1.2.3", false),
        ("169.254.169.254", false),
        ("100.64.0.1", false),
        ("0.0.0.0", false),
        ("::1", false),
        ("::ffff:192.168.0.1", false),
        ("fd00::1", false),
        ("fe80::1", false),
        ("2606:4700::1111", true),
    ] {
        assert_eq!(is_public(ip.parse().unwrap()), want, "{ip}");
    }
}

#[tokio::test]
async fn an_address_may_stand_in_the_environment() {
    let (url, told) = answering("204 No Content").await;
    let url_env = Some("HOOK".to_owned());
    let target = Target { kind: Kind::Webhook, url: None, url_env, allow_private: true };
    send(&target, &message(0), |name| (name == "HOOK").then(|| url.clone())).await.unwrap();
    assert!(told.await.unwrap().contains("gave up"));
}

#[test]
fn the_same_is_told_once_in_a_while_with_what_was_held_back() {
    let mut gate = Gate::new(900);
    let at =
        |second| DateTime::from_timestamp(1_800_000_000, 0).unwrap() + TimeDelta::seconds(second);
    for (second, occasion, about, want) in [
        (0, Occasion::Repair, "api", Some(0)),
        (10, Occasion::Repair, "api", None),
        (20, Occasion::Repair, "db", Some(0)),
        (30, Occasion::GiveUp, "api", Some(0)),
        (899, Occasion::Repair, "api", None),
        (901, Occasion::Repair, "api", Some(2)),
        (902, Occasion::Repair, "api", None),
    ] {
        assert_eq!(gate.pass(occasion, about.into(), at(second)), want, "{second} {about}");
    }
}
