//! `pictures.parquet`: a picture with what is annotated in it.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::Result;
use foldhash::fast::RandomState;
use polars::prelude::{DataFrame, DataType};

use super::pages::Pages;
use super::reading::{read_box_lists, read_integer_lists, read_integers, read_strings};
use super::writer::ColumnType;
use crate::sample::Picture;

/// The pictures of a data set, each once, and where each is.
#[derive(Default)]
pub(super) struct Rows {
    /// In the order of the records.
    pub(super) all: Vec<Arc<Picture>>,
    places: HashMap<usize, u32, RandomState>,
    /// The picture of the record before, which most records share.
    last: Option<(usize, u32)>,
}

impl Rows {
    /// The row of a picture. Records of the same picture share it, so that pictures are told apart by where they are in
    /// memory; they are kept, so that no other comes to lie there.
    pub(super) fn row(&mut self, picture: &Arc<Picture>) -> u32 {
        let place = Arc::as_ptr(picture).addr();
        if let Some((_, row)) = self.last.filter(|(last, _)| *last == place) {
            return row;
        }
        let row = *self.places.entry(place).or_insert_with(|| {
            self.all.push(Arc::clone(picture));
            self.all.len() as u32 - 1
        });
        self.last = Some((place, row));
        row
    }
}

pub(super) fn columns() -> [ColumnType; 7] {
    let list = |of: DataType| DataType::List(Box::new(of));
    [
        ("image_id", DataType::Int64),
        ("image", DataType::String),
        ("picture", DataType::String),
        ("width", DataType::Int64),
        ("height", DataType::Int64),
        ("candidates", list(DataType::Float64)),
        ("candidate_categories", list(DataType::Int64)),
    ]
}

/// The columns of some rows, in the order of [`columns`].
pub(super) fn pages(rows: &[Arc<Picture>]) -> Vec<Pages> {
    vec![
        Pages::of_integers(rows.iter().map(|picture| picture.id)),
        Pages::of_texts(rows.iter().map(|picture| picture.file.as_str())),
        Pages::of_texts(rows.iter().map(|picture| picture.identity.as_str())),
        Pages::of_integers(rows.iter().map(|picture| picture.width.into())),
        Pages::of_integers(rows.iter().map(|picture| picture.height.into())),
        Pages::of_number_lists(rows.iter().map(|picture| picture.candidates.as_flattened())),
        Pages::of_number_lists(rows.iter().map(|picture| &picture.candidate_categories[..])),
    ]
}

pub(super) fn read(frame: &DataFrame) -> Result<Vec<Arc<Picture>>> {
    let (ids, widths) = (read_integers(frame, "image_id")?, read_integers(frame, "width")?);
    let heights = read_integers(frame, "height")?;
    let mut files = read_strings(frame, "image", str::to_owned)?.into_iter();
    let mut identities = read_strings(frame, "picture", str::to_owned)?.into_iter();
    let mut candidates = read_box_lists(frame, "candidates")?.into_iter();
    let mut categories = read_integer_lists(frame, "candidate_categories")?.into_iter();
    (0..frame.height())
        .map(|row| {
            Ok(Arc::new(Picture {
                id: ids[row],
                file: files.next().unwrap_or_default(),
                identity: identities.next().unwrap_or_default(),
                width: widths[row].try_into()?,
                height: heights[row].try_into()?,
                candidates: candidates.next().unwrap_or_default(),
                candidate_categories: categories.next().unwrap_or_default(),
            }))
        })
        .collect()
}
