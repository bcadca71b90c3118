//! A row as one line of bytes.

use super::clock;
use crate::model::{Row, Speaker};

/// Appends `row` and a line feed: what `serde_json` writes, several times as fast.
pub(in super::super) fn write(out: &mut Vec<u8>, row: &Row<'_>) {
    out.push(b'{');
    if row.id != 0 {
        out.extend_from_slice(b"\"id\":");
        number(out, row.id);
        out.push(b',');
    }
    if let Some(time) = row.time {
        out.extend_from_slice(b"\"time\":\"");
        clock::write(out, time);
        out.extend_from_slice(b"\",");
    }
    if let Some(time) = row.line_time {
        out.extend_from_slice(b"\"line_time\":\"");
        clock::write(out, time);
        out.extend_from_slice(b"\",");
    }
    out.extend_from_slice(match row.source {
        Speaker::Container => b"\"source\":\"container\",\"service\":",
        Speaker::System => b"\"source\":\"system\",\"service\":",
        Speaker::Manager => b"\"source\":\"manager\",\"service\":",
    });
    text(out, &row.service);
    out.extend_from_slice(b",\"container\":");
    text(out, &row.container);
    out.extend_from_slice(b",\"replica\":");
    number(out, row.replica.into());
    if let Some(run) = row.run {
        out.extend_from_slice(b",\"run\":\"");
        clock::write(out, run);
        out.push(b'"');
    }
    out.extend_from_slice(b",\"stream\":\"");
    out.extend_from_slice(row.stream.as_str().as_bytes());
    out.extend_from_slice(b"\",\"level\":\"");
    out.extend_from_slice(row.level.as_str().as_bytes());
    out.extend_from_slice(b"\",\"text\":");
    text(out, &row.text);
    if row.message_at != 0 {
        out.extend_from_slice(b",\"message_at\":");
        number(out, row.message_at.into());
    }
    if !row.fields.is_empty() {
        let mut separator = b'{';
        out.extend_from_slice(b",\"fields\":");
        for (name, value) in &row.fields {
            out.push(separator);
            text(out, name);
            out.push(b':');
            text(out, value);
            separator = b',';
        }
        out.push(b'}');
    }
    if !row.redacted.is_empty() {
        let mut separator = b'[';
        out.extend_from_slice(b",\"redacted\":");
        for (at, len) in &row.redacted {
            out.extend_from_slice(&[separator, b'[']);
            number(out, (*at).into());
            out.push(b',');
            number(out, (*len).into());
            out.push(b']');
            separator = b',';
        }
        out.push(b']');
    }
    if let Some(gap) = &row.gap {
        let len = out.len();
        out.extend_from_slice(b",\"gap\":");
        // A gap is rare and has no part that JSON cannot say.
        if serde_json::to_writer(&mut *out, gap).is_err() {
            out.truncate(len);
        }
    }
    out.extend_from_slice(b"}\n");
}

fn number(out: &mut Vec<u8>, mut number: u64) {
    let mut digits = [0; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}

fn text(out: &mut Vec<u8>, text: &str) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    out.push(b'"');
    let bytes = text.as_bytes();
    // Without an early end within a chunk the compiler looks at many bytes at once.
    let is_plain = |chunk: &[u8]| {
        chunk.iter().fold(0, |any, b| any | u8::from(matches!(b, 0..0x20 | b'"' | b'\\'))) == 0
    };
    for chunk in bytes.chunks(32) {
        if is_plain(chunk) {
            out.extend_from_slice(chunk);
            continue;
        }
        for byte in chunk {
            match byte {
                b'"' => out.extend_from_slice(b"\\\""),
                b'\\' => out.extend_from_slice(b"\\\\"),
                b'\n' => out.extend_from_slice(b"\\n"),
                b'\r' => out.extend_from_slice(b"\\r"),
                b'\t' => out.extend_from_slice(b"\\t"),
                0x08 => out.extend_from_slice(b"\\b"),
                0x0c => out.extend_from_slice(b"\\f"),
                0..=0x1f => {
                    let (high, low) = (HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]);
                    out.extend_from_slice(&[b'\\', b'u', b'0', b'0', high, low]);
                }
                _ => out.push(*byte),
            }
        }
    }
    out.push(b'"');
}
