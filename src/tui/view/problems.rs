//! The problems: one row each, under headings, with fixed columns.

use super::{
    canvas::{Canvas, Edge, Words},
    empty,
    text::{age, count, fit},
};
use crate::{
    model::StatusKind,
    tui::{
        inbox::Heading,
        layout::Shape,
        message::Target,
        settings::Sort,
        snapshot::{Problem, ProblemRow, Snapshot},
        state::{Pane, State},
        theme::Role,
    },
};
use ratatui::layout::Rect;

/// Draws the pane.
pub(super) fn draw(canvas: &mut Canvas<'_>, state: &State, snapshot: &Snapshot) {
    let edge = edge(canvas, state, snapshot);
    let inner = canvas.pane(snapshot.layout.problems, &edge);
    if inner.is_empty() {
        return;
    }
    if state.inbox.rows().is_empty() {
        empty::draw(canvas, state, snapshot, inner);
        return;
    }
    let columns = Columns::of(inner, snapshot);
    let has_head = inner.height >= 4 && columns.state;
    let top = u16::from(has_head);
    if has_head {
        columns.head(canvas, inner);
    }
    let height = inner.height.saturating_sub(top + snapshot.layout.histogram.height);
    for (row, problem) in snapshot.problems.rows.iter().enumerate().take(usize::from(height)) {
        let y = row as u16 + top;
        let is_selected = snapshot.problems.selected == Some(row);
        match problem {
            ProblemRow::Heading(at, heading, count, is_folded) => {
                self::heading(canvas, inner, y, (heading, *count, *is_folded), is_selected);
                canvas.hit_row(inner, y, Target::Heading(*at));
            }
            ProblemRow::Problem(problem) => {
                columns.row(canvas, inner, y, snapshot, problem, is_selected);
                canvas.hit_row(inner, y, Target::Problem(problem.fingerprint));
            }
        }
        if is_selected {
            canvas.select(inner, y);
        }
    }
    super::histogram::draw(canvas, state, snapshot);
}

fn edge(canvas: &Canvas<'_>, state: &State, snapshot: &Snapshot) -> Edge<'static> {
    let dot = canvas.glyphs.dot;
    let mut left = Words::new();
    for chip in state.filter.chips() {
        left.push((Role::Button, format!(" {chip} ")));
        left.push((Role::Muted, " ".to_owned()));
    }
    if state.filter.minimum > crate::model::Severity::Info {
        left.push((Role::Button, format!(" {} and worse ", state.filter.minimum.as_str())));
    }
    if let Some(visit) = snapshot.last_visit
        && state.summary.unvisited > 0
        && state.filter.since().is_none()
        && snapshot.layout.shape >= Shape::Compact
    {
        let ago = age(visit, snapshot.now);
        left.push((Role::Info, format!("{} new", state.summary.unvisited)));
        left.push((Role::Muted, format!(" since your last visit, {ago} ago ")));
        left.push((Role::Key, "L".to_owned()));
        left.push((Role::Muted, " ".to_owned()));
    }
    if !state.marks.is_empty() && snapshot.layout.shape >= Shape::Compact {
        left.push((Role::Accent, format!("{} {} marked ", canvas.glyphs.mark, state.marks.len())));
        left.push((Role::Key, "J".to_owned()));
        left.push((Role::Muted, " merges ".to_owned()));
    }
    let sort = match state.inbox.sort {
        Sort::Severity => "worst first",
        Sort::Newest => "newest first",
        Sort::Count => "most first",
    };
    let shown = state.inbox.len();
    let all = state.summary.all;
    let mut right = Words::new();
    if state.inbox.is_held() {
        right.push((Role::Warn, "order held".to_owned()));
        right.push((Role::Muted, format!(" {dot} ")));
    }
    right.push((Role::Muted, format!("{sort} {dot} ")));
    let of = if shown == all { format!("{all}") } else { format!("{shown} of {all}") };
    right.push((Role::Muted, of));
    if snapshot.layout.shape == Shape::Tiny {
        right.clear();
    }
    let sums = &state.summary;
    let mut bottom = Words::new();
    for (n, word, role) in [
        (sums.new, "new", Role::Info),
        (sums.regressed, "regressed", Role::Crit),
        (sums.fixed, "fixed", Role::Ok),
        (sums.muted, "muted", Role::Muted),
    ] {
        if n > 0 {
            if !bottom.is_empty() {
                bottom.push((Role::Muted, format!(" {dot} ")));
            }
            bottom.push((role, count(n as u64)));
            bottom.push((Role::Muted, format!(" {word}")));
        }
    }
    Edge {
        pane: Pane::Problems,
        title: "Problems",
        has_focus: state.focus == Pane::Problems,
        left,
        right,
        bottom,
    }
}

/// A heading: its words, how many are under it, and a rule to the right edge.
fn heading(
    canvas: &mut Canvas<'_>,
    inner: Rect,
    y: u16,
    (heading, count, is_folded): (&Heading, usize, bool),
    is_selected: bool,
) {
    let glyphs = canvas.glyphs;
    let role = match heading {
        Heading::Severity(severity) => Role::severity(severity.0),
        Heading::Closed => Role::Muted,
        _ => Role::Strong,
    };
    let mut pen = canvas.pen(inner, y);
    pen.put(Role::Accent, if is_selected { glyphs.cursor } else { " " });
    pen.put(Role::Muted, if is_folded { glyphs.folded } else { glyphs.open }).skip(1);
    pen.put_cut(role, &heading.title()).skip(1).put(Role::Muted, &count.to_string()).skip(1);
    while pen.room() > 1 {
        pen.put(Role::Border, glyphs.rule);
    }
}

/// `+new`, `↺reg`, `~on `.
pub(super) fn status_word(status: StatusKind) -> &'static str {
    match status {
        StatusKind::New => "new",
        StatusKind::Ongoing => "on",
        StatusKind::Regressed => "reg",
        StatusKind::Verifying => "ver",
        StatusKind::Fixed => "fix",
        StatusKind::Muted => "mut",
    }
}

