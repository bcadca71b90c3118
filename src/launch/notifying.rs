//! `dogwatch notify`, and the messages of the commands that keep watch.

use super::{Refusal, ground::Ground};
use crate::{
    action::notify::{Level, Message, Settings, send},
    cli::{
        notify::{self, NotifyArgs},
        output,
    },
    config::{Origin, project_file},
    engine::{Handle, Herald},
};
use color_eyre::eyre::Result;
use std::{env, process::ExitCode};

/// A place did not take its message.
const REFUSED: u8 = 1;

/// Tells elsewhere what happens from now on, where the user's settings say so.
pub(super) fn start(handle: &Handle, ground: &Ground) -> Option<Herald> {
    match settings(ground) {
        Ok(settings) => Herald::start(handle, settings),
        Err(refusal) => {
            handle.trouble(refusal.to_string());
            None
        }
    }
}

/// `dogwatch notify --test`.
pub(super) async fn test(_args: NotifyArgs, ground: &Ground) -> Result<ExitCode> {
    for fault in ground.faults() {
        output::remark(&fault);
    }
    let settings = settings(ground)?;
    if settings.to.is_empty() {
        let told = "no place for messages is named\n\nTry, in the file that `dogwatch config path` names:\n  \
                    [[notify.to]]\n  kind = \"slack\"\n  url_env = \"SLACK_WEBHOOK_URL\"";
        return Err(Refusal::usage(told).into());
    }
    let message = Message {
        level: Level::Info,
        project: "test".into(),
        service: None,
        text: "This is a test: messages arrive.".into(),
        held_back: 0,
    };
    let mut is_taken = true;
    for target in &settings.to {
        let refusal = send(target, &message, |name| env::var(name).ok()).await.err();
        is_taken &= refusal.is_none();
        let refusal = refusal.map(|error| error.to_string());
        output::to_stdout(|out| notify::sent(target.kind(), refusal.as_deref(), out))?;
    }
    Ok(if is_taken { ExitCode::SUCCESS } else { ExitCode::from(REFUSED) })
}

/// Refuses places that the file of a project names: whoever wrote it would read along.
fn settings(ground: &Ground) -> Result<Settings, Refusal> {
    let theirs = Origin::File(project_file(&ground.folder));
    let is_theirs = |(key, origin): (&String, &Origin)| {
        (key.starts_with("notify.") && *origin == theirs).then(|| key.clone())
    };
    match ground.loaded.origins.iter().find_map(is_theirs) {
        None => Ok(ground.config().notify.clone()),
        Some(key) => Err(Refusal::usage(format!(
            "{key} stands in {theirs}, but only you may say where messages go\n\nTry:\n  \
             move [notify] into your own file, which `dogwatch config path` names"
        ))),
    }
}
