//! `dogwatch mcp`: an engine with the face for coding agents, on standard input and output.

use super::{
    Refusal, agent,
    ground::{self, Ground},
    memory,
    recording::Terminated,
    screen, stack,
};
use crate::{
    action::offline::Offline,
    cli::{
        Arguments,
        agent::{Audit, Learnings, Log, Plan, Scene, next},
        mcp::McpArgs,
        output,
    },
    engine::{Engine, Handle, Memory, Parts, Scope},
    mcp::{Briefer, Planner, Server},
};
use chrono::Utc;
use color_eyre::eyre::Result;
use std::{
    env,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

/// `dogwatch mcp`.
pub(super) async fn mcp(
    arguments: &Arguments,
    args: &McpArgs,
    ground: &Ground,
) -> Result<ExitCode> {
    ground::check_named(arguments)?;
    if args.log.as_deref() == Some(Path::new("-")) {
        let told = "standard input belongs to the client; name a file";
        return Err(Refusal::usage(told).into());
    }
    let (source, project) = stack::source(arguments, ground).await?;
    let mut memory = memory::open(ground, project.as_ref());
    if project.is_none() {
        memory.trouble = Some("of a recorded log nothing is kept".to_owned());
    }
    let acting = acting(arguments, args, &memory);
    let parts = Parts {
        source,
        scope: match &project {
            Some(_) => screen::scope(arguments, ground),
            None => Scope::default(),
        },
        rules: ground.rulebook(),
        tracker: Arc::new(Offline("these tools file nothing".into())),
        is_read_only: acting.is_err(),
        redactor: memory::redactor(ground),
        memory,
    };
    let mut settings = ground.config().engine.clone();
    // Services are watched over by whoever was told to, and not by a helper that comes and goes.
    settings.watchdog = None;
    let (engine, handle) = Engine::start(&settings, parts);
    for fault in ground.faults() {
        output::remark(&fault);
    }
    let folder = args.dir.clone().or_else(|| env::current_dir().ok()).unwrap_or_default();
    let server = Server::new(&handle, (planner(&handle), briefer(&handle, folder)), acting);
    let mut terminated = Terminated::new();
    let ended = tokio::select! {
        ended = server.run() => ended,
        _ = tokio::signal::ctrl_c() => Ok(()),
        () = terminated.come() => Ok(()),
    };
    engine.stop().await;
    ended.map_err(|error| Refusal::usage(format!("the client cannot be understood: {error}")))?;
    Ok(ExitCode::SUCCESS)
}

/// Whether services may be restarted; else why not.
fn acting(arguments: &Arguments, args: &McpArgs, memory: &Memory) -> Result<(), String> {
    if !args.allow_actions {
        return Err("restarting is switched off; start `dogwatch mcp` with --allow-actions".into());
    }
    if arguments.screen.read_only {
        return Err("this run may only look: it was started with --read-only".into());
    }
    if memory.audit.is_none() {
        let why = memory.trouble.as_deref().unwrap_or("nothing is kept on disk");
        return Err(format!("nothing is restarted that cannot be written down: {why}"));
    }
    Ok(())
}

/// The plan of `dogwatch agent plan`, of what is known now.
fn planner(handle: &Handle) -> Planner {
    let (masking, project) = (handle.clone(), handle.capabilities().source.name.to_string());
    Arc::new(move |store, now| {
        let mask = |text: &str| masking.redact(text).0;
        let Plan(plan) = Plan::of(&Audit::of(store, &project, &mask, now));
        plan
    })
}

/// What `dogwatch agent next` tells, of what is known now.
fn briefer(handle: &Handle, folder: PathBuf) -> Briefer {
    let (handle, project) = (handle.clone(), handle.capabilities().source.name.to_string());
    Arc::new(move |id| {
        let (handle, project, folder) = (handle.clone(), project.clone(), folder.clone());
        Box::pin(async move {
            let mask = |text: &str| handle.redact(text).0;
            let unread = |what: &str, error: std::io::Error| {
                format!("cannot read {what} in {}: {error}", folder.display())
            };
            let log = Log::read(&folder).map_err(|e| unread("remediation_log.json", e))?;
            let learnings = Learnings::read(&folder).map_err(|e| unread("the learnings", e))?;
            let found = handle.read(|store| {
                let now = Utc::now();
                let audit = Audit::of(store, &project, &mask, now);
                let issue = match id {
                    Some(id) => Audit::one(store, id, &mask),
                    None => next(&audit, &log, now).cloned(),
                }?;
                let scene = Scene::of(&issue, store, &mask);
                Some((issue, scene))
            });
            let Some((issue, scene)) = found else { return Ok(None) };
            let history = log.of(issue.id).cloned().collect();
            let fixes = learnings.like(&issue).into_iter().cloned().collect();
            Ok(Some(agent::look_up(issue, scene, (history, fixes), &mask).await.value()))
        })
    })
}
