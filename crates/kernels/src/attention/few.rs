//! Attention of a few queries to all keys. In the last layer of an inference nobody looks at most outputs.

use rayon::prelude::*;

use super::gather::scatter;
use super::{Columns, SCRATCH, Shape};
use crate::matmul::Precision;
use crate::matmul::strips::{self, Lanes, with_lanes};
use crate::shared::Shared;

/// As [`super::forward`], with queries apart from keys and values: `out`, `q` `[Rq, C]` of the tokens that `queries`
/// counts, `kv [R, 2 C]` of those that `keys` counts; both are of the same samples and heads.
pub fn forward_few(
    precision: Precision,
    out: &mut [f32],
    q: &[f32],
    kv: &[f32],
    padding: &[u8],
    queries: Shape,
    keys: Shape,
) {
    let width = keys.width();
    assert_eq!((queries.samples, queries.width()), (keys.samples, width), "queries and keys of the same samples");
    assert_eq!([out.len(), q.len()], [queries.rows() * width; 2], "queries and their outputs");
    assert_eq!(kv.len(), keys.rows() * width * 2, "keys and values");
    assert_eq!(padding.len(), keys.samples * keys.text, "padding flags");
    if !out.is_empty() {
        let way = strips::way(precision, queries.tokens());
        with_lanes!(way, L => few_in::<L, { L::COLS }>(out, q, kv, padding, queries, keys));
    }
}

fn few_in<L: Lanes, const C: usize>(
    out: &mut [f32],
    q: &[f32],
    kv: &[f32],
    padding: &[u8],
    queries: Shape,
    keys: Shape,
) {
    let (width, d) = (keys.width(), keys.head_dim);
    let out = Shared::new(out);
    (0..keys.samples * keys.heads).into_par_iter().for_each(|task| {
        let mut scratch = SCRATCH.take();
        let (sample, first) = (task / keys.heads, task % keys.heads * d);
        let one = Columns { stride: width, first, d };
        scratch.rows.find(&keys, sample, padding);
        scratch.rows.queries = (0..queries.tokens()).map(|token| queries.row(sample, token)).collect();
        scratch.load_queries::<L>(q, one, keys.scale());
        scratch.load_keys::<L>(kv, Columns { stride: 2 * width, ..one });
        scratch.load_values::<L>(kv, Columns { stride: 2 * width, first: width + first, d });
        scratch.attend::<L, C>(&mut vec![0.0; queries.tokens()], d);
        scatter(&out, one, &scratch.rows.queries, &scratch.o);
        SCRATCH.set(scratch);
    });
}
