//! Unpacked blocks that were looked at last, so that the next look at the same place costs nothing.

use super::{
    block::{Block, Unpacker},
    columns::Columns,
};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

/// The text of a block, and where its lines begin.
#[derive(Debug)]
pub(super) struct Text {
    text: Box<str>,
    /// One more than lines.
    starts: Box<[u32]>,
}

impl Text {
    fn new(text: &str) -> Self {
        let ends = memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at as u32 + 1);
        Self { starts: std::iter::once(0).chain(ends).collect(), text: text.into() }
    }

    /// All lines, each ended by a line feed.
    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// One line.
    pub(super) fn line(&self, at: usize) -> Option<&str> {
        let (start, end) = (*self.starts.get(at)? as usize, *self.starts.get(at + 1)? as usize);
        self.text.get(start..end - 1)
    }

    fn bytes(&self) -> usize {
        self.text.len() + size_of_val(&*self.starts)
    }
}

/// Unpacked blocks, bounded by bytes; readers on several threads share them.
#[derive(Debug)]
pub(super) struct Pages {
    shelf: Mutex<Shelf>,
    limit: usize,
}

#[derive(Debug)]
struct Shelf {
    unpacker: Unpacker,
    /// The last used at the end.
    texts: VecDeque<(u64, Arc<Text>)>,
    columns: VecDeque<(u64, Arc<Columns>)>,
    bytes: usize,
}

impl Pages {
    /// Keeps at most `limit` bytes; a larger page is made, and not kept.
    pub(super) fn new(limit: usize) -> Self {
        let shelf = Shelf {
            unpacker: Unpacker::new(),
            texts: VecDeque::new(),
            columns: VecDeque::new(),
            bytes: 0,
        };
        Self { shelf: Mutex::new(shelf), limit }
    }

    /// The text of a block.
    pub(super) fn text(&self, block: &Block) -> Arc<Text> {
        let mut kept = self.shelf.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = find(&mut kept.texts, block.serial) {
            return found;
        }
        let text = Arc::new(Text::new(kept.unpacker.text(block)));
        if kept.make_room(text.bytes(), self.limit) {
            kept.texts.push_back((block.serial, Arc::clone(&text)));
        }
        text
    }

    /// What stands beside the text of a block.
    pub(super) fn columns(&self, block: &Block) -> Arc<Columns> {
        let mut kept = self.shelf.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = find(&mut kept.columns, block.serial) {
            return found;
        }
        let columns = Arc::new(kept.unpacker.columns(block));
        if kept.make_room(columns.bytes(), self.limit) {
            kept.columns.push_back((block.serial, Arc::clone(&columns)));
        }
        columns
    }

    /// Bytes in memory.
    pub(super) fn bytes(&self) -> usize {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner).bytes
    }
}

impl Shelf {
    /// Makes room for so many bytes and counts them; `false` where there is never so much room.
    fn make_room(&mut self, bytes: usize, limit: usize) -> bool {
        if bytes > limit {
            return false;
        }
        // Text takes more than the rest, and is used for fewer looks: it goes first, down to one.
        while self.bytes + bytes > limit {
            let columns_first = self.texts.len() <= 1 && !self.columns.is_empty();
            let freed = if columns_first {
                self.columns.pop_front().map_or(0, |(_, columns)| columns.bytes())
            } else {
                self.texts.pop_front().map_or(self.bytes, |(_, text)| text.bytes())
            };
            self.bytes = self.bytes.saturating_sub(freed);
        }
        self.bytes += bytes;
        true
    }
}

fn find<T>(pages: &mut VecDeque<(u64, Arc<T>)>, serial: u64) -> Option<Arc<T>> {
    let at = pages.iter().rposition(|(known, _)| *known == serial)?;
    let page = pages.remove(at)?;
    let found = Arc::clone(&page.1);
    pages.push_back(page);
    Some(found)
}
