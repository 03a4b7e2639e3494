//! A matrix to be read.

use std::ops::Range;

/// A slice and how to step through it.
#[derive(Clone, Copy, Debug)]
pub struct Mat<'a> {
    pub(super) data: &'a [f32],
    pub(super) rows: usize,
    pub(super) cols: usize,
    pub(super) row_stride: usize,
    pub(super) col_stride: usize,
}

impl<'a> Mat<'a> {
    /// A row-major matrix without gaps.
    pub fn new(data: &'a [f32], rows: usize, cols: usize) -> Self {
        assert_eq!(data.len(), rows * cols, "matrix of {rows} x {cols}");
        Self { data, rows, cols, row_stride: cols, col_stride: 1 }
    }

    /// Its transpose.
    pub fn t(self) -> Self {
        Self { rows: self.cols, cols: self.rows, row_stride: self.col_stride, col_stride: self.row_stride, ..self }
    }

    /// `rows` rows from `start` on.
    pub fn rows(self, start: usize, rows: usize) -> Self {
        assert!(start + rows <= self.rows, "rows outside the matrix");
        let data = &self.data[(start * self.row_stride).min(self.data.len())..];
        Self { data, rows, ..self }
    }

    /// `cols` columns from `start` on.
    pub fn cols(self, start: usize, cols: usize) -> Self {
        self.t().rows(start, cols).t()
    }

    /// Part of a row whose elements are neighbours in memory.
    pub(super) fn line(&self, row: usize, cols: Range<usize>) -> &'a [f32] {
        debug_assert_eq!(self.col_stride, 1, "neighbours in memory");
        let start = row * self.row_stride;
        &self.data[start + cols.start..start + cols.end]
    }

    /// One element.
    #[cfg(test)]
    pub(super) fn at(&self, row: usize, col: usize) -> f32 {
        self.data[row * self.row_stride + col * self.col_stride]
    }
}
