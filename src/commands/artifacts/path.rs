//! `simvg-pipe artifacts path`: where is a result?

use anyhow::{Result, bail};
use clap::Args;

use super::ResultArgs;
use crate::{cli::StoreArgs, exit_code::Exit, view};

/// Arguments of `artifacts path`.
#[derive(Args)]
pub struct PathArgs {
    #[command(flatten)]
    result: ResultArgs,
    #[command(flatten)]
    store: StoreArgs,
}

/// Prints the folder, which must be there.
pub fn run(args: &PathArgs) -> Result<Exit> {
    let store = args.store.open()?;
    let fingerprint = args.result.find(&store)?;
    let path = store.entry_path(&fingerprint);
    if !path.exists() {
        bail!("the result {fingerprint} is no longer in the store; run its pipeline to make it again");
    }
    view::print(&format!("{}\n", path.display()))?;
    Ok(Exit::Success)
}
