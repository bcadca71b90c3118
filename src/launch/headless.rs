//! The commands without a screen: parts are built here, `cli` answers.

use super::{
    Refusal,
    ground::{self, Ground},
    issues::{Desk, UNFILED, check_settings},
    memory, screen, stack,
};
use crate::{
    action::offline::Offline,
    cli::{
        self, Arguments, ConfigCommand, RulesCommand, analyze::AnalyzeArgs, classify::ClassifyArgs,
        compare::CompareArgs, issues::Line, monitoring::MonitoringCommand, output,
    },
    config::Paths,
    detect::Detector,
    engine::{Classifier, Parts, Scope, read_once},
    model::ServiceName,
    source::{Source, docker::ProjectName},
    tui::theme::Theme,
};
use chrono::Utc;
use color_eyre::eyre::Result;
use std::{io, path::Path, process::ExitCode, sync::Arc};

/// What an engine without a screen runs on; `unfiled` says why it files no issues.
pub(super) fn parts(
    arguments: &Arguments,
    ground: &Ground,
    (source, project): (Arc<dyn Source>, Option<&ProjectName>),
    unfiled: &'static str,
) -> Parts {
    Parts {
        source,
        scope: project.map_or_else(Scope::default, |_| screen::scope(arguments, ground)),
        rules: ground.rulebook(),
        tracker: Arc::new(Offline(unfiled.into())),
        is_read_only: arguments.screen.read_only,
        redactor: memory::redactor(ground),
        memory: memory::open(ground, project),
    }
}

/// `dogwatch analyze`.
pub(super) async fn analyze(
    arguments: &Arguments,
    args: &AnalyzeArgs,
    ground: &Ground,
) -> Result<ExitCode> {
    ground::check_named(arguments)?;
    if args.filing.create_issues {
        check_settings(ground)?;
    }
    let baseline = cli::analyze::baseline(args).map_err(Refusal::usage)?;
    let (source, project) = stack::source(arguments, ground).await?;
    let is_recorded = project.is_none();
    let now = Utc::now();
    let since = arguments.stack.since.map(|since| since.resolve(now));
    let scope = Scope {
        services: args.services.iter().map(|s| ServiceName::from(s.as_str())).collect(),
        since,
        tail: arguments.stack.tail.and_then(|tail| tail.0),
    };
    let detector = detector(ground);
    let name = source.describe().name.to_string();
    let redactor = ground.config().engine.redact.then(|| memory::redactor(ground));
    let store = read_once(source, Arc::new(detector), redactor, scope)
        .await
        .map_err(|error| Refusal::unreachable(error.to_string()))?;
    if let Some(told) = cli::analyze::missing_services(&store, args) {
        return Err(Refusal::unreachable(told).into());
    }
    let read = cli::analyze::Read { name: name.clone(), is_recorded, since };
    let (code, accepted) = cli::analyze::publish(&store, args, read, baseline.as_ref(), now)
        .map_err(|told| unwritable(told.path.as_deref(), &told.error))?;
    if args.filing.create_issues {
        let desk = Desk::open(ground, project.as_ref(), &name, &args.filing)?;
        let lines = desk.file(&store, &args.services, accepted).await?;
        for line in &lines {
            output::remark(&line.to_string());
        }
        if lines.iter().any(Line::is_failed) {
            return Ok(ExitCode::from(UNFILED));
        }
    }
    Ok(ExitCode::from(code))
}

/// `dogwatch compare`.
pub(super) fn compare(args: &CompareArgs) -> Result<ExitCode> {
    let comparison = cli::compare::read(args).map_err(Refusal::usage)?;
    output::to_stdout(|out| comparison.write(args.json, out))?;
    Ok(ExitCode::from(comparison.exit_code(args.fail_on.severity())))
}

/// `dogwatch classify`.
pub(super) fn classify(args: &ClassifyArgs, ground: &Ground) -> Result<ExitCode> {
    let classifier = Classifier::new(detector(ground), args.each);
    let log = args.log.as_deref();
    output::to_stdout(|out| cli::classify::run(log, classifier, out)).map_err(|error| {
        let name = log.map_or_else(|| "standard input".to_owned(), |p| p.display().to_string());
        Refusal::usage(format!("cannot judge {name}: {error}"))
    })?;
    Ok(ExitCode::SUCCESS)
}

