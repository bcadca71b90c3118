//! Which names promise a secret: of environment variables, fields, parameters and headers alike.
//!
//! A name is cut into its words (`DB_PASSWORD`, `dbPassword` and `db.password` have the same two), and the tables
//! below say what the words mean.

/// What the value of a name is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Nothing secret.
    Plain,
    /// A secret, whatever it looks like.
    Secret,
    /// A secret if it looks like one: the name is also used for harmless things.
    Maybe,
    /// An address or connection string; the password within is the secret.
    Address,
    /// A scheme and a credential.
    Authorization,
    /// Cookies.
    Cookie,
    /// A long signature.
    Signature,
}

/// Words that end with one of these are secret: `dbpassword`, `clientsecret`.
const SECRET_ENDINGS: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "secret",
    "apikey",
    "accesskey",
    "privatekey",
    "secretkey",
    "authkey",
    "accountkey",
    "encryptionkey",
    "signingkey",
    "masterkey",
    "sharedkey",
    "licensekey",
    "storagekey",
    "requirepass",
    "masterauth",
    "dbpass",
    "userpass",
    "accesstoken",
    "refreshtoken",
    "authtoken",
    "idtoken",
    "bearertoken",
    "apitoken",
    "bottoken",
];

/// What a word may be of: `API_KEY` is secret, `PRIMARY_KEY` is not.
const SECRET_KEYS: &[&str] = &[
    "access",
    "account",
    "admin",
    "aes",
    "api",
    "app",
    "application",
    "auth",
    "cookie",
    "crypt",
    "crypto",
    "deploy",
    "encrypt",
    "encryption",
    "fernet",
    "hmac",
    "integration",
    "jwt",
    "license",
    "licence",
    "master",
    "private",
    "secret",
    "server",
    "session",
    "shared",
    "signing",
    "ssh",
    "storage",
    "subscription",
    "token",
    "webhook",
    "write",
    "ingest",
];

/// Words that make a token or a session surely one: `access_token`.
const SURE_TOKENS: &[&str] = &[
    "access", "api", "auth", "bearer", "bot", "client", "csrf", "deploy", "gh", "github", "gitlab",
    "id", "jwt", "npm", "oauth", "personal", "refresh", "registry", "secret", "security",
    "session", "slack", "user", "vault", "xsrf",
];

/// Words that speak about a secret when they stand last: `TOKEN_TTL`, `PASSWORD_FILE`.
const ABOUT: &[&str] = &[
    "age",
    "alg",
    "algo",
    "algorithm",
    "arn",
    "attempts",
    "backend",
    "bits",
    "bytes",
    "cache",
    "class",
    "cost",
    "count",
    "counter",
    "created",
    "dir",
    "directory",
    "domain",
    "duration",
    "email",
    "enabled",
    "encoding",
    "encryption",
    "endpoint",
    "error",
    "errors",
    "exists",
    "expiration",
    "expire",
    "expired",
    "expires",
    "expiry",
    "field",
    "file",
    "filename",
    "folder",
    "format",
    "handler",
    "header",
    "host",
    "interval",
    "issuer",
    "kind",
    "len",
    "length",
    "lifetime",
    "limit",
    "location",
    "manager",
    "max",
    "method",
    "min",
    "minutes",
    "mode",
    "name",
    "namespace",
    "path",
    "policy",
    "port",
    "prefix",
    "provider",
    "regex",
    "renewal",
    "required",
    "retries",
    "rotation",
    "rounds",
    "scope",
    "scopes",
    "seconds",
    "service",
    "size",
    "source",
    "state",
    "status",
    "storage",
    "store",
    "strength",
    "suffix",
    "timeout",
    "ttl",
    "type",
    "types",
    "uri",
    "url",
    "usage",
    "used",
    "user",
    "username",
    "valid",
    "validity",
    "version",
    "window",
];

/// Words that make the whole name harmless.
const PUBLIC: &[&str] = &["public", "publishable", "pub", "fingerprint", "primary", "foreign"];

/// Names of addresses that hold a password or are one.
const ADDRESSES: &[&str] = &["dsn", "url", "uri", "urls", "connection"];

