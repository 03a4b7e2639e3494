//! `simvg-pipe data list`: the catalog.

use anyhow::{Result, bail};
use clap::Args;
use serde_json::json;
use simvg_datasets::catalog::{self, Entry};
use simvg_pipeline::did_you_mean;

use crate::completion;
use crate::exit_code::Exit;
use crate::view::{self, catalog as shown};

/// Arguments of `data list`.
#[derive(Args)]
pub struct ListArgs {
    /// A data set: its folder, folder_split or name, as refcocog_umd
    #[arg(add = completion::data_sets())]
    name: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Lists the data sets, or tells all about those of a name.
pub fn run(args: &ListArgs) -> Result<Exit> {
    let (entries, mixes) = (catalog::entries()?, catalog::mixes()?);
    let Some(name) = &args.name else {
        match args.json {
            true => view::print_json(&json!({ "data_sets": entries, "mixes": mixes }))?,
            false => view::print(&shown::list(&entries, &mixes))?,
        }
        return Ok(Exit::Success);
    };
    let chosen: Vec<&Entry> = entries.iter().filter(|entry| names(entry).contains(name)).collect();
    if chosen.is_empty() {
        let known: Vec<String> = entries.iter().flat_map(names).collect();
        let help = did_you_mean(name, known.iter().map(String::as_str)).unwrap_or_default();
        bail!("the catalog has no data set `{name}`; {help}");
    }
    match args.json {
        true => view::print_json(&chosen)?,
        false => view::print(&chosen.into_iter().map(shown::entry).collect::<Vec<_>>().join("\n"))?,
    }
    Ok(Exit::Success)
}

/// What it can be called.
fn names(entry: &Entry) -> [String; 3] {
    [entry.folder.clone(), format!("{}_{}", entry.folder, entry.split_by), entry.name.clone()]
}
