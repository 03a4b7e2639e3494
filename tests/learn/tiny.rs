//! A pipeline that trains a very small model on a few scenes in about a second.

use std::path::{Path, PathBuf};

use crate::cli::support::Folder;

/// Data, both training stages, evaluations and a report. `RAW` is a stage or a path.
const PIPELINE: &str = r#"Pipeline(
    name: "tiny",
    params: {"epochs_token": 1, "title": "Tiny", "seed": 5},
    stages: {
        SCENES
        "refcoco": Convert(raw: RAW, dataset: "refcoco", split_by: "synthetic"),
        "grefcoco": Convert(raw: RAW, dataset: "grefcoco", split_by: "synthetic"),
        "stage1": TrainDecoder(
            data: Stage("refcoco"), MODEL, seed: Param("seed"), epochs: 2, batch: 16, warmup_epochs: 0.5,
            decay: LinearSteps, jitter: (min: 0.8, max: 1.2), ema: 0.9,
        ),
        "stage2": DistillToken(
            data: Stage("refcoco"), MODEL, init: Stage("stage1"), seed: Param("seed"), epochs: Param("epochs_token"),
            batch: 16, warmup_epochs: 0.5, decay: LinearSteps, jitter: None,
        ),
        "general": Train(
            data: Stage("grefcoco"), model: (preset: toy, SIZES, head: (num_queries: 3)), TEXT, epochs: 1, batch: 16,
            warmup_epochs: 0.5, decay: LinearSteps, jitter: None, branch_loss_weight: (decoder: 1.0),
        ),
        "eval1": Evaluate(data: Stage("refcoco"), checkpoint: Stage("stage1"), label: "one", branches: [decoder]),
        "eval2": Evaluate(data: Stage("refcoco"), checkpoint: Stage("stage2"), label: "two"),
        "eval3": Evaluate(data: Stage("grefcoco"), checkpoint: Stage("general"), label: "gen", branches: [decoder]),
        "random": Evaluate(data: Stage("refcoco"), label: "random object", baseline: "random object"),
        "report": Report(
            title: Param("title"),
            evaluations: [Stage("eval1"), Stage("eval2"), Stage("eval3"), Stage("random")],
            examples: 2,
        ),
    },
)
"#;

const SCENES: &str = r#""scenes": Synthesize(seed: 3, train: 24, val: 12, test: 4),"#;
const MODEL: &str = "model: (preset: toy, SIZES), TEXT";
const SIZES: &str = "encoder: (embed: 16, heads: 2, ffn: 24, depth: 2, drop_path_rate: 0.2)";

fn filled(scenes: &str, raw: &str) -> String {
    let tokenizer = Path::new(env!("CARGO_MANIFEST_DIR")).join("datasets/assets/toy.spm");
    let text = format!("tokenizer: {tokenizer:?}, pad_to_max: false");
    let pipeline = PIPELINE.replace("SCENES", scenes).replace("RAW", raw).replace("MODEL", MODEL);
    pipeline.replace("SIZES", SIZES).replace("TEXT", &text)
}

/// A folder with the pipeline as `p.ron`.
pub fn folder() -> Folder {
    Folder::with(&filled(SCENES, r#"Stage("scenes")"#))
}

/// The same, reading raw files that lie in the folder `raw`, where they can be damaged.
pub fn folder_with_raw_files() -> Folder {
    let folder = Folder::with(&filled(SCENES, r#"Stage("scenes")"#));
    folder.run("--target scenes", 0);
    std::fs::rename(stored(&folder, "images"), folder.path().join("raw")).expect("same file system");
    std::fs::remove_dir_all(folder.path().join("artifacts")).expect("removable");
    folder.put("p.ron", &filled("", r#""raw""#));
    folder
}

/// The folder in the store that holds something of this name.
pub fn stored(folder: &Folder, name: &str) -> PathBuf {
    let entries = find(&folder.path().join("artifacts/store"), name);
    assert_eq!(entries.len(), 1, "one entry holds {name}: {entries:?}");
    entries[0].parent().expect("it lies in a folder").to_owned()
}

/// Everything below `root` that has this name, in order.
pub fn find(root: &Path, name: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if entry.file_name() == name {
                found.push(path.clone());
            }
            if path.is_dir() {
                folders.push(path);
            }
        }
    }
    found.sort();
    found
}
