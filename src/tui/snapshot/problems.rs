//! The visible rows of the problems.

use crate::{
    model::{
        Category, ErrorGroup, FiledIssue, Fingerprint, SafeText, ServiceName, Severity, StatusKind,
    },
    store::Store,
    tui::{
        inbox::{Heading, Row},
        state::State,
    },
};
use chrono::{DateTime, Utc};

/// One row.
#[derive(Debug, Clone)]
pub enum ProblemRow {
    /// A heading: its number among the rows, what it stands for, how many are under it, whether they are hidden.
    Heading(usize, Heading, usize, bool),
    /// A problem.
    Problem(Box<Problem>),
}

/// What a row shows of a problem.
#[derive(Debug, Clone)]
pub struct Problem {
    /// Its name.
    pub fingerprint: Fingerprint,
    /// How bad it is.
    pub severity: Severity,
    /// Where it stands in its life.
    pub status: StatusKind,
    /// Events.
    pub count: u64,
    /// Events of the last eight minutes; the group's own, cheap to keep.
    pub trend: crate::model::Trend,
    /// Newest event.
    pub last_seen: DateTime<Utc>,
    /// The service that has it most.
    pub service: Option<ServiceName>,
    /// How many others have it.
    pub others: usize,
    /// What kind.
    pub category: Category,
    /// What it says.
    pub template: SafeText,
    /// Its issue.
    pub issue: Option<FiledIssue>,
}

impl Problem {
    fn of(group: &ErrorGroup) -> Self {
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
            template: group.template.clone(),
            issue: group.issue.clone(),
        }
    }
}

/// The visible rows.
#[derive(Debug, Clone, Default)]
pub struct Problems {
    /// From the first visible row on; one more than the pane may hold.
    pub rows: Vec<ProblemRow>,
    /// Which of them is selected.
    pub selected: Option<usize>,
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
                Some(ProblemRow::Problem(Box::new(Problem::of(group))))
            }
        })
        .collect();
    Problems { rows, selected: inbox.at().and_then(|at| at.checked_sub(inbox.offset)) }
}
