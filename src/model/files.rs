//! Where a container's files come from, as far as the Engine and Compose tell.

use super::SafeText;

/// Where a container's files come from; all empty where nothing is known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Files {
    /// The folder of its project, on the machine where it was brought up.
    pub folder: SafeText,
    /// The files of its project, there.
    pub compose: Vec<SafeText>,
    /// Where relative paths begin inside.
    pub workdir: SafeText,
    /// Folders and files of the Engine's machine that it sees.
    pub binds: Vec<Bind>,
}

/// A folder or file of the Engine's machine inside a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bind {
    /// Its path inside.
    pub inside: SafeText,
    /// Its path on the Engine's machine.
    pub outside: SafeText,
}
