//! `simvg-pipe export`: a checkpoint in the form that another program reads.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use simvg_model::checkpoint::Checkpoint;

use super::inspect::preset;
use crate::exit_code::Exit;
use crate::view;

/// Arguments of `export`.
#[derive(Args)]
pub struct ExportArgs {
    /// Checkpoint of this program or of PyTorch, or the output folder of a training stage
    checkpoint: PathBuf,
    /// File to write: .safetensors, or .pth for PyTorch (`state_dict`, `ema_state_dict`, `meta`)
    out: PathBuf,
    /// Note which model it is, for a checkpoint that does not say so: toy, base or large
    #[arg(long)]
    preset: Option<String>,
}

/// Writes the file.
pub fn run(args: &ExportArgs) -> Result<Exit> {
    let path = simvg_stages::checkpoint_file(args.checkpoint.clone(), simvg_stages::BEST);
    let mut checkpoint = Checkpoint::load(&path)?;
    if let Some(name) = &args.preset {
        checkpoint.set_config(&preset(name)?)?;
    }
    checkpoint.export(&args.out)?;
    view::say(&format!("{} written", args.out.display()));
    Ok(Exit::Success)
}
