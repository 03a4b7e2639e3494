//! Samples of RefCOCO as a raw folder of REFER: `refcoco/refs(unc).p` and `refcoco/instances.json`.

use std::path::Path;

use serde_json::{Value, json};

/// Training references, all of upright pictures or all of wide ones: one batch.
const TRAIN: usize = 4;
/// Validation references.
const VAL: usize = 4;

/// Writes the first references of wide pictures among the samples in `real`.
pub fn write(real: &Path, raw: &Path) {
    let text = fs_err::read_to_string(real.join("coco_samples.json")).expect("the samples");
    let samples: Vec<Value> = serde_json::from_str(&text).expect("JSON");
    let wide = |s: &&Value| s["dataset"] == "refcoco" && s["width"].as_u64() > s["height"].as_u64();
    let mut chosen: Vec<&Value> = samples.iter().filter(wide).collect();
    chosen.dedup_by_key(|sample| &sample["ref_id"]);
    chosen.truncate(TRAIN + VAL);
    assert_eq!(chosen.len(), TRAIN + VAL);
    let split = |at: usize| if at < TRAIN { "train" } else { "val" };
    let refs: Vec<Value> = chosen.iter().enumerate().map(|(at, sample)| reference(sample, split(at))).collect();
    let folder = raw.join("refcoco");
    fs_err::create_dir_all(&folder).expect("writable");
    let pickle = serde_pickle::to_vec(&refs, serde_pickle::SerOptions::new()).expect("plain data");
    fs_err::write(folder.join("refs(unc).p"), pickle).expect("writable");
    let mut images: Vec<Value> = chosen.iter().map(|sample| image(sample)).collect();
    images.sort_by_key(|image| image["id"].as_i64());
    images.dedup();
    let annotations: Vec<Value> = chosen.iter().map(|sample| annotation(sample)).collect();
    let instances = json!({ "images": images, "annotations": annotations });
    fs_err::write(folder.join("instances.json"), instances.to_string()).expect("writable");
}

fn reference(s: &Value, split: &str) -> Value {
    let sentence = json!({ "sent_id": s["sent_id"], "sent": s["expression"], "raw": s["expression"], "tokens": [] });
    json!({
        "ref_id": s["ref_id"], "ann_id": s["ref_id"], "image_id": s["image_id"], "category_id": 1, "split": split,
        "sentences": [sentence],
    })
}

fn image(s: &Value) -> Value {
    let name = s["image"].as_str().expect("a path").trim_start_matches("coco/");
    json!({ "id": s["image_id"], "file_name": name, "width": s["width"], "height": s["height"] })
}

fn annotation(s: &Value) -> Value {
    json!({ "id": s["ref_id"], "image_id": s["image_id"], "category_id": 1, "bbox": s["bbox"] })
}
