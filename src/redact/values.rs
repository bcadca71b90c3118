//! Which values are secrets, and which only stand where one could be.

use super::class::Class;

/// Lower-case values that speak about a secret instead of being one.
const WORDS: &[&str] = &[
    "a",
    "absent",
    "accepted",
    "an",
    "and",
    "are",
    "authentication",
    "bad",
    "basic",
    "bearer",
    "blank",
    "can",
    "cannot",
    "changed",
    "cleared",
    "closed",
    "could",
    "created",
    "default",
    "deleted",
    "denied",
    "disabled",
    "does",
    "empty",
    "enabled",
    "error",
    "expected",
    "expired",
    "expires",
    "failed",
    "failure",
    "false",
    "filtered",
    "for",
    "found",
    "from",
    "generated",
    "has",
    "hidden",
    "in",
    "incorrect",
    "invalid",
    "is",
    "issued",
    "loaded",
    "malformed",
    "masked",
    "mismatch",
    "missing",
    "must",
    "n/a",
    "needed",
    "new",
    "nil",
    "no",
    "none",
    "not",
    "null",
    "off",
    "ok",
    "omitted",
    "on",
    "opened",
    "optional",
    "or",
    "present",
    "protected",
    "provided",
    "rate",
    "received",
    "redacted",
    "refreshed",
    "refused",
    "rejected",
    "removed",
    "renewed",
    "required",
    "reset",
    "revoked",
    "rotated",
    "saved",
    "secret",
    "set",
    "should",
    "started",
    "stored",
    "string",
    "success",
    "the",
    "timeout",
    "true",
    "undefined",
    "unexpected",
    "unknown",
    "unset",
    "unsupported",
    "updated",
    "valid",
    "verified",
    "was",
    "wrong",
    "yes",
    "your",
];

/// A value longer than this is a secret wherever it stands.
pub(super) const LONG: usize = 256;

/// Whether a value only stands for one: `${VAR}`, `<hidden>`, `****`, or a word about it.
pub(super) fn is_placeholder(value: &[u8]) -> bool {
    if value.len() > LONG {
        return false;
    }
    let is_wrapped = |open: &[u8], close: u8| value.starts_with(open) && value.ends_with(&[close]);
    [&b"${"[..], b"$(", b"{{", b"%{", b"%("].iter().any(|open| value.starts_with(open))
        || is_wrapped(b"<", b'>')
        || is_wrapped(b"[", b']')
        || is_wrapped(b"{", b'}')
        || value.iter().all(|b| b"*.xX".contains(b) || !b.is_ascii())
            && (value.contains(&b'*') || value.len() != 1)
        || is_path(value)
        || is_word(value)
}

/// Whether it is one of the words about secrets, whatever its case and the marks around it.
pub(super) fn is_word(value: &[u8]) -> bool {
    let bare = bare(value);
    // The longest word of the table.
    if bare.len() > 14 {
        return false;
    }
    let mut lower = [0; 14];
    lower[..bare.len()].copy_from_slice(bare);
    lower.make_ascii_lowercase();
    let word = std::str::from_utf8(&lower[..bare.len()]).unwrap_or_default();
    bare.is_empty() || WORDS.binary_search(&word).is_ok()
}

/// Without punctuation around.
pub(super) fn bare(value: &[u8]) -> &[u8] {
    let is_edge = |b: &u8| b.is_ascii_punctuation() && *b != b'*';
    let begin = value.iter().position(|b| !is_edge(b)).unwrap_or(value.len());
    let end = value.iter().rposition(|b| !is_edge(b)).map_or(begin, |last| last + 1);
    &value[begin..end]
}

/// `/run/secrets/db`: a place where a secret is kept.
fn is_path(value: &[u8]) -> bool {
    let rest = value.strip_prefix(b"./").or_else(|| value.strip_prefix(b"/"));
    rest.is_some_and(|rest| {
        rest.contains(&b'/')
            && rest
                .iter()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"/._-".contains(b))
    })
}

/// Whether it is too short or too plain for a secret where other things stand as well: a count, a word, a name.
pub(super) fn looks_random(value: &[u8]) -> bool {
    let bare = bare(value);
    let has = |is: fn(&u8) -> bool| bare.iter().any(is);
    let has_digit = has(u8::is_ascii_digit);
    let has_letter = has(u8::is_ascii_alphabetic);
    let is_timed =
        bare.len() < 12 && bare.first().is_some_and(u8::is_ascii_digit) && is_amount(bare);
    if is_object(bare) {
        return false;
    }
    bare.len() >= 6 && has_digit && has_letter && !is_timed
        || bare.len() >= 16
            && !bare.contains(&b' ')
            && !bare.contains(&b'(')
            && !is_dotted_name(bare)
        || bare.len() >= 8 && has_digit && bare.iter().all(u8::is_ascii_digit)
}

/// `Token{78af589`, `BinderProxy@2bd79ce`: an object of a program, by its name and place.
fn is_object(value: &[u8]) -> bool {
    let name = value.iter().take_while(|b| b.is_ascii_alphanumeric() || b"._$".contains(b)).count();
    let place = value.get(name + 1..).unwrap_or_default();
    name > 3
        && matches!(value.get(name), Some(b'{' | b'@'))
        && place.len() <= 16
        && place.iter().all(u8::is_ascii_hexdigit)
}

/// `30s`, `1.5h`, `200ms`, `12MB`.
fn is_amount(value: &[u8]) -> bool {
    let digits = value.iter().take_while(|b| b.is_ascii_digit() || **b == b'.').count();
    let unit = &value[digits..];
    unit.len() <= 7 && unit.iter().all(u8::is_ascii_alphabetic) && digits > 0
}

/// `com.shop.auth.TokenService`, `session-store`: words of letters.
fn is_dotted_name(value: &[u8]) -> bool {
    value.iter().all(|b| b.is_ascii_alphabetic() || b"._-:/\\$".contains(b))
        && value.split(|b| !b.is_ascii_alphabetic()).all(|word| word.len() < 20)
        && value.iter().any(|b| !b.is_ascii_alphanumeric())
}

/// Whether it is a number so short that it counts something.
pub(super) fn is_count(value: &[u8]) -> bool {
    let bare = bare(value);
    bare.len() < 6 && bare.iter().all(|b| Class::Digit.has(*b) || *b == b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order() {
        assert!(WORDS.is_sorted());
        assert!(WORDS.iter().all(|w| w.len() <= 14));
    }

    #[test]
    fn tells_secrets_from_words() {
        for value in [
            "missing",
            "None",
            "***",
            "${DB_PASSWORD}",
            "<hidden>",
            "[FILTERED]",
            "/run/secrets/db",
            "{}",
            "null,",
        ] {
            assert!(is_placeholder(value.as_bytes()), "{value}");
        }
        for value in ["hunter2", "p@ss", "correcthorse", "/Ab+c/De=", "x", "12345", "$ecret"] {
            assert!(!is_placeholder(value.as_bytes()), "{value}");
        }
        for value in ["abc123", "0123456789abcdef", "correcthorsebattery"] {
            assert!(looks_random(value.as_bytes()), "{value}");
        }
        for value in [
            "30s",
            "4096",
            "refresh",
            "Token{78af589",
            "os.BinderProxy@2bd79ce",
            "com.shop.auth.TokenService",
            "1.5h",
            "a b c d e f g h i j",
        ] {
            assert!(!looks_random(value.as_bytes()), "{value}");
        }
    }
}
