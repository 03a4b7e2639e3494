//! The one sample form that everything after `Convert` reads, and the folder that holds it.
//!
//! A data set on disk is a folder with two tables (one row a record, one row a picture, see [`crate::table`]) and
//! `dataset.json` (format version, picture root, counts). `dataset.json` is written last, so a folder that was left
//! half-written does not load.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use crate::counter::Counter;
use crate::table;

pub use crate::counter::{Count, Counts};

/// Version of the folder layout; a folder of another version is refused.
pub const FORMAT: u32 = 2;

const MANIFEST: &str = "dataset.json";

/// A picture and what is annotated in it. The records that speak of it share it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Picture {
    /// Its id in `instances.json`.
    pub id: i64,
    /// Path of the file, relative to [`Dataset::image_root`].
    pub file: String,
    /// Identity across data sets, `<collection>/<image id>`; merging compares these.
    pub identity: String,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Boxes of every annotated object, `[x0, y0, x1, y1]` in pixels, not clipped.
    pub candidates: Vec<[f64; 4]>,
    /// Category of each of them, as the data set numbers its categories.
    pub candidate_categories: Vec<i64>,
}

/// One training reference (with all its sentences) or one evaluation expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Unique within a data set and the same each time it is converted: the `sent_id` of the (first) expression.
    pub id: i64,
    /// The picture that it speaks of.
    pub picture: Arc<Picture>,
    /// Training: all sentences of one reference; evaluation: exactly one. Text as in the raw file.
    pub expressions: Vec<String>,
    /// Target boxes, in the form of [`Picture::candidates`]; empty where nothing is meant.
    pub boxes: Vec<[f64; 4]>,
    /// Any one of `boxes` is a right answer; else all of them are meant.
    pub any_box: bool,
    /// `train`, `val`, `test`, `testA` or `testB`.
    pub split: Arc<str>,
    /// Name of the data set, as reports show it.
    pub dataset: Arc<str>,
    /// Sub-group for reports; equal to `dataset` where there is none.
    pub group: Arc<str>,
}

impl Record {
    /// How many objects are meant: where any one of several boxes is right, one.
    pub fn targets(&self) -> usize {
        if self.any_box { self.boxes.len().min(1) } else { self.boxes.len() }
    }
}

/// Texts that occur again and again, held once each.
#[derive(Debug, Default)]
pub struct Names(BTreeSet<Arc<str>>);

impl Names {
    /// `name`, shared with all others that are equal.
    pub fn shared(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.0.get(name) {
            return Arc::clone(known);
        }
        let new: Arc<str> = name.into();
        self.0.insert(Arc::clone(&new));
        new
    }
}

/// Records and the folder that their pictures lie in.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dataset {
    /// Folder of the pictures, as given: absolute, or relative to the current directory. Empty where the
    /// records' own paths are complete, as after merging data sets with different roots.
    pub image_root: String,
    /// All records, ordered as in the raw file.
    pub records: Vec<Record>,
}

#[derive(Serialize, Deserialize)]
struct Manifest {
    format: u32,
    image_root: String,
    /// `image_root` starts at this file's folder.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pictures_inside: bool,
    counts: Counts,
}

impl Dataset {
    /// Where the picture of `record` lies.
    pub fn image_path(&self, record: &Record) -> PathBuf {
        Path::new(&self.image_root).join(&record.picture.file)
    }

    /// The records of one split, in order.
    pub fn split<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Record> {
        self.records.iter().filter(move |record| *record.split == *name)
    }

    /// Records, pictures and expressions of every data set and split.
    pub fn counts(&self) -> Counts {
        let mut counter = Counter::default();
        self.records.iter().for_each(|record| counter.add(record));
        counter.finish()
    }

    /// Reads the folder that [`Dataset::save`] wrote.
    ///
    /// # Errors
    /// Where a file is missing, damaged or of another format version.
    pub fn load(dir: impl AsRef<Path>) -> Result<Self> {
        let path = dir.as_ref().join(MANIFEST);
        let text = fs_err::read_to_string(&path).context("a data set is a folder that Convert or Merge wrote")?;
        let manifest: Manifest = serde_json::from_str(&text).with_context(|| format!("in {}", path.display()))?;
        ensure!(
            manifest.format == FORMAT,
            "{} has format {}, this version reads format {FORMAT}: convert the data again",
            path.display(),
            manifest.format
        );
        let dataset = Self { image_root: manifest.root(dir.as_ref()), records: table::read_records(dir.as_ref())? };
        ensure!(dataset.counts() == manifest.counts, "the counts in {} are not those of the tables", path.display());
        Ok(dataset)
    }

    /// Writes the tables and then `dataset.json` into `dir`, which is made where it is missing.
    ///
    /// # Errors
    /// Where the folder cannot be written to.
    pub fn save(&self, dir: impl AsRef<Path>) -> Result<()> {
        let mut saver = Saver::create(dir.as_ref(), &self.image_root)?;
        saver.add(&self.records)?;
        saver.finish()
    }
}

/// A data set that is written some records at a time.
pub struct Saver<'a> {
    dir: &'a Path,
    image_root: &'a str,
    writer: table::Writer,
    counter: Counter,
}

impl<'a> Saver<'a> {
    /// Begins the tables in `dir`, which is made where it is missing.
    ///
    /// # Errors
    /// Where the folder cannot be written to.
    pub fn create(dir: &'a Path, image_root: &'a str) -> Result<Self> {
        fs_err::create_dir_all(dir)?;
        Ok(Self { dir, image_root, writer: table::Writer::create(dir)?, counter: Counter::default() })
    }

