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

    fn of_numbers(&mut self, numbers: &[usize]) -> usize {
        numbers[self.below(numbers.len())]
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
    let formats = formats(include_str!("data/formats.txt"));
    let mut dice = Dice(seed);
    let count = formats.len() * LINES;
    (0..count)
        .map(|_| {
            let number = dice.below(formats.len());
            (number, dice.line(formats[number]))
        })
        .collect()
}

fn formats(text: &str) -> Vec<&str> {
    text.lines().filter(|format| !format.starts_with('#')).collect()
}

/// What the programs of `data/programs.txt` speak of: some things often, most hardly ever, as it is in a real project.
struct World {
    dice: Dice,
    /// By the number of the format and of its brace: how many values there are, and which is the first.
    pools: HashMap<(usize, usize), (usize, usize)>,
}

impl World {
    const NAMES: &str = "
        orders payments-api checkout inventory_sync frontend cart user-service billing default
        analytics redis-cache notifications kube-system auth gateway reports search-indexer
        media_worker shipping web ledger-v2 monitoring prod-eu-1 legacy catalog etl_nightly
        recommendations email-sender sessions team-a warehouse fraud-check cdn-purge staging
        profile geo-lookup invoices pricing audit-log mobile_bff";
    const TABLES: &str = "
        users order_items products sessions audit_log invoices customer_addresses events
        stock_levels schema_migrations tokens carts refunds webhooks tags";
    const USERS: &str = "
        alice bob www-data deploy svc_backup marta root jenkins j.kowalski admin readonly replicator
        github-actions tom";
    const CLASSES: &str = "
        OrderController com.acme.billing.InvoiceService *v1.ConfigMap PaymentHandler UserRepository
        io.shop.cart.CartMapper *v1.Secret JavaSensor SessionFilter envoy.config.Cluster
        DriverService org.acme.search.IndexWriter *v1beta1.Ingress";
    const FUNCTIONS: &str = "
        app.tasks.send_email process_order shop.jobs.sync.rebuild get_posts ngx_init_zone
        reports.tasks.export wp_insert_post handleCheckout evaluateOutput orders.tasks.refund";
    const FILES: &str = "
        report.pdf binlog.000123 export_2024-03.csv index.js photo-117.jpg main.pid worker.py
        mysql-bin.004211 backup.tar.gz settings.json migrate.js";
    const DIRECTORIES: &str = "
        /var/lib/app /data /mnt/volumes/pvc-17 /srv/media/shows /etc/app/conf.d /tmp /opt/app/current
        /var/log/nginx /home/deploy/releases/20240301 /run/secrets";
    const HOSTS: &str = "
        node-1 ip-10-0-3-17.ec2.internal worker-02.prod.example.com db-primary gke-pool-1-a8f3c2d1-x7kq
        edge1 mx.example.org storage3.lan bricks-b cache-0.cache.default.svc";
    const TITLES: &str = "
        Intro to Databases|High CPU|Inbox|living_room_lamp|Disk almost full|Linear Algebra|
        The Long Way Home|Sent Items|p99 latency|0x00158d0003a1b2c4|Archive/2023|kitchen sensor";
    const COMMANDS: &str = "get set hset lpush zadd expire eval incr sadd mget";
    const THREADS: &str = "
        OkHttp~ConnectionPool scheduler-1 Timer-0 pool-3-thread-1 osd_op_tp AsyncAppender-Worker
        HikariPool-1_housekeeper mds_rank_progr";
    const ROUTES: &str = "
        /api/v1/orders /favicon.ico /v1.43/containers/json /users/17/edit /health /wp-login.php
        /api/carts/9f3c/items /static/app.css";

    fn number(&mut self, limit: usize) -> usize {
        let scale = self.dice.below(3);
        self.dice.below([limit.min(10), limit.min(1_000), limit][scale])
    }

