use super::*;
use crate::model::{Attempt, Category, Course, Ending, Remedy, SafeText, Step, StepKind, Strategy};
use crate::repair::History;
use chrono::{DateTime, Utc};
use std::path::PathBuf;

const GOOD: &str = r#"
[[fix]]
name = "stale-pid"
about = "A pid of before stands in the way."
when = { services = ["web"], trouble = ["exited"] }
steps = [
  { run = ["rm", "-f", "tmp/server.pid"], limit_seconds = 10 },
  "start",
  { step = "wait-healthy", limit_seconds = 60 },
]
on_failure = ["restart"]
limit_seconds = 300
"#;

fn own(text: &str) -> Book {
    let mut book = Book::default();
    book.add_own(read("repairs.toml", text, false));
    book
}

fn fault(text: &str) -> String {
    let faults = own(text).faults;
    assert_eq!(faults.len(), 1, "{faults:?}");
    faults[0].to_string()
}

#[test]
fn a_fix_is_read_with_its_limits() {
    let book = own(GOOD);
    assert_eq!(book.faults, []);
    let Known { fix, place, wanted } = &book.fixes[0];
    assert_eq!((place.as_str(), wanted), ("repairs.toml:2", &None));
    assert_eq!(fix.told(), "run rm -f tmp/server.pid, start, wait-healthy 60 s; else restart");
    let limits: Vec<_> = fix.all_steps().map(|step| step.limit_seconds).collect();
    assert_eq!((limits, fix.limit_seconds), (vec![10, 60, 60, 60], 300));
    assert_eq!(fix.when.trouble, [Strategy::Exited]);
}

#[test]
fn a_fault_names_line_key_and_what_to_write() {
    let with = |steps: &str| {
        format!("[[fix]]\nname = \"a\"\nwhen = {{ services = [\"x\"] }}\nsteps = [{steps}]\n")
    };
    for (text, want) in [
        ("[[fix".to_owned(), "repairs.toml:1: fix ?: "),
        ("fix = 1".to_owned(), "write fixes as [[fix]]"),
        ("[fixes]\n".to_owned(), "unknown key `fixes`, expected `[[fix]]`"),
        ("\n[[fix]]\nnme = \"a\"\n".to_owned(), "repairs.toml:3: fix ?: unknown field `nme`"),
        ("[[fix]]\nname = \"a b\"\nsteps = [\"restart\"]\n".to_owned(), "name: write 1 to 40"),
        ("[[fix]]\nname = \"a\"\nsteps = [\"restart\"]\n".to_owned(), "when: it would be tried on"),
        (
            "[[fix]]\nname = \"a\"\nwhen = { trouble = [\"dead\"] }\nsteps = [\"restart\"]\n"
                .to_owned(),
            "repairs.toml:3: fix a: unknown variant `dead`, expected one of `exited`",
        ),
        (with(""), "steps: there is none; write some of \"restart\""),
        (with("\"reboot\""), "repairs.toml:4: fix a: unknown step `reboot`, expected one of"),
        (with("\"exec\""), "`exec` needs its command: { exec = [\"word\", \"word\"] }"),
        (with("{ exec = \"rm -f x\" }"), "write its words: [\"rm\", \"-f\", \"x\"]"),
        (with("{ exec = [] }"), "steps: step 1: exec: its first word is the program"),
        (with("{ limit_seconds = 3 }"), "a step that does nothing"),
        (with("{ exec = [\"a\"], run = [\"b\"] }"), "a step does one thing; make two"),
        (with("{ step = \"stop\", secs = 3 }"), "unknown key `secs` in a step"),
        (with("{ step = \"restart\", limit_seconds = 0 }"), "limit_seconds: write 1 to 3600"),
        (with("\"stop\""), "it ends with the service stopped; put \"start\" behind \"stop\""),
        (with("\"stop\", { exec = [\"a\"] }, \"start\""), "step 2: exec needs a running container"),
        (
            format!("{}on_failure = [\"stop\"]\n", with("\"restart\"")),
            "on_failure: it ends with the service stopped",
        ),
        (format!("{}limit_seconds = 0\n", with("\"restart\"")), "limit_seconds: write 1 to 7200"),
        (with("5"), "expected a step: \"restart\""),
    ] {
        let told = fault(&text);
        assert!(told.contains(want), "{text}\n{told}");
        // The others of the file are read all the same, where it is a file at all.
        if text.starts_with("[[fix]]") {
            assert_eq!(own(&format!("{text}{GOOD}")).fixes.len(), 1, "{text}");
        }
    }
}

