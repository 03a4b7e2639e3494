//! Reads checkpoints. Of safetensors only the tensors that are asked for leave the disk: with a moving average, a file
//! holds every parameter twice.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use fs_err as fs;
use safetensors::tensor::{Metadata, TensorInfo};

use super::{Checkpoint, CheckpointError, EMA, Which};
use crate::pytorch;
use crate::tensor::Tensor;

/// Bytes of the length that a file of safetensors begins with.
const LENGTH: u64 = 8;

impl Checkpoint {
    /// Reads a file of safetensors or of PyTorch (zip, legacy or tar), whatever its name. All numbers are widened to
    /// f32. Of a PyTorch file, the weights (`state_dict`, `model`, `module`, or the file itself) and their moving
    /// average (`ema_state_dict`) are taken.
    ///
    /// # Errors
    /// Where the file is damaged, or a pickle that would run something.
    pub fn load(path: &Path) -> Result<Self, CheckpointError> {
        load_some(path, None)
    }

    /// Reads this set of parameters alone, under plain names: half of the memory where the file has a moving average.
    ///
    /// # Errors
    /// As [`Checkpoint::load`].
    pub fn load_for(path: &Path, which: Which) -> Result<Self, CheckpointError> {
        load_some(path, Some(which))
    }
}

fn load_some(path: &Path, which: Option<Which>) -> Result<Checkpoint, CheckpointError> {
    let mut file = fs::File::open(path)?;
    let mut start = Vec::new();
    file.by_ref().take(LENGTH + 1).read_to_end(&mut start)?;
    // The header of safetensors is JSON and stands after its length.
    if start.get(LENGTH as usize) == Some(&b'{') {
        return read_safetensors(path, &mut file, which);
    }
    let contents = pytorch::read(path)?;
    let names: BTreeSet<String> = contents.tensors.keys().cloned().collect();
    let wanted = contents.tensors.into_iter().filter_map(|(name, t)| Some((kept_as(&name, &names, which)?, t)));
    Ok(Checkpoint { path: path.to_owned(), tensors: wanted.collect(), metadata: contents.facts })
}

/// Under which name a tensor is kept, if it belongs to the set.
fn kept_as(name: &str, names: &BTreeSet<String>, which: Option<Which>) -> Option<String> {
    let keep = match (which, name.strip_prefix(EMA)) {
        (Some(Which::Live), Some(_)) => return None,
        (Some(Which::Ema), Some(plain)) => plain,
        (Some(Which::Ema), None) if names.contains(&format!("{EMA}{name}")) => return None,
        _ => name,
    };
    Some(keep.to_owned())
}

fn read_safetensors(path: &Path, file: &mut fs::File, which: Option<Which>) -> Result<Checkpoint, CheckpointError> {
    let damaged = |reason: String| CheckpointError::Damaged { path: path.to_owned(), reason };
    let (data, header) = read_header(file)?.map_err(damaged)?;
    let infos = header.tensors();
    let names: BTreeSet<String> = infos.keys().cloned().collect();
    let mut tensors = BTreeMap::new();
    for (name, info) in infos.iter().filter_map(|(name, info)| Some((kept_as(name, &names, which)?, info))) {
        tensors.extend(read_tensor(file, data, info)?.map(|tensor| (name, tensor)));
    }
    let metadata = header.metadata().clone().unwrap_or_default().into_iter().collect();
    Ok(Checkpoint { path: path.to_owned(), tensors, metadata })
}

/// Where the data begins, and what it holds; or what is wrong with the file.
fn read_header(file: &mut fs::File) -> std::io::Result<Result<(u64, Metadata), String>> {
    let size = file.metadata()?.len();
    let mut length = [0; LENGTH as usize];
    file.seek(SeekFrom::Start(0))?;
    file.read_exact(&mut length)?;
    let length = u64::from_le_bytes(length);
    let Some(data) = length.checked_add(LENGTH).filter(|data| *data <= size) else {
        return Ok(Err(format!("a header of {length} bytes in a file of {size}")));
    };
    let mut header = vec![0; length as usize];
    file.read_exact(&mut header)?;
    // It checks that the tensors follow each other without gaps, and that each is as long as its shape says.
    let header: Metadata = match serde_json::from_slice(&header) {
        Ok(header) => header,
        Err(e) => return Ok(Err(format!("the header is not one of safetensors: {e}"))),
    };
    let missing = (data + header.data_len() as u64).checked_sub(size);
    Ok(match missing {
        Some(0) => Ok((data, header)),
        Some(bytes) => Err(format!("{bytes} bytes of its tensors are missing")),
        None => Err("more follows after its tensors".into()),
    })
}

/// A tensor of a type that no checkpoint of this model has is none.
fn read_tensor(file: &mut fs::File, data: u64, info: &TensorInfo) -> std::io::Result<Option<Tensor>> {
    let (start, end) = info.data_offsets;
    let mut bytes = vec![0; end - start];
    file.seek(SeekFrom::Start(data + start as u64))?;
    file.read_exact(&mut bytes)?;
    Ok(Tensor::new(info.shape.clone(), info.dtype, &bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::{Weights, save, save_pth};
    use crate::config::ModelConfig;
    use crate::model;

    #[test]
    fn one_set_of_parameters_is_half_of_a_file() {
        let config = ModelConfig::preset("toy").unwrap();
        let layout = model::layout(&config);
        let (live, average) = (vec![1.0; layout.len()], vec![2.0; layout.len()]);
        let (params, ema, facts) = (live.as_slice(), Some(average.as_slice()), BTreeMap::new());
        let weights = Weights { config: &config, layout: &layout, params, ema, stale_ema: None, facts: &facts };
        let folder = tempfile::tempdir().unwrap();
        let paths = ["a.safetensors", "a.pth"].map(|name| folder.path().join(name));
        save(&paths[0], &weights).unwrap();
        save_pth(&paths[1], &weights).unwrap();
        for path in paths {
            let whole = Checkpoint::load(&path).unwrap().tensors().len();
            for (which, value) in [(Which::Live, 1.0), (Which::Ema, 2.0)] {
                let half = Checkpoint::load_for(&path, which).unwrap();
                assert_eq!(half.tensors().len() * 2, whole);
                let mut read = vec![0.0; layout.len()];
                half.copy_into(&layout, &mut read, which, false).unwrap();
                assert!(read.iter().all(|x| *x == value), "{which:?} of {}", path.display());
            }
        }
    }
}
