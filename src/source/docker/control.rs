//! The daemon's verbs. A call ends when the daemon says that it is done, or half a minute after it should have.

use super::{
    connection::Connection,
    inspect::{self, Peers, Seen},
    source::Docker,
};
use crate::{
    model::{ContainerId, Files, SafeText, ServiceName},
    source::{Control, Error, Look},
};
use bollard::{
    exec::{CreateExecOptions, StartExecResults},
    query_parameters::{
        PruneImagesOptionsBuilder, RestartContainerOptions, StartContainerOptions,
        StopContainerOptions,
    },
};
use futures_util::{FutureExt, StreamExt as _, future::BoxFuture};
use std::{collections::HashMap, process::Stdio, sync::Arc, time::Duration};
use tokio::process::Command;

/// What the daemon may take on top of the time that the container may take to stop.
const SPARE: Duration = Duration::from_secs(30);

/// What `docker compose` may take; images may have to be pulled.
const COMPOSE: Duration = Duration::from_mins(10);
/// The same where an image is built; whoever asks may have less patience.
const BUILD: Duration = Duration::from_hours(1);
/// What it may take to remove images.
const PRUNE: Duration = Duration::from_mins(4);
/// Bytes that are kept of what a command in a container says; the last ones.
const SAID: usize = 4 << 10;

impl Control for Docker {
    fn restart(
        self: Arc<Self>,
        container: ContainerId,
        timeout: Duration,
    ) -> BoxFuture<'static, Result<(), Error>> {
        async move {
            let options = RestartContainerOptions { t: seconds(timeout), signal: None };
            let daemon = patient(&self.connection, timeout);
            let done = daemon.restart_container(container.as_str(), Some(options)).await;
            done.map_err(|error| failed("restart", &container, &error))
        }
        .boxed()
    }

    fn stop(
        self: Arc<Self>,
        container: ContainerId,
        timeout: Duration,
    ) -> BoxFuture<'static, Result<(), Error>> {
        async move {
            let options = StopContainerOptions { t: seconds(timeout), signal: None };
            let daemon = patient(&self.connection, timeout);
            let done = daemon.stop_container(container.as_str(), Some(options)).await;
            unless_done_before(done).map_err(|error| failed("stop", &container, &error))
        }
        .boxed()
    }

    fn start(self: Arc<Self>, container: ContainerId) -> BoxFuture<'static, Result<(), Error>> {
        async move {
            let daemon = patient(&self.connection, Duration::ZERO);
            let done =
                daemon.start_container(container.as_str(), None::<StartContainerOptions>).await;
            unless_done_before(done).map_err(|error| failed("start", &container, &error))
        }
        .boxed()
    }

    fn project(
        self: Arc<Self>,
        is_up: bool,
        files: Files,
    ) -> BoxFuture<'static, Result<(), Error>> {
        async move {
            let words = if is_up { &["up", "-d"][..] } else { &["down"] };
            self.compose(&files, words, COMPOSE).await
        }
        .boxed()
    }

    fn exec(
        self: Arc<Self>,
        container: ContainerId,
        words: Vec<String>,
    ) -> BoxFuture<'static, Result<(i64, SafeText), Error>> {
        async move {
            let daemon = &self.connection.bollard;
            let options = CreateExecOptions {
                attach_stdout: Some(true),
                attach_stderr: Some(true),
                cmd: Some(words),
                ..CreateExecOptions::<String>::default()
            };
            let told = |error| failed("run a command in", &container, &error);
            let exec = daemon.create_exec(container.as_str(), options).await.map_err(told)?.id;
            let mut said = Vec::new();
            if let StartExecResults::Attached { mut output, .. } =
                daemon.start_exec(&exec, None).await.map_err(told)?
            {
                while let Some(part) = output.next().await {
                    said.extend_from_slice(&part.map_err(told)?.into_bytes());
                    let surplus = said.len().saturating_sub(SAID);
                    said.drain(..surplus);
                }
            }
            let code = daemon.inspect_exec(&exec).await.map_err(told)?.exit_code;
            let code = code.ok_or_else(|| {
                Error::Transient(
                    format!("it is not known how it ended in {}", container.short()).into(),
                )
            })?;
            Ok((code, String::from_utf8_lossy(&said).as_ref().into()))
        }
        .boxed()
    }

    fn renew(
        self: Arc<Self>,
        service: ServiceName,
        files: Files,
        is_rebuilt: bool,
    ) -> BoxFuture<'static, Result<(), Error>> {
        async move {
            let how = if is_rebuilt { "--build" } else { "--no-build" };
            let words = ["up", "-d", "--no-deps", "--force-recreate", how, "--", service.as_str()];
            self.compose(&files, &words, BUILD).await
        }
        .boxed()
    }

    fn prune(self: Arc<Self>) -> BoxFuture<'static, Result<u64, Error>> {
        async move {
            // Without this filter a daemon may take images with a name, too.
            let filters = HashMap::from([("dangling", vec!["true"])]);
            let options = PruneImagesOptionsBuilder::new().filters(&filters).build();
            let pruned = patient(&self.connection, PRUNE).prune_images(Some(options)).await;
            let freed = pruned.map_err(|error| {
                Error::Permanent(format!("cannot remove images without a name: {error}").into())
            })?;
            Ok(freed.space_reclaimed.and_then(|bytes| bytes.try_into().ok()).unwrap_or(0))
        }
        .boxed()
    }

    fn look(
        self: Arc<Self>,
        container: ContainerId,
    ) -> BoxFuture<'static, Result<Option<Look>, Error>> {
        async move {
            let seen = inspect::ask(&self.connection, &container, &Peers::new()).await?;
            Ok(seen.map(|Seen { container, .. }| Look {
                state: container.state,
                health: container.health,
                started_at: container.started_at,
            }))
        }
        .boxed()
    }
}

