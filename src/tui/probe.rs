//! Asks the terminal for its background, so that `theme = "auto"` can choose between dark and light.

use super::{colour::Rgb, theme::Kind};
use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use std::time::Duration;

/// How long an answer is waited for; the first frame must not be late.
pub const LIMIT: Duration = Duration::from_millis(50);

/// What is asked: the background (OSC 11), then the device's attributes, which every terminal answers.
const QUESTION: &[u8] = b"\x1b]11;?\x1b\\\x1b[c";

/// What came of asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    /// The background, where the terminal told.
    pub background: Option<Rgb>,
    /// Whether an answer may still come, among the keys; see [`LateAnswer`].
    pub is_pending: bool,
}

/// The kind of theme that fits this terminal: by its own answer, then `COLORFGBG`, then dark.
///
/// Call it before the terminal is taken; takes at most [`LIMIT`]. The second value is whether an answer may still come.
pub fn kind(env: impl Fn(&str) -> Option<String>) -> (Kind, bool) {
    let answer = background(LIMIT);
    let kind = answer
        .background
        .map(Kind::of_background)
        .or_else(|| env("COLORFGBG").and_then(|value| Kind::of_colorfgbg(&value)))
        .unwrap_or_default();
    (kind, answer.is_pending)
}

/// Asks the terminal and waits no longer than `limit`.
#[cfg(unix)]
pub fn background(limit: Duration) -> Answer {
    use crossterm::terminal::{disable_raw_mode, enable_raw_mode};
    use std::io::{self, IsTerminal as _, Write as _};

    let none = Answer { background: None, is_pending: false };
    if !io::stdout().is_terminal() || enable_raw_mode().is_err() {
        return none;
    }
    let mut out = io::stdout().lock();
    let asked = out.write_all(QUESTION).and_then(|()| out.flush());
    let bytes = if asked.is_ok() { listen(limit) } else { Vec::new() };
    let _ = disable_raw_mode();
    if asked.is_err() {
        return none;
    }
    Answer { background: parse(&bytes), is_pending: !is_whole(&bytes) }
}

/// Terminals without this question are not asked.
#[cfg(not(unix))]
pub fn background(_limit: Duration) -> Answer {
    Answer { background: None, is_pending: false }
}

#[cfg(unix)]
fn listen(limit: Duration) -> Vec<u8> {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use std::{
        fs::File,
        io::{self, IsTerminal as _},
        os::fd::{AsFd as _, OwnedFd},
        time::Instant,
    };

    // Lines come by standard input where we are at the end of a pipe; keys never do.
    let tty: Option<OwnedFd> = if io::stdin().is_terminal() {
        io::stdin().as_fd().try_clone_to_owned().ok()
    } else {
        File::open("/dev/tty").ok().map(Into::into)
    };
    let Some(tty) = tty else { return Vec::new() };
    let end = Instant::now() + limit;
    let mut bytes = Vec::new();
    while !is_whole(&bytes) && bytes.len() < 1024 {
        let rest = end.saturating_duration_since(Instant::now());
        let Ok(rest) = Timespec::try_from(rest) else { break };
        let mut ready = [PollFd::new(&tty, PollFlags::IN)];
        if !matches!(poll(&mut ready, Some(&rest)), Ok(1..))
            || !ready[0].revents().contains(PollFlags::IN)
        {
            break;
        }
        let mut chunk = [0; 256];
        match rustix::io::read(&tty, &mut chunk) {
            Ok(length @ 1..) => bytes.extend_from_slice(&chunk[..length]),
            _ => break,
        }
    }
    bytes
}

/// Whether the answer to the second question is there: `ESC [ ? ... c`.
fn is_whole(bytes: &[u8]) -> bool {
    bytes.windows(3).position(|w| w == b"\x1b[?").is_some_and(|at| bytes[at..].contains(&b'c'))
}

