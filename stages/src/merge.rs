//! `Merge`: several data sets as one, with no evaluation picture left in the training split.

use anyhow::Result;
use serde::Deserialize;
use serde_json::Value;
use simvg_datasets::merge;
use simvg_datasets::sample::Dataset;
use simvg_pipeline::{Field, StageContext, StageKind, Type};

const FIELDS: &[Field] =
    &[Field::required("datasets", Type::List(&Type::Stage), "Convert or Merge stages, in the order of their samples")];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    datasets: Vec<Value>,
}

/// The kind.
pub struct Merge;

impl StageKind for Merge {
    fn name(&self) -> &'static str {
        "Merge"
    }

    fn version(&self) -> u32 {
        1
    }

    fn doc(&self) -> &'static str {
        "Puts data sets together for training; training samples whose picture is in any evaluation split are left out."
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    fn run(&self, context: &StageContext) -> Result<()> {
        let options: Options = context.read_params()?;
        let load = |value| Dataset::load(context.input(value)?);
        let datasets = options.datasets.iter().map(load).collect::<Result<Vec<_>>>()?;
        let merged = merge::merge(&datasets)?;
        if merged.removed > 0 {
            context.log(format!(
                "{} training samples left out: their pictures are in an evaluation split",
                merged.removed
            ));
        }
        merged.dataset.save(&context.out)
    }
}
