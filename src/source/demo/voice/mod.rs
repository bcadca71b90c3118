//! How each technology writes: formats true to the original, words of our own.

pub(super) mod data;
pub(super) mod golang;
pub(super) mod jvm;
pub(super) mod life;
pub(super) mod node;
pub(super) mod python;
pub(super) mod web;
