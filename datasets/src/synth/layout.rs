//! Scenes and expressions as the files that REFER's own data sets come in.
//!
//! `refcoco/`, `refcoco+/` and `refcocog/` hold `refs(synthetic).p` and `instances.json`; `grefcoco/` holds
//! `grefs(synthetic).json` and the same `instances.json`. Field names are those of the real files.

use std::path::Path;

use anyhow::{Context, Result};
use serde::Serialize;
use serde_json::{Value, json};

use super::attributes::{KEYS, Key};
use super::grammar::{Group, Reference};
use super::scene::Object;
use super::{Sample, SynthConfig};

/// Name of the split file, in REFER's words.
const SPLIT_BY: &str = "synthetic";

#[derive(Serialize)]
struct RefRow<'a> {
    ref_id: usize,
    image_id: usize,
    split: &'a str,
    file_name: String,
    sent_ids: Vec<usize>,
    sentences: Vec<SentenceRow<'a>>,
    ann_id: Value,
    category_id: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    no_target: Option<bool>,
}

#[derive(Serialize)]
struct SentenceRow<'a> {
    sent_id: usize,
    sent: &'a str,
    raw: &'a str,
    tokens: Vec<&'a str>,
}

pub(super) fn write(config: &SynthConfig, samples: &[Sample], dir: &Path) -> Result<()> {
    let instances = serde_json::to_vec(&instances(config, samples))?;
    for (position, group) in Group::ALL.into_iter().enumerate() {
        let folder = dir.join(group.folder());
        fs_err::create_dir_all(&folder)?;
        fs_err::write(folder.join("instances.json"), &instances)?;
        let rows = rows(samples, position, group == Group::General);
        write_refs(&folder, &rows, group == Group::General)?;
    }
    Ok(())
}

fn write_refs(folder: &Path, rows: &[RefRow], general: bool) -> Result<()> {
    if general {
        let path = folder.join(format!("grefs({SPLIT_BY}).json"));
        return fs_err::write(path, serde_json::to_vec(rows)?).context("writing references");
    }
    // The real files were written by Python 2, whose newest protocol is 2.
    let pickle = serde_pickle::to_vec(&rows, serde_pickle::SerOptions::new().proto_v2())?;
    fs_err::write(folder.join(format!("refs({SPLIT_BY}).p")), pickle).context("writing references")
}

fn rows(samples: &[Sample], group: usize, general: bool) -> Vec<RefRow<'_>> {
    let (mut rows, mut first_object, mut next_sentence) = (Vec::new(), 1, 0);
    for (image, sample) in samples.iter().enumerate() {
        for reference in &sample.references[group] {
            let sentences = sentence_rows(reference, &mut next_sentence);
            let (ann_id, category_id) = targets(reference, sample, first_object, general);
            rows.push(RefRow {
                ref_id: rows.len(),
                image_id: image + 1,
                split: sample.split,
                file_name: sample.file_name.clone(),
                sent_ids: sentences.iter().map(|sentence| sentence.sent_id).collect(),
                sentences,
                ann_id,
                category_id,
                no_target: general.then_some(reference.targets.is_empty()),
            });
        }
        first_object += sample.scene.objects.len();
    }
    rows
}

fn sentence_rows<'a>(reference: &'a Reference, next: &mut usize) -> Vec<SentenceRow<'a>> {
    let number = |text: &'a String| {
        *next += 1;
        SentenceRow { sent_id: *next - 1, sent: text, raw: text, tokens: text.split(' ').collect() }
    };
    reference.texts.iter().map(number).collect()
}

/// Annotation and category ids: numbers in REFER, lists in gRefCOCO, where -1 stands for nothing.
fn targets(reference: &Reference, sample: &Sample, first_object: usize, general: bool) -> (Value, Value) {
    let category = |&i: &usize| category_id(&sample.scene.objects[i]);
    let objects: Vec<usize> = reference.targets.iter().map(|target| first_object + target).collect();
    let categories: Vec<usize> = reference.targets.iter().map(category).collect();
    match (general, &objects[..], &categories[..]) {
        (false, [object], [category]) => (json!(object), json!(category)),
        (true, [], _) => (json!([-1]), json!([-1])),
        _ => (json!(objects), json!(categories)),
    }
}

/// Categories are the ways an object can look, counted from one.
fn category_id(object: &Object) -> usize {
    KEYS.iter().fold(0, |id, &key| id * key.words().len() + object.attributes.get(key)) + 1
}

/// All categories by their numbers; COCO calls the wider kind "supercategory".
fn categories() -> Vec<Value> {
    let wider = |names: Vec<String>, key: Key| -> Vec<String> {
        names.iter().flat_map(|name| key.words().iter().map(move |word| format!("{name} {word}"))).collect()
    };
    let names = KEYS.into_iter().fold(vec![String::new()], wider);
    let shape = |name: &str| name.rsplit(' ').next().unwrap_or_default().to_owned();
    let named = names.iter().map(|name| name.trim()).enumerate();
    named.map(|(i, name)| json!({ "id": i + 1, "name": name, "supercategory": shape(name) })).collect()
}

fn instances(config: &SynthConfig, samples: &[Sample]) -> Value {
    let side = config.canvas;
    let image = |(i, sample): (usize, &Sample)| json!({ "id": i + 1, "file_name": sample.file_name, "width": side, "height": side });
    let objects = samples.iter().enumerate().flat_map(|(i, sample)| sample.scene.objects.iter().map(move |o| (i, o)));
    json!({
        "info": { "description": "drawn scenes with referring expressions", "seed": config.seed },
        "images": samples.iter().enumerate().map(image).collect::<Vec<_>>(),
        "annotations": objects.enumerate().map(annotation).collect::<Vec<_>>(),
        "categories": categories(),
    })
}

fn annotation((number, (image, object)): (usize, (usize, &Object))) -> Value {
    let [x, y, w, h] = [object.cx - object.w / 2.0, object.cy - object.h / 2.0, object.w, object.h].map(hundredths);
    json!({
        "id": number + 1,
        "image_id": image + 1,
        "category_id": category_id(object),
        "bbox": [x, y, w, h],
        "area": hundredths(w * h),
        "iscrowd": 0,
    })
}

/// COCO's own precision.
fn hundredths(length: f64) -> f64 {
    (length * 100.0).round() / 100.0
}