    /// One of a few: the first ones are common.
    fn among<'a>(&mut self, values: &[&'a str], brace: (usize, usize)) -> &'a str {
        let dice = &mut self.dice;
        let (count, first) = *self.pools.entry(brace).or_insert_with(|| {
            let count = dice.of_numbers(&[2, 3, 4, 6, 10, 20, 40]);
            (count.min(values.len()), dice.below(values.len()))
        });
        let mut rank = 0;
        while rank + 1 < count && self.dice.below(5) < 3 {
            rank += 1;
        }
        if rank + 1 >= count {
            rank = self.dice.below(count);
        }
        values[(first + rank) % values.len()]
    }

    fn code(&mut self, length: usize) -> String {
        let letters = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
        (0..length).map(|_| char::from(letters[self.dice.below(letters.len())])).collect()
    }

    /// What a brace becomes.
    fn value(&mut self, kind: &str, brace: (usize, usize)) -> String {
        let words = |text: &'static str| text.split_whitespace().collect::<Vec<_>>();
        let list = match kind {
            "name" | "topic" => words(Self::NAMES),
            "table" | "column" => words(Self::TABLES),
            "user" => words(Self::USERS),
            "class" => words(Self::CLASSES),
            "func" => words(Self::FUNCTIONS),
            "file" => words(Self::FILES),
            "host" => words(Self::HOSTS),
            "cmd" => words(Self::COMMANDS),
            "thread" => words(Self::THREADS),
            "route" => words(Self::ROUTES),
            "title" => Self::TITLES.split('|').map(str::trim).collect(),
            "4xx" => vec!["401", "403", "404", "409", "429"],
            "5xx" => vec!["500", "502", "503", "504"],
            few if few.contains('|') => kind.split('|').collect(),
            _ => Vec::new(),
        };
        if !list.is_empty() {
            return self.among(&list, brace).to_owned();
        }
        let names = words(Self::NAMES);
        match kind {
            "num" => self.number(1_000_000).to_string(),
            "float" => format!("{}.{:03}", self.number(1_000), self.dice.below(1_000)),
            "pct" => format!("{}%", self.dice.below(101)),
            "dur" => match self.dice.below(3) {
                0 => format!("{}.{}s", self.number(100), self.dice.below(1_000)),
                1 => format!("{}m{}s", 1 + self.dice.below(9), self.dice.below(60)),
                _ => format!("{}ms", self.number(10_000)),
            },
            "size" => {
                let unit = self.dice.of(&["MiB", "GiB", "KiB"]);
                format!("{}.{:02} {unit}", self.number(900), self.dice.below(100))
            }
            "clock" => format!("{:02}:{:02}", self.dice.below(24), self.dice.below(60)),
            "date" => {
                format!("2024-03-{:02} 09:{:02}:00", 1 + self.dice.below(28), self.dice.below(60))
            }
            "ip" => self.dice.ip(),
            "addr" => format!("{}:{}", self.dice.ip(), 1_024 + self.dice.below(60_000)),
            "hex" => self.dice.hex(12),
            "hex2" => self.dice.hex(2),
            "sha" => self.dice.hex(40),
            "uuid" => self.dice.value("uuid"),
            "code" => self.code(9),
            "key" => format!("{}…", self.code(4)),
            "pod" => {
                let name = self.among(&names, brace).replace('_', "-");
                format!("{name}-{}-{}", self.dice.hex(9), self.code(5).to_lowercase())
            }
            "path" => {
                let directory = self.among(&words(Self::DIRECTORIES), brace).to_owned();
                match self.dice.below(3) {
                    0 => directory,
                    1 => format!("{directory}/{}", self.dice.of(&words(Self::FILES))),
                    _ => format!(
                        "{directory}/{}/{}",
                        self.dice.hex(2),
                        self.dice.of(&words(Self::FILES))
                    ),
                }
            }
            "email" => {
                let user = self.among(&words(Self::USERS), brace).to_owned();
                format!("{user}@{}", self.dice.of(&["example.com", "mail.example.org", "shop.io"]))
            }
            "url" => format!(
                "https://{}/api/v1/{}?limit={}",
                self.dice.ip(),
                self.among(&names, brace),
                self.number(1_000)
            ),
            other => panic!("no such brace: {other}"),
        }
    }

    /// Lines of these formats, with their numbers.
    fn lines(seed: u64, formats: &[(usize, &str)]) -> Vec<(usize, String)> {
        let mut world = Self { dice: Dice(seed), pools: HashMap::new() };
        let mut numbers: Vec<_> = (0..formats.len())
            .flat_map(|at| std::iter::repeat_n(at, world.dice.of_numbers(&[8, 20, 40, 80, 160])))
            .collect::<Vec<_>>();
        for at in (1..numbers.len()).rev() {
            numbers.swap(at, world.dice.below(at + 1));
        }
        let line = |at: usize| (formats[at].0, world.line(formats[at]));
        numbers.into_iter().map(line).collect()
    }

    fn line(&mut self, (number, format): (usize, &str)) -> String {
        let mut line = String::new();
        let mut rest = format;
        for brace in 0.. {
            let Some((before, inside)) = rest.split_once('{') else { break };
            let (kind, behind) = inside.split_once('}').unwrap();
            line.push_str(before);
            line.push_str(&self.value(kind, (number, brace)));
            rest = behind;
        }
        line + rest
    }
}

