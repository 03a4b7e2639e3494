//! Checkpoints: safetensors files under the official state-dict names, with the configuration in the metadata.
//!
//! Plain names are the trained parameters; `ema.` names, where present, their exponential moving average, which is what
//! evaluation uses. A file that holds only `beit3.*` (the form of BEiT-3 weights) serves as a backbone.

use std::collections::{BTreeMap, HashMap};
use std::io::Write;
use std::path::{Path, PathBuf};

use fs_err as fs;
use half::{bf16, f16};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use crate::aliases;
use crate::config::ModelConfig;
use crate::params::Layout;

/// Version of the metadata that [`save`] writes.
const FORMAT: &str = "simvg-pipe/1";
/// Prefix of the moving averages.
const EMA: &str = "ema.";
/// What the names of a backbone-only file lack.
const BACKBONE: &str = "vis_enc.";

/// Why a checkpoint could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// The file system said no.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// Not a safetensors file, or a damaged one.
    #[error("{path}: not a readable safetensors file ({reason}); it may be truncated, make or fetch it again", path = .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What the reader met.
        reason: String,
    },
    /// The file has no model configuration and none was given.
    #[error("{path}: holds no model configuration, so it is not a whole model; use it as `init` of a training stage", path = .0.display())]
    NoConfig(PathBuf),
    /// Tensors are missing or of another shape.
    #[error("{path}: does not fit the model: {problems}", path = .path.display())]
    Mismatch {
        /// The file.
        path: PathBuf,
        /// The first few misfits.
        problems: String,
    },
}

/// What to write besides the parameters.
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

/// Writes a checkpoint beside its place and renames it there, so that a reader never sees half a file.
pub fn save(path: &Path, weights: &Weights) -> Result<(), CheckpointError> {
    let mut views = Vec::new();
    let buffers = class_weights(weights.config);
    for (prefix, values) in [("", Some(weights.params)), (EMA, weights.ema)] {
        let Some(values) = values else { continue };
        for e in weights.layout.entries() {
            views.push((format!("{prefix}{}", e.name), view(&e.shape, &values[e.range()])?));
        }
        for (name, values) in &buffers {
            views.push((format!("{prefix}{name}"), view(&[values.len()], values)?));
        }
        let stale = weights.stale_ema.filter(|_| prefix == EMA);
        for (name, shape, values) in second_names(weights.layout, values, stale) {
            views.push((format!("{prefix}{name}"), view(shape, values)?));
        }
    }
    write_atomically(path, views, metadata(weights))
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

/// Writes only the backbone, under the names of BEiT-3 weights (`beit3.*`).
pub fn save_backbone(path: &Path, weights: &Weights) -> Result<(), CheckpointError> {
    let values = weights.ema.unwrap_or(weights.params);
    let mut views = Vec::new();
    for e in weights.layout.entries() {
        if let Some(name) = e.name.strip_prefix(BACKBONE) {
            views.push((name.to_owned(), view(&e.shape, &values[e.range()])?));
        }
    }
    write_atomically(path, views, HashMap::from([("format".into(), FORMAT.into())]))
}

/// `empty_weight` buffers of the official criterion: 1 for the classes, 0.1 for "no object".
fn class_weights(config: &ModelConfig) -> Vec<(String, Vec<f32>)> {
    let mut weights = vec![1.0; config.head.num_classes + 1];
    weights[config.head.num_classes] = 0.1;
    let mut names = vec!["head.criterion.empty_weight".to_owned()];
    if config.head.distill_type == crate::config::DistillType::HardWeighted {
        names.push("head.criterion_harddistill.empty_weight".to_owned());
    }
    names.into_iter().map(|n| (n, weights.clone())).collect()
}

fn metadata(weights: &Weights) -> HashMap<String, String> {
    let config = serde_json::to_string(weights.config).expect("a model configuration is plain data");
    let mut all: HashMap<String, String> = weights.facts.clone().into_iter().collect();
    all.insert("format".into(), FORMAT.into());
    all.insert("config".into(), config);
    all
}

fn view<'a>(shape: &[usize], values: &'a [f32]) -> Result<TensorView<'a>, CheckpointError> {
    let bytes = bytemuck::cast_slice(values);
    TensorView::new(Dtype::F32, shape.to_vec(), bytes).map_err(|e| std::io::Error::other(e.to_string()).into())
}

fn write_atomically(
    path: &Path,
    views: Vec<(String, TensorView)>,
    metadata: HashMap<String, String>,
) -> Result<(), CheckpointError> {
    let bytes = serialize_sorted(views, metadata)?;
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let part = path.with_extension("part");
    let written = write_synced(&part, &bytes).and_then(|()| fs::rename(&part, path));
    written.inspect_err(|_| drop(fs::remove_file(&part)))?;
    Ok(())
}

