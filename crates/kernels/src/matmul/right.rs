//! The right operand of a product, which tasks pack for themselves or which lies packed already.

use std::ops::Range;

use super::buffers;
use super::mat::Mat;
use super::tile::Lanes;

/// The right operand B.
#[derive(Clone, Copy)]
pub(super) enum Right<'a> {
    /// As it is.
    Plain(Mat<'a>),
    /// In strips.
    Packed(Packed<'a>),
}

/// All columns in strips: `[cols / COLS, inner, COLS]`. A strip may have fewer elements than there is space for.
#[derive(Clone, Copy)]
pub(super) struct Packed<'a> {
    pub(super) strips: &'a [u32],
    pub(super) inner: usize,
    pub(super) cols: usize,
}

/// Some strips for a part of the inner dimension.
pub(super) struct Strips<'a> {
    from: &'a [u32],
    /// Elements from the beginning of one to that of the next.
    stride: usize,
    /// Elements of one.
    len: usize,
}

impl<'a> Strips<'a> {
    pub(super) fn get(&self, index: usize) -> &'a [u32] {
        &self.from[index * self.stride..][..self.len]
    }
}

impl Right<'_> {
    pub(super) fn cols(&self) -> usize {
        match self {
            Self::Plain(b) => b.cols,
            Self::Packed(b) => b.cols,
        }
    }

    /// Calls `f` with the strips of these columns, the first of which begins one, for a part of the inner dimension.
    pub(super) fn with_strips<L: Lanes>(&self, cols: Range<usize>, part: Range<usize>, f: impl FnOnce(Strips)) {
        let len = L::steps(part.len()) * L::COLS;
        match self {
            Self::Plain(b) => buffers::with(&buffers::TASK, cols.len().div_ceil(L::COLS) * len, |packed| {
                L::pack_cols(packed, b.rows(part.start, part.len()).cols(cols.start, cols.len()));
                f(Strips { from: packed, stride: len, len });
            }),
            Self::Packed(b) => {
                let from = &b.strips[cols.start * b.inner + part.start / L::NUMBERS * L::COLS..];
                f(Strips { from, stride: b.inner * L::COLS, len });
            }
        }
    }
}

impl<'a> From<Mat<'a>> for Right<'a> {
    fn from(b: Mat<'a>) -> Self {
        Self::Plain(b)
    }
}
