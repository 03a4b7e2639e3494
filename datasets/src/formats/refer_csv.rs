//! The CSV form of MarkHershey/refer: `uid,ref_id,img_id,sent_id,sent,bbox`, one expression a row.
//!
//! `bbox` is `[x, y, width, height]` as text. Rows with the same `ref_id` are one reference.

use std::collections::HashMap;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use super::collect::Collector;
use super::split_files::split_files;
use super::{Format, ReadOptions};
use crate::refer::instances::Image;
use crate::refer::{Head, Refer};

const COLUMNS: [&str; 5] = ["ref_id", "img_id", "sent_id", "sent", "bbox"];

#[derive(Deserialize)]
struct Row {
    ref_id: i64,
    img_id: i64,
    sent_id: i64,
    sent: String,
    bbox: String,
}

/// Rows with the same `ref_id`.
struct Reference {
    ref_id: i64,
    image_id: i64,
    object: i64,
    sentences: Vec<(i64, String)>,
}

/// Whether a line names the columns of this form.
pub(super) fn has_columns(line: &str) -> bool {
    let columns: Vec<&str> = line.trim().split(',').map(|column| column.trim_matches('"')).collect();
    COLUMNS.iter().all(|column| columns.contains(column))
}

/// Reads the files of all splits. Sizes of pictures are not in them.
pub(super) fn read(options: &ReadOptions) -> Result<Refer> {
    let files = split_files(options, Format::ReferCsv)?;
    let mut found = Collector::default();
    for (split, path) in &files {
        let bytes = found.file(path)?;
        let mut references: Vec<Reference> = Vec::new();
        let mut places = HashMap::new();
        for (row, number) in csv::Reader::from_reader(&bytes[..]).deserialize::<Row>().zip(2..) {
            let place = || format!("in {}: row {number}", path.display());
            let row = row.with_context(place)?;
            let bbox =
                serde_json::from_str(&row.bbox).context("`bbox` is no [x, y, width, height]").with_context(place)?;
            let (id, file_name) = (row.img_id, options.picture_names.name(row.img_id));
            found.picture(Image { id, file_name, width: 0, height: 0, identity: None }).with_context(place)?;
            let object = found.object(row.img_id, 0, bbox);
            let at = *places.entry(row.ref_id).or_insert(references.len());
            if at == references.len() {
                references.push(Reference { ref_id: row.ref_id, image_id: row.img_id, object, sentences: Vec::new() });
            }
            let one = &mut references[at];
            ensure!(
                (one.image_id, one.object) == (row.img_id, object),
                "{}: ref_id {} had another picture or box before",
                place(),
                row.ref_id
            );
            one.sentences.push((row.sent_id, row.sent));
        }
        for Reference { ref_id, image_id, object, sentences } in references {
            found.numbered(Head { ref_id, image_id, targets: &[object], any_box: false, split }, sentences);
        }
    }
    found.finish(files[0].1.clone())
}
