//! Messages to people and programs elsewhere, as they arrive there: the form of each place, TLS with a mail server, and
//! what a stack that breaks, is repaired and is given up makes of them. The last needs an Engine, else it says that it
//! skips.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "this is a test; its helpers are no test functions"
)]

mod common;
#[path = "common/post.rs"]
mod post;

use common::{Stack, wait_for};
use post::{Inbox, Mailbox, SIGNED_IN, Talk};
use serde_json::{Value, json};
use std::{
    fs,
    path::Path,
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

/// A dogwatch that has no other settings than these places.
fn dogwatch(targets: &[String]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dogwatch"));
    command
        .arg("--no-config")
        .env("DOGWATCH_NOTIFY__TO", format!("[{}]", targets.join(", ")))
        .env("MAIL_PASSWORD", "hush-hush");
    command
}

/// `dogwatch notify --test` that believes these certificates.
fn tested(targets: &[String], certificates: &Path) -> Output {
    let mut command = dogwatch(targets);
    command.args(["notify", "--test"]).env("SSL_CERT_FILE", certificates).output().unwrap()
}

fn hook(kind: &str, url: &str) -> String {
    format!("{{kind = '{kind}', url = '{url}', allow_private = true}}")
}

fn mail(server: &Mailbox, more: &str) -> String {
    let port = server.port;
    format!(
        "{{kind = 'email', host = 'localhost', port = {port}, from = 'Dogwatch <dog@shop.test>', \
         to = ['ops@shop.test', 'anna@shop.test'], allow_private = true, {more}}}"
    )
}

const IN_THE_OPEN: &str = "security = 'none'";
const STARTTLS: &str = "user = 'dog', password_env = 'MAIL_PASSWORD'";

#[test]
fn every_place_gets_a_test_message_in_its_form() {
    let inbox = Inbox::open();
    let servers = [Talk::Open, Talk::Starttls, Talk::Tls].map(Mailbox::open);
    let folder = tempfile::tempdir().unwrap();
    let (password, certificates) = (folder.path().join("password"), folder.path().join("pem"));
    fs::write(&password, "hush-hush\n").unwrap();
    fs::write(&certificates, servers.each_ref().map(|s| s.certificate.as_str()).concat()).unwrap();
    let tls = format!("security = 'tls', user = 'dog', password_file = '{}'", password.display());
    let hooks = ["webhook", "slack", "teams", "discord", "ntfy"];
    let mut targets =
        hooks.map(|kind| hook(kind, &format!("{}/hook/{kind}", inbox.address))).to_vec();
    let ways = [IN_THE_OPEN, STARTTLS, &tls];
    targets.extend(servers.iter().zip(ways).map(|(server, way)| mail(server, way)));

    let output = tested(&targets, &certificates);
    let told = String::from_utf8(output.stdout).unwrap();
    let want = [&hooks[..], &["email"; 3]].concat().join(": taken\n") + ": taken\n";
    assert_eq!(told, want, "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success());

    let (title, text) = ("dogwatch: test", "This is a test: messages arrive.");
    let card = |text: &str, more: Value| {
        let mut block = json!({"type": "TextBlock", "text": text, "wrap": true});
        block.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        block
    };
    let forms = [
        (
            "/hook/webhook",
            json!({
                "title": title, "text": text, "level": "info", "project": "test", "service": null, "heldBack": 0,
            }),
        ),
        ("/hook/slack", json!({"text": format!("*{title}*\n{text}")})),
        (
            "/hook/teams",
            json!({"type": "message", "attachments": [{
                "contentType": "application/vnd.microsoft.card.adaptive",
                "content": {
                    "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                    "type": "AdaptiveCard",
                    "version": "1.4",
                    "body": [card(title, json!({"weight": "Bolder"})), card(text, json!({}))],
                },
            }]}),
        ),
        (
            "/hook/discord",
            json!({
                "content": format!("**{title}**\n{text}"), "allowed_mentions": {"parse": []},
            }),
        ),
        ("/", json!({"topic": "ntfy", "title": title, "message": text, "priority": 3})),
    ];
    assert_eq!(inbox.posts(), forms.map(|(path, body)| (path.to_owned(), body)));

    for (server, is_secret) in servers.iter().zip([false, true, true]) {
        let [letter] = &server.letters()[..] else { panic!("{:?}", server.letters()) };
        assert_eq!(letter.is_secret, is_secret, "{letter:?}");
        let signed_in = is_secret.then(|| format!("PLAIN {SIGNED_IN}"));
        assert_eq!(letter.signed_in, signed_in, "{letter:?}");
        assert_eq!(letter.from, "FROM:<dog@shop.test>");
        assert_eq!(letter.to, ["TO:<ops@shop.test>", "TO:<anna@shop.test>"]);
        for part in [
            "From: Dogwatch <dog@shop.test>",
            "To: ops@shop.test, anna@shop.test",
            "Subject: dogwatch: test: This is a test: messages arrive.",
            "Auto-Submitted: auto-generated",
            "\n\nThis is a test: messages arrive.\n",
        ] {
            assert!(letter.text.contains(part), "{part}: {}", letter.text);
        }
    }
}

#[test]
fn who_cannot_be_trusted_gets_neither_password_nor_letter() {
    let (open, starttls, tls) =
        (Mailbox::open(Talk::Open), Mailbox::open(Talk::Starttls), Mailbox::open(Talk::Tls));
    let folder = tempfile::tempdir().unwrap();
    let (known, stranger) = (folder.path().join("known"), folder.path().join("stranger"));
    fs::write(&known, [&*starttls.certificate, &tls.certificate].concat()).unwrap();
    fs::write(&stranger, Mailbox::open(Talk::Open).certificate).unwrap();
    let wrong = "user = 'dog', password_env = 'USER_NAME'";
    let elsewhere = mail(&starttls, STARTTLS).replace("'localhost'", "'127.0.0.1'");
    let inside = mail(&starttls, STARTTLS).replace("allow_private = true", "allow_private = false");
    for (target, certificates, want) in [
        (mail(&open, STARTTLS), &known, "offers no STARTTLS"),
        (mail(&starttls, STARTTLS), &stranger, "certificate"),
        (mail(&tls, &format!("security = 'tls', {STARTTLS}")), &stranger, "certificate"),
        (elsewhere, &known, "certificate"),
        (inside, &known, "is not public"),
        (mail(&starttls, wrong), &known, "who are you"),
        (mail(&starttls, IN_THE_OPEN), &known, "sign in first"),
        (mail(&open, &format!("security = 'none', {STARTTLS}")), &known, "not said in the open"),
    ] {
        let mut command = dogwatch(&[target]);
        command.args(["notify", "--test"]).env("SSL_CERT_FILE", certificates);
        let output = command.env("USER_NAME", "not-the-password").output().unwrap();
        let told = String::from_utf8(output.stdout).unwrap();
        assert!(told.starts_with("email ") && told.contains(want), "{want}: {told}");
        assert_eq!(output.status.code(), Some(1), "{told}");
        assert!(!told.contains("hush") && !told.contains("not-the-password"), "{told}");
    }
    let taken = [open, starttls, tls].iter().map(|server| server.letters().len()).sum::<usize>();
    assert_eq!(taken, 0);
}

/// `flaky` has a problem that holds secrets, ends when told, and is well when started; `loop` is never well.
const SERVICES: &str = r#"
  flaky:
    image: $IMAGE
    init: true
    environment: {DB_PASSWORD: tulips-in-march-77}
    command:
      - sh
      - -c
      - |
        while [ ! -e /tmp/die ]; do sleep 0.2; done
        rm /tmp/die
        echo 'FATAL: cannot sign in to postgres://shop:winter-is-long-42@db/shop <!channel> @everyone'
        echo "FATAL: the password $$DB_PASSWORD was refused"
        sleep 1
        exit 3
  loop:
    image: $IMAGE
    command: ["sh", "-c", "sleep 1; exit 4"]
"#;
const SECRETS: [&str; 4] = ["tulips-in-march-77", "winter-is-long-42", "hush-hush", SIGNED_IN];

/// Seconds between two messages about the same.
const COOLDOWN: u64 = 45;

/// Ends with the value.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn what_breaks_is_repaired_and_given_up_is_told_once_each_and_no_secret_with_it() {
    let Some(stack) = Stack::up("messages", SERVICES) else { return };
    let (inbox, server) = (Inbox::open(), Mailbox::open(Talk::Open));
    let state = tempfile::tempdir().unwrap();
    let hooks = ["webhook", "slack", "teams", "discord", "ntfy"];
    let mut targets =
        hooks.map(|kind| hook(kind, &format!("{}/hook/{kind}", inbox.address))).to_vec();
    targets.push(mail(&server, IN_THE_OPEN));
    let log = fs::File::create(state.path().join("said")).unwrap();
    let child = dogwatch(&targets)
        .args(["watchdog", "--mode", "auto", "--format", "json", "-p", &stack.name])
        .env("DOGWATCH_STATE_DIR", state.path())
        .env("DOGWATCH_NOTIFY__COOLDOWN_SECONDS", COOLDOWN.to_string())
        .env("DOGWATCH_WATCHDOG__WINDOW_SECONDS", "2")
        .env("DOGWATCH_WATCHDOG__BREAKER_ACTIONS", "1000")
        .env("RESTART_COOLDOWN", "1")
        .env("MAX_RESTART_ATTEMPTS", "3")
        .env("WATCHDOG_INTERVAL", "1")
        .stdout(log.try_clone().unwrap())
        .stderr(Stdio::from(log))
        .spawn();
    let _running = Running(child.unwrap());
    let told = |level: &str, service: &str, word: &str| -> Vec<Value> {
        let plain = inbox.posts().into_iter().filter(|(path, _)| path == "/hook/webhook");
        let fits = |body: &Value| {
            let text = body["text"].as_str().unwrap();
            body["level"] == level && body["service"] == service && text.contains(word)
        };
        plain.map(|(_, body)| body).filter(fits).collect()
    };
    let said = || fs::read_to_string(state.path().join("said")).unwrap();
    let worked = || {
        let lines = said();
        let ended = |v: &Value| v["service"] == "flaky" && v["ending"] == "worked";
        lines.lines().filter_map(|l| serde_json::from_str(l).ok()).filter(ended).count()
    };
    let fall = || stack.compose(&["exec", "-T", "flaky", "touch", "/tmp/die"]);

    fall();
    wait_for("the first repair", || worked() == 1);
    wait_for("its message", || told("info", "flaky", "start worked").len() == 1);
    let first = Instant::now();
    fall();
    wait_for("the second repair", || worked() == 2);
    assert!(first.elapsed().as_secs() < COOLDOWN, "too slow a machine: {:?}", first.elapsed());
    assert_eq!(told("info", "flaky", "").len(), 1, "it is held back");
    wait_for("the end of the rest", || first.elapsed() > Duration::from_secs(COOLDOWN + 1));
    fall();
    wait_for("the third repair", || told("info", "flaky", "start worked").len() == 2);
    wait_for("the give-up", || !told("critical", "loop", "gave up after 3 attempts").is_empty());
    wait_for("the letters", || server.letters().len() * hooks.len() == inbox.posts().len());

    let repairs = told("info", "flaky", "start worked");
    assert_eq!((&repairs[0]["heldBack"], &repairs[1]["heldBack"]), (&0.into(), &1.into()));
    assert!(repairs[1]["text"].as_str().unwrap().contains("one more about it was held back"));
    assert_eq!(told("critical", "loop", "").len(), 1, "it is given up once");
    let problems = told("critical", "flaky", "critical: ");
    let about = |word: &str| -> Vec<&Value> {
        problems.iter().filter(|p| p["text"].as_str().unwrap().contains(word)).collect()
    };
    let news = |problems: &[&Value]| problems.iter().filter(|p| p["heldBack"] == 0).count();
    assert_eq!(news(&about("sign in to")), 1, "{problems:#?}");
    assert_eq!(news(&about("was refused")), 1, "{problems:#?}");

    let all = inbox.posts();
    for kind in hooks {
        let path = if kind == "ntfy" { "/".to_owned() } else { format!("/hook/{kind}") };
        let count = all.iter().filter(|(at, _)| *at == path).count();
        assert_eq!(count, server.letters().len(), "{kind} gets what the others get");
    }
    let letters = server.letters();
    let subjects: Vec<_> =
        letters.iter().filter_map(|l| l.text.lines().find(|l| l.starts_with("Subject:"))).collect();
    assert_eq!(subjects.len(), letters.len());
    let everything = format!("{all:?}{letters:?}{}", said());
    for secret in SECRETS {
        assert!(!everything.contains(secret), "{secret} is told");
    }
    let calls_all = |(path, body): &(String, Value)| {
        path == "/hook/slack" && body.to_string().contains("<!channel>")
    };
    assert!(!all.iter().any(calls_all), "{all:#?}");
    eprintln!("{} messages to each of {} places: {subjects:#?}", letters.len(), hooks.len() + 1);
}

/// Says the same again and again.
const NOISY: &str = r#"
  noisy:
    image: $IMAGE
    init: true
    command: ["sh", "-c", "while true; do echo 'FATAL: cannot sign in to the store'; sleep 0.3; done"]
"#;

#[test]
fn monitor_tells_of_a_problem_once_however_often_it_comes() {
    let Some(stack) = Stack::up("messages-monitor", NOISY) else { return };
    let inbox = Inbox::open();
    let state = tempfile::tempdir().unwrap();
    let child = dogwatch(&[hook("webhook", &inbox.address)])
        .args(["monitor", "--interval", "1", "-p", &stack.name, "--output-dir"])
        .arg(state.path())
        .env("DOGWATCH_STATE_DIR", state.path())
        .stdout(Stdio::null())
        .spawn();
    let _running = Running(child.unwrap());
    wait_for("the message", || !inbox.posts().is_empty());
    let file = state.path().join("docker_issues_dev.json");
    let count = || {
        let file: Value = serde_json::from_str(&fs::read_to_string(&file).ok()?).ok()?;
        file["issues"][0]["count"].as_u64()
    };
    wait_for("thirty of them", || count().is_some_and(|count| count > 30));
    let posts = inbox.posts();
    let [(_, told)] = &posts[..] else { panic!("{posts:#?}") };
    let what = (&told["level"], &told["service"], &told["project"]);
    assert_eq!(what, (&"critical".into(), &"noisy".into(), &stack.name.as_str().into()));
}
