//! Personal data: card numbers, e-mail addresses, IP addresses, telephone numbers. Off unless wished.

use super::finder::Found;

/// Finds them all. Linear: words are bounded.
pub(super) fn find(text: &[u8], found: &mut Vec<Found>) {
    let is_part = |b: &u8| b.is_ascii_alphanumeric() || b"@.+-_:%".contains(b);
    let mut at = 0;
    while at < text.len() {
        let length = text[at..].iter().take_while(|b| is_part(b)).count();
        let word = &text[at..at + length];
        if let Some(kind) = kind_of(word) {
            let kept = word.iter().rev().take_while(|b| b".-_:+%".contains(b)).count();
            found.push(Found { kind, range: at..at + length - kept });
        }
        at += length + 1;
    }
    numbers(text, found);
}

fn kind_of(word: &[u8]) -> Option<&'static str> {
    if let Some(sign) = memchr::memchr(b'@', word) {
        let (user, host) = (&word[..sign], &word[sign + 1..]);
        let is_host = memchr::memchr(b'.', host).is_some_and(|dot| dot > 0 && dot + 1 < host.len());
        return (!user.is_empty() && is_host).then_some("email");
    }
    let text = std::str::from_utf8(word).ok()?;
    let text = text.trim_end_matches(['.', ':', '-']);
    let host = if text.matches(':').count() == 1 { text.split(':').next()? } else { text };
    (host.len() >= 7 && host.parse::<std::net::IpAddr>().is_ok()).then_some("ip")
}

/// Groups of digits with blanks or dashes between: cards of 13 to 19 that pass Luhn's test, telephones that begin with `+`.
fn numbers(text: &[u8], found: &mut Vec<Found>) {
    let mut at = 0;
    while let Some(next) = text[at..].iter().position(u8::is_ascii_digit) {
        let begin = at + next;
        let mut end = begin;
        let mut digits = [0; 20];
        let mut count = 0;
        while let Some(byte) = text.get(end) {
            match byte {
                b'0'..=b'9' => {
                    if let Some(digit) = digits.get_mut(count) {
                        *digit = byte - b'0';
                    }
                    count += 1;
                }
                b' ' | b'-' if text.get(end + 1).is_some_and(u8::is_ascii_digit) => {}
                _ => break,
            }
            end += 1;
        }
        let before = begin.checked_sub(1).map(|b| text[b]);
        let is_free = before.is_none_or(|b| !b.is_ascii_alphanumeric() && b != b'.')
            && text.get(end).is_none_or(|b| !b.is_ascii_alphanumeric());
        if is_free && (13..=19).contains(&count) && is_card(&digits[..count]) {
            found.push(Found { kind: "card", range: begin..end });
        } else if before == Some(b'+') && (8..=15).contains(&count) {
            found.push(Found { kind: "phone", range: begin - 1..end });
        }
        at = end;
    }
}

/// Luhn's test.
fn is_card(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| match (place % 2, u32::from(*digit)) {
            (0, digit) => digit,
            (_, digit) if digit > 4 => digit * 2 - 9,
            (_, digit) => digit * 2,
        })
        .sum();
    sum.is_multiple_of(10) && digits.iter().any(|d| *d != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_belongs_to_people() {
        for (text, want) in [
            ("mail to jan@example.com failed", &["jan@example.com"][..]),
            ("from 10.0.3.7:5432 to fe80::1:2 ", &["10.0.3.7:5432", "fe80::1:2"]),
            ("card 4111 1111 1111 1111 declined", &["4111 1111 1111 1111"]),
            ("card 4111 1111 1111 1112", &[]),
            ("call +48 601 234 567 now", &["+48 601 234 567"]),
            ("took 12 ms of 300, version 1.2.3", &[]),
        ] {
            let mut found = Vec::new();
            find(text.as_bytes(), &mut found);
            let words: Vec<&str> = found.iter().map(|f| &text[f.range.clone()]).collect();
            assert_eq!(words, want);
        }
    }
}
