//! Ways through the screen: focus, zoom, filters, and back again one step at a time.

use crate::{
    model::{Category, Level, ServiceName, Severity},
    tui::{
        filter::Since,
        layout::Shape,
        past::Past,
        popup::Popup,
        state::{Pane, State, World},
    },
};

/// Gives the keys to a pane; where it shares its place it is shown there.
pub(super) fn focus(state: &mut State, pane: Pane) {
    if state.is_zoomed && pane != state.focus {
        state.is_zoomed = state.focus != Pane::Detail || pane != Pane::Problems;
    }
    state.focus = pane;
    if pane != Pane::Problems {
        state.lower = pane;
    }
    state.detail.scroll = 0;
}

/// The next pane in the order of the numbers, of those that can be seen or reached.
pub(super) fn turn(state: &mut State, forward: bool, world: &World<'_>) {
    let layout = state.layout(world.store.services().count());
    let panes: Vec<Pane> = Pane::ALL
        .into_iter()
        .filter(|p| layout.shape != Shape::Standard || *p != Pane::Categories)
        .collect();
    let at = panes.iter().position(|p| *p == state.focus).unwrap_or(0);
    let step = if forward { 1 } else { panes.len() - 1 };
    focus(state, panes[(at + step) % panes.len()]);
}

/// Unwinds one step. Whether there was one.
pub(super) fn back(state: &mut State) -> bool {
    if state.popup.take().is_some() {
        return true;
    }
    if state.search.take().is_some() {
        return true;
    }
    if state.logs.anchor.take().is_some() {
        return true;
    }
    if state.marks.clear() {
        return true;
    }
    if state.is_zoomed {
        state.is_zoomed = false;
        if state.focus == Pane::Detail {
            state.focus = Pane::Problems;
        }
        return true;
    }
    if state.focus == Pane::Logs && !state.logs.is_following() {
        state.logs.cursor = None;
        return true;
    }
    if state.logs.cleared.take().is_some() {
        return true;
    }
    if !state.filter.is_empty() {
        let _ = state.filter.set("");
        refilter(state);
        return true;
    }
    if state.focus != Pane::Problems {
        focus(state, Pane::Problems);
        state.lower = Pane::Detail;
        return true;
    }
    if state.filter.minimum > Severity::Info || state.filter.minimum_level.is_some() {
        state.filter.minimum = Severity::Info;
        state.filter.minimum_level = None;
        refilter(state);
        return true;
    }
    false
}

/// The filter changed: the list may be sorted at once, the log is looked through anew.
pub(super) fn refilter(state: &mut State) {
    state.inbox.unsettle();
    state.logs.index = None;
    state.logs.past = Past::default();
    state.logs.going = None;
    state.logs.seen = 0;
    state.logs.cursor = None;
    state.logs.anchor = None;
}

/// Only this service; where it is the only one already, all.
pub(super) fn show_only_service(state: &mut State, service: &ServiceName) {
    let is_only = state.filter.only_service() == Some(service);
    let word = (!is_only).then(|| format!("svc:{service}"));
    replace(state, &["svc:", "service:"], word);
}

/// Only this category; where it is chosen already, all.
pub(super) fn show_only_category(state: &mut State, category: Category) {
    let word = format!("cat:{}", category.slug());
    let is_only = state.filter.chips().contains(&word);
    replace(state, &["cat:", "category:"], (!is_only).then_some(word));
}

/// Only what is new since the last visit; where that is so already, all.
pub(super) fn toggle_since_visit(state: &mut State) {
    let is_on = state.filter.since() == Some(&Since::Visit);
    replace(state, &["since:"], (!is_on).then(|| "since:visit".to_owned()));
}

/// All services and categories.
pub(super) fn show_all(state: &mut State) {
    replace(state, &["svc:", "service:", "!svc:", "cat:", "category:", "!cat:"], None);
}

fn replace(state: &mut State, prefixes: &[&str], word: Option<String>) {
    let mut words = state.filter.chips();
    words.retain(|w| !prefixes.iter().any(|p| w.starts_with(p)));
    let quoted =
        |w: String| if w.contains(' ') && !w.contains('/') { format!("\"{w}\"") } else { w };
    let source: Vec<String> = words.into_iter().chain(word).map(quoted).collect();
    let _ = state.filter.set(&source.join(" "));
    refilter(state);
}

/// The next minimum: of lines in the log, of problems elsewhere.
pub(super) fn cycle_minimum(state: &mut State) {
    if state.focus == Pane::Logs {
        state.filter.minimum_level = match state.filter.minimum_level {
            None => Some(Level::Warn),
            Some(Level::Warn) => Some(Level::Error),
            Some(Level::Error) => Some(Level::Fatal),
            Some(_) => None,
        };
    } else {
        state.filter.minimum = match state.filter.minimum {
            Severity::Info => Severity::Warning,
            Severity::Warning => Severity::Error,
            Severity::Error => Severity::Critical,
            Severity::Critical => Severity::Info,
        };
    }
    refilter(state);
}

/// Opens a popup.
pub(super) fn open(state: &mut State, popup: Popup) {
    state.popup = Some(popup);
}
