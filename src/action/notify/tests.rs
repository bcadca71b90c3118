use super::*;
use chrono::{DateTime, TimeDelta};
use lettre::transport::smtp::authentication::Credentials;
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

/// What makes a target of a hook.
type Kind = fn(Hook) -> Target;

fn target(kind: Kind, url: &str) -> Target {
    kind(Hook { url: Some(url.to_owned()), url_env: None, allow_private: true })
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
        (Target::Webhook as Kind, "/hooks/T0/secret-part", "/service", json!("api")),
        (Target::Webhook, "/hooks/T0/secret-part", "/heldBack", json!(2)),
        (Target::Slack, "/hooks/T0/secret-part", "/text", Value::Null),
        (Target::Discord, "/hooks/T0/secret-part", "/allowed_mentions/parse", json!([])),
        (
            Target::Teams,
            "/hooks/T0/secret-part",
            "/attachments/0/content/body/0/text",
            json!("dogwatch: shop / api"),
        ),
        (Target::Ntfy, "/", "/topic", json!("secret-part")),
    ] {
        let (url, told) = answering("200 OK").await;
        let target = target(kind, &url);
        send(&target, &message(2), |_| None).await.unwrap();
        let request = told.await.unwrap();
        assert!(request.starts_with(&format!("POST {path} HTTP/1.1\r\n")), "{request}");
        let (_, body) = request.split_once("\r\n\r\n").unwrap();
        let body: Value = serde_json::from_str(body).unwrap();
        if want != Value::Null {
            assert_eq!(body.pointer(pointer), Some(&want), "{body}");
        }
        let text = body.to_string();
        assert!(text.contains("2 more about it were held back"), "{text}");
        assert!(target.kind() != "slack" || !text.contains("<!channel>"), "{text}");
    }
}

#[tokio::test]
async fn what_goes_wrong_is_told_without_the_address() {
    let (url, _told) = answering("404 Not Found").await;
    let error = send(&target(Target::Slack, &url), &message(0), |_| None).await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains("slack http://127.0.0.1/…: answered 404"), "{text}");
    let closed = target(Target::Discord, "http://127.0.0.1:9/hooks/secret-part");
    let text = send(&closed, &message(0), |_| None).await.unwrap_err().to_string();
    assert!(!text.contains("secret-part"), "{text}");
    for (url, want) in [
        ("file:///etc/passwd", "must be http"),
        ("not a url", "relative URL"),
        ("", "must hold one"),
    ] {
        let text = send(&target(Target::Webhook, url), &message(0), |_| None).await.unwrap_err();
        assert!(text.to_string().contains(want), "{text}");
    }
    let shown = toml::to_string(&closed).unwrap();
    assert!(!shown.contains("secret-part"), "{shown}");
}

#[tokio::test]
async fn what_is_inside_is_not_spoken_to_unless_it_is_meant() {
    let (url, _told) = answering("200 OK").await;
    let target = Target::Webhook(Hook { url: Some(url), ..Hook::default() });
    let text = send(&target, &message(0), |_| None).await.unwrap_err().to_string();
    assert!(text.contains("127.0.0.1 is not public"), "{text}");
}

