//! What is known of each public data set: its files, where they are to be had, its splits and published counts.
//!
//! One RON file a data set and split in `datasets/catalog/`, built into the program.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::formats::refer_files;
use crate::refer::refs_file_names;

/// The catalog's files. A new data set is a new file and a line here.
const SOURCES: [(&str, &str); 13] = [
    ("refcoco_unc", include_str!("../catalog/refcoco_unc.ron")),
    ("refcoco_google", include_str!("../catalog/refcoco_google.ron")),
    ("refcoco+_unc", include_str!("../catalog/refcoco+_unc.ron")),
    ("refcocog_umd", include_str!("../catalog/refcocog_umd.ron")),
    ("refcocog_google", include_str!("../catalog/refcocog_google.ron")),
    ("refclef_berkeley", include_str!("../catalog/refclef_berkeley.ron")),
    ("referit_text_objseg", include_str!("../catalog/referit_text_objseg.ron")),
    ("flickr30k_entities", include_str!("../catalog/flickr30k_entities.ron")),
    ("grefcoco_unc", include_str!("../catalog/grefcoco_unc.ron")),
    ("refcoco_synthetic", include_str!("../catalog/refcoco_synthetic.ron")),
    ("refcoco+_synthetic", include_str!("../catalog/refcoco+_synthetic.ron")),
    ("refcocog_synthetic", include_str!("../catalog/refcocog_synthetic.ron")),
    ("grefcoco_synthetic", include_str!("../catalog/grefcoco_synthetic.ron")),
];

/// The mixes that models are pretrained on.
const MIXES: [(&str, &str); 2] =
    [("cocoall", include_str!("../catalog/mixes/cocoall.ron")), ("mixed", include_str!("../catalog/mixes/mixed.ron"))];

/// One data set, split in one way.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Name in reports: "RefCOCOg".
    pub name: String,
    /// Name of its REFER folder: "refcocog".
    pub folder: String,
    /// Who split it: "umd".
    pub split_by: String,
    /// Where its pictures were taken from; sets of the same collection number them alike. Empty for pictures that
    /// no other set has.
    pub collection: String,
    /// Its splits.
    pub splits: Vec<String>,
    /// Files in its folder.
    pub files: Vec<Source>,
    /// Its pictures.
    pub pictures: Pictures,
    /// What else there is to know.
    #[serde(default)]
    pub notes: Vec<String>,
    /// Published sizes.
    pub counts: Vec<PublishedCount>,
}

/// Several data sets that are trained on together.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Mix {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub what: String,
    /// Folder and split of each part.
    pub parts: Vec<(String, String)>,
    /// What is published about its size.
    pub counts: String,
    /// The pipeline file that makes it.
    pub pipeline: String,
    /// Who says so.
    pub source: String,
}

/// A file of a data set.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Its name in the data set's folder.
    pub path: String,
    /// What it holds.
    pub what: String,
    /// Where it is to be had.
    pub from: String,
    /// The archive that it comes in, where that is known.
    #[serde(default)]
    pub archive: Option<Archive>,
}

/// An archive as it was published.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Archive {
    /// Its size.
    pub bytes: u64,
    /// Its SHA-256, in hexadecimal.
    pub sha256: String,
}

/// The pictures of a data set.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Pictures {
    /// Which pictures.
    pub what: String,
    /// Where they are to be had.
    pub from: String,
    /// How their file names begin; empty where that tells nothing.
    #[serde(default)]
    pub prefix: String,
    /// What folders are called that hold them, where file names tell nothing.
    #[serde(default)]
    pub folders: Vec<String>,
}

/// How large a split is said to be.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PublishedCount {
    /// The split.
    pub split: String,
    /// References.
    #[serde(default)]
    pub refs: Option<usize>,
    /// Different pictures.
    #[serde(default)]
    pub images: Option<usize>,
    /// Expressions.
    #[serde(default)]
    pub expressions: Option<usize>,
    /// Who says so.
    pub source: String,
    /// Whether the number can be relied on; derived numbers cannot.
    #[serde(default = "yes")]
    pub sure: bool,
}

fn yes() -> bool {
    true
}

/// A file or folder that conversion needs.
#[derive(Clone, Debug, PartialEq)]
pub struct ExpectedFile {
    /// Where it is expected.
    pub path: PathBuf,
    /// What it holds.
    pub what: String,
    /// Where it is to be had.
    pub where_from: String,
}

impl ExpectedFile {
    /// Whether it is not there.
    pub fn is_missing(&self) -> bool {
        !self.path.exists()
    }
}

/// All data sets of the catalog.
///
/// # Errors
/// Where a file of the catalog is malformed; the message names it and the place.
pub fn entries() -> Result<Vec<Entry>> {
    let parse = |(name, text)| ron::from_str(text).with_context(|| format!("in datasets/catalog/{name}.ron"));
    SOURCES.into_iter().map(parse).collect()
}

