//! `simvg-pipe show`: all of one run, or all of one stage of it.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use serde::Serialize;
use serde_json::Value;
use simvg_pipeline::{FileRecord, Origin, PastRun, PastStage, Store};
use simvg_stages::{EpochMetrics, read_epochs};

use crate::{
    cli::StoreArgs,
    completion,
    exit_code::Exit,
    experiments::{
        find::{self, Subject},
        metrics,
    },
    view::{
        self,
        show::{result_text, run_text},
    },
};

/// How runs and results can be named.
pub const NAMES: &str = "A run is named by its id or the first letters of it, by `latest`, `latest~1` (the one before), \
                         the beginning of its time (20260131T), or its pipeline, whose latest run it is. A result is named \
                         by RUN/STAGE or by the first letters of its fingerprint.";

/// Arguments of `show`.
#[derive(Args)]
#[command(after_help = NAMES)]
pub struct ShowArgs {
    /// A run or a result
    #[arg(default_value = "latest", add = completion::runs())]
    name: String,
    #[command(flatten)]
    store: StoreArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// A run with what its stages left.
#[derive(Serialize)]
pub struct RunDetail<'r> {
    /// The record of the run.
    #[serde(flatten)]
    pub run: &'r PastRun,
    /// For each of its stages in the same order, what is in the store.
    pub results: Vec<Option<ResultDetail>>,
}

/// What a result consists of.
#[derive(Serialize)]
pub struct ResultDetail {
    /// Name of the stage.
    pub stage: String,
    /// Kind of the stage.
    pub kind: String,
    /// Its fingerprint.
    pub fingerprint: String,
    /// Its folder.
    pub folder: PathBuf,
    /// How it came to be.
    pub origin: Origin,
    /// Parameters of the stage, as far as they count.
    pub params: Value,
    /// Numbers that it holds, by name.
    pub metrics: Vec<(String, f64)>,
    /// Epochs of a training.
    pub epochs: Vec<EpochMetrics>,
    /// Its files.
    pub files: Vec<FileRecord>,
}

/// Prints it.
pub fn run(args: &ShowArgs) -> Result<Exit> {
    let store = args.store.open()?;
    let runs = store.runs()?;
    match find::subject(&store, &runs, &args.name)? {
        Subject::Run(run) => {
            let result = |stage: &PastStage| result(&store, stage.result.fingerprint.as_deref()?);
            let detail = RunDetail { run, results: run.stages.iter().map(result).collect() };
            tell(args, &detail, run_text)
        }
        Subject::Result { stage, fingerprint } => match result(&store, &fingerprint) {
            Some(detail) => tell(args, &detail, result_text),
            None => anyhow::bail!("the result of `{stage}` ({fingerprint}) is no longer in the store"),
        },
    }
}

fn tell<T: Serialize>(args: &ShowArgs, detail: &T, text: impl Fn(&T) -> String) -> Result<Exit> {
    if args.json {
        view::print_json(detail)?;
    } else {
        view::print(&text(detail))?;
    }
    Ok(Exit::Success)
}

fn result(store: &Store, fingerprint: &str) -> Option<ResultDetail> {
    let (manifest, key) = (store.manifest(fingerprint)?, store.key(fingerprint)?);
    let folder = store.entry_path(fingerprint);
    let metrics = metrics::of_result(store, fingerprint).into_iter();
    Some(ResultDetail {
        stage: manifest.origin.stage.clone(),
        kind: key.kind,
        fingerprint: fingerprint.to_owned(),
        origin: manifest.origin,
        params: key.params,
        metrics: metrics.map(|metric| (metric.name, metric.value)).collect(),
        epochs: read_epochs(&folder),
        files: manifest.files,
        folder,
    })
}
