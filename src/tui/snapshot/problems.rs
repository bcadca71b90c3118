//! The visible rows of the problems.

use crate::{
    model::{
        Category, ErrorGroup, FiledIssue, Fingerprint, SafeText, ServiceName, Severity, StatusKind,
    },
    store::Store,
    tui::{
        inbox::{Heading, Row},
        marks::Marks,
        state::State,
    },
};
use chrono::{DateTime, Utc};

/// One row.
#[derive(Debug, Clone)]
pub(crate) enum ProblemRow {
    /// A heading: its number among the rows, what it stands for, how many are under it, whether they are hidden.
    Heading(usize, Heading, usize, bool),
    /// A problem.
    Problem(Box<Problem>),
}

/// What a row shows of a problem.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    /// Its name.
    pub(crate) fingerprint: Fingerprint,
    /// How bad it is.
    pub(crate) severity: Severity,
    /// Where it stands in its life.
    pub(crate) status: StatusKind,
    /// Events.
    pub(crate) count: u64,
    /// Events of the last eight minutes; the group's own, cheap to keep.
    pub(crate) trend: crate::model::Trend,
    /// Newest event.
    pub(crate) last_seen: DateTime<Utc>,
    /// The service that has it most.
    pub(crate) service: Option<ServiceName>,
    /// How many others have it.
    pub(crate) others: usize,
    /// What kind.
    pub(crate) category: Category,
    /// What it says.
    pub(crate) template: SafeText,
    /// Its issue.
    pub(crate) issue: Option<FiledIssue>,
    /// Whether the user marked it.
    pub(crate) is_marked: bool,
}

impl Problem {
    fn of(group: &ErrorGroup, marks: &Marks) -> Self {
        Self {
            fingerprint: group.fingerprint,
            severity: group.severity(),
            status: group.status.kind(),
            count: group.count,
            trend: group.trend.clone(),
            last_seen: group.last_seen,
            service: group.main_service().cloned(),
            others: group.services.len().saturating_sub(1),
            category: group.category,
            template: group.title(),
            issue: group.issue.clone(),
            is_marked: marks.has(group.fingerprint),
        }
    }
}

/// The visible rows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Problems {
    /// From the first visible row on; one more than the pane may hold.
    pub(crate) rows: Vec<ProblemRow>,
    /// Which of them is selected.
    pub(crate) selected: Option<usize>,
}

impl Problems {
    /// The services that have the visible problems most.
    pub(super) fn services(&self) -> impl Iterator<Item = &ServiceName> {
        self.rows.iter().filter_map(|row| match row {
            ProblemRow::Problem(problem) => problem.service.as_ref(),
            ProblemRow::Heading(..) => None,
        })
    }
}

pub(super) fn read(state: &State, store: &Store, height: usize) -> Problems {
    let inbox = &state.inbox;
    let rows = inbox
        .rows()
        .iter()
        .enumerate()
        .skip(inbox.offset)
        .take(height)
        .filter_map(|(at, row)| match row {
            Row::Heading(heading, count) => {
                let is_folded = inbox.is_folded(heading);
                Some(ProblemRow::Heading(at, heading.clone(), *count, is_folded))
            }
            Row::Problem(fingerprint) => {
                let group = store.group(*fingerprint)?;
                Some(ProblemRow::Problem(Box::new(Problem::of(group, &state.marks))))
            }
        })
        .collect();
    Problems { rows, selected: inbox.at().and_then(|at| at.checked_sub(inbox.offset)) }
}
