//! The writings of a timestamp, one method for each family.

use super::{Clock, Date, Stamp, When};

#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(super) const fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at }
    }

    /// How far it has read.
    pub(super) const fn at(&self) -> usize {
        self.at
    }

    pub(super) fn peek(&self) -> u8 {
        self.ahead(0)
    }

    /// The byte `by` further on; 0 behind the end.
    fn ahead(&self, by: usize) -> u8 {
        self.bytes.get(self.at + by).copied().unwrap_or(0)
    }

    fn eat(&mut self, byte: u8) -> bool {
        let is_there = self.peek() == byte;
        self.at += usize::from(is_there);
        is_there
    }

    fn run_of_digits(&self) -> usize {
        self.bytes[self.at..].iter().take(20).take_while(|b| b.is_ascii_digit()).count()
    }

    /// Between `min` and `max` digits, as many as there are.
    fn digits(&mut self, min: usize, max: usize) -> Option<u32> {
        let count = self.run_of_digits().min(max);
        if count < min {
            return None;
        }
        let value = self.bytes[self.at..self.at + count]
            .iter()
            .fold(0_u32, |n, d| n.wrapping_mul(10).wrapping_add(u32::from(d - b'0')));
        self.at += count;
        Some(value)
    }

    pub(super) fn numeric(&mut self) -> Option<When> {
        let run = self.run_of_digits();
        match (run, self.ahead(run)) {
            (4, b'-' | b'/' | b'.' | b' ') => self.year_first(),
            (1 | 2, b':') => {
                let clock = self.clock()?;
                let offset = self.zone();
                Some(When::Civil { date: Date::Today, clock, offset })
            }
            (1 | 2, b'/' | b'-' | b'.' | b' ') => {
                let mut ahead = *self;
                ahead.day_or_month_first().inspect(|_| *self = ahead).or_else(|| self.scientific())
            }
            (6, b' ') => self.packed(2, b' '),
            (8, b' ' | b'T' | b'-') => self.packed(4, self.ahead(8)),
            (10 | 13 | 16 | 19, _) => self.epoch().map(|s| s.when),
            _ => None,
        }
    }

    /// zap's seconds since 1970: `1.7000000001234567e+09`.
    fn scientific(&mut self) -> Option<When> {
        let rest = &self.bytes[self.at..];
        if !rest.starts_with(b"1.") {
            return None;
        }
        let length = rest.iter().take(24).take_while(|b| b.is_ascii_digit() || **b == b'.').count();
        if !rest[length..].starts_with(b"e+09") {
            return None;
        }
        let spelled = std::str::from_utf8(&rest[..length + 4]).ok()?;
        let value: f64 = spelled.parse().ok()?;
        self.at += length + 4;
        let seconds = value.trunc();
        let nanos = ((value - seconds) * 1e9) as u32;
        Some(When::Epoch { seconds: seconds as i64, nanos })
    }

    /// `2006-01-02T15:04:05.999+02:00` and its kin.
    fn year_first(&mut self) -> Option<When> {
        let year = self.digits(4, 4)?;
        let between = self.peek();
        self.at += 1;
        let month =
            if self.peek().is_ascii_alphabetic() { self.month()? } else { self.digits(1, 2)? };
        if !self.eat(between) {
            return None;
        }
        self.eat(b' ');
        let day = self.digits(1, 2)?;
        if self.peek() == b' ' && self.ahead(1) == b'-' && self.ahead(2) == b' ' {
            // gin: `2006/01/02 - 15:04:05`.
            self.at += 3;
        } else if matches!(self.peek(), b'T' | b't' | b'_' | b'-' | b':') {
            self.at += 1;
        } else if self.eat(b' ') {
            // MariaDB pads the hour with a space.
            self.eat(b' ');
        } else {
            return None;
        }
        self.civil(date(year, month, day)?)
    }

    /// `02/Jan/2006:15:04:05 +0000`, `02 Jan 2006 15:04:05`, `01/02/2006, 3:04:05 PM`, `01-02 15:04:05`,
    /// `01/02 15:04:05`.
    fn day_or_month_first(&mut self) -> Option<When> {
        let first = self.digits(1, 2)?;
        let between = self.peek();
        self.at += 1;
        let is_named = self.peek().is_ascii_alphabetic();
        let second = if is_named { self.month()? } else { self.digits(1, 2)? };
        if matches!(between, b'-' | b'/') && self.peek() == b' ' {
            self.at += 1;
            let (month, day) = if is_named { (second, first) } else { (first, second) };
            check(month, day)?;
            return self.civil(Date::NoYear(month, day));
        }
        if !self.eat(between) || (!is_named && between == b' ') {
            return None;
        }
        if !is_named && self.run_of_digits() == 2 {
            return self.short_year(first, second, between);
        }
        // Redis before its fifth version: `02 Jan 15:04:05.999`.
        if is_named && between == b' ' && self.ahead(2) == b':' {
            check(second, first)?;
            return self.civil(Date::NoYear(second, first));
        }
        let year = self.digits(4, 4)?;
        self.eat(b',');
        // Suricata: `4/3/2025 -- 09:00:00`.
        if self.bytes[self.at..].starts_with(b" -- ") {
            self.at += 3;
        }
        if !matches!(self.peek(), b' ' | b':' | b'T') {
            return None;
        }
        self.at += 1;
        let (month, day) = match (is_named, between) {
            (true, _) | (false, b'.') => (second, first),
            (false, _) if first > 12 => (second, first),
            (false, _) => (first, second),
        };
        self.civil(date(year, month, day)?)
    }

    /// Spark's `17/06/09 20:10:40`, rich's `03/04/25 09:00:00`: the year is where no month can be, else last. Between
    /// hyphens it is first, as in ISO's order: `25-03-04 09:00:00`.
    fn short_year(&mut self, first: u32, second: u32, between: u8) -> Option<When> {
        let third = self.digits(2, 2)?;
        if !matches!(between, b'/' | b'-') || !self.eat(b' ') {
            return None;
        }
        let is_first = first > 12 || between == b'-';
        let (year, month, day) =
            if is_first { (first, second, third) } else { (third, first, second) };
        self.civil(date(2000 + year, month, day)?)
    }

    /// `20060102 15:04:05`, `060102 150405`.
    fn packed(&mut self, year_digits: usize, between: u8) -> Option<When> {
        let year = self.digits(year_digits, year_digits)?;
        let (month, day) = (self.digits(2, 2)?, self.digits(2, 2)?);
        let year = if year_digits == 2 { 2000 + year } else { year };
        let date = date(year, month, day)?;
        if !self.eat(between) {
            return None;
        }
        if self.run_of_digits() != 6 {
            return self.civil(date);
        }
        let (hour, minute, second) = (self.digits(2, 2)?, self.digits(2, 2)?, self.digits(2, 2)?);
        let nanos = self.fraction();
        let clock = Clock { hour, minute, second, nanos }.checked()?;
        Some(When::Civil { date, clock, offset: self.zone() })
    }

    /// `Jan  2 15:04:05`, `Jan-2 15:04:05`, `Jan 02, 2006 3:04:05 PM`, `Mon Jan  2 15:04:05.999 2006`, `Mon, 02 Jan 2006 15:04:05 GMT`.
    pub(super) fn named(&mut self) -> Option<When> {
        if self.weekday() {
            let has_comma = self.eat(b',');
            self.eat(b' ');
            if self.peek().is_ascii_digit() && (has_comma || self.run_of_digits() < 3) {
                return self.day_or_month_first();
            }
        }
        let month = self.month()?;
        if !self.eat(b' ') && !self.eat(b'-') {
            return None;
        }
        self.eat(b' ');
        let day = self.digits(1, 2)?;
        check(month, day)?;
        let has_comma = self.eat(b',');
        if !self.eat(b' ') {
            return None;
        }
        if self.run_of_digits() == 4 && (has_comma || self.ahead(4) == b' ') {
            let year = self.digits(4, 4)?;
            if !self.eat(b' ') {
                return None;
            }
            return self.civil(date(year, month, day)?);
        }
        let clock = self.clock()?;
        let offset = self.zone();
        if self.peek() == b' ' && !self.ahead(5).is_ascii_alphanumeric() {
            let mut ahead = Reader { at: self.at + 1, ..*self };
            if ahead.run_of_digits() == 4
                && let Some(year @ 1970..=2999) = ahead.digits(4, 4)
            {
                self.at = ahead.at;
                return Some(When::Civil { date: date(year, month, day)?, clock, offset });
            }
        }
        Some(When::Civil { date: Date::NoYear(month, day), clock, offset })
    }

    fn civil(&mut self, date: Date) -> Option<When> {
        let clock = self.clock()?;
        let offset = self.zone();
        Some(When::Civil { date, clock, offset })
    }

    /// `15:04:05.999`, `3:04PM`; a time without seconds counts only with AM or PM.
    fn clock(&mut self) -> Option<Clock> {
        let mut hour = self.digits(1, 2)?;
        // Snapcast: `2024-03-30 15-32-20.213`.
        let between = if self.peek() == b'-' && self.ahead(3) == b'-' { b'-' } else { b':' };
        if !self.eat(between) {
            return None;
        }
        let minute = self.digits(2, 2)?;
        let has_seconds = self.eat(between);
        let second = if has_seconds { self.digits(2, 2)? } else { 0 };
        let nanos = if has_seconds { self.fraction() } else { 0 };
        let half = Reader { at: self.at + usize::from(self.peek() == b' '), ..*self };
        match (half.peek().to_ascii_uppercase(), half.ahead(1).to_ascii_uppercase()) {
            (letter @ (b'A' | b'P'), b'M') if !half.ahead(2).is_ascii_alphanumeric() => {
                hour = hour % 12 + if letter == b'P' { 12 } else { 0 };
                self.at = half.at + 2;
            }
            _ if !has_seconds => return None,
            _ => {}
        }
        Clock { hour, minute, second, nanos }.checked()
    }

    /// `.123456789` or `,123` as nanoseconds; further digits are passed over.
    fn fraction(&mut self) -> u32 {
        if !matches!(self.peek(), b'.' | b',') || !self.ahead(1).is_ascii_digit() {
            return 0;
        }
        self.at += 1;
        let mut nanos = 0;
        let mut unit = 100_000_000;
        while self.peek().is_ascii_digit() {
            nanos += u32::from(self.peek() - b'0') * unit;
            unit /= 10;
            self.at += 1;
        }
        nanos
    }

    /// Seconds east of UTC, where a zone is named; else nothing is eaten and it is 0.
    fn zone(&mut self) -> i32 {
        let start = self.at;
        let is_apart = self.eat(b' ');
        let sign = self.peek();
        match sign {
            b'Z' | b'z' if !is_apart => {
                self.at += 1;
                return 0;
            }
            b'+' | b'-' => {
                self.at += 1;
                let run = self.run_of_digits();
                let hours = self.digits(2, 2);
                let has_colon = self.peek() == b':';
                let minutes = match run {
                    4 => self.digits(2, 2),
                    2 if has_colon => {
                        self.at += 1;
                        self.digits(2, 2)
                    }
                    2 if !is_apart => Some(0),
                    _ => None,
                };
                if let (Some(hours @ 0..=14), Some(minutes @ 0..=59)) = (hours, minutes)
                    && !self.peek().is_ascii_alphanumeric()
                {
                    let offset = (hours * 3600 + minutes * 60) as i32;
                    return if sign == b'-' { -offset } else { offset };
                }
            }
            b'A'..=b'Z' => {
                let rest = &self.bytes[self.at..];
                let length = rest.iter().take(5).take_while(|b| b.is_ascii_uppercase()).count();
                if !self.ahead(length).is_ascii_alphanumeric()
                    && let Some(offset) = named_zone(&rest[..length])
                {
                    self.at += length;
                    return offset;
                }
            }
            _ => {}
        }
        self.at = start;
        0
    }

    fn month(&mut self) -> Option<u32> {
        const MONTHS: &[u8; 36] = b"janfebmaraprmayjunjulaugsepoctnovdec";
        let mut name = *self.bytes.get(self.at..)?.first_chunk::<3>()?;
        name.make_ascii_lowercase();
        let index = MONTHS.chunks(3).position(|m| m == name)?;
        self.at += 3;
        Some(index as u32 + 1)
    }

    fn weekday(&mut self) -> bool {
        let is_one = matches!(
            self.bytes.get(self.at..self.at + 3),
            Some(b"Mon" | b"Tue" | b"Wed" | b"Thu" | b"Fri" | b"Sat" | b"Sun")
        ) && matches!(self.ahead(3), b' ' | b',');
        self.at += if is_one { 3 } else { 0 };
        is_one
    }

    pub(super) fn epoch(&mut self) -> Option<Stamp> {
        let run = self.run_of_digits();
        let unit: u64 = match run {
            10 => 1,
            13 => 1_000,
            16 => 1_000_000,
            19 => 1_000_000_000,
            _ => return None,
        };
        let value = self.bytes[self.at..self.at + run]
            .iter()
            .fold(0_u64, |n, d| n.wrapping_mul(10).wrapping_add(u64::from(d - b'0')));
        let seconds = value / unit;
        // 2001 to 2100: other numbers are numbers.
        if !(1_000_000_000..4_102_444_800).contains(&seconds) {
            return None;
        }
        self.at += run;
        let within = (value % unit * (1_000_000_000 / unit)) as u32;
        let nanos = if unit == 1 { self.fraction() } else { within };
        if unit != 1 && self.peek() == b'.' {
            self.fraction();
        }
        let when = When::Epoch { seconds: seconds as i64, nanos };
        Some(Stamp { when, end: self.at })
    }
}