/// Reads `ESC ] 11 ; rgb:RRRR/GGGG/BBBB`, with one to four digits a channel.
fn parse(bytes: &[u8]) -> Option<Rgb> {
    let text = String::from_utf8_lossy(bytes);
    let colour = text.split("\x1b]11;rgb:").nth(1)?;
    let colour = colour.split(['\x07', '\x1b', '\u{9c}']).next()?;
    let mut channels = colour.split('/').map(|hex| {
        let max = 16_u32.checked_pow(u32::try_from(hex.len()).ok()?)?.checked_sub(1)?;
        let value = u32::from_str_radix(hex, 16).ok()?;
        (1..=4).contains(&hex.len()).then_some((value * 255 / max) as u8)
    });
    let mut next = || channels.next().flatten();
    Some(Rgb(next()?, next()?, next()?))
}

/// Keeps an answer that comes late from being taken for keys: it looks like Alt-], some letters, Alt-\.
#[derive(Debug, Clone, Default)]
pub struct LateAnswer {
    is_inside: bool,
    length: usize,
}

impl LateAnswer {
    /// An answer has at most this many characters; what is longer is a person.
    const MAX: usize = 40;

    /// Whether an event belongs to the answer and is to be dropped.
    pub fn swallows(&mut self, event: &Event) -> bool {
        let Event::Key(KeyEvent { code: KeyCode::Char(c), modifiers, .. }) = event else {
            return false;
        };
        let has = |modifier| modifiers.contains(modifier);
        if !self.is_inside {
            self.is_inside = *c == ']' && has(KeyModifiers::ALT);
            self.length = 0;
            return self.is_inside;
        }
        self.length += 1;
        let is_end =
            (*c == '\\' && has(KeyModifiers::ALT)) || (*c == 'g' && has(KeyModifiers::CONTROL));
        let is_part = c.is_ascii_hexdigit() || matches!(c, ';' | ':' | '/' | 'r' | 'g');
        self.is_inside = !is_end && is_part && self.length < Self::MAX;
        is_end || is_part
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_terminals_answer() {
        for (bytes, want) in [
            (&b"\x1b]11;rgb:1616/1818/1d1d\x1b\\\x1b[?62;c"[..], Some(Rgb(0x16, 0x18, 0x1d))),
            (b"\x1b]11;rgb:ff/ff/ff\x07\x1b[?1;2c", Some(Rgb(255, 255, 255))),
            (b"\x1b]11;rgb:f/0/8\x07", Some(Rgb(255, 0, 136))),
            (b"\x1b[?1;2c", None),
            (b"\x1b]11;rgb:zz/00/00\x07", None),
            (b"\x1b]11;rgb:00/00\x07", None),
            (b"\x1b]11;rgb:000000000/0/0\x07", None),
            (b"q", None),
            (b"", None),
        ] {
            assert_eq!(parse(bytes), want, "{bytes:?}");
        }
    }

    #[test]
    fn waits_for_the_attributes() {
        assert!(is_whole(b"\x1b]11;rgb:0/0/0\x07\x1b[?62;22c"));
        assert!(!is_whole(b"\x1b]11;rgb:c0/c0/c0\x07"));
        assert!(!is_whole(b"\x1b[?62"));
    }

    #[test]
    fn a_late_answer_is_no_key() {
        let key = |c, modifiers| Event::Key(KeyEvent::new(KeyCode::Char(c), modifiers));
        let mut late = LateAnswer::default();
        assert!(!late.swallows(&key('r', KeyModifiers::NONE)));
        assert!(late.swallows(&key(']', KeyModifiers::ALT)));
        for c in "11;rgb:1616/1818/1d1d".chars() {
            assert!(late.swallows(&key(c, KeyModifiers::NONE)), "{c}");
        }
        assert!(late.swallows(&key('\\', KeyModifiers::ALT)));
        assert!(!late.swallows(&key('r', KeyModifiers::NONE)));
        assert!(late.swallows(&key(']', KeyModifiers::ALT)));
        assert!(!late.swallows(&key('x', KeyModifiers::NONE)));
        assert!(!late.swallows(&key('r', KeyModifiers::NONE)));
    }
}
