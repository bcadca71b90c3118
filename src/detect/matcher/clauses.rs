//! What a line must have to match an expression: clauses, each of some strings of which one is there.

use super::{
    letters::is_word,
    pattern::class_bytes,
    strings::{Sign, Spelling, Strings, few, product},
};
use regex_syntax::hir::{Hir, HirKind};
use std::ops::Range;

/// Clauses of one expression.
const MAX_CLAUSES: usize = 3;
/// What a clause may cost where there is one already.
const MAX_COST: u64 = 60_000;

/// Strings of which every match has one, and what looking for them costs.
#[derive(Debug)]
struct Required {
    strings: Strings,
    cost: u64,
}

/// Clauses of every one of which a match has a string, the cheapest first and at most [`MAX_CLAUSES`].
///
/// `cost` tells what it costs to look for a shape, or that it cannot be looked for.
pub(super) fn clauses(hir: &Hir, cost: &impl Fn(&[Sign]) -> Option<u32>) -> Vec<Strings> {
    let mut runs = match hir.kind() {
        HirKind::Capture(capture) => return clauses(&capture.sub, cost),
        HirKind::Concat(subs) => runs(subs, cost),
        _ => return required(hir, cost).map(|required| required.strings).into_iter().collect(),
    };
    runs.sort_by_key(|run| run.required.cost);
    let mut chosen: Vec<Run> = Vec::new();
    for run in runs {
        let is_apart =
            chosen.iter().all(|c| c.parts.end <= run.parts.start || run.parts.end <= c.parts.start);
        let is_worth_it = chosen.is_empty() || run.required.cost <= MAX_COST;
        if is_apart && is_worth_it && chosen.len() < MAX_CLAUSES {
            chosen.push(run);
        }
    }
    chosen.into_iter().map(|run| run.required.strings).collect()
}

/// The cheapest clause.
fn required(hir: &Hir, cost: &impl Fn(&[Sign]) -> Option<u32>) -> Option<Required> {
    match hir.kind() {
        HirKind::Capture(capture) => required(&capture.sub, cost),
        HirKind::Repetition(repetition) if repetition.min > 0 => {
            let whole = Spelling::Shape.all(hir).and_then(|strings| rate(strings, cost));
            whole.into_iter().chain(required(&repetition.sub, cost)).reduce(cheaper)
        }
        HirKind::Alternation(subs) => {
            let mut all = Required { strings: Vec::new(), cost: 0 };
            for sub in subs {
                let Required { strings, cost } = required(sub, cost)?;
                all.strings.extend(strings);
                all.cost += cost;
            }
            let strings = few(all.strings)?;
            rate(strings, cost)
        }
        HirKind::Concat(subs) => {
            runs(subs, cost).into_iter().map(|run| run.required).reduce(cheaper)
        }
        _ => Spelling::Shape.all(hir).and_then(|strings| rate(strings, cost)),
    }
}

fn rate(strings: Strings, cost: &impl Fn(&[Sign]) -> Option<u32>) -> Option<Required> {
    let costs = strings.iter().map(|string| cost(string).map(u64::from));
    let cost = costs.sum::<Option<u64>>()?;
    Some(Required { strings, cost })
}

/// What some parts of a sequence require.
#[derive(Debug)]
struct Run {
    required: Required,
    parts: Range<usize>,
}

/// All that a sequence requires: of neighbours with few strings together, and of each of the others.
fn runs(subs: &[Hir], cost: &impl Fn(&[Sign]) -> Option<u32>) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut add = |required: Option<Required>, parts| {
        runs.extend(required.map(|required| Run { required, parts }));
    };
    let (mut run, mut first) = (vec![Vec::new()], 0);
    for (at, sub) in subs.iter().enumerate() {
        let next = Spelling::Shape.all(sub);
        let longer = next.as_ref().and_then(|next| product(&run, next));
        if let Some(longer) = longer {
            run = trimmed(longer);
            continue;
        }
        let is_open = is_open(sub, &run);
        match heads(sub).and_then(|heads| product(&run, &heads)) {
            Some(longer) => add(rate(longer, cost), first..at + 1),
            None => add(rate(run, cost), first..at),
        }
        add(required(sub, cost), at..at + 1);
        first = if next.is_some() { at } else { at + 1 };
        run = next.unwrap_or_else(|| vec![is_open.then_some(Sign::Edge).into_iter().collect()]);
    }
    add(rate(run, cost), first..subs.len());
    runs
}

/// Shapes with one of which every match starts.
fn heads(hir: &Hir) -> Option<Strings> {
    if let Some(all) = Spelling::Shape.all(hir) {
        return Some(all);
    }
    match hir.kind() {
        HirKind::Capture(capture) => heads(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => heads(&repetition.sub),
        HirKind::Alternation(subs) => {
            let mut strings = Vec::new();
            for sub in subs {
                strings.extend(heads(sub)?);
            }
            few(strings)
        }
        HirKind::Concat(subs) => {
            let mut run = vec![Vec::new()];
            for sub in subs {
                let next = Spelling::Shape.all(sub);
                match next.and_then(|next| product(&run, &next)) {
                    Some(longer) => run = longer,
                    None => {
                        return heads(sub).and_then(|heads| product(&run, &heads)).or(Some(run));
                    }
                }
            }
            Some(run)
        }
        _ => None,
    }
}

/// Without spaces at the start but one: what is before them says nothing of words.
fn trimmed(mut run: Strings) -> Strings {
    let needs_no_trim =
        |string: &Vec<Sign>| !matches!(string[..], [Sign::Byte(b' '), Sign::Byte(b' '), ..]);
    if run.iter().all(needs_no_trim) {
        return run;
    }
    let space = Sign::Byte(b' ');
    for string in &mut run {
        let spaces = string.iter().take_while(|sign| **sign == space).count();
        string.drain(..spaces.saturating_sub(1));
    }
    run.sort_unstable();
    run.dedup();
    run
}

/// Whether what comes behind `hir` is behind no letter, when `run` is before it.
fn is_open(hir: &Hir, run: &[Vec<Sign>]) -> bool {
    // At an edge, no letter can follow a letter.
    let is_open_run =
        || run.iter().all(|s| matches!(s.last(), Some(Sign::Byte(b' ') | Sign::Edge)));
    ends_open(hir) && (hir.properties().minimum_len().unwrap_or(0) > 0 || is_open_run())
}

/// Whether the last byte of every match is in no word.
fn ends_open(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => false,
        HirKind::Literal(literal) => literal.0.last().is_some_and(|b| !is_word(*b)),
        HirKind::Class(class) => class_bytes(class).is_some_and(|class| {
            class.ranges().iter().all(|range| (range.start()..=range.end()).all(|b| !is_word(b)))
        }),
        HirKind::Repetition(repetition) => ends_open(&repetition.sub),
        HirKind::Capture(capture) => ends_open(&capture.sub),
        HirKind::Concat(subs) => subs.last().is_some_and(|last| {
            ends_open(last) && last.properties().minimum_len().unwrap_or(0) > 0
        }),
        HirKind::Alternation(subs) => subs.iter().all(ends_open),
    }
}

fn cheaper(one: Required, other: Required) -> Required {
    if other.cost < one.cost { other } else { one }
}