impl Clock {
    fn checked(self) -> Option<Self> {
        (self.hour < 24 && self.minute < 60 && self.second <= 60).then_some(self)
    }
}

fn date(year: u32, month: u32, day: u32) -> Option<Date> {
    check(month, day)?;
    (1970..=2999).contains(&year).then_some(Date::Full(year as i32, month, day))
}

fn check(month: u32, day: u32) -> Option<()> {
    ((1..=12).contains(&month) && (1..=31).contains(&day)).then_some(())
}

/// Zones that stand in log lines; others are taken for words.
fn named_zone(name: &[u8]) -> Option<i32> {
    const HOUR: i32 = 3600;
    Some(match name {
        b"UTC" | b"GMT" | b"WET" => 0,
        b"CET" | b"BST" | b"WEST" => HOUR,
        b"CEST" | b"EET" => 2 * HOUR,
        b"EEST" | b"MSK" => 3 * HOUR,
        b"IST" => 5 * HOUR + HOUR / 2,
        b"JST" | b"KST" => 9 * HOUR,
        b"AEST" => 10 * HOUR,
        b"EDT" => -4 * HOUR,
        b"EST" | b"CDT" => -5 * HOUR,
        b"CST" | b"MDT" => -6 * HOUR,
        b"MST" | b"PDT" => -7 * HOUR,
        b"PST" => -8 * HOUR,
        _ => return None,
    })
}
