//! Why the server does not start.

use std::{io, net::SocketAddr, path::PathBuf};

/// Why the server does not start; each names the fix.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address could be reached by others, and nothing would ask who they are.
    #[error(
        "{0} can be reached from other machines, and there is no token: whoever reaches it could read the logs\n\n\
         Try:\n  \
         --listen 127.0.0.1:{port}    for this machine alone\n  \
         --token-file FILE            a file with a long random word, made by:\n    \
         (umask 077; head -c 32 /dev/urandom | base64 > FILE)",
        port = .0.port()
    )]
    Open(SocketAddr),
    /// A token file cannot be used.
    #[error("the token file {path} cannot be used: {why}")]
    Token {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and the fix.
        why: String,
    },
    /// One token would open both doors.
    #[error(
        "the tokens for reading and for acting are the same: whoever may read could act; make a second one"
    )]
    SameToken,
    /// What acts has no token.
    #[error(
        "{0} is switched on, but nobody can be asked who they are\n\nTry:\n  --act-token-file FILE"
    )]
    NoActToken(&'static str),
    /// The address cannot be had.
    #[error("cannot listen on {address}: {source}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
}
