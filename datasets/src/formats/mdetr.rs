//! MDETR's COCO form: every expression is an "image" with a caption, and its targets are that image's annotations.
//!
//! Files `finetune_{refcoco,refcoco+,refcocog}_{split}.json` of ashkamath/mdetr, and gRefCOCO's
//! `finetune_grefcoco_{split}.json`, where an expression without target has one annotation that is `empty`. MDETR trains
//! on each expression by itself, so each is a reference by itself here.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::collect::{Collector, number_of};
use super::split_files::split_files;
use super::{Format, ReadOptions};
use crate::refer::Refer;
use crate::refer::instances::Image;

#[derive(Deserialize)]
struct Caption {
    id: i64,
    file_name: String,
    width: u32,
    height: u32,
    caption: String,
    /// The picture's number; MDETR's own files of other data sets lack it.
    #[serde(default)]
    original_id: Option<i64>,
    /// Whole captions with many phrases, as in MDETR's files of Flickr30k.
    #[serde(default)]
    tokens_positive_eval: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Target {
    image_id: i64,
    #[serde(default)]
    category_id: i64,
    bbox: [f64; 4],
    #[serde(default)]
    empty: bool,
}

/// Reads the files of all splits.
pub(super) fn read(options: &ReadOptions) -> Result<Refer> {
    let files = split_files(options, Format::Mdetr)?;
    let mut found = Collector::default();
    for (split, path) in &files {
        let file = read_file(&mut found, path)?;
        take(&mut found, split, file).with_context(|| format!("in {}", path.display()))?;
    }
    found.finish(files[0].1.clone())
}

/// A file: captions, and targets by the captions' ids.
#[derive(Default)]
struct File {
    captions: Vec<Caption>,
    targets: HashMap<i64, Vec<Target>>,
}

enum Part {
    Caption(Caption),
    Target(Target),
}

fn read_file(found: &mut Collector, path: &Path) -> Result<File> {
    let parse = |key: &str, entry: &[u8]| match key {
        "images" => serde_json::from_slice(entry).map(Part::Caption),
        _ => serde_json::from_slice(entry).map(Part::Target),
    };
    let mut file = File::default();
    found.lists(path, &["images", "annotations"], parse, |_, _, part| {
        match part {
            Part::Caption(caption) => file.captions.push(caption),
            Part::Target(target) => file.targets.entry(target.image_id).or_default().push(target),
        }
        Ok(())
    })?;
    Ok(file)
}

fn take(found: &mut Collector, split: &str, file: File) -> Result<()> {
    let File { captions, mut targets } = file;
    for (index, caption) in captions.into_iter().enumerate() {
        let targets = targets.remove(&caption.id);
        take_caption(found, split, caption, targets).with_context(|| format!("entry {index} of `images`"))?;
    }
    if let Some((id, _)) = targets.into_iter().min_by_key(|(id, _)| *id) {
        bail!("annotations of image {id}, which is not among `images` or is there twice");
    }
    Ok(())
}

fn take_caption(found: &mut Collector, split: &str, caption: Caption, targets: Option<Vec<Target>>) -> Result<()> {
    let Caption { id, file_name, width, height, caption, original_id, tokens_positive_eval } = caption;
    ensure!(
        tokens_positive_eval.is_none(),
        "a caption with many phrases, as in MDETR's Flickr30k: read the files of Flickr30k Entities themselves"
    );
    let targets =
        targets.with_context(|| format!("image {id} has no annotation; without a target it has an empty one"))?;
    let image_id = original_id.map_or_else(|| number_of(&file_name), Ok)?;
    found.picture(Image { id: image_id, file_name, width, height, identity: None })?;
    let real = targets.into_iter().filter(|target| !target.empty);
    let objects: Vec<i64> = real.map(|target| found.object(image_id, target.category_id, target.bbox)).collect();
    found.reference(image_id, &objects, split, [caption]);
    Ok(())
}
