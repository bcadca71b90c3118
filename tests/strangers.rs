//! Real lines of technologies that the rules were not written for, as their users pasted them: is it a problem, of
//! what kind, how bad.
//!
//! `strangers-dev.jsonl` may be looked at while rules are written; `strangers-held.jsonl` was only scored. Those of
//! `strangers-fresh.jsonl` came later, in three parts, each scored once before anything was mended for it: a recall of
//! 0.91, 0.88 and 0.97, a precision of 0.99, 0.97 and 1, the right category for 0.89, 0.95 and 0.97 of what was found.
//! Now they may be looked at, too. Those of `strangers-later-*.jsonl` are of 110 more programs, most of them applications
//! with their frameworks, firmware, media, backups and shell scripts; what was written down from memory says so. Before
//! anything was mended for them their recall was 0.93, their precision 0.98, the category of 0.95 right; half of them, by
//! program, may be looked at since. Those of `strangers-wide-*.jsonl` are of 169 programs, from language runtimes to
//! storage clusters, few of which have a rule of their own. 120 of the 429 lines were pasted by users; the others were
//! written down from memory, as `source` says of each, and are weaker evidence. Half of them, by program, may be looked
//! at; one hand wrote both halves. Before anything was mended for them the half held back had a recall of 0.97, a
//! precision of 0.99 and the right category for 0.81 of what was found; nine labels (five of them held back) were then
//! corrected on a second reading, which alone made that 0.84. All others were labelled by hand before they were scored
//! the first time. `accept` names readings that are as honest as the first.
//!
//! Those of `strangers-issues-*.jsonl` are 274 lines of 109 programs that are in no other set, each pasted by a user in
//! a public issue and none written from memory; half of them, by program, were only counted. Before anything was mended
//! for them the half held back had a recall of 0.91, a precision of 0.96 and the right category for 0.90 of what was
//! found, the other half 0.93, 0.99 and 0.81.
//!
//! Those of `mainstream-*.jsonl` are the counterpart: 500 lines of 58 technologies that most Compose stacks run and that
//! have rules of their own, from 228 public issues, most of them harmless lines that stood beside the problems. Hosts,
//! users and identifiers are replaced, long lines cut. Half of them, by issue, were only counted. Before anything was
//! mended for them the half held back had a recall of 0.97, a precision of 0.93, the right category for 0.89 and the
//! right severity for 0.94 of what was found, the other half 0.91, 0.93, 0.93 and 0.94. Eight labels (three of them held
//! back) were then corrected: what a program itself warns of as deprecated is a warning here as in the other sets. That
//! alone made the precision 0.96 and 0.97.
//!
//! Those of `compose-*.jsonl` are 296 lines of 75 programs that Compose files run, from 186 public issues that no other
//! set has, 45 % of them harmless: requested ends, retries, clients' own faults, names and counts with bad-sounding words.
//! All were labelled before they were scored; half of them, by program, were only counted. Before anything was mended for
//! them the half held back had a recall of 0.87, a precision of 0.96, the right category for 0.95 and the right severity
//! for 0.95 of what was found, the other half 0.94, 0.99, 0.91 and 0.98.
//!
//! Those of `apps.jsonl` are 89 lines of 30 programs, from public issues that no other set has. All were labelled before
//! they were scored; before anything was mended for them their recall was 0.90, their precision 0.96, and the category
//! of 0.67 of what was found was right: most of the others were called `other`. Readings that were accepted on seeing
//! them make that 0.89.
//!
//! Those of `strangers-apps-*.jsonl` are 447 lines of 128 programs, from 256 public issues that no other set has, 46 % of
//! them harmless; one hand gathered and labelled them that had written no rule and had not seen the program judge a line.
//! Half of them, by program, were only counted. Before anything was mended for them the half held back had a recall of
//! 0.87, a precision of 0.96, the right category for 0.95 and the right severity for 0.97 of what was found, the other
//! half 0.88, 0.99, 0.91 and 0.96.
//!
//! Those of `strangers-frameworks-*.jsonl` are 210 lines of 108 applications and their frameworks, from public issues that
//! no other set has, 46 % of them harmless, gathered and labelled by a hand that had written no rule and had not seen the
//! program judge a line. Half of them, by program, are only counted. Before anything was mended for them the half held
//! back had a recall of 0.89, a precision of 0.97, the right category for 0.86 and the right severity for 0.98 of what was
//! found, the other half 0.92, 1, 0.89 and 0.98.
//!
//! All other halves that were held back may be looked at since these figures, the last that were counted blindly (recall,
//! precision, category, severity): mainstream 0.982, 0.949, 0.911, 0.946; strangers 0.977, 0.985, 0.945, 0.992; later 0.944, 0.983, 0.965,
//! 0.929; wide 0.984, 0.992, 0.881, 0.992; issues 0.906, 0.956, 0.897, 0.966; compose 0.868, 0.957, 0.955, 0.955;
//! apps 0.871, 0.964, 0.954, 0.972.
//!
//! What is still judged otherwise, and stays so: what a program says at info although it failed (its own level counts);
//! a warning without substance (`WARN Included extra file`); rules that call a service's end or full memory critical
//! where the label says error; a port known as a database's, refused.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "this is a test that tells its figures; its helpers are no test functions"
)]

