//! The client against a GitHub of our own on the loopback, which fails as the real one does.

use super::{Forge, Settings, client::Pace};
use crate::{
    action::{Change, Error, Filed, Tracker, issue::marker},
    model::{FiledIssue, Fingerprint, IssueDraft},
};
use serde_json::{Value, json};
use std::{
    collections::VecDeque,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

const PACE: Pace = Pace { write: Duration::from_millis(1), settle: Duration::from_millis(50) };
const FP: Fingerprint = Fingerprint(0xab12);

/// What happens to a create.
#[derive(Debug, Clone)]
enum Fault {
    /// Answers so, and keeps nothing.
    Answer(u16, &'static str, &'static str),
    /// Keeps the issue and cuts the connection.
    CutAfter,
}

#[derive(Debug, Default)]
struct Fake {
    issues: Vec<Value>,
    calls: Vec<String>,
    faults: VecDeque<Fault>,
    /// Faults hit lists too.
    all: bool,
    /// Kept when the next one is created, before it.
    appears: Option<Value>,
}

type Shared = Arc<Mutex<Fake>>;

async fn serve(fake: Shared) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(talk(stream, Arc::clone(&fake)));
        }
    });
    format!("http://{address}")
}

async fn talk(mut stream: TcpStream, fake: Shared) -> Option<()> {
    let mut data = Vec::new();
    loop {
        let head = loop {
            if let Some(end) = data.windows(4).position(|w| w == b"\r\n\r\n") {
                break end + 4;
            }
            let mut piece = [0; 4096];
            let count = stream.read(&mut piece).await.ok().filter(|n| *n > 0)?;
            data.extend_from_slice(&piece[..count]);
        };
        let text = String::from_utf8_lossy(&data[..head]).to_lowercase();
        let length = text
            .split("content-length: ")
            .nth(1)
            .map_or(0, |l| l.split("\r\n").next().unwrap().parse::<usize>().unwrap());
        while data.len() < head + length {
            let mut piece = [0; 4096];
            let count = stream.read(&mut piece).await.ok().filter(|n| *n > 0)?;
            data.extend_from_slice(&piece[..count]);
        }
        let line = text.lines().next().unwrap().to_owned();
        let body = serde_json::from_slice(&data[head..head + length]).unwrap_or(Value::Null);
        data.drain(..head + length);
        let (status, headers, answer) = answer(&fake, &line, &text, &body)?;
        let reply = format!(
            "HTTP/1.1 {status} X\r\ncontent-length: {}\r\n{headers}\r\n{answer}",
            answer.len()
        );
        stream.write_all(reply.as_bytes()).await.ok()?;
    }
}

