//! `dogwatch rules`: what there is, and what each of them says of a line.

use crate::{
    detect::{Detector, Explanation, Rule, RuleSet, RuleSource},
    engine::events_of,
    model::{Category, Level, LogEvent, NamePart, Naming, SafeText, Severity},
};
use serde::Serialize;
use std::{
    io::{self, BufRead, Write},
    path::PathBuf,
};

/// All levels as they rise, and the one of lines that name none.
const LEVELS: [Level; 7] = [
    Level::Trace,
    Level::Debug,
    Level::Info,
    Level::Warn,
    Level::Error,
    Level::Fatal,
    Level::Unknown,
];

/// A rule as `rules list --json` tells it; fields are only ever added.
#[derive(Debug, Serialize)]
struct Row<'a> {
    id: &'a str,
    category: Category,
    severity: Severity,
    title: &'a str,
    hint: &'a str,
    recommended_actions: Vec<&'a str>,
    pattern: Option<&'a str>,
    unless: Option<&'a str>,
    priority: i8,
    source: String,
}

/// Writes all rules by category and name, as a table or as JSON.
///
/// # Errors
/// When `out` cannot be written.
pub fn list(rules: &[Rule], is_json: bool, out: &mut dyn Write) -> io::Result<()> {
    let mut rows: Vec<_> = rules.iter().map(row).collect();
    rows.sort_by_key(|row| (row.category, row.id));
    if is_json {
        let whole = serde_json::json!({ "schema_version": 1, "rules": rows });
        serde_json::to_writer_pretty(&mut *out, &whole)?;
        return writeln!(out);
    }
    let width = rows.iter().map(|row| row.id.len()).max().unwrap_or(0).max(4);
    writeln!(out, "{:<width$}  {:<8}  {:<19}  TITLE", "RULE", "SEVERITY", "CATEGORY")?;
    for row in rows {
        let (severity, category) = (row.severity.as_str(), row.category.title());
        let own =
            if row.source == "built in" { String::new() } else { format!("  [{}]", row.source) };
        writeln!(out, "{:<width$}  {severity:<8}  {category:<19}  {}{own}", row.id, row.title)?;
    }
    Ok(())
}

fn row(rule: &Rule) -> Row<'_> {
    Row {
        id: rule.id.as_str(),
        category: rule.category,
        severity: rule.severity,
        title: rule.guidance.title.as_str(),
        hint: rule.guidance.hint.as_str(),
        recommended_actions: rule.guidance.remedies.iter().map(SafeText::as_str).collect(),
        pattern: rule.pattern.as_deref(),
        unless: rule.unless.as_deref(),
        priority: rule.priority,
        source: match &rule.source {
            RuleSource::BuiltIn(_) => "built in".to_owned(),
            RuleSource::User(file) => file.to_string(),
        },
    }
}

/// Writes one rule whole, as it would stand in a file.
///
/// Returns the exit code: 2 for an unknown rule.
///
/// # Errors
/// When `out` cannot be written.
pub fn show(detector: &Detector, id: &str, out: &mut dyn Write) -> io::Result<u8> {
    let Some(rule) = detector.rules().get(id) else { return unknown(detector, id, out) };
    let row = row(rule);
    let ends = if rule.ignore { "ignores" } else { row.severity.as_str() };
    writeln!(out, "{}  {ends}  {}  priority {}", row.id, row.category.title(), row.priority)?;
    writeln!(out, "{}\n\n{}", row.title, row.hint)?;
    for remedy in &row.recommended_actions {
        writeln!(out, "  [ ] {remedy}")?;
    }
    let levels = LEVELS.iter().filter(|level| rule.levels.has(**level));
    let levels: Vec<_> = levels.map(|level| level.as_str()).collect();
    let services: Vec<_> = rule.only.services.iter().map(|name| &**name).collect();
    let categories: Vec<_> = rule.only.categories.iter().map(|c| c.slug()).collect();
    writeln!(out, "\nfrom        {}", row.source)?;
    writeln!(out, "levels      {}", levels.join(", "))?;
    for (key, values) in [("services", services), ("categories", categories)] {
        if !values.is_empty() {
            writeln!(out, "{key:<10}  {}", values.join(", "))?;
        }
    }
    for (key, pattern) in [("pattern", row.pattern), ("unless", row.unless)] {
        for (number, branch) in pattern.map(branches).unwrap_or_default().iter().enumerate() {
            writeln!(out, "{:<10}  {branch}", if number == 0 { key } else { "or" })?;
        }
    }
    for (key, samples) in [("matches", &rule.matches), ("misses", &rule.misses)] {
        for sample in samples {
            writeln!(out, "{key:<10}  {}", SafeText::from(sample.as_str()))?;
        }
    }
    Ok(0)
}

