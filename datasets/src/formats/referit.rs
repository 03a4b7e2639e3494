//! ReferItGame as text_objseg hands it around: `referit_query_{split}.json`, `referit_bbox.json`, `referit_imsize.json`.
//!
//! A region is called `7023_1`, its picture `7023.jpg`. Boxes are `[x0, y0, x1, y1]` and include their last column and
//! row, which begin at 0, so a box as lengths is one wider and higher. `referit_imcrop.json` and the lists of pictures
//! say nothing more and are not read.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::de::DeserializeOwned;

use super::collect::{Collector, from_corners};
use super::json::Pairs;
use super::split_files::split_files;
use super::{Format, ReadOptions};
use crate::refer::Refer;
use crate::refer::instances::Image;

/// Reads the queries of all splits with boxes and sizes.
pub(super) fn read(options: &ReadOptions) -> Result<Refer> {
    let files = split_files(options, Format::ReferIt)?;
    let mut found = Collector::default();
    let sizes: Pairs<[u32; 2]> = pairs(&mut found, &options.dir.join("referit_imsize.json"))?;
    let boxes: Pairs<[f64; 4]> = pairs(&mut found, &options.dir.join("referit_bbox.json"))?;
    let sizes: HashMap<i64, [u32; 2]> = sizes.0.into_iter().map(size).collect::<Result<_>>()?;
    let objects = objects(&mut found, boxes, &sizes)?;
    for (split, path) in &files {
        let queries: Pairs<Vec<String>> = pairs(&mut found, path)?;
        for (region, texts) in queries.0 {
            let place = || format!("in {}: region `{region}`", path.display());
            let image_id = picture_of(&region).with_context(place)?;
            let object = objects.get(&region).context("no box in referit_bbox.json").with_context(place)?;
            found.reference(image_id, &[*object], split, texts);
        }
    }
    found.finish(files[0].1.clone())
}

fn pairs<T: DeserializeOwned>(found: &mut Collector, path: &Path) -> Result<Pairs<T>> {
    let bytes = found.file(path)?;
    serde_json::from_slice(&bytes).with_context(|| format!("in {}", path.display()))
}

fn size((name, size): (String, [u32; 2])) -> Result<(i64, [u32; 2])> {
    let number = Path::new(&name).file_stem().and_then(|stem| stem.to_str()?.parse().ok());
    Ok((number.with_context(|| format!("in referit_imsize.json: `{name}` is no number with an ending"))?, size))
}

/// All regions, spoken of or not: they are what a picture's expressions could have meant.
fn objects(
    found: &mut Collector,
    boxes: Pairs<[f64; 4]>,
    sizes: &HashMap<i64, [u32; 2]>,
) -> Result<HashMap<String, i64>> {
    let mut objects = HashMap::new();
    for (region, [x0, y0, x1, y1]) in boxes.0 {
        let id = picture_of(&region).with_context(|| format!("in referit_bbox.json: region `{region}`"))?;
        let Some(&[width, height]) = sizes.get(&id) else {
            bail!("region `{region}` is of picture {id}.jpg, whose size referit_imsize.json lacks");
        };
        found.picture(Image { id, file_name: format!("{id}.jpg"), width, height, identity: None })?;
        let object = found.object(id, 0, from_corners([x0, y0, x1 + 1.0, y1 + 1.0]));
        objects.insert(region, object);
    }
    Ok(objects)
}

fn picture_of(region: &str) -> Result<i64> {
    let number = region.split_once('_').and_then(|(picture, _)| picture.parse().ok());
    number.context("it is not called <picture>_<region>")
}
