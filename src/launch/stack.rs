//! Finds what to watch: a recorded log, the demo, or a Compose project of an Engine.

use super::{
    Refusal,
    ground::{self, Ground},
};
use crate::{
    cli::{Arguments, Command, StackArgs, output},
    source::{
        Source,
        demo::Demo,
        docker::{
            ConnectError, Connection, Docker, Found, ProjectName, ProjectSummary, ProjectWish,
            Surroundings, Wish, check_files, choose, find,
        },
        replay::Replay,
    },
};
use color_eyre::eyre::Result;
use std::{path::Path, sync::Arc};

/// The same play at every start.
const DEMO_SEED: u64 = 7;

/// What was found.
pub(super) enum Target {
    /// Something to read.
    Source(Arc<dyn Source>),
    /// A Compose project.
    Project(Arc<dyn Source>, ProjectName),
    /// Several run and none was named.
    Several(Connection, Vec<ProjectSummary>),
}

/// Finds what the command line means.
pub(super) async fn target(arguments: &Arguments, ground: &Ground) -> Result<Target> {
    if matches!(arguments.command, Some(Command::Demo)) {
        return Ok(Target::Source(Arc::new(Demo::new(DEMO_SEED, 1.0))));
    }
    let log = match &arguments.command {
        Some(Command::Analyze(analyze)) => analyze.log.as_deref(),
        Some(Command::Serve(serve)) => serve.log.as_deref(),
        Some(Command::Issues(issues)) => issues.log.as_deref(),
        Some(Command::Mcp(mcp)) => mcp.log.as_deref(),
        _ => arguments.log.as_deref(),
    };
    match log {
        Some(path) => {
            let speed = arguments.speed.map(|speed| speed.0);
            let is_live = matches!(arguments.command, None | Some(Command::Serve(_)));
            recorded(path, is_live, speed).map(Target::Source)
        }
        None => project(&arguments.stack, ground).await,
    }
}

fn recorded(path: &Path, is_live: bool, speed: Option<f64>) -> Result<Arc<dyn Source>> {
    if path == Path::new("-") {
        return Ok(Arc::new(Replay::stdin(is_live).at_speed(speed)));
    }
    match Replay::file(path) {
        Ok(replay) => Ok(Arc::new(replay.at_speed(speed))),
        Err(error) => {
            // Who types a command of another tool gets no dashboard of a file of that name.
            let is_word = path.extension().is_none() && path.components().count() == 1;
            let told = if is_word && !path.exists() {
                format!(
                    "there is no file {} here, and no command of that name\n\nTry:\n  \
                     dogwatch                    all services of the project at once\n  \
                     dogwatch history -s NAME    what a service printed\n  \
                     dogwatch --help             all commands",
                    path.display()
                )
            } else {
                error.to_string()
            };
            Err(Refusal::usage(told).into())
        }
    }
}

/// Reaches the Engine that the command line means; the projects that it has containers of come with it.
pub(super) async fn connect(
    stack: &StackArgs,
    around: &Surroundings,
) -> Result<(Connection, Vec<ProjectSummary>)> {
    let wish = Wish { host: stack.host.clone(), context: stack.context.clone() };
    let connection = match choose(&wish, around) {
        Ok(choice) => Connection::open(choice).await,
        Err(error) => Err(error),
    };
    let connection = connection.map_err(|error| unreachable(&error))?;
    let known = connection
        .projects()
        .await
        .map_err(|error| Refusal::unreachable(format!("Docker does not answer: {error}")))?;
    Ok((connection, known))
}

async fn project(stack: &StackArgs, ground: &Ground) -> Result<Target> {
    let around = Surroundings::here();
    let wish = ProjectWish {
        name: stack.project_name.clone(),
        files: stack.files.clone(),
        folder: ground.folder.clone(),
    };
    check_files(&wish, &around).map_err(Refusal::usage)?;
    let (connection, known) = connect(stack, &around).await?;
    match find(&wish, &around, &known) {
        Found::One(name) => {
            let (source, name) = watch(connection, name);
            Ok(Target::Project(source, name))
        }
        Found::Several(projects) => Ok(Target::Several(connection, projects)),
        Found::None { tried } => Err(none(&tried).into()),
    }
}

/// Nothing names a project, and Docker has none.
pub(super) fn none(tried: &[String]) -> Refusal {
    let mut told = "found no Compose project to watch".to_owned();
    for sentence in tried {
        told.push_str("\n  ");
        told.push_str(sentence);
    }
    told.push_str(
        "\n\nTry:\n  docker compose up -d    in the folder of a compose file\n  \
                 dogwatch -p NAME        a project by its name\n  \
                 dogwatch demo           all of it without Docker",
    );
    Refusal::unreachable(told)
}

/// The same where nobody can be asked to choose; a recorded log has no project.
pub(super) async fn source(
    arguments: &Arguments,
    ground: &Ground,
) -> Result<(Arc<dyn Source>, Option<ProjectName>)> {
    match target(arguments, ground).await? {
        Target::Source(source) => Ok((source, None)),
        Target::Project(source, name) => Ok((source, Some(name))),
        Target::Several(_, projects) => Err(several(&projects).into()),
    }
}

/// The same for a command that acts on a project, once its settings are looked through; `told` refuses a recorded log.
pub(super) async fn running(
    arguments: &Arguments,
    ground: &Ground,
    told: &'static str,
) -> Result<(Arc<dyn Source>, ProjectName)> {
    ground::check_named(arguments)?;
    let (source, Some(project)) = source(arguments, ground).await? else {
        return Err(Refusal::usage(told).into());
    };
    for fault in ground.faults() {
        output::remark(&fault);
    }
    Ok((source, project))
}

/// Refuses to choose where nobody can be asked.
pub(super) fn several(projects: &[ProjectSummary]) -> Refusal {
    let told = format!(
        "several projects run and none was named\n\nTry:\n  -p NAME, one of: {}",
        names(projects)
    );
    Refusal::usage(told)
}

/// Watches a project of an Engine that was reached.
pub(super) fn watch(connection: Connection, name: ProjectName) -> (Arc<dyn Source>, ProjectName) {
    let docker = Docker::new(connection, name.clone());
    (Arc::new(docker), name)
}

fn unreachable(error: &ConnectError) -> Refusal {
    let mut told = error.to_string();
    told.push_str("\n\nTry:");
    for sentence in error.advice() {
        told.push_str("\n  ");
        told.push_str(&sentence);
    }
    Refusal::unreachable(told)
}

/// Names of projects in a sentence.
pub(super) fn names(projects: &[ProjectSummary]) -> String {
    projects.iter().map(|p| p.name.as_str()).collect::<Vec<_>>().join(", ")
}
