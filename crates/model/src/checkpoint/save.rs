//! Writes checkpoints, each beside its place and then renamed there, so that a reader never sees half a file.

use std::collections::BTreeMap;
use std::io::{BufWriter, Write};
use std::path::Path;

use fs_err as fs;
use safetensors::tensor::TensorView;

use super::{BACKBONE, Checkpoint, CheckpointError, EMA};
use crate::aliases;
use crate::config::{DistillType, ModelConfig};
use crate::model;
use crate::params::Layout;
use crate::pytorch;
use crate::safefile;
use crate::tensor::Dtype;

/// Version of the metadata that [`save`] writes.
const FORMAT: &str = "simvg-pipe/1";

/// What to write.
#[derive(Clone, Debug)]
pub struct Weights<'a> {
    /// The model.
    pub config: &'a ModelConfig,
    /// Where each tensor lies.
    pub layout: &'a Layout,
    /// Trained parameters.
    pub params: &'a [f32],
    /// Moving average of the parameters, if one is kept.
    pub ema: Option<&'a [f32]>,
    /// What the average holds under second names; where absent, the same as under the first
    /// ([`crate::state::TrainState::stale_ema`]).
    pub stale_ema: Option<&'a [f32]>,
    /// Free facts for the reader: epoch, accuracy, stage.
    pub facts: &'a BTreeMap<String, String>,
}

type Views<'a> = Vec<(String, TensorView<'a>)>;

/// Writes a checkpoint as safetensors: plain names, and `ema.` names for the moving average.
///
/// # Errors
/// Those of the file system.
pub fn save(path: &Path, weights: &Weights) -> Result<(), CheckpointError> {
    let buffers = class_weights(weights.config);
    save_safetensors(path, official(weights, &buffers)?, metadata(weights), weights.layout)
}

/// Writes a checkpoint as PyTorch's zip form, with the dictionaries `state_dict` and, where a moving average is kept,
/// `ema_state_dict`; configuration and facts are texts in `meta`. `torch.load(path, weights_only=True)` reads it.
///
/// # Errors
/// Those of the file system.
pub fn save_pth(path: &Path, weights: &Weights) -> Result<(), CheckpointError> {
    let buffers = class_weights(weights.config);
    save_pytorch(path, &official(weights, &buffers)?, &metadata(weights))
}

/// Writes only the backbone, under the names of BEiT-3 weights (`beit3.*`).
///
/// # Errors
/// Those of the file system.
pub fn save_backbone(path: &Path, weights: &Weights) -> Result<(), CheckpointError> {
    let values = weights.ema.unwrap_or(weights.params);
    let mut views = Vec::new();
    for e in weights.layout.entries() {
        if let Some(name) = e.name.strip_prefix(BACKBONE) {
            views.push((name.to_owned(), view(&e.shape, &values[e.range()])?));
        }
    }
    save_safetensors(path, views, BTreeMap::from([("format".into(), FORMAT.into())]), weights.layout)
}

impl Checkpoint {
    /// Writes it as the ending of the name says: `.safetensors`, or `.pth` / `.pt` for PyTorch. Tensors become f32;
    /// integers, such as counters of other programs, are left out.
    ///
    /// # Errors
    /// For any other name, and those of the file system.
    pub fn export(&self, path: &Path) -> Result<(), CheckpointError> {
        let floats = self.tensors.iter().filter(|(_, tensor)| tensor.is_float());
        let read = floats.map(|(name, tensor)| Ok((name, &tensor.shape, tensor.values()?)));
        let read = read.collect::<std::io::Result<Vec<_>>>()?;
        let views = read.iter().map(|(name, shape, values)| Ok(((*name).clone(), view(shape, values)?)));
        let views = views.collect::<Result<Views, CheckpointError>>()?;
        match path.extension().and_then(|e| e.to_str()) {
            Some("safetensors") => {
                let layout = self.config().map(|config| model::layout(&config)).unwrap_or_default();
                save_safetensors(path, views, self.metadata.clone(), &layout)
            }
            Some("pth" | "pt") => save_pytorch(path, &views, &self.metadata),
            _ => Err(CheckpointError::UnknownForm(path.to_owned())),
        }
    }
}

