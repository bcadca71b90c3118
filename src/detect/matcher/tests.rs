//! The answers are those of one `RegexSet` of all patterns, whatever the text.

use super::*;
use crate::detect::RuleSet;
use proptest::prelude::*;
use regex::bytes::{RegexSet, RegexSetBuilder};
use std::{
    env,
    fs::File,
    io::{BufRead as _, BufReader},
    iter,
    path::PathBuf,
    sync::LazyLock,
};

/// The simple way to the same answers.
struct Oracle {
    set: RegexSet,
    rules: Vec<usize>,
}

impl Oracle {
    fn new(rules: &[Rule], belongs: impl Fn(&Rule) -> bool) -> Self {
        let numbered = rules.iter().enumerate().filter(|(_, rule)| belongs(rule));
        let (rules, patterns): (Vec<_>, Vec<_>) =
            numbered.filter_map(|(at, rule)| Some((at, rule.pattern.as_deref()?))).unzip();
        let set = RegexSetBuilder::new(patterns)
            .unicode(false)
            .case_insensitive(true)
            .size_limit(64 << 20)
            .dfa_size_limit(64 << 20)
            .build()
            .unwrap();
        Self { set, rules }
    }

    fn hits(&self, text: &str) -> Vec<usize> {
        self.set.matches(searched(text)).iter().map(|at| self.rules[at]).collect()
    }
}

struct Pair {
    rules: Vec<Rule>,
    matcher: Matcher,
    loud: Oracle,
    quiet: Oracle,
}

impl Pair {
    fn new(rules: Vec<Rule>) -> Self {
        Self::with(&Baked::built_in(), rules)
    }

    fn with(baked: &Baked, rules: Vec<Rule>) -> Self {
        Self {
            matcher: Matcher::with(baked, &rules).unwrap(),
            loud: Oracle::new(&rules, |_| true),
            quiet: Oracle::new(&rules, |rule| rule.levels.has_quiet()),
            rules,
        }
    }

    /// Rules whose patterns are these; every other one speaks on quiet lines.
    fn of(patterns: &[&str]) -> Self {
        let known = RuleSet::builtin().0.rules()[0].clone();
        let rule = |(at, pattern): (usize, &&str)| Rule {
            pattern: Some((*pattern).to_owned()),
            levels: if at % 2 == 0 { crate::detect::Levels::LOUD } else { QUIET },
            ..known.clone()
        };
        Self::new(patterns.iter().enumerate().map(rule).collect())
    }

    fn assert_equal(&self, text: &str) {
        for (is_quiet, oracle) in [(false, &self.loud), (true, &self.quiet)] {
            let hits: Vec<usize> = self.matcher.hits(text, is_quiet).collect();
            assert_eq!(hits, oracle.hits(text), "quiet: {is_quiet}, {text:?}");
        }
    }
}

const QUIET: crate::detect::Levels = crate::detect::Levels::of(&[crate::model::Level::Info]);

static BUILTIN: LazyLock<Pair> = LazyLock::new(|| Pair::new(RuleSet::builtin().0.rules().to_vec()));

fn samples() -> impl Iterator<Item = &'static str> {
    BUILTIN.rules.iter().flat_map(|r| r.matches.iter().chain(&r.misses)).map(String::as_str)
}

/// Numbers without a pattern, the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }

    fn cut<'a>(&mut self, text: &'a str) -> &'a str {
        let (from, to) = (self.below(text.len() + 1), self.below(text.len() + 1));
        text.get(from.min(to)..from.max(to)).unwrap_or(text)
    }

    fn mangle(&mut self, text: &str) -> String {
        let mangle = |c: char| match self.below(12) {
            0..4 => c.to_ascii_uppercase(),
            4..8 => c.to_ascii_lowercase(),
            8 if self.0.is_multiple_of(7) => {
                ['\0', 'ſ', 'K', '\u{ff}', '_', ' ', '\n', '\u{7f}'][self.below(8)]
            }
            _ => c,
        };
        text.chars().map(mangle).collect()
    }
}

