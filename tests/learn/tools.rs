//! `predict` and `bench`.

use serde_json::Value;

use super::tiny::{folder, stored};

#[test]
fn predict_boxes_both_branches_and_draws_them() {
    let folder = folder();
    folder.run("--target eval2 --target scenes", 0);
    let checkpoint = super::tiny::find(&folder.path().join("artifacts/store"), "best.safetensors");
    let picture = stored(&folder, "images").join("images/test_000000.jpg");
    let with_token = checkpoint.iter().find(|c| {
        let words =
            format!("predict --checkpoint {} --image {} --text circle --out b.png", c.display(), picture.display());
        let (json, _) = folder.expect(&format!("{words} --json"), 0);
        let found: Value = serde_json::from_str(&json).expect("JSON");
        let inside = |b: &Value| b.as_f64().is_some_and(|v| (0.0..=96.0).contains(&v));
        let boxes = found["decoder"][0]["box"].as_array().expect("a box");
        assert!(boxes.len() == 4 && boxes.iter().all(inside), "{json}");
        found["token"][0]["box"].as_array().is_some_and(|b| b.len() == 4 && b.iter().all(inside))
    });
    assert!(with_token.is_some(), "one of the checkpoints has a token branch");
    let png = std::fs::read(folder.path().join("b.png")).expect("a picture");
    assert_eq!(png[1..4], *b"PNG");
}

#[test]
fn predict_names_what_it_cannot_read() {
    let folder = folder();
    folder.put("c.safetensors", "not a checkpoint");
    folder.put("photo.jpg", "not a picture");
    let (_, stderr) = folder.expect("predict --checkpoint c.safetensors --image photo.jpg --text x", 1);
    assert!(stderr.contains("photo.jpg"), "{stderr}");
    let (_, stderr) = folder.expect("predict --checkpoint none.safetensors --image none.jpg --text x", 1);
    assert!(stderr.contains("none.jpg"), "{stderr}");
}

#[test]
fn bench_prints_what_can_be_compared() {
    let folder = folder();
    for work in ["train", "infer --branch token", "infer --branch decoder"] {
        let (json, _) = folder.expect(&format!("bench {work} --preset toy --batch 2 --steps 2 --json"), 0);
        let figures: Value = serde_json::from_str(&json).expect("JSON");
        for key in ["samples_per_s", "median_s", "min_s", "max_s", "gflops", "threads", "gemm_peak_gflops"] {
            assert!(figures[key].as_f64().is_some_and(|v| v > 0.0), "{key} in {json}");
        }
        assert_eq!(figures["precision"], "f32");
    }
    let (json, _) = folder.expect("bench optimizer --preset toy --steps 2 --json", 0);
    let figures: Value = serde_json::from_str(&json).expect("JSON");
    for key in ["median_s", "gb_per_s", "memory_peak_gb_per_s"] {
        assert!(figures[key].as_f64().is_some_and(|v| v > 0.0), "{key} in {json}");
    }
    folder.expect("bench infer --preset toy --image 100", 1);
}