#[test]
fn what_comes_with_a_project_waits_for_consent_that_names_its_contents() {
    let folder = PathBuf::from("/home/me/shop");
    let plain = "[[fix]]\nname = \"calm\"\nwhen = { services = [\"x\"] }\nsteps = [\"restart\"]\n";
    let text = format!("[engine]\ntail = 5\n{plain}{GOOD}");
    let book = |text: &str, folder: &Path, consents: &[String]| {
        let mut book = Book::default();
        book.add_project(read(".dogwatch.toml", text, true), folder, consents);
        assert_eq!(book.faults, []);
        book.fixes.into_iter().map(|known| known.wanted).collect::<Vec<_>>()
    };
    let wanted = book(&text, &folder, &[]);
    assert_eq!(wanted[0], None, "a restart is what the watchdog does by itself");
    let word = wanted[1].clone().unwrap();
    assert!(word.starts_with("stale-pid@") && word.len() == 26, "{word}");
    let consents = [word.clone()];
    assert_eq!(book(&text, &folder, &consents), [None, None]);
    // Other words, or another folder, are another fix.
    let other = text.replace("tmp/server.pid", "/");
    assert!(book(&other, &folder, &consents)[1].is_some());
    assert!(book(&text, Path::new("/tmp/shop"), &consents)[1].is_some());
}

#[test]
fn the_first_of_a_name_counts() {
    let mut book = own(GOOD);
    book.add_project(read(".dogwatch.toml", GOOD, true), Path::new("/x"), &[]);
    assert_eq!(book.fixes.len(), 1);
    let told = book.faults[0].to_string();
    assert!(told.starts_with(".dogwatch.toml:2: fix stale-pid: name: "), "{told}");
    assert!(told.contains("repairs.toml:2 already"), "{told}");
}

fn fix(name: &str, when: &str) -> Known {
    let text = format!("[[fix]]\nname = \"{name}\"\nwhen = {when}\nsteps = [\"restart\"]\n");
    own(&text).fixes.remove(0)
}

fn attempt(name: Option<&Known>, second: i64, ending: Ending) -> Attempt {
    let time: DateTime<Utc> = DateTime::from_timestamp(1_800_000_000 + second, 0).unwrap();
    let course = name.map(|known| Box::new(Course::new((*known.fix).clone(), SafeText::default())));
    Attempt {
        number: 1,
        time,
        service: "api".into(),
        strategy: Strategy::Exited,
        remedy: if course.is_some() { Remedy::Fix } else { Remedy::Start },
        targets: Vec::new(),
        config: "".into(),
        reason: "".into(),
        course,
        acted_at: None,
        end: Some((time, ending, "".into())),
    }
}

fn chosen(
    fixes: &[Known],
    signs: Option<&Signs>,
    incident: &[&Attempt],
    past: &[Attempt],
) -> String {
    let mut history = History::default();
    for attempt in past {
        history.remember(attempt);
    }
    let case = Case {
        service: &"api".into(),
        strategy: Strategy::Exited,
        signs,
        remedy: Remedy::Start,
        incident,
        cures: &history.cures,
    };
    choose(fixes, case).map_or_else(|| "built in".to_owned(), |fix| fix.name.to_string())
}

#[test]
fn what_fits_is_tried_in_the_order_of_the_file() {
    let fixes = [
        fix("other", "{ services = [\"db\"] }"),
        fix("ill", "{ trouble = [\"unhealthy\"] }"),
        fix("words", "{ categories = [\"database\"] }"),
        fix("rule", "{ services = [\"a*\"], rules = [\"tls.*\"] }"),
        fix("mine", "{ services = [\"a*\"] }"),
    ];
    assert_eq!(chosen(&fixes, None, &[], &[]), "mine");
    assert_eq!(chosen(&fixes[..2], None, &[], &[]), "built in");
    let mut signs = Signs::default();
    signs.rules.insert("tls.expired".into());
    assert_eq!(chosen(&fixes, Some(&signs), &[], &[]), "rule");
    signs.categories.insert(Category::Database);
    assert_eq!(chosen(&fixes, Some(&signs), &[], &[]), "words");
    let mut unwanted = fixes[4].clone();
    unwanted.wanted = Some("mine@0".to_owned());
    assert_eq!(chosen(&[unwanted], None, &[], &[]), "built in");
}

