//! The dashboard: source, rules, tracker and state joined in an engine, with the screen on top.

use super::{
    Refusal,
    ground::{self, Ground},
    issues, memory, notifying, scaling, serving,
    stack::{self, Target},
    watchdog,
};
use crate::{
    action::{Tracker, offline::Offline},
    cli::{Arguments, Command, serve::Doors},
    engine::{Engine, Parts, Scope, Watch},
    source::docker::ProjectSummary,
    tui,
};
use chrono::Utc;
use color_eyre::eyre::Result;
use std::{io::IsTerminal as _, process::ExitCode, sync::Arc};
use tokio::sync::watch;

/// Opens the dashboard and stays until its user quits.
pub(super) async fn open(arguments: Arguments, ground: Ground) -> Result<ExitCode> {
    ground::check_named(&arguments)?;
    let is_piped = arguments.log.as_deref().is_some_and(|log| log.as_os_str() == "-");
    if !std::io::stdout().is_terminal() || (!is_piped && !std::io::stdin().is_terminal()) {
        let told = "the dashboard needs a terminal\n\nTry:\n  \
                    dogwatch analyze    a report, for scripts and CI\n  \
                    dogwatch classify   one JSON object a line";
        return Err(Refusal::usage(told).into());
    }
    let server = match arguments.listen {
        None => None,
        Some(listen) => {
            let doors = Doors { listen: Some(listen), ..Doors::default() };
            Some(serving::open(serving::settings(&doors, &ground)?).await?)
        }
    };
    let (source, project) = match stack::target(&arguments, &ground).await? {
        Target::Source(source) => (source, None),
        Target::Project(source, name) => (source, Some(name)),
        Target::Several(connection, projects) => {
            let choices = projects.iter().map(choice).collect();
            let Some(at) = tui::pick_project(choices, &ground.config().tui).await? else {
                return Ok(ExitCode::SUCCESS);
            };
            let Some(project) = projects.get(at) else { return Ok(ExitCode::SUCCESS) };
            let (source, name) = stack::watch(connection, project.name.clone());
            (source, Some(name))
        }
    };
    let memory = memory::open(&ground, project.as_ref());
    let scope = match &project {
        Some(_) => scope(&arguments, &ground),
        None => Scope::default(),
    };
    let is_read_only = arguments.screen.read_only;
    let tracker: Arc<dyn Tracker> = if is_read_only {
        Arc::new(Offline("not filed: dogwatch was started with --read-only".into()))
    } else if matches!(arguments.command, Some(Command::Demo)) {
        Arc::new(Offline("the demo files nothing: copy the text, or save it".into()))
    } else {
        issues::tracker(&ground, None)
    };
    let parts = Parts {
        source,
        scope,
        rules: ground.rulebook(),
        tracker,
        is_read_only,
        redactor: memory::redactor(&ground),
        memory,
    };
    let mut settings = ground.config().engine.clone();
    let (watchdog, passed_over) = watchdog::wish(&ground);
    let fixes = ground.fixes();
    let wrong: Vec<_> = fixes.faults.iter().map(ToString::to_string).collect();
    let (own_logs, cleaned_at) = watchdog::cleaning(&ground, project.as_ref());
    // A recorded log, and the demo, have nothing to watch over.
    settings.watchdog = project.is_some().then_some(Watch {
        settings: watchdog,
        fixes: fixes.fixes,
        is_dry: is_read_only,
        own_logs,
        cleaned_at,
    });
    let (scale, unscaled) = scaling::beside(&arguments.stack, &ground, project.as_ref());
    settings.scale = scale;
    let (engine, handle) = Engine::start(&settings, parts);
    for fault in ground.faults().into_iter().chain(passed_over).chain(unscaled).chain(wrong) {
        handle.trouble(fault);
    }
    let telling = project.is_some().then(|| notifying::start(&handle, &ground)).flatten();
    let (stop, stopped) = watch::channel(false);
    let serving = server.map(|server| tokio::spawn(server.run(handle.clone(), stopped)));
    let result = tui::run(handle, ground.config().tui.clone()).await;
    stop.send_replace(true);
    if let Some(telling) = telling {
        telling.end().await;
    }
    if let Some(serving) = serving {
        let _ = serving.await;
    }
    engine.stop().await;
    result.map(ExitCode::from)
}

fn choice(project: &ProjectSummary) -> tui::Choice {
    tui::Choice {
        name: project.name.as_str().into(),
        running: project.running,
        total: project.total,
        place: project.folder.clone(),
    }
}

/// How far back a container is read that no earlier run knows.
pub(super) fn scope(arguments: &Arguments, ground: &Ground) -> Scope {
    let now = Utc::now();
    let scope = ground.config().engine.scope(now);
    Scope {
        since: arguments.stack.since.map_or(scope.since, |since| Some(since.resolve(now))),
        tail: arguments.stack.tail.map_or(scope.tail, |tail| tail.0),
        ..scope
    }
}