fn answer(fake: &Shared, line: &str, head: &str, body: &Value) -> Option<(u16, String, String)> {
    let mut fake = fake.lock().unwrap();
    let mut words = line.split(' ');
    let (method, path) = (words.next()?, words.next()?);
    fake.calls.push(format!("{method} {path}"));
    if !head.contains("authorization: bearer secret-token") {
        return Some((401, String::new(), r#"{"message":"Bad credentials"}"#.into()));
    }
    let is_create = method == "post" && path.ends_with("/issues");
    let fault = if is_create || fake.all { fake.faults.pop_front() } else { None };
    if let Some(Fault::Answer(status, headers, body)) = fault {
        return Some((status, headers.into(), body.into()));
    }
    if is_create {
        if let Some(other) = fake.appears.take() {
            fake.issues.push(other);
        }
        let number = fake.issues.len() + 1;
        let issue = json!({"number": number, "html_url": format!("https://github.com/o/r/issues/{number}"),
            "state": "open", "body": body["body"], "title": body["title"], "labels": body["labels"]});
        fake.issues.push(issue.clone());
        if fault.is_some() {
            return None;
        }
        return Some((201, String::new(), issue.to_string()));
    }
    if path.contains("/labels") {
        return Some((if method == "post" { 403 } else { 200 }, String::new(), "[]".into()));
    }
    if path.contains("/issues/") {
        let mut parts = path.split('/').skip(5);
        let number: u64 = parts.next()?.parse().unwrap();
        let issue = fake.issues.iter_mut().find(|i| i["number"] == number)?;
        if method == "patch" {
            issue["state"] = body["state"].clone();
            issue["state_reason"] = body["state_reason"].clone();
        }
        let status = if method == "post" { 201 } else { 200 };
        return Some((status, String::new(), issue.to_string()));
    }
    let page = path.split("&page=").nth(1).map_or(1, |p| p.parse::<usize>().unwrap());
    let mut newest: Vec<_> = fake.issues.iter().rev().cloned().collect();
    newest = newest.into_iter().skip((page - 1) * 100).take(100).collect();
    Some((200, String::new(), Value::Array(newest).to_string()))
}

async fn github(fake: Fake) -> (Arc<Forge>, Shared) {
    github_in(None, fake).await
}

async fn github_in(folder: Option<&Path>, fake: Fake) -> (Arc<Forge>, Shared) {
    let fake = Arc::new(Mutex::new(fake));
    let github = client(serve(Arc::clone(&fake)).await);
    let github = match folder {
        Some(folder) => github.noting_in(folder.into()),
        None => github,
    };
    (Arc::new(github), fake)
}

async fn github_paced(fake: Fake, settle: Duration) -> (Arc<Forge>, Shared) {
    let fake = Arc::new(Mutex::new(fake));
    let mut github = client(serve(Arc::clone(&fake)).await);
    github.pace.settle = settle;
    (Arc::new(github), fake)
}

/// Another process at the same GitHub.
fn github_at(other: &Forge, folder: &Path) -> Forge {
    client(other.place().api.clone()).noting_in(folder.into())
}

fn client(api: String) -> Forge {
    let settings =
        Settings { repository: Some("o/r".into()), api: Some(api), ..Settings::default() };
    let env = |name: &str| (name == "GH_TOKEN").then(|| "secret-token".to_owned());
    Forge::with(settings, PathBuf::from("/"), env, PACE)
}

fn draft() -> IssueDraft {
    IssueDraft {
        fingerprint: FP,
        title: "[ERROR] Database Connection - 8 occurrences in 2 service(s)".into(),
        body: format!("text\n\n{}", marker(FP)),
        labels: vec!["bug".into(), "dogwatch".into()],
        masked: 0,
    }
}

fn its_issue(filed: Result<Filed, Error>) -> FiledIssue {
    match filed.unwrap() {
        Filed::Now(issue) | Filed::Before(issue) | Filed::Closed(issue) => issue,
        Filed::Held(limit) => panic!("held back after {limit}"),
    }
}

fn creates(fake: &Shared) -> usize {
    fake.lock().unwrap().calls.iter().filter(|c| *c == "post /repos/o/r/issues").count()
}

#[tokio::test]
async fn files_once_and_finds_it_again() {
    let (github, fake) = github(Fake::default()).await;
    assert_eq!(Arc::clone(&github).find(FP).await.unwrap(), None);
    let made = its_issue(Arc::clone(&github).create(draft(), true).await);
    assert_eq!((made.number, made.is_open), (1, true));
    assert_eq!(Arc::clone(&github).find(FP).await.unwrap(), Some(made.clone()));
    assert_eq!(its_issue(Arc::clone(&github).create(draft(), true).await), made);
    assert_eq!(github.find(Fingerprint(1)).await.unwrap(), None);
    assert_eq!(creates(&fake), 1);
    assert_eq!(fake.lock().unwrap().issues[0]["labels"], json!(["bug", "dogwatch"]));
}

#[tokio::test]
async fn a_closed_issue_does_not_stand_for_a_problem_that_came_back() {
    let (github, fake) = github(Fake::default()).await;
    assert_eq!(its_issue(Arc::clone(&github).create(draft(), true).await).number, 1);
    fake.lock().unwrap().issues[0]["state"] = "closed".into();
    let found = Arc::clone(&github).find(FP).await.unwrap().unwrap();
    assert_eq!((found.number, found.is_open), (1, false));
    let again = its_issue(Arc::clone(&github).create(draft(), true).await);
    assert_eq!((again.number, again.is_open), (2, true));
    // The list lags behind: only the closed one is there.
    fake.lock().unwrap().issues.truncate(1);
    assert_eq!(its_issue(github.create(draft(), true).await).number, 2);
    assert_eq!(creates(&fake), 2);
}

#[tokio::test]
async fn two_keys_at_once_make_one_issue() {
    let (github, fake) = github(Fake::default()).await;
    let (one, two) = tokio::join!(
        Arc::clone(&github).create(draft(), true),
        Arc::clone(&github).create(draft(), true)
    );
    assert_eq!(its_issue(one), its_issue(two));
    assert_eq!(creates(&fake), 1);
}

#[tokio::test]
async fn a_connection_cut_after_the_create_is_unknown_and_never_sent_again() {
    let (github, fake) = github(Fake { faults: [Fault::CutAfter].into(), ..Fake::default() }).await;
    let error = Arc::clone(&github).create(draft(), true).await.unwrap_err();
    assert!(matches!(error, Error::Unknown(_)), "{error}");
    assert_eq!(creates(&fake), 1);
    let found = Arc::clone(&github).find(FP).await.unwrap().unwrap();
    assert_eq!(found.number, 1);
}

#[tokio::test]
async fn after_an_unknown_create_it_waits_and_looks() {
    let fake = Fake { faults: [Fault::CutAfter].into(), ..Fake::default() };
    let (github, fake) = github_paced(fake, Duration::from_secs(3)).await;
    assert!(Arc::clone(&github).create(draft(), true).await.is_err());
    let late = fake.lock().unwrap().issues.remove(0);
    let appear = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        fake.lock().unwrap().issues.push(late);
    };
    let (made, ()) = tokio::join!(Arc::clone(&github).create(draft(), true), appear);
    assert_eq!(its_issue(made).number, 1);
    assert_eq!(creates(&fake), 1);
}

#[tokio::test]
async fn another_process_waits_for_what_a_killed_one_sent() {
    let folder = tempfile::tempdir().unwrap();
    let fake = Fake { faults: [Fault::CutAfter].into(), ..Fake::default() };
    let (killed, fake) = github_in(Some(folder.path()), fake).await;
    assert!(Arc::clone(&killed).create(draft(), true).await.is_err());
    let late = fake.lock().unwrap().issues.remove(0);
    let mut next = github_at(&killed, folder.path());
    next.pace.settle = Duration::from_secs(3);
    let appear = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        fake.lock().unwrap().issues.push(late);
    };
    let (made, ()) = tokio::join!(Arc::new(next).create(draft(), true), appear);
    assert_eq!(its_issue(made).number, 1);
    assert_eq!(creates(&fake), 1);
}