/// The alternatives of a pattern that stand at its top.
fn branches(pattern: &str) -> Vec<&str> {
    let (mut found, mut start, mut depth, mut in_class) = (Vec::new(), 0, 0_u32, false);
    let mut bytes = pattern.bytes().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'\\' => drop(bytes.next()),
            b'[' => in_class = true,
            b']' => in_class = false,
            b'(' if !in_class => depth += 1,
            b')' if !in_class => depth = depth.saturating_sub(1),
            b'|' if !in_class && depth == 0 => {
                found.push(&pattern[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    found.push(&pattern[start..]);
    found
}

/// Checks files of rules as they would be loaded, and runs their samples.
///
/// Returns the exit code: 2 where something is wrong.
///
/// # Errors
/// When `out` cannot be written.
pub fn check(files: &[PathBuf], out: &mut dyn Write) -> io::Result<u8> {
    let mut code = 0;
    for path in files {
        if let Err(error) = std::fs::metadata(path) {
            writeln!(out, "{}: {error}", path.display())?;
            code = 2;
            continue;
        }
        let (rules, errors) = RuleSet::load(None, std::slice::from_ref(path));
        for error in &errors {
            writeln!(out, "{error}")?;
        }
        let detector = Detector::new(rules);
        let is_own = |rule: &&Rule| matches!(rule.source, RuleSource::User(_));
        let own = detector.rules().rules().iter().filter(is_own);
        if samples(&detector, own, out)? != 0 || !errors.is_empty() {
            code = 2;
        }
        match detector.rules().groupings().len() {
            0 => {}
            1 => writeln!(out, "1 rule of grouping.")?,
            count => writeln!(out, "{count} rules of grouping.")?,
        }
    }
    Ok(code)
}

/// Says of a line, or of those of `input`, which rules hit, which won and why.
///
/// # Errors
/// When `input` cannot be read or `out` cannot be written.
pub fn explain(
    detector: &Detector,
    line: Option<&str>,
    input: &mut dyn BufRead,
    out: &mut dyn Write,
) -> io::Result<()> {
    let Some(line) = line.filter(|line| *line != "-") else {
        return explain_all(detector, input, None, out).map(drop);
    };
    for event in events_of(line) {
        explain_event(detector, &event, out)?;
    }
    Ok(())
}

/// Tries rules: `subject` is a rule, a line of log, `-` for lines of `input`, or nothing for all rules' samples;
/// `line` is tried on the rule `subject` alone.
///
/// Returns the exit code: 1 when a sample fails or the rule does not win the line, 2 for an unknown rule.
///
/// # Errors
/// When `input` cannot be read or `out` cannot be written.
pub fn test(
    detector: &Detector,
    (subject, line): (Option<&str>, Option<&str>),
    input: &mut dyn BufRead,
    out: &mut dyn Write,
) -> io::Result<u8> {
    let Some(subject) = subject else {
        return samples(detector, detector.rules().rules().iter(), out);
    };
    let rule = detector.rules().get(subject);
    match (rule, line) {
        (None, _) if line.is_some() || looks_like_rule(subject) => unknown(detector, subject, out),
        (None, _) if subject == "-" => explain_all(detector, input, None, out),
        (None, _) => {
            for event in events_of(subject) {
                explain_event(detector, &event, out)?;
            }
            Ok(0)
        }
        (Some(rule), None) => samples(detector, std::iter::once(rule), out),
        (Some(rule), Some("-")) => explain_all(detector, input, Some(rule), out),
        (Some(rule), Some(line)) => {
            let mut won = false;
            for event in events_of(line) {
                won |= explain_event(detector, &event, out)?
                    .winner
                    .is_some_and(|(id, _)| id == rule.id);
            }
            let verdict = if won { "wins" } else { "does not win" };
            writeln!(out, "{} {verdict} this line.", rule.id)?;
            Ok(u8::from(!won))
        }
    }
}

/// Explains the events of `input`; with a rule, only those that it has a hit on.
fn explain_all(
    detector: &Detector,
    input: &mut dyn BufRead,
    rule: Option<&Rule>,
    out: &mut dyn Write,
) -> io::Result<u8> {
    let mut bytes = Vec::new();
    input.read_to_end(&mut bytes)?;
    for event in events_of(&String::from_utf8_lossy(&bytes)) {
        let is_wanted = rule
            .is_none_or(|rule| detector.explain(&event).hits.iter().any(|hit| hit.rule == rule.id));
        if is_wanted {
            explain_event(detector, &event, out)?;
        }
    }
    Ok(0)
}

fn explain_event(
    detector: &Detector,
    event: &LogEvent,
    out: &mut dyn Write,
) -> io::Result<Explanation> {
    let explanation = detector.explain(event);
    let more = match event.rest.len() {
        0 => String::new(),
        n => format!(" (+{n} lines)"),
    };
    writeln!(out, "{}{more}", event.head.text)?;
    writeln!(out, "  level    {}", explanation.level.as_str())?;
    match (&explanation.winner, &explanation.ignored) {
        (Some((id, severity)), _) => {
            let category = detector.rules().get(id.as_str()).map(|rule| rule.category.title());
            writeln!(
                out,
                "  verdict  {} {} by {id}",
                severity.as_str(),
                category.unwrap_or_default()
            )?;
        }
        (None, why) => {
            writeln!(out, "  verdict  no problem: {}", why.as_deref().unwrap_or("no rule hits."))?;
        }
    }
    if let Some(message) = &explanation.message {
        writeln!(out, "  message  {message}")?;
    }
    if let Some(place) = &explanation.place {
        writeln!(out, "  thrown   {place}")?;
    }
    if let Some(Naming { parts, title, rule }) = &explanation.naming {
        let part = |part: &NamePart| match part {
            NamePart::Default => "{{ default }}".to_owned(),
            NamePart::Words(words) => words.to_string(),
        };
        let parts: Vec<_> = parts.iter().map(part).collect();
        let title = title.as_ref().map(|title| format!(", called {title}")).unwrap_or_default();
        writeln!(out, "  group    {} by {rule}{title}", parts.join(" + "))?;
    }
    for hit in &explanation.hits {
        let why = hit.silenced.map(|why| format!(" (does not count: {why})")).unwrap_or_default();
        let rule = detector.rules().get(hit.rule.as_str());
        let priority = rule.map(|rule| rule.priority).unwrap_or_default();
        writeln!(out, "  hit      {:<40} priority {priority}{why}", hit.rule.as_str())?;
    }
    writeln!(out)?;
    Ok(explanation)
}

/// Runs what rules promise: they win their `matches`, and do not hit their `misses`.
fn samples<'a>(
    detector: &Detector,
    rules: impl Iterator<Item = &'a Rule>,
    out: &mut dyn Write,
) -> io::Result<u8> {
    let (mut tried, mut failed, mut count) = (0, 0, 0);
    for rule in rules {
        count += 1;
        for (sample, should_win) in
            rule.matches.iter().map(|s| (s, true)).chain(rule.misses.iter().map(|s| (s, false)))
        {
            tried += 1;
            let winners: Vec<_> = events_of(sample)
                .iter()
                .filter_map(|event| detector.detect(event))
                .map(|finding| finding.rule)
                .collect();
            if winners.contains(&rule.id) == should_win {
                continue;
            }
            failed += 1;
            let others: Vec<_> = winners.iter().map(ToString::to_string).collect();
            let won = if others.is_empty() { "no rule".to_owned() } else { others.join(", ") };
            let wish = if should_win { "must match" } else { "must not match" };
            writeln!(out, "FAILED {}: {wish}: {sample}\n       won by {won}", rule.id)?;
        }
    }
    writeln!(out, "{count} rules, {tried} samples, {failed} failed.")?;
    Ok(u8::from(failed > 0))
}

/// `category.name`, no line of a log.
fn looks_like_rule(subject: &str) -> bool {
    subject.split_once('.').is_some_and(|(category, name)| {
        Category::from_slug(category).is_some()
            && !name.is_empty()
            && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    })
}

fn unknown(detector: &Detector, id: &str, out: &mut dyn Write) -> io::Result<u8> {
    let mut near: Vec<_> = detector
        .rules()
        .rules()
        .iter()
        .map(|rule| (strsim::jaro_winkler(id, rule.id.as_str()), rule.id.as_str()))
        .collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0));
    let near: Vec<_> = near.iter().take(3).map(|(_, id)| *id).collect();
    writeln!(out, "There is no rule {id}. The nearest: {}.", near.join(", "))?;
    writeln!(out, "`dogwatch rules list` names all.")?;
    Ok(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detector() -> Detector {
        Detector::new(RuleSet::builtin().0)
    }

    fn run(subject: Option<&str>, line: Option<&str>, input: &str) -> (u8, String) {
        let mut out = Vec::new();
        let code = test(&detector(), (subject, line), &mut input.as_bytes(), &mut out).unwrap();
        (code, String::from_utf8(out).unwrap())
    }

    #[test]
    fn lists_every_rule_as_table_and_as_json() {
        let detector = detector();
        let rules = detector.rules().rules();
        let (mut table, mut json) = (Vec::new(), Vec::new());
        list(rules, false, &mut table).unwrap();
        list(rules, true, &mut json).unwrap();
        assert_eq!(String::from_utf8(table).unwrap().lines().count(), rules.len() + 1);
        let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
        assert_eq!(json["rules"].as_array().unwrap().len(), rules.len());
    }

    #[test]
    fn says_which_rule_wins_a_line_and_why_none_does() {
        let (code, text) = run(Some("ERROR: connection to db:5432 refused"), None, "");
        assert!(code == 0 && text.contains("verdict") && text.contains(" by "), "{text}");
        let (_, text) = run(Some("-"), None, "all is well\nINFO 0 errors\n");
        assert_eq!(text.matches("no problem").count(), 2, "{text}");
    }

    #[test]
    fn runs_the_samples_of_one_rule_and_tries_a_line_on_it() {
        let detector = detector();
        let rule = detector.rules().rules().iter().find(|r| !r.matches.is_empty()).unwrap();
        let (code, text) = run(Some(rule.id.as_str()), None, "");
        assert!(code == 0 && text.contains("1 rules"), "{text}");
        assert_eq!(run(Some(rule.id.as_str()), Some(&rule.matches[0]), "").0, 0);
        assert_eq!(run(Some(rule.id.as_str()), Some("all is well"), "").0, 1);
    }

    #[test]
    fn an_unknown_rule_is_wrong_use() {
        let (code, text) = run(Some("database.no-such-thing"), None, "");
        assert!(code == 2 && text.contains("nearest: database."), "{text}");
        assert_eq!(run(Some("nonsense"), Some("a line"), "").0, 2);
    }

    #[test]
    fn a_rule_is_shown_whole_and_its_alternatives_apart() {
        let mut out = Vec::new();
        assert_eq!(show(&detector(), "tls.expired", &mut out).unwrap(), 0);
        let text = String::from_utf8(out).unwrap();
        for part in ["Certificate has expired", "  [ ] ", "pattern   ", "or        ", "matches   "]
        {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert_eq!(show(&detector(), "tls.none", &mut Vec::new()).unwrap(), 2);
        assert_eq!(branches(r"a\||[|](b|c)|d"), [r"a\|", "[|](b|c)", "d"]);
    }

    #[test]
    fn a_file_of_rules_is_checked_with_place_and_reason() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("team.toml");
        let good = "[[rule]]\nid = \"other.moon\"\ntitle = \"Moon\"\nseverity = \"error\"\npattern = 'moonfall'\nmatches = [\"a moonfall came\"]\n";
        let run = |text: &str| {
            std::fs::write(&path, text).unwrap();
            let mut out = Vec::new();
            let code = check(std::slice::from_ref(&path), &mut out).unwrap();
            (code, String::from_utf8(out).unwrap())
        };
        assert_eq!(run(good).0, 0);
        let (code, text) = run(&format!("{good}misses = [\"no moonfall\"]\ncolour = 1\n"));
        assert!(
            code == 2 && text.contains("team.toml:8: rule other.moon: unknown field"),
            "{text}"
        );
        let (code, text) = run(&good.replace("moonfall'", "(moon'"));
        assert!(code == 2 && text.contains("pattern: "), "{text}");
        let (code, text) = run(&good.replace("a moonfall", "a sunrise"));
        assert!(code == 2 && text.contains("must match"), "{text}");
        assert_eq!(check(&[folder.path().join("none.toml")], &mut Vec::new()).unwrap(), 2);
        let grouping = "[[group]]\nwords = \"moon * down\"\nfingerprint = [\"the moon\"]\n";
        let (code, text) = run(&format!("{good}{grouping}"));
        assert!(code == 0 && text.contains("1 rule of grouping"), "{text}");
        let (code, text) = run(&grouping.replace("words", "word"));
        assert!(
            code == 2 && text.contains("team.toml:2: group: ?: unknown field `word`"),
            "{text}"
        );
    }

    #[test]
    fn a_rule_of_grouping_is_explained() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".dogwatch.toml");
        let text = "[tui]\n[[group]]\nexception = \"*KeyError\"\nfingerprint = [\"keys\", \"{{ default }}\"]\n\
                    title = \"A key is missing\"\n";
        std::fs::write(&path, text).unwrap();
        let detector = Detector::new(RuleSet::load(None, &[path]).0);
        let trace = "Traceback (most recent call last):\n  File \"/app/a.py\", line 7, in load\n    x()\nKeyError: 'a'\n";
        let mut out = Vec::new();
        explain(&detector, Some(trace), &mut &b""[..], &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains("thrown   app/a.py load"), "{text}");
        let want = "group    keys + {{ default }} by .dogwatch.toml:2, called A key is missing";
        assert!(text.contains(want), "{text}");
    }
}
