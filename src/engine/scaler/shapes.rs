//! What Compose files say of their services, read no oftener than it must be.

use crate::{
    action::scale::Compose,
    model::{Files, SafeText, Service, Shape},
};
use std::{collections::BTreeMap, time::Duration};
use tokio::time::Instant;

/// What one set of files said, by service.
struct Reading {
    files: Files,
    at: Instant,
    said: Result<BTreeMap<String, Shape>, SafeText>,
}

impl Reading {
    fn is_of(&self, files: &Files) -> bool {
        (&self.files.folder, &self.files.compose) == (&files.folder, &files.compose)
    }
}

/// The last reading of each set of files.
#[derive(Default)]
pub(super) struct Shapes(Vec<Reading>);

impl Shapes {
    /// What its files say of a service, as far as they were read within `age`; else they are read, which runs Compose twice.
    pub(super) async fn of(
        &mut self,
        service: &Service,
        compose: &Compose,
        age: Duration,
    ) -> Result<Shape, SafeText> {
        let files = service.containers.first().map(|container| &container.files);
        let files = files.ok_or_else(|| SafeText::from("it has no container"))?;
        self.0.retain(|reading| !reading.is_of(files) || reading.at.elapsed() < age);
        if !self.0.iter().any(|reading| reading.is_of(files)) {
            let said = compose.shapes(files).await;
            self.0.push(Reading { files: files.clone(), at: Instant::now(), said });
        }
        let reading = self.0.iter().find(|reading| reading.is_of(files));
        let said = reading.map(|reading| &reading.said);
        let said = said.ok_or_else(SafeText::default)?.as_ref().map_err(Clone::clone)?;
        let shape = said.get(service.name.as_str()).cloned();
        shape.ok_or_else(|| "it is not in its project's files any more".into())
    }
}
