//! The one table of keys: dispatch, help, palette and hints are all read from it.
//!
//! A pane's own keys come before those for everywhere; presets and the user's bindings change the table at start.

use super::{
    action::Action,
    settings::{Preset, Settings},
    state::Pane,
};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use std::fmt;

/// Where a key means what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Scope {
    /// In the problems and in their detail.
    Problems,
    /// In the log.
    Logs,
    /// In the services.
    Services,
    /// In the categories.
    Categories,
    /// Among the hits of a search.
    Search,
    /// In every pane, unless the pane binds the key itself.
    Everywhere,
}

impl Scope {
    /// All, in the order of the help.
    pub(crate) const ALL: [Self; 6] = [
        Self::Problems,
        Self::Logs,
        Self::Services,
        Self::Categories,
        Self::Search,
        Self::Everywhere,
    ];

    /// The heading in the help.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Problems => "Problems",
            Self::Logs => "Logs",
            Self::Services => "Services",
            Self::Categories => "Categories",
            Self::Search => "Search",
            Self::Everywhere => "Everywhere",
        }
    }

    /// The scope of a pane.
    pub(crate) const fn of(pane: Pane) -> Self {
        match pane {
            Pane::Services => Self::Services,
            Pane::Problems | Pane::Detail => Self::Problems,
            Pane::Logs => Self::Logs,
            Pane::Categories => Self::Categories,
        }
    }
}

/// A key with its modifiers, as in the config: `ctrl-p`, `shift-tab`, `R`, `space`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    code: KeyCode,
    modifiers: KeyModifiers,
}

const NAMED: &[(&str, &str, KeyCode)] = &[
    ("enter", "↵", KeyCode::Enter),
    ("esc", "esc", KeyCode::Esc),
    ("tab", "⇥", KeyCode::Tab),
    ("shift-tab", "⇧⇥", KeyCode::BackTab),
    ("space", "space", KeyCode::Char(' ')),
    ("up", "↑", KeyCode::Up),
    ("down", "↓", KeyCode::Down),
    ("left", "←", KeyCode::Left),
    ("right", "→", KeyCode::Right),
    ("pgup", "PgUp", KeyCode::PageUp),
    ("pgdn", "PgDn", KeyCode::PageDown),
    ("home", "Home", KeyCode::Home),
    ("end", "End", KeyCode::End),
    ("backspace", "⌫", KeyCode::Backspace),
    ("delete", "Del", KeyCode::Delete),
];

impl Key {
    /// Reads the notation of the config file; `None` where it is not a key.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if let Some((_, _, code)) = NAMED.iter().find(|(name, ..)| *name == text) {
            return Some(Self { code: *code, modifiers: KeyModifiers::NONE });
        }
        if let Some(rest) = text.strip_prefix("ctrl-").filter(|r| !r.is_empty()) {
            let inner = Self::parse(rest)?;
            return Some(Self { modifiers: inner.modifiers | KeyModifiers::CONTROL, ..inner });
        }
        if let Some(rest) = text.strip_prefix("alt-").filter(|r| !r.is_empty()) {
            let inner = Self::parse(rest)?;
            return Some(Self { modifiers: inner.modifiers | KeyModifiers::ALT, ..inner });
        }
        if let Some(number) = text.strip_prefix('f').and_then(|n| n.parse::<u8>().ok()) {
            return (1..=12)
                .contains(&number)
                .then_some(Self { code: KeyCode::F(number), modifiers: KeyModifiers::NONE });
        }
        let mut chars = text.chars();
        let (Some(c), None) = (chars.next(), chars.next()) else { return None };
        Some(Self { code: KeyCode::Char(c), modifiers: KeyModifiers::NONE })
    }

    /// As a terminal tells it.
    #[cfg(test)]
    pub(crate) fn event(self) -> KeyEvent {
        KeyEvent::new(self.code, self.modifiers)
    }

    /// What was pressed. Shift is part of the character.
    pub(crate) fn of(event: KeyEvent) -> Self {
        let mut modifiers = event.modifiers & (KeyModifiers::CONTROL | KeyModifiers::ALT);
        let code = match event.code {
            KeyCode::Tab if event.modifiers.contains(KeyModifiers::SHIFT) => KeyCode::BackTab,
            KeyCode::Char(c) if modifiers.contains(KeyModifiers::CONTROL) => {
                KeyCode::Char(c.to_ascii_lowercase())
            }
            code => code,
        };
        if code == KeyCode::BackTab {
            modifiers = KeyModifiers::NONE;
        }
        Self { code, modifiers }
    }
}

