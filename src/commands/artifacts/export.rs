//! `simvg-pipe artifacts export`: a copy of a result outside the store.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;

use super::ResultArgs;
use crate::{cli::StoreArgs, exit_code::Exit, view};

/// Arguments of `artifacts export`.
#[derive(Args)]
pub struct ExportArgs {
    #[command(flatten)]
    result: ResultArgs,
    /// Folder to make; it must not exist yet
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    #[command(flatten)]
    store: StoreArgs,
}

/// Copies the result and checks every byte.
pub fn run(args: &ExportArgs) -> Result<Exit> {
    let store = args.store.open()?;
    let fingerprint = args.result.find(&store)?;
    store.export(&fingerprint, &args.to).with_context(|| format!("cannot export {fingerprint}"))?;
    view::say(&format!("{} written", args.to.display()));
    Ok(Exit::Success)
}