/// How many lines of each format every group has.
fn groups(lines: &[(usize, String)]) -> HashMap<Fingerprint, HashMap<usize, usize>> {
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
    for ((format, _), name) in lines.iter().zip(names) {
        let (group, _) = grouper.group(name).unwrap();
        *groups.entry(group).or_default().entry(*format).or_default() += 1;
    }
    groups
}

/// Accuracy of grouping by lines, and F1 by groups: a group counts only if it is exactly a format's lines.
fn accuracy(lines: &[(usize, String)]) -> (f64, f64) {
    let groups = groups(lines);
    let mut formats: HashMap<usize, usize> = HashMap::new();
    for (format, _) in lines {
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
        assert!(by_line > 0.95 && by_group > 0.93, "GA {by_line:.4}, FGA {by_group:.4}");
    }
}

#[test]
fn formats_of_other_programs_with_uneven_values_are_told_apart() {
    for (half, name) in [(0, "a"), (1, "b")] {
        let formats = formats(include_str!("data/programs.txt"));
        let formats: Vec<_> =
            formats.into_iter().enumerate().filter(|(at, _)| at % 2 == half).collect();
        told_apart(name, &formats, (0.90, 0.80));
    }
}

/// The halves of a set that was drawn by lot, program by program; `held` is only counted. Its first figures, for three
/// seeds: GA .81, .83, .74 and FGA .64, .58, .67; Drain3 0.9.11 without masks has .76, .84, .77 and .64, .70, .73 there.
#[test]
fn formats_that_were_only_counted_are_told_apart() {
    let numbered = |text| formats(text).into_iter().enumerate().collect::<Vec<_>>();
    told_apart("dev", &numbered(include_str!("data/formats-dev.txt")), (0.90, 0.89));
    told_apart("held", &numbered(include_str!("data/formats-held.txt")), (0.73, 0.63));
}

#[test]
fn messages_that_differ_in_one_word_and_are_two_stay_two() {
    let formats: Vec<_> =
        formats(include_str!("data/formats-pairs.txt")).into_iter().enumerate().collect();
    told_apart("pairs", &formats, (0.85, 0.75));
    for seed in [1, 2, 3] {
        let lines = World::lines(seed, &formats);
        let mixed = groups(&lines).into_values().filter(|members| members.len() > 1);
        assert_eq!(mixed.count(), 0, "seed {seed}: groups of more than one format");
    }
}

/// Tells the accuracies for three seeds, all of which are above the floors.
fn told_apart(name: &str, formats: &[(usize, &str)], floors: (f64, f64)) {
    for seed in [1, 2, 3] {
        let lines = World::lines(seed, formats);
        let (by_line, by_group) = accuracy(&lines);
        let told = format!("{name}, seed {seed}: GA {by_line:.4}, FGA {by_group:.4}");
        println!("{told}, {} lines", lines.len());
        assert!(by_line > floors.0 && by_group > floors.1, "{told}");
    }
}
