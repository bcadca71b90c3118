//! What may lie over the screen, and what it knows.
//!
//! While a popup is open, keys go to it: Esc closes, Enter accepts. `update/popup.rs` moves them, `view/dialogs` draws them.

use super::{completion, line::Line, palette::Palette};
use crate::{
    action::TrackerInfo,
    model::{Command, FiledIssue, Fingerprint, IssueDraft, SafeText, ServiceName},
    store::Store,
};
use ratatui::style::{Modifier, Style};
use std::{cell::Cell, fmt::Write as _};
use tui_textarea::{TextArea, WrapMode};

/// What lies over the screen.
#[derive(Debug)]
pub enum Popup {
    /// A question before acting on services.
    Confirm(Confirm),
    /// Which services to restart.
    Pick(Pick),
    /// How long to mute.
    Mute(MuteMenu),
    /// The keys.
    Help(Help),
    /// Every action, service, problem and theme.
    Palette(Palette),
    /// The filter line.
    Filter(FilterLine),
    /// The issue editor.
    Editor(Box<Editor>),
    /// The themes.
    Themes(ThemeList),
    /// All messages of this run; rows scrolled from the newest.
    Messages(usize),
    /// Why this is a problem.
    Why(Fingerprint),
    /// The source cannot be reached.
    Away(Away),
}

/// That the source cannot be reached; since when and why is known to its link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Away;

/// What is to be done to services.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Stop and start.
    Restart,
    /// Stop.
    Stop,
    /// Start.
    Start,
}

impl Verb {
    /// Capitalised, for a question: `Restart`.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Restart => "Restart",
            Self::Stop => "Stop",
            Self::Start => "Start",
        }
    }

    /// As Compose spells it: `restart`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Restart => "restart",
            Self::Stop => "stop",
            Self::Start => "start",
        }
    }
}

/// A question before acting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirm {
    /// What is to be done.
    pub verb: Verb,
    /// To whom, in this order.
    pub services: Vec<ServiceName>,
    /// Who needs them.
    pub dependants: Vec<ServiceName>,
    /// Whether the dependants are restarted too (`d`).
    pub with_dependants: bool,
    /// Whether Enter does it; else Cancel is the default and `y` does it.
    pub enter_accepts: bool,
}

impl Confirm {
    /// All who are touched, in order: those who are needed before those who need them.
    pub fn targets(&self) -> Vec<ServiceName> {
        let more = if self.with_dependants { self.dependants.as_slice() } else { &[] };
        self.services.iter().chain(more).cloned().collect()
    }

    /// What a yes sends.
    pub fn command(&self) -> Command {
        match self.verb {
            Verb::Restart => Command::Restart(self.targets()),
            // Those who need the others go first.
            Verb::Stop => Command::Stop(self.targets().into_iter().rev().collect()),
            Verb::Start => Command::Start(self.targets()),
        }
    }
}

/// Services with check marks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pick {
    /// All services and whether they are chosen.
    pub rows: Vec<(ServiceName, bool)>,
    /// The row of the cursor.
    pub at: usize,
}

impl Pick {
    /// Those with a check mark.
    pub fn chosen(&self) -> Vec<ServiceName> {
        self.rows.iter().filter(|(_, is_chosen)| *is_chosen).map(|(s, _)| s.clone()).collect()
    }
}

/// How long to mute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MuteMenu {
    /// Which problem.
    pub fingerprint: Fingerprint,
    /// The row of the cursor in [`MuteMenu::ROWS`].
    pub at: usize,
}

impl MuteMenu {
    /// The choices.
    pub const ROWS: [&str; 5] =
        ["until it escalates", "for 1 hour", "for 1 day", "until 100 more", "for ever"];
}

/// The help.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Help {
    /// Words to look for.
    pub search: Line,
    /// Whether the search line has the keys.
    pub is_searching: bool,
    /// Rows scrolled.
    pub scroll: usize,
    /// How far it can be scrolled and one more, as last drawn.
    pub rows: Cell<usize>,
}

