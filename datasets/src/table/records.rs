//! `samples.parquet`: who is meant where, in which words.

use std::sync::Arc;

use anyhow::{Context, Result};
use polars::prelude::{DataFrame, DataType};

use super::pages::Pages;
use super::reading::{read_box_lists, read_integers, read_string_lists, read_strings};
use super::writer::ColumnType;
use crate::sample::{Names, Picture, Record};

pub(super) fn columns() -> [ColumnType; 8] {
    let list = |of: DataType| DataType::List(Box::new(of));
    [
        ("id", DataType::Int64),
        ("picture_row", DataType::Int64),
        ("expressions", list(DataType::String)),
        ("boxes", list(DataType::Float64)),
        ("any_box", DataType::Boolean),
        ("split", DataType::String),
        ("dataset", DataType::String),
        ("group", DataType::String),
    ]
}

/// The columns of some records, in the order of [`columns`]; `rows` are those of their pictures.
pub(super) fn pages(records: &[Record], rows: &[u32]) -> Vec<Pages> {
    vec![
        Pages::of_integers(records.iter().map(|record| record.id)),
        Pages::of_integers(rows.iter().map(|&row| row.into())),
        Pages::of_text_lists(records.iter().map(|record| &record.expressions[..])),
        Pages::of_number_lists(records.iter().map(|record| record.boxes.as_flattened())),
        Pages::of_booleans(records.iter().map(|record| record.any_box)),
        Pages::of_names(records.iter().map(|record| &*record.split)),
        Pages::of_names(records.iter().map(|record| &*record.dataset)),
        Pages::of_names(records.iter().map(|record| &*record.group)),
    ]
}

pub(super) fn read(frame: &DataFrame, pictures: &[Arc<Picture>]) -> Result<Vec<Record>> {
    let (ids, rows) = (read_integers(frame, "id")?, read_integers(frame, "picture_row")?);
    let any_box = frame.column("any_box")?.bool()?;
    let mut names = Names::default();
    let mut shared = |column: &str| read_strings(frame, column, |name| names.shared(name));
    let (splits, datasets, groups) = (shared("split")?, shared("dataset")?, shared("group")?);
    let mut expressions = read_string_lists(frame, "expressions")?.into_iter();
    let mut boxes = read_box_lists(frame, "boxes")?.into_iter();
    (0..frame.height())
        .map(|row| {
            let picture = usize::try_from(rows[row]).ok().and_then(|row| pictures.get(row));
            Ok(Record {
                id: ids[row],
                picture: Arc::clone(picture.with_context(|| format!("there is no picture_row {}", rows[row]))?),
                expressions: expressions.next().unwrap_or_default(),
                boxes: boxes.next().unwrap_or_default(),
                any_box: any_box.get(row).context("a null in column any_box")?,
                split: Arc::clone(&splits[row]),
                dataset: Arc::clone(&datasets[row]),
                group: Arc::clone(&groups[row]),
            })
        })
        .collect()
}
