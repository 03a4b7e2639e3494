//! The head of SimVG: from the backbone's features to classes and boxes of both branches, and back to gradients.
//!
//! It runs on dfdx's tape. Shapes: B samples, N patches, L words, C feature width, D head width, H attention heads,
//! Q queries, K classes.

mod attention;
mod dropout;
mod init;
mod layers;
mod layout;
mod network;
mod outputs;
mod parameters;
mod pooling;
mod positions;
pub(crate) mod probes;
mod shard;
pub(crate) mod tape;
mod transformer;

pub use init::init;
pub use layout::{layout, trained};
pub use outputs::{Branches, HeadOutput, Outputs, Prediction, Rows, TrainOutput};

use std::ops::Range;

use crate::batch::Batch;
use crate::config::{Compat, HeadConfig, TextPool};
use crate::features::Features;
use crate::losses;
use crate::params::Layout;
use network::{Mode, Network};
use probes::Probes;
use shard::{Shard, ShardGrads, Step};

const ENCODER: &str = "head.transformer.encoder";
const DECODER: &str = "head.transformer.decoder";
const GENERATION: &str = "head.text_guided_query_generation_transformer";
const PATCH_COVERAGE: &str = "head.guidance.patch_coverage";
const PATCH_BOX: &str = "head.guidance.patch_box";

/// The head with its parameters read, ready for any number of batches.
pub struct Head {
    cfg: HeadConfig,
    network: Network,
    probes: Probes,
    pool: TextPool,
    compat: Compat,
}

impl Head {
    /// Reads the parameters `head.*` of a buffer laid out as `layout`.
    pub fn new(cfg: &HeadConfig, compat: Compat, layout: &Layout, params: &[f32]) -> Self {
        Self {
            cfg: cfg.clone(),
            network: Network::read(cfg, layout, params),
            probes: Probes::read(cfg, layout, params),
            pool: cfg.text_pool.unwrap_or_else(|| compat.into()),
            compat,
        }
    }

    /// Predictions of the branches asked for; nothing else is computed. With `trace` also what lies between.
    pub fn infer(&self, features: &Features, batch: &Batch, branches: Branches, trace: bool) -> HeadOutput {
        let mode = Mode { guidance: false, trace, ..self.mode(branches) };
        shard::infer(&self.network, &Shard::split(features, batch), mode)
    }

    /// Losses of a batch, and their gradients: of the parameters added into `grads`, of the features returned.
    /// `random` is the seed and the step that dropout masks are drawn from; without it there is no dropout.
    pub fn train(
        &self,
        features: &Features,
        batch: &Batch,
        random: Option<(u64, u64)>,
        grads: &mut [f32],
    ) -> TrainOutput {
        let branches =
            Branches { decoder: layout::decoder_is_needed(&self.cfg), token: layout::token_is_trained(&self.cfg) };
        let step = Step { mode: self.mode(branches), rate: self.cfg.dropout, random };
        let shards = Shard::split(features, batch);
        let mut taken = None;
        let results = shard::train(&self.network, &shards, step, |outputs| {
            let mut losses = losses::take(&self.cfg, self.compat, &self.probes, &outputs, features, batch);
            let seeds = std::mem::take(&mut losses.output_grads);
            taken = Some((outputs, losses));
            seeds
        });
        let (outputs, losses) = taken.unwrap_or_default();
        add_gradients(grads, losses.probe_grads);
        let feature_grads = Features {
            cls_attention: losses.cls_attention_grads,
            hidden: losses.hidden_grads,
            ..self.reduce(results, grads)
        };
        TrainOutput { losses: losses.terms, criteria: losses.criteria, feature_grads, outputs }
    }

    fn mode(&self, branches: Branches) -> Mode {
        let g = &self.cfg.guidance;
        let guidance = g.decoder_attention > 0.0 || g.patch_coverage > 0.0 || g.patch_box > 0.0;
        Mode { branches, pool: self.pool, truncated_sine: self.compat == Compat::Official, guidance, trace: false }
    }

    /// Adds parameter gradients shard by shard and strings the feature gradients together.
    fn reduce(&self, results: Vec<ShardGrads>, grads: &mut [f32]) -> Features {
        let mut features = Features::default();
        for result in results {
            let [img, text, cls] = result.features;
            features.img.extend(img);
            features.text.extend(text);
            features.cls.extend(cls);
            add_gradients(grads, result.params);
        }
        features
    }
}

/// Adds gradients of parameters at their places in the flat buffer.
fn add_gradients(grads: &mut [f32], gradients: Vec<(Range<usize>, Vec<f32>)>) {
    for (place, gradient) in gradients {
        grads[place].iter_mut().zip(gradient).for_each(|(sum, g)| *sum += g);
    }
}
