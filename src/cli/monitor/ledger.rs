//! What is known of the issues of one environment, over many rounds and over restarts.
//!
//! Silence while the services run makes an issue fixed, and the next event makes it one that came back.

use super::{
    issue::{Issue, SCHEMA_VERSION, Stage, State, Stats, Watched, Word},
    trend::Calendar,
};
use crate::{
    model::{ErrorGroup, Fingerprint, RunState, Trend},
    store::Store,
};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeMap;

/// Issues that are kept; those that were not seen for longest are let go first.
const MAX_ISSUES: usize = 2_000;

/// What counts as fixed by itself.
#[derive(Debug, Clone, Copy)]
pub struct Silence {
    /// How long it must be quiet.
    pub after: TimeDelta,
    /// Whether Docker answers, without which silence means nothing.
    pub is_heard: bool,
}

/// Something that became different about an issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What it was; nothing for a new one.
    pub before: Option<Stage>,
    /// How it is now.
    pub issue: Issue,
}

/// The issues of one environment.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    issues: BTreeMap<Fingerprint, Issue>,
    calendar: Calendar,
}

impl Ledger {
    /// What an earlier run left.
    ///
    /// # Errors
    /// Where the text is not a state file of ours.
    pub fn read(text: &str) -> Result<Self, String> {
        let state: State = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if state.schema_version != SCHEMA_VERSION {
            return Err(format!("its schema_version is {}", state.schema_version));
        }
        let known = |issue: Issue| Some((Fingerprint::parse(&issue.id)?, issue));
        let issues = state.issues.into_iter().filter_map(known).collect();
        Ok(Self { issues, calendar: Calendar::new(state.days) })
    }

    /// Looks at all groups and tells what became different, the worst first. `mask` takes the secrets out of foreign
    /// words.
    pub fn look(
        &mut self,
        store: &Store,
        silence: Silence,
        mask: &dyn Fn(&str) -> String,
        now: DateTime<Utc>,
    ) -> Vec<Change> {
        // What became part of another problem is counted there.
        let mut joined: BTreeMap<Fingerprint, u64> = BTreeMap::new();
        self.issues.retain(|id, issue| match store.group(*id) {
            Some(group) if group.fingerprint != *id => {
                *joined.entry(group.fingerprint).or_default() += issue.count;
                false
            }
            _ => true,
        });
        let mut changes = Vec::new();
        for group in store.groups() {
            let before = self.issues.get(&group.fingerprint);
            let quiet_since = silence.is_heard.then(|| quiet_since(group, store)).flatten();
            let is_quiet = quiet_since.is_some_and(|since| now - since >= silence.after);
            let issue = judged(Issue::of(group, mask), before, is_quiet, now);
            let was = before.map(|before| before.state);
            let counted = before.map_or(0, |before| before.count)
                + joined.get(&group.fingerprint).copied().unwrap_or_default();
            self.calendar.count(group.last_seen, fresh(group, counted));
            let is_news = match before {
                None => issue.status != Word::Fixed,
                Some(before) => before.state != issue.state,
            };
            if is_news {
                let change = Change { before: was, issue: issue.clone() };
                self.calendar.tell(&change, now);
                changes.push(change);
            }
            self.issues.insert(group.fingerprint, issue);
        }
        self.let_go();
        changes.sort_by_key(|change| std::cmp::Reverse(change.issue.severity));
        changes
    }

    /// The state file as it is now.
    pub fn state(
        &self,
        environment: &str,
        project: &str,
        watching: Watched,
        now: DateTime<Utc>,
    ) -> State {
        let mut issues: Vec<_> = self.issues.values().cloned().collect();
        issues.sort_by_key(|issue| {
            let is_over = matches!(issue.status, Word::Fixed | Word::NeedsManual);
            (is_over, std::cmp::Reverse((issue.severity, issue.last_seen)))
        });
        let count = |word| issues.iter().filter(|issue| issue.status == word).count();
        let (fixed, failed) = (count(Word::Fixed), count(Word::Failed));
        let stats =
            Stats { total: issues.len(), fixed, failed, pending: issues.len() - fixed - failed };
        State {
            schema_version: SCHEMA_VERSION,
            timestamp: now,
            environment: environment.to_owned(),
            project: project.to_owned(),
            watching,
            issues,
            stats,
            days: self.calendar.list().to_vec(),
        }
    }

    fn let_go(&mut self) {
        while self.issues.len() > MAX_ISSUES {
            let oldest = self.issues.iter().min_by_key(|(_, issue)| issue.last_seen);
            let Some(id) = oldest.map(|(id, _)| *id) else { return };
            self.issues.remove(&id);
        }
    }
}

/// An issue with what was known of it, and what silence says. What triage says stands above that.
fn judged(mut issue: Issue, before: Option<&Issue>, is_quiet: bool, now: DateTime<Utc>) -> Issue {
    if let Some(before) = before {
        issue.sub_agent_id.clone_from(&before.sub_agent_id);
        issue.resolved_at = before.resolved_at;
        issue.resolution.clone_from(&before.resolution);
    }
    let is_judged = matches!(issue.state, Stage::Verifying | Stage::Muted);
    if issue.state == Stage::Resolved {
        issue.resolved_at.get_or_insert(now);
        issue.resolution = Some("marked fixed, and quiet since".to_owned());
        return issue;
    }
    if is_judged {
        return issue;
    }
    match before {
        Some(before) if before.state == Stage::Resolved => {
            if issue.last_seen > before.last_seen {
                issue.resolution =
                    Some(format!("it was fixed, and came back at {}", at(issue.last_seen)));
                issue.put(Stage::Regressed);
            } else {
                issue.put(Stage::Resolved);
            }
            return issue;
        }
        // It came back, and is not gone again.
        Some(before) if before.state == Stage::Regressed => issue.put(Stage::Regressed),
        _ => {}
    }
    if is_quiet {
        issue.resolved_at = Some(now);
        issue.resolution =
            Some(format!("not seen since {}, while its services ran", at(issue.last_seen)));
        issue.put(Stage::Resolved);
    }
    issue
}

/// The events since `counted` of them; of a problem with a past before this day only what its last minutes say.
fn fresh(group: &ErrorGroup, counted: u64) -> u64 {
    if counted == 0 && group.first_seen.date_naive() != group.last_seen.date_naive() {
        let minutes = group.trend.last(Trend::KEPT, group.last_seen);
        return minutes.into_iter().map(u64::from).sum();
    }
    group.count.saturating_sub(counted)
}

/// Since when nothing came although every service of the group ran; `None` where one does not.
fn quiet_since(group: &ErrorGroup, store: &Store) -> Option<DateTime<Utc>> {
    let mut since = group.last_seen;
    for place in &group.services {
        let service = store.service(&place.service)?;
        let running = service.containers.iter().filter(|c| c.state == RunState::Running);
        since = since.max(running.filter_map(|c| c.started_at).max()?);
    }
    Some(since)
}

fn at(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}
