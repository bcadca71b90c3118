//! The rows of the list of problems: headings, and what stands under them.

use super::settings::GroupBy;
use crate::model::{Category, ErrorGroup, Fingerprint, ServiceName, Severity, StatusKind};
use std::cmp::Reverse;

/// What a heading stands for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Heading {
    /// Open problems of a severity.
    Severity(Reverse<Severity>),
    /// Open problems of a category.
    Category(Category),
    /// Open problems that a service has most.
    Service(Option<ServiceName>),
    /// Fixed and muted ones; folded at first.
    Closed,
}

impl Heading {
    /// Its words.
    pub(crate) fn title(&self) -> String {
        match self {
            Self::Severity(Reverse(Severity::Critical)) => "Critical".to_owned(),
            Self::Severity(Reverse(Severity::Error)) => "Errors".to_owned(),
            Self::Severity(Reverse(Severity::Warning)) => "Warnings".to_owned(),
            Self::Severity(Reverse(Severity::Info)) => "Info".to_owned(),
            Self::Category(category) => category.title().to_owned(),
            Self::Service(Some(service)) => service.to_string(),
            Self::Service(None) => "no service".to_owned(),
            Self::Closed => "Fixed and muted".to_owned(),
        }
    }
}

/// One row of the list.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Row {
    /// A heading with how many problems stand under it.
    Heading(Heading, usize),
    /// A problem.
    Problem(Fingerprint),
}

/// Whether two rows stand for the same, however many stand under them.
pub(super) fn is_same(one: &Row, other: &Row) -> bool {
    match (one, other) {
        (Row::Heading(a, _), Row::Heading(b, _)) => a == b,
        (Row::Problem(a), Row::Problem(b)) => a == b,
        _ => false,
    }
}

/// Under which heading a problem stands.
pub(super) fn heading_of(group: &ErrorGroup, grouping: GroupBy) -> Heading {
    if !group.status.is_open() && group.status.kind() != StatusKind::Verifying {
        return Heading::Closed;
    }
    match grouping {
        GroupBy::Category => Heading::Category(group.category),
        GroupBy::Service => Heading::Service(group.main_service().cloned()),
        GroupBy::Severity => Heading::Severity(Reverse(group.severity())),
        GroupBy::Auto | GroupBy::None => Heading::Service(None),
    }
}
