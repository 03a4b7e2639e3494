//! Everything the encoder writes to, sized by the batch and reused from step to step.

use simvg_kernels::attention::Shape;
use simvg_kernels::cls_attention;
use simvg_kernels::layer_norm::Moments;

use super::drop_path::{self, DropPath};
use crate::config::EncoderConfig;

/// What is kept of one layer for its backward pass. R rows, C width, F hidden width; of a branch only the rows of the
/// samples that go through it.
#[derive(Debug, Default)]
pub(super) struct Kept {
    pub(super) attention_norm: Vec<Moments>,
    /// `[R, 3 C]`.
    pub(super) qkv: Vec<f32>,
    /// `[B, H, T]`.
    pub(super) log_sums: Vec<f32>,
    /// Output of attention `[R, C]`.
    pub(super) attended: Vec<f32>,
    pub(super) inner_norm: Vec<Moments>,
    /// The residual stream after attention `[R, C]`.
    pub(super) middle: Vec<f32>,
    pub(super) ffn_norm: Vec<Moments>,
    /// The feed-forward network before GELU `[R, F]`.
    pub(super) hidden: Vec<f32>,
    pub(super) hidden_norm: Vec<Moments>,
}

/// What is written and read within one branch of a layer; the rows are those of the samples that go through it.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    /// The input of the branch, or the gradient of its input, where not all samples go through it `[R, C]`.
    pub(super) some: Vec<f32>,
    /// A normalised input `[R, C]`.
    pub(super) narrow: Vec<f32>,
    /// The output of a branch, or its gradient `[R, C]`.
    pub(super) branch: Vec<f32>,
    /// The gradient of a normalised input `[R, C]`; training only.
    pub(super) dnarrow: Vec<f32>,
    /// The normalised hidden layer `[R, F]`.
    pub(super) wide: Vec<f32>,
    /// Its gradient `[R, F]`; training only.
    pub(super) dwide: Vec<f32>,
    /// The gradient of queries, keys and values `[R, 3 C]`; training only.
    pub(super) dqkv: Vec<f32>,
}

/// All buffers.
#[derive(Debug)]
pub(super) struct Buffers {
    /// The batch they are sized for.
    pub(super) shape: Shape,
    /// Pixels of all patches of the P pictures `[P N, channels p p]`.
    pub(super) pixels: Vec<f32>,
    /// Embedded patches, or their gradient `[P N, C]`.
    pub(super) patches: Vec<f32>,
    /// The residual stream `[R, C]`: before each layer and after the last; in inference two that take turns.
    pub(super) hidden: Vec<Vec<f32>>,
    /// One entry a layer; in inference only the first is used.
    pub(super) layers: Vec<Kept>,
    /// Drop-path factors of each layer: attention branch, feed-forward branch; `[B]` each.
    pub(super) factors: Vec<[Vec<Option<f32>>; 2]>,
    /// Moments of the last norm.
    pub(super) moments: Vec<Moments>,
    /// Moments of the norm of earlier layers that losses look at.
    pub(super) hidden_moments: Vec<Vec<Moments>>,
    /// Gradient of the residual stream `[R, C]`.
    pub(super) d: Vec<f32>,
    pub(super) scratch: Scratch,
}

impl Default for Buffers {
    fn default() -> Self {
        Self {
            shape: Shape { samples: 0, heads: 0, head_dim: 0, vision: 0, text: 0 },
            pixels: Vec::new(),
            patches: Vec::new(),
            hidden: Vec::new(),
            layers: Vec::new(),
            factors: Vec::new(),
            moments: Vec::new(),
            hidden_moments: Vec::new(),
            d: Vec::new(),
            scratch: Scratch::default(),
        }
    }
}

impl Buffers {
    /// Sizes every buffer for a batch; memory once taken is kept, so alternating shapes cost nothing.
    pub(super) fn fit(&mut self, config: &EncoderConfig, shape: Shape, train: bool) {
        let (rows, width) = (shape.rows(), config.embed);
        self.shape = shape;
        self.hidden.resize_with(if train { config.depth + 1 } else { 2 }, Vec::new);
        self.hidden.iter_mut().for_each(|x| x.resize(rows * width, 0.0));
        self.layers.resize_with(if train { config.depth } else { 1 }, Kept::default);
        self.layers.iter_mut().for_each(|kept| kept.fit(config, shape));
        self.moments.resize(rows, Moments::default());
        self.d.resize(if train { rows * width } else { 0 }, 0.0);
    }

    /// Sizes what is written outside the branches, for all rows again.
    pub(super) fn fit_rows(&mut self) {
        self.scratch.fit(self.shape.rows(), self.shape.width());
    }

    /// Draws which samples skip which branches. Losses look at the scores of the last `guided` layers for every sample,
    /// so there the attention of dropped samples is computed too, and counts nothing.
    pub(super) fn draw_drop_path(&mut self, config: &EncoderConfig, train: Option<DropPath>, guided: usize) {
        let samples = self.shape.samples;
        let draw = |layer| [0, 1].map(|branch| drop_path::factors(config, train, layer, branch, samples));
        self.factors = (0..config.depth).map(draw).collect();
        for [attention, _] in self.factors.iter_mut().rev().take(guided) {
            attention.iter_mut().for_each(|factor| *factor = Some(factor.unwrap_or(0.0)));
        }
    }
}

impl Kept {
    /// Takes the memory that a whole batch needs, so that no later growth doubles it.
    fn fit(&mut self, config: &EncoderConfig, shape: Shape) {
        self.fit_attention(shape);
        self.middle.resize(shape.rows() * config.embed, 0.0);
        self.fit_ffn(shape.rows(), config.ffn);
    }

    /// Sizes what the attention branch writes, for the samples that go through it.
    pub(super) fn fit_attention(&mut self, shape: Shape) {
        let (rows, width) = (shape.rows(), shape.width());
        self.attention_norm.resize(rows, Moments::default());
        self.inner_norm.resize(rows, Moments::default());
        self.qkv.resize(rows * width * 3, 0.0);
        self.log_sums.resize(shape.samples * shape.heads * shape.tokens(), 0.0);
        self.attended.resize(rows * width, 0.0);
    }

    /// The same for the feed-forward branch.
    pub(super) fn fit_ffn(&mut self, rows: usize, hidden: usize) {
        self.ffn_norm.resize(rows, Moments::default());
        self.hidden_norm.resize(rows, Moments::default());
        self.hidden.resize(rows * hidden, 0.0);
    }

    /// Scores of the CLS token over the patches `[B, H, N]`.
    pub(super) fn cls_attention(&self, logits: &mut Vec<f32>, shape: Shape) {
        logits.resize(shape.samples * shape.heads * (shape.vision - 1), 0.0);
        cls_attention::forward(logits, &self.qkv, shape);
    }
}

impl Scratch {
    /// Sizes what both branches use, for so many rows of this width.
    pub(super) fn fit(&mut self, rows: usize, width: usize) {
        self.narrow.resize(rows * width, 0.0);
        self.branch.resize(rows * width, 0.0);
    }
}
