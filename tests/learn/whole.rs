//! From nothing to a report, and what runs again after a change.

use serde_json::Value;

use super::tiny::{find, folder};
use crate::cli::support::{Folder, assert_contains};

fn statuses(folder: &Folder, options: &str) -> Vec<String> {
    folder.run(options, 0).split(' ').map(str::to_owned).collect()
}

#[test]
fn a_pipeline_trains_evaluates_and_reports_and_then_has_nothing_to_do() {
    let folder = folder();
    let first = statuses(&folder, "");
    assert!(first.iter().all(|s| s.ends_with(":ran")), "{first:?}");
    let second = statuses(&folder, "");
    assert!(second.iter().all(|s| s.ends_with(":hit")), "{second:?}");

    let (text, _) = folder.expect("report p.ron", 0);
    assert_contains(&text, &["Tiny", "two", "random object", "decoder", "token"]);
    let pages = find(&folder.path().join("artifacts/store"), "report.html");
    let page = std::fs::read_to_string(&pages[0]).expect("a page");
    assert_contains(&page, &["Boxes are matched by GIoU of at least 0.5"]);
    let (json, _) = folder.expect("report p.ron --format json", 0);
    let rows: Value = serde_json::from_str(&json).expect("JSON");
    let rows = rows["rows"].as_array().or(rows.as_array()).expect("rows");
    for key in ["dataset", "split", "group", "branch", "metric", "value", "stage", "baseline", "published"] {
        assert!(rows.iter().all(|row| row.get(key).is_some()), "a row without {key}");
    }
    let has = |metric: &str, branch: &str| rows.iter().any(|r| r["metric"] == metric && r["branch"] == branch);
    assert!(
        has("Acc@0.5", "decoder") && has("Acc@0.5", "token") && has("F1score", "decoder") && has("N-acc", "decoder")
    );
    for name in ["predictions.parquet", "metrics.jsonl", "report.html", "report.md", "report.csv"] {
        assert!(!find(&folder.path().join("artifacts/store"), name).is_empty(), "{name} is missing");
    }
}

#[test]
fn only_what_a_change_touches_runs_again() {
    let folder = folder();
    statuses(&folder, "");
    let ran = |options: &str| -> Vec<String> {
        let all = statuses(&folder, options);
        all.into_iter().filter_map(|s| s.strip_suffix(":ran").map(str::to_owned)).collect()
    };
    let (why, _) = folder.expect("why p.ron stage2 --set epochs_token=2", 0);
    assert_contains(&why, &["epochs", "1", "2"]);
    assert_eq!(ran("--set epochs_token=2"), ["stage2", "eval2", "report"]);
    assert_eq!(ran("--set epochs_token=2 --set title=Other"), ["report"]);
}

#[test]
fn the_number_of_threads_does_not_change_a_byte_of_a_checkpoint() {
    let checkpoints = |threads: &str| {
        let folder = folder();
        let mut command = folder.command();
        let run = command.args(["run", "p.ron", "--target", "stage2", "--quiet"]).env("RAYON_NUM_THREADS", threads);
        assert!(run.status().expect("it starts").success());
        let files = find(&folder.path().join("artifacts/store"), "latest.safetensors");
        let mut bytes: Vec<_> = files.iter().map(|f| std::fs::read(f).expect("readable")).collect();
        bytes.sort();
        bytes
    };
    let one = checkpoints("1");
    assert_eq!(one.len(), 2);
    assert!(one == checkpoints("2"), "2 threads");
    assert!(one == checkpoints("3"), "3 threads");
}
