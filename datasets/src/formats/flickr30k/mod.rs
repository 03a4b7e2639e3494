//! Flickr30k Entities: five captions a picture with marked phrases, and the boxes of what they name.
//!
//! Layout of BryanPlummer/flickr30k_entities: `Sentences/<id>.txt`, `Annotations/<id>.xml`, one list of pictures a split
//! (`train.txt`, `val.txt`, `test.txt`), and `UNRELATED_CAPTIONS`, whose captions do not fit their pictures and are left
//! out. Every marked phrase with at least one box is an expression; phrases that are not visual (chain 0), whole scenes
//! and phrases without a box are not.

mod annotation;
mod caption;
mod folder;
mod mentions;
mod xml;

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use rayon::prelude::*;

use super::collect::Collector;
use super::{Boxes, Format, ReadOptions, stays_inside};
use crate::refer::Refer;
use crate::refer::instances::Image;

use annotation::Annotation;
use caption::phrases;
use folder::{Buffer, Folder};
use mentions::Mentions;

/// Pictures that one thread reads in one go.
const PICTURES: usize = 128;

const SPLITS: [&str; 3] = ["train", "val", "test"];

/// Reads the pictures of all splits.
pub(super) fn read(options: &ReadOptions) -> Result<Refer> {
    let unrelated = unrelated(&options.dir.join("UNRELATED_CAPTIONS"))?;
    let lists = split_lists(options)?;
    let folders = Folders::open(options.dir)?;
    let mut found = Collector::default();
    for (split, path) in &lists {
        let ids = picture_ids(&found.file(path)?).with_context(|| format!("in {}", path.display()))?;
        let reader = Reader { folders: &folders, split, boxes: options.boxes, unrelated: &unrelated };
        let mut last = Vec::new();
        for ids in ids.chunks(PICTURES * 4 * rayon::current_num_threads()) {
            let read = || ids.par_chunks(PICTURES).map(|ids| reader.read(ids)).collect::<Result<Vec<_>>>();
            let (read, appended) = rayon::join(read, || found.append_all(std::mem::take(&mut last)));
            appended?;
            last = read?;
        }
        found.append_all(last)?;
    }
    found.finish(lists[0].1.clone())
}

/// The folders of the pictures' files.
struct Folders {
    annotations: Folder,
    sentences: Folder,
}

impl Folders {
    fn open(dir: &Path) -> Result<Self> {
        let (annotations, sentences) = (dir.join("Annotations"), dir.join("Sentences"));
        Ok(Self { annotations: Folder::open(annotations)?, sentences: Folder::open(sentences)? })
    }
}

/// Reads pictures of one split.
struct Reader<'a> {
    folders: &'a Folders,
    split: &'a str,
    boxes: Boxes,
    unrelated: &'a HashSet<(i64, usize)>,
}

impl Reader<'_> {
    fn read(&self, ids: &[i64]) -> Result<Collector> {
        let (mut found, mut buffer) = (Collector::default(), Buffer::default());
        ids.iter().try_for_each(|&id| self.picture(id, &mut found, &mut buffer))?;
        Ok(found)
    }

    /// Reads the two files of picture `id`.
    fn picture(&self, id: i64, found: &mut Collector, buffer: &mut Buffer) -> Result<()> {
        let Folders { annotations, sentences } = self.folders;
        let file = format!("{id}.xml");
        let parsed = annotations.read(&file, buffer).and_then(Annotation::parse);
        let annotation = parsed.with_context(|| annotations.place(&file))?;
        let Annotation { width, height, .. } = annotation;
        found.picture(Image { id, file_name: format!("{id}.jpg"), width, height, identity: None })?;
        let mut mentions = Mentions::new(id, &annotation, self.boxes, found);
        let file = format!("{id}.txt");
        let place = || sentences.place(&file);
        let text = std::str::from_utf8(sentences.read(&file, buffer).with_context(place)?).with_context(place)?;
        for (line, number) in text.lines().zip(1..) {
            let is_related = self.unrelated.is_empty() || !self.unrelated.contains(&(id, number));
            for phrase in phrases(line) {
                let phrase = phrase.with_context(|| format!("line {number}")).with_context(place)?;
                if is_related {
                    mentions.add(&phrase, self.split, found);
                }
            }
        }
        mentions.finish(found);
        Ok(())
    }
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
