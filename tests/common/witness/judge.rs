//! Whether what was written and what is on record agree: pure, of two lists.

use super::ledger::{Emission, Ledger, Pipe};
use dogwatch::model::GapReason;
use std::{
    collections::{BTreeMap, HashMap},
    fmt,
};

/// The Engine may be that late to put its time on a line that was written.
const LATE: u64 = 15_000_000_000;

/// A row of a container, as far as the judge must know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The record's number.
    pub id: u64,
    /// The Engine's time, in nanoseconds.
    pub time: u64,
    /// Who wrote it; empty where nobody we know, or where service, container or stream are another's.
    pub writer: String,
    /// `out` or `err`.
    pub pipe: &'static str,
    /// Its number in the pipe.
    pub number: u64,
    /// Whether the checksum holds.
    pub is_whole: bool,
    /// Where something is wrong with it: its beginning.
    pub text: String,
}

/// A reported gap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hole {
    /// Whole id of the container.
    pub container: String,
    /// Time of the last line before it.
    pub from: Option<u64>,
    /// Time of the first line behind it.
    pub to: u64,
    /// How many are missing, where the report says.
    pub lines: Option<u64>,
    /// Why.
    pub reason: GapReason,
}

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Written, not on record, in no gap.
    Unaccounted,
    /// On record twice.
    Duplicate,
    /// On record, never written.
    Invented,
    /// On record with another text than written.
    Damaged,
    /// On record behind a later one of its pipe.
    Disorder,
}

/// One line about which something is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// What.
    pub kind: Kind,
    /// Whose line: writer and pipe.
    pub pipe: String,
    /// Its number in the pipe.
    pub number: u64,
    /// What more there is to say.
    pub what: String,
    /// When: of writing where it was written, else of the record. Nanoseconds.
    pub at: u64,
}

/// The figures.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verdict {
    /// Lines that were certainly written.
    pub emitted: u64,
    /// Different lines on record.
    pub stored: u64,
    /// Missing lines inside of reported gaps.
    pub in_gaps: u64,
    /// Lines that came on record after a later one: found by a second look.
    pub recovered: u64,
    /// Reported gaps, by reason.
    pub gaps: BTreeMap<GapReason, u64>,
    /// Reported gaps in which nothing is missing.
    pub empty_gaps: u64,
    /// All that is wrong.
    pub violations: Vec<Violation>,
}

/// Neighbouring lines about which the same is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    /// What.
    pub kind: Kind,
    /// `PIPE FIRST to LAST (COUNT lines)`, and what more there is to say of the first.
    pub lines: String,
    /// When the first was written, and the last.
    pub time: (u64, u64),
}

impl Verdict {
    /// What is wrong, neighbours together, by time.
    pub fn stretches(&self) -> Vec<Stretch> {
        let mut violations: Vec<&Violation> = self.violations.iter().collect();
        violations.sort_by_key(|v| (v.kind, &v.pipe, v.number));
        let is_next = |a: &&Violation, b: &&Violation| {
            a.kind == b.kind && a.pipe == b.pipe && b.number <= a.number + 1
        };
        let mut stretches: Vec<Stretch> = violations
            .chunk_by(is_next)
            .map(|lines| {
                let (first, last) = (lines[0], lines[lines.len() - 1]);
                let (pipe, what, count) = (&first.pipe, &first.what, lines.len());
                let lines =
                    format!("{pipe} {} to {} ({count} lines){what}", first.number, last.number);
                Stretch { kind: first.kind, lines, time: (first.at, last.at) }
            })
            .collect();
        stretches.sort_by_key(|stretch| stretch.time);
        stretches
    }

    /// How much is wrong of a kind.
    pub fn count(&self, kind: Kind) -> usize {
        self.violations.iter().filter(|v| v.kind == kind).count()
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = self.gaps.values().sum::<u64>();
        writeln!(f, "  emitted      {:>9}", self.emitted)?;
        writeln!(f, "  stored       {:>9}", self.stored)?;
        writeln!(f, "  in gaps      {:>9}", self.in_gaps)?;
        writeln!(f, "  unaccounted  {:>9}", self.count(Kind::Unaccounted))?;
        writeln!(f, "  duplicates   {:>9}", self.count(Kind::Duplicate))?;
        writeln!(f, "  invented     {:>9}", self.count(Kind::Invented))?;
        writeln!(f, "  damaged      {:>9}", self.count(Kind::Damaged))?;
        writeln!(f, "  disorder     {:>9}", self.count(Kind::Disorder))?;
        writeln!(f, "  recovered    {:>9}", self.recovered)?;
        let reasons = self.gaps.iter().map(|(reason, n)| format!("{n} {reason:?}"));
        let mut reasons: Vec<String> = reasons.collect();
        if self.empty_gaps > 0 {
            reasons.push(format!("nothing missing in {}", self.empty_gaps));
        }
        write!(f, "  gaps         {all:>9}  {}", reasons.join(", "))
    }
}

