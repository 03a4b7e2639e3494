//! Looks whether the picture files that records point at are there and, when asked, whether they decode.

use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::defect::Defect;
use crate::formats::stays_inside;
use crate::image;
use crate::sample::Picture;

/// Checks every one of `pictures` under `folder`; `decode` also decodes each.
///
/// Gives the ids of the bad ones with what is wrong, in their order whatever the number of threads.
pub fn check(pictures: &[&Picture], folder: &Path, decode: bool) -> Vec<(i64, Defect)> {
    let defect = |picture: &&Picture| check_one(picture, folder, decode).err().map(|defect| (picture.id, defect));
    pictures.par_iter().filter_map(defect).collect()
}

fn check_one(picture: &Picture, folder: &Path, decode: bool) -> Result<(), Defect> {
    let (image_id, name) = (picture.id, Path::new(&picture.file));
    if !stays_inside(name) {
        return Err(Defect::UnsafePath { image_id, file_name: picture.file.clone() });
    }
    let path = folder.join(name);
    if !path.is_file() {
        return Err(Defect::MissingPicture { image_id, path });
    }
    if decode { decode_one(picture, path) } else { Ok(()) }
}

/// Decodes as training does: whatever the loader can read is sound here, and what it cannot read is not.
fn decode_one(picture: &Picture, path: PathBuf) -> Result<(), Defect> {
    let decoded = fs_err::read(&path).map_err(|error| error.to_string()).and_then(|bytes| image::decode(&bytes));
    let (width, height) = (picture.width, picture.height);
    let reason = match decoded {
        Ok(found) if (found.width, found.height) == (width as usize, height as usize) => return Ok(()),
        Ok(found) => format!("it has {}x{} pixels, the annotations say {width}x{height}", found.width, found.height),
        Err(reason) => reason,
    };
    Err(Defect::DamagedPicture { image_id: picture.id, path, reason })
}
