//! `simvg-pipe data stats`: the data card.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, ValueEnum};
use simvg_stages::card::{self, Length};

use super::source::SourceArgs;
use crate::exit_code::Exit;
use crate::view;

/// Columns of a card that goes to a file or a pipe.
const WIDTH: u16 = 120;

/// Arguments of `data stats`.
#[derive(Args)]
pub struct StatsArgs {
    #[command(flatten)]
    source: SourceArgs,
    /// SentencePiece model that counts tokens; words are counted without one
    #[arg(long)]
    tokenizer: Option<PathBuf>,
    /// Longest text in tokens, start and end included
    #[arg(long, default_value_t = 20)]
    max_token: usize,
    /// Form of the card
    #[arg(long, value_enum, default_value_t = Form::Table)]
    format: Form,
    /// Print one JSON object; the same as --format json
    #[arg(long)]
    json: bool,
}

/// Form of a card.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// For the terminal
    Table,
    /// Markdown
    Md,
    /// A page
    Html,
    /// One JSON object
    Json,
}

/// Prints the card.
pub fn run(args: &StatsArgs) -> Result<Exit> {
    let length = Length::new(args.tokenizer.as_deref(), args.max_token)?;
    let (name, dataset) = args.source.open()?;
    let card = length.card(&dataset);
    let page = || card::document(&format!("Data card: {name}"), &card);
    match if args.json { Form::Json } else { args.format } {
        Form::Json => view::print_json(&card)?,
        Form::Table => view::print(&page().terminal(WIDTH, false))?,
        Form::Md => view::print(&page().markdown())?,
        Form::Html => view::print(&page().html())?,
    }
    Ok(Exit::Success)
}
