//! The four training kinds. They share one trainer and differ by their defaults.

use std::collections::BTreeMap;

use serde_json::Value;
use simvg_pipeline::{Field, Problem, RawHash, RawInput, StageContext, StageKind};

use super::fields::{Defaults, training_fields};
use super::options::TrainOptions;

const OFFICIAL_JITTER: &str = "(min: 0.3, max: 1.4)";
const DECODER: &str = "(decoder: 1.0)";
const BALANCED: &str = "(decoder: 1.0, balanced_distill: (token: 2.0, distill: 1.0))";

const PRETRAIN: [Field; 37] = training_fields(&Defaults {
    lr: "5e-4",
    epochs: "30",
    decay_epochs: "[21, 27]",
    jitter: "None",
    branches: DECODER,
});
const TRAIN_DECODER: [Field; 37] = training_fields(&Defaults {
    lr: "5e-4",
    epochs: "30",
    decay_epochs: "[25]",
    jitter: OFFICIAL_JITTER,
    branches: DECODER,
});
const DISTILL_TOKEN: [Field; 37] = training_fields(&Defaults {
    lr: "3e-4",
    epochs: "20",
    decay_epochs: "[15]",
    jitter: OFFICIAL_JITTER,
    branches: BALANCED,
});
const TRAIN: [Field; 37] = training_fields(&Defaults {
    lr: "5e-4",
    epochs: "30",
    decay_epochs: "[25]",
    jitter: OFFICIAL_JITTER,
    branches: BALANCED,
});

/// A training kind: a name, a sentence and a table of fields.
pub struct Training {
    name: &'static str,
    doc: &'static str,
    fields: &'static [Field],
}

impl Training {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self {
            name: "Pretrain",
            doc: "Trains on a mix of data sets without jitter; its backbone, and its head, serve later stages.",
            fields: &PRETRAIN,
        },
        Self { name: "TrainDecoder", doc: "Stage 1: trains backbone and decoder branch.", fields: &TRAIN_DECODER },
        Self {
            name: "DistillToken",
            doc: "Stage 2: teaches the token branch by dynamic weight-balance distillation from the decoder branch.",
            fields: &DISTILL_TOKEN,
        },
        Self { name: "Train", doc: "Trains any mix of branches in one stage.", fields: &TRAIN },
    ];
}

impl StageKind for Training {
    fn name(&self) -> &'static str {
        self.name
    }

    fn version(&self) -> u32 {
        5
    }

    fn doc(&self) -> &'static str {
        self.doc
    }

    fn fields(&self) -> &'static [Field] {
        self.fields
    }

    fn check(&self, params: &Value) -> Vec<Problem> {
        match TrainOptions::from_params(params) {
            Ok(options) => super::check::problems(&options),
            Err(e) => vec![Problem::new("model", e.to_string())],
        }
    }

    fn raw_inputs(&self, params: &Value) -> Vec<RawInput> {
        let mut inputs = vec![crate::raw::tokenizer(&params["tokenizer"])];
        if let Some(path) = params["init"].as_str() {
            inputs.push(RawInput {
                name: "init".into(),
                path: path.into(),
                what: "weights to start from".into(),
                origin: "BEiT-3 weights of microsoft/unilm (.pth or .zip, as they come), or the output of an earlier training".into(),
                hash: RawHash::Content,
            });
        }
        inputs
    }

    fn facts(&self, params: &Value) -> BTreeMap<String, String> {
        crate::precision::facts(params)
    }

    fn run(&self, context: &StageContext) -> anyhow::Result<()> {
        super::run::run(context)
    }
}
