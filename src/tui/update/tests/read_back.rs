//! Reading back into the journal: without a seam, without a jump.

use crate::{
    engine::Sign,
    model::{Fingerprint, LogRecord, Sample, Severity},
    tui::{
        action::Action,
        message::Message,
        past::{Found, Way},
        reader::Reader,
        snapshot::Snapshot,
        state::{Missing, Pane},
        tests::{Show, Stage},
    },
};
use std::sync::Arc;

fn shop(lines: usize) -> Show {
    let mut stage = Stage::shop();
    stage.remember(lines);
    let mut show = Show::new(stage, 120, 40);
    show.send(Message::Do(Action::FocusLogs));
    show
}

fn act(show: &mut Show, action: Action) {
    show.send(Message::Do(action));
}

/// The rows of the log pane, from the screen.
fn rows(show: &mut Show) -> Vec<String> {
    let text = show.text();
    let rows: Vec<_> = text.lines().map(str::to_owned).collect();
    let from = rows.iter().rposition(|r| r.starts_with('╭')).unwrap();
    rows[from + 1..rows.len() - 2].to_vec()
}

fn cursor(show: &mut Show) -> (usize, String) {
    let rows = rows(show);
    let at = rows.iter().position(|r| r.contains('▸')).unwrap();
    (at, rows[at].clone())
}

fn all(show: &Show) -> Vec<Arc<LogRecord>> {
    Reader::of_log(&show.state, &show.stage.world()).after(None, usize::MAX / 2)
}

#[test]
fn scrolling_up_goes_into_the_journal_without_a_seam() {
    let mut show = shop(5_000);
    let mut seen = Vec::new();
    for _ in 0..2_000 {
        act(&mut show, Action::PageUp);
        show.bring();
        let (_, line) = cursor(&mut show);
        if seen.last() == Some(&line) {
            break;
        }
        seen.push(line);
    }
    let first = rows(&mut show);
    assert!(first[0].contains("the record begins here"), "{first:#?}");
    assert!(first[1].contains("old line 0 hay"), "{first:#?}");
    let all = all(&show);
    assert_eq!(all.len(), show.stage.disk.len(), "every line once");
    assert!(all.iter().zip(&show.stage.disk).all(|(a, b)| a.position() == b.position()));
    // Down again to the newest, line for line.
    for _ in 0..2_000 {
        act(&mut show, Action::PageDown);
        show.bring();
    }
    assert!(show.state.logs.is_following());
}

#[test]
fn the_line_under_the_cursor_stays_where_it_is_while_older_ones_come() {
    let mut show = shop(5_000);
    for actions in [
        vec![Action::GoTop],
        vec![Action::GoTop, Action::MoveUp],
        vec![Action::GoTop, Action::MoveDown, Action::PageUp, Action::PageUp],
        vec![Action::PageUp; 40],
        vec![Action::MoveUp; 200],
    ] {
        act(&mut show, Action::Follow);
        show.errands.clear();
        for action in &actions {
            act(&mut show, *action);
        }
        let before = cursor(&mut show);
        assert!(!show.errands.is_empty(), "{actions:?}");
        show.bring();
        assert_eq!(cursor(&mut show), before, "{actions:?}");
    }
}

#[test]
fn what_is_on_its_way_is_said_in_the_top_row() {
    let mut show = shop(5_000);
    act(&mut show, Action::GoTop);
    act(&mut show, Action::MoveUp);
    assert!(rows(&mut show)[0].contains("── loading older lines … ──"), "{:#?}", rows(&mut show));
    show.bring();
    assert!(rows(&mut show)[0].contains("old line 4999"), "{:#?}", rows(&mut show));
    act(&mut show, Action::GoTop);
    show.bring();
    let oldest = show.state.logs.cursor;
    act(&mut show, Action::GoTop);
    assert!(show.state.logs.cursor < oldest, "the top again goes further back");
}