/// Judges. Gaps count for the container that they name, and for the time that they name.
pub fn judge(ledger: &Ledger, stored: &[Stored], holes: &[Hole]) -> Verdict {
    let mut verdict = Verdict::default();
    let mut by_pipe: HashMap<(&str, &str), Vec<&Stored>> = HashMap::new();
    for row in stored {
        by_pipe.entry((&row.writer, row.pipe)).or_default().push(row);
    }
    let mut used = vec![false; holes.len()];
    for (pipe, emissions) in ledger {
        let rows = by_pipe.remove(&(pipe.writer.as_str(), pipe.name)).unwrap_or_default();
        let times = verdict.pipe(pipe, emissions, rows);
        verdict.missing(pipe, emissions, &times, (holes, &mut used));
    }
    for row in by_pipe.into_values().flatten() {
        verdict.violations.push(Violation {
            kind: Kind::Invented,
            pipe: format!("{} {}", row.writer, row.pipe),
            number: row.number,
            what: format!(" is nobody's: {:?}", row.text),
            at: row.time,
        });
    }
    verdict.recovered = recovered(stored);
    for hole in holes {
        *verdict.gaps.entry(hole.reason).or_default() += 1;
    }
    verdict.empty_gaps = used.iter().filter(|is_used| !**is_used).count() as u64;
    verdict.violations.sort_by_key(|v| (v.kind, v.at));
    verdict
}

impl Verdict {
    /// Judges the rows of one pipe, and says the Engine's time of each line that is there; 0 for the others.
    fn pipe(&mut self, pipe: &Pipe, emissions: &[Emission], mut rows: Vec<&Stored>) -> Vec<u64> {
        let mut times = vec![0; emissions.len()];
        let mut highest = 0;
        rows.sort_by_key(|row| (row.time, row.id));
        for row in rows {
            let at = usize::try_from(row.number).unwrap_or(0).wrapping_sub(1);
            let emission = emissions.get(at).filter(|emission| emission.begun > 0);
            let mut wrong = |kind: Kind, what: &str| {
                let time = emission.map_or(row.time, |emission| emission.begun);
                self.violations.push(Violation {
                    kind,
                    pipe: format!("{} {}", pipe.writer, pipe.name),
                    number: row.number,
                    what: what.to_owned(),
                    at: time,
                });
            };
            let Some(emission) = emission else {
                wrong(Kind::Invented, " was never written");
                continue;
            };
            // A writer that was killed inside a line leaves a part of it.
            if !row.is_whole && emission.done > 0 {
                wrong(Kind::Damaged, &format!(" reads {:?}", row.text));
            }
            if times[at] > 0 {
                wrong(Kind::Duplicate, "");
                continue;
            }
            if row.number < highest {
                wrong(Kind::Disorder, &format!(" stands behind {highest}"));
            }
            highest = highest.max(row.number);
            times[at] = row.time.max(1);
            self.stored += 1;
        }
        times
    }

    /// Judges what is not there.
    fn missing(
        &mut self,
        pipe: &Pipe,
        emissions: &[Emission],
        times: &[u64],
        (holes, used): (&[Hole], &mut [bool]),
    ) {
        let ours: Vec<usize> = (0..holes.len())
            .filter(|at| holes[*at].container.starts_with(pipe.container()))
            .collect();
        // The Engine's time of a missing line lies between those of its neighbours on record.
        let mut after = vec![u64::MAX; times.len() + 1];
        for at in (0..times.len()).rev() {
            after[at] = if times[at] > 0 { times[at] } else { after[at + 1] };
        }
        let mut before = 0;
        for (at, emission) in emissions.iter().enumerate() {
            let is_certain = emission.done > 0;
            self.emitted += u64::from(is_certain);
            if times[at] > 0 {
                before = times[at];
                continue;
            }
            if !is_certain {
                continue;
            }
            let earliest = before.max(emission.begun);
            let latest = after[at].min(emission.done.saturating_add(LATE));
            let covering = ours.iter().filter(|hole| {
                let hole = &holes[**hole];
                hole.from.unwrap_or(0) <= latest && hole.to >= earliest
            });
            let mut is_covered = false;
            for hole in covering {
                used[*hole] = true;
                is_covered = true;
            }
            if is_covered {
                self.in_gaps += 1;
            } else {
                self.violations.push(Violation {
                    kind: Kind::Unaccounted,
                    pipe: format!("{} {}", pipe.writer, pipe.name),
                    number: at as u64 + 1,
                    what: String::new(),
                    at: emission.begun,
                });
            }
        }
    }
}

