//! The one sample form that everything after `Convert` reads, and the folder that holds it.
//!
//! A data set on disk is a folder with two files: `samples.parquet` (one row a record, see [`crate::table`])
//! and `dataset.json` (format version, picture root, counts). `dataset.json` is written last, so a folder that
//! was left half-written does not load.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use crate::table;

/// Version of the folder layout; a folder of another version is refused.
pub const FORMAT: u32 = 1;

const TABLE: &str = "samples.parquet";
const MANIFEST: &str = "dataset.json";

/// One training reference (with all its sentences) or one evaluation expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Unique within a data set and the same each time it is converted: the `sent_id` of the (first) expression.
    pub id: i64,
    /// The picture's id in `instances.json`.
    pub image_id: i64,
    /// Path of the picture file, relative to [`Dataset::image_root`].
    pub image: String,
    /// Identity of the picture across data sets, `<collection>/<image id>`; merging compares these.
    pub picture: String,
    /// Picture width in pixels.
    pub width: u32,
    /// Picture height in pixels.
    pub height: u32,
    /// Training: all sentences of one reference; evaluation: exactly one. Text as in the raw file.
    pub expressions: Vec<String>,
    /// Target boxes, `[x0, y0, x1, y1]` in pixels, not clipped; empty where nothing is meant.
    pub boxes: Vec<[f64; 4]>,
    /// Boxes of every annotated object of the picture, targets included, in the form of `boxes`.
    pub candidates: Vec<[f64; 4]>,
    /// Category of each of them, as the data set numbers its categories.
    pub candidate_categories: Vec<i64>,
    /// `train`, `val`, `test`, `testA` or `testB`.
    pub split: String,
    /// Name of the data set, as reports show it.
    pub dataset: String,
    /// Sub-group for reports; equal to `dataset` where there is none.
    pub group: String,
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

/// How much of a split there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// Number of records.
    pub records: usize,
    /// Number of different pictures.
    pub images: usize,
    /// Number of expressions.
    pub expressions: usize,
}

/// Counts by data set and split.
pub type Counts = BTreeMap<String, BTreeMap<String, Count>>;

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
        Path::new(&self.image_root).join(&record.image)
    }

    /// The records of one split, in order.
    pub fn split<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Record> {
        self.records.iter().filter(move |record| record.split == name)
    }

    /// Records, pictures and expressions of every data set and split.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::new();
        let mut seen = std::collections::HashSet::new();
        for record in &self.records {
            let count = counts.entry(record.dataset.clone()).or_default().entry(record.split.clone()).or_default();
            count.records += 1;
            count.expressions += record.expressions.len();
            count.images += usize::from(seen.insert((&record.dataset, &record.split, &record.picture)));
        }
        counts
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
        let dataset =
            Self { image_root: manifest.root(dir.as_ref()), records: table::read_records(&dir.as_ref().join(TABLE))? };
        ensure!(dataset.counts() == manifest.counts, "the counts in {} are not those of {TABLE}", path.display());
        Ok(dataset)
    }

    /// Writes `samples.parquet` and then `dataset.json` into `dir`, which is made where it is missing.
    ///
    /// # Errors
    /// Where the folder cannot be written to.
    pub fn save(&self, dir: impl AsRef<Path>) -> Result<()> {
        let dir = dir.as_ref();
        fs_err::create_dir_all(dir)?;
        table::write_records(&dir.join(TABLE), &self.records)?;
        let manifest = Manifest::of(self, dir);
        fs_err::write(dir.join(MANIFEST), serde_json::to_string_pretty(&manifest)? + "\n")?;
        Ok(())
    }
}

impl Manifest {
    /// Pictures that lie inside `dir` are told from there, so that the folder can be moved as a whole.
    fn of(dataset: &Dataset, dir: &Path) -> Self {
        let inside = Path::new(&dataset.image_root).strip_prefix(dir).ok().filter(|path| path.components().count() > 0);
        let image_root = inside.map_or_else(|| dataset.image_root.clone(), |path| path.to_string_lossy().into_owned());
        Self { format: FORMAT, image_root, pictures_inside: inside.is_some(), counts: dataset.counts() }
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

    pub(crate) fn record(id: i64, split: &str) -> Record {
        Record {
            id,
            image_id: id,
            image: format!("{id}.jpg"),
            picture: format!("demo/{id}"),
            width: 96,
            height: 64,
            expressions: vec!["the red circle".into(), "red one, \"left\"".into()],
            boxes: vec![[1.5, 2.0, 30.25, 40.0]],
            candidates: vec![[1.5, 2.0, 30.25, 40.0], [50.0, 2.0, 80.0, 40.0]],
            candidate_categories: vec![7, 3],
            split: split.into(),
            dataset: "Demo".into(),
            group: "Demo".into(),
        }
    }

    fn dataset() -> Dataset {
        let none = Record { boxes: vec![], candidates: vec![], candidate_categories: vec![], ..record(3, "val") };
        Dataset { image_root: "raw/images".into(), records: vec![record(1, "train"), record(2, "train"), none] }
    }

    #[test]
    fn a_saved_data_set_loads_equal() {
        let dir = tempfile::tempdir().unwrap();
        dataset().save(dir.path()).unwrap();
        assert_eq!(Dataset::load(dir.path()).unwrap(), dataset());
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
        dataset.records[1].picture = "demo/1".into();
        assert_eq!(dataset.counts()["Demo"]["train"], Count { records: 2, images: 1, expressions: 4 });
    }

    #[test]
    fn a_damaged_table_is_an_error_that_names_it() {
        let dir = tempfile::tempdir().unwrap();
        dataset().save(dir.path()).unwrap();
        let path = dir.path().join(TABLE);
        let bytes = fs_err::read(&path).unwrap();
        fs_err::write(&path, &bytes[..bytes.len() / 2]).unwrap();
        assert!(format!("{:#}", Dataset::load(dir.path()).unwrap_err()).contains(TABLE));
    }

    #[test]
    fn another_format_version_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        dataset().save(dir.path()).unwrap();
        let path = dir.path().join(MANIFEST);
        let text = fs_err::read_to_string(&path).unwrap().replace("\"format\": 1", "\"format\": 99");
        fs_err::write(&path, text).unwrap();
        assert!(Dataset::load(dir.path()).unwrap_err().to_string().contains("format 99"));
    }
}
