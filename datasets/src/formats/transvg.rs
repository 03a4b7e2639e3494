//! Lists of tuples saved by `torch.save`, as ReSC and TransVG hand them around: `unc_val.pth` and the like.
//!
//! A tuple is (picture, box, phrase), (picture, mask, box, phrase) or (picture, mask, box, phrase, attributes). The box
//! is `[x, y, width, height]` where pictures are COCO's (unc, unc+, gref, gref_umd), else `[x0, y0, x1, y1]` (referit,
//! flickr), after `datasets/data_loader.py` of TransVG. Nothing in the file is run.

use std::borrow::Cow;
use std::io::{Cursor, Read};
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

use super::collect::{Collector, from_corners, number_of};
use super::split_files::split_files;
use super::{Format, ReadOptions};
use crate::refer::Refer;
use crate::refer::instances::Image;
use crate::refer::pickle::{self, View};

/// Flickr30k's training list has about 30 MB.
const MAX_PICKLE: u64 = 1 << 28;

/// The number that PyTorch's old form begins with, pickled, and how its version follows.
const LEGACY: &[u8] = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.";

/// Whether a file that begins so was written by `torch.save`.
pub(super) fn is_torch(head: &[u8]) -> bool {
    head.starts_with(LEGACY) || head.starts_with(b"PK\x03\x04")
}

/// Reads the files of all splits. Sizes of pictures are not in them.
pub(super) fn read(options: &ReadOptions) -> Result<Refer> {
    let files = split_files(options, Format::TransVg)?;
    let mut found = Collector::default();
    for (split, path) in &files {
        let bytes = found.file(path)?;
        take(&mut found, split, &bytes).with_context(|| format!("in {}", path.display()))?;
    }
    found.finish(files[0].1.clone())
}

fn take(found: &mut Collector, split: &str, bytes: &[u8]) -> Result<()> {
    let pickle = pickle_of(bytes)?;
    let tree = pickle::read(&pickle)?;
    let tuples = tree.root().items().context("the file holds no list")?;
    for (index, tuple) in tuples.enumerate() {
        take_tuple(found, split, tuple).with_context(|| format!("entry {index} of the list"))?;
    }
    Ok(())
}

/// The pickle with the values, in PyTorch's new form (a zip archive) or its old one.
fn pickle_of(bytes: &[u8]) -> Result<Cow<'_, [u8]>> {
    let Some(mut rest) = bytes.strip_prefix(LEGACY) else { return pickle_of_zip(bytes).map(Cow::Owned) };
    // Version and properties of the machine, each a pickle of its own, stand before the values.
    for _ in 0..2 {
        rest = &rest[pickle::length(rest)?..];
    }
    Ok(Cow::Borrowed(rest))
}

fn pickle_of_zip(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes))?;
    let name = |index: usize| archive.name_for_index(index).and_then(Result::ok);
    let is_pickle = |index: &usize| name(*index).is_some_and(|name| name.ends_with("/data.pkl"));
    let place = (0..archive.len()).find(is_pickle);
    let place = place.context("a zip archive, but not one of torch.save: it holds no data.pkl")?;
    let entry = archive.by_index(place)?;
    let mut pickle = Vec::new();
    entry.take(MAX_PICKLE + 1).read_to_end(&mut pickle)?;
    ensure!(pickle.len() as u64 <= MAX_PICKLE, "data.pkl is larger than {MAX_PICKLE} bytes: no list of expressions");
    Ok(pickle)
}

fn take_tuple(found: &mut Collector, split: &str, tuple: View) -> Result<()> {
    let fields: Vec<View> = tuple.items().context("no tuple")?.collect();
    let (picture, bbox, phrase) = match fields[..] {
        [picture, bbox, phrase] | [picture, _, bbox, phrase] | [picture, _, bbox, phrase, _] => (picture, bbox, phrase),
        _ => bail!("a tuple of {}, where 3 to 5 are expected", fields.len()),
    };
    let file_name = String::deserialize(picture).context("name of the picture")?;
    let bbox = <[f64; 4]>::deserialize(bbox).context("box: expected four numbers")?;
    let phrase = String::deserialize(phrase).context("phrase")?;
    let id = number_of(&file_name)?;
    let is_coco = Path::new(&file_name).file_name().is_some_and(|name| name.to_string_lossy().starts_with("COCO_"));
    let bbox = if is_coco { bbox } else { from_corners(bbox) };
    found.picture(Image { id, file_name, width: 0, height: 0, identity: None })?;
    let object = found.object(id, 0, bbox);
    found.reference(id, &[object], split, [phrase]);
    Ok(())
}
