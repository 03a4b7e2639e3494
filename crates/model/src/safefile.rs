//! Safetensors files, read and written tensor by tensor: no checkpoint ever lies in memory beside the model it is of.

use std::collections::BTreeMap;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use bytemuck::Pod;
use fs_err as fs;
use safetensors::tensor::{Metadata, TensorInfo, TensorView};
use serde_json::json;
use simvg_kernels::mapped::Mapped;

use crate::checkpoint::CheckpointError;
use crate::tensor::Tensor;

/// Bytes of the number at the start, which is the length of the header.
const LENGTH: u64 = 8;

/// A file whose header was read and agrees with its size.
pub(crate) struct SafeFile {
    path: PathBuf,
    file: Arc<Mutex<fs::File>>,
    /// Where the tensors begin.
    data: u64,
    header: Metadata,
}

/// Where the values of a tensor lie in an open file.
#[derive(Clone, Debug)]
pub(crate) struct Slice {
    file: Arc<Mutex<fs::File>>,
    start: u64,
    /// Number of bytes.
    pub len: usize,
}

impl Slice {
    /// Reads it; `target` has its length.
    pub fn read(&self, target: &mut [u8]) -> io::Result<()> {
        let mut file = self.file.lock().expect("nobody panics while reading");
        file.seek(SeekFrom::Start(self.start))?;
        file.read_exact(target)
    }

    /// Byte of the file where it begins.
    pub fn start(&self) -> u64 {
        self.start
    }

    /// The `len` numbers from where it begins, mapped.
    pub fn map(&self, len: usize) -> io::Result<Mapped> {
        Mapped::open(self.file.lock().expect("nobody panics while reading").file(), self.start, len)
    }
}

impl SafeFile {
    /// Opens a file and reads its header.
    pub fn open(path: &Path) -> Result<Self, CheckpointError> {
        let damaged = |reason: String| CheckpointError::Damaged { path: path.to_owned(), reason };
        let mut file = fs::File::open(path)?;
        let size = file.metadata()?.len();
        let mut length = [0; LENGTH as usize];
        file.read_exact(&mut length).map_err(|e| damaged(e.to_string()))?;
        let length = u64::from_le_bytes(length);
        if length > size - LENGTH {
            return Err(damaged("the file ends within its header".into()));
        }
        let mut header = vec![0; length as usize];
        file.read_exact(&mut header)?;
        let header: Metadata = serde_json::from_slice(&header).map_err(|e| damaged(e.to_string()))?;
        let data = LENGTH + length;
        if data + header.data_len() as u64 != size {
            return Err(damaged(format!("it should have {} bytes and has {size}", data + header.data_len() as u64)));
        }
        Ok(Self { path: path.to_owned(), file: Arc::new(Mutex::new(file)), data, header })
    }

    /// The texts of its header.
    pub fn metadata(&self) -> BTreeMap<String, String> {
        self.header.metadata().clone().unwrap_or_default().into_iter().collect()
    }

    /// Its tensors, whose values stay in the file until they are asked for.
    pub fn tensors(&self) -> BTreeMap<String, Tensor> {
        let tensors = self.header.tensors().into_iter();
        let known = tensors.filter_map(|(name, info)| {
            Some((name, Tensor::in_file(info.shape.clone(), info.dtype, self.slice(info))?))
        });
        known.collect()
    }

    /// Whether it has a tensor of this name.
    pub fn has(&self, name: &str) -> bool {
        self.header.info(name).is_some()
    }

    /// All values of the tensor `name`, which has the element type `T`.
    pub fn read<T: Pod>(&self, name: &str) -> Result<Vec<T>, CheckpointError> {
        let damaged = |reason: String| CheckpointError::Damaged { path: self.path.clone(), reason };
        let info = self.header.info(name).ok_or_else(|| damaged(format!("it lacks {name}")))?;
        let slice = self.slice(info);
        if !slice.len.is_multiple_of(size_of::<T>()) {
            return Err(damaged(format!("{name} is of another type")));
        }
        let mut values = vec![T::zeroed(); slice.len / size_of::<T>()];
        slice.read(bytemuck::cast_slice_mut(&mut values))?;
        Ok(values)
    }

    fn slice(&self, info: &TensorInfo) -> Slice {
        let (start, end) = info.data_offsets;
        Slice { file: Arc::clone(&self.file), start: self.data + start as u64, len: end - start }
    }
}

/// Bytes that the tensors of a written file begin at a multiple of: a line of the processor's caches, so that weights can
/// be used where they lie.
const ALIGNMENT: usize = 64;

/// Writes tensors in this order, which has wide types first, behind a header that depends on the content alone. The
/// library sorts them by name, and leaves the order of the metadata to chance.
pub(crate) fn write(
    out: &mut impl Write,
    views: &[(String, TensorView)],
    metadata: &BTreeMap<String, String>,
) -> io::Result<()> {
    let mut header = serde_json::Map::new();
    if !metadata.is_empty() {
        header.insert("__metadata__".into(), json!(metadata));
    }
    let mut end = 0;
    for (name, view) in views {
        let start = end;
        end += view.data().len();
        let info = json!({ "dtype": view.dtype(), "shape": view.shape(), "data_offsets": [start, end] });
        header.insert(name.clone(), info);
    }
    let mut head = serde_json::to_vec(&header)?;
    head.resize((LENGTH as usize + head.len()).next_multiple_of(ALIGNMENT) - LENGTH as usize, b' ');
    out.write_all(&(head.len() as u64).to_le_bytes())?;
    out.write_all(&head)?;
    views.iter().try_for_each(|(_, view)| out.write_all(view.data()))
}
