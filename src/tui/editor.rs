//! The issue editor: what is edited of a draft, and where it can go.

use super::line::Line;
use crate::{
    action::TrackerInfo,
    engine::prefilled_url,
    model::{FiledIssue, IssueDraft, SafeText},
};
use ratatui::style::{Modifier, Style};
use tui_textarea::{TextArea, WrapMode};

/// Whether a filed issue was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Lookup {
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
pub(crate) enum Field {
    /// One line.
    Title,
    /// Words, separated by commas.
    Labels,
    /// Markdown.
    Body,
}

impl Field {
    /// The one below; the first after the last.
    pub(crate) const fn next(self) -> Self {
        match self {
            Self::Title => Self::Labels,
            Self::Labels => Self::Body,
            Self::Body => Self::Title,
        }
    }

    /// The one above; the last before the first.
    pub(crate) const fn previous(self) -> Self {
        self.next().next()
    }
}

/// The issue editor.
#[derive(Debug)]
pub(crate) struct Editor {
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
    /// An editor for a draft; nobody has looked yet whether it is filed already.
    pub(crate) fn new(draft: IssueDraft, tracker: TrackerInfo) -> Self {
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
    pub(crate) fn focus(&mut self, field: Field) {
        self.field = field;
        let cursor = if field == Field::Body { Modifier::REVERSED } else { Modifier::empty() };
        self.body.set_cursor_style(Style::new().add_modifier(cursor));
        self.shows_preview &= field == Field::Body;
    }

    /// Replaces the body, as another editor left it.
    pub(crate) fn set_body(&mut self, body: &str) {
        self.body = area(body);
        self.focus(Field::Body);
    }

    /// The draft as it is now.
    pub(crate) fn edited(&self) -> IssueDraft {
        let labels = self.labels.as_str().split(',').map(str::trim).filter(|l| !l.is_empty());
        IssueDraft {
            title: self.title.as_str().trim().to_owned(),
            labels: labels.map(str::to_owned).collect(),
            body: self.body.lines().join("\n"),
            ..self.draft.clone()
        }
    }

    /// Title and body, to be copied or saved.
    pub(crate) fn text(&self) -> String {
        let draft = self.edited();
        format!("# {}\n\n{}", draft.title, draft.body)
    }

    /// The page of the issue that was found, else the form for a new one, filled in as far as an address can.
    ///
    /// `None` where no repository is known.
    pub(crate) fn address(&self) -> Option<SafeText> {
        if let Lookup::Found(issue) = &self.lookup {
            return Some(issue.url.clone());
        }
        prefilled_url(&self.tracker, &self.edited()).map(Into::into)
    }
}

fn area(body: &str) -> TextArea<'static> {
    let mut area = TextArea::new(body.lines().map(str::to_owned).collect());
    area.set_cursor_line_style(Style::new());
    area.set_selection_style(Style::new().add_modifier(Modifier::REVERSED));
    area.set_wrap_mode(WrapMode::WordOrGlyph);
    area
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Fingerprint;

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
            form: std::sync::Arc::default(),
            kind: crate::action::forge::Kind::default(),
            web: "https://github.com".into(),
        };
        Editor::new(draft, tracker)
    }

    #[test]
    fn the_address_fills_in_the_form_and_stays_short() {
        assert_eq!(
            editor("# a\nżb").address().unwrap().as_str(),
            "https://github.com/acme/shop/issues/new?title=%5BCRITICAL%5D%20Database%20%26%20more\
             &labels=bug%2Carea%3Adatabase&body=%23%20a%0A%C5%BCb%0A%0A%3C%21--%20dogwatch%3Afp2%3A0000000000000007%20--%3E"
        );
        let long = editor(&"a line of the log\n".repeat(2_000)).address().unwrap();
        assert!(long.len() <= 8_000 && long.ends_with("0000000000000007%20--%3E"));
        let mut found = editor("");
        let url = "https://github.com/acme/shop/issues/214";
        found.lookup = Lookup::Found(FiledIssue {
            number: 214,
            url: url.into(),
            is_open: true,
            is_declined: false,
        });
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
}
