//! A word that opens a door: read from a file, kept as its hash, compared in constant time.

use super::Error;
use sha2::{Digest as _, Sha256};
use std::{fs, path::Path};

/// Fewer characters could be guessed.
const SHORTEST: usize = 20;
/// A longer file is no token.
const LONGEST: u64 = 4096;

/// The hash of a token; the word itself is not kept.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Token([u8; 32]);

impl Token {
    /// The word in a file, without the white space around it.
    pub(super) fn read(path: &Path) -> Result<Self, Error> {
        let refuse = |why: String| Error::Token { path: path.to_owned(), why };
        let failed = |error: std::io::Error| refuse(error.to_string());
        let meta = fs::metadata(path).map_err(failed)?;
        if !meta.is_file() || meta.len() > LONGEST {
            return Err(refuse("it is no file with one word".to_owned()));
        }
        if is_open(&meta) {
            let why = format!("others may write it; `chmod 600 {}`", path.display());
            return Err(refuse(why));
        }
        let text = fs::read_to_string(path).map_err(failed)?;
        let word = text.trim();
        if word.len() < SHORTEST {
            return Err(refuse(format!(
                "its word is shorter than {SHORTEST} characters; \
                 `(umask 077; head -c 32 /dev/urandom | base64 > {})` makes a good one",
                path.display()
            )));
        }
        if !word.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(refuse("it must hold one word of plain characters".to_owned()));
        }
        Ok(Self::of(word))
    }

    /// Of this word.
    pub(super) fn of(word: &str) -> Self {
        Self(Sha256::digest(word.as_bytes()).into())
    }

    /// Whether `word` is the one. Hashes are compared, all of both: how long it takes tells nothing of the word.
    pub(super) fn is(&self, word: &str) -> bool {
        let other = Self::of(word);
        let difference = self.0.iter().zip(other.0).fold(0, |all, (a, b)| all | (a ^ b));
        std::hint::black_box(difference) == 0
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token")
    }
}

#[cfg(unix)]
fn is_open(meta: &fs::Metadata) -> bool {
    std::os::unix::fs::MetadataExt::mode(meta) & 0o022 != 0
}

#[cfg(not(unix))]
fn is_open(_: &fs::Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORD: &str = "kq3vO2c9yqkJ7cX0mH1n5w";

    #[test]
    fn only_the_word_itself_opens() {
        let token = Token::of(WORD);
        assert!(token.is(WORD));
        for other in ["", &WORD[1..], &format!("{WORD} "), &WORD.to_lowercase()] {
            assert!(!token.is(other), "{other}");
        }
        assert!(!format!("{token:?}").contains("kq3"));
    }

    #[test]
    fn a_file_must_hold_one_long_word() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        for (text, told) in [
            ("short\n", Some("shorter than 20")),
            ("", Some("shorter than 20")),
            ("two words of more than twenty", Some("one word")),
            (WORD, None),
            (" kq3vO2c9yqkJ7cX0mH1n5w \n", None),
        ] {
            fs::write(&path, text).unwrap();
            match (Token::read(&path), told) {
                (Ok(token), None) => assert!(token.is(WORD)),
                (Err(error), Some(told)) => assert!(error.to_string().contains(told), "{error}"),
                (other, _) => panic!("{text:?}: {other:?}"),
            }
        }
        let missing = Token::read(&folder.path().join("nowhere")).unwrap_err().to_string();
        assert!(missing.contains("nowhere"), "{missing}");
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_may_write_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        fs::write(&path, WORD).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
        let told = Token::read(&path).unwrap_err().to_string();
        assert!(told.contains("chmod 600"), "{told}");
    }
}
