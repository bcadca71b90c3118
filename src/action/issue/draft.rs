//! Writes the issue of a group. Every foreign word is masked first, then cut, then made harmless as Markdown.

use super::{
    markdown::{block, code, cut, prose, shorten},
    marker::sealed,
    template::Form,
};
use crate::model::{ErrorGroup, IssueDraft, LogRecord, SafeText, Sample, ServiceName, Status};
use chrono::{DateTime, Duration, SecondsFormat, Utc};
use std::{
    collections::{BTreeMap, HashSet},
    fmt::Write as _,
    sync::Arc,
};

/// Characters of a body. GitHub refuses 65,536.
const MAX_BODY: usize = 60_000;
/// Characters of a title. GitHub refuses 257.
const MAX_TITLE: usize = 200;
/// How many samples, lines a sample, lines of context and characters a line; the next step where a body is too long.
const STEPS: [[usize; 4]; 7] = [
    [5, 60, 60, 2_000],
    [5, 40, 40, 500],
    [4, 30, 30, 300],
    [3, 30, 20, 300],
    [2, 20, 10, 300],
    [1, 20, 10, 200],
    [1, 10, 0, 120],
];

/// What an issue is written from.
#[derive(Debug)]
pub struct IssueInput<'a> {
    /// The problem.
    pub group: &'a ErrorGroup,
    /// Records of all services around its newest sample, in order; may be empty.
    pub context: &'a [Arc<LogRecord>],
    /// Compose project; may be empty.
    pub project: &'a str,
    /// Image of the service that has it most.
    pub image: Option<&'a str>,
    /// Commit of the working tree.
    pub commit: Option<&'a str>,
    /// Time of writing.
    pub now: DateTime<Utc>,
    /// How it is written.
    pub form: &'a Form,
}

/// What takes the secrets out of a text, and says how many there were.
pub type Mask<'a> = &'a dyn Fn(&str) -> (String, usize);

/// Writes the issue: title in our own words, body of at most 60,000 characters with its marker on the last line.
///
/// `mask` takes the secrets out of foreign words and counts them. Where the body is too long, samples are cut first and the tails of traces stay.
pub fn draft(input: &IssueInput, mask: Mask<'_>) -> IssueDraft {
    let group = input.group;
    let texts = Texts::new(input, mask);
    let title = title(input);
    let body = STEPS
        .iter()
        .map(|step| body(input, &texts, &title, *step))
        .find(|body| body.chars().count() <= MAX_BODY)
        .unwrap_or_else(|| {
            let text = body(input, &texts, &title, [0, 0, 0, 120]);
            sealed(&cut(&text, MAX_BODY - 100), group.fingerprint)
        });
    let mut labels = vec![
        "bug".to_owned(),
        format!("severity:{}", group.severity().as_str()),
        "component:docker".to_owned(),
        "automated".to_owned(),
        format!("area:{}", group.category.slug()),
        "dogwatch".to_owned(),
    ];
    labels.extend(input.form.labels.iter().map(ToString::to_string));
    let fingerprint = group.fingerprint;
    IssueDraft { fingerprint, title, body, labels, masked: texts.masked }
}

/// In our own words and the user's; of what is foreign only plain signs are kept.
fn title(input: &IssueInput) -> String {
    let is_plain = |c: &char| c.is_alphanumeric() || " ._:/-()[]+=,".contains(*c);
    let value = |name: &str| match name {
        "service" | "project" | "problem" => word(name, input).chars().filter(is_plain).collect(),
        _ => word(name, input),
    };
    cut(input.form.title.0.fill(value).trim(), MAX_TITLE)
}

/// What a name of a template's words stands for, as it is.
fn word(name: &str, input: &IssueInput) -> String {
    let group = input.group;
    match name {
        "severity" => group.severity().as_str().to_owned(),
        "SEVERITY" => group.severity().as_str().to_uppercase(),
        "category" => group.category.title().to_owned(),
        "problem" => match group.guidance.title.as_str() {
            "" => group.category.title().to_owned(),
            title => title.to_owned(),
        },
        "count" => group.count.to_string(),
        "occurrences" => {
            format!("{} occurrence{}", group.count, if group.count == 1 { "" } else { "s" })
        }
        "service" => group.main_service().map(ToString::to_string).unwrap_or_default(),
        "service_count" => group.services.len().to_string(),
        "project" => input.project.to_owned(),
        "first_seen" => time(group.first_seen),
        "last_seen" => time(group.last_seen),
        "rule" => group.rule.to_string(),
        "fingerprint" => group.fingerprint.to_string(),
        _ => String::new(),
    }
}