/// Everything that the official state dict has, live and averaged.
fn official<'a>(weights: &Weights<'a>, buffers: &'a [(String, Vec<f32>)]) -> Result<Views<'a>, CheckpointError> {
    let mut views = Vec::new();
    for (prefix, values) in [("", Some(weights.params)), (EMA, weights.ema)] {
        let Some(values) = values else { continue };
        for e in weights.layout.entries() {
            views.push((format!("{prefix}{}", e.name), view(&e.shape, &values[e.range()])?));
        }
        for (name, values) in buffers {
            views.push((format!("{prefix}{name}"), view(&[values.len()], values)?));
        }
        let stale = weights.stale_ema.filter(|_| prefix == EMA);
        for (name, shape, values) in second_names(weights.layout, values, stale) {
            views.push((format!("{prefix}{name}"), view(shape, values)?));
        }
    }
    Ok(views)
}

/// Tensors under their second names; with `stale`, their values are taken from there.
fn second_names<'a>(
    layout: &'a Layout,
    values: &'a [f32],
    stale: Option<&'a [f32]>,
) -> impl Iterator<Item = (String, &'a [usize], &'a [f32])> {
    let mut at = 0;
    aliases::all(layout).map(move |(name, e)| {
        let from = at;
        at += e.len();
        (name, e.shape.as_slice(), stale.map_or(&values[e.range()], |stale| &stale[from..at]))
    })
}

/// `empty_weight` buffers of the official criterion: 1 for the classes, 0.1 for "no object".
fn class_weights(config: &ModelConfig) -> Vec<(String, Vec<f32>)> {
    let mut weights = vec![1.0; config.head.num_classes + 1];
    weights[config.head.num_classes] = 0.1;
    let mut names = vec!["head.criterion.empty_weight".to_owned()];
    if config.head.distill_type == DistillType::HardWeighted {
        names.push("head.criterion_harddistill.empty_weight".to_owned());
    }
    names.into_iter().map(|n| (n, weights.clone())).collect()
}

fn metadata(weights: &Weights) -> BTreeMap<String, String> {
    let mut all = weights.facts.clone();
    all.insert("format".into(), FORMAT.into());
    all.insert("config".into(), config_text(weights.config));
    all
}

/// How the configuration stands in the metadata.
pub(super) fn config_text(config: &ModelConfig) -> String {
    serde_json::to_string(config).expect("a model configuration is plain data")
}

fn view<'a>(shape: &[usize], values: &'a [f32]) -> Result<TensorView<'a>, CheckpointError> {
    let bytes = bytemuck::cast_slice(values);
    TensorView::new(Dtype::F32, shape.to_vec(), bytes).map_err(|e| std::io::Error::other(e.to_string()).into())
}

fn save_pytorch(path: &Path, views: &Views, metadata: &BTreeMap<String, String>) -> Result<(), CheckpointError> {
    atomically(path, |file| {
        let mut out = BufWriter::new(file);
        pytorch::write(&mut out, views, metadata)?;
        out.flush()
    })
}

/// What evaluation uses comes first, in the order of the model, so that it can be mapped as it lies.
fn save_safetensors(
    path: &Path,
    mut views: Views,
    metadata: BTreeMap<String, String>,
    layout: &Layout,
) -> Result<(), CheckpointError> {
    views.sort_by_key(|(name, _)| {
        let average = name.strip_prefix(EMA);
        (average.is_none(), layout.get(average.unwrap_or(name)).map_or(usize::MAX, |e| e.offset))
    });
    atomically(path, |file| {
        let mut out = BufWriter::new(file);
        safefile::write(&mut out, &views, &metadata)?;
        out.flush()
    })
}

fn atomically(path: &Path, write: impl FnOnce(&mut fs::File) -> std::io::Result<()>) -> Result<(), CheckpointError> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let part = path.with_extension("part");
    let written = fs::File::create(&part).and_then(|mut file| {
        write(&mut file)?;
        file.sync_all()
    });
    written.and_then(|()| fs::rename(&part, path)).inspect_err(|_| drop(fs::remove_file(&part)))?;
    Ok(())
}