#[tokio::test]
async fn of_two_machines_at_once_the_lower_number_stays_open() {
    let (github, fake) = github(Fake::default()).await;
    let body = format!("of another machine\n{}", marker(FP));
    let theirs = json!({"number": 1, "html_url": "https://x/1", "state": "open", "body": body, "labels": ["dogwatch"]});
    // The list shows it only after ours was sent.
    fake.lock().unwrap().appears = Some(theirs);
    let made = Arc::clone(&github).create(draft(), true).await.unwrap();
    assert_eq!(made, Filed::Before(its_issue(Ok(made.clone()))));
    assert_eq!(its_issue(Ok(made)).number, 1);
    let ours = fake.lock().unwrap().issues.iter().find(|i| i["number"] == 2).cloned().unwrap();
    assert_eq!((&ours["state"], &ours["state_reason"]), (&json!("closed"), &json!("duplicate")));
    assert_eq!(github.find(FP).await.unwrap().unwrap().number, 1);
    let calls = fake.lock().unwrap().calls.clone();
    assert!(calls.contains(&"post /repos/o/r/issues/2/comments".to_owned()), "{calls:?}");
}

#[tokio::test]
async fn an_issue_is_commented_on_closed_and_opened_again() {
    let (github, fake) = github(Fake::default()).await;
    assert_eq!(its_issue(Arc::clone(&github).create(draft(), true).await).number, 1);
    let change = |change| Arc::clone(&github).change(1, change);
    change(Change::Comment("still there".into())).await.unwrap();
    change(Change::Close).await.unwrap();
    let found = Arc::clone(&github).find(FP).await.unwrap().unwrap();
    assert!(!found.is_open && !found.is_declined);
    assert!(matches!(Arc::clone(&github).create(draft(), false).await, Ok(Filed::Closed(_))));
    change(Change::Reopen).await.unwrap();
    assert!(Arc::clone(&github).find(FP).await.unwrap().unwrap().is_open);
    fake.lock().unwrap().issues[0]["state"] = "closed".into();
    fake.lock().unwrap().issues[0]["state_reason"] = "not_planned".into();
    assert!(github.find(FP).await.unwrap().unwrap().is_declined);
}

