//! The template while it is written: lists of equal variables become one, spaces one space, long ones are cut.

use super::variable::Variable;

/// Characters of a template; a longer one ends with an ellipsis.
pub(super) const MAX_CHARS: usize = 300;

/// The template while it is written.
#[derive(Debug, Default)]
pub(super) struct Template {
    text: String,
    /// Where the last word began.
    last: usize,
}

impl Template {
    /// An empty one with room for what a text becomes, in the memory of `room`.
    pub(super) fn for_text(text: &str, mut room: String) -> Self {
        room.clear();
        room.reserve(text.len().min(MAX_CHARS) + 32);
        Self { text: room, last: 0 }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// Notes that a word begins; the answer goes to [`Self::end_word`].
    pub(super) fn begin_word(&self) -> usize {
        self.text.len()
    }

    /// Ends the word that began at `from`: one that repeats the last, `blk_<num> blk_<num>`, is dropped. `false`
    /// where it repeats the last in brackets and was dropped with the opening one; the closing one `follows`.
    pub(super) fn end_word(&mut self, from: usize, follows: bool) -> bool {
        let last = std::mem::replace(&mut self.last, from);
        let (Some(before), Some(word)) = (self.text.get(last..from), self.text.get(from..)) else {
            self.last = self.text.len();
            return true;
        };
        if !word.ends_with('>') {
            return true;
        }
        let Some(gap) = before.strip_prefix(word) else { return true };
        let is_bracket = gap == " (" && follows;
        if is_bracket || matches!(gap, " " | ", " | ",") {
            self.text.truncate(last + word.len());
            self.last = last;
        }
        !is_bracket
    }

    pub(super) fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    pub(super) fn space(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with(' ') {
            self.text.push(' ');
        }
    }

    /// Writes a variable; a list of equal ones becomes one.
    pub(super) fn variable(&mut self, kind: Variable) {
        let placeholder = kind.placeholder();
        // Joints have at most three bytes: without a placeholder right before them there is no list.
        if !self.text.as_bytes().iter().rev().take(4).any(|b| *b == b'>') {
            return self.text.push_str(placeholder);
        }
        let is_plain = !matches!(kind, Variable::Val | Variable::Path);
        let joints: &[&str] = if is_plain {
            &[", ", ",", " ", " - ", ":", "-", ".", "/", "#", "_", "x", "+"]
        } else {
            &[", ", ","]
        };
        for joint in joints {
            let list = self.text.strip_suffix(joint);
            let before = list.and_then(|list| list.strip_suffix(placeholder));
            // A number at the end of a word begins no list: `node3 17`, `node-3 17`.
            let is_list = |before: &str| {
                let word = before.trim_end_matches(['-', '_', '.', '@', '#']);
                !joint.contains(' ') || !word.ends_with(|c: char| c.is_ascii_alphabetic())
            };
            if let Some(list) = list.filter(|_| before.is_some_and(is_list)) {
                self.text.truncate(list.len());
                return;
            }
        }
        if kind == Variable::Num
            && let Some(end) = lettered_joint(&self.text)
        {
            return self.text.truncate(end);
        }
        self.text.push_str(placeholder);
    }

    pub(super) fn variable_after_slash(&mut self, kind: Variable) {
        self.text.push_str(kind.placeholder());
    }

    pub(super) fn quoted_variable(&mut self) {
        const QUOTED: &str = "\"<str>\"";
        for joint in [", ", ","] {
            let list = self.text.strip_suffix(joint);
            if let Some(list) = list.filter(|list| list.ends_with(QUOTED)) {
                self.text.truncate(list.len());
                return;
            }
        }
        self.text.push_str(QUOTED);
    }

    /// Begins a date at a month's name, with the day before it.
    pub(super) fn date(&mut self) {
        if self.text.ends_with("<num> ") {
            self.text.truncate(self.text.len() - "<num> ".len());
        }
        self.variable(Variable::Time);
    }

    pub(super) fn is_full(&self) -> bool {
        self.text.len() > MAX_CHARS * 4
    }

    pub(super) fn finish(mut self) -> String {
        // The head of an access log says nothing once its variables are masked.
        for head in ["<ip> - - [<time>] ", "<host> - - [<time>] "] {
            if self.text.starts_with(head) {
                self.text.drain(..head.len());
            }
        }
        self.text.truncate(self.text.trim_end().len());
        if let Some((end, _)) = self.text.char_indices().nth(MAX_CHARS) {
            let cut = self.text.floor_char_boundary(end.saturating_sub(4));
            self.text.truncate(cut);
            self.text.push('…');
        }
        self.text
    }
}

/// Where `<num>` ends in `task_<num>_m_`: one letter between two numbers is part of an id.
fn lettered_joint(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let [.., b'>', first @ (b'_' | b'-'), letter, last] = bytes else { return None };
    let is_joint = first == last && letter.is_ascii_alphabetic();
    let end = text.len() - 3;
    (is_joint && text.get(..end)?.ends_with("<num>")).then_some(end)
}
