//! The help, drawn from the table of keys: this pane's first, searchable, nothing cut.

use super::{
    Scene, field,
    window::{Drawn, Window},
};
use crate::tui::{
    keymap::{Binding, Scope},
    popup::Help,
    theme::Role,
    view::{
        canvas::{Canvas, Words},
        text::{width, wrap},
    },
};
use ratatui::layout::Rect;

/// Columns of the keys, at least.
const KEYS: usize = 6;
/// The narrowest column whose descriptions can be read.
const NARROWEST: u16 = 36;

pub(super) fn draw(canvas: &mut Canvas<'_>, scene: &Scene<'_>, popup: &Help, area: Rect) -> Drawn {
    let search = popup.search.as_str();
    let window = Window {
        title: "Help",
        facts: vec![(Role::Muted, "every key can be changed in the config".to_owned())],
        keys: if popup.is_searching {
            &[("↵", "done"), ("esc", "all keys")]
        } else {
            &[("/", "search"), ("↑↓", "scroll"), ("esc", "close")]
        },
        ..Window::default()
    };
    let columns = area.width.min(120);
    let rows = area.height.saturating_sub(1);
    let (outer, inner) = window.open(canvas, area, columns, rows);
    let has_search = popup.is_searching || !search.is_empty();
    let mut body = inner;
    if has_search {
        canvas.pen(inner, 0).put(Role::Accent, "/");
        let typed = Rect { x: inner.x + 2, width: inner.width.saturating_sub(2), ..inner };
        field::draw(canvas, typed, 0, &popup.search, popup.is_searching);
        body = Rect { y: inner.y + 2, height: inner.height.saturating_sub(2), ..inner };
    }
    let count = (inner.width / (NARROWEST + 1)).clamp(1, 3);
    let gap = 2;
    let each = (inner.width - gap * (count - 1)) / count;
    let sections = sections(scene, search, usize::from(each));
    if sections.is_empty() {
        canvas.pen(body, 0).put(Role::Muted, "No key does that. esc shows all.");
    }
    let stacks = stack(sections, usize::from(count));
    let longest = stacks.iter().map(Vec::len).max().unwrap_or(0);
    let height = usize::from(body.height);
    let most = longest.saturating_sub(height);
    popup.rows.set(most + 1);
    let scroll = popup.scroll.min(most);
    for (at, stack) in stacks.iter().enumerate() {
        let x = body.x + at as u16 * (each + gap);
        let column = Rect { x, width: each, ..body };
        for (y, words) in stack.iter().skip(scroll).take(height).enumerate() {
            put(canvas, column, y as u16, words, search);
        }
    }
    if most > 0 {
        let last = (scroll + height).min(longest);
        let words = vec![(Role::Muted, format!("rows {}-{last} of {longest}", scroll + 1))];
        let used: usize = words.iter().map(|(_, t)| width(t)).sum();
        let y = outer.bottom().saturating_sub(1);
        let foot = Rect { x: outer.x + 2, y, width: used as u16 + 2, height: 1 };
        canvas.words_right(foot, &words, 0);
    }
    Drawn { area: outer, cursor: None }
}

/// Heading and rows of each scope, this pane's first; without the rows that a search does not want.
fn sections(scene: &Scene<'_>, search: &str, columns: usize) -> Vec<Vec<Words>> {
    let here = Scope::of(scene.state.focus);
    let here = if scene.state.search.is_some() { Scope::Search } else { here };
    let mut scopes = vec![here, Scope::Everywhere];
    scopes.extend(Scope::ALL.into_iter().filter(|s| *s != here && *s != Scope::Everywhere));
    let needle = search.trim().to_lowercase();
    scopes
        .into_iter()
        .filter_map(|scope| {
            let bound = |binding: &Binding| {
                binding.keys.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
            };
            let widest = scene.keymap.rows(scope).map(|b| width(&bound(b))).max().unwrap_or(0);
            let rows: Vec<Words> = scene
                .keymap
                .rows(scope)
                .filter(|binding| !binding.keys.is_empty())
                .flat_map(|binding| {
                    let keys = bound(binding);
                    let text = binding.action.description();
                    let is_wanted = needle.is_empty()
                        || text.to_lowercase().contains(&needle)
                        || binding.action.name().contains(&needle)
                        || keys.to_lowercase() == needle;
                    if is_wanted { entry(&keys, text, widest, columns) } else { Vec::new() }
                })
                .collect();
            if rows.is_empty() {
                return None;
            }
            let mut section = vec![vec![(
                if scope == here { Role::FocusTitle } else { Role::Strong },
                scope.title().to_owned(),
            )]];
            if scope == here {
                section[0].push((Role::Muted, "  where you are".to_owned()));
            }
            section.extend(rows);
            Some(section)
        })
        .collect()
}

/// One binding: its keys, then its description in as many rows as it needs.
fn entry(keys: &str, description: &str, widest: usize, columns: usize) -> Vec<Words> {
    let indent = (widest + 3).max(KEYS).min(columns / 2);
    wrap(description, columns.saturating_sub(indent), 4)
        .into_iter()
        .enumerate()
        .map(|(at, part)| {
            let keys = if at == 0 { keys } else { "" };
            let space = " ".repeat(indent.saturating_sub(1 + width(keys)));
            vec![(Role::Key, format!(" {keys}{space}")), (Role::Fg, part.to_owned())]
        })
        .collect()
}

/// Sections in columns of about the same height, in order, an empty row between two.
fn stack(sections: Vec<Vec<Words>>, columns: usize) -> Vec<Vec<Words>> {
    let mut stacks = vec![Vec::new(); columns];
    for section in sections {
        let Some(shortest) = stacks.iter_mut().min_by_key(|stack| stack.len()) else { break };
        if !shortest.is_empty() {
            shortest.push(Words::new());
        }
        shortest.extend(section);
    }
    stacks
}

/// Words along a row, with what was searched for marked in the descriptions.
fn put(canvas: &mut Canvas<'_>, area: Rect, y: u16, words: &Words, search: &str) {
    let needle = search.trim().to_lowercase();
    let mut pen = canvas.pen(area, y);
    for (role, text) in words {
        // Descriptions are ours and ASCII: lower case has the same length.
        let hit = (*role == Role::Fg && !needle.is_empty() && text.is_ascii())
            .then(|| text.to_lowercase().find(&needle))
            .flatten();
        match hit {
            Some(at) => {
                let end = at + needle.len();
                pen.put(*role, &text[..at]).put(Role::Hit, &text[at..end]).put(*role, &text[end..]);
            }
            None => drop(pen.put(*role, text)),
        }
    }
}
