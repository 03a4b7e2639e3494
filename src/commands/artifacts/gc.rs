//! `simvg-pipe artifacts gc`: remove what nothing refers to any more.

use std::{collections::BTreeSet, path::PathBuf, time::Duration};

use anyhow::Result;
use clap::Args;
use serde_json::json;
use simvg_pipeline::{Keep, Limits, Store, load};

use crate::{
    cli::StoreArgs,
    completion,
    exit_code::Exit,
    quantity::{bytes, duration},
    registry::registry,
    view::{self, artifacts::gc_text},
};

/// Arguments of `artifacts gc`.
#[derive(Args)]
pub struct GcArgs {
    /// Keep only the latest results of the stages in these files; without any, of every stage of every pipeline
    #[arg(value_name = "PIPELINE", add = completion::pipeline_files())]
    pipelines: Vec<PathBuf>,
    /// Remove only what was made so long ago: 12h, 30d, 4w
    #[arg(long, value_name = "AGE", value_parser = duration)]
    older_than: Option<Duration>,
    /// Remove only, the oldest first, until the results fit into this: 500M, 50G, 2T
    #[arg(long, value_name = "SIZE", value_parser = bytes)]
    keep_size: Option<u64>,
    /// Remove latest results as well, within the limits of --older-than and --keep-size
    #[arg(long, conflicts_with = "pipelines")]
    even_latest: bool,
    /// Show what would go and remove nothing
    #[arg(long)]
    dry_run: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    store: StoreArgs,
}

/// Shows what goes and removes it.
pub fn run(args: &GcArgs) -> Result<Exit> {
    if args.even_latest && args.older_than.is_none() && args.keep_size.is_none() {
        view::say("error: --even-latest needs --older-than or --keep-size, or it would empty the store");
        return Ok(Exit::Usage);
    }
    let store = args.store.open()?;
    let keep = if args.even_latest { Keep::InUse } else { Keep::These(roots(&store, &args.pipelines)?) };
    let limits = Limits { older_than: args.older_than, keep_bytes: args.keep_size };
    let report = store.gc_plan(&keep, limits)?;
    let spared = if args.dry_run { Vec::new() } else { store.gc(&report)? };
    if args.json {
        view::print_json(&json!({ "dry_run": args.dry_run, "report": report, "spared": spared }))?;
    } else {
        view::print(&gc_text(&report, &spared, args.dry_run))?;
    }
    Ok(Exit::Success)
}

/// The latest results of the stages in these files, or of all stages of all pipelines.
fn roots(store: &Store, files: &[PathBuf]) -> Result<BTreeSet<String>> {
    let mut roots = BTreeSet::new();
    for file in files {
        let pipeline = load(file, &[], &registry())?;
        let latest = store.latest_of(&pipeline.name);
        roots.extend(pipeline.stages.iter().filter_map(|stage| latest.get(&stage.id).cloned()));
    }
    if files.is_empty() {
        for pipeline in store.pipelines()? {
            roots.extend(store.latest_of(&pipeline).values().cloned());
        }
    }
    Ok(roots)
}
