//! Annotations that are known by what they hold, whatever their files and folders are called.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::catalog::{Entry, Source};
use crate::formats::recognise::contents;
use crate::formats::{self, Boxes, Format, PictureNames, ReadOptions, refer_files};
use crate::refer::Refs;
use crate::refer::raw::read_refs;
use crate::sample::Count;

/// Annotations in one format.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Form {
    /// Its word in pipeline files.
    pub format: String,
    /// Names of the files.
    pub files: Vec<String>,
}

/// A folder with annotations that is not called as an entry of the catalog.
#[derive(Clone, Debug, Serialize)]
pub struct Annotations {
    /// The folder.
    pub folder: PathBuf,
    /// What is in it; of several formats one has to be named to convert it.
    pub forms: Vec<Form>,
    /// Other files of it with what they are, such as COCO's instances.
    pub parts: Vec<String>,
    /// References, pictures and expressions by split, where there is one format and it could be read.
    pub counts: BTreeMap<String, Count>,
    /// The data sets of the catalog that have these counts.
    pub known_as: Vec<Entry>,
    /// Files that it lacks.
    pub missing: Vec<Source>,
    /// Why it cannot be read.
    pub error: Option<String>,
}

/// The annotations in `dir`; none where it cannot be read or holds more files than annotations come in.
pub(super) fn forms(dir: &Path) -> Vec<Form> {
    let found = contents(dir).unwrap_or_default().annotations;
    found.into_iter().map(|(format, files)| Form { format: format.to_string(), files }).collect()
}

impl Annotations {
    /// Looks into `dir` and reads what is there.
    pub(super) fn in_folder(dir: &Path, catalog: &[Entry]) -> Option<Self> {
        let forms = forms(dir);
        let counts = match &forms[..] {
            [] => return None,
            [one] => Format::named(&one.format).map(|format| counts(dir, format)),
            _ => None,
        };
        let is_refer = forms.iter().any(|form| form.format == Format::Refer.to_string());
        let (counts, error) = match counts.transpose() {
            Ok(counts) => (counts.unwrap_or_default(), None),
            Err(error) => (BTreeMap::new(), Some(format!("{error:#}"))),
        };
        let known_as: Vec<Entry> =
            catalog.iter().filter(|entry| has_counts(entry, &counts, is_refer)).cloned().collect();
        let missing = if is_refer { lacking(dir, &known_as, catalog) } else { Vec::new() };
        let parts = contents(dir).unwrap_or_default().parts;
        Some(Self { folder: dir.into(), forms, parts, counts, known_as, missing, error })
    }
}

/// Whether a data set has at least one published count that is sure in the splits that are here, and all of them.
fn has_counts(entry: &Entry, found: &BTreeMap<String, Count>, is_refer: bool) -> bool {
    let mut compared = 0;
    let mut equal = |published: Option<usize>, found: usize| {
        compared += usize::from(published.is_some());
        published.is_none_or(|published| published == found)
    };
    let same = found.iter().all(|(split, count)| {
        let published = entry.counts.iter().filter(|published| published.split == *split && published.sure);
        let known = entry.splits.contains(split);
        known
            && published.into_iter().all(|published| {
                // Other forms than REFER's do not all tell which expressions are one reference.
                equal(published.refs.filter(|_| is_refer), count.records)
                    && equal(published.images, count.images)
                    && equal(published.expressions, count.expressions)
            })
    });
    same && compared > 0
}

/// The files that REFER's reader needs and does not find, with where they are to be had.
fn lacking(dir: &Path, known_as: &[Entry], catalog: &[Entry]) -> Vec<Source> {
    let instances = refer_files(dir, &split_by(dir)).instances;
    let files = known_as.iter().chain(catalog).flat_map(|entry| &entry.files);
    let source = files.into_iter().find(|file| file.path == "instances.json").filter(|_| !instances.is_file());
    source.cloned().into_iter().collect()
}

/// What is in the folder, by split. Of REFER only the references are read: they tell it without the pictures.
fn counts(dir: &Path, format: Format) -> anyhow::Result<BTreeMap<String, Count>> {
    let split_by = &split_by(dir);
    if format == Format::Refer {
        return Ok(counts_of(&read_refs(&refer_files(dir, split_by).refs)?));
    }
    let (files, names) = (&BTreeMap::new(), &PictureNames::of_collection(""));
    let options = ReadOptions { dir, split_by, format, files, picture_names: names, boxes: Boxes::Union };
    Ok(counts_of(&formats::read(&options)?.refs))
}

/// What stands between the brackets of `refs(umd).p`, of the first such file.
fn split_by(dir: &Path) -> String {
    let names = fs_err::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.file_name());
    let inner = |name: String| Some(name.split_once("refs(")?.1.split_once(')')?.0.to_owned());
    let found = names.filter_map(|name| inner(name.to_string_lossy().into_owned()));
    found.min().unwrap_or_default()
}

fn counts_of(refs: &Refs) -> BTreeMap<String, Count> {
    let mut counts: BTreeMap<String, Count> = BTreeMap::new();
    let mut pictures = HashSet::new();
    for reference in refs.iter() {
        let count = counts.entry(reference.split.to_string()).or_default();
        count.records += 1;
        count.expressions += reference.sentences().len();
        count.images += usize::from(pictures.insert((reference.split, reference.image_id)));
    }
    counts
}
