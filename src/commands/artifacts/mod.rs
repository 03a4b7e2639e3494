//! `simvg-pipe artifacts`: what lies in the store, whether it is sound, and what can go.

mod export;
mod gc;
mod ls;
mod path;
mod verify;

use std::path::Path;

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use simvg_pipeline::{FoundEntry, Store, did_you_mean, load};

use crate::{completion, exit_code::Exit, registry::registry};

/// Arguments of `artifacts`.
#[derive(Args)]
pub struct ArtifactsArgs {
    #[command(subcommand)]
    command: ArtifactsCommand,
}

/// What to do with the store.
#[derive(Subcommand)]
enum ArtifactsCommand {
    /// List the results in the store
    Ls(ls::LsArgs),
    /// Print the folder of a result
    Path(path::PathArgs),
    /// Copy a result into a folder of its own
    Export(export::ExportArgs),
    /// Read every byte of the store and name what is damaged
    Verify(verify::VerifyArgs),
    /// Remove results that nothing refers to any more
    Gc(gc::GcArgs),
}

/// Does it.
pub fn run(args: &ArtifactsArgs) -> Result<Exit> {
    match &args.command {
        ArtifactsCommand::Ls(args) => ls::run(args),
        ArtifactsCommand::Path(args) => path::run(args),
        ArtifactsCommand::Export(args) => export::run(args),
        ArtifactsCommand::Verify(args) => verify::run(args),
        ArtifactsCommand::Gc(args) => gc::run(args),
    }
}

/// A result, named in one of two ways.
#[derive(Args)]
struct ResultArgs {
    /// The start of a fingerprint; or, with STAGE, a pipeline file or the name of a pipeline
    #[arg(value_name = "FINGERPRINT|PIPELINE", add = completion::pipelines())]
    name: String,
    /// The stage of the pipeline whose latest result is meant
    #[arg(add = completion::stages())]
    stage: Option<String>,
}

impl ResultArgs {
    /// Its whole fingerprint.
    fn find(&self, store: &Store) -> Result<String> {
        match &self.stage {
            Some(stage) => latest(store, &pipeline_name(&self.name)?, stage),
            None => by_fingerprint(store, &self.name),
        }
    }
}

/// The name of the pipeline in a file, or the text itself if there is no such file.
fn pipeline_name(text: &str) -> Result<String> {
    if Path::new(text).is_file() { Ok(load(Path::new(text), &[], &registry())?.name) } else { Ok(text.to_owned()) }
}

fn latest(store: &Store, pipeline: &str, stage: &str) -> Result<String> {
    let latest = store.latest_of(pipeline);
    if latest.is_empty() {
        let known = store.pipelines()?;
        let help = did_you_mean(pipeline, known.iter().map(String::as_str)).unwrap_or_default();
        bail!("no pipeline called `{pipeline}` has results in this store; {help}");
    }
    latest.get(stage).cloned().with_context(|| {
        let help = did_you_mean(stage, latest.keys().map(String::as_str)).unwrap_or_default();
        format!("no stage `{stage}` of `{pipeline}` has a result; {help}")
    })
}

fn by_fingerprint(store: &Store, start: &str) -> Result<String> {
    match store.find(start)? {
        FoundEntry::One(fingerprint) => Ok(fingerprint),
        FoundEntry::Several(all) => bail!("{} results begin with `{start}`: {}", all.len(), all.join(", ")),
        FoundEntry::None(help) => {
            let help = help.unwrap_or_else(|| "the store is empty".to_owned());
            bail!("no result begins with `{start}`; {help} `simvg-pipe artifacts ls` lists them")
        }
    }
}