    /// Writes records behind those before.
    ///
    /// # Errors
    /// Where the folder cannot be written to.
    pub fn add(&mut self, records: &[Record]) -> Result<()> {
        let Self { writer, counter, .. } = self;
        let (written, ()) =
            rayon::join(|| writer.add(records), || records.iter().for_each(|record| counter.add(record)));
        written
    }

    /// Writes what remains, `dataset.json` last.
    ///
    /// # Errors
    /// Where the folder cannot be written to.
    pub fn finish(self) -> Result<()> {
        self.writer.finish()?;
        let manifest = Manifest::of(self.image_root, self.counter.finish(), self.dir);
        Ok(fs_err::write(self.dir.join(MANIFEST), serde_json::to_string_pretty(&manifest)? + "\n")?)
    }
}

impl Manifest {
    /// Pictures that lie inside `dir` are told from there, so that the folder can be moved as a whole.
    fn of(root: &str, counts: Counts, dir: &Path) -> Self {
        let inside = Path::new(root).strip_prefix(dir).ok().filter(|path| path.components().count() > 0);
        let image_root = inside.map_or_else(|| root.to_owned(), |path| path.to_string_lossy().into_owned());
        Self { format: FORMAT, image_root, pictures_inside: inside.is_some(), counts }
    }

    fn root(&self, dir: &Path) -> String {
        if self.pictures_inside {
            return dir.join(&self.image_root).to_string_lossy().into_owned();
        }
        self.image_root.clone()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn picture(id: i64) -> Picture {
        Picture {
            id,
            file: format!("{id}.jpg"),
            identity: format!("demo/{id}"),
            width: 96,
            height: 64,
            candidates: vec![[1.5, 2.0, 30.25, 40.0], [50.0, 2.0, 80.0, 40.0]],
            candidate_categories: vec![7, 3],
        }
    }

    pub(crate) fn record(id: i64, split: &str) -> Record {
        Record {
            id,
            picture: picture(id).into(),
            expressions: vec!["the red circle".into(), "red one, \"left\"".into()],
            boxes: vec![[1.5, 2.0, 30.25, 40.0]],
            any_box: false,
            split: split.into(),
            dataset: "Demo".into(),
            group: "Demo".into(),
        }
    }

    fn dataset() -> Dataset {
        let bare = Picture { candidates: vec![], candidate_categories: vec![], ..picture(3) };
        let none = Record { boxes: vec![], picture: bare.into(), ..record(3, "val") };
        let first = record(1, "train");
        let shared = Record { id: 4, any_box: true, ..first.clone() };
        Dataset { image_root: "raw/images".into(), records: vec![first, record(2, "train"), none, shared] }
    }

    #[test]
    fn a_saved_data_set_loads_equal() {
        let dir = tempfile::tempdir().unwrap();
        dataset().save(dir.path()).unwrap();
        let loaded = Dataset::load(dir.path()).unwrap();
        assert_eq!(loaded, dataset());
        assert!(Arc::ptr_eq(&loaded.records[0].picture, &loaded.records[3].picture), "told and held once");
    }

    #[test]
    fn more_rows_than_a_group_load_equal() {
        let dir = tempfile::tempdir().unwrap();
        let (first, second) = (record(1, "train"), record(2, "val"));
        let records = (0..70_000).map(|id| Record { id, ..if id % 3 == 0 { &first } else { &second }.clone() });
        let large = Dataset { image_root: String::new(), records: records.collect() };
        large.save(dir.path()).unwrap();
        assert!(Dataset::load(dir.path()).unwrap() == large);
    }

    #[test]
    fn pictures_inside_move_with_the_folder() {
        let dir = tempfile::tempdir().unwrap();
        let (old, new) = (dir.path().join("old"), dir.path().join("new"));
        Dataset { image_root: old.join("images").to_str().unwrap().into(), ..dataset() }.save(&old).unwrap();
        fs_err::rename(&old, &new).unwrap();
        assert_eq!(Dataset::load(&new).unwrap().image_root, new.join("images").to_str().unwrap());
    }

    #[test]
    fn an_empty_data_set_loads_equal() {
        let dir = tempfile::tempdir().unwrap();
        Dataset::default().save(dir.path()).unwrap();
        assert_eq!(Dataset::load(dir.path()).unwrap(), Dataset::default());
    }

    #[test]
    fn counts_tell_records_pictures_and_expressions() {
        let mut dataset = dataset();
        dataset.records[1].picture = Picture { identity: "demo/1".into(), ..picture(2) }.into();
        assert_eq!(dataset.counts()["Demo"]["train"], Count { records: 3, images: 1, expressions: 6 });
    }

    #[test]
    fn a_damaged_table_is_an_error_that_names_it() {
        let dir = tempfile::tempdir().unwrap();
        for name in [table::SAMPLES, table::PICTURES] {
            dataset().save(dir.path()).unwrap();
            let path = dir.path().join(name);
            let bytes = fs_err::read(&path).unwrap();
            fs_err::write(&path, &bytes[..bytes.len() / 2]).unwrap();
            assert!(format!("{:#}", Dataset::load(dir.path()).unwrap_err()).contains(name));
        }
    }

    #[test]
    fn another_format_version_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        dataset().save(dir.path()).unwrap();
        let path = dir.path().join(MANIFEST);
        let text = fs_err::read_to_string(&path).unwrap().replace("\"format\": 2", "\"format\": 99");
        fs_err::write(&path, text).unwrap();
        assert!(Dataset::load(dir.path()).unwrap_err().to_string().contains("format 99"));
    }
}
