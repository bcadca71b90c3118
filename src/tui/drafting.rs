//! The issue editor for a problem: its draft with secrets masked, before anybody has looked whether it is filed.

use super::{popup::Editor, state::World};
use crate::{
    action::issue::{IssueInput, draft},
    model::{ErrorGroup, Query},
    redact::Redactor,
};
use std::sync::LazyLock;

/// Equal secrets get equal words in all drafts of one run.
static REDACTOR: LazyLock<Redactor> = LazyLock::new(Redactor::new);
/// Lines of context before and after the newest occurrence.
const AROUND: usize = 20;

/// An editor with a fresh draft.
pub(crate) fn editor(group: &ErrorGroup, world: &World<'_>) -> Editor {
    let context = group.newest().map_or_else(Vec::new, |sample| {
        let after = AROUND + sample.lines.len();
        world.store.context(&Query::default(), sample.position, AROUND, after).0
    });
    let service = group.main_service().and_then(|s| world.store.service(s));
    let image = service.and_then(|s| s.containers.first()).map(|c| c.image.to_string());
    let input = IssueInput {
        group,
        context: &context,
        project: &world.capabilities.source.name,
        image: image.as_deref(),
        commit: None,
        now: world.now,
        form: &world.capabilities.tracker.form,
    };
    Editor::new(draft(&input, &|text| REDACTOR.redact(text)), world.capabilities.tracker.clone())
}
