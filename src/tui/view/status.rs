//! The last row: the keys of the pane that has them, cut from the right, with the help pinned.

use super::{canvas::Canvas, text::width};
use crate::tui::{
    action::Action,
    keymap::{Keymap, Scope},
    message::Target,
    snapshot::Snapshot,
    state::{Pane, State},
    theme::{Ground, Role},
};
use ratatui::layout::Rect;

/// The scope that the hints speak of.
pub(crate) fn scope(state: &State) -> Scope {
    match (&state.search, state.focus) {
        (Some(_), Pane::Problems | Pane::Detail) => Scope::Search,
        (_, pane) => Scope::of(pane),
    }
}

const fn wanted(scope: Scope) -> &'static [Action] {
    match scope {
        Scope::Problems => &[
            Action::Merge,
            Action::Open,
            Action::Restart,
            Action::ToggleFixed,
            Action::FileIssue,
            Action::Mute,
            Action::UndoTriage,
            Action::Search,
            Action::Filter,
            Action::CycleMinimum,
            Action::Why,
            Action::OpenFile,
            Action::CycleSort,
            Action::CycleGroupBy,
            Action::CopyLine,
            Action::Palette,
        ],
        Scope::Logs => &[
            Action::TogglePause,
            Action::Follow,
            Action::NextProblemLine,
            Action::PreviousProblemLine,
            Action::Search,
            Action::Filter,
            Action::CycleMinimum,
            Action::ToggleWrap,
            Action::CopyLine,
            Action::ToggleMark,
            Action::ClearView,
            Action::SaveView,
            Action::Zoom,
            Action::Palette,
        ],
        Scope::Services => &[
            Action::ShowOnly,
            Action::ShowAll,
            Action::Restart,
            Action::Stop,
            Action::Start,
            Action::Bulk,
            Action::Shell,
            Action::PreviousRun,
            Action::Watchdog,
            Action::Up,
            Action::Down,
            Action::Search,
            Action::Zoom,
            Action::Palette,
        ],
        Scope::Categories => &[Action::ShowOnly, Action::ShowAll, Action::Zoom, Action::Palette],
        Scope::Search => &[
            Action::NextHit,
            Action::PreviousHit,
            Action::KeepAsFilter,
            Action::CopyLine,
            Action::Search,
            Action::Back,
        ],
        Scope::Everywhere => &[],
    }
}

/// Draws the hints into one row.
pub(super) fn draw(canvas: &mut Canvas<'_>, state: &State, keymap: &Keymap, snapshot: &Snapshot) {
    let area = snapshot.layout.status;
    if area.is_empty() {
        return;
    }
    let scope = scope(state);
    let help = keymap.key(scope, Action::Help).map(|k| k.to_string()).unwrap_or_default();
    let pinned = width(&help) + 1 + 4 + 1;
    let end = usize::from(area.width).saturating_sub(pinned + 2);
    let mut hints: Vec<(String, &str, Option<Action>)> = Vec::new();
    let is_typing = state.search.as_ref().is_some_and(|s| s.is_typing);
    if is_typing {
        for (key, label) in
            [("↵", "done"), ("↑↓", "hits"), ("^U", "clear"), ("esc", "leave the search")]
        {
            hints.push((key.to_owned(), label, None));
        }
    } else {
        if scope != Scope::Search {
            hints.push(("⇥".to_owned(), "pane", Some(Action::NextPane)));
        }
        for action in wanted(scope) {
            // Only where there is something to merge.
            if *action == Action::Merge && state.marks.is_empty() {
                continue;
            }
            if let Some(key) = keymap.key(scope, *action) {
                hints.push((key.to_string(), label(*action, state, scope), Some(*action)));
            }
        }
    }
    let mut x = 1_usize;
    for (key, label, action) in hints {
        let length = width(&key) + 1 + width(label);
        if x + length + 2 > end {
            let more = canvas.glyphs.more;
            canvas.pen(area, 0).skip(x as u16).put(Role::Muted, more);
            break;
        }
        canvas.pen(area, 0).skip(x as u16).put(Role::Key, &key).skip(1).put(Role::Muted, label);
        if let Some(action) = action {
            let hit = Rect { x: area.x + x as u16, width: length as u16, ..area };
            canvas.hits.add(hit, Target::Action(action));
        }
        x += length + 2;
    }
    if is_typing {
        canvas.theme.lay(canvas.buffer, area, Ground::Panel);
        return;
    }
    let from = usize::from(area.width).saturating_sub(pinned) as u16;
    canvas.pen(area, 0).skip(from).put(Role::Key, &help).skip(1).put(Role::Muted, "help");
    canvas
        .hits
        .add(Rect { x: area.x + from, width: pinned as u16, ..area }, Target::Action(Action::Help));
    canvas.theme.lay(canvas.buffer, area, Ground::Panel);
}

fn label(action: Action, state: &State, scope: Scope) -> &'static str {
    match action {
        Action::TogglePause if !state.logs.is_following() => "go on",
        Action::Open if state.is_zoomed => "close",
        Action::Zoom if state.is_zoomed => "unzoom",
        Action::NextHit if scope == Scope::Search => "next",
        Action::PreviousHit if scope == Scope::Search => "previous",
        action => action.label(),
    }
}
