//! A tensor as it comes out of a checkpoint file: in f32, whatever its type there.

use half::{bf16, f16};
pub use safetensors::Dtype;

/// Shape, type in the file, and values.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// Row-major shape; empty for a scalar.
    pub shape: Vec<usize>,
    /// Type in the file.
    pub dtype: Dtype,
    /// The values; f64 and integers beyond 2^24 are rounded.
    pub values: Vec<f32>,
}

impl Tensor {
    /// A tensor from its little-endian bytes; `None` for types that no checkpoint of this model has (complex, f8).
    pub fn new(shape: Vec<usize>, dtype: Dtype, bytes: &[u8]) -> Option<Self> {
        Some(Self { shape, dtype, values: widen(dtype, bytes)? })
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
