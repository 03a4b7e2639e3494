//! `simvg-pipe diff`: what differs between two runs or two results?

use anyhow::Result;
use clap::Args;

use crate::{
    cli::StoreArgs,
    completion,
    exit_code::Exit,
    experiments::{compare::compare, find},
    view::{self, diff::diff_text},
};

/// Arguments of `diff`.
#[derive(Args)]
#[command(after_help = super::show::NAMES)]
pub struct DiffArgs {
    /// The first run or result
    #[arg(add = completion::runs())]
    a: String,
    /// The second run or result
    #[arg(default_value = "latest", add = completion::runs())]
    b: String,
    #[command(flatten)]
    store: StoreArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Prints what differs.
pub fn run(args: &DiffArgs) -> Result<Exit> {
    let store = args.store.open()?;
    let runs = store.runs()?;
    let [a, b] = [&args.a, &args.b].map(|name| find::subject(&store, &runs, name));
    let difference = compare(&store, &a?, &b?);
    if args.json {
        view::print_json(&difference)?;
    } else {
        view::print(&diff_text(&difference))?;
    }
    Ok(Exit::Success)
}