#[test]
fn a_page_that_cannot_be_read_says_why_and_is_asked_for_again_with_the_next_key() {
    let mut show = shop(100);
    act(&mut show, Action::GoTop);
    act(&mut show, Action::MoveUp);
    let errand = show.errands.pop().unwrap();
    let fault = Err("cannot read 7.ndjson: permission denied".into());
    show.send(Message::Read(errand.asker, errand.ticket, fault));
    assert!(show.errands.is_empty(), "not in a circle");
    assert!(rows(&mut show)[0].contains("permission denied"), "{:#?}", rows(&mut show));
    act(&mut show, Action::MoveUp);
    assert_eq!(show.errands.len(), 1);
}

#[test]
fn a_filter_with_few_lines_in_memory_asks_the_journal_by_itself() {
    let mut show = shop(5_000);
    show.state.filter.set("svc:api needle").unwrap();
    show.send(Message::Tick);
    show.state.filter.set("needle").unwrap();
    show.state.logs.index = None;
    let errands = show.bring();
    assert!(errands < 5, "{errands} errands");
    let rows = rows(&mut show);
    assert!(rows.iter().all(|r| r.contains("needle")), "{rows:#?}");
    assert_eq!(all(&show).len(), 100);
}

#[test]
fn problem_lines_of_the_journal_have_their_bars() {
    let mut show = shop(5_000);
    act(&mut show, Action::GoTop);
    let errand = show.errands.pop().unwrap();
    let Way::Before(place) = errand.way else { panic!("{errand:?}") };
    let older = show.stage.disk.iter().filter(|r| r.position() < place);
    let mut records: Vec<_> = older.rev().take(1_000).cloned().collect();
    records.reverse();
    let sign = Sign { group: Fingerprint(7), severity: Severity::Critical };
    let signs = records.iter().take(2).map(|r| (r.position(), sign)).collect();
    let found = Found { records, signs, is_end: true, ..Found::default() };
    show.send(Message::Read(errand.asker, errand.ticket, Ok(found)));
    act(&mut show, Action::GoTop);
    let bars = |show: &Show| {
        let snapshot = Snapshot::take(&show.state, &show.stage.world());
        let lines = snapshot.logs.lines.into_iter();
        lines.take(3).map(|line| line.severity).collect::<Vec<_>>()
    };
    assert_eq!(bars(&show), [Some(Severity::Critical), Some(Severity::Critical), None]);
    // A group that is known says how bad it is, not the rule.
    let group = show.stage.store.groups().find(|g| g.severity() != Severity::Critical).unwrap();
    let (sign, severity) = (Sign { group: group.fingerprint, ..sign }, group.severity());
    let mut past = show.state.logs.past.clone();
    past.restart(place);
    past.expect(errand);
    let records: Vec<_> = show.state.logs.past.iter().cloned().collect();
    let signs = vec![(records[0].position(), sign)];
    assert!(past.take(
        errand.ticket,
        Ok(Found { records, signs, is_end: true, ..Found::default() }),
        None
    ));
    show.state.logs.past = past;
    assert_eq!(bars(&show)[..2], [Some(severity), None]);
}

#[test]
fn an_answer_that_nobody_waits_for_changes_nothing() {
    let mut show = shop(5_000);
    act(&mut show, Action::GoTop);
    let old = show.errands.pop().unwrap();
    act(&mut show, Action::Follow);
    let found = Found { records: show.stage.disk.clone(), is_end: true, ..Default::default() };
    show.send(Message::Read(old.asker, old.ticket, Ok(found)));
    assert_eq!(show.state.logs.past.len(), 0);
}

#[test]
fn the_window_lets_go_of_its_far_end_and_comes_back() {
    let mut show = shop(45_000);
    for _ in 0..60 {
        act(&mut show, Action::GoTop);
        show.bring();
    }
    assert!(show.state.logs.past.len() <= 20_000);
    assert!(rows(&mut show)[0].contains("old line 0 hay"), "{:#?}", rows(&mut show));
    let mut last = show.state.logs.cursor;
    for _ in 0..10_000 {
        act(&mut show, Action::PageDown);
        show.bring();
        if show.state.logs.is_following() {
            break;
        }
        assert!(show.state.logs.cursor > last);
        last = show.state.logs.cursor;
    }
    assert!(show.state.logs.is_following());
}

