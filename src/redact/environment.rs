//! Which values of a container's environment are worth looking for in every line.

use super::{
    finder::Finder,
    names::{Meaning, is_secret_key, meaning},
    scanner::Scanner,
    values,
};
use crate::model::Secret;

/// Shorter values stand in lines by chance.
pub(super) const MIN: usize = 8;
/// A value of letters alone that is shorter is a word: `postgres`, `development`.
const MIN_LETTERS: usize = 16;
/// A value of digits alone that is shorter is a number, a port or a time.
const MIN_DIGITS: usize = 12;

/// The secrets that a variable of the environment holds: its value if the name says so, and passwords within addresses.
///
/// Empty where the value is harmless, see `is_worth`; a value of several lines gives each of them.
pub fn secrets_of(name: &str, value: &Secret) -> Vec<Secret> {
    let text = value.expose();
    let mut found: Vec<String> = Vec::new();
    let mut finder = Finder::new(text.as_bytes());
    finder.find(&Scanner::new());
    let is_address = !finder.found.is_empty() && text.contains("://");
    for part in &finder.found {
        let part = String::from_utf8_lossy(&text.as_bytes()[part.range.clone()]).into_owned();
        found.extend(decoded(&part));
        found.push(part);
    }
    let is_hook = name.to_ascii_lowercase().contains("webhook");
    let is_whole = is_secret_key(name) && (is_hook || meaning(name.as_bytes()) != Meaning::Address);
    if is_whole && !is_address {
        found.push(text.to_owned());
    }
    let lines = found.iter().flat_map(|text| text.lines()).map(str::trim);
    let mut secrets: Vec<Secret> = lines.filter(|line| is_worth(line)).map(Secret::new).collect();
    secrets.sort();
    secrets.dedup();
    secrets
}

/// Whether looking for a value everywhere does more good than harm.
///
/// Not if it has fewer than 8 bytes or 4 different ones; is a word, or a name of words, of fewer than 16 letters
/// (`postgres`, `localhost`, `my-service`); a number of fewer than 12 digits; a path, a placeholder, or the mark of a key.
pub(super) fn is_worth(value: &str) -> bool {
    let bytes = value.as_bytes();
    let is_letters = bytes.iter().all(|b| b.is_ascii_alphabetic() || b"-_. ".contains(b));
    let is_number = bytes.iter().all(|b| b.is_ascii_digit() || b"-.:,".contains(b));
    let mut different: Vec<u8> = bytes.to_vec();
    different.sort_unstable();
    different.dedup();
    bytes.len() >= MIN
        && different.len() >= 4
        && !(is_letters && bytes.len() < MIN_LETTERS)
        && !(is_number && bytes.len() < MIN_DIGITS)
        && !values::is_placeholder(bytes)
        && !value.starts_with("-----")
}

/// The value without percent signs, if it has any.
fn decoded(value: &str) -> Option<String> {
    let bytes = value.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = bytes.get(at + 1..at + 3).and_then(|h| std::str::from_utf8(h).ok());
        match hex.and_then(|h| u8::from_str_radix(h, 16).ok()) {
            Some(byte) if bytes[at] == b'%' => {
                out.push(byte);
                at += 3;
            }
            _ => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8(out).ok().filter(|out| out != value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, value: &str) -> Vec<String> {
        secrets_of(name, &Secret::new(value)).iter().map(|s| s.expose().to_owned()).collect()
    }

    #[test]
    fn takes_values_of_secret_names_and_passwords_of_addresses() {
        for (name, value, want) in [
            ("POSTGRES_PASSWORD", "s3cr3t-pw", &["s3cr3t-pw"][..]),
            (
                "DATABASE_URL",
                "postgres://shop:h%40nter2x@db:5432/shop",
                &["h%40nter2x", "h@nter2x"],
            ),
            ("BROKER", "amqp://shop:hunter22@mq", &["hunter22"]),
            ("ADO", "Server=db;Uid=sa;Pwd=Str0ng!pw;", &["Str0ng!pw"]),
            (
                "SENTRY_DSN",
                "https://0123456789abcdef0123456789abcdef@o1.ingest.example.com/2",
                &["0123456789abcdef0123456789abcdef"],
            ),
            (
                "HOOK_WEBHOOK_URL",
                "https://chat.example.com/hooks/9f86d081",
                &["https://chat.example.com/hooks/9f86d081"],
            ),
            (
                "TLS_PRIVATE_KEY",
                "-----BEGIN X-----\nMIIEpAIBAAKCAQEA7Z\n-----END X-----",
                &["MIIEpAIBAAKCAQEA7Z"],
            ),
        ] {
            assert_eq!(of(name, value), want, "{name}={value}");
        }
    }

    #[test]
    fn leaves_what_would_wipe_out_the_log() {
        for (name, value) in [
            ("POSTGRES_PASSWORD", "postgres"),
            ("POSTGRES_PASSWORD", "s3cr3t"),
            ("API_KEY", "development"),
            ("SECRET", "00000000000000"),
            ("SECRET", "localhost"),
            ("REDIS_PASSWORD", "shop-redis"),
            ("PASSWORD", "12345678"),
            ("TOKEN", "true"),
            ("PASSWORD_FILE", "/run/secrets/s3cr3t"),
            ("SECRET", "/run/secrets/s3cr3t"),
            ("DATABASE_URL", "postgres://db:5432/shop"),
            ("TOKEN_TTL", "3600000000000000"),
            ("PATH", "/usr/local/sbin:/usr/local/bin"),
        ] {
            assert_eq!(of(name, value), Vec::<String>::new(), "{name}={value}");
        }
    }
}
