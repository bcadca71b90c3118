//! What a single word stands for: a number, an address, a time, an id, or itself.
//!
//! `mask` cuts a message into words and asks here; nothing here looks at the words around.

use std::borrow::Cow;

/// Kinds of changing parts, written `<num>` in templates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Variable {
    Num,
    Hex,
    Id,
    Uuid,
    Ip,
    Mac,
    Host,
    Url,
    Email,
    Path,
    Time,
    Size,
    Val,
}

impl Variable {
    pub(super) const fn placeholder(self) -> &'static str {
        match self {
            Self::Num => "<num>",
            Self::Hex => "<hex>",
            Self::Id => "<id>",
            Self::Uuid => "<uuid>",
            Self::Ip => "<ip>",
            Self::Mac => "<mac>",
            Self::Host => "<host>",
            Self::Url => "<url>",
            Self::Email => "<email>",
            Self::Path => "<path>",
            Self::Time => "<time>",
            Self::Size => "<size>",
            Self::Val => "<val>",
        }
    }
}

/// Names with digits that are words, not variables.
const WORDS: &[&str] = &[
    "amd64", "arm64", "base64", "ec2", "h2", "http1", "http2", "http3", "i18n", "int32", "int64",
    "ipv4", "ipv6", "k8s", "log4j", "md5", "mp3", "mp4", "neo4j", "oauth2", "psycopg2", "s3",
    "sha1", "sha256", "sha512", "slf4j", "ssh2", "tlsv1", "uint8", "urllib3", "utf16", "utf8",
    "win32", "x509", "x86",
];
const DURATIONS: &[&str] = &[
    "ns",
    "us",
    "µs",
    "μs",
    "ms",
    "msec",
    "msecs",
    "millis",
    "s",
    "sec",
    "secs",
    "second",
    "seconds",
    "m",
    "min",
    "mins",
    "minute",
    "minutes",
    "h",
    "hr",
    "hrs",
    "hour",
    "hours",
    "d",
    "day",
    "days",
    "milliseconds",
    "microseconds",
];
const SIZES: &[&str] =
    &["b", "byte", "bytes", "k", "kb", "kib", "kbytes", "mb", "mib", "gb", "gib", "tb", "tib", "g"];
const MONTHS: &[&str] =
    &["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const WEEKDAYS: &[&str] = &["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
/// Last labels of names that are taken for hosts without a port.
const DOMAINS: &[&str] = &[
    "com", "org", "net", "edu", "gov", "io", "dev", "local", "internal", "lan", "svc", "cloud",
    "example", "test", "invalid", "home", "corp", "eu", "uk", "de", "fr", "cn", "jp", "hk", "us",
    "nl", "ca", "au", "br", "ru", "kr", "tw",
];
/// What stands before a colon and a number without being a host.
const KEYS: &[&str] = &[
    "port", "pid", "tid", "line", "id", "uid", "gid", "size", "count", "status", "code", "err",
    "error", "errno", "time", "took", "len", "length", "offset", "seq", "bytes", "version",
    "total",
];
const FILES: &[&str] = &[
    "c", "cc", "cpp", "cs", "ex", "exs", "go", "h", "hpp", "html", "java", "js", "json", "jsx",
    "kt", "lua", "mjs", "php", "pl", "py", "rb", "rs", "scala", "sh", "sql", "svelte", "toml",
    "ts", "tsx", "vue", "xml", "yaml", "yml",
];

pub(super) fn is_month(word: &str) -> bool {
    MONTHS.contains(&word)
}

pub(super) fn is_weekday(word: &str) -> bool {
    WEEKDAYS.contains(&word)
}

/// The kind that a number becomes with this unit after it.
pub(super) fn unit(word: &str) -> Option<Variable> {
    let is = |units: &[&str]| units.iter().any(|u| u.eq_ignore_ascii_case(word));
    if is(DURATIONS) {
        Some(Variable::Time)
    } else if is(SIZES) {
        Some(Variable::Size)
    } else {
        None
    }
}

/// What the whole of a word is, when it is one thing that changes.
pub(super) fn classify(word: &str) -> Option<Variable> {
    if is_path(word) {
        return Some(if is_ip(word) { Variable::Ip } else { Variable::Path });
    }
    if !word.bytes().any(|b| b.is_ascii_digit() || matches!(b, b':' | b'@' | b'.')) {
        return None;
    }
    if word.contains('@') {
        return is_email(word).then_some(Variable::Email);
    }
    if is_uuid(word) {
        return Some(Variable::Uuid);
    }
    if let Some(kind) = number(word) {
        return Some(kind);
    }
    if is_time(word) {
        return Some(Variable::Time);
    }
    if is_ip(word) {
        return Some(Variable::Ip);
    }
    if is_mac(word) {
        return Some(Variable::Mac);
    }
    if is_host(word) {
        return Some(Variable::Host);
    }
    hex(word)
}

/// A path of a file system, not of a route: `/var/lib`, `./a`, `~/a`, `C:\a`, `\\host\a`.
pub(super) fn is_path(word: &str) -> bool {
    let bytes = word.as_bytes();
    match bytes {
        [b'/', second, ..] => *second != b'/',
        [b'.' | b'~', b'/', _, ..] | [b'.', b'.', b'/', ..] | [b'\\', b'\\', _, ..] => true,
        [drive, b':', b'\\' | b'/', _, ..] => drive.is_ascii_alphabetic(),
        _ => false,
    }
}

fn is_email(word: &str) -> bool {
    word.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty()
            && host.contains('.')
            && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'))
    })
}

