//! `simvg-pipe data browse`: samples as a page.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use simvg_stages::browse::{self, Choice};

use super::source::SourceArgs;
use crate::exit_code::Exit;
use crate::view;

/// Arguments of `data browse`.
#[derive(Args)]
pub struct BrowseArgs {
    #[command(flatten)]
    source: SourceArgs,
    /// Only samples of this split
    #[arg(long)]
    split: Option<String>,
    /// Only samples of this data set
    #[arg(long)]
    dataset: Option<String>,
    /// Only samples with this in an expression, upper or lower case
    #[arg(long)]
    text: Option<String>,
    /// How many samples
    #[arg(long, default_value_t = 24)]
    count: usize,
    /// Seed of the draw
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// File to write
    #[arg(long, default_value = "browse.html")]
    out: PathBuf,
}

/// Writes the page.
pub fn run(args: &BrowseArgs) -> Result<Exit> {
    let (name, dataset) = args.source.open()?;
    let choice = Choice {
        split: args.split.clone(),
        dataset: args.dataset.clone(),
        text: args.text.clone(),
        count: args.count,
        seed: args.seed,
    };
    let page = browse::page(&format!("Samples of {name}"), &dataset, &choice)?;
    fs_err::write(&args.out, page.html())?;
    view::print(&format!("{}\n", args.out.display()))?;
    Ok(Exit::Success)
}
