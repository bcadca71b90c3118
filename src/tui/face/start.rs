//! What the terminal and the settings decide at the start.

use crate::tui::{
    colour::Depth,
    message::{Note, NoteKind},
    settings::{Settings, Symbols},
    theme::{Kind, Theme},
};

/// The theme of the settings at this depth; where it cannot be read, `dark` and a note that says why.
pub(in crate::tui) fn first_theme(
    settings: &Settings,
    kind: Kind,
    depth: Depth,
    notes: &mut Vec<Note>,
) -> Theme {
    let name = match (settings.theme.as_str(), kind) {
        ("auto", Kind::Light) => "light",
        ("auto", Kind::Dark) => "dark",
        (name, _) => name,
    };
    let loaded = Theme::load(name, settings.folder.as_deref()).or_else(|error| {
        notes.push(Note::new(NoteKind::Warning, error.to_string()));
        Theme::load("dark", None)
    });
    loaded.map_or_else(|_| Theme::mono(), |theme| theme.at_depth(depth))
}

/// Whether nothing beyond ASCII may be drawn.
pub(in crate::tui) fn is_ascii(symbols: Symbols, var: impl Fn(&str) -> Option<String>) -> bool {
    match symbols {
        Symbols::Unicode => false,
        Symbols::Ascii => true,
        Symbols::Auto => {
            let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
                .into_iter()
                .find_map(|name| var(name).filter(|v| !v.is_empty()));
            locale.is_some_and(|locale| {
                let locale = locale.to_ascii_lowercase();
                !locale.contains("utf-8") && !locale.contains("utf8")
            })
        }
    }
}
