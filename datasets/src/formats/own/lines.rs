//! One's own data as JSON lines: one object a line, with one or several expressions that mean the same boxes.

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use super::super::split_files::own_files;
use super::super::{Format, ReadOptions};
use super::{Own, Records, both};
use crate::refer::Refer;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    image: String,
    expression: Option<String>,
    expressions: Option<Vec<String>>,
    bbox: Option<[f64; 4]>,
    bboxes: Option<Vec<[f64; 4]>>,
    split: Option<String>,
    width: Option<u32>,
    height: Option<u32>,
}

/// Reads all files.
pub(in super::super) fn read(options: &ReadOptions) -> Result<Refer> {
    let files = own_files(options, Format::JsonLines)?;
    let mut records = Records::default();
    for (split, path) in &files {
        let bytes = records.found.file(path)?;
        for (line, number) in bytes.split(|&byte| byte == b'\n').zip(1..) {
            if line.trim_ascii().is_empty() {
                continue;
            }
            let place = || format!("in {}: line {number}", path.display());
            let line: Line = serde_json::from_slice(line).with_context(place)?;
            records.add(own(line).with_context(place)?, split.as_deref()).with_context(place)?;
        }
    }
    records.found.finish(files[0].1.clone())
}

fn own(line: Line) -> Result<Own> {
    let expressions = match (line.expression, line.expressions) {
        (Some(one), None) => vec![one],
        (None, Some(several)) => several,
        _ => bail!("give either `expression` or `expressions`"),
    };
    let boxes = match (line.bbox, line.bboxes) {
        (Some(one), None) => vec![one],
        (None, Some(several)) => several,
        _ => bail!("give either `bbox` or `bboxes`; `bboxes: []` where the expression has no target"),
    };
    Ok(Own { image: line.image, size: both(line.width, line.height)?, expressions, boxes, split: line.split })
}
