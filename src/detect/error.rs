//! What can be wrong with rules. None of these stops dogwatch: the rest is loaded, and the face shows them.

use std::path::PathBuf;

/// One thing wrong with one rule or one file of rules.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A folder or file could not be read.
    #[error("rules {}: {source}", path.display())]
    Read {
        /// What was read.
        path: PathBuf,
        /// Why it failed.
        source: std::io::Error,
    },
    /// A file is not TOML, or has something else than rules at its top; none of it is loaded.
    #[error("{file}:{line}: {reason}")]
    File {
        /// Name of the file.
        file: String,
        /// Counted from 1.
        line: usize,
        /// What is wrong, with the known keys where one is unknown.
        reason: String,
    },
    /// One rule is not loaded; the others of its file are.
    #[error("{file}:{line}: rule {id}: {reason}")]
    Rule {
        /// Name of the file.
        file: String,
        /// Counted from 1.
        line: usize,
        /// The rule's id, or `?` where it has none.
        id: String,
        /// What is wrong, with the known keys where one is unknown.
        reason: String,
    },
    /// One rule of grouping is not loaded; the others of its file are.
    #[error("{file}:{line}: group: {field}: {reason}")]
    Group {
        /// Name of the file.
        file: String,
        /// Counted from 1.
        line: usize,
        /// The key that is wrong, or `?` where the whole is.
        field: String,
        /// What is wrong, and what to write instead.
        reason: String,
    },
    /// The rules cannot be searched together; the user's are left out.
    #[error("the rules are too large together, so only the built-in ones are used: {0}")]
    TooLarge(String),
}
