//! Predictions of a checkpoint.

use std::sync::Arc;

use anyhow::{Context, Result, bail};
use serde_json::Value;
use simvg_datasets::loader::{Loader, LoaderOptions};
use simvg_datasets::sample::Dataset;
use simvg_datasets::text::Tokenizer;
use simvg_model::checkpoint::Checkpoint;
use simvg_model::head::Branches;
use simvg_model::model::SimVg;
use simvg_pipeline::StageContext;

use super::Options;
use super::measure::{Origin, judged};
use super::predictions::Prediction;
use crate::inference::{self, DECODER, TOKEN};
use crate::precision;
use crate::preprocess::{Preprocess, tokenizer_beside};
use crate::training::data::{loader_options, members};
use crate::training::{BEST, LATEST, checkpoint_file};

/// Every sample through the checkpoint, and where the checkpoint came from.
pub fn predict(
    context: &StageContext,
    options: &Options,
    checkpoint: &Value,
    dataset: Dataset,
) -> Result<(Vec<Prediction>, Origin)> {
    let name = if options.which == "Latest" { LATEST } else { BEST };
    let path = checkpoint_file(context.input(checkpoint)?, name);
    let file = Checkpoint::load(&path)?;
    precision::remark(options.precision).into_iter().for_each(|line| context.log(line));
    // Nobody writes over a file of the store; others may be copied over, again and again.
    let stage = checkpoint.get("$stage").and_then(Value::as_str).map(str::to_owned);
    let open = if stage.is_some() { SimVg::map_checkpoint } else { SimVg::from_checkpoint };
    let mut model = open(&file, options.precision.into())?;
    let facts = file.metadata().clone();
    drop(file);
    let preprocess = Preprocess::read(&facts).with_context(|| format!("in {}", path.display()))?;
    let tokenizer = Tokenizer::load(&tokenizer_beside(&path))?;
    let settings = LoaderOptions {
        batch: options.batch,
        ..loader_options(&preprocess, model.config().encoder.img_size, options.threads)
    };
    let chosen: Vec<usize> = options.splits.iter().flat_map(|s| members(&dataset, s, options.limit)).collect();
    let dataset = Arc::new(dataset);
    let loader = Loader::with_members(Arc::clone(&dataset), chosen, Arc::new(tokenizer), settings)?;
    let rows = run(context, options, &mut model, &loader, &dataset)?;
    let short = || name.trim_end_matches(".safetensors").to_owned();
    let shown = stage.as_deref().map_or_else(|| path.display().to_string(), |_| short());
    let epoch = facts.get("epoch").map(|e| format!(" (epoch {e})")).unwrap_or_default();
    let seed = facts.get("seed").and_then(|s| s.parse().ok());
    Ok((rows, Origin { checkpoint: Some(shown + &epoch), stage, seed }))
}

fn run(
    context: &StageContext,
    options: &Options,
    model: &mut SimVg,
    loader: &Loader,
    dataset: &Dataset,
) -> Result<Vec<Prediction>> {
    let wants = |branch: &str| options.branches.iter().any(|b| b == branch);
    let branches = Branches { decoder: wants(DECODER), token: wants(TOKEN) };
    let mut rows = Vec::new();
    let mut done = 0;
    for loaded in loader.epoch(0) {
        if context.cancelled() {
            bail!("stopped");
        }
        let loaded = loaded?;
        let records = loaded.records.clone();
        let batch = crate::batch::to_model(loaded);
        for (branch, samples) in inference::detect(model, &batch, branches, true) {
            for (&record, found) in records.iter().zip(&samples) {
                rows.push(judged(&options.rule(), dataset, &dataset.records[record], branch, found));
            }
        }
        loader.reuse(batch.img);
        done += records.len();
        context.progress(done as u64, loader.len() as u64, "samples", "");
    }
    Ok(rows)
}
