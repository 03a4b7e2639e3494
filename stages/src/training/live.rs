//! Checkpoints that a training shows while it runs, for `simvg-pipe watch --checkpoints` or whoever looks.
//!
//! They lie in `live/<pipeline>/<stage>/` of the store as `epoch_0001.safetensors`, whole from the moment that they have this
//! name, with the tokenizer beside them. They are no part of the result: a training goes on if they cannot be written.

use std::io;
use std::path::{Path, PathBuf};

use fs_err as fs;
use simvg_pipeline::StageContext;

use super::options::TrainOptions;
use crate::preprocess::TOKENIZER;

/// The folder of one training.
pub struct Live {
    folder: PathBuf,
    keep: usize,
    tokenizer: PathBuf,
}

impl Live {
    /// The folder that the stage was given; nothing is written yet.
    pub fn new(context: &StageContext, options: &TrainOptions) -> Self {
        let tokenizer = context.path(&options.tokenizer);
        Self { folder: context.live.clone(), keep: options.live_checkpoints, tokenizer }
    }

    /// Takes away what another training of the same stage left.
    pub fn clear(&self, context: &StageContext) {
        if let Err(error) = self.checkpoints().and_then(|old| old.iter().try_for_each(fs::remove_file)) {
            context.warn(format!("checkpoints of an earlier training stay: {error}"));
        }
    }

    /// Shows the checkpoint of an epoch, counted from one, and drops the oldest beyond those that are kept.
    pub fn publish(&self, context: &StageContext, checkpoint: &Path, epoch: usize) {
        if self.keep == 0 {
            return;
        }
        if let Err(error) = self.try_publish(checkpoint, epoch) {
            context.warn(format!("the checkpoint of epoch {epoch} cannot be shown to watchers: {error}"));
        }
    }

    fn try_publish(&self, checkpoint: &Path, epoch: usize) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        place(&self.tokenizer, &self.folder.join(TOKENIZER))?;
        place(checkpoint, &self.folder.join(format!("epoch_{epoch:04}.safetensors")))?;
        let shown = self.checkpoints()?;
        shown[..shown.len().saturating_sub(self.keep)].iter().try_for_each(fs::remove_file)
    }

    /// The checkpoints that are shown, the oldest first.
    fn checkpoints(&self) -> io::Result<Vec<PathBuf>> {
        if !self.folder.exists() {
            return Ok(Vec::new());
        }
        let files = fs::read_dir(&self.folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
        let is_ours = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "safetensors");
        let mut files: Vec<PathBuf> = files.into_iter().filter(is_ours).collect();
        files.sort();
        Ok(files)
    }
}

/// Copies a file so that it appears whole.
fn place(from: &Path, to: &Path) -> io::Result<()> {
    let part = to.with_extension("part");
    fs::copy(from, &part)?;
    fs::rename(&part, to)
}