/// What a name promises of its value. Cost: linear in the name, no allocation for up to 16 words.
pub(super) fn meaning(name: &[u8]) -> Meaning {
    let mut before: [u8; WORD] = [0; WORD];
    let mut last = ([0; WORD], 0);
    let mut seen = Meaning::Plain;
    let mut is_public = false;
    for (word, length) in (Words { rest: name }) {
        let text = std::str::from_utf8(&word[..length]).unwrap_or_default();
        let previous = as_str(&before);
        if is_digits(text) && seen != Meaning::Plain {
            // `SECRET_2` is as secret as `SECRET`.
            continue;
        }
        is_public |= is_one_of(PUBLIC, text);
        let own = meaning_of(text, previous);
        seen = match (own, seen) {
            (Meaning::Plain, seen) if has_meaning_left(text, previous) => seen,
            (Meaning::Address, _)
                if text != "dsn" && seen != Meaning::Plain && seen != Meaning::Address =>
            {
                Meaning::Plain
            }
            (Meaning::Maybe, Meaning::Secret) => Meaning::Secret,
            (own, _) => own,
        };
        before = word;
        last = (word, length);
    }
    let ends_about = is_one_of(ABOUT, std::str::from_utf8(&last.0[..last.1]).unwrap_or_default());
    if is_public || ends_about && seen != Meaning::Address { Meaning::Plain } else { seen }
}

/// Whether the value of an environment variable or field of this name is, or holds, a secret.
///
/// `POSTGRES_PASSWORD`, `apiKey` and `DATABASE_URL` are; `TOKEN_TTL`, `PASSWORD_FILE` and `PUBLIC_KEY` are not.
pub fn is_secret_key(name: &str) -> bool {
    !matches!(name, "PWD" | "OLDPWD") && meaning(name.as_bytes()) != Meaning::Plain
}

fn meaning_of(word: &str, before: &str) -> Meaning {
    match word {
        "authorization" => Meaning::Authorization,
        "cookie" | "cookie2" => Meaning::Cookie,
        "sig" | "signature" => Meaning::Signature,
        "pwd" | "pw" | "jwt" | "sessid" | "sessionid" | "jsessionid" | "phpsessid" => {
            Meaning::Secret
        }
        "pass" if !before.is_empty() => Meaning::Secret,
        "token" if is_one_of(SURE_TOKENS, before) => Meaning::Secret,
        "pass" | "otp" | "csrf" | "xsrf" | "session" | "sid" | "salt" | "credential"
        | "credentials" | "auth" | "token" => Meaning::Maybe,
        "key" if is_one_of(SECRET_KEYS, before) => Meaning::Secret,
        "id" if matches!(before, "session" | "secret") => Meaning::Secret,
        "string" if before == "connection" => Meaning::Address,
        "webhook" => Meaning::Address,
        _ if is_one_of(ADDRESSES, word) => Meaning::Address,
        _ if SECRET_ENDINGS.iter().any(|ending| word.ends_with(ending)) => Meaning::Secret,
        _ => Meaning::Plain,
    }
}

/// Whether a name goes on being what it was after this word: `password_hash`, `secret_value`, `auth_header`.
fn has_meaning_left(word: &str, before: &str) -> bool {
    !before.is_empty()
        && matches!(
            word,
            "base"
                | "base64"
                | "confirm"
                | "confirmation"
                | "current"
                | "default"
                | "digest"
                | "hash"
                | "new"
                | "old"
                | "plain"
                | "prod"
                | "production"
                | "staging"
                | "test"
                | "dev"
                | "live"
                | "value"
                | "key"
        )
}

fn is_one_of(words: &[&str], word: &str) -> bool {
    words.contains(&word)
}

fn is_digits(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit())
}

/// Longer words are cut.
const WORD: usize = 32;

fn as_str(word: &[u8; WORD]) -> &str {
    let length = word.iter().position(|b| *b == 0).unwrap_or(WORD);
    std::str::from_utf8(&word[..length]).unwrap_or_default()
}

/// The words of a name in lower case.
struct Words<'a> {
    rest: &'a [u8],
}

impl Iterator for Words<'_> {
    type Item = ([u8; WORD], usize);

    fn next(&mut self) -> Option<Self::Item> {
        let begin = self.rest.iter().position(u8::is_ascii_alphanumeric)?;
        let name = &self.rest[begin..];
        let ends = |at: usize| {
            let (before, this) = (name[at - 1], name[at]);
            let goes_small = name.get(at + 1).is_some_and(u8::is_ascii_lowercase);
            !this.is_ascii_alphanumeric()
                || this.is_ascii_uppercase() && (!before.is_ascii_uppercase() || goes_small)
                || this.is_ascii_digit() && before.is_ascii_alphabetic() && is_number(&name[at..])
        };
        let end = (1..name.len()).find(|at| ends(*at)).unwrap_or(name.len());
        self.rest = &name[end..];
        // The end of a long word says most.
        let kept = &name[end.saturating_sub(WORD)..end];
        let mut word = [0; WORD];
        word[..kept.len()].copy_from_slice(kept);
        word.make_ascii_lowercase();
        Some((word, kept.len()))
    }
}

