//! Packing plain lines in three steps, so that nobody waits for the compressor: what is to be packed is chosen under a
//! short look, packed under no lock, and put in its place under a short write.

use super::block::{Block, Entry, Packer};
use crate::model::ServiceName;
use std::sync::{Arc, Mutex, PoisonError};

/// Plain lines of one service that are to be packed, chosen by [`super::Store::packing`]. They stay where they are.
#[derive(Debug)]
pub struct Packing {
    pub(super) service: ServiceName,
    pub(super) plan: Plan,
    pub(super) packer: Arc<Mutex<Packer>>,
}

/// What [`Packing::pack`] made; [`super::Store::put_packed`] puts it in the place of the plain lines.
#[derive(Debug)]
pub struct Packed {
    pub(super) service: ServiceName,
    pub(super) plan: Plan,
    pub(super) blocks: Vec<Block>,
}

/// What one timeline would pack next.
#[derive(Debug)]
pub(super) struct Plan {
    /// A block that the lines go into; it is packed again with them.
    pub(super) block: Option<Arc<Block>>,
    /// The first of the plain lines, as they were marked when they were chosen.
    pub(super) plain: Vec<Entry>,
    /// Whether they are late ones, which belong among those of the block.
    pub(super) is_late: bool,
}

impl Packing {
    /// Packs: about 0.3 ms, under no lock of the store.
    #[must_use]
    pub fn pack(self) -> Packed {
        let mut packer = self.packer.lock().unwrap_or_else(PoisonError::into_inner);
        let blocks = self.plan.pack(&mut packer);
        drop(packer);
        Packed { service: self.service, plan: self.plan, blocks }
    }
}

impl Plan {
    pub(super) fn pack(&self, packer: &mut Packer) -> Vec<Block> {
        let mut entries = self.block.as_ref().map_or_else(Vec::new, |block| packer.unpack(block));
        entries.extend(self.plain.iter().cloned());
        if self.is_late {
            entries.sort_by_key(|e| e.record.position());
        }
        packer.pack_all(&entries)
    }
}
