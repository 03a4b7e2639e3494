//! A whole model: configuration, layout and parameters, ready for inference.

use simvg_kernels::matmul::Precision;

use crate::backbone::{self, Backbone};
use crate::batch::Batch;
use crate::checkpoint::{Checkpoint, CheckpointError, Which};
use crate::config::{InitScheme, ModelConfig};
use crate::head::{self, Branches, Head, HeadOutput};
use crate::held::Held;
use crate::params::Layout;
use crate::phases::Phases;

/// All tensors of a model: backbone first, then head.
pub fn layout(config: &ModelConfig) -> Layout {
    let mut layout = Layout::default();
    backbone::layout(&config.encoder, &mut layout);
    head::layout(&config.head, &mut layout);
    layout
}

/// Fresh parameters in that layout.
pub fn init(config: &ModelConfig, layout: &Layout, seed: u64, scheme: InitScheme) -> Vec<f32> {
    let mut params = vec![0.0; layout.len()];
    backbone::init(&config.encoder, layout, &mut params, seed, scheme);
    head::init(layout, &mut params, seed, scheme);
    params
}

/// A model for inference. Its parameters may be those of a training under way.
pub struct SimVg<'p> {
    config: ModelConfig,
    params: Held<'p>,
    backbone: Backbone,
    head: Head,
}

impl<'p> SimVg<'p> {
    /// A model with these parameters, laid out as [`layout`] says, whose encoder computes its matrix products in this
    /// format. Where it owns them, it puts the encoder's weights into the order that products like best.
    pub fn from_params(config: ModelConfig, params: impl Into<Held<'p>>, precision: Precision) -> Self {
        let (layout, mut params) = (layout(&config), params.into());
        let mut backbone = Backbone::new(&config.encoder, &layout).with_precision(precision);
        let head = Head::new(&config.head, config.compat, &layout, &params);
        if let Held::Mapped(params) = &params {
            params.will_write(&backbone.to_pack());
        }
        if let Some(params) = params.own() {
            backbone.pack(params);
        }
        Self { config, params, backbone, head }
    }

    /// The model in a checkpoint, with the moving average of its parameters where there is one.
    ///
    /// # Errors
    /// Where the checkpoint holds no configuration, or not every tensor of it.
    pub fn from_checkpoint(checkpoint: &Checkpoint, precision: Precision) -> Result<Self, CheckpointError> {
        let config = checkpoint.config()?;
        let layout = layout(&config);
        let mut params = vec![0.0; layout.len()];
        checkpoint.copy_into(&layout, &mut params, Which::Ema, false)?;
        Ok(Self::from_params(config, params, precision))
    }

    /// The same, whose parameters stay in their file where they lie there in the order of [`layout`], as those do that this
    /// program writes: what no text needs is never read. It is for files that nobody writes over while the model lives
    /// ([`simvg_kernels::mapped`] says what would happen), such as those of the store.
    ///
    /// # Errors
    /// As [`Self::from_checkpoint`].
    pub fn map_checkpoint(checkpoint: &Checkpoint, precision: Precision) -> Result<Self, CheckpointError> {
        let config = checkpoint.config()?;
        match checkpoint.map(&layout(&config), Which::Ema) {
            Some(params) => Ok(Self::from_params(config, params, precision)),
            None => Self::from_checkpoint(checkpoint, precision),
        }
    }

    /// The configuration.
    pub fn config(&self) -> &ModelConfig {
        &self.config
    }

    /// Predictions of the branches asked for; nothing else is computed.
    pub fn infer(&mut self, batch: &Batch, branches: Branches) -> HeadOutput {
        self.infer_timed(batch, branches).0
    }

    /// The same, and where the time went.
    pub fn infer_timed(&mut self, batch: &Batch, branches: Branches) -> (HeadOutput, Phases) {
        let mut phases = Phases::default();
        let backbone = &mut self.backbone;
        let features = phases.time(
            |p| &mut p.backbone_forward,
            || match branches.decoder {
                true => backbone.forward(&self.params, batch, None, 0),
                false => backbone.tokens(&self.params, batch),
            },
        );
        let output = phases.time(|p| &mut p.head, || self.head.infer(features, batch, branches, false));
        (output, phases)
    }
}