#[test]
fn what_failed_goes_behind_and_what_worked_goes_first() {
    let fixes = [fix("a", "{ services = [\"api\"] }"), fix("b", "{ services = [\"api\"] }")];
    let (a, b) = (Some(&fixes[0]), Some(&fixes[1]));
    let failed = [attempt(a, 0, Ending::Failed), attempt(b, 1, Ending::RolledBack)];
    let failed: Vec<_> = failed.iter().collect();
    assert_eq!(chosen(&fixes, None, &failed[..1], &[]), "b");
    assert_eq!(chosen(&fixes, None, &failed, &[]), "built in");
    // What cured it the last time is offered first, be it a fix or what the watchdog does by itself.
    assert_eq!(chosen(&fixes, None, &[], &[attempt(b, 0, Ending::Worked)]), "b");
    let past = [attempt(b, 0, Ending::Worked), attempt(None, 9, Ending::Worked)];
    assert_eq!(chosen(&fixes, None, &[], &past), "built in");
    // And no more once it has failed in this incident.
    let again = attempt(None, 20, Ending::Failed);
    assert_eq!(chosen(&fixes, None, &[&again], &past), "b");
    // Another trouble, or another service, says nothing.
    let mut other = attempt(b, 0, Ending::Worked);
    other.strategy = Strategy::Unhealthy;
    assert_eq!(chosen(&fixes, None, &[], &[other.clone()]), "a");
    other = Attempt { strategy: Strategy::Exited, service: "db".into(), ..other };
    assert_eq!(chosen(&fixes, None, &[], &[other]), "a");
}

#[test]
fn a_course_tells_where_it_stands_and_survives_the_disk() {
    let fix = own(GOOD).fixes.remove(0).fix;
    let mut course = Course::new((*fix).clone(), SafeText::default());
    assert_eq!(course.told(), "fix stale-pid: step 1 of 3: run rm -f tmp/server.pid");
    course.done = 1;
    course.begun_at = DateTime::from_timestamp(1_800_000_000, 0);
    let text = serde_json::to_string(&course).unwrap();
    assert_eq!(serde_json::from_str::<Course>(&text).unwrap(), course);
    course.is_undoing = true;
    course.done = 0;
    assert_eq!(course.told(), "fix stale-pid: rolling back, step 1 of 1: restart");
    let restart = Step { kind: StepKind::Restart, limit_seconds: 60 };
    assert_eq!(course.step(), Some(&restart));
}

#[test]
fn what_a_fix_has_restarted_ends_by_itself() {
    let course = |kinds: &[StepKind], done: usize, is_begun: bool| {
        let mut fix = (*own(GOOD).fixes.remove(0).fix).clone();
        let step = |kind: &StepKind| Step { kind: kind.clone(), limit_seconds: 60 };
        fix.steps = kinds.iter().map(step).collect();
        let begun_at = is_begun.then_some(DateTime::UNIX_EPOCH);
        Course { done, begun_at, ..Course::new(fix, SafeText::default()) }
    };
    let (restart, stop, start) = (StepKind::Restart, StepKind::Stop, StepKind::Start);
    let wait = StepKind::WaitHealthy;
    for (kinds, done, is_begun, want) in [
        (vec![restart.clone(), wait.clone()], 0, true, true),
        (vec![restart.clone(), wait.clone()], 1, true, false),
        (vec![stop.clone(), wait.clone(), start.clone()], 1, false, true),
        (vec![stop.clone(), start.clone(), wait.clone()], 1, true, true),
        (vec![stop, start.clone(), wait.clone()], 2, true, false),
        (vec![start, wait], 1, false, false),
    ] {
        let course = course(&kinds, done, is_begun);
        assert_eq!(course.may_have_ended_again(), want, "{}", course.told());
    }
    // While it is rolled back nobody knows how its last step went.
    let undoing = Course { is_undoing: true, ..course(&[restart], 0, false) };
    assert!(undoing.may_have_ended_again());
}

proptest::proptest! {
    #[test]
    fn never_panics(text in "\\PC{0,200}") {
        let _ = read("x.toml", &text, false);
    }
}
