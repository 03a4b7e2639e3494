//! `samples.parquet`: who is meant where, in which words.

use std::sync::Arc;

use anyhow::{Context, Result};
use polars::prelude::{Column, DataFrame};

use super::columns::{
    box_lists, integers, read_box_lists, read_integers, read_string_lists, read_strings, string_lists, strings,
};
use super::pictures::Rows;
use crate::sample::{Names, Picture, Record};

pub(super) fn columns(records: &[Record], pictures: &Rows) -> Vec<Column> {
    vec![
        integers("id", records, |r| r.id),
        integers("picture_row", records, |r| pictures.row(r).into()),
        string_lists("expressions", records, |r| &r.expressions),
        box_lists("boxes", records, |r| &r.boxes),
        Column::new("any_box".into(), records.iter().map(|r| r.any_box).collect::<Vec<bool>>()),
        strings("split", records, |r| &r.split),
        strings("dataset", records, |r| &r.dataset),
        strings("group", records, |r| &r.group),
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
