//! The promise of redaction: no secret of any kind leaks from any place, and harmless lines stay as they are.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "this is a test; its helpers are no test functions, and it prints its figures"
)]

use dogwatch::{
    model::Secret,
    redact::{PemState, Redactor, secrets_of},
};
use proptest::prelude::*;

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.roll(from.len())]
    }

    fn word(&mut self, letters: &str, length: usize) -> String {
        (0..length).map(|_| char::from(letters.as_bytes()[self.roll(letters.len())])).collect()
    }

    fn alnum(&mut self, length: usize) -> String {
        let word =
            self.word("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", length - 2);
        // A token of letters alone is so rare that nobody would call it one.
        format!("{word}7q")
    }

    fn hex(&mut self, length: usize) -> String {
        self.word("0123456789abcdef", length)
    }

    fn upper(&mut self, length: usize) -> String {
        self.word("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", length)
    }

    fn password(&mut self) -> String {
        let length = 8 + self.roll(12);
        format!(
            "{}{}",
            self.word("abcdefghkmnpqrstuvwxyzABCDEFGH23456789!%*+-_.~", length),
            self.roll(90) + 10
        )
    }
}

/// A secret and how it stands in a line.
struct Planted {
    kind: &'static str,
    /// What must not be seen.
    secret: String,
    /// The secret with what gives it away.
    text: String,
}

/// Kinds of secrets; each call gives another one.
const KINDS: [&str; 56] = [
    "aws id",
    "aws secret",
    "github classic",
    "github fine",
    "gitlab",
    "slack token",
    "slack hook",
    "discord hook",
    "teams hook",
    "google key",
    "google account",
    "stripe",
    "stripe hook",
    "npm",
    "pypi",
    "docker hub",
    "openai",
    "anthropic",
    "twilio",
    "sendgrid",
    "mailgun",
    "digitalocean",
    "azure account",
    "azure sas",
    "jwt",
    "basic",
    "bearer",
    "token scheme",
    "cookie",
    "set-cookie",
    "url user info",
    "sentry dsn",
    "postgres",
    "mysql",
    "mongodb",
    "redis",
    "amqp",
    "key value dsn",
    "ado",
    "go driver",
    "env password",
    "env secret",
    "yaml",
    "json",
    "json in json",
    "logfmt",
    "python dict",
    "ruby hash",
    "query",
    "api key header",
    "argument",
    "sql",
    "curl",
    "vault",
    "telegram",
    "session id",
];

