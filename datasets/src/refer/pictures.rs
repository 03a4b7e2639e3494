//! Looks whether the picture files that records point at are there and, when asked, whether they decode.

use std::path::{Component, Path, PathBuf};

use rayon::prelude::*;
use zune_core::bytestream::ZCursor;
use zune_jpeg::JpegDecoder;

use super::defect::Defect;
use super::instances::Image;

/// Checks every picture of `images` under `folder`; `decode` also decodes each.
///
/// Gives the ids of the bad ones with what is wrong, in the order of `images` whatever the number of threads.
pub fn check(images: &[&Image], folder: &Path, decode: bool) -> Vec<(i64, Defect)> {
    let defect = |image: &&Image| check_one(image, folder, decode).err().map(|defect| (image.id, defect));
    images.par_iter().filter_map(defect).collect()
}

fn check_one(image: &Image, folder: &Path, decode: bool) -> Result<(), Defect> {
    let name = Path::new(&image.file_name);
    if !stays_inside(name) {
        return Err(Defect::UnsafePath { image_id: image.id, file_name: image.file_name.clone() });
    }
    let path = folder.join(name);
    if !path.is_file() {
        return Err(Defect::MissingPicture { image_id: image.id, path });
    }
    if decode { decode_one(image, path) } else { Ok(()) }
}

fn stays_inside(name: &Path) -> bool {
    name.components().next().is_some() && name.components().all(|part| matches!(part, Component::Normal(_)))
}

fn decode_one(image: &Image, path: PathBuf) -> Result<(), Defect> {
    let size = fs_err::read(&path).map_err(|error| error.to_string()).and_then(|bytes| decoded_size(&bytes));
    let expected = (image.width as usize, image.height as usize);
    let reason = match size {
        Ok(size) if size == expected => return Ok(()),
        Ok((w, h)) => format!("it has {w}x{h} pixels, instances.json says {}x{}", image.width, image.height),
        Err(reason) => reason,
    };
    Err(Defect::DamagedPicture { image_id: image.id, path, reason })
}

/// The size of a JPEG that decodes.
///
/// The decoder paints what a cut file lacks in grey, so the end marker is looked for as well.
fn decoded_size(bytes: &[u8]) -> Result<(usize, usize), String> {
    let mut decoder = JpegDecoder::new(ZCursor::new(bytes));
    decoder.decode().map_err(|error| error.to_string())?;
    if !has_end_marker(bytes) {
        return Err("it is cut short".to_owned());
    }
    decoder.dimensions().ok_or_else(|| "no picture size".to_owned())
}

/// Whether an end-of-image marker follows the last start-of-scan marker.
fn has_end_marker(bytes: &[u8]) -> bool {
    let last = bytes.windows(2).rposition(|pair| pair == [0xff, 0xda] || pair == [0xff, 0xd9]);
    last.is_some_and(|at| bytes[at + 1] == 0xd9)
}