#[test]
fn an_old_occurrence_is_read_with_what_stands_around_it() {
    let mut show = shop(5_000);
    let record = Arc::clone(&show.stage.disk[2_000]);
    let sample = Sample {
        position: record.position(),
        service: record.origin.service.clone(),
        container: record.origin.container.clone(),
        stream: record.stream,
        message: record.text.clone(),
        lines: vec![record.text.clone()],
    };
    act(&mut show, Action::FocusProblems);
    let fingerprint: Fingerprint = show.state.problem().unwrap();
    show.stage.store.group_mut(fingerprint).unwrap().samples.push_front(sample);
    act(&mut show, Action::NextOccurrence);
    let text = show.text();
    assert!(
        text.contains("old line 2000") && text.contains("loading the lines around it"),
        "{text}"
    );
    show.bring();
    let text = show.text();
    assert!(text.contains("old line 1998 hay") && text.contains("old line 2002 hay"), "{text}");
    assert_eq!(show.state.detail.around.missing, None);
    // What retention took away is said, with the reason.
    act(&mut show, Action::PreviousOccurrence);
    show.bring();
    show.stage.disk.drain(..3_000);
    act(&mut show, Action::NextOccurrence);
    show.bring();
    assert!(matches!(show.state.detail.around.missing, Some(Missing::Before(_))));
    let text = show.text();
    assert!(text.contains("no longer kept: the record begins at"), "{text}");
}

#[test]
fn a_search_goes_on_into_the_journal() {
    let mut show = shop(5_000);
    act(&mut show, Action::Search);
    show.send(Message::Paste("needle".to_owned()));
    let text = show.text();
    assert!(text.contains("0 hits in memory, searching the record"), "{text}");
    show.bring();
    let text = show.text();
    assert!(
        text.contains("done, 100 hits since") && text.contains("100 of 100 hits in 1 service"),
        "{text}"
    );
    assert!(text.contains("old line 4999 needle") && text.contains("old line 4997 hay"), "{text}");
    show.send(Message::Do(Action::PreviousHit));
    show.bring();
    let text = show.text();
    assert!(text.contains("99 of 100 hits") && text.contains("old line 4950 hay"), "{text}");
    // Another word forgets what was found.
    show.send(Message::Do(Action::Search));
    show.send(Message::Paste("x".to_owned()));
    assert_eq!(show.state.search.as_ref().unwrap().past.len(), 0);
}

#[test]
fn a_search_ends_at_its_limit() {
    let mut show = shop(30_000);
    act(&mut show, Action::Search);
    show.send(Message::Paste("old".to_owned()));
    show.bring();
    let text = show.text();
    assert!(text.contains("the newest 10 000 hits since"), "{text}");
    assert_eq!(show.state.search.as_ref().unwrap().past.len(), super::super::MOST_HITS);
}

#[test]
fn going_to_a_time_reads_it_where_memory_does_not_reach() {
    let mut show = shop(20_000);
    let target = show.stage.disk[3_000].time;
    super::super::moves::go_to_time(&mut show.state, target, &show.stage.world());
    show.bring();
    let (row, line) = cursor(&mut show);
    assert!(line.contains("old line 3000"), "{line}");
    assert!(row > 2 && row < 9, "in the middle: {row}");
    let rows = rows(&mut show);
    assert!(rows[row - 1].contains("old line 2999") && rows[row + 1].contains("old line 3001"));
    assert_eq!(show.state.focus, Pane::Logs);
    let newest = show.stage.now;
    super::super::moves::go_to_time(
        &mut show.state,
        newest + chrono::Duration::hours(1),
        &show.stage.world(),
    );
    assert!(show.state.logs.is_following());
}