/// As it is shown: `^P`, `↵`, `R`.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.modifiers.contains(KeyModifiers::ALT) {
            f.write_str("alt-")?;
        }
        if self.modifiers.contains(KeyModifiers::CONTROL) {
            f.write_str("^")?;
        }
        match NAMED.iter().find(|(_, _, code)| *code == self.code) {
            Some((_, shown, _)) => f.write_str(shown),
            None => match self.code {
                KeyCode::F(n) => write!(f, "F{n}"),
                KeyCode::Char(c) if self.modifiers.contains(KeyModifiers::CONTROL) => {
                    write!(f, "{}", c.to_ascii_uppercase())
                }
                KeyCode::Char(c) => write!(f, "{c}"),
                _ => Ok(()),
            },
        }
    }
}

/// One row of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Binding {
    /// Where.
    pub(crate) scope: Scope,
    /// What.
    pub(crate) action: Action,
    /// By which keys; may be empty.
    pub(crate) keys: Vec<Key>,
}

/// The table of this run.
#[derive(Debug, Clone)]
pub(crate) struct Keymap {
    bindings: Vec<Binding>,
}

impl Keymap {
    /// The table of a preset with the user's changes, and a sentence for everything that is wrong with them.
    pub(crate) fn new(settings: &Settings) -> (Self, Vec<String>) {
        let mut troubles = Vec::new();
        let mut bindings: Vec<Binding> = table::DEFAULT
            .iter()
            .map(|(scope, action, keys)| Binding {
                scope: *scope,
                action: *action,
                keys: keys.split(' ').filter_map(Key::parse).collect(),
            })
            .collect();
        let changes = match settings.keys {
            Preset::Default => &[][..],
            Preset::Lnav => table::LNAV,
            Preset::Lazydocker => table::LAZYDOCKER,
        };
        for (scope, action, keys) in changes {
            let keys: Vec<Key> = keys.split(' ').filter_map(Key::parse).collect();
            for other in bindings.iter_mut().filter(|b| b.scope == *scope) {
                other.keys.retain(|k| !keys.contains(k));
            }
            match bindings.iter_mut().find(|b| (b.scope, b.action) == (*scope, *action)) {
                Some(binding) => binding.keys = keys,
                None => bindings.push(Binding { scope: *scope, action: *action, keys }),
            }
        }
        for (name, keys) in &settings.bind {
            let Some(action) = Action::from_name(name) else {
                let near = nearest(name);
                troubles.push(format!("bind.{name}: no such action; did you mean {near}?"));
                continue;
            };
            let mut read = Vec::new();
            for key in keys {
                match Key::parse(key) {
                    Some(key) => read.push(key),
                    None => troubles.push(format!("bind.{name}: {key:?} is not a key")),
                }
            }
            for binding in bindings.iter_mut().filter(|b| b.action == action) {
                binding.keys.clone_from(&read);
            }
        }
        let keymap = Self { bindings };
        troubles.extend(keymap.clashes());
        (keymap, troubles)
    }

    /// What a key means in this scope.
    pub(crate) fn action(&self, scope: Scope, event: KeyEvent) -> Option<Action> {
        let key = Key::of(event);
        let find = |scope| {
            self.bindings
                .iter()
                .find(|b| b.scope == scope && b.keys.contains(&key))
                .map(|b| b.action)
        };
        find(scope).or_else(|| find(Scope::Everywhere))
    }

    /// Whether a key quits at once, whatever is open.
    pub(crate) fn is_quit(&self, event: KeyEvent) -> bool {
        let key = Key::of(event);
        key.modifiers.contains(KeyModifiers::CONTROL)
            && self.bindings.iter().any(|b| b.action == Action::Quit && b.keys.contains(&key))
    }

    /// The rows of one scope, in the order of the table, those without a key too.
    pub(crate) fn rows(&self, scope: Scope) -> impl Iterator<Item = &Binding> {
        self.bindings.iter().filter(move |b| b.scope == scope)
    }

    /// The first key of an action in this scope, else everywhere.
    pub(crate) fn key(&self, scope: Scope, action: Action) -> Option<Key> {
        let find = |scope| {
            self.bindings
                .iter()
                .find(|b| b.scope == scope && b.action == action)?
                .keys
                .first()
                .copied()
        };
        find(scope).or_else(|| find(Scope::Everywhere))
    }

