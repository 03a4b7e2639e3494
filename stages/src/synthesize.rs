//! `Synthesize`: the embedded data set, written in the raw REFER layout.

use anyhow::Result;
use serde::Deserialize;
use serde_json::Value;
use simvg_datasets::synth::{self, SynthConfig};
use simvg_pipeline::{Field, Problem, StageContext, StageKind, Type};

const FIELDS: &[Field] = &[
    Field::optional("seed", Type::Int, "7", "seed of everything"),
    Field::optional("train", Type::Int, "6000", "training scenes"),
    Field::optional("val", Type::Int, "400", "validation scenes"),
    Field::optional("test", Type::Int, "900", "test scenes"),
    Field::optional("canvas", Type::Int, "96", "side of the pictures in pixels"),
    Field::optional("quality", Type::Int, "90", "JPEG quality, 1 to 100"),
    Field::optional("refs_per_group", Type::Int, "2", "training objects spoken of per scene and group"),
    Field::optional("sentences_per_ref", Type::Int, "2", "training expressions for each of them"),
];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    seed: u64,
    train: usize,
    val: usize,
    test: usize,
    canvas: u32,
    quality: u8,
    refs_per_group: usize,
    sentences_per_ref: usize,
}

/// The kind.
pub struct Synthesize;

impl StageKind for Synthesize {
    fn name(&self) -> &'static str {
        "Synthesize"
    }

    fn version(&self) -> u32 {
        1
    }

    fn doc(&self) -> &'static str {
        "Draws scenes with referring expressions, in the raw REFER layout: folders refcoco, refcoco+, refcocog and \
         grefcoco after the real data sets, split by \"synthetic\", and their pictures in images."
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    fn check(&self, params: &Value) -> Vec<Problem> {
        let outside = |field, low, high| {
            let value = params[field].as_i64().unwrap_or(low);
            (!(low..=high).contains(&value)).then(|| Problem::new(field, format!("must be {low} to {high}")))
        };
        [outside("canvas", 48, 512), outside("quality", 1, 100), outside("refs_per_group", 1, 100)]
            .into_iter()
            .chain([outside("sentences_per_ref", 1, 100), outside("train", 0, 10_000_000)])
            .flatten()
            .collect()
    }

    fn run(&self, context: &StageContext) -> Result<()> {
        let o: Options = context.read_params()?;
        let config = SynthConfig {
            seed: o.seed,
            train: o.train,
            val: o.val,
            test: o.test,
            canvas: o.canvas,
            quality: o.quality,
            refs_per_group: o.refs_per_group,
            sentences_per_ref: o.sentences_per_ref,
        };
        synth::generate(&config, &context.out)
    }
}
