//! One's own data as CSV: one expression with one box, or none, a row.

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use super::super::split_files::own_files;
use super::super::{Format, ReadOptions};
use super::{Own, Records, both};
use crate::refer::Refer;

const NEEDED: [&str; 6] = ["image", "expression", "x", "y", "width", "height"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    image: String,
    expression: String,
    x: Option<f64>,
    y: Option<f64>,
    width: Option<f64>,
    height: Option<f64>,
    #[serde(default)]
    split: Option<String>,
    #[serde(default)]
    image_width: Option<u32>,
    #[serde(default)]
    image_height: Option<u32>,
}

/// Whether a line names the columns of this form.
pub(in super::super) fn has_columns(line: &str) -> bool {
    let columns: Vec<&str> = line.trim().split(',').map(|column| column.trim_matches('"')).collect();
    NEEDED.iter().all(|column| columns.contains(column))
}

/// Reads all files.
pub(in super::super) fn read(options: &ReadOptions) -> Result<Refer> {
    let files = own_files(options, Format::Csv)?;
    let mut records = Records::default();
    for (split, path) in &files {
        let bytes = records.found.file(path)?;
        for (row, number) in csv::Reader::from_reader(&bytes[..]).deserialize::<Row>().zip(2..) {
            let place = || format!("in {}: row {number}", path.display());
            let record = own(row.with_context(place)?).with_context(place)?;
            records.add(record, split.as_deref()).with_context(place)?;
        }
    }
    records.found.finish(files[0].1.clone())
}

fn own(row: Row) -> Result<Own> {
    let boxes = match (row.x, row.y, row.width, row.height) {
        (Some(x), Some(y), Some(width), Some(height)) => vec![[x, y, width, height]],
        (None, None, None, None) => Vec::new(),
        _ => bail!("x, y, width and height must all be given, or none of them where the expression has no target"),
    };
    let size = both(row.image_width, row.image_height)?;
    Ok(Own { image: row.image, size, expressions: vec![row.expression], boxes, split: row.split })
}
