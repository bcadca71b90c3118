//! Grouping of lines that no rule or mask was written for: how many fall exactly into the group of their format.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "this is a test that tells its figures; its helpers are no test functions"
)]

use dogwatch::{
    group::Grouper,
    model::{Category, Fingerprint},
};
use std::collections::HashMap;

/// Lines of each format.
const LINES: usize = 60;

/// A small generator of numbers: equal on every machine.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }

    fn of<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.below(words.len())]
    }

    fn hex(&mut self, length: usize) -> String {
        (0..length).map(|_| char::from_digit(self.below(16) as u32, 16).unwrap()).collect()
    }

    fn ip(&mut self) -> String {
        format!("10.{}.{}.{}", self.below(4), self.below(256), 1 + self.below(254))
    }

    /// What a brace becomes.
    fn value(&mut self, kind: &str) -> String {
        const NAMES: [&str; 16] = [
            "orders",
            "billing",
            "cart",
            "catalog-read",
            "search_index",
            "mailer",
            "audit",
            "sessions",
            "payments-eu",
            "default",
            "events",
            "reports",
            "images",
            "stock",
            "loki_write",
            "primary",
        ];
        const USERS: [&str; 12] = [
            "ann",
            "bob",
            "carol",
            "svc-deploy",
            "dora",
            "emil",
            "root",
            "app_user",
            "greta",
            "hugo",
            "ida",
            "reporting",
        ];
        const HOSTS: [&str; 8] = [
            "db-1",
            "db-2.internal",
            "cache.shop.svc",
            "node-7d9f8b6c5-x2x9z",
            "worker3",
            "gw.example.org",
            "pg-replica-0",
            "api",
        ];
        const WORDS: [&str; 6] = ["QUORUM", "ForkPool", "readiness", "resize", "RS256", "standby"];
        const PATHS: [&str; 6] = [
            "/var/lib/data/17/x.db",
            "conf/app.yml",
            "/srv/a b.txt",
            "backups/2024/03.tar",
            "/data",
            "v1/keys",
        ];
        match kind {
            "num" => self.below(100_000).to_string(),
            "dur" => {
                let unit = self.of(&["ms", "s", "m", "µs"]);
                let (whole, part) = (self.below(900), self.below(10));
                if self.below(2) == 0 {
                    format!("{whole}{unit}")
                } else {
                    format!("{whole}.{part}{unit}")
                }
            }
            "size" => {
                format!("{}.{}{}", self.below(900), self.below(10), self.of(&["MiB", "KB", "GB"]))
            }
            "ip" => self.ip(),
            "addr" => format!("{}:{}", self.ip(), 1_024 + self.below(60_000)),
            "hex" => self.hex(16),
            "mac" => (0..6).map(|_| self.hex(2)).collect::<Vec<_>>().join(":"),
            "uuid" => [8, 4, 4, 4, 12].map(|length| self.hex(length)).join("-"),
            "ulid" => format!("01HQ{}", self.hex(22).to_uppercase()),
            "date" => format!(
                "2024-0{}-1{}T0{}:00:00Z",
                1 + self.below(9),
                self.below(10),
                self.below(10)
            ),
            "url" => format!(
                "https://{}:{}/{}",
                self.of(&HOSTS),
                80 + self.below(9_000),
                self.of(&NAMES)
            ),
            "email" => format!("{}@{}.example.com", self.of(&USERS), self.of(&NAMES[..3])),
            "name" => self.of(&NAMES).to_owned(),
            "user" => self.of(&USERS).to_owned(),
            "host" => self.of(&HOSTS).to_owned(),
            "word" => self.of(&WORDS).to_owned(),
            "path" => self.of(&PATHS).to_owned(),
            other => panic!("no such brace: {other}"),
        }
    }

    fn line(&mut self, format: &str) -> String {
        let mut line = String::new();
        let mut rest = format;
        while let Some((before, inside)) = rest.split_once('{') {
            let (kind, behind) = inside.split_once('}').unwrap();
            line.push_str(before);
            line.push_str(&self.value(kind));
            rest = behind;
        }
        line + rest
    }
}

/// Lines with the number of their format, in no order.
fn lines(seed: u64) -> Vec<(usize, String)> {
    let formats: Vec<_> = include_str!("data/formats.txt").lines().collect();
    let formats: Vec<_> = formats.into_iter().filter(|format| !format.starts_with('#')).collect();
    let mut dice = Dice(seed);
    let count = formats.len() * LINES;
    (0..count)
        .map(|_| {
            let number = dice.below(formats.len());
            (number, dice.line(formats[number]))
        })
        .collect()
}

/// Accuracy of grouping by lines, and F1 by groups: a group counts only if it is exactly a format's lines.
fn accuracy(lines: &[(usize, String)]) -> (f64, f64) {
    let mut grouper = Grouper::new();
    let category = Some(Category::Other);
    let names: Vec<Fingerprint> = lines
        .iter()
        .map(|(_, line)| {
            let (name, template) = Grouper::name(category, line);
            grouper.place(name, category, &template, None);
            name
        })
        .collect();
    let mut groups: HashMap<Fingerprint, HashMap<usize, usize>> = HashMap::new();
    let mut formats: HashMap<usize, usize> = HashMap::new();
    for ((format, _), name) in lines.iter().zip(names) {
        let (group, _) = grouper.group(name).unwrap();
        *groups.entry(group).or_default().entry(*format).or_default() += 1;
        *formats.entry(*format).or_default() += 1;
    }
    let right = |members: &&HashMap<usize, usize>| {
        members.len() == 1 && members.iter().all(|(format, count)| formats[format] == *count)
    };
    let right: Vec<_> = groups.values().filter(right).collect();
    let in_right: usize = right.iter().flat_map(|members| members.values()).sum();
    let (found, real) = (groups.len() as f64, formats.len() as f64);
    let f1 = 2.0 * right.len() as f64 / (found + real);
    (in_right as f64 / lines.len() as f64, f1)
}

#[test]
fn formats_of_programs_that_no_rule_knows_are_told_apart() {
    for seed in [1, 2] {
        let lines = lines(seed);
        let (by_line, by_group) = accuracy(&lines);
        println!("seed {seed}: {} lines, GA {by_line:.4}, FGA {by_group:.4}", lines.len());
        assert!(by_line > 0.85 && by_group > 0.70, "GA {by_line:.4}, FGA {by_group:.4}");
    }
}
