//! `dogwatch serve`: an engine with the HTTP face, and no screen.

use super::{
    Refusal,
    ground::{self, Ground},
    headless, notifying,
    recording::Terminated,
    scaling, stack, watchdog,
};
use crate::{
    cli::{
        Arguments, output,
        serve::{Doors, ServeArgs},
    },
    config::{Origin, project_file},
    engine::{Engine, Handle, Watch},
    http::{Server, Settings},
    model::Event,
};
use color_eyre::eyre::Result;
use std::process::ExitCode;
use tokio::sync::{broadcast::error::RecvError, watch};

/// `dogwatch serve`.
pub(super) async fn serve(
    arguments: &Arguments,
    args: &ServeArgs,
    ground: &Ground,
) -> Result<ExitCode> {
    ground::check_named(arguments)?;
    // The doors are looked at before anything is followed.
    let server = open(settings(&args.doors, ground)?).await?;
    let (source, project) = stack::source(arguments, ground).await?;
    let parts =
        headless::parts(arguments, ground, (source, project.as_ref()), "the API files nothing");
    let mut settings = ground.config().engine.clone();
    // A recorded log has nothing to watch over.
    let (wish, passed_over) = watchdog::wish(ground);
    let is_dry = arguments.screen.read_only;
    let fixes = ground.fixes();
    let wrong: Vec<_> = fixes.faults.iter().map(ToString::to_string).collect();
    let (own_logs, cleaned_at) = watchdog::cleaning(ground, project.as_ref());
    settings.watchdog = project.is_some().then_some(Watch {
        settings: wish,
        fixes: fixes.fixes,
        is_dry,
        own_logs,
        cleaned_at,
    });
    let (scale, unscaled) = scaling::beside(&arguments.stack, ground, project.as_ref());
    settings.scale = scale;
    let (engine, handle) = Engine::start(&settings, parts);
    let name = handle.capabilities().source.name.clone();
    output::remark(&format!("serving {name} at http://{}; Ctrl-C ends it", server.address()));
    for fault in ground.faults().into_iter().chain(passed_over).chain(unscaled).chain(wrong) {
        handle.trouble(fault);
    }
    let telling = project.is_some().then(|| notifying::start(&handle, ground)).flatten();
    let (stop, stopped) = watch::channel(false);
    let told = tokio::spawn(tell(handle.clone()));
    let serving = tokio::spawn(server.run(handle, stopped));
    let mut terminated = Terminated::new();
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminated.come() => {}
    }
    let _ = stop.send(true);
    let _ = serving.await;
    told.abort();
    if let Some(telling) = telling {
        telling.end().await;
    }
    engine.stop().await;
    Ok(ExitCode::SUCCESS)
}

/// Takes the address.
pub(super) async fn open(settings: Settings) -> Result<Server, Refusal> {
    Server::bind(settings).await.map_err(|error| Refusal::usage(error.to_string()))
}

/// What the flags and the configuration say; flags win.
pub(super) fn settings(doors: &Doors, ground: &Ground) -> Result<Settings, Refusal> {
    trusted(ground)?;
    let mut settings = ground.config().http.clone();
    if let Some(listen) = doors.listen {
        settings.listen = listen;
    }
    settings.token_file = doors.token_file.clone().or(settings.token_file);
    settings.act_token_file = doors.act_token_file.clone().or(settings.act_token_file);
    settings.repair |= doors.repair;
    settings.alerts |= doors.alerts;
    Ok(settings)
}

/// Refuses doors that the file of a project opens: whoever wrote it is not the one whose machine this is.
fn trusted(ground: &Ground) -> Result<(), Refusal> {
    let theirs = Origin::File(project_file(&ground.folder));
    let opened = ground
        .loaded
        .origins
        .iter()
        .find(|(key, origin)| key.starts_with("http.") && **origin == theirs);
    let Some((key, _)) = opened else { return Ok(()) };
    Err(Refusal::usage(format!(
        "{key} stands in {theirs}, but only you may say who comes in\n\nTry:\n  \
         move [http] into your own file, which `dogwatch config path` names"
    )))
}

/// Tells on standard error what goes wrong with watching itself.
async fn tell(handle: Handle) {
    let mut events = handle.events();
    for trouble in handle.troubles() {
        output::remark(&trouble);
    }
    loop {
        match events.recv().await {
            Ok(Event::Trouble(text)) => output::remark(&text),
            Ok(_) | Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return,
        }
    }
}
