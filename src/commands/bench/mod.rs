//! `simvg-pipe bench`: how fast a training step, an inference, an update or the picture loader is on this machine, and
//! against what limit.

mod kernels;
mod load;
mod measure;
mod memory;
mod optimizer;
mod peak;
mod report;
mod work;

use anyhow::{Result, ensure};
use clap::{Args, Subcommand, ValueEnum};
use simvg_model::config::PRESETS;
use simvg_model::head::Branches;

use crate::precision::PrecisionArg;

/// Tokens of every text: as the official recipes pad them.
const TEXT: usize = 20;

/// Arguments of `bench`.
#[derive(Debug, Args)]
pub struct BenchArgs {
    #[command(subcommand)]
    work: Work,
}

/// What is timed.
#[derive(Debug, Subcommand)]
enum Work {
    /// A whole training step: forward, losses, backward, clipping, Adam, moving average
    Train(Settings),
    /// Boxes for a batch of pictures and texts
    Infer {
        /// Which branches are computed
        #[arg(long, value_enum, default_value = "both")]
        branch: Branch,
        #[command(flatten)]
        settings: Settings,
    },
    /// Every kernel of a step, with its share of what the processor can do
    Kernels(kernels::KernelsArgs),
    /// Clipping, Adam and moving average alone, with a gradient for every parameter
    Optimizer(Settings),
    /// Pictures on the disk to batches: reading, decoding, jitter, resizing, normalising
    Load(load::LoadArgs),
}

/// What all have in common.
#[derive(Debug, Args)]
struct Settings {
    /// Model size
    #[arg(long, default_value = "base", value_parser = PRESETS)]
    preset: String,
    /// Side of the pictures in pixels; the preset's own where it is left out
    #[arg(long)]
    image: Option<usize>,
    /// Samples a step
    #[arg(long, default_value_t = 4)]
    batch: usize,
    /// Number format of the matrix products
    #[arg(long, value_enum, default_value = "f32")]
    precision: PrecisionArg,
    /// Timed steps; one more is run before them to warm up
    #[arg(long, default_value_t = 5)]
    steps: usize,
    /// Threads; all cores where it is left out
    #[arg(long)]
    threads: Option<usize>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Branches of `bench infer`.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Branch {
    /// Only the token branch
    Token,
    /// Only the decoder branch
    Decoder,
    /// Both
    Both,
}

impl From<Branch> for Branches {
    fn from(branch: Branch) -> Self {
        match branch {
            Branch::Token => Self { decoder: false, token: true },
            Branch::Decoder => Self { decoder: true, token: false },
            Branch::Both => Self::BOTH,
        }
    }
}

/// Runs the command.
pub fn run(args: &BenchArgs) -> Result<()> {
    match &args.work {
        Work::Train(settings) => on_threads(settings, work::train),
        Work::Infer { branch, settings } => on_threads(settings, |settings| work::infer(settings, (*branch).into())),
        Work::Optimizer(settings) => on_threads(settings, optimizer::run),
        Work::Load(args) => load::run(args),
        Work::Kernels(args) => kernels::run(args),
    }
}

/// Times a model and prints what came out.
fn on_threads(settings: &Settings, work: impl Fn(&Settings) -> Result<work::Outcome> + Sync) -> Result<()> {
    ensure!(settings.batch > 0 && settings.steps > 0, "--batch and --steps must be at least 1");
    pool(settings.threads)?.install(|| report::print(&work(settings)?, settings))
}

/// So many threads; all cores where it is left out.
fn pool(threads: Option<usize>) -> Result<rayon::ThreadPool> {
    Ok(rayon::ThreadPoolBuilder::new().num_threads(threads.unwrap_or(0)).build()?)
}
