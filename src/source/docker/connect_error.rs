//! Why no Engine can be used, said so that a person knows what to do next.

use super::context::Choice;
use crate::model::SafeText;
use std::{io, path::PathBuf};

/// Why no Engine can be used. The message is one sentence; [`ConnectError::advice`] says what to do.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// Two places were named.
    #[error("both --host and --context were given")]
    HostAndContext,
    /// The host has a form that nobody understands.
    #[error("cannot read the Docker host \"{host}\" ({chosen_by})")]
    BadHost {
        /// The host as given.
        host: SafeText,
        /// Where it comes from.
        chosen_by: String,
    },
    /// The host has a form that dogwatch does not speak.
    #[error("cannot use {place} ({chosen_by}): {what} is not supported")]
    Unsupported {
        /// The host as given.
        place: SafeText,
        /// Where it comes from.
        chosen_by: String,
        /// What is not supported.
        what: &'static str,
        /// What helps.
        instead: String,
    },
    /// There is no such Docker context.
    #[error("there is no Docker context \"{name}\" ({chosen_by}) in {}", folder.display())]
    NoSuchContext {
        /// Its name.
        name: SafeText,
        /// Where the name comes from.
        chosen_by: String,
        /// Where contexts are kept.
        folder: PathBuf,
    },
    /// The Docker context exists and cannot be read.
    #[error("cannot read the Docker context \"{name}\" in {}: {reason}", file.display())]
    BadContext {
        /// Its name.
        name: SafeText,
        /// The file that was read.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Nobody answers.
    #[error("cannot reach Docker at {} ({}): {reason}", choice.endpoint, choice.chosen_by)]
    Unreachable {
        /// What was tried.
        choice: Box<Choice>,
        /// Why it failed.
        reason: SafeText,
        /// Kind of the failure, where it has one.
        kind: Option<io::ErrorKind>,
    },
}

impl ConnectError {
    /// What a person can do, the likeliest help first; one sentence each.
    pub fn advice(&self) -> Vec<String> {
        let demo = "See it without Docker: dogwatch demo".to_owned();
        match self {
            Self::HostAndContext => vec!["Name only one of them.".to_owned()],
            Self::BadHost { .. } => vec![
                "Write it as unix:///path/docker.sock or tcp://host:2375.".to_owned(),
                "Or leave it out to use the current Docker context: docker context ls".to_owned(),
                demo,
            ],
            Self::Unsupported { instead, .. } => vec![instead.clone(), demo],
            Self::NoSuchContext { .. } | Self::BadContext { .. } => vec![
                "See which contexts there are: docker context ls".to_owned(),
                "Name another one with --context, or the address with --host.".to_owned(),
                demo,
            ],
            Self::Unreachable { choice, kind, .. } => {
                let start = "Start Docker: sudo systemctl start docker, or open Docker Desktop; \
                             docker ps must work."
                    .to_owned();
                let permit =
                    "Permission: sudo usermod -aG docker $USER, then log in again (this gives \
                              root rights), or run with sudo."
                        .to_owned();
                let other = format!(
                    "Somewhere else? Name it with --host, --context or DOCKER_HOST; {} was tried.",
                    choice.endpoint
                );
                if *kind == Some(io::ErrorKind::PermissionDenied) {
                    vec![permit, other, demo]
                } else if choice.endpoint.is_socket() {
                    vec![start, permit, other, demo]
                } else {
                    vec![start, other, demo]
                }
            }
        }
    }
}