/// All foreign words, masked but not cut.
struct Texts {
    template: String,
    samples: Vec<(Heading, Vec<String>)>,
    context: Vec<String>,
    masked: usize,
}

struct Heading {
    service: ServiceName,
    time: DateTime<Utc>,
}

impl Texts {
    fn new(input: &IssueInput, mask: Mask<'_>) -> Self {
        let mut masked = 0;
        let mut mask = |text: &str| {
            let (text, count) = mask(text);
            masked += count;
            text
        };
        let template = mask(&input.group.template);
        let samples = chosen(input.group)
            .into_iter()
            .map(|sample| {
                let lines: Vec<&str> = sample.lines.iter().map(SafeText::as_str).collect();
                let text =
                    if lines.is_empty() { sample.message.to_string() } else { lines.join("\n") };
                let heading =
                    Heading { service: sample.service.clone(), time: sample.position.time };
                (heading, mask(&text).lines().map(str::to_owned).collect())
            })
            .collect();
        let context = context(input, &mut mask);
        Self { template, samples, context, masked }
    }
}

/// The newest sample, the first one ever, then the newest of other services, then the next newest: at most five.
fn chosen(group: &ErrorGroup) -> Vec<&Sample> {
    let mut by_time: Vec<&Sample> = group.samples.iter().collect();
    by_time.sort_by_key(|s| std::cmp::Reverse(s.position));
    let mut services = HashSet::new();
    let (others, rest): (Vec<&Sample>, Vec<&Sample>) =
        by_time.iter().copied().partition(|s| services.insert(&s.service));
    let order = by_time.first().into_iter().chain(by_time.last()).copied();
    let mut seen = HashSet::new();
    order.chain(others).chain(rest).filter(|s| seen.insert(s.position)).take(5).collect()
}

/// One line a record: mark, time, service, text. Masked by service, so that a secret over many lines is seen whole.
fn context(input: &IssueInput, mask: &mut impl FnMut(&str) -> String) -> Vec<String> {
    let mut by_service: BTreeMap<&ServiceName, Vec<&Arc<LogRecord>>> = BTreeMap::new();
    for record in input.context {
        by_service.entry(&record.origin.service).or_default().push(record);
    }
    let newest = input.group.newest().map(|s| s.position);
    let mut lines = Vec::with_capacity(input.context.len());
    for (service, records) in by_service {
        let texts: Vec<&str> = records.iter().map(|r| r.text.as_str()).collect();
        let masked = mask(&texts.join("\n"));
        for (record, text) in records.iter().zip(masked.split('\n')) {
            let position = record.position();
            let pointer = if newest == Some(position) { '>' } else { ' ' };
            let time = position.time.format("%H:%M:%S%.3f");
            lines.push((position, format!("{pointer} {time} {service:<12} {text}")));
        }
    }
    lines.sort_by_key(|(position, _)| *position);
    lines.into_iter().map(|(_, line)| line).collect()
}

fn body(
    input: &IssueInput,
    texts: &Texts,
    title: &str,
    [samples, lines, around, width]: [usize; 4],
) -> String {
    let value = |name: &str| match name {
        "title" => title.to_owned(),
        "facts" => facts(input),
        "message" => message(input.group, texts, width),
        "samples" => spoken(texts, samples, lines, width),
        "context" => surroundings(texts, around, width),
        "services" => services(input.group),
        "actions" => actions(input.group),
        "commands" => commands(input),
        "signature" => signature(input.group, texts.masked),
        "service" | "project" | "rule" => code(&word(name, input)),
        word_name => prose(&word(word_name, input)),
    };
    sealed(&input.form.body.0.fill(value), input.group.fingerprint)
}

fn message(group: &ErrorGroup, texts: &Texts, width: usize) -> String {
    let mut out = block("", &cut(&texts.template, width));
    for text in [&group.guidance.title, &group.guidance.hint] {
        if !text.is_empty() {
            let _ = write!(out, "\n{}\n", prose(&cut(text, 500)));
        }
    }
    out
}

fn spoken(texts: &Texts, samples: usize, lines: usize, width: usize) -> String {
    let mut out = String::new();
    for (heading, all) in texts.samples.iter().take(samples) {
        let kept: Vec<_> = shorten(all, lines).iter().map(|l| cut(l, width)).collect();
        let service = code(heading.service.as_str());
        let _ = write!(out, "\n{service} at {}\n\n", time(heading.time));
        out.push_str(&block("text", &kept.join("\n")));
    }
    out
}

