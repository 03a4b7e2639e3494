//! PyTorch checkpoints (`.pth`, `.pt`, `.bin`, `.zip`), in and out.
//!
//! A pickle is a program for Python; here it is data. `pytorch-reader` runs nothing, bounds nesting and copies, and
//! checks every length against the file. Ours is what it cannot know: which of a file's tensors are the model
//! ([`names`]), how much they may ask for in all, and that a file which names functions to call is better not trusted
//! ([`facts`]).

mod facts;
mod names;
mod pickle;
mod write;

use std::collections::BTreeMap;
use std::path::Path;

use fs_err as fs;
use pytorch_reader::{DType, PytorchReader};

use crate::checkpoint::CheckpointError;
use crate::tensor::{Dtype, Tensor};

pub(crate) use write::write;

/// What a file holds of a model.
pub(crate) struct Contents {
    /// Under their official names; moving averages begin with `ema.`.
    pub tensors: BTreeMap<String, Tensor>,
    /// Numbers and texts beside them, such as the epoch.
    pub facts: BTreeMap<String, String>,
}

/// Reads the weights and their moving averages; what else a training left in the file, such as the state of the
/// optimizer, is passed over.
///
/// # Errors
/// Where it is no PyTorch file, a damaged one, or one that is made to run something.
pub(crate) fn read(path: &Path) -> Result<Contents, CheckpointError> {
    let damaged = |reason: String| CheckpointError::Damaged { path: path.to_owned(), reason };
    let length = fs::metadata(path)?.len();
    let values = PytorchReader::read_pickle_data(path, None).map_err(|e| damaged(e.to_string()))?;
    if let Some(callee) = facts::callee(&values) {
        return Err(CheckpointError::Refused { path: path.to_owned(), callee });
    }
    let all = PytorchReader::new(path).map_err(|e| damaged(e.to_string()))?.into_tensors();
    let chosen = names::choose(all).map_err(damaged)?;
    check_size(&chosen, length).map_err(damaged)?;
    let tensors = chosen.into_iter().map(|(name, tensor)| Ok((name, load(&tensor)?)));
    let tensors = tensors.collect::<std::io::Result<_>>().map_err(|e| damaged(e.to_string()))?;
    Ok(Contents { tensors, facts: facts::facts(&values) })
}

/// A few bytes can declare a view of any size. Honest tensors have at least a byte of the file for each element; those
/// that share a storage too, as 32-bit values have four.
fn check_size(tensors: &BTreeMap<String, pytorch_reader::Tensor>, length: u64) -> Result<(), String> {
    let count = tensors.values().fold(0u64, |sum, tensor| sum.saturating_add(tensor.num_elements() as u64));
    if count <= length { Ok(()) } else { Err(format!("its tensors have {count} elements, the file {length} bytes")) }
}

fn load(tensor: &pytorch_reader::Tensor) -> std::io::Result<Tensor> {
    let dtype = match tensor.dtype() {
        DType::F64 => Dtype::F64,
        DType::F32 => Dtype::F32,
        DType::F16 => Dtype::F16,
        DType::BF16 => Dtype::BF16,
        DType::I64 => Dtype::I64,
        DType::I32 => Dtype::I32,
        DType::I16 => Dtype::I16,
        DType::I8 => Dtype::I8,
        DType::U64 => Dtype::U64,
        DType::U32 => Dtype::U32,
        DType::U16 => Dtype::U16,
        DType::U8 => Dtype::U8,
        DType::Bool => Dtype::BOOL,
    };
    let tensor = Tensor::new(tensor.shape().to_vec(), dtype, &tensor.read()?);
    Ok(tensor.expect("every type of PyTorch is widened"))
}
