//! What a training stage can be told, as it stands in its canonical parameters.

use crate::precision;
use crate::preprocess::Preprocess;
use serde::Deserialize;
use serde_json::Value;
use simvg_datasets::loader;
use simvg_model::config::{BranchLossWeight, Guidance, InitScheme, ModelConfig};
use simvg_model::schedule::{Decay, Schedule};

/// All parameters of a training stage; `fields` documents each.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainOptions {
    pub data: Value,
    pub model: ModelChoice,
    pub init: Option<Value>,
    pub init_from: WeightSet,
    pub init_scheme: InitScheme,
    pub seed: u64,
    pub train_split: String,
    pub val_split: Option<String>,
    pub val_limit: usize,
    pub tokenizer: String,
    pub max_token: usize,
    pub pad_to_max: bool,
    pub blind_text: bool,
    pub mean: [f32; 3],
    pub std: [f32; 3],
    pub jitter: Option<Jitter>,
    pub grouping: Grouping,
    pub epochs: usize,
    pub batch: usize,
    pub lr: f64,
    pub backbone_lr_ratio: f64,
    pub warmup_epochs: f64,
    pub decay: DecayKind,
    pub decay_epochs: Vec<usize>,
    pub decay_ratio: f64,
    pub betas: [f64; 2],
    pub eps: f64,
    pub clip: f64,
    pub ema: Option<f32>,
    pub evaluate_from: usize,
    pub branch_loss_weight: Value,
    pub guidance: Value,
    pub precision: precision::Choice,
    pub cache_mib: usize,
    pub threads: usize,
    pub checkpoint_minutes: Option<f64>,
    pub live_checkpoints: usize,
}

/// A preset and what differs from it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelChoice {
    pub preset: String,
    pub encoder: Value,
    pub head: Value,
    pub compat: Option<simvg_model::config::Compat>,
}

/// Large-scale jitter: range of the random scale.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Jitter {
    pub min: f64,
    pub max: f64,
}

/// Which samples may share a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Grouping {
    Any,
    Orientation,
    Group,
}

impl From<Grouping> for loader::Grouping {
    fn from(grouping: Grouping) -> Self {
        match grouping {
            Grouping::Any => Self::None,
            Grouping::Orientation => Self::Orientation,
            Grouping::Group => Self::ReportGroup,
        }
    }
}

/// Which of a checkpoint's two sets of parameters a training starts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum WeightSet {
    Live,
    Ema,
}

/// How the learning rate falls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum DecayKind {
    Steps,
    LinearEpochs,
    LinearSteps,
}

impl TrainOptions {
    /// Reads canonical parameters; the checker has already seen their types.
    pub fn from_params(params: &Value) -> anyhow::Result<Self> {
        Ok(serde_json::from_value(params.clone())?)
    }

    /// The model that these options describe.
    pub fn model_config(&self) -> anyhow::Result<ModelConfig> {
        let preset = ModelConfig::preset(&self.model.preset)
            .ok_or_else(|| anyhow::anyhow!("no model preset is named {:?}", self.model.preset))?;
        let mut value = serde_json::to_value(&preset)?;
        overlay(&mut value["encoder"], &self.model.encoder);
        overlay(&mut value["head"], &self.model.head);
        let mut config: ModelConfig = serde_json::from_value(value)?;
        config.compat = self.model.compat.unwrap_or(config.compat);
        config.head.in_channels = config.encoder.embed;
        config.head.branch_loss_weight = without_nulls::<BranchLossWeight>(&self.branch_loss_weight)?;
        config.head.guidance = without_nulls::<Guidance>(&self.guidance)?;
        Ok(config)
    }

    /// How pictures and texts are made ready, for the checkpoint to remember.
    pub fn preprocess(&self) -> Preprocess {
        Preprocess {
            mean: self.mean,
            std: self.std,
            max_token: self.max_token,
            pad_to_max: self.pad_to_max,
            blind_text: self.blind_text,
        }
    }

    /// The learning-rate schedule.
    pub fn schedule(&self) -> Schedule {
        let decay = match self.decay {
            DecayKind::Steps => Decay::Steps { at: self.decay_epochs.clone(), ratio: self.decay_ratio },
            DecayKind::LinearEpochs => Decay::LinearEpochs,
            DecayKind::LinearSteps => Decay::LinearSteps,
        };
        Schedule { warmup_epochs: self.warmup_epochs, epochs: self.epochs, decay }
    }
}

/// Writes the non-null fields of `change` over those of `base`.
fn overlay(base: &mut Value, change: &Value) {
    let (Some(base), Some(change)) = (base.as_object_mut(), change.as_object()) else { return };
    for (key, value) in change.iter().filter(|(_, v)| !v.is_null()) {
        base.insert(key.clone(), value.clone());
    }
}

fn without_nulls<T: Default + serde::de::DeserializeOwned>(value: &Value) -> anyhow::Result<T> {
    let Some(map) = value.as_object() else { return Ok(T::default()) };
    let kept = map.iter().filter(|(_, v)| !v.is_null()).map(|(k, v)| (k.clone(), v.clone())).collect();
    Ok(serde_json::from_value(Value::Object(kept))?)
}