impl Docker {
    async fn compose(&self, files: &Files, words: &[&str], most: Duration) -> Result<(), Error> {
        let mut command = Command::new("docker");
        let endpoint = self.connection.choice().endpoint.to_string();
        command.env("DOCKER_HOST", endpoint).env_remove("DOCKER_CONTEXT");
        command.args(["compose", "--ansi", "never", "-p", self.project.as_str()]);
        command.args(["--project-directory", files.folder.as_str()]);
        for file in &files.compose {
            command.args(["-f", file.as_str()]);
        }
        command.args(words).stdin(Stdio::null()).kill_on_drop(true);
        let verb = words.first().copied().unwrap_or_default();
        let Ok(output) = tokio::time::timeout(most, command.output()).await else {
            let minutes = most.as_secs() / 60;
            let text = format!("docker compose {verb} did not end within {minutes} min");
            return Err(Error::Permanent(text.into()));
        };
        let output = output.map_err(|error| {
            Error::Permanent(format!("cannot run docker compose {verb}: {error}").into())
        })?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let last = said.lines().rev().find(|line| !line.trim().is_empty());
        let text = format!("docker compose {verb}: {}", last.unwrap_or("it gave no reason").trim());
        Err(Error::Permanent(text.into()))
    }
}

fn patient(connection: &Connection, timeout: Duration) -> bollard::Docker {
    connection.bollard.clone().with_timeout(timeout.saturating_add(SPARE))
}

fn seconds(timeout: Duration) -> Option<i32> {
    i32::try_from(timeout.as_secs()).ok()
}

/// 304 says that it runs, or is stopped, already: what was wanted.
fn unless_done_before(
    done: Result<(), bollard::errors::Error>,
) -> Result<(), bollard::errors::Error> {
    match done {
        Err(bollard::errors::Error::DockerResponseServerError { status_code: 304, .. }) => Ok(()),
        done => done,
    }
}

fn failed(verb: &str, container: &ContainerId, error: &bollard::errors::Error) -> Error {
    use bollard::errors::Error::{DockerResponseServerError, RequestTimeoutError};
    let container = container.short();
    match error {
        DockerResponseServerError { status_code: 404, .. } => Error::Permanent(
            format!("cannot {verb} {container}: it does not exist any more").into(),
        ),
        DockerResponseServerError { status_code, message } if *status_code < 500 => {
            Error::Permanent(format!("cannot {verb} {container}: {message}").into())
        }
        DockerResponseServerError { message, .. } => {
            Error::Transient(format!("cannot {verb} {container}: {message}").into())
        }
        RequestTimeoutError => Error::Transient(
            format!("{verb} of {container}: Docker has not answered in time; it may still happen")
                .into(),
        ),
        error => Error::Transient(format!("cannot {verb} {container}: {error}").into()),
    }
}
