//! Looks at a folder and says which data sets of the catalog are in it, and what they lack.

mod annotations;
mod survey;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use anyhow::Result;
use serde::Serialize;

use crate::catalog::{self, Entry, Source};
use crate::convert::{self, ConvertOptions, CountDifference};
use crate::refer::refs_file_names;
use crate::sample::{Counts, Dataset};

pub use annotations::{Annotations, Form};
use survey::{Folder, survey};

/// How many defects are named.
const SHOWN: usize = 5;

/// What a folder holds.
#[derive(Clone, Debug, Serialize)]
pub struct Diagnosis {
    /// Data sets of the catalog of which anything is there.
    pub found: Vec<Found>,
    /// Data sets of the catalog of which nothing is there.
    pub absent: Vec<Entry>,
    /// Folders with other annotations, known by what they hold.
    pub others: Vec<Annotations>,
    /// Folders that Convert or Merge wrote.
    pub converted: Vec<Converted>,
    /// Folders with pictures, and how many.
    pub pictures: Vec<(PathBuf, usize)>,
}

/// A data set of the catalog.
#[derive(Clone, Debug, Serialize)]
pub struct Found {
    /// Its entry.
    pub entry: Entry,
    /// Its folder.
    pub folder: PathBuf,
    /// Files that are there.
    pub present: Vec<String>,
    /// The annotations in the folder, known by what they hold.
    pub forms: Vec<Form>,
    /// Files that are not.
    pub missing: Vec<Source>,
    /// The folder of its pictures, if one was found.
    pub images: Option<PathBuf>,
    /// What converting it gives, where everything is there.
    pub content: Option<Content>,
}

/// What converting a data set gives.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Content {
    /// Records, pictures and expressions.
    pub counts: Counts,
    /// Records that would be left out, and why; the first few.
    pub defects: Vec<String>,
    /// How many there are in all.
    pub defect_count: usize,
    /// Counts that are not the published ones.
    pub differences: Vec<CountDifference>,
    /// Why it cannot be converted.
    pub error: Option<String>,
}

/// A folder that Convert or Merge wrote.
#[derive(Clone, Debug, Serialize)]
pub struct Converted {
    /// The folder.
    pub folder: PathBuf,
    /// What is in it.
    pub counts: Counts,
    /// Why it cannot be read.
    pub error: Option<String>,
}

impl Found {
    /// Whether annotations and pictures are all there.
    pub fn is_complete(&self) -> bool {
        self.missing.is_empty() && self.images.is_some()
    }

    /// How to convert it, if everything is there.
    fn convert_options(&self) -> Option<ConvertOptions> {
        let images = self.images.as_ref().filter(|_| self.is_complete())?;
        Some(ConvertOptions {
            raw_dir: self.folder.parent().unwrap_or(&self.folder).into(),
            dataset: self.entry.folder.clone(),
            split_by: self.entry.split_by.clone(),
            images_dir: images.to_string_lossy().into_owned(),
            lenient: true,
            ..ConvertOptions::default()
        })
    }
}

impl Content {
    /// Whether it is what was published, as far as that can be relied on, and sound.
    pub fn is_whole(&self) -> bool {
        self.error.is_none() && self.defect_count == 0 && !self.differences.iter().any(|difference| difference.sure)
    }

    fn of(options: &ConvertOptions) -> Self {
        match convert::convert(options) {
            Ok(converted) => Self {
                counts: converted.counts(),
                defects: converted.dropped.iter().take(SHOWN).map(ToString::to_string).collect(),
                defect_count: converted.dropped.len(),
                differences: converted.differences,
                error: None,
            },
            Err(error) => Self { error: Some(format!("{error:#}")), ..Self::default() },
        }
    }
}

/// Looks through `root` and the folders in it, and reads the data sets that are complete.
///
/// # Errors
/// Where the folder cannot be read, or the catalog is malformed.
pub fn examine(root: &Path) -> Result<Diagnosis> {
    let folders = survey(root)?;
    let (mut found, mut absent) = (Vec::new(), Vec::new());
    let catalog = catalog::entries()?;
    for entry in catalog.iter().cloned() {
        let places: Vec<Found> = folders.iter().filter_map(|folder| look(&entry, folder, &folders)).collect();
        if places.is_empty() {
            absent.push(entry);
        }
        found.extend(places);
    }
    for place in &mut found {
        place.content = place.convert_options().map(|options| Content::of(&options));
    }
    let known: HashSet<&Path> = found.iter().map(|place| place.folder.as_path()).collect();
    let unknown = folders.iter().filter(|folder| !known.contains(folder.path.as_path()) && !folder.has("dataset.json"));
    let others = unknown.filter_map(|folder| Annotations::in_folder(&folder.path, &catalog)).collect();
    let converted = folders.iter().filter(|folder| folder.has("dataset.json")).map(read).collect();
    let pictures = folders.iter().filter(|folder| folder.pictures > 0);
    let pictures = pictures.map(|folder| (folder.path.clone(), folder.pictures)).collect();
    Ok(Diagnosis { found, absent, others, converted, pictures })
}

/// The data set in this folder: its first file says that it is there, or its name and any of its files.
fn look(entry: &Entry, folder: &Folder, all: &[Folder]) -> Option<Found> {
    let names = refs_file_names(&entry.split_by);
    let has = |file: &Source| match names.contains(&file.path) {
        true => names.iter().any(|name| folder.has(name)),
        false => folder.has(&file.path),
    };
    let (present, missing): (Vec<Source>, Vec<Source>) = entry.files.iter().cloned().partition(has);
    let named = folder.path.file_name().is_some_and(|name| name == entry.folder.as_str());
    let first = entry.files.first().is_some_and(has);
    // A file that several splits of a data set share does not say which of them is meant.
    if !named || !(first || present.len() > 1) {
        return None;
    }
    let present = present.into_iter().map(|file| file.path).collect();
    let images = images(entry, folder, all);
    let (folder, forms) = (folder.path.clone(), annotations::forms(&folder.path));
    Some(Found { entry: entry.clone(), folder, present, forms, missing, images, content: None })
}

/// The folder with most of the pictures: told by their names, or else by its own; one beside the data set first.
fn images(entry: &Entry, folder: &Folder, all: &[Folder]) -> Option<PathBuf> {
    let fits = |candidate: &&Folder| {
        let name = candidate.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let begins =
            |picture: &String| !entry.pictures.prefix.is_empty() && picture.starts_with(&entry.pictures.prefix);
        candidate.pictures > 0
            && (candidate.first_picture.as_ref().is_some_and(begins) || entry.pictures.folders.contains(&name))
    };
    let beside = |candidate: &&Folder| candidate.path.parent() == folder.path.parent();
    all.iter().filter(fits).max_by_key(|c| (beside(c), c.pictures)).map(|found| found.path.clone())
}

fn read(folder: &Folder) -> Converted {
    let (counts, error) = match Dataset::load(&folder.path) {
        Ok(dataset) => (dataset.counts(), None),
        Err(error) => (Counts::new(), Some(format!("{error:#}"))),
    };
    Converted { folder: folder.path.clone(), counts, error }
}