#[path = "common/classify.rs"]
mod classify;

use classify::classify;
use serde_json::Value;
use std::collections::BTreeMap;

/// Lines of one category, and what went wrong with them.
#[derive(Default)]
struct Tally {
    lines: u32,
    /// Problems not seen; for harmless lines, alarms.
    wrong: u32,
    category: u32,
    severity: u32,
}

impl Tally {
    fn share(&self, wrong: u32) -> f64 {
        1.0 - f64::from(wrong) / f64::from(self.lines.max(1))
    }
}

/// Whether `key` of the answer is the label's, or one that the label accepts.
fn agrees(case: &Value, answer: &Value, key: &str) -> bool {
    let accepted = case["accept"][key].as_array().into_iter().flatten();
    std::iter::once(&case[key]).chain(accepted).any(|wanted| wanted == &answer[key])
}

/// The least share that a set must reach, each just below what was reached when it was set.
struct Floor {
    recall: f64,
    precision: f64,
    category: f64,
    severity: f64,
}

fn score(name: &str, text: &str, floor: &Floor) {
    let cases: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let lines: Vec<&str> = cases.iter().map(|case| case["line"].as_str().unwrap()).collect();
    let answers = classify(&["--each"], &lines);
    assert_eq!(answers.len(), cases.len(), "one answer for each line");
    let mut tallies: BTreeMap<&str, Tally> = BTreeMap::new();
    for (case, answer) in cases.iter().zip(&answers) {
        let wanted = case["category"].as_str();
        let tally = tallies.entry(wanted.unwrap_or("harmless")).or_default();
        tally.lines += 1;
        let is_found = !answer["category"].is_null();
        tally.wrong += u32::from(is_found != wanted.is_some());
        if is_found && wanted.is_some() {
            tally.category += u32::from(!agrees(case, answer, "category"));
            tally.severity += u32::from(!agrees(case, answer, "severity"));
        }
    }
    println!("{name}: lines, missed or false, category, severity");
    for (category, t) in &tallies {
        println!("  {category:<16}{:>4}{:>4}{:>4}{:>4}", t.lines, t.wrong, t.category, t.severity);
    }
    let harmless = tallies.remove("harmless").unwrap_or_default();
    let problems = tallies.values().fold(Tally::default(), |mut sum, t| {
        sum.lines += t.lines;
        sum.wrong += t.wrong;
        sum.category += t.category;
        sum.severity += t.severity;
        sum
    });
    let found = f64::from(problems.lines - problems.wrong);
    let found_tally = Tally { lines: problems.lines - problems.wrong, ..Tally::default() };
    for (what, reached, least) in [
        ("recall", problems.share(problems.wrong), floor.recall),
        ("precision", found / (found + f64::from(harmless.wrong)), floor.precision),
        ("category", found_tally.share(problems.category), floor.category),
        ("severity", found_tally.share(problems.severity), floor.severity),
    ] {
        println!("  {what} {reached:.4}");
        assert!(reached >= least, "{name}: {what} {reached:.4} is below {least}");
    }
}

#[test]
fn lines_that_rules_may_learn_from_are_judged_right() {
    let floor = Floor { recall: 0.98, precision: 0.98, category: 0.99, severity: 0.99 };
    score("dev", include_str!("data/strangers-dev.jsonl"), &floor);
}

#[test]
fn lines_once_held_back_are_judged_right() {
    let floor = Floor { recall: 0.99, precision: 0.99, category: 0.96, severity: 0.99 };
    score("held", include_str!("data/strangers-held.jsonl"), &floor);
}

#[test]
fn lines_gathered_last_are_judged_right() {
    let floor = Floor { recall: 0.98, precision: 0.97, category: 0.96, severity: 0.95 };
    score("fresh", include_str!("data/strangers-fresh.jsonl"), &floor);
}

