//! Words with which a line may begin, told apart by their first byte.

/// Some words, none of them empty.
#[derive(Debug)]
pub(super) struct Starts {
    words: &'static [&'static str],
    /// By byte: whether a word begins with it.
    first: [bool; 256],
}

impl Starts {
    pub(super) const fn new(words: &'static [&'static str]) -> Self {
        let mut first = [false; 256];
        let mut at = 0;
        while at < words.len() {
            first[words[at].as_bytes()[0] as usize] = true;
            at += 1;
        }
        Self { words, first }
    }

    /// Whether `text` begins with one of them.
    pub(super) fn begin(&self, text: &str) -> bool {
        text.bytes().next().is_some_and(|byte| self.first[usize::from(byte)])
            && self.words.iter().any(|word| text.starts_with(word))
    }
}
