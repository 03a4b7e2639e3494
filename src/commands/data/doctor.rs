//! `simvg-pipe data doctor`: what a folder holds and lacks.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use simvg_datasets::doctor;

use crate::exit_code::Exit;
use crate::view::{self, diagnosis};

/// Arguments of `data doctor`.
#[derive(Args)]
pub struct DoctorArgs {
    /// The folder to look at, with those in it
    folder: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Tells what is there; files that are missing give the exit code for that.
pub fn run(args: &DoctorArgs) -> Result<Exit> {
    let found = doctor::examine(&args.folder)?;
    match args.json {
        true => view::print_json(&found)?,
        false => view::print(&diagnosis::text(&args.folder, &found))?,
    }
    let lacking = found.found.iter().any(|found| !found.is_complete())
        || found.others.iter().any(|others| !others.missing.is_empty());
    Ok(if lacking { Exit::MissingInput } else { Exit::Success })
}
