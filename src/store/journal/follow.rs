//! Rows as they are written from some moment on, for somebody who looks on; nothing is locked or held open meanwhile.

use super::{
    catalog::Catalog,
    error::Error,
    fault::{Fault, Faults},
    line::Head,
};
use crate::model::Row;
use std::{
    ops::ControlFlow::{self, Break},
    sync::Arc,
};

/// A place behind the last row that was flushed when it was made; [`super::Reader::follow`] makes one.
#[derive(Debug)]
pub struct Follow {
    catalog: Arc<Catalog>,
    /// The file that was last looked into, and how far, in bytes before compression.
    at: (u64, u64),
    last_id: u64,
}

impl Follow {
    pub(super) fn new(catalog: Arc<Catalog>) -> Result<Self, Error> {
        let (files, _) = catalog.list()?;
        let at = files.last().map_or((0, 0), |file| (file.number, file.index.bytes));
        let last_id = files.iter().map(|file| file.index.max_id).max().unwrap_or_default();
        Ok(Self { catalog, at, last_id })
    }

    /// Number of the last row before those that are still to come.
    pub const fn last_id(&self) -> u64 {
        self.last_id
    }

    /// Gives the rows that were flushed since the last call to `take`, in order of writing, until it breaks; answers
    /// which files were passed over. Costs a look at the folder where nothing is new.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn poll(
        &mut self,
        mut take: impl FnMut(&Row<'_>) -> ControlFlow<()>,
    ) -> Result<Vec<Fault>, Error> {
        let faults = Faults::default();
        let (files, _) = self.catalog.list()?;
        let (number, bytes) = self.at;
        for file in files.into_iter().filter(|file| file.number >= number) {
            let from = if file.number == number { bytes } else { 0 };
            if file.index.bytes <= from {
                continue;
            }
            match self.catalog.read_from(&file, from) {
                Ok(Some((bytes, fault))) => {
                    faults.extend(fault);
                    self.at = (file.number, from + bytes.len() as u64);
                    if self.pass(&bytes, &mut take).is_break() {
                        break;
                    }
                }
                Ok(None) => {}
                Err(error) => {
                    // What is behind it is not held up.
                    self.at = (file.number, file.index.bytes);
                    faults.extend([Fault::of(&self.catalog.path(file.number, file.kind), &error)]);
                }
            }
        }
        Ok(faults.into_vec())
    }

    fn pass(
        &mut self,
        bytes: &[u8],
        take: &mut impl FnMut(&Row<'_>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        for line in bytes.split(|b| *b == b'\n') {
            let Some(head) = Head::of(line).filter(|head| head.position.id.0 > self.last_id) else {
                continue;
            };
            let Ok(row) = serde_json::from_slice::<Row<'_>>(line) else { continue };
            self.last_id = head.position.id.0;
            if take(&row).is_break() {
                return Break(());
            }
        }
        ControlFlow::Continue(())
    }
}