/// All mixes of the catalog.
///
/// # Errors
/// Where a file of the catalog is malformed; the message names it and the place.
pub fn mixes() -> Result<Vec<Mix>> {
    let parse = |(name, text)| ron::from_str(text).with_context(|| format!("in datasets/catalog/mixes/{name}.ron"));
    MIXES.into_iter().map(parse).collect()
}

/// The entry of a data set, if the catalog has one. An empty `split_by` means the folder's only entry.
///
/// # Errors
/// Where the catalog is malformed.
pub fn find(folder: &str, split_by: &str) -> Result<Option<Entry>> {
    let mut entries = entries()?;
    entries.retain(|entry| entry.folder == folder && (split_by.is_empty() || entry.split_by == split_by));
    Ok(if entries.len() == 1 { entries.pop() } else { None })
}

/// What converting `dataset` needs, there or not: files in `raw_dir/dataset`, and the picture folder.
///
/// # Errors
/// Where the catalog is malformed.
pub fn expected_files(dataset: &str, split_by: &str, raw_dir: &Path, images_dir: &Path) -> Result<Vec<ExpectedFile>> {
    let folder = raw_dir.join(dataset);
    let (files, pictures) = match find(dataset, split_by)? {
        Some(entry) => (entry.files, entry.pictures),
        None => unlisted(split_by),
    };
    let mut expected: Vec<ExpectedFile> = files.into_iter().map(|file| locate(file, &folder, split_by)).collect();
    expected.push(ExpectedFile { path: images_dir.into(), what: pictures.what, where_from: pictures.from });
    Ok(expected)
}

/// The references may come under any of several names, and both files under any where their content shows what they are.
fn locate(file: Source, folder: &Path, split_by: &str) -> ExpectedFile {
    let mut path = folder.join(&file.path);
    if !path.exists() {
        let files = refer_files(folder, split_by);
        if refs_file_names(split_by).contains(&file.path) {
            path = files.refs;
        } else if file.path == "instances.json" {
            path = files.instances;
        }
    }
    ExpectedFile { path, what: file.what, where_from: file.from }
}

/// The files of a data set in REFER's layout that the catalog does not know.
fn unlisted(split_by: &str) -> (Vec<Source>, Pictures) {
    let from = "the makers of the data set".to_owned();
    let source = |path: String, what: &str| Source { path, what: what.to_owned(), from: from.clone(), archive: None };
    let [refs, ..] = refs_file_names(split_by);
    let files =
        vec![source(refs, "the references"), source("instances.json".to_owned(), "pictures and annotated objects")];
    let pictures = Pictures { what: "the pictures".to_owned(), from, prefix: String::new(), folders: Vec::new() };
    (files, pictures)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_parses_and_is_named_by_what_it_holds() {
        for (entry, (name, _)) in entries().unwrap().iter().zip(SOURCES) {
            assert_eq!(format!("{}_{}", entry.folder, entry.split_by), name);
            assert!(entry.counts.iter().all(|count| entry.splits.contains(&count.split)));
        }
    }

    #[test]
    fn every_file_of_the_catalog_is_built_in() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("catalog");
        let files = fs_err::read_dir(folder)
            .unwrap()
            .filter(|file| file.as_ref().unwrap().path().extension().is_some_and(|ending| ending == "ron"));
        assert_eq!(files.count(), SOURCES.len());
    }

    #[test]
    fn mixes_are_made_of_data_sets_of_the_catalog() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        for (mix, (name, _)) in mixes().unwrap().iter().zip(MIXES) {
            assert_eq!(mix.name, name);
            assert!(mix.parts.iter().all(|(folder, split_by)| find(folder, split_by).unwrap().is_some()), "{name}");
            assert!(root.join(&mix.pipeline).is_file(), "{}", mix.pipeline);
        }
    }

    #[test]
    fn a_missing_file_is_told_with_its_source() {
        let dir = tempfile::tempdir().unwrap();
        let expected = expected_files("refcocog", "umd", dir.path(), &dir.path().join("train2014")).unwrap();
        assert_eq!(expected[0].path, dir.path().join("refcocog/refs(umd).p"));
        assert_eq!(expected[0].where_from, "refcocog.zip of lichengunc/refer");
        assert!(expected[2].where_from.contains("COCO site"));
        assert!(expected.iter().all(ExpectedFile::is_missing));
    }

    #[test]
    fn another_name_of_the_references_will_do() {
        let dir = tempfile::tempdir().unwrap();
        fs_err::create_dir(dir.path().join("grefcoco")).unwrap();
        fs_err::write(dir.path().join("grefcoco/grefs(unc).p"), "").unwrap();
        let expected = expected_files("grefcoco", "unc", dir.path(), dir.path()).unwrap();
        assert!(!expected[0].is_missing());
    }
}