fn surroundings(texts: &Texts, around: usize, width: usize) -> String {
    let around = window(&texts.context, around);
    if around.is_empty() {
        return String::new();
    }
    let kept: Vec<_> = around.iter().map(|l| cut(l, width)).collect();
    let count = kept.len();
    format!(
        "\n<details>\n<summary>Context: {count} lines of all services around the newest one (UTC)</summary>\n\n{}\n</details>\n",
        block("text", &kept.join("\n"))
    )
}

fn services(group: &ErrorGroup) -> String {
    let mut out = "| Service | Occurrences | Last Seen |\n|---|---|---|\n".to_owned();
    for s in group.services.iter().take(20) {
        let service = code(s.service.as_str()).replace('|', "\\|");
        let _ = writeln!(out, "| {service} | {} | {} |", s.count, time(s.last_seen));
    }
    out
}

fn signature(group: &ErrorGroup, masked: usize) -> String {
    let masked = match masked {
        0 => String::new(),
        1 => " One secret was masked.".to_owned(),
        n => format!(" {n} secrets were masked."),
    };
    let version = env!("CARGO_PKG_VERSION");
    let rule = code(group.rule.as_str());
    format!("<sub>Filed with dogwatch {version}, rule {rule}.{masked}</sub>")
}

fn facts(input: &IssueInput) -> String {
    let group = input.group;
    let services: Vec<_> =
        group.services.iter().take(20).map(|s| code(s.service.as_str())).collect();
    let severity = match &group.escalation {
        Some(why) => format!("{} ({})", group.severity().as_str(), prose(&cut(why, 200))),
        None => group.severity().as_str().to_owned(),
    };
    let mut fields = vec![
        ("Generated", time(input.now)),
        ("Category", group.category.title().to_owned()),
        ("Severity", severity),
        ("Total Occurrences", group.count.to_string()),
        ("Affected Services", services.join(", ")),
        ("First Seen", time(group.first_seen)),
        ("Last Seen", time(group.last_seen)),
    ];
    if let Status::Regressed { at } = group.status {
        fields.push(("Came Back", time(at)));
    }
    let named =
        [("Project", Some(input.project)), ("Image", input.image), ("Commit", input.commit)];
    for (name, value) in named {
        if let Some(value) = value.filter(|v| !v.is_empty()) {
            fields.push((name, code(&cut(value, 200))));
        }
    }
    let lines = fields.into_iter().map(|(name, value)| format!("**{name}:** {value}\n"));
    lines.collect()
}

fn actions(group: &ErrorGroup) -> String {
    let mut out = String::new();
    let remedies: Vec<_> = group.guidance.remedies.iter().filter(|r| !r.is_empty()).collect();
    for remedy in remedies.iter().take(20) {
        let _ = writeln!(out, "- [ ] {}", prose(&cut(remedy, 500)));
    }
    if remedies.is_empty() {
        let service = group.main_service().map_or("the service", ServiceName::as_str);
        let _ = writeln!(out, "- [ ] Read the lines before the first error of {}", code(service));
        out.push_str(
            "- [ ] Check what changed before it was first seen: image, configuration, data\n",
        );
    }
    out.push_str("- [ ] Mark it fixed in dogwatch, and watch whether it comes back\n");
    out
}

fn commands(input: &IssueInput) -> String {
    let since = time(
        input.group.newest().map_or(input.group.last_seen, |s| s.position.time)
            - Duration::minutes(5),
    );
    let project = match input.project {
        "" => String::new(),
        name => format!(" -p {}", shell_words::quote(name)),
    };
    let mut lines = Vec::new();
    for s in input.group.services.iter().take(3) {
        let service = shell_words::quote(s.service.as_str()).into_owned();
        lines.push(format!("docker compose{project} logs --timestamps --since {since} {service}"));
        lines.push(format!("docker compose{project} ps --all {service}"));
    }
    if let Some(service) = input.group.main_service() {
        let service = shell_words::quote(service.as_str()).into_owned();
        lines.push(format!("docker compose{project} restart {service}"));
    }
    block("bash", &lines.join("\n"))
}

/// At most `max` lines around the marked one.
fn window(lines: &[String], max: usize) -> &[String] {
    let marked = lines.iter().position(|l| l.starts_with('>')).unwrap_or(lines.len() / 2);
    let start = marked.saturating_sub(max / 2).min(lines.len().saturating_sub(max));
    &lines[start..(start + max).min(lines.len())]
}

fn time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}