/// The filter line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FilterLine {
    /// What was typed; it is applied while typing.
    pub input: Line,
    /// What is wrong with it.
    pub error: Option<SafeText>,
    /// What it was before, for Esc.
    pub before: String,
    /// Words that may stand in place of the last one.
    pub completions: Vec<String>,
    /// Which of them stands there.
    pub completion: Option<usize>,
}

impl FilterLine {
    /// A line to go on with.
    pub fn new(source: &str, store: &Store) -> Self {
        let text = if source.is_empty() { String::new() } else { format!("{source} ") };
        let mut line =
            Self { input: Line::new(text), before: source.to_owned(), ..Self::default() };
        line.complete(store);
        line
    }

    /// Looks for words that may stand in place of the last one.
    pub fn complete(&mut self, store: &Store) {
        self.completions = completion::words(self.input.as_str(), store);
        self.completion = None;
    }

    /// Puts the next or the previous of them there.
    pub fn next_completion(&mut self, step: isize) {
        let len = self.completions.len();
        if len == 0 {
            return;
        }
        let at = match self.completion {
            None if step < 0 => len - 1,
            None => 0,
            Some(at) => (at + len).saturating_add_signed(step) % len,
        };
        self.completion = Some(at);
        self.input = Line::new(completion::put(self.input.as_str(), &self.completions[at]));
    }
}

/// The themes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThemeList {
    /// Names.
    pub names: Vec<String>,
    /// The row of the cursor; its theme is tried at once.
    pub at: usize,
    /// The theme to go back to on Esc.
    pub before: String,
}

/// Whether a filed issue was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup {
    /// Not yet known.
    Looking,
    /// There is none.
    None,
    /// This one.
    Found(FiledIssue),
    /// It cannot be known, and why.
    Failed(SafeText),
}

/// Which field of the editor has the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// One line.
    Title,
    /// Words, separated by commas.
    Labels,
    /// Markdown.
    Body,
}

impl Field {
    /// The one below; the first after the last.
    pub const fn next(self) -> Self {
        match self {
            Self::Title => Self::Labels,
            Self::Labels => Self::Body,
            Self::Body => Self::Title,
        }
    }

    /// The one above; the last before the first.
    pub const fn previous(self) -> Self {
        self.next().next()
    }
}

/// The issue editor.
#[derive(Debug)]
pub struct Editor {
    /// As drafted; its texts are replaced by what was edited when it is sent.
    pub draft: IssueDraft,
    /// One line.
    pub title: Line,
    /// Separated by commas.
    pub labels: Line,
    /// Markdown.
    pub body: TextArea<'static>,
    /// Which has the keys.
    pub field: Field,
    /// Whether there is one already.
    pub lookup: Lookup,
    /// Whether it is on its way.
    pub is_sending: bool,
    /// Whether the preview is shown, where there is no room for both.
    pub shows_preview: bool,
    /// Where it goes.
    pub tracker: TrackerInfo,
}

impl Editor {
    /// Longest address that browsers and GitHub take.
    const MAX_ADDRESS: usize = 7_000;

    /// An editor for a draft; nobody has looked yet whether it is filed already.
    pub fn new(draft: IssueDraft, tracker: TrackerInfo) -> Self {
        let mut editor = Self {
            title: Line::new(draft.title.clone()),
            labels: Line::new(draft.labels.join(", ")),
            body: area(&draft.body),
            field: Field::Title,
            lookup: Lookup::Looking,
            is_sending: false,
            shows_preview: false,
            tracker,
            draft,
        };
        editor.focus(Field::Title);
        editor
    }

    /// Gives the keys to a field.
    pub fn focus(&mut self, field: Field) {
        self.field = field;
        let cursor = if field == Field::Body { Modifier::REVERSED } else { Modifier::empty() };
        self.body.set_cursor_style(Style::new().add_modifier(cursor));
        self.shows_preview &= field == Field::Body;
    }

    /// Replaces the body, as another editor left it.
    pub fn set_body(&mut self, body: &str) {
        self.body = area(body);
        self.focus(Field::Body);
    }

    /// The draft as it is now.
    pub fn edited(&self) -> IssueDraft {
        let labels = self.labels.as_str().split(',').map(str::trim).filter(|l| !l.is_empty());
        IssueDraft {
            title: self.title.as_str().trim().to_owned(),
            labels: labels.map(str::to_owned).collect(),
            body: self.body.lines().join("\n"),
            ..self.draft.clone()
        }
    }

