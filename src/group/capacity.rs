//! Which groups to let go of when there are too many: a program that invents a new message for each error must
//! not push the real problems out of memory.
//!
//! The engine asks for victims when the limit is passed, removes them and folds them into the overflow group.

use crate::model::{Category, ErrorGroup, Fingerprint, ServiceCount, StatusKind};
use std::cmp::Reverse;

/// Groups kept in memory.
pub const LIMIT: usize = 2_000;
/// Groups that go at once, so that the next finding does not have to choose again.
const BATCH: usize = LIMIT / 10;

/// The groups to let go, none up to [`LIMIT`] groups. What a person has touched stays (muted, fixed, filed);
/// of the others those seen once go first, and among equals the longest unseen.
pub fn victims<'a>(groups: impl Iterator<Item = &'a ErrorGroup>) -> Vec<Fingerprint> {
    let mut candidates: Vec<_> = groups.collect();
    let excess = candidates.len().saturating_sub(LIMIT);
    if excess == 0 {
        return Vec::new();
    }
    candidates.retain(|group| !is_kept(group) && !is_overflow(group));
    candidates.sort_by_key(|group| (Reverse(group.count == 1), group.last_seen, group.fingerprint));
    candidates.iter().take(excess + BATCH).map(|group| group.fingerprint).collect()
}

/// Whether a person did something about a group that must not be forgotten.
pub fn is_kept(group: &ErrorGroup) -> bool {
    let is_judged = matches!(
        group.status.kind(),
        StatusKind::Muted | StatusKind::Fixed | StatusKind::Verifying
    );
    is_judged || group.issue.is_some()
}

/// Moves the counts of a group that goes into the overflow group of its category, which begins as the group itself.
pub fn fold(overflow: Option<&mut ErrorGroup>, group: ErrorGroup) -> Option<ErrorGroup> {
    let Some(overflow) = overflow else {
        let (fingerprint, template) = super::Grouper::overflow(group.category);
        return Some(ErrorGroup { fingerprint, template, ..group });
    };
    overflow.count = overflow.count.saturating_add(group.count);
    overflow.first_seen = overflow.first_seen.min(group.first_seen);
    overflow.last_seen = overflow.last_seen.max(group.last_seen);
    overflow.base_severity = overflow.base_severity.max(group.base_severity);
    for service in group.services {
        fold_service(&mut overflow.services, service);
    }
    overflow.services.sort_by_key(|s| Reverse(s.count));
    overflow.samples.extend(group.samples.into_iter().take(1));
    while overflow.samples.len() > ErrorGroup::MAX_SAMPLES {
        overflow.samples.remove(1);
    }
    None
}

pub(super) fn fold_service(services: &mut Vec<ServiceCount>, from: ServiceCount) {
    match services.iter_mut().find(|s| s.service == from.service) {
        Some(known) => {
            known.count = known.count.saturating_add(from.count);
            known.last_seen = known.last_seen.max(from.last_seen);
        }
        None => services.push(from),
    }
}

fn is_overflow(group: &ErrorGroup) -> bool {
    Category::ALL.iter().any(|&c| super::Grouper::overflow(c).0 == group.fingerprint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::group::tests::{at, finding};
    use crate::{group::lifecycle, model::MuteUntil};

    fn group(number: u64, count: u64, seen: i64) -> ErrorGroup {
        let finding = finding("x", at(seen));
        let mut group = lifecycle::open(&finding, (Fingerprint(number), "x".into()), at(seen));
        group.count = count;
        group
    }

    #[test]
    fn up_to_the_limit_nothing_goes() {
        let groups: Vec<_> = (0..LIMIT as u64).map(|n| group(n, 1, 0)).collect();
        assert!(victims(groups.iter()).is_empty());
    }

    #[test]
    fn single_old_untouched_groups_go_first() {
        let mut groups: Vec<_> = (0..=LIMIT as u64).map(|n| group(n, 5, 100)).collect();
        groups[7].count = 1;
        groups[8].last_seen = at(50);
        groups[9].last_seen = at(1);
        lifecycle::mute(&mut groups[9], MuteUntil::Forever, at(100));
        let gone = victims(groups.iter());
        assert_eq!(gone.len(), 1 + BATCH);
        assert_eq!(gone[..2], [Fingerprint(7), Fingerprint(8)]);
        assert!(!gone.contains(&Fingerprint(9)));
    }

    #[test]
    fn folding_keeps_the_counts() {
        let mut overflow = fold(None, group(1, 3, 10)).unwrap();
        assert_eq!(overflow.fingerprint, crate::group::Grouper::overflow(overflow.category).0);
        assert!(fold(Some(&mut overflow), group(2, 4, 20)).is_none());
        assert_eq!((overflow.count, overflow.last_seen), (7, at(20)));
        assert!(is_overflow(&overflow));
    }
}
