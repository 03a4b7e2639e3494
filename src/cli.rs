//! The command line as types.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use simvg_pipeline::{Pipeline, Setting, Store, load};

use crate::{
    commands::{
        artifacts, bench, check, completions, data, diff, doctor, export, graph, init, inspect, kinds, man, plan,
        predict, report, run, runs, schema, show, watch, why,
    },
    completion,
    exit_code::{Exit, TABLE},
    registry::registry,
};

/// Declarative experiment pipelines for SimVG visual grounding.
#[derive(Parser)]
#[command(name = "simvg-pipe", version, after_help = TABLE)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do: one variant, and one file below `commands`, for each.
#[derive(Subcommand)]
pub enum Command {
    /// Write a first pipeline to start from
    Init(init::InitArgs),
    /// Check a pipeline file and show every mistake in it
    Check(check::CheckArgs),
    /// Show what a run would do, and why
    Plan(plan::PlanArgs),
    /// Run a pipeline; what has not changed is not run again
    Run(run::RunArgs),
    /// Run again whenever the file or its inputs change, or evaluate checkpoints as they come
    Watch(watch::WatchArgs),
    /// Explain why a stage would run, field by field
    Why(why::WhyArgs),
    /// Print the latest report of a pipeline
    Report(report::ReportArgs),
    /// List all runs: parameters that differ, numbers that came out, time
    Runs(runs::RunsArgs),
    /// Show all of one run, or of one stage's result
    Show(show::ShowArgs),
    /// Compare two runs or results: parameters, numbers, files
    Diff(diff::DiffArgs),
    /// Draw the stages, their edges and how they stand
    Graph(graph::GraphArgs),
    /// List the stage kinds, or the fields of one
    Kinds(kinds::KindsArgs),
    /// Data sets: the catalog, what a folder holds, data cards, samples
    Data(data::DataArgs),
    /// List, verify, copy and remove what lies in the store
    Artifacts(artifacts::ArtifactsArgs),
    /// Find what a text speaks of in a picture
    Predict(predict::PredictArgs),
    /// List the tensors of a checkpoint, and compare them with a model
    Inspect(inspect::InspectArgs),
    /// Write a checkpoint as safetensors or for PyTorch
    Export(export::ExportArgs),
    /// Measure the speed of training or inference
    Bench(bench::BenchArgs),
    /// Look at this machine and at the store
    Doctor(doctor::DoctorArgs),
    /// Print what a shell needs so that Tab completes stages, parameters and runs
    Completions(completions::CompletionsArgs),
    /// Write the manual pages
    Man(man::ManArgs),
    /// Print the JSON schema of a command's output
    Schema(schema::SchemaArgs),
    /// End what a killed run has left behind; `run` starts this by itself
    #[command(hide = true)]
    Guard,
}

impl Command {
    /// Does it.
    pub fn run(self) -> Result<Exit> {
        match self {
            Self::Init(args) => init::run(&args),
            Self::Check(args) => check::run(&args),
            Self::Plan(args) => plan::run(&args),
            Self::Run(args) => run::run(args),
            Self::Watch(args) => watch::run(args),
            Self::Why(args) => why::run(&args),
            Self::Report(args) => report::run(&args),
            Self::Runs(args) => runs::run(&args),
            Self::Show(args) => show::run(&args),
            Self::Diff(args) => diff::run(&args),
            Self::Graph(args) => graph::run(&args),
            Self::Kinds(args) => kinds::run(&args),
            Self::Data(args) => data::run(&args),
            Self::Artifacts(args) => artifacts::run(&args),
            Self::Predict(args) => predict::run(&args).map(|()| Exit::Success),
            Self::Inspect(args) => inspect::run(&args),
            Self::Export(args) => export::run(&args),
            Self::Bench(args) => bench::run(&args).map(|()| Exit::Success),
            Self::Doctor(args) => doctor::run(&args),
            Self::Completions(args) => completions::run(&args),
            Self::Man(args) => man::run(&args),
            Self::Schema(args) => schema::run(args),
            Self::Guard => {
                simvg_pipeline::guard(std::io::stdin().lock());
                Ok(Exit::Success)
            }
        }
    }
}

/// A pipeline file and its parameters.
#[derive(Args)]
pub struct PipelineArgs {
    /// Pipeline file (.ron)
    #[arg(value_name = "PIPELINE", add = completion::pipeline_files())]
    pub file: PathBuf,
    /// Give a parameter of the pipeline another value (RON; bare text is a string)
    #[arg(long = "set", value_name = "NAME=VALUE", add = completion::settings())]
    pub settings: Vec<Setting>,
}

impl PipelineArgs {
    /// Reads and checks the file.
    pub fn load(&self) -> Result<Pipeline> {
        Ok(load(&self.file, &self.settings, &registry())?)
    }

    /// The same for commands that end with the pipeline: to take ten thousand stages apart before takes time for nothing.
    pub fn load_for_good(&self) -> Result<&'static Pipeline> {
        self.load().map(|pipeline| &*Box::leak(Box::new(pipeline)))
    }
}

/// Which stages a run is about, and which of them run in any case.
#[derive(Args)]
pub struct SelectionArgs {
    /// Only these stages (`*` fits any text) and what they need
    #[arg(long = "target", value_name = "STAGE", add = completion::stages())]
    pub targets: Vec<String>,
    /// Only these stages, what follows them (as far as --target needs it), and what all of them need
    #[arg(long, value_name = "STAGE", add = completion::stages())]
    pub from: Vec<String>,
    /// Run the stages of --from, else the targets, else everything, even if their results are there
    #[arg(long)]
    pub force: bool,
    /// Run whatever needs a stage that ran, even if that gave the same bytes as before
    #[arg(long)]
    pub force_downstream: bool,
}

/// Where results are kept.
#[derive(Args)]
pub struct StoreArgs {
    /// Folder of the store
    #[arg(long = "store", value_name = "DIR", default_value = "artifacts")]
    pub folder: PathBuf,
}

impl StoreArgs {
    /// The store.
    pub fn open(&self) -> Result<Store> {
        Ok(Store::open(&self.folder)?)
    }
}