#[tokio::test]
async fn an_address_may_stand_in_the_environment() {
    let (url, told) = answering("204 No Content").await;
    let url_env = Some("HOOK".to_owned());
    let target = Target::Webhook(Hook { url: None, url_env, allow_private: true });
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

fn mail(more: &str) -> Result<Mail, String> {
    let settings = format!(
        "[[to]]\nkind = 'email'\nhost = 'mail.test'\nfrom = 'Dogwatch <dogwatch@shop.test>'\n\
         to = ['ops@shop.test', 'Anna <anna@shop.test>']\n{more}"
    );
    let settings: Settings = toml::from_str(&settings).map_err(|error| error.to_string())?;
    let Some(Target::Email(mail)) = settings.to.into_iter().next() else { panic!("no e-mail") };
    Ok(mail)
}

#[test]
fn a_letter_has_the_headers_that_it_should_and_no_other() {
    let hostile = Message {
        project: SafeText::from("shop\r\nBcc: thief@evil.test"),
        text: "gave up\r\nReply-To: thief@evil.test\r\n\r\n.\r\nQUIT\r\nü \u{1b}[31mred".into(),
        ..message(2)
    };
    let letter = mail("").unwrap().letter(&hostile).unwrap();
    let letter = String::from_utf8(letter.formatted()).unwrap();
    let (head, body) = letter.split_once("\r\n\r\n").unwrap();
    let unfolded = head.replace("\r\n ", " ");
    let mut names: Vec<_> = unfolded.lines().map(|l| l.split_once(": ").unwrap().0).collect();
    names.sort_unstable();
    let want = [
        "Auto-Submitted",
        "Content-Transfer-Encoding",
        "Content-Type",
        "Date",
        "From",
        "MIME-Version",
        "Message-ID",
        "Subject",
        "To",
    ];
    assert_eq!(names, want, "{head}");
    assert!(unfolded.contains("From: Dogwatch <dogwatch@shop.test>"), "{head}");
    assert!(unfolded.contains("To: ops@shop.test, Anna <anna@shop.test>"), "{head}");
    assert!(unfolded.contains("@shop.test>") && unfolded.is_ascii(), "{head}");
    assert!(
        !letter.contains('\u{1b}') && body.contains("2 more about it were held back"),
        "{body}"
    );
    let envelope = mail("").unwrap().letter(&hostile).unwrap().envelope().clone();
    assert_eq!(envelope.to().len(), 2, "nobody else gets it: {envelope:?}");
}

#[tokio::test]
async fn a_password_comes_from_elsewhere_and_is_never_said_in_the_open() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "of-the-file\n").unwrap();
    let env = |name: &str| (name == "MAIL_PASSWORD").then(|| "of-the-variable".to_owned());
    let file = format!("user = 'dog'\npassword_file = '{}'", file.path().display());
    for (more, want) in [
        ("", Ok(None)),
        ("user = 'dog'\npassword_env = 'MAIL_PASSWORD'", Ok(Some("of-the-variable"))),
        (file.as_str(), Ok(Some("of-the-file"))),
        ("user = 'dog'", Err("needs password_env or password_file")),
        ("user = 'dog'\npassword_env = 'NOT_THERE'", Err("NOT_THERE is not set")),
        ("user = 'dog'\npassword_file = '/not/there'", Err("cannot read /not/there")),
        ("user = 'dog'\npassword_env = 'MAIL_PASSWORD'\nsecurity = 'none'", Err("in the open")),
    ] {
        let got = mail(more).unwrap().credentials(env).await;
        match want {
            Ok(password) => {
                let want = password.map(|p| Credentials::new("dog".to_owned(), p.to_owned()));
                assert!(got == Ok(want), "{more}");
            }
            Err(part) => assert!(got.as_ref().is_err_and(|e| e.contains(part)), "{more}: {got:?}"),
        }
    }
}

#[test]
fn what_cannot_be_right_is_found_when_the_settings_are_read() {
    for (more, want) in [
        ("password = 'hush'", "unknown field `password`, expected one of"),
        ("url = 'https://x.test'", "unknown field `url`"),
        ("security = 'ssl'", "unknown variant `ssl`"),
        ("port = 70000", "70000"),
    ] {
        let error = mail(more).unwrap_err();
        assert!(error.contains(want) && error.contains("line"), "{error}");
    }
    let wrong = "[[to]]\nkind = 'email'\nhost = 'x'\nfrom = 'nobody'\nto = []";
    assert!(toml::from_str::<Settings>(wrong).is_err(), "an address has a domain");
    let port = |more: &str| mail(more).unwrap().place();
    assert_eq!(port(""), "mail.test:587");
    assert_eq!(port("security = 'tls'"), "mail.test:465");
    assert_eq!(port("security = 'none'"), "mail.test:25");
    assert_eq!(port("port = 2525"), "mail.test:2525");
}
