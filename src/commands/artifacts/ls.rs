//! `simvg-pipe artifacts ls`: what lies in the store?

use std::collections::BTreeMap;

use anyhow::Result;
use clap::{Args, ValueEnum};
use simvg_pipeline::{Item, Store};

use crate::{
    cli::StoreArgs,
    exit_code::Exit,
    view::{
        self,
        artifacts::{Line, ls_text},
    },
};

/// Arguments of `artifacts ls`.
#[derive(Args)]
pub struct LsArgs {
    /// Only results with this in `pipeline/stage`, of this kind, or with this start of the fingerprint
    filter: Option<String>,
    /// What comes first
    #[arg(long, value_enum, default_value_t = Sort::Age)]
    sort: Sort,
    /// Print one JSON object a result
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    store: StoreArgs,
}

/// What comes first.
#[derive(Clone, Copy, ValueEnum)]
enum Sort {
    /// The newest
    Age,
    /// The largest
    Size,
    /// By `pipeline/stage`
    Name,
}

/// Lists the results.
pub fn run(args: &LsArgs) -> Result<Exit> {
    let store = args.store.open()?;
    let mut items = store.items()?;
    items.retain(|item| args.filter.as_ref().is_none_or(|text| item.fits(text)));
    match args.sort {
        Sort::Age => items.sort_by_key(|item| std::cmp::Reverse(item.made)),
        Sort::Size => items.sort_by_key(|item| std::cmp::Reverse(item.bytes)),
        Sort::Name => items.sort_by_cached_key(Item::maker),
    }
    let latest = latest_stages(&store)?;
    let mut lines = items.iter().map(|item| Line::new(item, latest.get(&item.fingerprint)));
    if args.json {
        lines.try_for_each(|line| view::print_json(&line))?;
    } else {
        view::print(&ls_text(&lines.collect::<Vec<_>>()))?;
    }
    Ok(Exit::Success)
}

/// The stages, as `pipeline/stage`, of which each fingerprint is the latest result.
fn latest_stages(store: &Store) -> Result<BTreeMap<String, Vec<String>>> {
    let mut stages: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for pipeline in store.pipelines()? {
        for (stage, fingerprint) in store.latest_of(&pipeline).iter() {
            stages.entry(fingerprint.clone()).or_default().push(format!("{pipeline}/{stage}"));
        }
    }
    Ok(stages)
}
