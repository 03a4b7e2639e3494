//! One recorded case, read whole and held to its own configuration.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use fs_err as fs;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::tensors::Tensors;
use super::{ParityError, inputs, sizes};
use crate::batch::Batch;
use crate::checkpoint::{Checkpoint, Which};
use crate::config::{Compat, EncoderConfig, HeadConfig, ModelConfig, TextPool};
use crate::model;
use crate::params::Layout;
use crate::trainer::{Optim, Rates};

/// A case in memory. Dropout and drop-path are off in every case, whatever its configuration says.
#[derive(Clone, Debug)]
pub struct Case {
    /// Where it lies.
    pub dir: PathBuf,
    /// The model.
    pub config: ModelConfig,
    /// Settings of the optimizer.
    pub optim: Optim,
    /// Its learning rates.
    pub rates: Rates,
    /// Inputs with their ground truth.
    pub batch: Batch,
    /// Several targets or none (gRefCOCO): all boxes are predicted, with their scores.
    pub several: bool,
    /// Everything that a forward pass computes.
    pub outputs: Tensors,
    /// Loss terms.
    pub losses: Losses,
    /// Gradient of `loss_total` before clipping.
    pub grads: Tensors,
    /// `param.<name>` and `ema.<name>` after the steps.
    pub stepped: Tensors,
    /// 1 where parameters after the steps can be compared; all parameters in byte order of their names.
    pub mask: Vec<f32>,
    /// File whose `ema.<name>` tensors the moving average starts from, instead of the weights.
    pub ema_init: Option<PathBuf>,
}

/// What `losses.json` holds.
#[derive(Clone, Debug, Deserialize)]
pub struct Losses {
    /// Weighted terms by their official names.
    pub losses: BTreeMap<String, f32>,
    /// Calls of the set criterion, in order.
    pub criterion_calls: Vec<Call>,
    /// Parameters without gradient.
    pub none_grads: Vec<String>,
    /// `loss_total` of every step.
    pub loss_total_steps: Vec<f32>,
    /// Gradient norm of every step, before clipping.
    pub grad_norm_steps: Vec<f32>,
}

/// One call of the set criterion.
#[derive(Clone, Debug, Deserialize)]
pub struct Call {
    /// Unweighted terms.
    pub raw: BTreeMap<String, f32>,
}

#[derive(Deserialize)]
struct Settings {
    encoder: EncoderConfig,
    head: HeadConfig,
    metas: Vec<inputs::Meta>,
    text_mask_dtype: MaskType,
    optim: Adam,
    ema_init: Option<String>,
}

/// Type of the padding mask that the official code was given; with `bool` it pools the words as was meant (quirk H2).
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum MaskType {
    Int64,
    Bool,
}

#[derive(Deserialize)]
struct Adam {
    lr: f64,
    lr_vis_enc: f64,
    betas: [f64; 2],
    eps: f64,
    grad_norm_clip: f64,
    ema_alpha: f32,
}

impl Case {
    /// Reads a case.
    ///
    /// # Errors
    /// Where a file is missing, unreadable, or does not fit the others.
    pub fn open(dir: &Path) -> Result<Self, ParityError> {
        let Settings { encoder, head, metas, text_mask_dtype, optim, ema_init } = json(&dir.join("config.json"))?;
        let config = configured(encoder, head, text_mask_dtype);
        let read = |stem: &str| Tensors::read(&dir.join(stem).with_extension("safetensors"));
        sizes::check(&config, &dir.join("config.json"))?;
        let case = Self {
            dir: dir.to_owned(),
            batch: inputs::batch(&config, &metas, &read("inputs")?)?,
            several: metas.iter().any(|meta| meta.target.is_some()),
            config,
            rates: Rates { backbone: optim.lr_vis_enc, head: optim.lr },
            optim: Optim { betas: optim.betas, eps: optim.eps, clip: optim.grad_norm_clip, ema: Some(optim.ema_alpha) },
            outputs: read("outputs")?,
            losses: json(&dir.join("losses.json"))?,
            grads: read("grads")?,
            stepped: read("step3")?,
            mask: read("step3_mask")?.get("mask")?.data.clone(),
            // Such as "../other/step3.safetensors (ema.*)".
            ema_init: ema_init.as_deref().and_then(|path| path.split(' ').next()).map(|path| dir.join(path)),
        };
        case.fits()
    }

    /// Itself, if as many parameters were recorded as the configuration asks for.
    fn fits(self) -> Result<Self, ParityError> {
        let (model, recorded) = (model::layout(&self.config).len(), self.mask.len());
        if model == recorded {
            return Ok(self);
        }
        let reason = format!("{recorded} elements, but config.json describes a model of {model} parameters");
        Err(ParityError::Damaged { path: self.dir.join("step3_mask.safetensors"), reason })
    }

    /// The weights as one buffer of this layout, which may be of a part of the model.
    pub fn params(&self, layout: &Layout) -> Result<Vec<f32>, ParityError> {
        filled(layout, &self.dir.join("weights.safetensors"), Which::Live)
    }

    /// Where the moving average starts.
    pub fn first_average(&self, layout: &Layout) -> Result<Option<Vec<f32>>, ParityError> {
        self.ema_init.as_ref().map(|path| filled(layout, path, Which::Ema)).transpose()
    }
}

fn filled(layout: &Layout, path: &Path, which: Which) -> Result<Vec<f32>, ParityError> {
    let mut values = vec![0.0; layout.len()];
    Checkpoint::load(path)?.copy_into(layout, &mut values, which, false)?;
    if values.iter().all(|x| x.is_finite()) {
        return Ok(values);
    }
    Err(ParityError::Damaged { path: path.to_owned(), reason: "a parameter is not a finite number".into() })
}

fn configured(encoder: EncoderConfig, head: HeadConfig, mask: MaskType) -> ModelConfig {
    let text_pool = match mask {
        MaskType::Int64 => TextPool::LastTwo,
        MaskType::Bool => TextPool::MaskedMax,
    };
    ModelConfig {
        encoder: EncoderConfig { drop_path_rate: 0.0, ..encoder },
        head: HeadConfig { dropout: 0.0, text_pool: Some(text_pool), ..head },
        compat: Compat::Official,
    }
}

fn json<T: DeserializeOwned>(path: &Path) -> Result<T, ParityError> {
    let bytes = fs::read(path)?;
    serde_json::from_slice(&bytes).map_err(|e| ParityError::Damaged { path: path.to_owned(), reason: e.to_string() })
}