#[test]
fn samples_and_their_pieces_are_answered_as_by_one_set() {
    let all: Vec<_> = samples().collect();
    let mut dice = Dice(7);
    for (at, text) in all.iter().enumerate() {
        BUILTIN.assert_equal(text);
        if at % 8 == 0 {
            BUILTIN.assert_equal(&dice.mangle(text));
            BUILTIN.assert_equal(dice.cut(text));
        }
    }
    for _ in 0..60 {
        let pieces = [(); 4].map(|()| {
            let sample = all[dice.below(all.len())];
            dice.cut(sample)
        });
        let glue = ["", " ", "\0", "_", "x", ": "][dice.below(6)];
        BUILTIN.assert_equal(&dice.mangle(&pieces.join(glue)));
    }
}

/// `DOGWATCH_LOGS`, paths with `:` between, adds logs: with gigabytes it is the long form of this test.
#[test]
#[allow(clippy::print_stderr, reason = "what was compared is told")]
fn logs_are_answered_as_by_one_set() {
    let own = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/strangers-dev.jsonl");
    let more = env::var_os("DOGWATCH_LOGS").unwrap_or_default();
    let more = env::split_paths(&more).filter(|path| !path.as_os_str().is_empty());
    for path in iter::once(PathBuf::from(own)).chain(more) {
        let log = BufReader::new(File::open(&path).unwrap());
        let (mut lines, mut bytes) = (0, 0);
        for line in log.split(b'\n').map(Result::unwrap) {
            BUILTIN.assert_equal(&String::from_utf8_lossy(&line));
            (lines, bytes) = (lines + 1, bytes + line.len() + 1);
        }
        eprintln!("{}: {lines} lines, {bytes} bytes, no difference", path.display());
        assert!(lines > 0, "{} is empty", path.display());
    }
}

#[test]
fn a_string_is_found_wherever_it_stands() {
    let words = "connect() failed (111: Connection refused) SocketTimeoutError";
    for before in (0..40).chain(225..262).chain(315..325).chain(MAX_LINE - 66..MAX_LINE + 2) {
        BUILTIN.assert_equal(&format!("{}{words}", " ".repeat(before)));
        BUILTIN.assert_equal(&format!("{}.{words}", "x".repeat(before)));
    }
}

#[test]
fn hostile_text_is_answered() {
    let all: String = samples().collect::<Vec<_>>().join(" ");
    for text in ["", " ", "\0", "\n\n", "\u{ff}", "ſ", "e", "er", "err", "erro"] {
        BUILTIN.assert_equal(text);
    }
    BUILTIN.assert_equal(&all);
    BUILTIN.assert_equal(&all.replace(' ', ""));
    BUILTIN.assert_equal(&"fail ".repeat(10_000));
}

/// Everything that an expression can say, of which a user's rules may make use.
pub(super) const ODD: &[&str] = &[
    "zwiebel",
    "ab",
    "a",
    r"\d",
    "",
    "^$",
    "^",
    r"\bab\b",
    r"\bab",
    r"ab\b",
    r"\Babc\B",
    r"a: \b",
    r"ab: \b|\bcd: \b",
    r"ab|(?:cd|[|]ef)|\|gh|[)]ab",
    r"a|(?i)b|cd",
    r"[[:alpha:]]bcd|x",
    r"[]a]bc|[^]]de",
    r"abc.*def.*abcd",
    r"\babcd\W+(?:def|key)\W+error\b",
    r"^ab|cd$",
    r"(?i)straße",
    r"(?-i:ABC)d",
    r"(?-i)abc",
    r"(?u)straße|k",
    r"(?s)a.b",
    r"(?m)^abc$",
    r"(?x) a b c # words",
    r"[^a]bcd",
    r"[^a-z]bcde",
    r"[a-z&&[^b]]cde",
    r"\W+abcd\W+",
    r"\x41bcd",
    r"a{2,3}b{2}",
    r"(?:ab){0,2}cd",
    r"(?:a|b|)(?:c|d|)abcd",
    r"abc.{0,4}def",
    r"\babc\b.{0,4}\bdef\b",
    r"\w*error\b",
    r"_abc_",
    r"\b_abc",
    r"\x7fabc",
    r"abc\x7f",
    r"'abc'",
    r"abc$",
    r"^abc",
    r"\b(?:no|a) (?:\w+ ){0,3}(?:key|cd)\b",
    r"(?:^|\|) *5\d\d \|",
    r"\b5\d\d\b",
    r"\b{start}abc\b{end}",
    r"\b{start-half}abc\b{end-half}",
    r"(?<name>abc)+d",
    r"a\bb",
    r"a\b b",
    r"é",
    r"(?u)[éè]a",
    r"(?:a|b){9}",
    r"[^\x00-\x60\x64-\xff]bc",
    r"(?i:ab)CD",
    r"\s+abcd",
    r"^\s*(?:x: )?abc",
];

