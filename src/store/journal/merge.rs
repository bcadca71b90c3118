//! Rows of several files in one order, with bounded memory.

use super::filter::Hit;
use crate::model::Position;
use std::{cmp::Reverse, collections::BinaryHeap};

/// What met a filter in one file.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The lines of the hits, among others.
    bytes: Vec<u8>,
    hits: Vec<Hit>,
    next: usize,
}

impl Found {
    pub(super) fn new(bytes: Vec<u8>, mut hits: Vec<Hit>) -> Self {
        hits.sort_unstable_by_key(|hit| hit.position);
        let mut found = Self { bytes, hits, next: 0 };
        found.compact();
        found
    }

    /// Lets go of lines that nobody wants where they are most of it.
    fn compact(&mut self) {
        let wanted: usize = self.hits.iter().map(|hit| hit.line.len()).sum();
        if wanted * 2 > self.bytes.len() {
            return;
        }
        let mut bytes = Vec::with_capacity(wanted);
        for hit in &mut self.hits {
            let from = bytes.len();
            bytes.extend_from_slice(&self.bytes[hit.line.clone()]);
            hit.line = from..bytes.len();
        }
        self.bytes = bytes;
    }

    fn position(&self) -> Option<Position> {
        self.hits.get(self.next).map(|hit| hit.position)
    }
}

/// Files whose rows are not all passed on yet.
#[derive(Debug, Default)]
pub(super) struct Merge {
    files: Vec<Found>,
    order: BinaryHeap<Reverse<(Position, usize)>>,
    /// The file whose last row was passed on.
    spent: Option<usize>,
}

impl Merge {
    pub(super) fn add(&mut self, found: Found) {
        let Some(position) = found.position() else { return };
        if self.order.is_empty() {
            self.files.clear();
            self.spent = None;
        }
        self.order.push(Reverse((position, self.files.len())));
        self.files.push(found);
    }

    /// Bytes held.
    pub(super) fn bytes(&self) -> usize {
        self.files.iter().map(|found| found.bytes.len()).sum()
    }

    /// Takes the oldest row where `is_due` says so of its place.
    pub(super) fn next(&mut self, is_due: impl Fn(Position) -> bool) -> Option<&[u8]> {
        if let Some(spent) = self.spent.take().and_then(|at| self.files.get_mut(at)) {
            *spent = Found::default();
        }
        let Reverse((position, at)) = *self.order.peek()?;
        if !is_due(position) {
            return None;
        }
        self.order.pop();
        let found = self.files.get_mut(at)?;
        let line = found.hits.get(found.next)?.line.clone();
        found.next += 1;
        match found.position() {
            Some(next) => self.order.push(Reverse((next, at))),
            None => self.spent = Some(at),
        }
        found.bytes.get(line)
    }

    /// Lets go of the newer half; answers the place of the first row that went.
    pub(super) fn halve(&mut self) -> Option<Position> {
        let rest = |found: &Found| found.hits.get(found.next..).unwrap_or_default().len();
        let mut positions = Vec::with_capacity(self.files.iter().map(rest).sum());
        for found in &self.files {
            positions.extend(found.hits.iter().skip(found.next).map(|hit| hit.position));
        }
        let half = positions.len() / 2;
        if half == 0 {
            return None;
        }
        let (_, cut, _) = positions.select_nth_unstable(half);
        let cut = *cut;
        self.keep_before(cut);
        Some(cut)
    }

    /// Lets go of what stands at `cut` or behind it.
    pub(super) fn keep_before(&mut self, cut: Position) {
        self.order.clear();
        self.spent = None;
        for mut found in std::mem::take(&mut self.files) {
            found.hits.retain(|hit| hit.position < cut);
            found.hits.drain(..found.next.min(found.hits.len()));
            found.next = 0;
            found.compact();
            self.add(found);
        }
    }
}
