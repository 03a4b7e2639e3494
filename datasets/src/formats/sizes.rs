//! Sizes of pictures where the annotations do not tell them, from the heads of the picture files.

use std::io::Read;
use std::path::Path;

use rayon::prelude::*;

use super::stays_inside;
use crate::image::size;
use crate::refer::{Defect, Refer};

/// The size stands before the pixels, but behind whatever a camera put in front.
const HEAD: u64 = 1 << 16;

/// Reads the sizes that the annotations leave at 0 from the files in `folder`; gives the
/// pictures where that fails.
pub fn fill_sizes(read: &mut Refer, folder: &Path) -> Vec<(i64, Defect)> {
    let images = &mut read.instances.images;
    let unknown = images.par_iter_mut().filter(|image| image.width == 0 && image.height == 0);
    let defect = |image: &mut crate::refer::instances::Image| -> Option<(i64, Defect)> {
        let found = size_of(folder, &image.file_name, image.id);
        found
            .map(|(width, height)| (image.width, image.height) = (width, height))
            .err()
            .map(|defect| (image.id, defect))
    };
    unknown.filter_map(defect).collect()
}

fn size_of(folder: &Path, file_name: &str, image_id: i64) -> Result<(u32, u32), Defect> {
    if !stays_inside(Path::new(file_name)) {
        return Err(Defect::UnsafePath { image_id, file_name: file_name.to_owned() });
    }
    let path = folder.join(file_name);
    let Ok(mut file) = fs_err::File::open(&path) else { return Err(Defect::MissingPicture { image_id, path }) };
    let mut bytes = Vec::new();
    let mut read_on = |limit: u64| file.by_ref().take(limit).read_to_end(&mut bytes).ok().and_then(|_| size(&bytes));
    let found = read_on(HEAD).or_else(|| read_on(u64::MAX));
    found.ok_or_else(|| Defect::DamagedPicture { image_id, path, reason: "no size is found in it".to_owned() })
}