fn plant(kind: &'static str, dice: &mut Dice) -> Planted {
    let hooks = "https://hooks.slack.com/services/";
    let password = dice.password();
    let (secret, frame): (String, String) = match kind {
        "aws id" => (format!("AKIA{}", dice.upper(16)), "{}".into()),
        "aws secret" => (dice.word("ABCabc012/+xyz789", 40), "AWS_SECRET_ACCESS_KEY={}".into()),
        "github classic" => (format!("ghp_{}", dice.alnum(36)), "{}".into()),
        "github fine" => (format!("github_pat_{}_{}", dice.alnum(22), dice.alnum(59)), "{}".into()),
        "gitlab" => (format!("glpat-{}", dice.alnum(20)), "{}".into()),
        "slack token" => (format!("xoxb-{}-{}", dice.word("0123456789", 12), dice.alnum(24)), "{}".into()),
        "slack hook" => (format!("T{}/B{}/{}", dice.upper(8), dice.upper(8), dice.alnum(24)), format!("{hooks}{{}}")),
        "discord hook" => (
            format!("{}/{}", dice.word("123456789", 18), dice.alnum(68)),
            "https://discord.com/api/webhooks/{}".into(),
        ),
        "teams hook" => (
            format!("webhookb2/{}@{}/IncomingWebhook/{}", dice.hex(32), dice.hex(32), dice.hex(32)),
            "https://shop.webhook.office.com/{}".into(),
        ),
        "google key" => (format!("AIza{}", dice.alnum(35)), "maps/api?key={}".into()),
        "google account" => (
            dice.alnum(64),
            r#"{"type":"service_account","private_key":"-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n"}"#.into(),
        ),
        "stripe" => (format!("sk_live_{}", dice.alnum(24)), "{}".into()),
        "stripe hook" => (format!("whsec_{}", dice.alnum(32)), "{}".into()),
        "npm" => (format!("npm_{}", dice.alnum(36)), "{}".into()),
        "pypi" => (format!("pypi-AgEIcHlwaS5vcmc{}", dice.alnum(70)), "{}".into()),
        "docker hub" => (format!("dckr_pat_{}", dice.alnum(27)), "{}".into()),
        "openai" => (format!("sk-proj-{}", dice.alnum(48)), "{}".into()),
        "anthropic" => (format!("sk-ant-api03-{}", dice.alnum(90)), "{}".into()),
        "twilio" => (format!("SK{}", dice.hex(32)), "{}".into()),
        "sendgrid" => (format!("SG.{}.{}", dice.alnum(22), dice.alnum(43)), "{}".into()),
        "mailgun" => (format!("key-{}", dice.hex(32)), "{}".into()),
        "digitalocean" => (format!("dop_v1_{}", dice.hex(64)), "{}".into()),
        "azure account" => (
            format!("{}==", dice.alnum(86)),
            "DefaultEndpointsProtocol=https;AccountName=shop;AccountKey={};EndpointSuffix=core.windows.net".into(),
        ),
        "azure sas" => (
            format!("{}%3D", dice.alnum(43)),
            "https://shop.blob.core.windows.net/c/f?sv=2022-11-02&sp=r&sig={}".into(),
        ),
        "jwt" => (format!("eyJ{}.eyJ{}.{}", dice.alnum(20), dice.alnum(60), dice.alnum(43)), "{}".into()),
        "basic" => (format!("{}==", dice.alnum(22)), "Authorization: Basic {}".into()),
        "bearer" => (dice.alnum(40), dice.pick(&["Authorization: Bearer {}", "sent Bearer {}"]).into()),
        "token scheme" => (dice.hex(40), "authorization: Token {}".into()),
        "cookie" => (format!("sid={}; theme={}", dice.alnum(26), dice.alnum(6)), "Cookie: {}".into()),
        "set-cookie" => (format!("session={}", dice.alnum(32)), "Set-Cookie: {}; Path=/; HttpOnly".into()),
        "url user info" => (password, "https://deploy:{}@git.example.com/shop.git".into()),
        "sentry dsn" => (dice.hex(32), "https://{}@o4711.ingest.example.com/42".into()),
        "postgres" => (password, "postgres://shop:{}@db:5432/shop?sslmode=disable".into()),
        "mysql" => (password, "mysql+pymysql://root:{}@mysql/shop".into()),
        "mongodb" => (password, "mongodb+srv://app:{}@cluster0.example.net/shop".into()),
        "redis" => (password, "redis://:{}@cache:6379/0".into()),
        "amqp" => (password, "amqp://guest:{}@queue:5672/%2f".into()),
        "key value dsn" => (password, "host=db port=5432 user=shop password={} dbname=shop".into()),
        "ado" => (password, "Server=db;Database=shop;User Id=sa;Password={};Encrypt=true".into()),
        "go driver" => (password, "shop:{}@tcp(db:3306)/shop?parseTime=true".into()),
        "env password" => (password, dice.pick(&["POSTGRES_PASSWORD={}", "MYSQL_PWD={}", "RABBITMQ_DEFAULT_PASS={}"]).into()),
        "env secret" => (password, dice.pick(&["JWT_SECRET={}", "SECRET_KEY_BASE={}", "APP_KEY={}"]).into()),
        "yaml" => (password, dice.pick(&["password: {}", "client_secret: {}", "apiKey: \"{}\""]).into()),
        "json" => (password, dice.pick(&[r#"{"user":"shop","password":"{}","n":1}"#, r#"{"apiKey": "{}"}"#]).into()),
        "json in json" => (password, r#"{"body":"{\"password\":\"{}\",\"n\":1}"}"#.into()),
        "logfmt" => (password, dice.pick(&["level=info password={} n=1", "level=info db_password=\"{}\" n=1"]).into()),
        "python dict" => (password, dice.pick(&["{'user': 'shop', 'password': '{}'}", "{'secret': b'{}'}"]).into()),
        "ruby hash" => (password, dice.pick(&[r#"{"password"=>"{}", "n"=>1}"#, r#"{:password=>"{}"}"#]).into()),
        "query" => (dice.alnum(24), dice.pick(&["/cb?access_token={}&state=1", "/x?n=1&api_key={}"]).into()),
        "api key header" => (dice.alnum(32), dice.pick(&["X-Api-Key: {}", "x-auth-token: {}", "API key: {}"]).into()),
        "argument" => (password, dice.pick(&["mysqladmin --password {} ping", "app --api-key={} run"]).into()),
        "sql" => (password, dice.pick(&["ALTER USER shop WITH PASSWORD '{}'", "CREATE USER x IDENTIFIED BY '{}'"]).into()),
        "curl" => (password, "curl -s -u admin:{} http://api:8080/".into()),
        "vault" => (format!("hvs.{}", dice.alnum(24)), "{}".into()),
        "telegram" => (format!("AA{}", dice.alnum(33)), "https://api.telegram.org/bot123456789:{}/getMe".into()),
        _ => (dice.hex(32), dice.pick(&["session_id={}", "connect.sid={}", "\"sessionId\":\"{}\""]).into()),
    };
    let text = frame.replace("{}", &secret);
    Planted { kind, secret, text }
}

/// Places in lines; `{}` is where the planted text stands.
const PLACES: [&str; 14] = [
    "{}",
    "2024-01-15T10:30:45.123Z ERROR request failed: {} (attempt 3)",
    "15/Jan/2024 10:30:45 [worker-2] DEBUG {}",
    "{} <- this was refused",
    "{\"level\":\"error\",\"ts\":1705314645,\"msg\":\"{}\"}",
    "ts=2024-01-15T10:30:45Z level=warn msg=\"{}\" n=3",
    "    at connect (/app/src/db.js:42:13) {}",
    "  File \"/app/main.py\", line 12, in connect, args=({})",
    "\u{1b}[31mERROR\u{1b}[0m \u{1b}[1m{}\u{1b}[0m",
    "\u{1b}[2m2024-01-15\u{1b}[0m \u{1b}[33m{}",
    "zażółć gęślą jaźń {} 日本語",
    "{} and once more {}",
    "api-1  | {}",
    "\t{}\r",
];

/// How a planted text is put into a line.
fn place(planted: &Planted, place: &str) -> String {
    if place.contains("\\\"") || place.starts_with('{') && place.len() > 2 && place.contains("msg")
    {
        let escaped = planted.text.replace('\\', "\\\\").replace('"', "\\\"");
        return place.replace("{}", &escaped);
    }
    place.replace("{}", &planted.text)
}

fn masked(redactor: &Redactor, pem: &mut PemState, line: &str) -> String {
    redactor
        .line(pem, line.as_bytes())
        .map_or_else(|| line.to_owned(), |r| String::from_utf8(r.bytes).unwrap())
}

fn read(text: &str) -> String {
    dogwatch::model::SafeText::from_untrusted(text.as_bytes()).as_str().to_owned()
}

#[test]
fn no_secret_leaks() {
    let redactor = Redactor::with_key([7; 32]);
    let mut dice = Dice(20_240_115);
    let (mut planted_count, mut leaks) = (0, Vec::new());
    let mut check = |kind: &str, secret: &str, line: &str| {
        planted_count += 1;
        let out = masked(&redactor, &mut PemState::default(), line);
        let seen = read(&out);
        // Eight characters of it in a row are a leak as well.
        let is_seen = |part: &[u8]| memchr::memmem::find(seen.as_bytes(), part).is_some();
        if out.contains(secret) || secret.as_bytes().windows(8).any(is_seen) {
            leaks.push(format!("{kind}: {line:.300}\n      -> {out:.300}"));
        }
    };
    for kind in KINDS {
        for round in 0..5 {
            for frame in PLACES {
                let planted = plant(kind, &mut dice);
                check(kind, &planted.secret, &place(&planted, frame));
                if round > 0 {
                    continue;
                }
                // Over the border of a frame of 16 kB, and colours within.
                let planted = plant(kind, &mut dice);
                let padding = "lorem ipsum ".repeat((16 << 10) / 12);
                let begin = padding.len() - planted.text.len() / 2;
                check(
                    kind,
                    &planted.secret,
                    &format!("{} {} end", &padding[..begin], planted.text),
                );
            }
            let planted = plant(kind, &mut dice);
            let half = planted.text.find(&planted.secret).unwrap() + planted.secret.len() / 2;
            let coloured =
                format!("x {}\u{1b}[33m{} y", &planted.text[..half], &planted.text[half..]);
            check(kind, &planted.secret, &coloured);
            let behind = planted.text.find(&planted.secret).unwrap();
            let coloured = format!(
                "x {}\u{1b}[33m{}\u{1b}[0m",
                &planted.text[..behind],
                &planted.text[behind..]
            );
            check(kind, &planted.secret, &coloured);
        }
    }
    println!("secrets: {} of {planted_count} leaked, {} kinds", leaks.len(), KINDS.len());
    assert!(leaks.is_empty(), "{}\n{}", leaks.len(), leaks[..leaks.len().min(40)].join("\n"));
}

#[test]
fn no_value_of_the_environment_leaks() {
    let mut dice = Dice(7);
    let redactor = Redactor::with_key([7; 32]);
    let mut values = Vec::new();
    for container in 0..20 {
        let password = dice.password();
        let address = format!("postgres://shop:{}@db/shop", dice.alnum(20));
        let mut secrets = secrets_of("POSTGRES_PASSWORD", &Secret::new(&password));
        secrets.extend(secrets_of("DATABASE_URL", &Secret::new(&address)));
        secrets.extend(secrets_of("NODE_ENV", &Secret::new("production")));
        redactor.learn(&container.to_string(), secrets);
        values.push(password);
        values.push(address[16..36].to_owned());
    }
    let (mut count, mut leaks) = (0, Vec::new());
    for value in &values {
        let partly: String = value
            .chars()
            .map(|c| {
                if c.is_alphanumeric() || "-_.~".contains(c) {
                    c.to_string()
                } else {
                    format!("%{:02X}", c as u32)
                }
            })
            .collect();
        let mut forms = vec![(value.clone(), value.clone()), (partly.clone(), partly)];
        for before in ["", "a", "ab", "shop:", "xx yy"] {
            let form = base64(format!("{before}{value}").as_bytes());
            // What a reader could decode: some whole groups of four.
            forms.push((form.clone(), form[8..16].to_owned()));
        }
        for (form, secret) in forms {
            for line in [
                form.clone(),
                format!("got {form} from the pool"),
                format!("{{\"x\":\"{form}\"}}"),
                format!("\u{1b}[32m{}\u{1b}[0m{}", &form[..3], &form[3..]),
                format!("{}{form}.", ".".repeat(count % 13)),
            ] {
                count += 1;
                let out = read(&masked(&redactor, &mut PemState::default(), &line));
                if out.contains(&secret) {
                    leaks.push(format!("{value}: {line} -> {out}"));
                }
            }
        }
    }
    println!("values of the environment: {} of {count} leaked", leaks.len());
    assert!(leaks.is_empty(), "{}", leaks.join("\n"));
    let clean = "database system of shop is ready in production";
    assert_eq!(masked(&redactor, &mut PemState::default(), clean), clean);
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let word = (0..3).fold(0, |w, i| w << 8 | usize::from(*chunk.get(i).unwrap_or(&0)));
        for place in 0..4 {
            let letter = LETTERS[word >> (18 - 6 * place) & 63];
            out.push(if place <= chunk.len() { char::from(letter) } else { '=' });
        }
    }
    out
}

#[test]
fn no_line_of_a_private_key_leaks() {
    let redactor = Redactor::with_key([7; 32]);
    let mut dice = Dice(3);
    let (mut count, mut leaks) = (0, 0);
    for label in [
        "RSA PRIVATE KEY",
        "PRIVATE KEY",
        "EC PRIVATE KEY",
        "OPENSSH PRIVATE KEY",
        "ENCRYPTED PRIVATE KEY",
    ] {
        for prefix in ["", "2024-01-15T10:30:45Z INFO ", "api-1  | ", "  "] {
            let (mut pem, mut other) = (PemState::default(), PemState::default());
            let body: Vec<String> =
                (0..24).map(|_| dice.alnum(64)).chain(["c2hv7A==".to_owned()]).collect();
            masked(&redactor, &mut pem, &format!("{prefix}-----BEGIN {label}-----"));
            for line in &body {
                count += 1;
                let out = masked(&redactor, &mut pem, &format!("{prefix}{line}"));
                leaks += usize::from(out.contains(line.as_str()));
                // Another stream is not within the key.
                assert_eq!(masked(&redactor, &mut other, "ready"), "ready");
            }
            masked(&redactor, &mut pem, &format!("{prefix}-----END {label}-----"));
            assert_eq!(
                masked(&redactor, &mut pem, "listening on port 8080"),
                "listening on port 8080"
            );
            assert!(!pem.is_open());
        }
    }
    println!("lines of private keys: {leaks} of {count} leaked");
    assert_eq!(leaks, 0);
}

/// Lines that speak of secrets and hold none, and lines full of numbers.
fn clean(dice: &mut Dice) -> String {
    let frames: &[&str] = &[
        "{ip} - - [15/Jan/2024:10:30:{n} +0000] \"GET /api/v1/products/{n}?page={n}&key=name HTTP/1.1\" 200 {n} \"-\" \"Mozilla/5.0\" rt=0.0{n}",
        "{\"level\":\"info\",\"ts\":\"2024-01-15T10:30:45.123Z\",\"msg\":\"order placed\",\"order\":{n},\"trace_id\":\"{hex32}\",\"span_id\":\"{hex16}\"}",
        "level=info ts=2024-01-15T10:30:45Z caller=main.go:{n} msg=\"request done\" request_id={uuid} ms={n}",
        "Token refreshed for user {n} in {n} ms",
        "session opened for user root by (uid={n})",
        "pam_unix(sshd:session): session closed for user deploy",
        "FATAL:  password authentication failed for user \"shop\"",
        "DETAIL:  Connection matched pg_hba.conf line {n}: \"host all all all scram-sha-256\"",
        "secret \"shop/db\" not found",
        "MountVolume.SetUp failed for volume \"tls\" : secret \"shop-tls\" not found",
        "SyntaxError: Unexpected token } in JSON at position {n}",
        "token: unexpected end of input at offset {n}",
        "Authorization header missing for GET /api/v1/orders/{n}",
        "authorization: required",
        "key={n} rows, cache_key=products:{n}, primary_key=id",
        "cookie consent stored for visitor {uuid}",
        "pulled shop/api@sha256:{hex64} in {n} ms",
        "HEAD is now at {hex40} (branch main)",
        "deployed revision {hex8} of {hex40}",
        "duplicate key value violates unique constraint \"users_email_key\"",
        "Key (email)=(jan@example.com) already exists.",
        "Key (id)=({n}) is still referenced from table \"orders\".",
        "token expired at 2024-01-15T10:30:{n}Z",
        "jwt expired {n} seconds ago",
        "invalid signature: expected {n} bytes",
        "TOKEN_TTL={n} SESSION_TIMEOUT={n} PASSWORD_FILE=/run/secrets/db",
        "max_tokens=4096 tokens={n} prompt_tokens={n} completion_tokens: {n}",
        "rotated session store: {n} sessions kept, {n} dropped",
        "tests passed: {n}, failed: 0, pass={n}",
        "password must be at least 8 characters",
        "password for user {n} changed",
        "API key is missing; set API_KEY",
        "api_key: missing",
        "POSTGRES_PASSWORD=${DB_PASSWORD} POSTGRES_USER=shop",
        "password=****** user=shop",
        "connecting to postgres://db:5432/shop as shop",
        "GET https://api.example.com/v1/users/{n}?sort=name#top 200",
        "GET http://api:8080/u/jan@example.com 200 {n}",
        "dial tcp {ip}:5432: connect: connection refused",
        "    at TokenService.refresh (/app/src/auth/token.js:{n}:13)",
        "    at com.shop.auth.SessionStore.open(SessionStore.java:{n})",
        "  File \"/app/auth/password.py\", line {n}, in check_password",
        "auth: user {n} authenticated by oidc",
        "auth=oidc realm=shop status=ok",
        "keyboard interrupt received, monkey patching disabled",
        "Accepted publickey for deploy from {ip} port {n} ssh2: RSA SHA256:{hex40}",
        "[Keycloak] token endpoint: https://id.example.com/realms/shop/token",
        "etag W/\"{hex32}\" matched for /static/app.{hex8}.js",
        "csrf token validation failed",
        "CSRF token missing or incorrect.",
        "X-CSRF-Token header is required",
        "Bearer token is missing",
        "basic auth is enabled for /metrics",
        "cookie: not found",
        "kafka key=order-{n} partition={n} offset={n}",
        "credentials: loaded from /root/.aws/credentials",
        "redis: AUTH failed: WRONGPASS invalid username-password pair",
        "session_id column added in {n} ms",
        "secretKeyRef: shop-db",
        "-----BEGIN CERTIFICATE-----",
        "parsed token: IDENTIFIER at {n}:{n}",
        "tokenizer loaded: {n} tokens",
        "password=null username=null",
        "passing -u postgres to psql",
        "signature=v4 region=eu-central-1",
        "otp sent to user {n}",
    ];
    let mut line = dice.pick(frames).to_owned();
    while let Some(at) = line.find("{n}") {
        line.replace_range(at..at + 3, &dice.roll(100_000).to_string());
    }
    let uuid = [8, 4, 4, 4, 12].map(|n| dice.hex(n)).join("-");
    let ip = format!("10.{}.{}.{}", dice.roll(4), dice.roll(255), dice.roll(255));
    line = line.replace("{uuid}", &uuid).replace("{ip}", &ip);
    for length in [8, 16, 32, 40, 64] {
        line = line.replace(&format!("{{hex{length}}}"), &dice.hex(length));
    }
    line
}

#[test]
fn clean_lines_stay_as_they_are() {
    let redactor = Redactor::with_key([7; 32]);
    let mut dice = Dice(42);
    let mut pem = PemState::default();
    let wrong: Vec<String> = (0..2_000)
        .filter_map(|_| {
            let line = clean(&mut dice);
            let out = masked(&redactor, &mut pem, &line);
            (out != line).then_some(out)
        })
        .collect();
    println!("clean lines: {} of 2000 wrongly redacted", wrong.len());
    assert!(wrong.len() <= 3, "{}\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn time_is_linear_in_hostile_lines() {
    let redactor = Redactor::with_key([7; 32]);
    redactor.learn("a", vec![Secret::new("aaaaaaaaaaaaaaab"), Secret::new("s3cr3t-value")]);
    for piece in [
        "eyJ-",
        "://a:",
        "://a@",
        "password=",
        "password=\"",
        "password='x\\",
        "password=${",
        "token: ",
        "Bearer ",
        "-----BEGIN ",
        "-----BEGIN PRIVATE KEY----- -----END ",
        "sk-",
        "a:@tcp(",
        "\u{1b}[",
        "\u{1b}]",
        "\u{9d}",
        "cookie: ",
        "authorization: digest ",
        "key",
        "aaaaaaaaaaaaaaa",
        "identified by '",
        "-u a:",
        "token=<",
        "password=&",
    ] {
        let line = piece.repeat((1 << 20) / piece.len());
        let begin = std::time::Instant::now();
        redactor.line(&mut PemState::default(), line.as_bytes());
        // Unoptimised; something quadratic would take minutes.
        assert!(begin.elapsed().as_secs() < 10, "{piece:?} took {:?}", begin.elapsed());
    }
}

proptest! {
    #[test]
    fn a_planted_secret_never_survives(
        seed in any::<u64>(), kind in 0..KINDS.len(), before in "[a-zA-Z0-9 .,:;/()=&@ąęó日_-]{0,40}[ \t]", after in "[ \t]\\PC{0,40}",
    ) {
        let planted = plant(KINDS[kind], &mut Dice(seed));
        let line = format!("{before}{}{after}", planted.text);
        let redactor = Redactor::with_key([7; 32]);
        let out = masked(&redactor, &mut PemState::default(), &line);
        prop_assert!(!out.contains(&planted.secret), "{}: {line} -> {out}", planted.kind);
    }

    #[test]
    fn redacting_is_bounded_and_done_once(
        line in "(\\PC|[\t:/@=\"'\\\\&;,-]|password=|://|eyJ|Bearer |cookie: |token|\u{1b}\\[3m|\\[redacted:|-----BEGIN PRIVATE KEY-----|ghp_){0,60}",
    ) {
        let redactor = Redactor::with_key([7; 32]);
        let once = masked(&redactor, &mut PemState::default(), &line);
        prop_assert!(once.len() <= 2 * line.len() + 64, "{line:?} -> {once:?}");
        let twice = masked(&redactor, &mut PemState::default(), &once);
        prop_assert_eq!(twice, once);
    }

    #[test]
    fn any_bytes_may_come(line in proptest::collection::vec(any::<u8>(), 0..400), open in any::<bool>()) {
        let redactor = Redactor::with_key([7; 32]).with_personal(true);
        let mut pem = PemState::default();
        if open {
            redactor.line(&mut pem, b"-----BEGIN PRIVATE KEY-----");
        }
        redactor.line(&mut pem, &line);
    }
}