#[test]
fn lines_of_more_programs_that_rules_may_learn_from_are_judged_right() {
    let floor = Floor { recall: 0.98, precision: 0.99, category: 0.97, severity: 0.94 };
    score("later, dev", include_str!("data/strangers-later-dev.jsonl"), &floor);
}

#[test]
fn lines_of_more_programs_once_held_back_are_judged_right() {
    let floor = Floor { recall: 0.98, precision: 0.98, category: 0.96, severity: 0.93 };
    score("later, held", include_str!("data/strangers-later-held.jsonl"), &floor);
}

#[test]
fn lines_of_programs_without_rules_that_rules_may_learn_from_are_judged_right() {
    let floor = Floor { recall: 0.99, precision: 0.99, category: 0.95, severity: 0.95 };
    score("wide, dev", include_str!("data/strangers-wide-dev.jsonl"), &floor);
}

#[test]
fn lines_of_programs_without_rules_once_held_back_are_judged_right() {
    let floor = Floor { recall: 0.99, precision: 0.99, category: 0.92, severity: 0.99 };
    score("wide, held", include_str!("data/strangers-wide-held.jsonl"), &floor);
}

#[test]
fn lines_of_issues_that_rules_may_learn_from_are_judged_right() {
    let floor = Floor { recall: 0.96, precision: 0.98, category: 0.93, severity: 0.98 };
    score("issues, dev", include_str!("data/strangers-issues-dev.jsonl"), &floor);
}

#[test]
fn lines_of_issues_once_held_back_are_judged_right() {
    let floor = Floor { recall: 0.96, precision: 0.96, category: 0.96, severity: 0.96 };
    score("issues, held", include_str!("data/strangers-issues-held.jsonl"), &floor);
}

#[test]
fn lines_of_mainstream_technologies_that_rules_may_learn_from_are_judged_right() {
    let floor = Floor { recall: 0.97, precision: 0.98, category: 0.98, severity: 0.95 };
    score("mainstream, dev", include_str!("data/mainstream-dev.jsonl"), &floor);
}

#[test]
fn lines_of_mainstream_technologies_once_held_back_are_judged_right() {
    let floor = Floor { recall: 0.98, precision: 0.94, category: 0.91, severity: 0.94 };
    score("mainstream, held", include_str!("data/mainstream-held.jsonl"), &floor);
}

#[test]
fn lines_of_what_compose_files_run_that_rules_may_learn_from_are_judged_right() {
    let floor = Floor { recall: 0.96, precision: 0.98, category: 0.97, severity: 0.99 };
    score("compose, dev", include_str!("data/compose-dev.jsonl"), &floor);
}

#[test]
fn lines_of_what_compose_files_run_once_held_back_are_judged_right() {
    let floor = Floor { recall: 0.96, precision: 0.97, category: 0.95, severity: 0.95 };
    score("compose, held", include_str!("data/compose-held.jsonl"), &floor);
}

#[test]
fn lines_of_new_programs_that_rules_learned_from_are_judged_right() {
    let floor = Floor { recall: 0.98, precision: 0.98, category: 0.95, severity: 0.98 };
    score("apps", include_str!("data/apps.jsonl"), &floor);
}

#[test]
fn lines_of_many_more_programs_that_rules_may_learn_from_are_judged_right() {
    let floor = Floor { recall: 0.95, precision: 0.99, category: 0.92, severity: 0.97 };
    score("apps, dev", include_str!("data/strangers-apps-dev.jsonl"), &floor);
}

#[test]
fn lines_of_many_more_programs_once_held_back_are_judged_right() {
    let floor = Floor { recall: 0.92, precision: 0.97, category: 0.95, severity: 0.97 };
    score("apps, held", include_str!("data/strangers-apps-held.jsonl"), &floor);
}

#[test]
fn lines_of_frameworks_that_rules_may_learn_from_are_judged_right() {
    let floor = Floor { recall: 0.98, precision: 0.99, category: 0.87, severity: 0.97 };
    score("frameworks, dev", include_str!("data/strangers-frameworks-dev.jsonl"), &floor);
}

#[test]
fn lines_of_frameworks_held_back_are_judged_right() {
    let floor = Floor { recall: 0.88, precision: 0.96, category: 0.85, severity: 0.98 };
    score("frameworks, held", include_str!("data/strangers-frameworks-held.jsonl"), &floor);
}