/// The ink of a state.
pub(super) fn status_role(status: StatusKind) -> Role {
    match status {
        StatusKind::New => Role::Info,
        StatusKind::Regressed => Role::Crit,
        StatusKind::Verifying | StatusKind::Fixed => Role::Ok,
        StatusKind::Ongoing | StatusKind::Muted => Role::Muted,
    }
}

/// Which columns there are.
struct Columns {
    state: bool,
    trend: bool,
    service: u16,
    category: bool,
}

impl Columns {
    fn of(inner: Rect, snapshot: &Snapshot) -> Self {
        let width = inner.width;
        Self {
            state: width >= 44,
            trend: width >= 60,
            service: if width >= 44 { snapshot.name_width } else { 0 },
            category: width >= 110,
        }
    }

    fn head(&self, canvas: &mut Canvas<'_>, inner: Rect) {
        let mut pen = canvas.pen(inner, 0);
        pen.skip(1)
            .left(Role::Muted, "sev", 4)
            .left(Role::Muted, "state", 6)
            .right(Role::Muted, "count", 5)
            .skip(1);
        if self.trend {
            pen.left(Role::Muted, "last 8m", 8).skip(1);
        }
        pen.right(Role::Muted, "age", 3)
            .skip(2)
            .left(Role::Muted, "service", self.service + 2)
            .skip(1);
        if self.category {
            pen.left(Role::Muted, "category", 14).skip(1);
        }
        pen.put(Role::Muted, "what");
    }

    fn row(
        &self,
        canvas: &mut Canvas<'_>,
        inner: Rect,
        y: u16,
        snapshot: &Snapshot,
        problem: &Problem,
        is_selected: bool,
    ) {
        let glyphs = canvas.glyphs;
        let is_closed =
            matches!(problem.status, StatusKind::Fixed | StatusKind::Muted | StatusKind::Verifying);
        let mut pen = canvas.pen(inner, y);
        pen.put(Role::Accent, if is_selected { glyphs.cursor } else { " " });
        if is_closed {
            let letter = problem.severity.as_str()[..1].to_uppercase();
            pen.put(Role::Muted, glyphs.severity(problem.severity)).put(Role::Muted, &letter);
        } else {
            pen.severity(glyphs, problem.severity);
        }
        pen.put(Role::Accent, if problem.is_marked { glyphs.mark } else { " " }).skip(1);
        if self.state {
            let role = status_role(problem.status);
            pen.put(role, glyphs.status(problem.status));
            pen.left(role, status_word(problem.status), 5);
            let strong = if is_closed { Role::Muted } else { Role::Strong };
            pen.right(strong, &count(problem.count), 5).skip(1);
        }
        if self.trend {
            let ink = if is_closed { Role::Muted } else { Role::severity(problem.severity) };
            let trend = problem.trend.last(8, snapshot.now);
            let spark = glyphs.sparkline(trend.into_iter().map(f64::from));
            pen.spark(ink, glyphs, &spark, 8).skip(1);
        }
        pen.right(Role::Muted, &age(problem.last_seen, snapshot.now), 3).skip(2);
        if self.service > 0
            && let Some(service) = &problem.service
        {
            let ink = if is_closed { Role::Muted } else { Role::service(snapshot.ink(service)) };
            let end = pen.x() + self.service + 2;
            pen.put(ink, &fit(service.as_str(), usize::from(self.service)));
            if problem.others > 0 && problem.others < 10 {
                pen.put(Role::Muted, &format!("+{}", problem.others));
            }
            pen.goto(end).skip(1);
        }
        if self.category {
            pen.left(Role::Muted, problem.category.slug(), 14).skip(1);
        }
        if let Some(issue) = &problem.issue {
            pen.put(
                if issue.is_open { Role::Accent } else { Role::Muted },
                &format!("#{} ", issue.number),
            );
        }
        pen.template(if is_closed { Role::Muted } else { Role::Fg }, &problem.template);
    }
}
