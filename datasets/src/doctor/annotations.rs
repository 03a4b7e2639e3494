//! Annotations that are known by what they hold, whatever their files and folders are called.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::formats::recognise::contents;
use crate::formats::{self, Boxes, Format, PictureNames, ReadOptions};
use crate::refer::Refer;
use crate::sample::Count;

/// Annotations in one format.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Form {
    /// Its word in pipeline files.
    pub format: String,
    /// Names of the files.
    pub files: Vec<String>,
}

/// A folder with annotations that no entry of the catalog is about.
#[derive(Clone, Debug, Serialize)]
pub struct Annotations {
    /// The folder.
    pub folder: PathBuf,
    /// What is in it; of several formats one has to be named to convert it.
    pub forms: Vec<Form>,
    /// References, pictures and expressions by split, where there is one format and it could be read.
    pub counts: BTreeMap<String, Count>,
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
    pub(super) fn in_folder(dir: &Path) -> Option<Self> {
        let forms = forms(dir);
        let read = match &forms[..] {
            [] => return None,
            [one] => Format::named(&one.format).map(|format| read(dir, format)),
            _ => None,
        };
        let (read, error) = match read.transpose() {
            Ok(read) => (read, None),
            Err(error) => (None, Some(format!("{error:#}"))),
        };
        Some(Self { folder: dir.into(), forms, counts: read.as_ref().map(counts).unwrap_or_default(), error })
    }
}

fn read(dir: &Path, format: Format) -> anyhow::Result<Refer> {
    formats::read(&ReadOptions {
        dir,
        split_by: &split_by(dir),
        format,
        files: &BTreeMap::new(),
        picture_names: &PictureNames::of_collection(""),
        boxes: Boxes::Union,
    })
}

/// What stands between the brackets of `refs(umd).p`, of the first such file.
fn split_by(dir: &Path) -> String {
    let names = fs_err::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.file_name());
    let inner = |name: String| Some(name.split_once("refs(")?.1.split_once(')')?.0.to_owned());
    let found = names.filter_map(|name| inner(name.to_string_lossy().into_owned()));
    found.min().unwrap_or_default()
}

fn counts(read: &Refer) -> BTreeMap<String, Count> {
    let mut counts: BTreeMap<String, Count> = BTreeMap::new();
    let mut pictures = HashSet::new();
    for reference in &read.refs {
        let count = counts.entry(reference.split.clone()).or_default();
        count.records += 1;
        count.expressions += reference.sentences.len();
        count.images += usize::from(pictures.insert((&reference.split, reference.image_id)));
    }
    counts
}
