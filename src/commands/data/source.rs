//! A converted data set, by its folder or by the stage that made it.

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;
use simvg_datasets::sample::Dataset;
use simvg_pipeline::{Lookup, did_you_mean, load};

use crate::{cli::StoreArgs, completion, registry::registry};

/// A converted data set.
#[derive(Args)]
pub struct SourceArgs {
    /// Folder that Convert or Merge wrote, or a pipeline file followed by one of its stages
    #[arg(value_name = "DATA")]
    data: PathBuf,
    /// The Convert or Merge stage, if DATA is a pipeline file
    #[arg(value_name = "STAGE", add = completion::stages())]
    stage: Option<String>,
    #[command(flatten)]
    store: StoreArgs,
}

impl SourceArgs {
    /// Its name for people, and its content.
    pub fn open(&self) -> Result<(String, Dataset)> {
        match &self.stage {
            Some(stage) => Ok((stage.clone(), Dataset::load(self.of_stage(stage)?)?)),
            None if self.data.is_file() => bail!("{0} is a file; write: {0} STAGE", self.data.display()),
            None => {
                let name = self.data.file_name().unwrap_or(self.data.as_os_str());
                Ok((name.to_string_lossy().into_owned(), Dataset::load(&self.data)?))
            }
        }
    }

    /// The latest output of a stage of the pipeline file.
    fn of_stage(&self, stage: &str) -> Result<PathBuf> {
        let pipeline = load(&self.data, &[], &registry())?;
        let ids = || pipeline.stages.iter().map(|stage| stage.id.as_str());
        if !ids().any(|id| id == stage) {
            bail!("{} has no stage `{stage}`; {}", self.data.display(), did_you_mean(stage, ids()).unwrap_or_default());
        }
        let store = self.store.open()?;
        let latest = store.latest(&pipeline.name, stage).map(|fingerprint| store.lookup(&fingerprint));
        let Some(Lookup::Found(entry)) = latest else {
            bail!(
                "stage `{stage}` has no result yet; make it with: simvg-pipe run {} --target {stage}",
                self.data.display()
            );
        };
        Ok(entry.path)
    }
}
