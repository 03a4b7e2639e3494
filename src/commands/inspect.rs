//! `simvg-pipe inspect`: what a checkpoint holds, and whether a model can use it.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use simvg_model::checkpoint::Checkpoint;
use simvg_model::config::{ModelConfig, PRESETS};
use simvg_model::model;
use simvg_pipeline::did_you_mean;

use crate::exit_code::Exit;
use crate::view::{self, checkpoint};

/// Arguments of `inspect`.
#[derive(Args)]
pub struct InspectArgs {
    /// Checkpoint of this program or of PyTorch, or the output folder of a training stage
    file: PathBuf,
    /// Compare with a model: toy, base or large
    #[arg(long)]
    preset: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Shows the checkpoint.
pub fn run(args: &InspectArgs) -> Result<Exit> {
    let path = simvg_stages::checkpoint_file(args.file.clone(), simvg_stages::BEST);
    let file = Checkpoint::load(&path)?;
    let config = args.preset.as_deref().map(preset).transpose()?;
    let fit = config.map(|config| file.fit(&model::layout(&config)));
    if args.json {
        view::print_json(&checkpoint::as_json(&file, fit.as_ref()))?;
    } else {
        view::print(&checkpoint::as_text(&file, fit.as_ref()))?;
    }
    Ok(Exit::Success)
}

/// The model of this name.
pub fn preset(name: &str) -> Result<ModelConfig> {
    ModelConfig::preset(name).with_context(|| {
        let help = did_you_mean(name, PRESETS).unwrap_or_default();
        format!("there is no preset `{name}`; {help}")
    })
}