/// Rows that are older than an earlier one of their pipe.
fn recovered(stored: &[Stored]) -> u64 {
    let mut rows: Vec<_> = stored.iter().collect();
    rows.sort_by_key(|row| row.id);
    let mut newest: HashMap<(&str, &str), u64> = HashMap::new();
    let mut count = 0;
    for row in rows {
        let newest = newest.entry((&row.writer, row.pipe)).or_default();
        count += u64::from(row.time < *newest);
        *newest = row.time.max(*newest);
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    const WRITER: &str = "api.0123456789ab.1";

    /// Ten lines a second apart, of which the last was cut off by a kill.
    fn ledger() -> Ledger {
        let second = 1_000_000_000;
        let mut emissions: Vec<Emission> =
            (1..=10).map(|n| Emission { begun: n * second, done: n * second + 1_000 }).collect();
        emissions[9].done = 0;
        Ledger::from([(Pipe { writer: WRITER.to_owned(), name: "out" }, emissions)])
    }

    fn row(number: u64) -> Stored {
        Stored {
            id: number + 100,
            time: number * 1_000_000_000 + 500,
            writer: WRITER.to_owned(),
            pipe: "out",
            number,
            is_whole: true,
            text: String::new(),
        }
    }

    fn rows(numbers: impl IntoIterator<Item = u64>) -> Vec<Stored> {
        numbers.into_iter().map(row).collect()
    }

    fn hole(from: Option<u64>, to: u64) -> Hole {
        let container = "0123456789abcdef".to_owned();
        Hole { container, from, to, lines: None, reason: GapReason::Rotated }
    }

    fn kinds(verdict: &Verdict) -> Vec<Kind> {
        verdict.violations.iter().map(|v| v.kind).collect()
    }

    #[test]
    fn agrees_when_all_is_there_and_with_the_cut_line_either_way() {
        for last in [9, 10] {
            let verdict = judge(&ledger(), &rows(1..=last), &[]);
            assert_eq!((verdict.emitted, verdict.stored), (9, last));
            assert_eq!(kinds(&verdict), [], "{last}");
        }
        let mut part = rows(1..=10);
        part[9].is_whole = false;
        assert_eq!(kinds(&judge(&ledger(), &part, &[])), []);
    }

    #[test]
    fn catches_each_kind_of_wrong() {
        use Kind::{Damaged, Disorder, Duplicate, Invented, Unaccounted};
        let damaged = |mut rows: Vec<Stored>| {
            rows[3].is_whole = false;
            rows
        };
        let swapped = |mut rows: Vec<Stored>| {
            (rows[3].time, rows[4].time) = (rows[4].time, rows[3].time);
            rows
        };
        let anothers = |mut rows: Vec<Stored>| {
            rows[3].writer = String::new();
            rows
        };
        for (what, rows, want) in [
            ("lost", rows([1, 2, 3, 5, 6, 7, 8, 9]), &[Unaccounted][..]),
            ("lost at the end", rows(1..=8), &[Unaccounted]),
            ("lost altogether", Vec::new(), &[Unaccounted; 9]),
            ("doubled", rows([1, 2, 3, 4, 4, 5, 6, 7, 8, 9]), &[Duplicate]),
            ("invented", rows(1..=11), &[Invented]),
            ("number nought", rows(0..=9), &[Invented]),
            ("damaged", damaged(rows(1..=9)), &[Damaged]),
            ("swapped", swapped(rows(1..=9)), &[Disorder]),
            ("another's", anothers(rows(1..=9)), &[Unaccounted, Invented]),
        ] {
            assert_eq!(kinds(&judge(&ledger(), &rows, &[])), want, "{what}");
        }
    }

    #[test]
    fn equal_times_are_ordered_by_number() {
        let mut together = rows(1..=9);
        for row in &mut together {
            row.time = 5_000_000_000;
        }
        assert_eq!(kinds(&judge(&ledger(), &together, &[])), []);
        together[2].id = 999;
        // All that come before it by their number stand before it; it is one line that is out of place.
        assert_eq!(kinds(&judge(&ledger(), &together, &[])), [Kind::Disorder]);
    }

    #[test]
    fn a_gap_excuses_what_lies_in_it_and_nothing_else() {
        let second = 1_000_000_000;
        let at = |n: u64| n * second + 500;
        let there = rows([1, 2, 3, 6, 7, 8, 9]);
        for (what, hole, in_gaps, empty) in [
            ("exact", hole(Some(at(3)), at(6)), 2, 0),
            ("from the beginning", hole(None, at(6)), 2, 0),
            ("elsewhere", hole(Some(at(7)), at(9)), 0, 1),
            ("before", hole(Some(at(1)), at(2)), 0, 1),
            ("another's", Hole { container: "ffff".to_owned(), ..hole(None, at(9)) }, 0, 1),
        ] {
            let verdict = judge(&ledger(), &there, std::slice::from_ref(&hole));
            assert_eq!((verdict.in_gaps, verdict.empty_gaps), (in_gaps, empty), "{what}");
            assert_eq!(verdict.count(Kind::Unaccounted), 2 - in_gaps as usize, "{what}");
        }
    }

    #[test]
    fn a_line_that_came_late_is_in_order_by_its_time() {
        let mut late = rows(1..=9);
        late[3].id = 900;
        let verdict = judge(&ledger(), &late, &[]);
        assert_eq!((verdict.recovered, kinds(&verdict)), (1, Vec::new()));
    }
}
