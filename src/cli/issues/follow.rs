//! What a problem's life means for its issue: a word when it comes back or escalates, open when it is there again,
//! closed when it is fixed.

use super::cache::Known;
use crate::{
    action::{Change, Deed, issue::markdown::code},
    model::{ErrorGroup, FiledIssue, Status},
};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// At most one comment on an issue in so long.
pub(super) const QUIET: TimeDelta = TimeDelta::hours(24);
/// So many times as often as when it was last told is worth a word.
const GROWTH: u64 = 10;

/// What was said below its issue about a problem.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Told {
    /// When something was last said.
    pub at: Option<DateTime<Utc>>,
    /// How often it had occurred by then.
    pub count: u64,
    /// Whether it had escalated.
    pub is_escalated: bool,
    /// The return that was told.
    pub returned_at: Option<DateTime<Utc>>,
    /// When the issue was first seen closed; cleared when it is open.
    pub closed_at: Option<DateTime<Utc>>,
}

/// Something to be done to an issue, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Wish {
    /// What.
    pub deed: Deed,
    /// Said below the issue, where a word is due.
    pub text: String,
}

impl Wish {
    /// The requests it takes, in order. The word comes last: what matters must not be missing.
    pub fn changes(&self) -> Vec<Change> {
        let word = Change::Comment(self.text.clone());
        match self.deed {
            Deed::Comment => vec![word],
            Deed::Reopen => vec![Change::Reopen, word],
            Deed::Close => vec![Change::Close, word],
        }
    }

    /// What is done, as a verb.
    pub const fn verb(&self) -> &'static str {
        match self.deed {
            Deed::Comment => "comment on",
            Deed::Reopen => "reopen",
            Deed::Close => "close",
        }
    }
}

/// Notes how the issue was found to stand.
pub fn seen(known: &mut Known, issue: &FiledIssue, now: DateTime<Utc>) {
    known.told.closed_at = (!issue.is_open).then(|| known.told.closed_at.unwrap_or(now));
}

/// What the issue of this problem is missing; nothing for one that somebody closed as not planned.
pub fn wish(
    known: &Known,
    issue: &FiledIssue,
    group: &ErrorGroup,
    now: DateTime<Utc>,
) -> Option<Wish> {
    let told = &known.told;
    if issue.is_declined {
        return None;
    }
    let new_return = match group.status {
        Status::Regressed { at } => Some(at).filter(|at| told.returned_at.is_none_or(|t| t < *at)),
        _ => None,
    };
    if !issue.is_open {
        let is_back = group.status.is_open()
            && (new_return.is_some()
                || told.closed_at.is_some_and(|closed| group.last_seen > closed));
        let text = || format!("It came back: {}.", figures(group));
        return is_back.then(|| Wish { deed: Deed::Reopen, text: text() });
    }
    if let Status::Fixed { since } = group.status {
        let text =
            format!("Marked fixed at {} and quiet since, while it was watched.", time(since));
        return Some(Wish { deed: Deed::Close, text });
    }
    if !group.status.is_open() || !known.is_quiet(now) {
        return None;
    }
    let text = if let Some(at) = new_return {
        format!("It was fixed, and came back at {}: {}.", time(at), figures(group))
    } else if group.escalation.is_some() && !told.is_escalated {
        format!("It escalated to {}: {}.", group.severity().as_str(), figures(group))
    } else if told.count > 0 && group.count >= told.count.saturating_mul(GROWTH) {
        format!("It is much more frequent than it was: {}.", figures(group))
    } else {
        return None;
    };
    Some(Wish { deed: Deed::Comment, text })
}

/// Notes how the problem stood when it was filed or first looked at; what is known already stays.
pub fn begin(known: &mut Known, group: &ErrorGroup) {
    if known.told.count == 0 {
        let at = known.told.at;
        note(known, group, group.last_seen);
        known.told.at = at;
    }
}

/// Notes that it is told; on disk before it is sent, so that nothing is ever said twice.
pub fn note(known: &mut Known, group: &ErrorGroup, now: DateTime<Utc>) {
    known.told.at = Some(now);
    known.told.count = group.count;
    known.told.is_escalated = group.escalation.is_some();
    if let Status::Regressed { at } = group.status {
        known.told.returned_at = Some(at);
    }
}

