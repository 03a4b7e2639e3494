//! `Merge`: several data sets as one, with no evaluation picture left in the training split.

use anyhow::Result;
use serde::Deserialize;
use serde_json::Value;
use simvg_datasets::merge::{self, Identity, MergeOptions};
use simvg_datasets::sample::Dataset;
use simvg_pipeline::{Field, Problem, RawInput, StageContext, StageKind, Type};

use crate::card::{self, LOGS};

const FIELDS: &[Field] = &[
    Field::required("datasets", Type::List(&Type::Stage), "Convert or Merge stages, in the order of their samples"),
    Field::optional(
        "held_out",
        Type::List(&Type::Stage),
        "[]",
        "Convert or Merge stages that are not merged: pictures that they evaluate on are not trained on either",
    ),
    Field::optional("splits", Type::List(&Type::Str), "[]", "the splits that go in; empty for all"),
    Field::optional(
        "identity",
        Type::OneOf(&["Collection", "Content"]),
        "Collection",
        "pictures are the same by their number in the collection that they come from, or also by equal files",
    ),
    Field::optional("tokenizer", Type::Optional(&Type::Path), "None", "counts tokens in the data card; words without"),
    Field::optional("max_token", Type::Int, "20", "the data card tells how many texts are longer, in tokens"),
];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    datasets: Vec<Value>,
    held_out: Vec<Value>,
    splits: Vec<String>,
    identity: String,
    tokenizer: Option<String>,
    max_token: usize,
}

/// The kind.
pub struct Merge;

impl StageKind for Merge {
    fn name(&self) -> &'static str {
        "Merge"
    }

    fn version(&self) -> u32 {
        4
    }

    fn doc(&self) -> &'static str {
        "Puts data sets together for training; training samples whose picture is in any evaluation split are left out. \
         logs/merge.json in its output says how many, and which inputs share pictures; logs/card.html describes the whole."
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    fn check(&self, params: &Value) -> Vec<Problem> {
        card::check_length(params)
    }

    fn raw_inputs(&self, params: &Value) -> Vec<RawInput> {
        let tokenizer = &params["tokenizer"];
        (!tokenizer.is_null()).then(|| crate::raw::tokenizer(tokenizer)).into_iter().collect()
    }

    fn run(&self, context: &StageContext) -> Result<()> {
        let options: Options = context.read_params()?;
        let length = card::Length::open(context, options.tokenizer.as_deref(), options.max_token)?;
        let load = |values: &[Value]| -> Result<Vec<Dataset>> {
            values.iter().map(|value| Dataset::load(context.input(value)?)).collect()
        };
        let identity = if options.identity == "Content" { Identity::Content } else { Identity::Collection };
        let how = MergeOptions { identity, splits: options.splits };
        let merged = merge::merge(load(&options.datasets)?, &load(&options.held_out)?, &how)?;
        merged.report.lines().into_iter().for_each(|line| context.log(line));
        card::write(context, &length.card(&merged.dataset))?;
        let report = serde_json::to_string_pretty(&merged.report)? + "\n";
        fs_err::write(context.out.join(LOGS).join("merge.json"), report)?;
        merged.dataset.save(&context.out)
    }
}
