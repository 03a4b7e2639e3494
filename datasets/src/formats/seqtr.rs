//! `instances.json` of SeqTR and SimVG: for every split a list of records.
//!
//! Three forms of record share the file's name: one box with all expressions of one reference; a list of boxes for one
//! expression; and gRefCOCO's training records, one a picture, with a list of boxes for each expression. A box of zeros
//! or no box at all is "no target". The mixed files have a `data_source`, whose pictures lie in a folder of that name.

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

use super::collect::Collector;
use super::recognise::{Sign, signs};
use super::{Format, PictureNames, ReadOptions};
use crate::refer::Refer;
use crate::refer::instances::Image;

#[derive(Deserialize)]
struct Record {
    image_id: i64,
    width: u32,
    height: u32,
    expressions: Vec<String>,
    bbox: Targets,
    #[serde(default)]
    category_id: Category,
    #[serde(default)]
    data_source: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "`bbox` is [x, y, width, height], a list of them, or such a list for each expression")]
enum Targets {
    One([f64; 4]),
    Several(Vec<[f64; 4]>),
    Each(Vec<Vec<[f64; 4]>>),
}

/// A number, or lists of them in gRefCOCO's records, which tell nothing that the boxes do not.
#[derive(Deserialize)]
#[serde(untagged, expecting = "`category_id` is a number or a list")]
enum Category {
    One(i64),
    Several(serde::de::IgnoredAny),
}

impl Default for Category {
    fn default() -> Self {
        Self::One(0)
    }
}

/// Reads the one file of all splits.
pub(super) fn read(options: &ReadOptions) -> Result<Refer> {
    let signs = signs(options.dir)?.into_iter().filter(|(_, sign)| *sign == Sign::Of(Format::SeqTr));
    let paths: Vec<_> = signs.map(|(path, _)| path).collect();
    let [path] = &paths[..] else {
        let names: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
        bail!("there must be one such file, there are {}: {}", paths.len(), names.join(", "));
    };
    let mut found = Collector::default();
    let mut sources = Sources::default();
    let parse = |_: &str, entry: &[u8]| serde_json::from_slice::<Record>(entry);
    found.lists(path, &[], parse, |found, split, record| {
        ensure!(!split.is_empty(), "a list for each split is expected, the file is a list itself");
        take(found, &mut sources, options.picture_names, split, record)
    })?;
    found.finish(path.clone())
}

fn take(found: &mut Collector, sources: &mut Sources, names: &PictureNames, split: &str, record: Record) -> Result<()> {
    let image = sources.picture(&record, names)?;
    let image_id = image.id;
    found.picture(image)?;
    let category = if let Category::One(id) = record.category_id { id } else { 0 };
    let mut objects = |boxes: Vec<[f64; 4]>| -> Vec<i64> {
        let real = boxes.into_iter().filter(|bbox| *bbox != [0.0; 4]);
        real.map(|bbox| found.object(image_id, category, bbox)).collect()
    };
    let (texts, count) = (record.expressions, |targets: &Vec<Vec<_>>| targets.len());
    match record.bbox {
        Targets::One(bbox) => {
            let objects = objects(vec![bbox]);
            found.reference(image_id, &objects, split, texts);
        }
        Targets::Several(boxes) => {
            let objects = objects(boxes);
            found.reference(image_id, &objects, split, texts);
        }
        Targets::Each(targets) => {
            ensure!(texts.len() == count(&targets), "{} expressions but boxes for {}", texts.len(), count(&targets));
            let targets: Vec<_> = targets.into_iter().map(objects).collect();
            for (text, objects) in texts.into_iter().zip(targets) {
                found.reference(image_id, &objects, split, [text]);
            }
        }
    }
    Ok(())
}

/// Collections by the words of `data_source`, and the folders that the official configuration takes them from.
const SOURCES: [(&str, &str); 4] =
    [("coco", "coco2014"), ("flickr", "flickr30k"), ("visual-genome", "visual-genome"), ("saiaprtc12", "saiaprtc12")];

/// Numbers for the pictures of mixed files: those of different collections are alike.
#[derive(Default)]
struct Sources(std::collections::HashMap<(usize, i64), i64>);

impl Sources {
    fn picture(&mut self, record: &Record, names: &PictureNames) -> Result<Image> {
        let Record { image_id: number, width, height, .. } = *record;
        let Some(source) = &record.data_source else {
            return Ok(Image { id: number, file_name: names.name(number), width, height, identity: None });
        };
        let known = SOURCES.iter().position(|(name, _)| name == source);
        let known =
            known.with_context(|| format!("data_source is `{source}`, known are {:?}", SOURCES.map(|s| s.0)))?;
        let collection = SOURCES[known].1;
        let name = Path::new(source).join(PictureNames::of_collection(collection).name(number));
        let next = self.0.len() as i64 + 1;
        Ok(Image {
            id: *self.0.entry((known, number)).or_insert(next),
            file_name: name.to_string_lossy().into_owned(),
            width,
            height,
            identity: Some(format!("{collection}/{number}")),
        })
    }
}