    fn clashes(&self) -> Vec<String> {
        let mut troubles = Vec::new();
        for (at, one) in self.bindings.iter().enumerate() {
            for other in self.bindings[at + 1..].iter().filter(|o| o.scope == one.scope) {
                for key in one.keys.iter().filter(|k| other.keys.contains(k)) {
                    troubles.push(format!(
                        "the key {key} means both {} and {} in {}; the first one wins",
                        one.action.name(),
                        other.action.name(),
                        one.scope.title().to_lowercase(),
                    ));
                }
            }
        }
        troubles
    }
}

fn nearest(name: &str) -> &'static str {
    Action::ALL
        .iter()
        .map(|a| a.name())
        .max_by(|a, b| strsim::jaro(a, name).total_cmp(&strsim::jaro(b, name)))
        .unwrap_or_default()
}

mod table;

#[cfg(test)]
mod tests {
    use super::*;

    fn press(text: &str) -> KeyEvent {
        Key::parse(text).unwrap().event()
    }

    #[test]
    fn every_key_of_the_tables_can_be_read_and_none_clashes() {
        for table in [table::DEFAULT, table::LNAV, table::LAZYDOCKER] {
            for (_, action, keys) in table {
                for key in keys.split(' ').filter(|k| !k.is_empty()) {
                    assert!(Key::parse(key).is_some(), "{action:?} {key}");
                }
            }
        }
        for keys in [Preset::Default, Preset::Lnav, Preset::Lazydocker] {
            let (_, troubles) = Keymap::new(&Settings { keys, ..Settings::default() });
            assert_eq!(troubles, Vec::<String>::new(), "{keys:?}");
        }
    }

    #[test]
    fn nothing_hangs_on_keys_that_terminals_eat() {
        let (keymap, _) = Keymap::new(&Settings::default());
        for binding in &keymap.bindings {
            let eaten = ["ctrl-w", "ctrl-s", "ctrl-q", "ctrl-z"].map(|k| Key::parse(k).unwrap());
            let is_suspend = binding.action == Action::Suspend;
            let has_other =
                binding.keys.is_empty() || binding.keys.iter().any(|k| !eaten.contains(k));
            assert!(has_other || is_suspend, "{binding:?}");
        }
    }

    #[test]
    fn the_pane_comes_before_everywhere() {
        let (keymap, _) = Keymap::new(&Settings::default());
        for (scope, key, want) in [
            (Scope::Problems, "n", Action::NextOccurrence),
            (Scope::Logs, "n", Action::NextHit),
            (Scope::Problems, "m", Action::Mute),
            (Scope::Logs, "m", Action::ToggleMark),
            (Scope::Services, "s", Action::Stop),
            (Scope::Services, "S", Action::Start),
            (Scope::Problems, "s", Action::CycleSort),
            (Scope::Logs, "?", Action::Help),
            (Scope::Logs, "ctrl-c", Action::Quit),
            (Scope::Services, "shift-tab", Action::PreviousPane),
        ] {
            assert_eq!(keymap.action(scope, press(key)), Some(want), "{scope:?} {key}");
        }
    }

    #[test]
    fn shift_is_part_of_the_character() {
        let (keymap, _) = Keymap::new(&Settings::default());
        let event = KeyEvent::new(KeyCode::Char('R'), KeyModifiers::SHIFT);
        assert_eq!(keymap.action(Scope::Problems, event), Some(Action::RestartWhich));
        let event = KeyEvent::new(KeyCode::BackTab, KeyModifiers::SHIFT);
        assert_eq!(keymap.action(Scope::Problems, event), Some(Action::PreviousPane));
    }

    #[test]
    fn the_users_keys_win_and_their_faults_are_named() {
        let bind = [
            ("restart", vec!["ctrl-r"]),
            ("mute", vec!["x"]),
            ("restat", vec!["q"]),
            ("quit", vec!["hyper-q", "ctrl-c"]),
        ];
        let bind = bind
            .into_iter()
            .map(|(n, k)| (n.to_owned(), k.into_iter().map(str::to_owned).collect()))
            .collect();
        let (keymap, troubles) = Keymap::new(&Settings { bind, ..Settings::default() });
        assert_eq!(keymap.action(Scope::Problems, press("ctrl-r")), Some(Action::Restart));
        assert_eq!(keymap.action(Scope::Problems, press("r")), None);
        assert_eq!(
            troubles,
            [
                "bind.quit: \"hyper-q\" is not a key",
                "bind.restat: no such action; did you mean restart?",
                "the key x means both toggle_fixed and mute in problems; the first one wins",
            ]
        );
    }
}
