//! SARIF 2.1.0, the form of static analysers: code-scanning pages and editors read it.
//!
//! A recorded log is named as a file with its lines; a service of a live stack as an address below the logical root
//! `LOGS`, because its log is no file of the repository.

use super::{
    baseline::Novelty,
    facts::{Problem, ProblemService, Report},
    text::{examples, plural, short},
};
use crate::model::{Category, Severity};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    io::{self, Write},
};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";
/// Root of the addresses of services.
const ROOT: &str = "LOGS";

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut rules: BTreeMap<&str, &Problem> = BTreeMap::new();
    for problem in &report.problems {
        rules.entry(&problem.rule).or_insert(problem);
    }
    let order: Vec<&str> = rules.keys().copied().collect();
    let results: Vec<Value> =
        report.problems.iter().map(|problem| result(report, problem, &order)).collect();
    let unread: Vec<Value> = report
        .services
        .iter()
        .filter_map(|s| Some((s, s.unreadable.as_ref()?)))
        .map(|(s, why)| {
            json!({"level": "error", "message": {"text": format!("{} was not read: {why}", s.service)}})
        })
        .collect();
    let mut run = json!({
        "tool": {"driver": {
            "name": "dogwatch",
            "version": env!("CARGO_PKG_VERSION"),
            "semanticVersion": env!("CARGO_PKG_VERSION"),
            "rules": rules.values().map(|problem| rule(problem)).collect::<Vec<_>>(),
        }},
        "invocations": [{
            "executionSuccessful": unread.is_empty(),
            "endTimeUtc": report.generated_at,
            "toolExecutionNotifications": unread,
        }],
        "columnKind": "unicodeCodePoints",
        "results": results,
    });
    if !report.is_recorded {
        let text = format!("The logs of the services of {}.", report.source);
        run["originalUriBaseIds"] = json!({ROOT: {"description": {"text": text}}});
    }
    let whole = json!({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]});
    serde_json::to_writer_pretty(&mut *out, &whole)?;
    writeln!(out)
}

fn rule(problem: &Problem) -> Value {
    let mut help = vec![problem.hint.clone()];
    help.extend(problem.recommended_actions.iter().map(|action| format!("- {action}")));
    let help = help.join("\n");
    let mut rule = json!({
        "id": problem.rule,
        "defaultConfiguration": {"level": level(problem.severity)},
        "properties": {"tags": [problem.category.slug()], "category": problem.category.title()},
    });
    if problem.category == Category::Authentication {
        rule["properties"]["tags"] = json!([problem.category.slug(), "security"]);
    }
    if !problem.title.is_empty() {
        rule["shortDescription"] = json!({"text": problem.title});
    }
    if !problem.hint.is_empty() {
        rule["fullDescription"] = json!({"text": problem.hint});
        rule["help"] = json!({"text": help});
    }
    rule
}

fn result(report: &Report, problem: &Problem, rules: &[&str]) -> Value {
    let services: Vec<_> = problem.services.iter().map(|s| s.service.as_str()).collect();
    let count = plural(problem.count as usize, "occurrence");
    let mut text = vec![format!("{} ({count} in {})", problem.name(), services.join(", "))];
    text.extend(examples(report, problem));
    let mut result = json!({
        "ruleId": problem.rule,
        "ruleIndex": rules.binary_search(&problem.rule.as_str()).ok(),
        "level": level(problem.severity),
        "message": {"text": text.join("\n")},
        "locations": problem.services.iter().map(|here| location(report, here)).collect::<Vec<_>>(),
        "partialFingerprints": {"dogwatch": problem.fingerprint},
        "occurrenceCount": problem.count,
        "properties": {
            "severity": problem.severity,
            "firstSeen": problem.first_seen,
            "lastSeen": problem.last_seen,
            "services": services,
        },
    });
    if let Some(novelty) = problem.novelty {
        let state = if novelty == Novelty::Known { "unchanged" } else { "new" };
        result["baselineState"] = json!(state);
        result["properties"]["novelty"] = json!(novelty.as_str());
    }
    result
}

fn location(report: &Report, here: &ProblemService) -> Value {
    let artifact = if report.is_recorded {
        json!({"uri": address(&report.source)})
    } else {
        json!({"uri": address(&here.service), "uriBaseId": ROOT})
    };
    let mut physical = json!({"artifactLocation": artifact});
    if let Some(sample) = here.samples.first().filter(|_| report.is_recorded) {
        physical["region"] = json!({
            "startLine": sample.line.max(1),
            "snippet": {"text": short(&sample.message)},
        });
    }
    json!({
        "physicalLocation": physical,
        "logicalLocations": [{"name": here.service, "kind": "module"}],
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

/// A path as a relative address: what an address may not hold is written as `%` and two digits.
fn address(path: &str) -> String {
    use std::fmt::Write as _;
    path.bytes().fold(String::with_capacity(path.len()), |mut address, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            address.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(address, "%{byte:02X}");
        }
        address
    })
}
