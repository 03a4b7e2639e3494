//! What can be wrong with a data set whose files are readable: collected, so that all of it is told at once.

use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::Result;
use serde::Serialize;
use serde_json::json;

/// How many defects a message shows.
const SHOWN: usize = 20;

/// One thing wrong.
#[derive(Clone, Debug, PartialEq, Serialize, thiserror::Error)]
#[serde(tag = "defect", rename_all = "snake_case")]
pub enum Defect {
    /// An id that must be unique occurs again.
    #[error("{what} {id} occurs more than once")]
    DuplicateId {
        /// Which kind of id.
        what: &'static str,
        /// The id.
        id: i64,
    },
    /// A split that the data set does not have.
    #[error("ref {ref_id}: unknown split `{split}`, known are {known}")]
    UnknownSplit {
        /// The reference.
        ref_id: i64,
        /// Its split.
        split: String,
        /// The right ones.
        known: String,
    },
    /// A reference to a picture that `instances.json` lacks.
    #[error("ref {ref_id}: image {image_id} is not in instances.json")]
    MissingImage {
        /// The reference.
        ref_id: i64,
        /// The picture's id.
        image_id: i64,
    },
    /// A reference to an object that `instances.json` lacks.
    #[error("ref {ref_id}: annotation {ann_id} is not in instances.json")]
    MissingAnnotation {
        /// The reference.
        ref_id: i64,
        /// The object's id.
        ann_id: i64,
    },
    /// A reference to an object of another picture.
    #[error("ref {ref_id}: annotation {ann_id} belongs to another image than {image_id}")]
    WrongImage {
        /// The reference.
        ref_id: i64,
        /// The object's id.
        ann_id: i64,
        /// The reference's picture.
        image_id: i64,
    },
    /// A target box that has no area or sticks out of its picture.
    #[error(
        "ref {ref_id}: the box {bbox:?} (x, y, width, height) of annotation {ann_id} is empty or lies outside its {width}x{height} picture"
    )]
    BoxOutside {
        /// The reference.
        ref_id: i64,
        /// The object's id.
        ann_id: i64,
        /// The box.
        bbox: [f64; 4],
        /// Picture width in pixels.
        width: u32,
        /// Picture height in pixels.
        height: u32,
    },
    /// A reference without sentences.
    #[error("ref {ref_id}: it has no expression")]
    NoExpression {
        /// The reference.
        ref_id: i64,
    },
    /// An expression of which text cleaning leaves nothing.
    #[error("ref {ref_id}: expression {sent_id}, `{text}`, is empty after cleaning")]
    EmptyExpression {
        /// The reference.
        ref_id: i64,
        /// The expression's id.
        sent_id: i64,
        /// What it was.
        text: String,
    },
    /// A picture file name that leads out of the picture folder.
    #[error("image {image_id}: its file name `{file_name}` leads out of the picture folder")]
    UnsafePath {
        /// The picture's id.
        image_id: i64,
        /// The name.
        file_name: String,
    },
    /// A picture file that is not there.
    #[error("image {image_id}: there is no file {}", path.display())]
    MissingPicture {
        /// The picture's id.
        image_id: i64,
        /// Where it was looked for.
        path: PathBuf,
    },
    /// A picture file that does not decode, or to another size than `instances.json` says.
    #[error("image {image_id}: {} is damaged: {reason}", path.display())]
    DamagedPicture {
        /// The picture's id.
        image_id: i64,
        /// The file.
        path: PathBuf,
        /// What the decoder said.
        reason: String,
    },
}

/// Writes one JSON object a defect: which it is, its facts, and `message` in words.
///
/// # Errors
/// Where the file cannot be written.
pub fn write_lines(path: &Path, defects: &[Defect]) -> Result<()> {
    let mut text = String::new();
    for defect in defects {
        let mut line = serde_json::to_value(defect)?;
        line["message"] = json!(defect.to_string());
        text += &format!("{line}\n");
    }
    Ok(fs_err::write(path, text)?)
}

/// All defects of a data set, as an error.
#[derive(Debug, PartialEq)]
pub struct Defects {
    /// The file that they were found from.
    pub file: PathBuf,
    /// Every one.
    pub found: Vec<Defect>,
}

impl std::error::Error for Defects {}

impl fmt::Display for Defects {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        write!(formatter, "{}: {} defects", self.file.display(), self.found.len())?;
        if self.found.len() > SHOWN {
            write!(formatter, ", the first {SHOWN} of which are shown")?;
        }
        for defect in self.found.iter().take(SHOWN) {
            write!(formatter, "\n  {defect}")?;
        }
        write!(formatter, "\nmend the files, or leave these out with `lenient` if others remain")
    }
}
