//! `simvg-pipe check`: is the file sound?

use anyhow::Result;
use clap::Args;

use crate::{cli::PipelineArgs, exit_code::Exit, view};

/// Arguments of `check`.
#[derive(Args)]
pub struct CheckArgs {
    #[command(flatten)]
    pipeline: PipelineArgs,
}

/// Checks a pipeline file without looking at any data.
pub fn run(args: &CheckArgs) -> Result<Exit> {
    let pipeline = args.pipeline.load_for_good()?;
    let stages = pipeline.stages.len();
    let files: Vec<String> = pipeline.files.iter().map(|file| file.display().to_string()).collect();
    view::print(&format!("{} is sound: {stages} stage{}\n", files.join(", based on "), view::plural(stages)))?;
    Ok(Exit::Success)
}
