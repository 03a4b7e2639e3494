//! `pictures.parquet`: a picture with what is annotated in it.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::Result;
use polars::prelude::{Column, DataFrame};

use super::columns::{
    box_lists, integer_lists, integers, read_box_lists, read_integer_lists, read_integers, read_strings, strings,
};
use crate::sample::{Picture, Record};

/// The pictures of a data set, each once, and where each is.
pub(super) struct Rows<'a> {
    /// In the order of the records.
    pub(super) all: Vec<&'a Picture>,
    places: HashMap<usize, u32>,
}

impl<'a> Rows<'a> {
    /// Records of the same picture share it, so that pictures are told apart by where they are in memory.
    pub(super) fn of(records: &'a [Record]) -> Self {
        let mut rows = Self { all: Vec::new(), places: HashMap::new() };
        for record in records {
            rows.places.entry(Arc::as_ptr(&record.picture).addr()).or_insert_with(|| {
                rows.all.push(&record.picture);
                rows.all.len() as u32 - 1
            });
        }
        rows
    }

    /// The row of a record's picture.
    pub(super) fn row(&self, record: &Record) -> u32 {
        self.places[&Arc::as_ptr(&record.picture).addr()]
    }
}

pub(super) fn columns(rows: &[&Picture]) -> Vec<Column> {
    vec![
        integers("image_id", rows, |picture| picture.id),
        strings("image", rows, |picture| &picture.file),
        strings("picture", rows, |picture| &picture.identity),
        integers("width", rows, |picture| picture.width.into()),
        integers("height", rows, |picture| picture.height.into()),
        box_lists("candidates", rows, |picture| &picture.candidates),
        integer_lists("candidate_categories", rows, |picture| &picture.candidate_categories),
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