/// Numbers and names, no word of a log.
fn figures(group: &ErrorGroup) -> String {
    let services: Vec<_> =
        group.services.iter().take(10).map(|s| code(s.service.as_str())).collect();
    let plural = if group.count == 1 { "" } else { "s" };
    format!(
        "{} occurrence{plural} in {}, last at {}",
        group.count,
        services.join(", "),
        time(group.last_seen)
    )
}

fn time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ErrorGroup, ServiceCount};

    fn at(hour: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + hour * 3_600, 0).unwrap()
    }

    fn group(status: Status, count: u64, last: i64) -> ErrorGroup {
        let service = ServiceCount { service: "api".into(), count, last_seen: at(last) };
        ErrorGroup {
            status,
            count,
            last_seen: at(last),
            services: vec![service],
            ..crate::cli::issues::tests::group()
        }
    }

    fn known() -> Known {
        let told = Told { count: 2, ..Told::default() };
        Known { title: "x".into(), issue: None, checked_at: at(0), told }
    }

    fn issue(is_open: bool) -> FiledIssue {
        FiledIssue { number: 3, url: "https://x/3".into(), is_open, is_declined: false }
    }

    fn deed(known: &Known, issue: &FiledIssue, group: &ErrorGroup, hour: i64) -> Option<Deed> {
        wish(known, issue, group, at(hour)).map(|wish| wish.deed)
    }

    #[test]
    fn the_issue_follows_the_life_of_its_problem() {
        let back = Status::Regressed { at: at(5) };
        let fixed = Status::Fixed { since: at(4) };
        for (is_open, status, count, last, want) in [
            (true, Status::Ongoing, 2, 5, None),
            (true, Status::Ongoing, 20, 5, Some(Deed::Comment)),
            (true, back.clone(), 3, 5, Some(Deed::Comment)),
            (true, Status::Verifying { since: at(4) }, 2, 3, None),
            (true, fixed.clone(), 2, 3, Some(Deed::Close)),
            (false, fixed, 2, 3, None),
            (false, back, 3, 5, Some(Deed::Reopen)),
            (false, Status::Ongoing, 2, 3, None),
        ] {
            let group = group(status, count, last);
            assert_eq!(deed(&known(), &issue(is_open), &group, 6), want, "{group:?}");
        }
        let mut escalated = group(Status::Ongoing, 3, 5);
        escalated.escalation = Some("many".into());
        assert_eq!(deed(&known(), &issue(true), &escalated, 6), Some(Deed::Comment));
    }

    #[test]
    fn what_was_told_is_not_told_again_and_at_most_once_a_day() {
        let mut known = known();
        let back = group(Status::Regressed { at: at(5) }, 30, 5);
        assert_eq!(deed(&known, &issue(true), &back, 6), Some(Deed::Comment));
        note(&mut known, &back, at(6));
        assert_eq!(deed(&known, &issue(true), &back, 7), None);
        assert_eq!(deed(&known, &issue(true), &back, 60), None, "it is told");
        let often = group(Status::Ongoing, 300, 20);
        assert_eq!(deed(&known, &issue(true), &often, 20), None, "not twice in a day");
        assert_eq!(deed(&known, &issue(true), &often, 31), Some(Deed::Comment));
    }

    #[test]
    fn what_somebody_closed_is_opened_when_it_happens_after_that() {
        let mut known = known();
        seen(&mut known, &issue(false), at(4));
        seen(&mut known, &issue(false), at(9));
        let before = group(Status::Ongoing, 3, 3);
        assert_eq!(deed(&known, &issue(false), &before, 6), None, "old lines open nothing");
        let after = group(Status::Ongoing, 4, 5);
        assert_eq!(deed(&known, &issue(false), &after, 6), Some(Deed::Reopen));
        let declined = FiledIssue { is_declined: true, ..issue(false) };
        assert_eq!(deed(&known, &declined, &after, 6), None, "nobody wants to hear of it");
        seen(&mut known, &issue(true), at(10));
        assert_eq!(known.told.closed_at, None);
    }
}
