//! `simvg-pipe data`: what data sets there are, what a folder holds, and what is in a converted one.

mod browse;
mod doctor;
mod list;
mod source;
mod stats;

use anyhow::Result;
use clap::{Args, Subcommand};

use crate::exit_code::Exit;

/// Arguments of `data`.
#[derive(Args)]
pub struct DataArgs {
    #[command(subcommand)]
    what: What,
}

/// What to do.
#[derive(Subcommand)]
enum What {
    /// List the data sets of the catalog, or tell all about one
    List(list::ListArgs),
    /// Look at a folder: which data sets it holds, what they lack, and where that is to be had
    Doctor(doctor::DoctorArgs),
    /// Print the data card of a converted data set
    Stats(stats::StatsArgs),
    /// Write a page with samples of a converted data set
    Browse(browse::BrowseArgs),
}

/// Does it.
pub fn run(args: &DataArgs) -> Result<Exit> {
    match &args.what {
        What::List(args) => list::run(args),
        What::Doctor(args) => doctor::run(args),
        What::Stats(args) => stats::run(args),
        What::Browse(args) => browse::run(args),
    }
}
