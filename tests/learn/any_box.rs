//! Flickr30k phrases with several boxes of which any one is right, from raw files through training to the measures.

use std::path::Path;

use serde_json::Value;

use super::tiny::{find, stored};
use crate::cli::support::Folder;

/// Scenes are only drawn for their pictures.
const PIPELINE: &str = r#"Pipeline(
    name: "any",
    stages: {
        "scenes": Synthesize(seed: 3, train: 8, val: 8, test: 0),
        "any": Convert(raw: "raw", dataset: "flickr30k", split_by: "entities", images: "images", boxes: Any),
        "union": Convert(raw: "raw", dataset: "flickr30k", split_by: "entities", images: "images", boxes: Union),
        "train": TrainDecoder(
            data: Stage("any"), tokenizer: TOKENIZER, pad_to_max: false, epochs: 1, batch: 4, warmup_epochs: 0.5,
            model: (preset: toy, encoder: (embed: 16, heads: 2, ffn: 24, depth: 2)), decay: LinearSteps, jitter: None,
        ),
        "eval": Evaluate(data: Stage("any"), checkpoint: Stage("train"), label: "trained", branches: [decoder]),
        "pick_any": Evaluate(data: Stage("any"), label: "any", baseline: "random object"),
        "pick_union": Evaluate(data: Stage("union"), label: "union", baseline: "random object"),
        "report": Report(title: "Any", evaluations: [Stage("eval"), Stage("pick_any"), Stage("pick_union")]),
    },
)
"#;

/// Two boxes of one chain, far from each other: neither overlaps the other or the box around both by half.
const XML: &str = "<annotation><size><width>WIDTH</width><height>HEIGHT</height></size>
    <object><name>1</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>20</xmax><ymax>20</ymax></bndbox></object>
    <object><name>1</name><bndbox><xmin>61</xmin><ymin>41</ymin><xmax>90</xmax><ymax>60</ymax></bndbox></object></annotation>";

/// The drawn pictures as Flickr30k's, eight to train on and eight to validate on.
fn raw_files(folder: &Folder) {
    let drawn = stored(folder, "images").join("images");
    let raw = folder.path().join("raw/flickr30k");
    for sub in ["Sentences", "Annotations"] {
        std::fs::create_dir_all(raw.join(sub)).expect("writable");
    }
    std::fs::create_dir(folder.path().join("images")).expect("writable");
    let mut names: Vec<_> =
        std::fs::read_dir(drawn).expect("pictures").map(|file| file.expect("a file").path()).collect();
    names.sort();
    for (path, id) in names.iter().zip(1..) {
        std::fs::copy(path, folder.path().join(format!("images/{id}.jpg"))).expect("writable");
        let xml = XML.replace("WIDTH", "96").replace("HEIGHT", "96");
        folder.put(&format!("raw/flickr30k/Annotations/{id}.xml"), &xml);
        folder.put(&format!("raw/flickr30k/Sentences/{id}.txt"), "[/EN#1/other Two circles] in a picture .\n");
    }
    assert_eq!(names.len(), 16);
    let ids = |range: std::ops::RangeInclusive<usize>| range.map(|id| format!("{id}\n")).collect::<String>();
    folder.put("raw/flickr30k/train.txt", &ids(1..=8));
    folder.put("raw/flickr30k/val.txt", &ids(9..=16));
}

/// The measures of a stage.
fn measures(folder: &Folder, stage: &str) -> Vec<Value> {
    let (json, _) = folder.expect("report p.ron --format json", 0);
    let report: Value = serde_json::from_str(&json).expect("JSON");
    let rows = report["rows"].as_array().or(report.as_array()).expect("rows").clone();
    rows.into_iter().filter(|row| row["stage"] == stage || row["method"] == stage).collect()
}

#[test]
fn any_one_of_several_boxes_is_a_hit_from_raw_files_to_the_report() {
    let tokenizer = Path::new(env!("CARGO_MANIFEST_DIR")).join("datasets/assets/toy.spm");
    let folder = Folder::with(&PIPELINE.replace("TOKENIZER", &format!("{tokenizer:?}")));
    std::fs::create_dir_all(folder.path().join("raw/flickr30k")).expect("writable");
    folder.run("--target scenes", 0);
    raw_files(&folder);
    let status = folder.run("", 0);
    assert!(status.contains("eval:ran") && status.contains("report:ran"), "{status}");
    // Every box of the picture is one of the phrase's, so whichever is drawn is right.
    let accuracy = |stage: &str| {
        let rows = measures(&folder, stage);
        let row = rows.iter().find(|row| row["metric"] == "Acc@0.5");
        row.unwrap_or_else(|| panic!("no accuracy of {stage}: {rows:?}"))["value"].as_f64().expect("a number")
    };
    assert_eq!(accuracy("any"), 100.0);
    assert_eq!(accuracy("union"), 100.0, "the one box around both is the only one");
    let predictions = find(&folder.path().join("artifacts/store"), "predictions.parquet");
    assert_eq!(predictions.len(), 3);
    hits_are_those_of_the_nearest_box(&predictions);
}

/// Looks at every prediction: its target is the one of the two boxes that it overlaps most, and half of it is a hit.
fn hits_are_those_of_the_nearest_box(files: &[std::path::PathBuf]) {
    use simvg_stages::evaluate::predictions;
    use simvg_stages::metrics::iou;
    let all: Vec<_> = files.iter().flat_map(|file| predictions::read(file).expect("a table")).collect();
    let of_model: Vec<_> = all.iter().filter(|p| p.branch == "decoder").collect();
    assert_eq!(of_model.len(), 8);
    let narrow = |b: &[f64; 4]| b.map(|v| v as f32);
    for prediction in of_model {
        let [target] = &prediction.targets[..] else { panic!("one of both is compared with: {prediction:?}") };
        let boxes = [[0.0, 0.0, 20.0, 20.0], [60.0, 40.0, 90.0, 60.0]];
        assert!(boxes.contains(target), "{target:?}");
        let overlaps = boxes.map(|b| iou(&narrow(&prediction.boxes[0]), &narrow(&b)));
        let nearest = overlaps[0].max(overlaps[1]);
        assert!((f64::from(nearest) - prediction.iou.expect("one target")).abs() < 1e-5, "{overlaps:?} {prediction:?}");
        assert_eq!(prediction.correct, nearest >= 0.5);
    }
}
