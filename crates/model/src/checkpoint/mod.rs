//! Checkpoints under the official state-dict names, of this program (safetensors with the configuration in the
//! metadata) and of PyTorch.
//!
//! Plain names are the trained parameters; `ema.` names, where present, their exponential moving average, which is what
//! evaluation uses. A file that holds only `beit3.*` (the form of BEiT-3 weights) serves as a backbone.

mod error;
mod fit;
mod save;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use fs_err as fs;
use simvg_kernels::mapped::Mapped;

pub use error::CheckpointError;
pub use fit::{Change, Fit};
pub use save::{Weights, save, save_backbone, save_pth};

use crate::config::ModelConfig;
use crate::model;
use crate::params::{Entry, Layout};
use crate::pytorch;
use crate::safefile::{SafeFile, Slice};
use crate::tensor::Tensor;
use fit::Match;

/// Prefix of the moving averages.
pub(crate) const EMA: &str = "ema.";
/// What the names of a backbone-only file lack.
const BACKBONE: &str = "vis_enc.";

/// A checkpoint as it lies in its file: every tensor in f32. Of safetensors, the values stay in the file until they are
/// needed.
#[derive(Clone, Debug)]
pub struct Checkpoint {
    path: PathBuf,
    tensors: BTreeMap<String, Tensor>,
    metadata: BTreeMap<String, String>,
}

/// Which set of parameters to take from a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// The trained parameters.
    Live,
    /// Their moving average where the file has one, else the trained parameters.
    Ema,
}

impl Checkpoint {
    /// Reads a file of safetensors or of PyTorch (zip, legacy or tar), whatever its name. All numbers are widened to
    /// f32. Of a PyTorch file, the weights (`state_dict`, `model`, `module`, or the file itself) and their moving
    /// average (`ema_state_dict`) are taken.
    ///
    /// # Errors
    /// Where the file is damaged, or a pickle that would run something.
    pub fn load(path: &Path) -> Result<Self, CheckpointError> {
        // The header of safetensors is JSON and stands after its length.
        if start(path)?.get(8) == Some(&b'{') {
            let file = SafeFile::open(path)?;
            return Ok(Self { path: path.to_owned(), tensors: file.tensors(), metadata: file.metadata() });
        }
        let contents = pytorch::read(path)?;
        Ok(Self { path: path.to_owned(), tensors: contents.tensors, metadata: contents.facts })
    }

    /// The model that this checkpoint is of.
    pub fn config(&self) -> Result<ModelConfig, CheckpointError> {
        let text = self.metadata.get("config").ok_or_else(|| CheckpointError::NoConfig(self.path.clone()))?;
        serde_json::from_str(text)
            .map_err(|e| CheckpointError::Damaged { path: self.path.clone(), reason: e.to_string() })
    }

    /// Says which model it is of, for files of PyTorch, which do not.
    ///
    /// # Errors
    /// Where it lacks a tensor of that model, or has one of another shape.
    pub fn set_config(&mut self, config: &ModelConfig) -> Result<(), CheckpointError> {
        let layout = model::layout(config);
        self.copy_into(&layout, &mut vec![0.0; layout.len()], Which::Live, false)?;
        self.metadata.insert("config".into(), save::config_text(config));
        Ok(())
    }

    /// Its tensors in the order of their names.
    pub fn tensors(&self) -> &BTreeMap<String, Tensor> {
        &self.tensors
    }

    /// Facts stored by whoever made it.
    pub fn metadata(&self) -> &BTreeMap<String, String> {
        &self.metadata
    }

    /// True if it holds a backbone and no head.
    pub fn is_backbone_only(&self) -> bool {
        !self.tensors.keys().any(|name| name.starts_with("head."))
    }

    /// Copies its tensors over `params`. With `partial`, tensors of the layout that the file lacks keep their values (a
    /// backbone-only file, or a head of another form), and position table and patch projection are interpolated from
    /// another picture or patch size; any other tensor of another shape is an error.
    pub fn copy_into(
        &self,
        layout: &Layout,
        params: &mut [f32],
        which: Which,
        partial: bool,
    ) -> Result<usize, CheckpointError> {
        let mut problems = Vec::new();
        let mut copied = 0;
        for e in layout.entries() {
            let target = &mut params[e.range()];
            match self.matching(layout, e, which) {
                Match::Same(t) => t.copy_to(target)?,
                Match::Resized(t, resize) if partial => target.copy_from_slice(&resize.apply(&t.values()?)),
                Match::Missing if partial => continue,
                Match::Missing => problems.push(format!("{} is missing", e.name)),
                Match::Resized(t, _) | Match::Misshapen(t) => problems
                    .push(Change { name: e.name.clone(), file: t.shape.clone(), model: e.shape.clone() }.to_string()),
            }
            copied += 1;
        }
        if copied == 0 {
            problems.push("it shares no tensor with the model".into());
        }
        if problems.is_empty() { Ok(copied) } else { Err(self.mismatch(&problems)) }
    }

    /// The parameters of a model with this layout where they lie: nothing unless the file holds them as plain f32 in that
    /// order, and is on a file system that maps files.
    pub(crate) fn map(&self, layout: &Layout, which: Which) -> Option<Mapped> {
        let first = self.plain(layout, layout.entries().first()?, which)?;
        let as_laid_out = |e: &Entry| {
            let start = first.start() + (size_of::<f32>() * e.offset) as u64;
            self.plain(layout, e, which).is_some_and(|slice| slice.start() == start)
        };
        layout.entries().iter().all(as_laid_out).then(|| first.map(layout.len()).ok())?
    }

    fn plain(&self, layout: &Layout, entry: &Entry, which: Which) -> Option<&Slice> {
        match self.matching(layout, entry, which) {
            Match::Same(tensor) => tensor.plain(),
            _ => None,
        }
    }

    fn mismatch(&self, problems: &[String]) -> CheckpointError {
        let shown = problems.iter().take(5).cloned().collect::<Vec<_>>().join("; ");
        let more = problems.len().saturating_sub(5);
        let problems = if more > 0 { format!("{shown}; and {more} more") } else { shown };
        CheckpointError::Mismatch { path: self.path.clone(), problems }
    }
}

/// The first bytes of a file.
fn start(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut start = Vec::new();
    fs::File::open(path)?.take(9).read_to_end(&mut start)?;
    Ok(start)
}
