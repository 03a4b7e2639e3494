//! Writes the zip form of `torch.save`, such that `torch.load(path, weights_only=True)` reads it.

use std::collections::BTreeMap;
use std::io::{Seek, Write};

use safetensors::tensor::TensorView;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::facts::META;
use super::pickle::Pickle;
use crate::checkpoint::EMA;

/// Folder of everything in the archive, as `torch.save` calls it when it does not know the file's name.
const ROOT: &str = "archive";
/// Boundary that PyTorch lays storages on, so that they can be mapped into memory.
const ALIGNMENT: u16 = 64;

/// Writes f32 tensors: `state_dict`, `ema_state_dict` where some of the names begin with `ema.`, and `meta`.
///
/// # Errors
/// Those of `out`.
pub(crate) fn write(
    out: impl Write + Seek,
    views: &[(String, TensorView)],
    meta: &BTreeMap<String, String>,
) -> std::io::Result<()> {
    let mut zip = ZipWriter::new(out);
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored).with_alignment(ALIGNMENT);
    let mut add = |name: &str, bytes: &[u8]| -> std::io::Result<()> {
        zip.start_file(format!("{ROOT}/{name}"), options)?;
        zip.write_all(bytes)
    };
    add("data.pkl", &pickle(views, meta))?;
    add("byteorder", b"little")?;
    for (key, (_, view)) in views.iter().enumerate() {
        add(&format!("data/{key}"), view.data())?;
    }
    add("version", b"3\n")?;
    zip.finish()?;
    Ok(())
}

/// The dictionaries; a tensor's storage is called by its place in `views`.
fn pickle(views: &[(String, TensorView)], meta: &BTreeMap<String, String>) -> Vec<u8> {
    let mut pickle = Pickle::new();
    pickle.dict(|p| {
        for (dictionary, is_average) in [("state_dict", false), ("ema_state_dict", true)] {
            let of_it = |(_, (name, _)): &(usize, &(String, TensorView))| name.starts_with(EMA) == is_average;
            let chosen: Vec<_> = views.iter().enumerate().filter(of_it).collect();
            if chosen.is_empty() {
                continue;
            }
            p.text(dictionary);
            p.dict(|p| {
                for (key, (name, view)) in chosen {
                    p.text(name.strip_prefix(EMA).unwrap_or(name));
                    p.tensor(&key.to_string(), view.shape());
                }
            });
        }
        p.text(META);
        p.dict(|p| meta.iter().flat_map(|(name, text)| [name, text]).for_each(|text| p.text(text)));
    });
    pickle.finish()
}
