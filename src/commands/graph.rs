//! `simvg-pipe graph`: the stages and their edges for graph drawers.

use anyhow::Result;
use clap::{Args, ValueEnum};
use simvg_pipeline::{dot, mermaid};

use crate::{cli::PipelineArgs, exit_code::Exit, view};

/// Arguments of `graph`.
#[derive(Args)]
pub struct GraphArgs {
    #[command(flatten)]
    pipeline: PipelineArgs,
    /// Language to print
    #[arg(long, value_enum, default_value_t = Format::Dot)]
    format: Format,
}

/// Language of a graph drawer.
#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// Graphviz
    Dot,
    /// Mermaid, which GitHub draws in Markdown
    Mermaid,
}

/// Prints the graph.
pub fn run(args: &GraphArgs) -> Result<Exit> {
    let pipeline = args.pipeline.load()?;
    view::print(&match args.format {
        Format::Dot => dot(&pipeline),
        Format::Mermaid => mermaid(&pipeline),
    })?;
    Ok(Exit::Success)
}
