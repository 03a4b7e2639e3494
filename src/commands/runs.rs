//! `simvg-pipe runs`: all runs in one table.

use std::io::Cursor;

use anyhow::Result;
use clap::Args;
use polars_io::{SerWriter, csv::write::CsvWriter};

use crate::{
    cli::StoreArgs,
    exit_code::Exit,
    experiments::{
        query::Filter,
        table::{self, RunTable},
    },
    view::{self, runs::runs_text},
};

/// What can be written behind `--filter` and `--sort`.
const COLUMNS: &str = "A column is named by its name or by words in it, case aside: `acc` is `eval: RefCOCO val Acc@0.5`. \
                       A word that fits several columns of numbers stands for the highest of them.";

/// Arguments of `runs`.
#[derive(Args)]
#[command(after_help = COLUMNS)]
pub struct RunsArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// Only runs with this in a column, such as acc>90, state=failed or seed!=1; several must all hold
    #[arg(long = "filter", value_name = "CONDITION")]
    filters: Vec<Filter>,
    /// Order by a column, lowest first; otherwise by time
    #[arg(long, value_name = "COLUMN")]
    sort: Option<String>,
    /// Highest first
    #[arg(long, requires = "sort")]
    desc: bool,
    /// Show only numbers that have these words in their names
    #[arg(long = "metric", value_name = "WORDS")]
    metrics: Vec<String>,
    /// Only the last so many runs
    #[arg(long, value_name = "COUNT")]
    last: Option<usize>,
    /// Show every parameter, not only those that differ, and every number
    #[arg(long)]
    all: bool,
    /// Print one JSON object a run
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// Print comma-separated values
    #[arg(long)]
    csv: bool,
}

/// Prints the table.
pub fn run(args: &RunsArgs) -> Result<Exit> {
    let store = args.store.open()?;
    let mut runs = store.runs()?;
    if let Some(last) = args.last {
        runs.drain(..runs.len().saturating_sub(last));
    }
    let mut table = RunTable::new(table::rows(&store, &runs), args.all)?;
    table.filter(&args.filters)?;
    if let Some(column) = &args.sort {
        table.sort(column, args.desc)?;
    }
    table.choose(&args.metrics);
    if args.json {
        table.rows.iter().try_for_each(view::print_json)?;
    } else if args.csv {
        let mut text = Cursor::new(Vec::new());
        CsvWriter::new(&mut text).finish(&mut table.into_frame()?)?;
        view::print(&String::from_utf8_lossy(text.get_ref()))?;
    } else {
        view::print(&runs_text(&table, args.all))?;
    }
    Ok(Exit::Success)
}