    /// Title and body, to be copied or saved.
    pub fn text(&self) -> String {
        let draft = self.edited();
        format!("# {}\n\n{}", draft.title, draft.body)
    }

    /// The page of the issue that was found, else the form for a new one, filled in as far as an address can.
    ///
    /// `None` where no repository is known.
    pub fn address(&self) -> Option<SafeText> {
        if let Lookup::Found(issue) = &self.lookup {
            return Some(issue.url.clone());
        }
        let repository = self.tracker.repository.as_ref()?;
        let draft = self.edited();
        let mut address = format!("{}/{repository}/issues/new?title=", self.tracker.web);
        encode(&mut address, &draft.title);
        address.push_str("&labels=");
        encode(&mut address, &draft.labels.join(","));
        address.push_str("&body=");
        for line in draft.body.split_inclusive('\n') {
            let before = address.len();
            encode(&mut address, line);
            if address.len() > Self::MAX_ADDRESS {
                address.truncate(before);
                break;
            }
        }
        Some(address.into())
    }
}

fn area(body: &str) -> TextArea<'static> {
    let mut area = TextArea::new(body.lines().map(str::to_owned).collect());
    area.set_cursor_line_style(Style::new());
    area.set_selection_style(Style::new().add_modifier(Modifier::REVERSED));
    area.set_wrap_mode(WrapMode::WordOrGlyph);
    area
}

/// Percent-encodes all but the characters that no part of an address gives a meaning to.
fn encode(out: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn editor(body: &str) -> Editor {
        let draft = IssueDraft {
            fingerprint: Fingerprint(7),
            title: "[CRITICAL] Database & more".to_owned(),
            body: body.to_owned(),
            labels: vec!["bug".to_owned(), "area:database".to_owned()],
            masked: 2,
        };
        let tracker = TrackerInfo {
            repository: Some("acme/shop".into()),
            is_signed_in: false,
            web: "https://github.com".into(),
        };
        Editor::new(draft, tracker)
    }

    #[test]
    fn the_address_fills_in_the_form_and_stays_short() {
        assert_eq!(
            editor("# a\nżb").address().unwrap().as_str(),
            "https://github.com/acme/shop/issues/new?title=%5BCRITICAL%5D%20Database%20%26%20more\
             &labels=bug%2Carea%3Adatabase&body=%23%20a%0A%C5%BCb"
        );
        let long = editor(&"a line of the log\n".repeat(2_000)).address().unwrap();
        assert!(long.len() <= Editor::MAX_ADDRESS && long.ends_with("%0A"));
        let mut found = editor("");
        let url = "https://github.com/acme/shop/issues/214";
        found.lookup = Lookup::Found(FiledIssue { number: 214, url: url.into(), is_open: true });
        assert_eq!(found.address().unwrap().as_str(), url);
        let mut nowhere = editor("");
        nowhere.tracker.repository = None;
        assert_eq!(nowhere.address(), None);
    }

    #[test]
    fn what_was_edited_is_sent() {
        let mut editor = editor("one\ntwo");
        editor.labels = Line::new(" bug, , p1 ");
        editor.set_body("three");
        let draft = editor.edited();
        assert_eq!(draft.labels, ["bug", "p1"]);
        assert_eq!(draft.body, "three");
        assert_eq!((draft.fingerprint, draft.masked), (Fingerprint(7), 2));
    }

    #[test]
    fn those_who_need_others_stop_first_and_start_last() {
        let mut confirm = Confirm {
            verb: Verb::Restart,
            services: vec!["db".into()],
            dependants: vec!["api".into(), "web".into()],
            with_dependants: false,
            enter_accepts: true,
        };
        assert_eq!(confirm.command(), Command::Restart(vec!["db".into()]));
        confirm.with_dependants = true;
        let all: Vec<ServiceName> = vec!["db".into(), "api".into(), "web".into()];
        assert_eq!(confirm.command(), Command::Restart(all.clone()));
        confirm.verb = Verb::Stop;
        assert_eq!(confirm.command(), Command::Stop(all.into_iter().rev().collect()));
    }
}