fn write_synced(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = fs::File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Serialises with a header that depends on the content alone: the library orders tensors, but not the metadata.
fn serialize_sorted(
    views: Vec<(String, TensorView)>,
    metadata: HashMap<String, String>,
) -> Result<Vec<u8>, CheckpointError> {
    let bytes = safetensors::serialize(views, None).map_err(|e| std::io::Error::other(e.to_string()))?;
    let header_len = u64::from_le_bytes(bytes[..8].try_into().expect("a header length is eight bytes")) as usize;
    let mut header: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(&bytes[8..8 + header_len]).expect("the library writes JSON");
    let sorted: BTreeMap<String, String> = metadata.into_iter().collect();
    header.insert("__metadata__".into(), serde_json::to_value(sorted).expect("strings are JSON"));
    let mut head = serde_json::to_vec(&header).expect("a map is JSON");
    head.resize(head.len().next_multiple_of(8), b' ');
    let mut out = Vec::with_capacity(8 + head.len() + bytes.len());
    out.extend((head.len() as u64).to_le_bytes());
    out.extend(head);
    out.extend(&bytes[8 + header_len..]);
    Ok(out)
}

/// A checkpoint as it lies in its file: every tensor in f32.
#[derive(Clone, Debug)]
pub struct Checkpoint {
    path: PathBuf,
    tensors: BTreeMap<String, (Vec<usize>, Vec<f32>)>,
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
    /// Reads a safetensors file; f16 and bf16 tensors are widened, integer tensors left out.
    pub fn load(path: &Path) -> Result<Self, CheckpointError> {
        let damaged = |reason: String| CheckpointError::Damaged { path: path.to_owned(), reason };
        let bytes = fs::read(path)?;
        let (_, header) = SafeTensors::read_metadata(&bytes).map_err(|e| damaged(e.to_string()))?;
        let metadata = header.metadata().clone().unwrap_or_default().into_iter().collect();
        let file = SafeTensors::deserialize(&bytes).map_err(|e| damaged(e.to_string()))?;
        let tensors =
            file.iter().filter_map(|(name, t)| Some((name.to_owned(), (t.shape().to_vec(), widen(&t)?)))).collect();
        Ok(Self { path: path.to_owned(), tensors, metadata })
    }

    /// The model that this checkpoint is of.
    pub fn config(&self) -> Result<ModelConfig, CheckpointError> {
        let text = self.metadata.get("config").ok_or_else(|| CheckpointError::NoConfig(self.path.clone()))?;
        serde_json::from_str(text)
            .map_err(|e| CheckpointError::Damaged { path: self.path.clone(), reason: e.to_string() })
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
    /// backbone-only file, or a head of another form); a tensor of another shape is always an error.
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
            let second = || self.find(&aliases::second_name(layout, &e.name)?, which);
            match self.find(&e.name, which).or_else(second) {
                Some((shape, values)) if *shape == e.shape => {
                    params[e.range()].copy_from_slice(values);
                    copied += 1;
                }
                Some((shape, _)) => problems.push(format!("{} is {shape:?}, the model wants {:?}", e.name, e.shape)),
                None if partial => {}
                None => problems.push(format!("{} is missing", e.name)),
            }
        }
        if copied == 0 {
            problems.push("it shares no tensor with the model".into());
        }
        if problems.is_empty() { Ok(copied) } else { Err(self.mismatch(&problems)) }
    }

    fn find(&self, name: &str, which: Which) -> Option<&(Vec<usize>, Vec<f32>)> {
        let ema = (which == Which::Ema).then(|| self.tensors.get(&format!("{EMA}{name}"))).flatten();
        ema.or_else(|| self.tensors.get(name)).or_else(|| self.tensors.get(name.strip_prefix(BACKBONE)?))
    }

    fn mismatch(&self, problems: &[String]) -> CheckpointError {
        let shown = problems.iter().take(5).cloned().collect::<Vec<_>>().join("; ");
        let more = problems.len().saturating_sub(5);
        let problems = if more > 0 { format!("{shown}; and {more} more") } else { shown };
        CheckpointError::Mismatch { path: self.path.clone(), problems }
    }
}

fn widen(t: &TensorView) -> Option<Vec<f32>> {
    let data = t.data();
    match t.dtype() {
        Dtype::F32 => Some(data.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect()),
        Dtype::F16 => Some(data.chunks_exact(2).map(|b| f16::from_le_bytes([b[0], b[1]]).to_f32()).collect()),
        Dtype::BF16 => Some(data.chunks_exact(2).map(|b| bf16::from_le_bytes([b[0], b[1]]).to_f32()).collect()),
        _ => None,
    }
}
