//! Flickr30k Entities: five captions a picture with marked phrases, and the boxes of what they name.
//!
//! Layout of BryanPlummer/flickr30k_entities: `Sentences/<id>.txt`, `Annotations/<id>.xml`, one list of pictures a split
//! (`train.txt`, `val.txt`, `test.txt`), and `UNRELATED_CAPTIONS`, whose captions do not fit their pictures and are left
//! out. Every marked phrase with at least one box is an expression; phrases that are not visual (chain 0), whole scenes
//! and phrases without a box are not.

mod annotation;
mod caption;
mod xml;

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use rayon::prelude::*;

use super::collect::{Collector, from_corners};
use super::{Boxes, Format, ReadOptions, stays_inside};
use crate::refer::instances::Image;
use crate::refer::{Refer, read_bounded};

pub use annotation::{Annotation, Object};
pub use caption::{Phrase, phrases};

/// The largest real file has 30 KB.
const MAX_BYTES: u64 = 1 << 22;

const SPLITS: [&str; 3] = ["train", "val", "test"];

/// A picture with its captions and boxes.
pub struct Entities {
    /// Number of the picture.
    pub id: i64,
    /// Size and boxes.
    pub annotation: Annotation,
    /// Marked phrases of each caption.
    pub captions: Vec<Vec<Phrase>>,
}

/// Reads the pictures of all splits.
pub(super) fn read(options: &ReadOptions) -> Result<Refer> {
    let unrelated = unrelated(&options.dir.join("UNRELATED_CAPTIONS"))?;
    let lists = split_lists(options)?;
    let mut found = Collector::default();
    for (split, path) in &lists {
        let ids = picture_ids(&found.file(path)?).with_context(|| format!("in {}", path.display()))?;
        let pictures: Vec<Entities> = ids.par_iter().map(|&id| read_picture(options.dir, id)).collect::<Result<_>>()?;
        for picture in pictures {
            let id = picture.id;
            take(&mut found, split, picture, &unrelated, options.boxes).with_context(|| format!("picture {id}"))?;
        }
    }
    found.finish(lists[0].1.clone())
}

/// Reads the two files of picture `id` in the data set's folder.
///
/// # Errors
/// Where one is missing or malformed; the message names it and the place.
pub fn read_picture(dir: &Path, id: i64) -> Result<Entities> {
    let (xml, captions) = (dir.join(format!("Annotations/{id}.xml")), dir.join(format!("Sentences/{id}.txt")));
    let bytes = read_bounded(&xml, MAX_BYTES)?;
    let annotation = Annotation::parse(&bytes).with_context(|| format!("in {}", xml.display()))?;
    let text = read_bounded(&captions, MAX_BYTES)?;
    let place = || format!("in {}", captions.display());
    let lines = std::str::from_utf8(&text).with_context(place)?.lines();
    let numbered = lines.zip(1..).map(|(line, number)| phrases(line).with_context(|| format!("line {number}")));
    let captions = numbered.collect::<Result<_>>().with_context(place)?;
    Ok(Entities { id, annotation, captions })
}

fn take(
    found: &mut Collector,
    split: &str,
    picture: Entities,
    unrelated: &HashSet<(i64, usize)>,
    boxes: Boxes,
) -> Result<()> {
    let Entities { id, annotation, captions } = picture;
    let Annotation { width, height, .. } = annotation;
    found.picture(Image { id, file_name: format!("{id}.jpg"), width, height, identity: None })?;
    for (number, phrases) in (1..).zip(captions) {
        if unrelated.contains(&(id, number)) {
            continue;
        }
        for phrase in phrases {
            let all: Vec<[f64; 4]> = annotation.boxes(phrase.chain).collect();
            let meant = if boxes == Boxes::Union { union(&all).into_iter().collect() } else { all };
            if !meant.is_empty() {
                let objects = meant.into_iter().map(|corners| found.object(id, 0, from_corners(corners))).collect();
                found.reference(id, objects, split, [phrase.text]);
            }
        }
    }
    Ok(())
}

/// The one box around all.
fn union(boxes: &[[f64; 4]]) -> Option<[f64; 4]> {
    let around = |a: [f64; 4], b: [f64; 4]| [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])];
    boxes.iter().copied().reduce(around)
}

/// The lists that there are, of the official names or those that `files` gives.
fn split_lists(options: &ReadOptions) -> Result<Vec<(String, PathBuf)>> {
    let named: Vec<(String, String)> = if options.files.is_empty() {
        SPLITS.iter().map(|split| ((*split).to_owned(), format!("{split}.txt"))).collect()
    } else {
        options.files.iter().map(|(split, name)| (split.clone(), name.clone())).collect()
    };
    let inside = named.iter().all(|(_, name)| stays_inside(Path::new(name)));
    ensure!(inside, "a file of `files` leads out of {}", options.dir.display());
    let paths = named.into_iter().map(|(split, name)| (split, options.dir.join(name)));
    let there: Vec<_> = paths.filter(|(_, path)| !options.files.is_empty() || path.is_file()).collect();
    ensure!(
        !there.is_empty(),
        "{} holds none of train.txt, val.txt, test.txt, the lists of pictures of {}; others are given with `files`",
        options.dir.display(),
        Format::Flickr30k
    );
    Ok(there)
}

/// One number a line.
fn picture_ids(bytes: &[u8]) -> Result<Vec<i64>> {
    let lines = std::str::from_utf8(bytes)?.lines().map(str::trim).zip(1..);
    let told = lines.filter(|(line, _)| !line.is_empty());
    told.map(|(line, number)| line.parse().with_context(|| format!("line {number}: `{line}` is no number"))).collect()
}

/// Captions that do not fit their picture: its number and theirs, from 1.
fn unrelated(path: &Path) -> Result<HashSet<(i64, usize)>> {
    if !path.is_file() {
        return Ok(HashSet::new());
    }
    let text = fs_err::read_to_string(path)?;
    let lines = text.lines().zip(1..).filter(|(line, _)| !line.trim().is_empty() && !line.starts_with('#'));
    let pair = |(line, number): (&str, usize)| {
        let (id, caption) = line
            .trim()
            .split_once(' ')
            .and_then(|(a, b)| Some((a.parse().ok()?, b.trim().parse().ok()?)))
            .with_context(|| format!("in {}: line {number} is no picture and caption", path.display()))?;
        Ok((id, caption))
    };
    lines.map(pair).collect()
}
