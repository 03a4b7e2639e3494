//! Which rows of the word table the optimizer must look at.
//!
//! The table is a fifth of a base model, and a batch reads a few dozen of its 64 010 rows. The gradient of all others is
//! zero and stays zero between steps; a row that has never had a gradient is at rest, so that an update would not change
//! a bit of it ([`simvg_kernels::adam`]).

use std::ops::Range;

use crate::batch::Batch;
use crate::params::Layout;
use crate::state::TrainState;

/// Name of the word table.
const TABLE: &str = "vis_enc.beit3.text_embed.weight";

/// The rows of the word table in a flat buffer.
pub(crate) struct Words {
    table: Range<usize>,
    /// Numbers in a row.
    width: usize,
    /// What else is in the buffer.
    others: Vec<Range<usize>>,
    /// Rows that the last batch read, ascending.
    read: Vec<usize>,
    /// For every row, whether it is no longer at rest.
    live: Vec<bool>,
}

impl Words {
    /// The rows that `state` shows to have had a gradient are live.
    pub(crate) fn new(layout: &Layout, state: &TrainState) -> Self {
        let table = layout.get(TABLE).unwrap_or_else(|| panic!("no tensor named {TABLE}"));
        let (rows, width) = (table.shape[0], table.shape[1]);
        let row = |i: usize| table.offset + i * width..table.offset + (i + 1) * width;
        let live = (0..rows).map(|i| !at_rest(state, row(i))).collect();
        Self { table: table.range(), width, others: layout.between(&[table.range()]), read: Vec::new(), live }
    }

    /// Where the table lies.
    pub(crate) fn table(&self) -> Range<usize> {
        self.table.clone()
    }

    /// Notes what a batch reads and zeroes what the batch before it left in the table of `grads`.
    pub(crate) fn start(&mut self, batch: &Batch, grads: &mut [f32]) {
        runs(&self.read, &self.table, self.width).into_iter().for_each(|run| grads[run].fill(0.0));
        let words = batch.ids.iter().zip(&batch.padding).filter(|(_, padding)| **padding == 0);
        self.read = words.map(|(id, _)| *id as usize).collect();
        self.read.sort_unstable();
        self.read.dedup();
        self.read.iter().for_each(|&row| self.live[row] = true);
    }

    /// Everything that may have a gradient from this batch, in ascending order.
    pub(crate) fn with_gradient(&self) -> Vec<Range<usize>> {
        self.around(&self.read)
    }

    /// Everything that is not at rest, in ascending order.
    pub(crate) fn live(&self) -> Vec<Range<usize>> {
        let rows: Vec<usize> = (0..self.live.len()).filter(|&row| self.live[row]).collect();
        self.around(&rows)
    }

    /// These rows of the table, and all of the other tensors.
    fn around(&self, rows: &[usize]) -> Vec<Range<usize>> {
        let mut parts = [&self.others[..], &runs(rows, &self.table, self.width)].concat();
        parts.sort_unstable_by_key(|part| part.start);
        parts
    }
}

/// True if nothing of a row has moved yet.
fn at_rest(state: &TrainState, row: Range<usize>) -> bool {
    let moments = [&state.exp_avg, &state.exp_avg_sq, &state.max_exp_avg_sq];
    let unmoved = moments.iter().all(|m| m[row.clone()].iter().all(|x| *x == 0.0));
    unmoved && state.ema.as_ref().is_none_or(|ema| ema[row.clone()] == state.params[row])
}

/// Where ascending rows of a table lie, neighbours in one piece.
fn runs(rows: &[usize], table: &Range<usize>, width: usize) -> Vec<Range<usize>> {
    let neighbours = rows.chunk_by(|a, b| a + 1 == *b);
    neighbours.map(|run| table.start + run[0] * width..table.start + (run[0] + run.len()) * width).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_a_batch_reads_come_alive() {
        let mut layout = Layout::default();
        layout.push("before", &[3]);
        layout.push(TABLE, &[6, 2]);
        layout.push("after", &[1]);
        let mut state = TrainState::new(vec![1.0; 16], &layout, true);
        state.ema.as_mut().unwrap()[13] = 2.0;
        let mut words = Words::new(&layout, &state);
        assert_eq!(words.live(), [0..3, 13..15, 15..16], "the average of row 5 has moved");
        let mut grads = vec![7.0; 16];
        words.start(&Batch { ids: vec![2, 1, 2, 4], padding: vec![0, 0, 0, 1], ..Batch::default() }, &mut grads);
        assert_eq!(words.with_gradient(), [0..3, 5..9, 15..16]);
        words.start(&Batch { ids: vec![4], padding: vec![0], ..Batch::default() }, &mut grads);
        assert_eq!(grads.iter().filter(|g| **g == 0.0).count(), 4, "rows 1 and 2 are clean again");
        assert_eq!(words.with_gradient(), [0..3, 11..13, 15..16]);
        assert_eq!(words.live(), [0..3, 5..9, 11..15, 15..16]);
    }
}
