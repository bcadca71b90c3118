//! How much is kept in memory, and which part of it may be plain.

/// How much is kept in memory, all services together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Records.
    pub records: usize,
    /// Bytes that memory really holds: packed lines, plain lines with their bookkeeping, marks, unpacked pages.
    pub bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { records: 1_000_000, bytes: 88 << 20 }
    }
}

impl Limits {
    /// Bytes of plain records over all services, above which the oldest of them are packed.
    pub(super) fn hot(self) -> usize {
        (self.bytes / 11).min(8 << 20)
    }

    /// Bytes of plain records of one service, above which the oldest of them are packed.
    pub(super) fn hot_service(self) -> usize {
        self.hot() / 8
    }

    /// Bytes of unpacked pages that are kept for the next look.
    pub(super) fn pages(self) -> usize {
        (self.bytes / 40).min(2 << 20)
    }

    /// Bytes of everything but the unpacked pages.
    pub(super) fn records_bytes(self) -> usize {
        self.bytes - self.pages()
    }
}
