//! `simvg-pipe man`: manual pages, one a command.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Args, CommandFactory};

use crate::{cli::Cli, exit_code::Exit, view};

/// Arguments of `man`.
#[derive(Args)]
pub struct ManArgs {
    /// Folder to write the pages into
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// Writes the pages.
pub fn run(args: &ManArgs) -> Result<Exit> {
    fs_err::create_dir_all(&args.folder)?;
    clap_mangen::generate_to(Cli::command(), &args.folder)
        .with_context(|| format!("cannot write the manual pages into {}", args.folder.display()))?;
    view::say(&format!("wrote the manual pages; read them with: man {}/simvg-pipe.1", args.folder.display()));
    Ok(Exit::Success)
}
