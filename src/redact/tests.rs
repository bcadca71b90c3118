//! The redactor against fifty kinds of secrets and as many lines that hold none.

use super::{PemState, Redactor};
use crate::model::Secret;

const KEY_BODY: &str = "MIIEpAIBAAKCAQEA7Zq0bV1x8v3kK9mQf2H5cD4eR6tY8uI0oP1aS3dF5gH7jK9l";

fn redact(text: &str) -> String {
    Redactor::with_key([7; 32]).redact(text).0
}

/// Text with one secret, and the secret.
fn secrets() -> Vec<(String, String)> {
    let a = |n: usize| "a1B2c3D4e5F6g7H8i9J0".repeat(8)[..n].to_owned();
    let hex = |n: usize| "0123456789abcdef".repeat(8)[..n].to_owned();
    let mut all: Vec<(String, String)> = [
        ("key is {}", format!("AKIA{}", "IOSFODNN7EXAMPLE".replace(['1', '8', '9', '0'], "A"))),
        ("AWS_SECRET_ACCESS_KEY={}", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".into()),
        ("push with {} failed", format!("ghp_{}", a(36))),
        ("pat {}.", format!("github_pat_{}", a(82))),
        ("ci: {}", format!("glpat-{}", a(20))),
        ("slack {}", format!("xoxb-{}-{}", "123456789012", a(24))),
        (
            "POST https://hooks.slack.com/services/{} 500",
            format!("T{}/B{}/{}", "00000000", "00000000", a(24)),
        ),
        ("https://discord.com/api/webhooks/{}", format!("123456789012345678/{}", a(60))),
        ("maps?key={}&x=1", format!("AIza{}", a(35))),
        ("stripe: {}", format!("sk_{}_{}", "live", a(24))),
        ("hook {}", format!("whsec_{}", a(32))),
        ("npm {}", format!("npm_{}", a(36))),
        ("twine {}", format!("pypi-AgEIcHlwaS5vcmc{}", a(60))),
        ("docker login {}", format!("dckr_pat_{}", a(27))),
        ("Incorrect key: {}", format!("sk-proj-{}", a(48))),
        ("anthropic {}", format!("sk-ant-api03-{}", a(80))),
        ("twilio {}", format!("SK{}", hex(32))),
        ("mail {}", format!("SG.{}.{}", a(22), a(43))),
        ("mailgun {}", format!("key-{}", hex(32))),
        ("do {}", format!("dop_v1_{}", hex(64))),
        ("vault {}", format!("hvs.{}", a(24))),
        ("DefaultEndpointsProtocol=https;AccountKey={};EndpointSuffix=x", format!("{}==", a(86))),
        ("GET https://b.blob.core.windows.net/c?sv=2020&sig={}", format!("{}%3D", a(43))),
        ("sent {}", format!("eyJhbGciOiJIUzI1NiJ9.eyJ{}.{}", a(30), a(43))),
        ("Authorization: Bearer {}", a(40)),
        (r#"{"authorization":"Basic {}"}"#, "dXNlcjpwYXNzd29yZDEyMw==".into()),
        ("called with Bearer {}", a(32)),
        ("Cookie: {}", format!("sid={}; theme=dark", a(24))),
        ("set-cookie: {}", format!("session={}; Path=/; HttpOnly", a(24))),
        ("connect postgres://shop:{}@db:5432/shop failed", "hunter2".into()),
        ("redis://:{}@cache:6379/0", "p@ss".into()),
        ("amqp://guest:{}@mq/%2f", "pa/ss!word".into()),
        ("https://{}@o1.ingest.example.com/2", hex(32)),
        ("host=db user=shop password={} dbname=shop", "hunter2".into()),
        ("host=db password='{}' dbname=shop", "two words".into()),
        (r#"{"user":"shop","password":"{}","x":1}"#, "hun,ter;2".into()),
        (r#"body: "{\"password\":\"{}\"}""#, "hunter2".into()),
        ("POSTGRES_PASSWORD={}", "shop".into()),
        ("Server=db;Uid=sa;Pwd={};", "Str0ng!".into()),
        ("dbPass={}", "hunter2".into()),
        ("password: {}", "correcthorse".into()),
        ("client_secret={}&grant_type=code", "s3cr3t".into()),
        ("access_token={}", a(20)),
        ("X-Api-Key: {}", a(20)),
        ("session_id={}", hex(32)),
        ("api_key => '{}'", a(16)),
        ("shop:{}@tcp(db:3306)/shop", "hunter2".into()),
        ("ALTER USER shop WITH PASSWORD '{}'", "hunter2".into()),
        ("CREATE USER x IDENTIFIED BY '{}'", "hunter2".into()),
        ("redis-server --requirepass {}", "hunter2".into()),
        ("mysqladmin --password {} ping", "hunter2".into()),
        ("curl -u admin:{} http://x", "hunter2".into()),
        ("https://api.telegram.org/bot123456789:{}/x", format!("AA{}", a(33))),
    ]
    .into_iter()
    .map(|(frame, secret): (&str, String)| (frame.replace("{}", &secret), secret))
    .collect();
    all.push((
        format!("-----BEGIN RSA PRIVATE KEY-----\\n{KEY_BODY}\\n-----END RSA PRIVATE KEY-----"),
        KEY_BODY.into(),
    ));
    all
}

#[test]
fn masks_every_kind_and_stays_so() {
    for (text, secret) in secrets() {
        let redactor = Redactor::with_key([7; 32]);
        let (once, count) = redactor.redact(&text);
        assert!(!once.contains(&secret), "{text}\n{once}");
        assert_eq!(count, 1, "{text}\n{once}");
        assert_eq!(redactor.redact(&once), (once.clone(), 0), "not stable");
    }
}

#[test]
fn masks_in_the_middle_of_anything() {
    for (text, secret) in
        secrets().into_iter().filter(|(t, _)| !t.to_lowercase().contains("cookie"))
    {
        for frame in ["2024-01-15 ERROR {} (retry 3)", "[api] \"{}\"", "äöü {} 日本語", "a\n{}\nb"]
        {
            let masked = redact(&frame.replace("{}", &text));
            assert!(!masked.contains(&secret), "{frame} {text}\n{masked}");
        }
    }
}

#[test]
fn leaves_clean_lines_alone() {
    for line in [
        "token expired at 2024-01-15T10:30:45Z",
        "password authentication failed for user \"shop\"",
        "FATAL: password authentication failed for user \"postgres\"",
        "jwt malformed",
        "JsonWebTokenError: invalid token",
        "SyntaxError: Unexpected token: punc (})",
        "SyntaxError: Unexpected token } in JSON at position 42",
        "Invalid token: unexpected end of input",
        "token: expired",
        "Token=expired",
        "password: required",
        "secret: not found",
        "secret not found: shop/db",
        "password must be at least 8 characters",
        "session closed: 42 requests served",
        "session_timeout=30 max_tokens=4096 tokens=12 token_count=3",
        "tests passed: 12, failed: 0",
        "pass=12 fail=3",
        "compass: north",
        "bypass: enabled",
        "123e4567-e89b-12d3-a456-426614174000 not found",
        "request 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 done",
        "open /var/lib/docker/overlay2/9f86d081884c7d659a2feaa0c55ad015/merged: no such file",
        "GET http://api:8080/users/5 500 12ms",
        "GET http://api:8080/u/jan@example.com 200",
        "dial tcp 172.18.0.5:5432: connect: connection refused",
        "connecting to postgres://db:5432/shop",
        "connecting to postgres://shop@db:5432/shop",
        "image sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "commit 4a4a791e0b2f1c3d5e6f7a8b9c0d1e2f3a4b5c6d",
        "ModuleNotFoundError: No module named 'passlib'",
        "Bearer token is missing",
        "basic authentication failed",
        "risk-free task-0123456789abcdef0123 disk-full",
        "api_key: missing",
        "API key is not set",
        "PASSWORD=${DB_PASSWORD}",
        "password=******",
        "password=<hidden>",
        "-----BEGIN CERTIFICATE-----",
        "cookie: not found",
        "Can't locate revision identified by '9a8b7c6d5e4f'",
        "mail to jan@example.com bounced: relay=mx.example.com[10.0.0.1]:25",
        "12:30:45 user:name@host",
    ] {
        assert_eq!(redact(line), line);
    }
}

#[test]
fn masks_keys_over_many_lines_and_keeps_their_number() {
    let key = format!(
        "loading\n-----BEGIN PRIVATE KEY-----\n{KEY_BODY}\n{KEY_BODY}\nc2hvcnQ=\n-----END PRIVATE KEY-----\nready"
    );
    let (masked, count) = Redactor::with_key([7; 32]).redact(&key);
    assert_eq!(count, 5, "{masked}");
    assert!(!masked.contains("MII") && !masked.contains("c2hvcnQ"), "{masked}");
    assert!(masked.starts_with("loading\n[redacted:private-key:"), "{masked}");
    assert!(masked.ends_with("\nready"), "{masked}");
    assert_eq!(masked.lines().count(), key.lines().count());
}

#[test]
fn a_key_without_end_is_over_after_a_while() {
    let redactor = Redactor::with_key([7; 32]);
    let mut pem = PemState::default();
    redactor.line(&mut pem, b"-----BEGIN RSA PRIVATE KEY-----").unwrap();
    for _ in 0..30 {
        let line = format!("12:00:01 INFO {KEY_BODY}");
        let masked = redactor.line(&mut pem, line.as_bytes()).unwrap();
        assert!(masked.bytes.starts_with(b"12:00:01 INFO [redacted:private-key:"));
    }
    for _ in 0..8 {
        assert_eq!(redactor.line(&mut pem, b"GET /users/5 200 in 12 ms"), None);
    }
    assert!(!pem.is_open());
    redactor.line(&mut pem, b"-----BEGIN RSA PRIVATE KEY-----").unwrap();
    let masked = (0..200).filter(|_| redactor.line(&mut pem, b"word").is_some()).count();
    assert_eq!(masked, 100);
}

#[test]
fn sees_what_a_person_would_read() {
    let redactor = Redactor::with_key([7; 32]);
    for line in [
        "password=\x1b[33mhunter2\x1b[0m",
        "\x1b[1mpass\x1b[0mword\x1b[2m=\x1b[0mhun\x1b[31mter2",
        "pass\u{200b}word=hun\u{200b}ter2",
        "\x1b]0;title\x07password=hunter2",
        "\x1b]8;;http://x/?password=hunter2\x07link\x1b]8;;\x07",
        "\u{9b}33mpassword\u{9b}0m: hunter2",
    ] {
        let masked = redactor.line(&mut PemState::default(), line.as_bytes()).expect(line);
        let text = String::from_utf8(masked.bytes).unwrap();
        let read = crate::model::SafeText::from_untrusted(text.as_bytes());
        assert!(!read.contains("hun") && !text.contains("ter2"), "{line:?} {text:?}");
    }
    let masked =
        redactor.line(&mut PemState::default(), b"\xff\xfe password=hunter2 \xff").unwrap();
    assert!(
        masked.bytes.starts_with(b"\xff\xfe password=[redacted:")
            && masked.bytes.ends_with(b"] \xff")
    );
}

#[test]
fn a_secret_that_is_cut_goes() {
    let redactor = Redactor::with_key([7; 32]);
    for part in ["ghp_a1B2", "github_pat_", "eyJhbGciOi", "password=hu", "AKIAIOSF", "sk-proj-abc"]
    {
        for note in ["", "… [dogwatch: cut at 1 MiB, 2.2 MB not kept]"] {
            let line = format!("{} {part}{note}", "a ".repeat(1 << 19));
            let masked = redactor.line(&mut PemState::default(), line.as_bytes()).expect(part);
            let text = String::from_utf8(masked.bytes).unwrap();
            assert!(text.ends_with(&format!("]{note}")) || !text.contains(part), "{part}");
        }
        let short = format!("word {part}");
        assert_eq!(
            redactor.line(&mut PemState::default(), short.as_bytes()).is_some(),
            part.contains('='),
            "{part}"
        );
    }
}

#[test]
fn values_of_the_environment_are_known_until_forgotten() {
    let redactor = Redactor::with_key([7; 32]);
    let line = b"connecting with z9-kq77-Lm to db";
    let mut pem = PemState::default();
    assert_eq!(redactor.line(&mut pem, line), None);
    redactor.learn("a", vec![Secret::new("z9-kq77-Lm"), Secret::new("postgres")]);
    redactor.learn("b", vec![Secret::new("z9-kq77-Lm")]);
    let masked = redactor.line(&mut pem, line).unwrap();
    assert!(masked.bytes.starts_with(b"connecting with [redacted:env:"));
    assert_eq!(redactor.line(&mut pem, b"database system of postgres is ready"), None);
    redactor.forget("a");
    assert_eq!(redactor.line(&mut pem, line).unwrap(), masked);
    redactor.forget("b");
    assert_eq!(redactor.line(&mut pem, line), None);
    assert!(!format!("{redactor:?} {:?}", Secret::new("z9-kq77-Lm")).contains("z9"));
}

#[test]
fn what_only_looks_like_a_mark_protects_nothing() {
    let key = "-----BEGIN PRIVATE KEY-----";
    for line in [
        format!("cookie: password=[redacted:]{key}"),
        format!("password=[redacted:hunter2 {key}"),
        "[redacted:ghp_a1B2c3D4e5F6g7H8i9J0a1B2c3D4e5F6g7H8 x]".to_owned(),
    ] {
        let once = redact(&line);
        assert!(!once.contains(key) && !once.contains("ghp_"), "{line} -> {once}");
        assert_eq!(redact(&once), once);
    }
}

#[test]
fn a_key_that_is_a_value_goes_whole() {
    let key = format!(
        "key={{}} password=-----BEGIN PRIVATE KEY-----\n{KEY_BODY}\n-----END PRIVATE KEY-----"
    );
    assert!(!redact(&key).contains("MII"), "{}", redact(&key));
}

#[test]
fn equal_secrets_get_equal_words() {
    let masked = redact("password=hunter2 password=hunter3 password=hunter2");
    let words: Vec<_> = masked.split(' ').collect();
    assert_eq!(words[0], words[2]);
    assert_ne!(words[0], words[1]);
    assert_ne!(Redactor::with_key([8; 32]).redact("password=hunter2").0, words[0]);
}

#[test]
fn a_secret_longer_than_the_window_goes_whole() {
    let masked = redact(&format!("password={} end", "s3cr3t".repeat(10_000)));
    assert!(!masked.contains("s3cr3t") && masked.ends_with(" end"), "{}", masked.len());
}

#[test]
fn time_is_linear_in_hostile_text() {
    for piece in [
        "eyJ",
        "://a:",
        "password=",
        "-----BEGIN ",
        "-----BEGIN PRIVATE KEY-----\n",
        "Bearer ",
        "sk-ey.",
        "a:@tcp(",
    ] {
        let text = piece.repeat((1 << 18) / piece.len());
        let begin = std::time::Instant::now();
        Redactor::with_key([7; 32]).redact(&text);
        assert!(begin.elapsed().as_secs() < 15, "{piece} took {:?}", begin.elapsed());
    }
}

proptest::proptest! {
    #[test]
    fn anything_can_be_masked(text in "(\\PC|[\n:/@=\"'-]|password=|://|eyJ|Bearer |-----BEGIN PRIVATE KEY-----){0,60}") {
        let redactor = Redactor::with_key([7; 32]);
        let (masked, _) = redactor.redact(&text);
        proptest::prop_assert_eq!(masked.matches('\n').count(), text.matches('\n').count());
    }
}
