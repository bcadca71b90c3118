use super::{
    walk::{Part, Sink},
    *,
};
use crate::{
    cli::select::SelectArgs,
    model::{Query, Row},
    source::replay::ndjson,
};
use std::ops::ControlFlow;

/// A record in memory.
struct Lines(Vec<String>);

impl Rows for Lines {
    fn scan(
        &self,
        range: Range,
        _: &Query,
        each: &mut dyn FnMut(&Row<'_>) -> ControlFlow<()>,
    ) -> io::Result<u64> {
        let mut damaged = 0;
        for line in &self.0 {
            let Some(row) = ndjson::read(line.as_bytes()) else {
                damaged += 1;
                continue;
            };
            let is_in = range.since.is_none_or(|since| row.time.unwrap() >= since)
                && range.until.is_none_or(|until| row.time.unwrap() < until);
            if is_in && each(&row).is_break() {
                break;
            }
        }
        Ok(damaged)
    }
}

/// One line for each letter, a second apart: `e` an error, `.` another, `G` a gap, `R` the first of another run.
fn record(letters: &str) -> Lines {
    let mut run = 0;
    let row = |(second, letter)| {
        run += u32::from(letter == 'R');
        let (source, extra) = match letter {
            'G' => ("system", r#","gap":{"to":"2026-03-04T10:00:00Z","reason":"rotated"}"#),
            _ => ("container", ""),
        };
        let level = if letter == 'e' { "error" } else { "info" };
        format!(
            r#"{{"id":{},"time":"2026-03-04T10:00:{second:02}Z","source":"{source}","service":"api","container":"c{run}","replica":1,"run":"2026-03-04T0{run}:00:00Z","stream":"stderr","level":"{level}","text":"{letter}{second}"{extra}}}"#,
            second + 1
        )
    };
    Lines(letters.chars().enumerate().map(row).collect())
}

fn sieve(level: Option<crate::model::Level>) -> Sieve {
    let args = SelectArgs { level, ..SelectArgs::default() };
    args.sieve(None, None, DateTime::UNIX_EPOCH).unwrap()
}

fn errors() -> Sieve {
    sieve(Some(crate::model::Level::Error))
}

/// Texts in order; a context in brackets, a gap with `!`, `--` where lines were left out.
#[derive(Default)]
struct Told(Vec<String>);

impl Sink for Told {
    fn row(&mut self, row: &Row<'_>, part: Part) -> io::Result<()> {
        self.0.push(match part {
            Part::Hit => row.text.to_string(),
            Part::Context => format!("({})", row.text),
            Part::Gap => format!("!{}", row.text),
        });
        Ok(())
    }

    fn skip(&mut self) -> io::Result<()> {
        self.0.push("--".into());
        Ok(())
    }
}

fn walked(letters: &str, frame: Frame) -> String {
    let mut told = Told::default();
    walk::walk(&record(letters), &errors(), frame, &mut told).unwrap();
    told.0.join(" ")
}

#[test]
fn hits_come_with_the_lines_around_them_and_each_line_once() {
    let frame = |before, after| Frame { before, after, ..Frame::default() };
    for (letters, frame, want) in [
        ("..e..e..", frame(0, 0), "e2 e5"),
        ("..e..e..", frame(1, 0), "(.1) e2 -- (.4) e5"),
        ("..e..e..", frame(0, 1), "e2 (.3) -- e5 (.6)"),
        ("..e..e..", frame(1, 1), "(.1) e2 (.3) (.4) e5 (.6)"),
        ("..e..e..", frame(9, 9), "(.0) (.1) e2 (.3) (.4) e5 (.6) (.7)"),
        ("..ee.", frame(1, 1), "(.1) e2 e3 (.4)"),
        (".....", frame(1, 1), ""),
        ("e.G.e", frame(0, 0), "e0 !G2 e4"),
    ] {
        assert_eq!(walked(letters, frame), want, "{letters} {frame:?}");
    }
}

#[test]
fn head_and_tail_count_hits() {
    let frame = |head, tail, before| Frame { before, head, tail, ..Frame::default() };
    for (frame, want) in [
        (frame(Some(2), None, 0), "e0 e2"),
        (frame(None, Some(2), 0), "e2 e5"),
        (frame(None, Some(2), 1), "(.1) e2 -- (.4) e5"),
        (frame(None, Some(99), 0), "e0 e2 e5"),
        (frame(None, Some(0), 0), ""),
        (frame(Some(0), None, 0), ""),
        (frame(Some(99), None, 0), "e0 e2 e5"),
    ] {
        assert_eq!(walked("e.e..e.", frame), want, "{frame:?}");
    }
    let behind = Frame { head: Some(1), after: 1, ..Frame::default() };
    assert_eq!(walked("e.e", behind), "e0 (.1)");
}

#[test]
fn tail_counts_lines_of_one_moment_apart() {
    let mut lines = record("eeee");
    for line in &mut lines.0 {
        *line = line.replace("10:00:01", "10:00:02");
    }
    let mut told = Told::default();
    let frame = Frame { tail: Some(2), ..Frame::default() };
    walk::walk(&lines, &errors(), frame, &mut told).unwrap();
    assert_eq!(told.0, ["e2", "e3"]);
}

fn text(lines: &Lines, look: Look) -> String {
    let mut out = Vec::new();
    run(lines, &mut sieve(None), Frame::default(), Manner::Text(look), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn text_says_whose_words_follow_and_where_another_run_begins() {
    let look = Look { has_timestamps: true, ..Look::default() };
    assert_eq!(
        text(&record(".GRe"), look),
        "2026-03-04T10:00:00.000000000Z api-1 | .0\n\
         2026-03-04T10:00:01.000000000Z api-1 ! G1\n\
         2026-03-04T10:00:02.000000000Z api-1 = another run, begun 2026-03-04T01:00:00Z, container c1\n\
         2026-03-04T10:00:02.000000000Z api-1 | R2\n\
         2026-03-04T10:00:03.000000000Z api-1 | e3\n"
    );
}

#[test]
fn clock_times_come_with_a_day_where_it_is_another() {
    let lines = record("..");
    let day = lines_day();
    let plain = text(&lines, Look::default());
    assert!(plain.starts_with(&format!("-- {day} --\n")), "{plain}");
    assert_eq!(plain.lines().count(), 3);
    let look = Look { today: Some(day), ..Look::default() };
    assert_eq!(text(&lines, look).lines().count(), 2);
}

fn lines_day() -> chrono::NaiveDate {
    day_of("2026-03-04T10:00:00Z".parse().unwrap())
}

#[test]
fn colours_mark_the_words_and_end() {
    let look = Look {
        has_colour: true,
        today: Some(lines_day()),
        words: crate::model::TextMatcher::parse("e").unwrap().into_iter().collect(),
        ..Look::default()
    };
    let line = text(&record("e"), look);
    assert!(line.contains("\x1b[1;31me\x1b[0m") && line.ends_with("\x1b[0m\n"), "{line:?}");
}

#[test]
fn hostile_rows_are_harmless_in_every_form() {
    let hostile = r#"{"id":1,"time":"2026-03-04T10:00:00Z","service":"a\u001b]0;x\u0007pi","container":"\u001b[2Jc","text":"=a\u001b[31mb\u202ec\u009b2Jd","redacted":[[1,90]],"message_at":4,"fields":{"k\u001b[1m":"\u001b]52;c;x\u0007v"}}"#;
    let lines = Lines(vec![hostile.to_owned()]);
    for manner in [Manner::Text(Look::default()), Manner::Json, Manner::Ndjson, Manner::Csv] {
        let mut out = Vec::new();
        run(&lines, &mut sieve(None), Frame::default(), manner.clone(), &mut out).unwrap();
        let out = String::from_utf8(out).unwrap();
        let bad = |c: char| c != '\n' && c != '\r' && (c.is_control() || c == '\u{202e}');
        assert!(!out.contains(bad) && !out.contains("\\u00"), "{manner:?} {out:?}");
        assert!(out.contains("ab⟨U+202E⟩cd"), "{manner:?} {out:?}");
        if matches!(manner, Manner::Csv) {
            assert!(out.contains(",\"'=ab"), "{out}");
        }
    }
}

#[test]
fn the_document_has_logs_and_their_count() {
    for (letters, count) in [("", 0), ("e", 1), ("e.G", 3)] {
        let mut out = Vec::new();
        run(&record(letters), &mut sieve(None), Frame::default(), Manner::Json, &mut out).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(json["count"], count);
        assert_eq!(json["logs"].as_array().unwrap().len(), count);
        if count == 3 {
            let (error, gap) = (&json["logs"][0], &json["logs"][2]);
            assert_eq!((&error["message"], &error["level"]), (&"e0".into(), &"error".into()));
            assert_eq!((&error["isStdErr"], &error["isSystem"]), (&true.into(), &false.into()));
            assert_eq!(error["timestamp"], 1_772_618_400_000_i64);
            assert_eq!(
                (&gap["source"]["type"], &gap["isSystem"]),
                (&"system".into(), &true.into())
            );
        }
    }
}

#[test]
fn exported_rows_are_the_journals_own() {
    let lines = record("e.GR");
    let mut out = Vec::new();
    run(&lines, &mut sieve(None), Frame::default(), Manner::Ndjson, &mut out).unwrap();
    let out = String::from_utf8(out).unwrap();
    for (ours, theirs) in out.lines().zip(&lines.0) {
        assert_eq!(ndjson::read(ours.as_bytes()), ndjson::read(theirs.as_bytes()));
    }
    assert_eq!(out.lines().count(), 4);
}

#[test]
fn gaps_that_were_not_asked_for_are_told_beside_data() {
    let lines = record("e.Ge");
    let mut out = Vec::new();
    let mut errors = errors();
    let walked = run(&lines, &mut errors, Frame::default(), Manner::Ndjson, &mut out).unwrap();
    assert_eq!(String::from_utf8(out).unwrap().lines().count(), 2);
    let told = remarks(&lines, &errors, walked, false).unwrap();
    assert!(told[0].starts_with("1 gap in that time"), "{told:?}");
}

#[test]
fn remarks_say_what_the_answer_cannot() {
    let mut lines = record("...");
    lines.0.push("{half a ro".into());
    let args = SelectArgs { services: vec!["web".into()], ..SelectArgs::default() };
    let since = Some(crate::cli::moment::Since::At(DateTime::UNIX_EPOCH));
    let mut sieve = args.sieve(since, None, Utc::now()).unwrap();
    let walked = run(&lines, &mut sieve, Frame::default(), Manner::Count, &mut Vec::new()).unwrap();
    let told = remarks(&lines, &sieve, walked, true).unwrap().join("\n");
    for part in [
        "record begins at 2026-03-04T",
        "1 damaged line",
        "nothing of web is on record; there is: api",
    ] {
        assert!(told.contains(part), "{told}");
    }
}

#[test]
fn a_run_is_looked_up_before_its_lines_are() {
    let previous = SelectArgs { run: Some(Run(-1)), ..SelectArgs::default() };
    let mut sieve = previous.sieve(None, None, Utc::now()).unwrap();
    let mut out = Vec::new();
    let look = Look { today: Some(lines_day()), ..Look::default() };
    run(&record("..R..R."), &mut sieve, Frame::default(), Manner::Text(look), &mut out).unwrap();
    let texts: Vec<_> = out.split(|b| *b == b'\n').filter(|l| !l.is_empty()).collect();
    assert_eq!(texts.len(), 3, "{}", String::from_utf8_lossy(&out));
    assert!(texts[0].ends_with(b"R2") && texts[2].ends_with(b".4"));
}

#[test]
fn a_reader_that_goes_away_ends_the_walk() {
    struct Full(u32);
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            self.0 += 1;
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut out = Full(0);
    let done = run(&record("eeee"), &mut errors(), Frame::default(), Manner::Ndjson, &mut out);
    assert_eq!(done.unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    assert_eq!(out.0, 1);
}

#[test]
fn colours_follow_the_flag_then_the_environment_then_the_terminal() {
    use ColourWish::{Always, Auto, Never};
    for (wish, variables, is_terminal, want) in [
        (Auto, &[][..], true, true),
        (Auto, &[], false, false),
        (Always, &[("NO_COLOR", "1")], false, true),
        (Never, &[("CLICOLOR_FORCE", "1")], true, false),
        (Auto, &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")], true, false),
        (Auto, &[("NO_COLOR", "")], true, true),
        (Auto, &[("CLICOLOR_FORCE", "1")], false, true),
        (Auto, &[("CLICOLOR", "0")], true, false),
        (Auto, &[("TERM", "dumb")], true, false),
    ] {
        let env = |name: &str| {
            variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        };
        assert_eq!(wish.is_met(env, is_terminal), want, "{wish:?} {variables:?} {is_terminal}");
    }
}
