//! Makes a row harmless: the journal holds only such text, but a file that somebody else wrote may hold anything.

use crate::model::{Row, SafeText};
use std::borrow::Cow;

/// The same row without what could harm whoever reads it.
pub(super) fn harmless<'a>(row: &'a Row<'_>) -> Row<'a> {
    let mut row = borrowed(row);
    let is_new = |text: &mut Cow<'_, str>| {
        let safe = SafeText::from(&**text);
        let is_new = safe.as_str() != &**text;
        if is_new {
            *text = Cow::Owned(safe.to_string());
        }
        is_new
    };
    is_new(&mut row.service);
    is_new(&mut row.container);
    if is_new(&mut row.text) {
        row.message_at = 0;
        row.redacted.clear();
    }
    if !row.fields.is_empty() {
        let fields = std::mem::take(&mut row.fields);
        row.fields = fields
            .into_iter()
            .map(|(mut name, mut value)| {
                is_new(&mut name);
                is_new(&mut value);
                (name, value)
            })
            .collect();
    }
    row
}

/// The same row, with the same bytes.
fn borrowed<'a>(row: &'a Row<'_>) -> Row<'a> {
    Row {
        service: (&*row.service).into(),
        container: (&*row.container).into(),
        text: (&*row.text).into(),
        fields: row
            .fields
            .iter()
            .map(|(name, value)| ((&**name).into(), (&**value).into()))
            .collect(),
        redacted: row.redacted.clone(),
        ..*row
    }
}
