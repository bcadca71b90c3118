//! The words and numbers with which programs name a level.
//!
//! Where such a word stands decides whether it is one; that is the business of `header` and `keyed`.

use crate::model::Level;

/// The longest word of the table.
const LONGEST: usize = 13;

/// The level that a word names, in any case; `None` for every other word.
pub(super) fn of_word(word: &[u8]) -> Option<Level> {
    if word.len() < 3 || word.len() > LONGEST {
        return None;
    }
    let mut upper = [0_u8; LONGEST];
    let upper = &mut upper[..word.len()];
    upper.copy_from_slice(word);
    upper.make_ascii_uppercase();
    Some(match &*upper {
        b"TRACE" | b"TRC" | b"TRCE" | b"FINEST" | b"FINER" | b"VERBOSE" | b"VRB" | b"SILLY" => {
            Level::Trace
        }
        b"DEBUG" | b"DBG" | b"DBUG" | b"DEBU" | b"DEBG" | b"DEB" | b"FINE" | b"CONFIG"
        | b"DEBUG1" | b"DEBUG2" | b"DEBUG3" | b"DEBUG4" | b"DEBUG5" => Level::Debug,
        b"INFO" | b"INF" | b"INFORMATION" | b"INFORMATIONAL" | b"NOTICE" | b"LOG" | b"NOTE"
        | b"SYSTEM" | b"HTTP" | b"SUCCESS" | b"INFOS" => Level::Info,
        b"WARN" | b"WARNING" | b"WRN" | b"WAR" | b"WARNUNG" | b"AVERTISSEMENT" => Level::Warn,
        b"ERROR" | b"ERR" | b"ERR!" | b"ERRO" | b"EROR" | b"SEVERE" | b"FAIL" | b"FAILURE"
        | b"GRAVE" | b"SCHWERWIEGEND" | b"FEHLER" | b"ERREUR" => Level::Error,
        b"FATAL" | b"FTL" | b"FATA" | b"CRITICAL" | b"CRIT" | b"CRT" | b"CRI" | b"ALERT"
        | b"EMERG" | b"EMERGENCY" | b"PANIC" | b"PANI" | b"DPANIC" => Level::Fatal,
        _ => return None,
    })
}

/// Whether a word is a level only where its writing leaves no doubt: in capitals or in brackets.
pub(super) fn is_everyday(word: &[u8]) -> bool {
    const EVERYDAY: &[&[u8]] =
        &[b"log", b"note", b"system", b"http", b"config", b"fine", b"finer", b"finest", b"success"];
    EVERYDAY.iter().any(|known| known.eq_ignore_ascii_case(word))
}

/// The level that one letter names: glog, Ruby's logger, Mongo, Android.
pub(super) const fn of_letter(letter: u8) -> Option<Level> {
    Some(match letter {
        b'V' | b'T' => Level::Trace,
        b'D' => Level::Debug,
        b'I' | b'N' => Level::Info,
        b'W' => Level::Warn,
        b'E' => Level::Error,
        b'F' | b'C' => Level::Fatal,
        _ => return None,
    })
}

/// A value under a level key: a word, a letter, or a number of pino's or Monolog's scale.
pub(super) fn of_value(value: &[u8]) -> Option<Level> {
    let value = value.trim_ascii();
    if let Some(level) = of_word(value) {
        return Some(level);
    }
    match value {
        [letter] if letter.is_ascii_uppercase() => of_letter(*letter),
        // MongoDB's D1 to D5.
        [b'D', b'1'..=b'5'] => Some(Level::Debug),
        _ => match offset(value) {
            Some(base) => of_word(base),
            None => of_number(number(value)?),
        },
    }
}

/// The word of a level between two levels, as Go's slog writes it: `INFO+2`, `DEBUG-4`.
fn offset(value: &[u8]) -> Option<&[u8]> {
    let at = value.iter().position(|b| matches!(b, b'+' | b'-'))?;
    let (word, digits) = (&value[..at], &value[at + 1..]);
    (at > 0 && number(digits).is_some()).then_some(word)
}

/// A number under `level`: pino and bunyan (10 to 60), Monolog (100 to 600), Logback (5,000 to 40,000).
pub(super) const fn of_number(number: u32) -> Option<Level> {
    Some(match number {
        10 | 5_000 => Level::Trace,
        20 | 100 | 10_000 => Level::Debug,
        30 | 200 | 250 | 20_000 => Level::Info,
        40 | 300 | 30_000 => Level::Warn,
        50 | 400 | 40_000 => Level::Error,
        60 | 500 | 550 | 600 | 50_000 => Level::Fatal,
        _ => return None,
    })
}

/// A number of syslog's scale, 0 (emergency) to 7 (debug).
pub(super) const fn of_syslog(number: u32) -> Option<Level> {
    Some(match number {
        0..=2 => Level::Fatal,
        3 => Level::Error,
        4 => Level::Warn,
        5 | 6 => Level::Info,
        7 => Level::Debug,
        _ => return None,
    })
}

/// A number of OpenTelemetry's scale, 1 to 24.
pub(super) const fn of_otel(number: u32) -> Option<Level> {
    Some(match number {
        1..=4 => Level::Trace,
        5..=8 => Level::Debug,
        9..=12 => Level::Info,
        13..=16 => Level::Warn,
        17..=20 => Level::Error,
        21..=24 => Level::Fatal,
        _ => return None,
    })
}

/// A short decimal number and nothing else.
pub(super) fn number(value: &[u8]) -> Option<u32> {
    if value.is_empty() || value.len() > 9 || !value.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(value.iter().fold(0, |n, d| n * 10 + u32::from(d - b'0')))
}
