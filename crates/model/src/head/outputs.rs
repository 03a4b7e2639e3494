//! What the head says about a batch, as plain numbers or as tensors on a tape.

use std::collections::BTreeMap;

use crate::features::Features;

/// A matrix of plain numbers; rows are queries, attention rows or patches of all samples, sample by sample.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rows {
    /// Length of a row.
    pub cols: usize,
    /// The rows one after the other.
    pub data: Vec<f32>,
}

impl Rows {
    /// Number of rows.
    pub fn len(&self) -> usize {
        self.data.len().checked_div(self.cols).unwrap_or(0)
    }

    /// True if there is no row.
    pub fn is_empty(&self) -> bool {
        self.data.is_empty()
    }

    /// One row.
    pub fn row(&self, index: usize) -> &[f32] {
        &self.data[index * self.cols..(index + 1) * self.cols]
    }

    /// One row of four, such as a box.
    pub fn quad(&self, index: usize) -> [f32; 4] {
        std::array::from_fn(|i| self.row(index)[i])
    }
}

/// Classes and boxes of one layer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Prediction<X> {
    /// Class logits `[B*Q, K+1]`; the last class is "no object".
    pub logits: X,
    /// Boxes `[B*Q, 4]`: centre x, centre y, width, height, each in 0..1.
    pub boxes: X,
}

impl<X> Prediction<X> {
    /// Applies `f` to both.
    pub fn map<Y>(self, mut f: impl FnMut(X) -> Y) -> Prediction<Y> {
        Prediction { logits: f(self.logits), boxes: f(self.boxes) }
    }
}

/// Everything that losses can be taken of. Lists run over layers and are empty where a branch was not evaluated.
#[derive(Clone, Debug, PartialEq)]
pub struct Outputs<X> {
    /// Decoder branch, one entry a layer.
    pub decoder: Vec<Prediction<X>>,
    /// Token branch, one entry a layer of its perceptron.
    pub token: Vec<Prediction<X>>,
    /// Cross-attention logits `[B*H*Q, N]` of every decoder layer, if guidance asks for them.
    pub attention: Vec<X>,
    /// Logits `[B, N]` of how much of each patch the target covers, if guidance asks for them.
    pub coverage: Option<X>,
    /// Box `[B*N, 4]` that each patch believes in, if guidance asks for it.
    pub patch_boxes: Option<X>,
}

impl<X> Default for Outputs<X> {
    fn default() -> Self {
        Self { decoder: Vec::new(), token: Vec::new(), attention: Vec::new(), coverage: None, patch_boxes: None }
    }
}

impl<X> Outputs<X> {
    /// Applies `f` to every entry, in a fixed order.
    pub fn map<Y>(self, mut f: impl FnMut(X) -> Y) -> Outputs<Y> {
        Outputs {
            decoder: self.decoder.into_iter().map(|p| p.map(&mut f)).collect(),
            token: self.token.into_iter().map(|p| p.map(&mut f)).collect(),
            attention: self.attention.into_iter().map(&mut f).collect(),
            coverage: self.coverage.map(&mut f),
            patch_boxes: self.patch_boxes.map(&mut f),
        }
    }

    /// All entries, in the order of [`Outputs::map`].
    pub fn into_entries(self) -> Vec<X> {
        let mut entries = Vec::new();
        self.map(|x| entries.push(x));
        entries
    }
}

impl Outputs<Rows> {
    /// Appends the samples of `next`, entry by entry.
    pub fn append(&mut self, next: Self) {
        let mut more = next.into_entries().into_iter();
        let own = std::mem::take(self);
        *self = own.map(|mut rows| {
            rows.data.extend(more.next().map(|m| m.data).unwrap_or_default());
            rows
        });
    }

    /// The part of `share` samples of `total`, from sample `first` on.
    pub fn part(&self, first: usize, share: usize, total: usize) -> Self {
        self.clone().map(|rows| {
            let per_sample = rows.data.len() / total;
            Rows { data: rows.data[first * per_sample..(first + share) * per_sample].to_vec(), ..rows }
        })
    }
}

/// Which branches to evaluate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Branches {
    /// The decoder branch.
    pub decoder: bool,
    /// The token branch.
    pub token: bool,
}

impl Branches {
    /// Both branches.
    pub const BOTH: Self = Self { decoder: true, token: true };
}

/// Result of [`super::infer`].
#[derive(Clone, Debug, Default)]
pub struct HeadOutput {
    /// Predictions of all layers; the last one counts.
    pub outputs: Outputs<Rows>,
    /// Intermediate tensors by the names of the golden files, if asked for; those with layers end in `.<layer>`.
    pub trace: BTreeMap<String, Vec<f32>>,
}

/// Result of [`super::train`].
#[derive(Clone, Debug)]
pub struct TrainOutput {
    /// Loss terms by their official names, weighted; `loss_total` is what was differentiated.
    pub losses: Vec<(String, f32)>,
    /// The unweighted terms of every call of the set criterion, in order.
    pub criteria: Vec<Vec<(String, f32)>>,
    /// Gradient of `loss_total` with respect to the features.
    pub feature_grads: Features,
    /// Predictions that the losses were taken of.
    pub outputs: Outputs<Rows>,
}
