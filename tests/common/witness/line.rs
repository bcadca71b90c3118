//! A line that proves itself: `WRITER STREAM NUMBER CRC PAYLOAD`, the checksum being over all the rest.
//!
//! Knows nothing but `std`: the program that writes inside containers is built of this file too.

#![allow(unreachable_pub, dead_code, reason = "the writer forms lines, the judge reads them")]

/// A line taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'a> {
    /// `SERVICE.CONTAINER.RUN`, the container by its first twelve digits.
    pub writer: &'a str,
    /// `out` or `err`.
    pub pipe: &'a str,
    /// From 1, without a hole, in each pipe of each run.
    pub number: u64,
    /// Whether the checksum holds; it does not where a part is missing or was changed.
    pub is_whole: bool,
}

/// Forms a line, without its end.
pub fn form(writer: &str, pipe: &str, number: u64, payload: &str) -> String {
    let sum = checksum(writer, pipe, number, payload);
    format!("{writer} {pipe} {number} {sum:08x} {payload}")
}

/// Takes a line apart; `None` where it is none of ours.
pub fn read(text: &str) -> Option<Line<'_>> {
    let mut words = text.splitn(5, ' ');
    let (writer, pipe) = (words.next()?, words.next()?);
    let number = words.next()?.parse().ok()?;
    let sum = words.next()?;
    let payload = words.next().unwrap_or_default();
    let is_ours = writer.split('.').count() == 3 && (pipe == "out" || pipe == "err");
    let is_whole = sum == format!("{:08x}", checksum(writer, pipe, number, payload));
    is_ours.then_some(Line { writer, pipe, number, is_whole })
}

fn checksum(writer: &str, pipe: &str, number: u64, payload: &str) -> u32 {
    let mut sum = !0;
    let number = number.to_le_bytes();
    for part in [writer.as_bytes(), pipe.as_bytes(), &number, payload.as_bytes()] {
        for byte in part {
            sum = TABLE[usize::from(sum as u8 ^ byte)] ^ (sum >> 8);
        }
    }
    !sum
}

/// Of CRC-32 as in Ethernet and gzip.
const TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut at = 0;
    while at < 256 {
        let mut value = at as u32;
        let mut bit = 0;
        while bit < 8 {
            value = if value & 1 == 1 { 0xedb8_8320 ^ (value >> 1) } else { value >> 1 };
            bit += 1;
        }
        table[at] = value;
        at += 1;
    }
    table
};
