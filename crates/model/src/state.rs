//! Everything a training must remember to go on exactly where it stopped.

use std::collections::BTreeMap;
use std::io::{BufWriter, Write};
use std::path::Path;

use fs_err as fs;
use safetensors::Dtype;
use safetensors::tensor::TensorView;

use crate::aliases;
use crate::checkpoint::CheckpointError;
use crate::params::Layout;
use crate::safefile::{self, SafeFile};

/// Parameters, moments and counters of a running training; buffers have the layout of the model.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainState {
    /// Parameters.
    pub params: Vec<f32>,
    /// First moment of Adam (`exp_avg`).
    pub exp_avg: Vec<f32>,
    /// Second moment (`exp_avg_sq`).
    pub exp_avg_sq: Vec<f32>,
    /// Running maximum of the biased second moment (`max_exp_avg_sq`, amsgrad).
    pub max_exp_avg_sq: Vec<f32>,
    /// Moving average of the parameters, if one is kept.
    pub ema: Option<Vec<f32>>,
    /// What the official average holds under second names ([`aliases::all`]): it never averages them, so that they stay
    /// as they were at first (quirk T3). They are kept for files to say the same; nothing is ever computed with them.
    pub stale_ema: Option<Vec<f32>>,
    /// Updates that each tensor has had; a tensor without gradient is left alone, its counter too.
    pub steps: Vec<u32>,
    /// Updates of the moving average in this run (quirk T4: it restarts with every run).
    pub ema_steps: u32,
}

impl TrainState {
    /// A fresh state around these parameters.
    pub fn new(params: Vec<f32>, layout: &Layout, with_ema: bool) -> Self {
        let zeros = vec![0.0; params.len()];
        Self {
            ema: with_ema.then(|| params.clone()),
            stale_ema: None,
            exp_avg: zeros.clone(),
            exp_avg_sq: zeros.clone(),
            max_exp_avg_sq: zeros,
            params,
            steps: vec![0; layout.entries().len()],
            ema_steps: 0,
        }
    }

    /// From now on keeps the averages under second names as they are, if it has not done so before.
    pub fn keep_stale_ema(&mut self, layout: &Layout) {
        let now = self.ema.as_ref().map(|ema| aliases::gather(layout, ema)).filter(|values| !values.is_empty());
        self.stale_ema = self.stale_ema.take().or(now);
    }

    /// The parameters that evaluation uses.
    pub fn evaluated(&self) -> &[f32] {
        self.ema.as_deref().unwrap_or(&self.params)
    }

    /// Writes the state atomically, with `note` for whoever goes on.
    pub fn save(&self, path: &Path, note: &str) -> Result<(), CheckpointError> {
        let mut counters = self.steps.clone();
        counters.push(self.ema_steps);
        let mut tensors = vec![
            ("params", &self.params),
            ("exp_avg", &self.exp_avg),
            ("exp_avg_sq", &self.exp_avg_sq),
            ("max_exp_avg_sq", &self.max_exp_avg_sq),
        ];
        tensors.extend(self.ema.as_ref().map(|e| ("ema", e)));
        tensors.extend(self.stale_ema.as_ref().map(|e| ("stale_ema", e)));
        let mut views = Vec::new();
        for (name, values) in tensors {
            views.push((name.to_owned(), view(Dtype::F32, values.len(), bytemuck::cast_slice(values))?));
        }
        views.push(("steps".to_owned(), view(Dtype::U32, counters.len(), bytemuck::cast_slice(&counters))?));
        views.push(("note".to_owned(), view(Dtype::U8, note.len(), note.as_bytes())?));
        let part = path.with_extension("part");
        let mut out = BufWriter::new(fs::File::create(&part)?);
        safefile::write(&mut out, &views, &BTreeMap::new())?;
        out.flush()?;
        fs::rename(&part, path)?;
        Ok(())
    }

    /// Reads what [`TrainState::save`] wrote for a model of this layout.
    pub fn load(path: &Path, layout: &Layout) -> Result<(Self, String), CheckpointError> {
        let file = SafeFile::open(path)?;
        let damaged = |reason: String| CheckpointError::Damaged { path: path.to_owned(), reason };
        let list = |name: &str, len: usize| -> Result<Vec<f32>, CheckpointError> {
            let values: Vec<f32> = file.read(name)?;
            if values.len() == len { Ok(values) } else { Err(damaged(format!("{name} is of another model"))) }
        };
        let floats = |name: &str| list(name, layout.len());
        let aliased = aliases::all(layout).map(|(_, e)| e.len()).sum();
        let counters: Vec<u32> = file.read("steps")?;
        let Some((&ema_steps, steps)) = counters.split_last().filter(|(_, s)| s.len() == layout.entries().len()) else {
            return Err(damaged("the step counters are of another model".into()));
        };
        let note = file.read("note")?;
        let state = Self {
            params: floats("params")?,
            exp_avg: floats("exp_avg")?,
            exp_avg_sq: floats("exp_avg_sq")?,
            max_exp_avg_sq: floats("max_exp_avg_sq")?,
            ema: file.has("ema").then(|| floats("ema")).transpose()?,
            stale_ema: file.has("stale_ema").then(|| list("stale_ema", aliased)).transpose()?,
            steps: steps.to_vec(),
            ema_steps,
        };
        Ok((state, String::from_utf8(note).map_err(|e| damaged(e.to_string()))?))
    }
}

fn view(dtype: Dtype, len: usize, bytes: &[u8]) -> Result<TensorView<'_>, CheckpointError> {
    TensorView::new(dtype, vec![len], bytes).map_err(|e| std::io::Error::other(e.to_string()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_comes_back_as_it_was() {
        let mut layout = Layout::default();
        layout.push("a", &[2, 2]);
        layout.push("b", &[3]);
        let mut state = TrainState::new((0..7).map(|i| i as f32 / 3.0).collect(), &layout, true);
        state.steps = vec![5, 0];
        state.ema_steps = 9;
        state.stale_ema = Some(Vec::new());
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("state.safetensors");
        state.save(&path, "epoch 3").unwrap();
        assert_eq!(TrainState::load(&path, &layout).unwrap(), (state, "epoch 3".to_owned()));
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, &bytes[..bytes.len() - 9]).unwrap();
        assert!(TrainState::load(&path, &layout).unwrap_err().to_string().contains("state.safetensors"));
    }
}
