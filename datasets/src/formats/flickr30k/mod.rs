//! Flickr30k Entities: five captions a picture with marked phrases, and the boxes of what they name.
//!
//! Layout of BryanPlummer/flickr30k_entities: `Sentences/<id>.txt`, `Annotations/<id>.xml`, one list of pictures a split
//! (`train.txt`, `val.txt`, `test.txt`), and `UNRELATED_CAPTIONS`, whose captions do not fit their pictures and are left
//! out. Every marked phrase with at least one box is an expression; phrases that are not visual (chain 0), whole scenes
//! and phrases without a box are not.

mod annotation;
mod caption;
mod mentions;
mod xml;

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use rayon::prelude::*;

use super::collect::Collector;
use super::{Boxes, Format, ReadOptions, stays_inside};
use crate::refer::{Refer, read_bounded};

use annotation::Annotation;
use caption::phrases;
use mentions::Mentions;

/// The largest real file has 30 KB.
const MAX_BYTES: u64 = 1 << 20;

/// Pictures that are read at a time, in parallel.
const PICTURES: usize = 1024;

const SPLITS: [&str; 3] = ["train", "val", "test"];

/// Reads the pictures of all splits.
pub(super) fn read(options: &ReadOptions) -> Result<Refer> {
    let unrelated = unrelated(&options.dir.join("UNRELATED_CAPTIONS"))?;
    let lists = split_lists(options)?;
    let mut found = Collector::default();
    for (split, path) in &lists {
        let ids = picture_ids(&found.file(path)?).with_context(|| format!("in {}", path.display()))?;
        for ids in ids.chunks(PICTURES) {
            let read = ids.par_iter().map(|&id| read_picture(options, id, &unrelated)).collect::<Result<Vec<_>>>()?;
            for picture in read {
                picture.add_to(&mut found, split, options.boxes == Boxes::Any)?;
            }
        }
    }
    found.finish(lists[0].1.clone())
}

/// Reads the two files of picture `id` in the data set's folder.
fn read_picture(options: &ReadOptions, id: i64, unrelated: &HashSet<(i64, usize)>) -> Result<Mentions> {
    let (xml, captions) = (format!("Annotations/{id}.xml"), format!("Sentences/{id}.txt"));
    let (xml, captions) = (options.dir.join(xml), options.dir.join(captions));
    let annotation =
        Annotation::parse(&read_bounded(&xml, MAX_BYTES)?).with_context(|| format!("in {}", xml.display()))?;
    let mut found = Mentions::new(id, &annotation, options.boxes);
    let text = read_bounded(&captions, MAX_BYTES)?;
    let place = || format!("in {}", captions.display());
    let lines = std::str::from_utf8(&text).with_context(place)?.lines();
    for (line, number) in lines.zip(1..) {
        let marked = phrases(line).with_context(|| format!("line {number}")).with_context(place)?;
        if !unrelated.contains(&(id, number)) {
            marked.into_iter().for_each(|phrase| found.add(&phrase));
        }
    }
    Ok(found)
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

/// The beginning of a text that a message shows: a damaged file may hold one that nobody can read.
fn short(text: &str) -> &str {
    &text[..text.floor_char_boundary(60)]
}

/// One number a line.
fn picture_ids(bytes: &[u8]) -> Result<Vec<i64>> {
    let lines = std::str::from_utf8(bytes)?.lines().map(str::trim).zip(1..);
    let told = lines.filter(|(line, _)| !line.is_empty());
    told.map(|(line, number)| line.parse().with_context(|| format!("line {number}: `{}` is no number", short(line))))
        .collect()
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