/// `2`, `01`; not `64` of `base64`.
fn is_number(rest: &[u8]) -> bool {
    !rest.starts_with(b"64")
        && rest.iter().take_while(|b| b.is_ascii_alphanumeric()).all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets() {
        for name in [
            "POSTGRES_PASSWORD",
            "AWS_SECRET_ACCESS_KEY",
            "DATABASE_URL",
            "DSN",
            "SENTRY_DSN",
            "JWT_SECRET",
            "API_KEY",
            "RABBITMQ_DEFAULT_PASS",
            "MYSQL_PWD",
            "MYSQL_ROOT_PASSWORD",
            "dbPassword",
            "db.password",
            "DB_PASS",
            "REDIS_URL",
            "MONGODB_URI",
            "AMQP_URL",
            "SECRET_KEY_BASE",
            "RAILS_MASTER_KEY",
            "APP_KEY",
            "GITHUB_TOKEN",
            "NPM_TOKEN",
            "STRIPE_SECRET_KEY",
            "SLACK_WEBHOOK_URL",
            "ENCRYPTION_KEY",
            "DJANGO_SECRET_KEY",
            "SMTP_PASSWORD",
            "access_token",
            "refreshToken",
            "X-Api-Key",
            "apikey",
            "client_secret",
            "clientSecret",
            "sessionid",
            "session_id",
            "csrf_token",
            "private_key",
            "AccountKey",
            "SharedAccessKey",
            "PGPASSWORD",
            "DB_PASSWORD_2",
            "SECRET1",
            "passphrase",
            "Proxy-Authorization",
            "Set-Cookie",
            "X-Amz-Signature",
            "VAULT_TOKEN",
            "TOKEN",
            "CONNECTION_STRING",
            "MONGO_INITDB_ROOT_PASSWORD",
            "MINIO_SECRET_KEY",
            "ELASTIC_PASSWORD",
            "password_hash",
            "AZURE_STORAGE_CONNECTION_STRING",
            "spring.datasource.password",
            "HTTP_AUTHORIZATION",
            "connect.sid",
            "TELEGRAM_BOT_TOKEN",
            "userPassword",
            "REDIS_AUTH",
            "JWT_KEY",
            "SSH_PRIVATE_KEY",
            "oauth_token",
        ] {
            assert!(is_secret_key(name), "{name}");
        }
    }

    #[test]
    fn names_of_other_things() {
        for name in [
            "PATH",
            "TOKEN_TTL",
            "PASSWORD_FILE",
            "POSTGRES_PASSWORD_FILE",
            "MONKEY",
            "KEYBOARD",
            "AUTHOR",
            "SESSION_TIMEOUT",
            "PUBLIC_KEY_PATH",
            "PUBLIC_KEY",
            "STRIPE_PUBLISHABLE_KEY",
            "key",
            "primary_key",
            "cache_key",
            "foreign_key",
            "sort_key",
            "PWD",
            "OLDPWD",
            "HOME",
            "passed",
            "bypass",
            "compass",
            "tokens",
            "max_tokens",
            "token_count",
            "tokenizer",
            "secretary",
            "sessions",
            "session_timeout",
            "session_store",
            "KEYCLOAK_USER",
            "AUTH_METHOD",
            "token_type",
            "TOKEN_ENDPOINT",
            "AUTH_URL",
            "password_policy",
            "author",
            "authority",
            "oauth_client_id",
            "keys",
            "cookies",
            "COOKIE_DOMAIN",
            "cookie_name",
            "idempotency_key",
            "AWS_ACCESS_KEY_ID",
            "authenticated",
            "passenger",
            "design",
            "routing_key",
            "HOSTNAME",
            "LANG",
            "AUTH_HEADER",
            "",
            "___",
            "SECRET_NAME",
            "token_id",
        ] {
            assert!(!is_secret_key(name), "{name}: {:?}", meaning(name.as_bytes()));
        }
    }
}
