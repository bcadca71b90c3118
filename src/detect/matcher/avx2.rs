//! Shapes 32 bytes at once where the processor can; the one place of the program with code that the compiler cannot
//! check. [`Block::fill_portably`] gives the same, and the tests compare both.

#![allow(
    unsafe_code,
    reason = "vector loads and stores; every pointer comes from a slice of the right length"
)]

use super::{
    block::{Block, PIECE},
    letters::SMALL,
};
use std::arch::x86_64::{
    __m256i, _mm256_blendv_epi8, _mm256_cmpeq_epi8, _mm256_loadu_si256, _mm256_min_epu8,
    _mm256_movemask_epi8, _mm256_or_si256, _mm256_set1_epi8, _mm256_storeu_si256, _mm256_sub_epi8,
};

/// Shapes a text of at most [`super::block::SEEN`] bytes; `false` where the processor cannot.
#[inline]
pub(super) fn fill(block: &mut Block, text: &[u8]) -> bool {
    if !is_x86_feature_detected!("avx2") {
        return false;
    }
    // SAFETY: the processor has what the function asks for.
    unsafe { fill_here(block, text) };
    true
}

#[target_feature(enable = "avx2")]
fn fill_here(block: &mut Block, text: &[u8]) {
    let (pieces, rest) = text.as_chunks::<PIECE>();
    let mut last = [b' '; PIECE];
    if let Some(last) = last.get_mut(..rest.len()) {
        last.copy_from_slice(rest);
    }
    let (shapes, _) = block.shape.as_chunks_mut::<PIECE>();
    let all = pieces.iter().chain((!rest.is_empty()).then_some(&last));
    for (at, (piece, shape)) in all.zip(shapes).enumerate() {
        // SAFETY: both are arrays of 32 bytes, and neither load nor store asks for alignment.
        let words = unsafe {
            let (small, words) = shape_of(_mm256_loadu_si256(piece.as_ptr().cast()));
            _mm256_storeu_si256(shape.as_mut_ptr().cast(), small);
            words
        };
        block.words[at / 2] |= u64::from(words) << (at % 2 * PIECE);
    }
}

/// The shape of 32 bytes, and a bit for each that is in a word.
#[target_feature(enable = "avx2")]
fn shape_of(bytes: __m256i) -> (__m256i, u32) {
    let all = |byte: u8| _mm256_set1_epi8(byte.cast_signed());
    let small = _mm256_or_si256(bytes, all(SMALL));
    // A byte less the least of a range is, as an unsigned number, not above the range's length.
    let within = |bytes, least: u8, most: u8| {
        let above = _mm256_sub_epi8(bytes, all(least));
        _mm256_cmpeq_epi8(_mm256_min_epu8(above, all(most - least)), above)
    };
    let letters = within(small, b'a', b'z');
    let digits = within(bytes, b'0', b'9');
    let underscores = _mm256_cmpeq_epi8(bytes, all(b'_'));
    let words = _mm256_or_si256(_mm256_or_si256(letters, digits), underscores);
    let shape = _mm256_blendv_epi8(all(b' '), small, words);
    (shape, _mm256_movemask_epi8(words).cast_unsigned())
}
