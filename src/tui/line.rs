//! A line of text that a user types: search, filter, palette, title.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use unicode_segmentation::UnicodeSegmentation;

/// Text with a cursor on a grapheme boundary.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Line {
    text: String,
    cursor: usize,
}

impl Line {
    /// A line with the cursor at its end.
    pub(crate) fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { cursor: text.len(), text }
    }

    /// The text.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// What is before the cursor, and what is after.
    pub(crate) fn parts(&self) -> (&str, &str) {
        self.text.split_at(self.cursor)
    }

    /// Inserts text at the cursor; controls are left out.
    pub(crate) fn insert(&mut self, text: &str) {
        let clean: String = text.chars().filter(|c| !c.is_control()).collect();
        self.text.insert_str(self.cursor, &clean);
        self.cursor += clean.len();
    }

    /// Edits by the usual keys of a shell. Whether the text changed.
    pub(crate) fn key(&mut self, key: KeyEvent) -> bool {
        let before = self.text.len();
        let is_ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
        let is_alt = key.modifiers.contains(KeyModifiers::ALT);
        match key.code {
            KeyCode::Char('u') if is_ctrl => {
                drop(self.text.drain(..std::mem::take(&mut self.cursor)));
            }
            KeyCode::Char('k') if is_ctrl => self.text.truncate(self.cursor),
            KeyCode::Char('w') if is_ctrl => self.remove_back(self.word_left()),
            KeyCode::Backspace if is_alt || is_ctrl => self.remove_back(self.word_left()),
            KeyCode::Char('a') if is_ctrl => self.cursor = 0,
            KeyCode::Char('e') if is_ctrl => self.cursor = self.text.len(),
            KeyCode::Char('b') if is_alt => self.cursor = self.word_left(),
            KeyCode::Char('f') if is_alt => self.cursor = self.word_right(),
            KeyCode::Left if is_ctrl || is_alt => self.cursor = self.word_left(),
            KeyCode::Right if is_ctrl || is_alt => self.cursor = self.word_right(),
            KeyCode::Home => self.cursor = 0,
            KeyCode::End => self.cursor = self.text.len(),
            KeyCode::Left => self.cursor = self.left(),
            KeyCode::Right => self.cursor = self.right(),
            KeyCode::Backspace => self.remove_back(self.left()),
            KeyCode::Delete => drop(self.text.drain(self.cursor..self.right())),
            KeyCode::Char(c) if !is_ctrl && !is_alt && !c.is_control() => {
                self.text.insert(self.cursor, c);
                self.cursor += c.len_utf8();
            }
            _ => return false,
        }
        self.text.len() != before
    }

    fn remove_back(&mut self, from: usize) {
        self.text.drain(from..self.cursor);
        self.cursor = from;
    }

    fn left(&self) -> usize {
        self.parts().0.grapheme_indices(true).next_back().map_or(0, |(at, _)| at)
    }

    fn right(&self) -> usize {
        self.parts().1.graphemes(true).next().map_or(self.cursor, |g| self.cursor + g.len())
    }

    fn word_left(&self) -> usize {
        self.parts().0.trim_end().rfind(char::is_whitespace).map_or(0, |at| at + 1)
    }

    fn word_right(&self) -> usize {
        let rest = self.parts().1;
        let spaces = rest.len() - rest.trim_start().len();
        let word = rest.trim_start();
        self.cursor + spaces + word.find(char::is_whitespace).unwrap_or(word.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_like_a_shell() {
        let ctrl = |c| KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL);
        let plain = |code| KeyEvent::new(code, KeyModifiers::NONE);
        let mut line = Line::new("level:error refused");
        assert!(line.key(ctrl('w')));
        assert_eq!(line.as_str(), "level:error ");
        assert!(line.key(plain(KeyCode::Char('é'))));
        assert!(!line.key(plain(KeyCode::Left)));
        assert!(line.key(plain(KeyCode::Delete)));
        assert_eq!(line.as_str(), "level:error ");
        assert!(line.key(ctrl('u')));
        assert!(!line.key(plain(KeyCode::Backspace)));
        line.insert("a\u{1b}[0m\nb");
        assert_eq!(line.as_str(), "a[0mb");
        assert!(!line.key(ctrl('x')), "unknown keys change nothing");
    }

    #[test]
    fn graphemes_are_never_cut() {
        let mut line = Line::new("e\u{301}👩\u{200d}💻");
        line.key(KeyEvent::new(KeyCode::Backspace, KeyModifiers::NONE));
        assert_eq!(line.as_str(), "e\u{301}");
        line.key(KeyEvent::new(KeyCode::Backspace, KeyModifiers::NONE));
        assert_eq!(line.as_str(), "");
    }
}
