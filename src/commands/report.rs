//! `simvg-pipe report`: print the latest report that a run made.

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use simvg_pipeline::{Lookup, Pipeline, did_you_mean};

use crate::{
    cli::{PipelineArgs, StoreArgs},
    completion,
    exit_code::Exit,
    view,
};

/// Arguments of `report`.
#[derive(Args)]
pub struct ReportArgs {
    #[command(flatten)]
    pipeline: PipelineArgs,
    /// The report stage, if the pipeline has several
    #[arg(add = completion::stages())]
    stage: Option<String>,
    #[command(flatten)]
    store: StoreArgs,
    /// Form of the report
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

/// Form of a report.
#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// For the terminal
    Table,
    /// Markdown
    Md,
    /// Comma-separated values
    Csv,
    /// Rows as JSON
    Json,
    /// A page with pictures
    Html,
}

impl Format {
    fn file(self) -> &'static str {
        match self {
            Self::Table => "report.txt",
            Self::Md => "report.md",
            Self::Csv => "report.csv",
            Self::Json => "report.json",
            Self::Html => "report.html",
        }
    }
}

/// Prints a report from the store; nothing is run.
pub fn run(args: &ReportArgs) -> Result<Exit> {
    let pipeline = args.pipeline.load()?;
    let store = args.store.open()?;
    let stage = report_stage(&pipeline, args.stage.as_deref())?;
    let latest = store.latest(&pipeline.name, stage).map(|fingerprint| store.lookup(&fingerprint));
    let Some(Lookup::Found(entry)) = latest else {
        bail!("stage `{stage}` has no report yet; make it with: simvg-pipe run {}", args.pipeline.file.display());
    };
    let text = fs_err::read_to_string(entry.path.join(args.format.file()))
        .with_context(|| format!("stage `{stage}` made no report in this form"))?;
    view::print(&text)?;
    Ok(Exit::Success)
}

/// The report stage with that name, or the only one.
fn report_stage<'p>(pipeline: &'p Pipeline, name: Option<&str>) -> Result<&'p str> {
    let reports = pipeline.stages.iter().filter(|stage| stage.kind.name() == "Report");
    let reports: Vec<&str> = reports.map(|stage| stage.id.as_str()).collect();
    match (name, reports.as_slice()) {
        (_, []) => bail!("the pipeline has no Report stage"),
        (None, [only]) => Ok(only),
        (None, _) => bail!("the pipeline has several reports, name one of: {}", reports.join(", ")),
        (Some(name), _) => reports.iter().find(|id| **id == name).copied().with_context(|| {
            let help = did_you_mean(name, reports.iter().copied()).unwrap_or_default();
            format!("the pipeline has no Report stage `{name}`; {help}")
        }),
    }
}
