//! Tensors of a safetensors file, all as f32: numbers, counts, masks and token ids are small enough for it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use fs_err as fs;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use super::ParityError;

/// One tensor.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// Row-major shape.
    pub shape: Vec<usize>,
    /// Its elements.
    pub data: Vec<f32>,
}

/// The tensors of one file.
#[derive(Clone, Debug)]
pub struct Tensors {
    path: PathBuf,
    by_name: BTreeMap<String, Tensor>,
}

impl Tensors {
    /// Reads a file.
    pub fn read(path: &Path) -> Result<Self, ParityError> {
        let damaged = |reason| ParityError::Damaged { path: path.to_owned(), reason };
        let bytes = fs::read(path)?;
        let file = SafeTensors::deserialize(&bytes).map_err(|e| damaged(format!("not a safetensors file: {e}")))?;
        let mut by_name = BTreeMap::new();
        for (name, view) in file.tensors() {
            let data = widen(&view).ok_or_else(|| damaged(format!("{name} has type {:?}", view.dtype())))?;
            by_name.insert(name, Tensor { shape: view.shape().to_vec(), data });
        }
        Ok(Self { path: path.to_owned(), by_name })
    }

    /// The tensor of this name.
    pub fn get(&self, name: &str) -> Result<&Tensor, ParityError> {
        self.by_name.get(name).ok_or_else(|| self.damaged(format!("it lacks the tensor {name}")))
    }

    /// The tensor of this name, which must have this shape.
    pub fn shaped(&self, name: &str, shape: &[usize]) -> Result<&Tensor, ParityError> {
        let tensor = self.get(name)?;
        if tensor.shape == shape {
            return Ok(tensor);
        }
        Err(self.damaged(format!("{name} is {:?} and should be {shape:?}", tensor.shape)))
    }

    /// Names and tensors in byte order of the names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Tensor)> {
        self.by_name.iter().map(|(name, tensor)| (name.as_str(), tensor))
    }

    /// An error about this file.
    pub fn damaged(&self, reason: String) -> ParityError {
        ParityError::Damaged { path: self.path.clone(), reason }
    }
}

fn widen(view: &TensorView) -> Option<Vec<f32>> {
    let data = view.data();
    Some(match view.dtype() {
        Dtype::F32 => data.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect(),
        Dtype::F64 => data.as_chunks().0.iter().map(|b| f64::from_le_bytes(*b) as f32).collect(),
        Dtype::I64 => data.as_chunks().0.iter().map(|b| i64::from_le_bytes(*b) as f32).collect(),
        Dtype::I32 => data.as_chunks().0.iter().map(|b| i32::from_le_bytes(*b) as f32).collect(),
        Dtype::U8 | Dtype::BOOL => data.iter().map(|&b| f32::from(b)).collect(),
        _ => return None,
    })
}
