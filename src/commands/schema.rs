//! `simvg-pipe schema`: what the JSON that commands print looks like.

use anyhow::Result;
use clap::{Args, ValueEnum};

use crate::{exit_code::Exit, view};

/// Arguments of `schema`.
#[derive(Args)]
pub struct SchemaArgs {
    /// Whose output
    output: Output,
}

/// Output that has a schema.
#[derive(Clone, Copy, ValueEnum)]
enum Output {
    /// A line of `run --json`
    Events,
    /// `plan --json`
    Plan,
}

/// Prints the schema.
pub fn run(args: SchemaArgs) -> Result<Exit> {
    view::print(match args.output {
        Output::Events => include_str!("../../docs/events.schema.json"),
        Output::Plan => include_str!("../../docs/plan.schema.json"),
    })?;
    Ok(Exit::Success)
}