fn is_uuid(word: &str) -> bool {
    word.len() == 36
        && word.bytes().enumerate().all(|(at, b)| match at {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

/// `-1`, `3.5`, `10%`, `12ms`, `1.5GiB`, `1h2m3s`.
fn number(word: &str) -> Option<Variable> {
    let word = word.strip_prefix(['-', '+', '~', '*', '#', '$', '€']).unwrap_or(word);
    let end = word.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(word.len());
    let (digits, rest) = word.split_at(end);
    if !digits.starts_with(|c: char| c.is_ascii_digit()) || digits.matches('.').count() > 1 {
        return None;
    }
    match rest {
        "" | "%" | "x" | "+" => return Some(Variable::Num),
        _ => {}
    }
    if let Some(kind) = unit(rest) {
        return Some(kind);
    }
    let is_exponent = rest.strip_prefix(['e', 'E']).is_some_and(|power| {
        let power = power.strip_prefix(['-', '+']).unwrap_or(power);
        !power.is_empty() && power.bytes().all(|b| b.is_ascii_digit())
    });
    if is_exponent {
        return Some(Variable::Num);
    }
    // A chain of numbers with units: 1h2m3.5s.
    let next = rest.find(|c: char| c.is_ascii_digit())?;
    let (first, more) = rest.split_at(next);
    (unit(first) == Some(Variable::Time) && number(more) == Some(Variable::Time))
        .then_some(Variable::Time)
}

/// Dates, times of day and both, in digits (`2025-03-04T09:00:00.1Z`) or with a month's name (`04/Mar/2025:09:00:00`).
fn is_time(word: &str) -> bool {
    let bytes = word.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let is = |at: usize, set: &[u8]| bytes.get(at).is_some_and(|b| set.contains(b));
    let date = digit(0)
        && digit(1)
        && ((digit(2)
            && digit(3)
            && is(4, b"-/.")
            && digit(5)
            && digit(6)
            && is(7, b"-/.")
            && digit(8)
            && digit(9)
            && !digit(10))
            || (is(2, b"/-")
                && word.get(3..6).is_some_and(is_month)
                && is(6, b"/-")
                && digit(7)
                && digit(8)));
    if date {
        return true;
    }
    let hours = usize::from(digit(0)) + usize::from(digit(0) && digit(1));
    let clock = hours > 0
        && is(hours, b":")
        && digit(hours + 1)
        && digit(hours + 2)
        && match bytes.get(hours + 3) {
            None => true,
            Some(b':') => digit(hours + 4) && digit(hours + 5),
            Some(_) => false,
        };
    clock && bytes.iter().skip(hours).all(|b| b.is_ascii_digit() || b":.+-Z".contains(b))
}

/// IPv4 or IPv6, with a port, a prefix length or a zone.
fn is_ip(word: &str) -> bool {
    let word = word.strip_prefix('/').unwrap_or(word);
    let end = word.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(word.len());
    let (address, rest) = word.split_at(end);
    let parts = address.split('.').filter(|p| p.parse::<u8>().is_ok()).count();
    if parts == 4 && address.matches('.').count() == 3 {
        return rest.is_empty()
            || rest.strip_prefix([':', '/', '.', '#']).is_some_and(|port| {
                !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit() || b":.".contains(&b))
            });
    }
    let address = word.split(['%', '/']).next().unwrap_or(word);
    address.matches(':').count() >= 2 && address.parse::<std::net::Ipv6Addr>().is_ok()
}

/// Six or more pairs of hexadecimal digits: addresses of cards, and prints of keys and certificates.
fn is_mac(word: &str) -> bool {
    word.len() >= 17
        && word.len() % 3 == 2
        && word.bytes().enumerate().all(|(at, b)| match at % 3 {
            2 => b == b':' || b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

/// `db:5432`, `api.shop.internal:80`, `mail.example.com`; not `handler.go:45`, `status:500`, `app.db.pool`.
fn is_host(word: &str) -> bool {
    let (name, port) = match word.rsplit_once(':') {
        Some((name, port)) => (name, Some(port)),
        None => (word, None),
    };
    // Upper case is for machines, `WIN-17.corp.example.com`, not for classes.
    let (tail, is_machine) = match name.split_once('.') {
        Some((first, tail)) => (tail, first.contains('-') || port.is_some()),
        None => (name, false),
    };
    let tail = if is_machine { tail } else { name };
    let is_name = name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
        && tail.bytes().all(|b| !b.is_ascii_uppercase())
        && name.bytes().any(|b| b.is_ascii_lowercase());
    if !is_name {
        return false;
    }
    let last = name.rsplit('.').next().unwrap_or(name);
    let is_dotted = name.contains('.') && !name.contains("..");
    match port {
        Some(port) => {
            let is_sure = is_dotted && DOMAINS.contains(&last);
            let is_port =
                port.parse::<u16>().is_ok_and(|p| p >= 1000 || p == 80 || p == 443 || is_sure);
            is_port && !KEYS.contains(&name) && !(is_dotted && FILES.contains(&last))
        }
        None if !is_dotted || FILES.contains(&last) => false,
        // A label of two letters ends a host of many parts: customer-17.example.mx.
        None => {
            DOMAINS.contains(&last)
                || (last.len() == 2 && name.matches('.').count() >= 2 && name.contains('-'))
        }
    }
}

/// `0x1f`, and eight or more hexadecimal digits with a digit and a letter among them (seven for a short commit).
fn hex(word: &str) -> Option<Variable> {
    if let Some(digits) = word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")) {
        let is_hex = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_hexdigit());
        return is_hex.then_some(Variable::Hex);
    }
    let word = word.strip_prefix("sha256:").unwrap_or(word);
    let is_hex = word.len() >= 7
        && word.bytes().all(|b| b.is_ascii_hexdigit())
        && word.bytes().any(|b| b.is_ascii_digit())
        && word.bytes().any(|b| b.is_ascii_alphabetic());
    is_hex.then_some(Variable::Hex)
}

/// A run of letters and digits inside a word, with its numbers masked: `eth1` is `eth<num>`, `k8s` is itself.
pub(super) fn mask_run(run: &str) -> Cow<'_, str> {
    if !run.bytes().any(|b| b.is_ascii_digit()) || is_word(run) {
        return run.into();
    }
    if let Some(kind) = number(run).or_else(|| hex(run)) {
        return kind.placeholder().into();
    }
    let is_label = run.len() <= 4
        && run.starts_with(|c: char| c.is_ascii_alphabetic())
        && run.bytes().skip(1).all(|b| b.is_ascii_digit());
    if is_label {
        return Variable::Num.placeholder().into();
    }
    let changes = run
        .as_bytes()
        .windows(2)
        .filter(|w| w[0].is_ascii_digit() != w[1].is_ascii_digit())
        .count();
    if changes >= 3 || run.len() > 24 {
        return Variable::Id.placeholder().into();
    }
    let mut out = String::with_capacity(run.len() + 5);
    let mut in_number = false;
    for c in run.chars() {
        if c.is_ascii_digit() {
            if !in_number {
                out.push_str(Variable::Num.placeholder());
            }
            in_number = true;
        } else {
            out.push(c);
            in_number = false;
        }
    }
    out.into()
}

fn is_word(run: &str) -> bool {
    run.len() <= 8 && WORDS.iter().any(|w| w.eq_ignore_ascii_case(run))
}

#[cfg(test)]
mod tests {
    use super::{Variable as V, *};

    #[test]
    fn words_are_what_they_look_like() {
        for (word, want) in [
            ("17", Some(V::Num)),
            ("-3.5", Some(V::Num)),
            ("99%", Some(V::Num)),
            ("1e-5", Some(V::Num)),
            ("12ms", Some(V::Time)),
            ("1h2m3.5s", Some(V::Time)),
            ("1.5GiB", Some(V::Size)),
            ("2025-03-04", Some(V::Time)),
            ("2025-03-04T09:00:00.123Z", Some(V::Time)),
            ("2025/03/04", Some(V::Time)),
            ("04/Mar/2025:09:00:00", Some(V::Time)),
            ("09:00", Some(V::Time)),
            ("09:00:00.123", Some(V::Time)),
            ("10.0.0.1", Some(V::Ip)),
            ("10.0.0.1:5432", Some(V::Ip)),
            ("/10.251.73.220:50010", Some(V::Ip)),
            ("::1", Some(V::Ip)),
            ("fe80::1%eth0", Some(V::Ip)),
            ("00:11:43:e3:ba:c3", Some(V::Mac)),
            ("FF:F2:9F:16:E1:35:00:0D:60:EB:F7:0B", Some(V::Mac)),
            ("mail.example.com:25", Some(V::Host)),
            ("0xdeadbeef", Some(V::Hex)),
            ("a1b2c3d", Some(V::Hex)),
            ("6ba7b810-9dad-11d1-80b4-00c04fd430c8", Some(V::Uuid)),
            ("ann@example.com", Some(V::Email)),
            ("shop@shop", None),
            ("db:5432", Some(V::Host)),
            ("api.shop.internal", Some(V::Host)),
            ("/var/lib/x", Some(V::Path)),
            ("C:\\temp\\x", Some(V::Path)),
            ("handler.go:45", None),
            ("Handler.java:4500", None),
            ("NODE17.example.com:443", Some(V::Host)),
            ("c.example.shop.Cart", None),
            ("status:500", None),
            ("app.db.pool", None),
            ("deadbeef", None),
            ("1.2.3", None),
            ("connection", None),
            ("", None),
        ] {
            assert_eq!(classify(word), want, "{word}");
        }
    }

    #[test]
    fn runs_keep_their_names_and_lose_their_numbers() {
        for (run, want) in [
            ("eth1", "eth<num>"),
            ("k8s", "k8s"),
            ("UTF8", "UTF8"),
            ("HTTP", "HTTP"),
            ("U01", "<num>"),
            ("E11000", "E<num>"),
            ("7d9f8b6c5", "<hex>"),
            ("x2x9z", "<id>"),
            ("123", "<num>"),
        ] {
            assert_eq!(mask_run(run), want, "{run}");
        }
    }
}
