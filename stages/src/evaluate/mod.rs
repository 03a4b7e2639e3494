//! `Evaluate`: every sample of some splits through a model, or through a baseline without one.

mod baseline;
mod measure;
mod model;
pub mod predictions;

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use serde::Deserialize;
use serde_json::Value;
use simvg_datasets::sample::Dataset;
use simvg_pipeline::{Field, Problem, RawHash, RawInput, StageContext, StageKind, Type};

use crate::metrics::GrecRule;
use crate::precision;
use measure::Origin;

/// Per-sample predictions.
pub const PREDICTIONS: &str = "predictions.parquet";
/// One JSON line a number.
pub const MEASUREMENTS: &str = "measurements.jsonl";

const FIELDS: &[Field] = &[
    Field::required("data", Type::Stage, "samples from Convert or Merge"),
    Field::optional(
        "checkpoint",
        Type::Optional(&Type::StageOrPath),
        "None",
        "what is evaluated: a training stage or a checkpoint file; None for a baseline that needs no model",
    ),
    Field::optional("which", Type::OneOf(&["Best", "Latest"]), "Best", "which checkpoint of a training stage"),
    Field::required("label", Type::Str, "name of the run in reports; runs that differ by their seed share it"),
    Field::optional("baseline", Type::Optional(&Type::Str), "None", "name of the baseline, if it is one"),
    Field::optional(
        "branches",
        Type::List(&Type::OneOf(&["decoder", "token"])),
        "[decoder, token]",
        "what is evaluated",
    ),
    Field::optional("splits", Type::List(&Type::Str), "[\"val\"]", "splits to evaluate"),
    Field::optional("limit", Type::Int, "0", "only so many samples of each split, spread evenly; 0 is all"),
    Field::optional("score", Type::Float, "0.7", "GREC: boxes that score less are dropped"),
    Field::optional(
        "official_batch",
        Type::Optional(&Type::Int),
        "None",
        "also average accuracies over batches of so many samples, as the official evaluation does; None only counts \
         every sample once",
    ),
    Field::optional(
        "answer",
        Type::OneOf(&["RandomObject", "Nothing"]),
        "RandomObject",
        "what a baseline without checkpoint says to everything",
    ),
    Field::optional("seed", Type::Int, "0", "draws of the random-object baseline"),
    precision::FIELD,
    Field::optional("batch", Type::Int, "32", "samples a batch").not_in_key(),
    Field::optional("threads", Type::Int, "0", "threads of the picture loader; 0 is all cores").not_in_key(),
];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    data: Value,
    checkpoint: Option<Value>,
    which: String,
    label: String,
    baseline: Option<String>,
    branches: Vec<String>,
    splits: Vec<String>,
    limit: usize,
    score: f64,
    official_batch: Option<usize>,
    answer: String,
    seed: u64,
    precision: precision::Choice,
    batch: usize,
    threads: usize,
}

impl Options {
    fn rule(&self) -> GrecRule {
        GrecRule { least_score: self.score, ..GrecRule::default() }
    }
}

/// The kind.
pub struct Evaluate;

impl StageKind for Evaluate {
    fn name(&self) -> &'static str {
        "Evaluate"
    }

    fn version(&self) -> u32 {
        6
    }

    fn doc(&self) -> &'static str {
        "Predicts boxes for every expression of some splits and measures Acc@0.5 and mean IoU or, where some have no target \
         or several, F1score, N-acc and T-acc. F1score matches boxes by GIoU, as the official evaluator does; \
         F1score (IoU) by IoU, as papers write."
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    fn check(&self, params: &Value) -> Vec<Problem> {
        let mut found = Vec::new();
        if params["checkpoint"].is_null() && params["baseline"].is_null() {
            found.push(
                Problem::new("checkpoint", "there is nothing to evaluate")
                    .with_help("name a checkpoint, or a `baseline` to compare with"),
            );
        }
        for field in ["batch", "official_batch"] {
            if params[field] == 0 {
                found.push(Problem::new(field, "a batch holds at least one sample"));
            }
        }
        found
    }

    fn raw_inputs(&self, params: &Value) -> Vec<RawInput> {
        let Some(path) = params["checkpoint"].as_str() else { return Vec::new() };
        vec![RawInput {
            name: "checkpoint".into(),
            path: path.into(),
            what: "checkpoint to evaluate".into(),
            origin: "the output of a training stage, or an official checkpoint through `simvg-pipe export --preset`"
                .into(),
            hash: RawHash::Content,
        }]
    }

    fn facts(&self, params: &Value) -> BTreeMap<String, String> {
        precision::facts(params)
    }

    fn run(&self, context: &StageContext) -> Result<()> {
        let options: Options = context.read_params()?;
        let dataset = Dataset::load(context.input(&options.data)?)?;
        let (rows, origin) = match &options.checkpoint {
            Some(checkpoint) => model::predict(context, &options, checkpoint, dataset)?,
            None => (baseline::answers(&options, &dataset), Origin::default()),
        };
        if rows.is_empty() {
            bail!("the data set has no samples in {:?}", options.splits);
        }
        predictions::write(&context.out.join(PREDICTIONS), &rows)?;
        let measurements = measure::measure(context, &options, &origin, &rows);
        for m in &measurements {
            context.log(format!("{} {} {} {} {}: {:.2}", m.dataset, m.split, m.group, m.branch, m.metric, m.value));
        }
        simvg_reports::write_lines(&context.out.join(MEASUREMENTS), &measurements)
    }
}