#[tokio::test]
async fn a_refusal_says_what_to_do() {
    for (status, want) in [
        (401, "gh auth login"),
        (403, "Issues: write"),
        (404, "git remote -v"),
        (410, "switched off"),
        (422, "correct its title"),
        (307, "has moved"),
    ] {
        let fault = Fault::Answer(status, "", r#"{"message":"No.\u001b[31m"}"#);
        let (github, fake) = github(Fake { faults: [fault].into(), ..Fake::default() }).await;
        let error = github.create(draft(), true).await.unwrap_err();
        assert!(matches!(error, Error::Refused(_)), "{status}");
        let text = error.to_string();
        assert!(text.contains(want) && text.contains(" - "), "{text}");
        assert!(!text.contains('\u{1b}') && !text.contains("secret-token"), "{text}");
        assert_eq!(creates(&fake), 1);
    }
    let fault = Fault::Answer(502, "", "");
    let (github, fake) = github(Fake { faults: [fault].into(), ..Fake::default() }).await;
    assert!(matches!(github.create(draft(), true).await, Err(Error::Unknown(_))));
    assert_eq!(creates(&fake), 1);
}

#[tokio::test]
async fn leaves_github_alone_as_long_as_it_asks() {
    for (status, headers, want) in [
        (429, "retry-after: 90\r\n", "1m 30s"),
        (403, "retry-after: 5\r\n", "5s"),
        (403, "x-ratelimit-remaining: 0\r\nx-ratelimit-reset: 1\r\n", "1s"),
        (429, "ratelimit-remaining: 0\r\nratelimit-reset: 90\r\n", "1m 30s"),
        (429, "", "1m"),
    ] {
        let fault = Fault::Answer(status, headers, r#"{"message":"slow down"}"#);
        let (github, fake) =
            github(Fake { faults: [fault].into(), all: true, ..Fake::default() }).await;
        let error = Arc::clone(&github).find(FP).await.unwrap_err();
        assert!(error.to_string().contains(&format!("wait {want}")), "{error}");
        let again = github.create(draft(), true).await.unwrap_err();
        assert!(again.to_string().contains("wait"), "{again}");
        assert_eq!(fake.lock().unwrap().calls.len(), 1);
    }
}

#[tokio::test]
async fn a_failed_look_files_nothing() {
    let fault = Fault::Answer(500, "", "");
    let (github, fake) =
        github(Fake { faults: [fault].into(), all: true, ..Fake::default() }).await;
    assert!(matches!(github.create(draft(), true).await, Err(Error::Refused(_))));
    assert_eq!(creates(&fake), 0);
}

#[tokio::test]
async fn a_marker_in_log_text_is_not_ours() {
    let issue = |number: u64, state: &str, body: String| json!({"number": number, "html_url": "https://x/1", "state": state, "body": body});
    let mut issues = vec![
        issue(1, "closed", format!("ours, closed\n{}", marker(FP))),
        issue(2, "open", format!("ours\r\n{}\r\n", marker(FP))),
        issue(3, "open", format!("```\n{}\n```\nlog text\n{}", marker(FP), marker(Fingerprint(9)))),
        json!({"number": 4, "html_url": "https://x/4", "state": "open", "body": marker(FP), "pull_request": {}}),
        json!({"number": 5, "html_url": "https://x/5", "state": "open", "body": null}),
    ];
    // Two pages, ours on the second.
    issues.extend((6..130).map(|n| issue(n, "open", "other".into())));
    let (github, fake) = github(Fake { issues, ..Fake::default() }).await;
    assert_eq!(Arc::clone(&github).find(FP).await.unwrap().unwrap().number, 2);
    assert_eq!(its_issue(github.create(draft(), true).await).number, 2);
    assert_eq!(creates(&fake), 0);
}

#[tokio::test]
async fn without_token_or_repository_it_says_so() {
    let settings = Settings { repository: Some("git.invalid/o/r".into()), ..Settings::default() };
    let github = Arc::new(Forge::with(settings, "/".into(), |_| None, PACE));
    assert!(!github.info().is_signed_in);
    let text = github.find(FP).await.unwrap_err().to_string();
    assert!(text.contains("set GH_ENTERPRISE_TOKEN") && text.contains("git.invalid"), "{text}");

    let folder = tempfile::tempdir().unwrap();
    let github = Forge::with(Settings::default(), folder.path().into(), |_| None, PACE);
    assert_eq!(github.info().repository, None);
    let text = Arc::new(github).find(FP).await.unwrap_err().to_string();
    assert!(text.contains("issues.repository"), "{text}");
}

#[tokio::test]
async fn an_address_where_nobody_listens_was_sent_nothing() {
    let settings = Settings {
        repository: Some("o/r".into()),
        api: Some("http://127.0.0.1:9".into()),
        ..Settings::default()
    };
    let env = |name: &str| (name == "GH_TOKEN").then(|| "secret-token".to_owned());
    let github = Arc::new(Forge::with(settings, "/".into(), env, PACE));
    assert!(!format!("{github:?}").contains("secret"));
    assert!(github.info().is_signed_in);
    assert!(matches!(github.create(draft(), true).await, Err(Error::Refused(_))));
}
