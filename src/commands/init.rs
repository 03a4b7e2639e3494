//! `simvg-pipe init`: a first pipeline to start from.

use std::{
    io::{self, Write},
    path::PathBuf,
};

use anyhow::{Context, Result, bail};
use clap::Args;
use fs_err::File;

use crate::{exit_code::Exit, view};

/// Name of the file.
const FILE: &str = "pipeline.ron";

/// Arguments of `init`.
#[derive(Args)]
pub struct InitArgs {
    /// Folder to write into; it is made if it is not there
    #[arg(value_name = "DIR", default_value = ".")]
    folder: PathBuf,
}

/// Writes the file; one that is there already stays as it is.
pub fn run(args: &InitArgs) -> Result<Exit> {
    fs_err::create_dir_all(&args.folder)?;
    let path = args.folder.join(FILE);
    let mut file = match File::create_new(&path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            bail!("{} is already there and stays as it is; give another folder", path.display())
        }
        created => created?,
    };
    file.write_all(include_bytes!("first_pipeline.ron")).with_context(|| format!("cannot write {}", path.display()))?;
    let folder = args.folder.display();
    view::say(&format!("wrote {}; next:", path.display()));
    if folder.to_string() != "." {
        view::say(&format!("    cd {folder}"));
    }
    view::say(&format!("    simvg-pipe graph {FILE}\n    simvg-pipe run {FILE}\n    simvg-pipe show"));
    Ok(Exit::Success)
}