/// `dogwatch rules`.
pub(super) fn rules(action: &RulesCommand, ground: &Ground) -> Result<ExitCode> {
    let detector = detector(ground);
    let mut code = 0;
    match action {
        RulesCommand::List { json } => {
            output::to_stdout(|out| cli::rules::list(detector.rules().rules(), *json, out))?;
        }
        RulesCommand::Show { id } => output::to_stdout(|out| {
            code = cli::rules::show(&detector, id, out)?;
            Ok(())
        })?,
        RulesCommand::Check { files } => output::to_stdout(|out| {
            code = cli::rules::check(files, out)?;
            Ok(())
        })?,
        RulesCommand::Explain { line } => output::to_stdout(|out| {
            cli::rules::explain(&detector, line.as_deref(), &mut io::stdin().lock(), out)
        })?,
        RulesCommand::Test { subject, line } => {
            let wish = (subject.as_deref(), line.as_deref());
            output::to_stdout(|out| {
                code = cli::rules::test(&detector, wish, &mut io::stdin().lock(), out)?;
                Ok(())
            })?;
        }
    }
    Ok(ExitCode::from(code))
}

/// `dogwatch monitoring`.
pub(super) fn monitoring(action: &MonitoringCommand) -> Result<ExitCode> {
    let MonitoringCommand::Export(args) = action;
    let written = cli::monitoring::export(args).map_err(Refusal::usage)?;
    output::to_stdout(|out| {
        written.iter().try_for_each(|path| writeln!(out, "{}", path.display()))
    })?;
    Ok(ExitCode::SUCCESS)
}

/// `dogwatch themes`.
pub(super) fn themes(is_long: bool, ground: &Ground) -> Result<ExitCode> {
    let settings = &ground.config().tui;
    let folder = settings.folder.as_deref();
    let lines: Vec<_> = Theme::names(folder)
        .into_iter()
        .map(|name| {
            let description = Theme::load(&name, folder)
                .map(|theme| theme.preview())
                .map_err(|error| error.to_string());
            cli::themes::ThemeLine { name, description }
        })
        .collect();
    output::to_stdout(|out| cli::themes::run(&lines, &settings.theme, is_long, out))?;
    Ok(ExitCode::SUCCESS)
}

/// `dogwatch config`.
pub(super) fn config(action: &ConfigCommand, ground: &Ground) -> Result<ExitCode> {
    let Some(paths) = &ground.paths else {
        return Err(Refusal::usage("there is no home folder for a configuration").into());
    };
    let mut code = 0;
    match action {
        ConfigCommand::Path => output::to_stdout(|out| cli::config::path(&places(paths), out))?,
        ConfigCommand::Show => {
            let settings = ground.settings();
            output::to_stdout(|out| cli::config::show(&settings, out))?;
        }
        ConfigCommand::Check => {
            let (detector, mut problems) = ground.detector();
            problems.splice(0..0, ground.faults());
            let folder = ground.config().tui.folder.as_deref();
            let names = Theme::names(folder);
            let broken = names.iter().filter_map(|name| Theme::load(name, folder).err());
            problems.extend(broken.map(|error| error.to_string()));
            let checked = format!(
                "{}, {} rules, {} themes",
                paths.file().display(),
                detector.rules().len(),
                names.len()
            );
            output::to_stdout(|out| {
                code = cli::config::check(&problems, &checked, out)?;
                Ok(())
            })?;
        }
    }
    Ok(ExitCode::from(code))
}

/// The rules; what is wrong with the user's files is remarked, because no screen shows it.
pub(super) fn detector(ground: &Ground) -> Detector {
    let (detector, errors) = ground.detector();
    for error in ground.faults().iter().chain(&errors) {
        output::remark(error);
    }
    detector
}

fn places(paths: &Paths) -> Vec<cli::config::Place> {
    let place = |name, path| cli::config::Place { name, path };
    vec![
        place("config", paths.file()),
        place("patterns", paths.patterns()),
        place("themes", paths.themes()),
        place("state", paths.state.clone()),
        place("log", paths.diagnostics()),
    ]
}

fn unwritable(path: Option<&Path>, error: &io::Error) -> Refusal {
    let name = path.map_or_else(|| "standard output".to_owned(), |p| p.display().to_string());
    Refusal::usage(format!("cannot write {name}: {error}"))
}
