//! A tensor as it comes out of a checkpoint file: in f32, whatever its type there.

use std::borrow::Cow;
use std::io;

use half::{bf16, f16};
pub use safetensors::Dtype;

use crate::safefile::Slice;

/// Shape, type in the file, and values, in memory or still in the file.
#[derive(Clone, Debug)]
pub struct Tensor {
    /// Row-major shape; empty for a scalar.
    pub shape: Vec<usize>,
    /// Type in the file.
    pub dtype: Dtype,
    values: Values,
}

#[derive(Clone, Debug)]
enum Values {
    Memory(Vec<f32>),
    File(Slice),
}

impl Tensor {
    /// A tensor from its little-endian bytes; `None` for types that no checkpoint of this model has (complex, f8).
    pub fn new(shape: Vec<usize>, dtype: Dtype, bytes: &[u8]) -> Option<Self> {
        Some(Self { shape, dtype, values: Values::Memory(widen(dtype, bytes)?) })
    }

    /// A tensor whose values stay in a file; `None` as for [`Tensor::new`].
    pub(crate) fn in_file(shape: Vec<usize>, dtype: Dtype, slice: Slice) -> Option<Self> {
        widen(dtype, &[])?;
        Some(Self { shape, dtype, values: Values::File(slice) })
    }

    /// Number of values.
    pub fn count(&self) -> usize {
        self.shape.iter().product()
    }

    /// The values; f64 and integers beyond 2^24 are rounded.
    ///
    /// # Errors
    /// If they cannot be read from their file.
    pub fn values(&self) -> io::Result<Cow<'_, [f32]>> {
        match &self.values {
            Values::Memory(values) => Ok(Cow::Borrowed(values)),
            Values::File(_) => {
                let mut values = vec![0.0; self.count()];
                self.copy_to(&mut values)?;
                Ok(Cow::Owned(values))
            }
        }
    }

    /// Writes the values into `target`, which has room for [`Tensor::count`] of them.
    ///
    /// # Errors
    /// If they cannot be read from their file.
    pub fn copy_to(&self, target: &mut [f32]) -> io::Result<()> {
        match &self.values {
            Values::Memory(values) => target.copy_from_slice(values),
            Values::File(slice) if self.dtype == Dtype::F32 => slice.read(bytemuck::cast_slice_mut(target))?,
            Values::File(slice) => {
                let mut bytes = vec![0; slice.len];
                slice.read(&mut bytes)?;
                target.copy_from_slice(
                    &widen(self.dtype, &bytes).expect("the type was checked when the file was opened"),
                );
            }
        }
        Ok(())
    }

    /// Where the values lie in their file, if they do so as they are wanted in memory.
    pub(crate) fn plain(&self) -> Option<&Slice> {
        match &self.values {
            Values::File(slice) if self.dtype == Dtype::F32 && cfg!(target_endian = "little") => Some(slice),
            _ => None,
        }
    }

    /// False for integers and truth values, such as counters.
    pub fn is_float(&self) -> bool {
        matches!(self.dtype, Dtype::F64 | Dtype::F32 | Dtype::F16 | Dtype::BF16)
    }
}

fn widen(dtype: Dtype, bytes: &[u8]) -> Option<Vec<f32>> {
    Some(match dtype {
        Dtype::F32 => each(bytes, f32::from_le_bytes),
        Dtype::F16 => each(bytes, |b| f16::from_le_bytes(b).to_f32()),
        Dtype::BF16 => each(bytes, |b| bf16::from_le_bytes(b).to_f32()),
        Dtype::F64 => each(bytes, |b| f64::from_le_bytes(b) as f32),
        Dtype::I64 => each(bytes, |b| i64::from_le_bytes(b) as f32),
        Dtype::U64 => each(bytes, |b| u64::from_le_bytes(b) as f32),
        Dtype::I32 => each(bytes, |b| i32::from_le_bytes(b) as f32),
        Dtype::U32 => each(bytes, |b| u32::from_le_bytes(b) as f32),
        Dtype::I16 => each(bytes, |b| i16::from_le_bytes(b).into()),
        Dtype::U16 => each(bytes, |b| u16::from_le_bytes(b).into()),
        Dtype::I8 => each(bytes, |b| i8::from_le_bytes(b).into()),
        Dtype::U8 | Dtype::BOOL => each(bytes, |[b]| b.into()),
        _ => return None,
    })
}

fn each<const N: usize>(bytes: &[u8], to_f32: impl Fn([u8; N]) -> f32) -> Vec<f32> {
    bytes.as_chunks().0.iter().map(|&b| to_f32(b)).collect()
}