static ODDS: LazyLock<Pair> = LazyLock::new(|| Pair::of(ODD));

#[test]
fn odd_patterns_are_answered_as_by_one_set() {
    for pattern in ODD {
        ODDS.assert_equal(pattern);
        ODDS.assert_equal(&pattern.replace(['\\', 'b'], ""));
        ODDS.assert_equal(&pattern.to_ascii_uppercase());
    }
}

#[test]
fn what_is_baked_is_answered_as_what_is_read() {
    let image = baked::tests::image(&ODDS.rules).leak();
    let pair = Pair::with(&Baked::new(image), ODDS.rules.clone());
    for pattern in ODD {
        pair.assert_equal(pattern);
        pair.assert_equal(&pattern.replace(['\\', 'b'], ""));
    }
}

/// As users change them: some are gone, moved, doubled, heard on other levels, or have another pattern.
#[test]
fn changed_rules_are_answered_as_by_one_set() {
    let changed = BUILTIN.rules.iter().rev().enumerate().filter(|(at, _)| at % 3 > 0);
    let changed = changed.map(|(at, rule)| {
        let mut rule = rule.clone();
        match at % 5 {
            0 => rule.levels = QUIET,
            1 => rule.levels = crate::detect::Levels::LOUD,
            2 if at % 2 == 0 => rule.pattern = Some(ODD[at % ODD.len()].to_owned()),
            3 if at % 2 == 0 => rule.pattern.clone_from(&BUILTIN.rules[0].pattern),
            _ => {}
        }
        rule
    });
    let pair = Pair::new(changed.collect());
    for text in samples().step_by(7) {
        pair.assert_equal(text);
    }
}

#[test]
fn no_rule_of_ours_is_tried_on_every_line() {
    let always: Vec<_> =
        BUILTIN.matcher.loud.always().map(|(rule, text)| (&BUILTIN.rules[rule].id, text)).collect();
    assert!(always.is_empty(), "these branches have no word to look for: {always:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn odd_texts_are_answered_as_by_one_set(text in "[abcdeABCD 5_'.:|\\x00\\x7fſKé\n-]{0,40}") {
        ODDS.assert_equal(&text);
    }

    #[test]
    fn words_in_odd_order_are_answered_as_by_one_set(
        text in "(error|abc|ABC|abcd|zwiebel|straße|STRASSE|key|no|cd|ef|def|500|_| |:|'|x: |\n|\u{7f}){0,12}"
    ) {
        ODDS.assert_equal(&text);
    }
}

#[test]
fn vectors_and_plain_code_make_the_same_shapes() {
    use block::{Block, SEEN};
    let mut dice = Dice(11);
    for length in (0..=SEEN).chain([SEEN; 20]) {
        let text: Vec<u8> = (0..length).map(|_| dice.below(256) as u8).collect();
        let fast = Block::new(&text, None);
        let mut plain = Block::new(&[], None);
        plain.fill_portably(&text);
        assert_eq!((fast.shape, fast.words), (plain.shape, plain.words), "{length}");
    }
}

#[test]
fn a_pattern_is_within_its_limits_where_it_can_be_made_as_a_whole() {
    let deep = |depth: usize| "(?:".repeat(depth) + "a" + &")".repeat(depth);
    for (pattern, want) in [
        (r"\bstation \d+ (?:lost|dropped) parcel\b", true),
        (r"(?i)out of (?-i:MEMORY)", true),
        ("(?:[a-z]{1,40} ){3}", true),
        (deep(40).as_str(), true),
        (deep(60).as_str(), false),
        ("(?:[a-z]{1,900}){1,900}", false),
        ("(lost", false),
        (r"\p{Greek}", false),
        (r"(\w+) \1", false),
    ] {
        assert_eq!((is_within(pattern), check(pattern).is_ok()), (want, want), "{pattern}");
    }
}
