//! `runs`, `show` and `diff`: past runs and the numbers that came out of them.

use super::support::{Folder, assert_contains};

/// A score that depends on a parameter, and a stage that does not.
const SCORED: &str = r#"Pipeline(
    name: "scored",
    params: {"score": "90", "other": "same"},
    stages: {
        "data": Command(argv: ["sh", "-c", "echo d > d"], outputs: ["d"]),
        "eval": Command(
            argv: ["sh", "-c", "echo {\\\"val\\\": {\\\"acc\\\": $SCORE}} > metrics.json"],
            inputs: {"data": Stage("data")},
            env: {"SCORE": Param("score")},
            outputs: ["metrics.json"],
        ),
    },
)
"#;

/// Runs with a score each.
fn scored(scores: &[&str]) -> Folder {
    let folder = Folder::with(SCORED);
    for score in scores {
        folder.run(&format!("--set score=\"{score}\""), 0);
    }
    folder
}

#[test]
fn runs_shows_parameters_that_differ_and_numbers() {
    let folder = scored(&["90", "95.5"]);
    let (stdout, _) = folder.expect("runs", 0);
    assert_contains(&stdout, &["score", "eval: val.acc", "95.5", "2 of 2", "1 of 2", "complete", "2 runs"]);
    assert!(!stdout.contains("other") && !stdout.contains("SCORE"), "what is the same is left out:\n{stdout}");
    let runs = folder.json("runs", 0);
    assert_eq!((&runs[1]["metrics"]["eval: val.acc"], &runs[1]["params"]["other"]), (&95.5.into(), &"same".into()));
    assert_eq!(folder.json("runs --last 1", 0).len(), 1);
    let (csv, _) = folder.expect("runs --csv", 0);
    assert_contains(&csv, &["run,pipeline,started,state,seconds,ran,hit,score,eval: val.acc\n", "90,90.0\n"]);
}

#[test]
fn runs_are_filtered_and_sorted() {
    let folder = scored(&["90", "99", "95.5"]);
    let scores = |words: &str| -> Vec<f64> {
        let runs = folder.json(&format!("runs {words}"), 0);
        runs.iter().map(|run| run["metrics"]["eval: val.acc"].as_f64().expect("a number")).collect()
    };
    assert_eq!(scores("--filter acc>90"), [99.0, 95.5]);
    assert_eq!(scores("--filter ACC>=90 --filter score!=99 --sort acc --desc"), [95.5, 90.0]);
    assert_eq!(scores("--filter state=complete --sort acc"), [90.0, 95.5, 99.0]);
    assert_contains(&folder.expect("runs --filter ac=x", 2).1, &["the column holds numbers, x is none"]);
    assert_contains(&folder.expect("runs --sort scor", 0).0, &["3 runs"]);
    assert_contains(&folder.expect("runs --filter scroe>1", 2).1, &["no column `scroe`", "did you mean `score`?"]);
    assert_contains(&folder.expect("runs --filter acc", 2).1, &["such as acc>90"]);
}

#[test]
fn a_field_changed_in_the_file_is_a_column() {
    let folder = scored(&["90"]);
    folder.put("p.ron", &SCORED.replace("echo d >", "echo e >"));
    folder.run("", 0);
    assert_contains(&folder.expect("runs --csv", 0).0, &[",data.argv,"]);
}

/// Two evaluations and a baseline before them, as the file has them.
const HEADLINES: &str = r#"Pipeline(name: "heads", stages: {
    "base": Command(argv: ["cp", "{in:f}", "measurements.jsonl"], inputs: {"f": "base.jsonl"}, outputs: ["measurements.jsonl"]),
    "one": Command(argv: ["cp", "{in:f}", "metrics.json"], inputs: {"f": "one.json"}, outputs: ["metrics.json"]),
    "also": Command(argv: ["cp", "{in:f}", "metrics.json"], inputs: {"f": "also.json"}, outputs: ["metrics.json"]),
})"#;

#[test]
fn the_first_number_of_every_stage_comes_first_and_baselines_last() {
    let folder = Folder::with(HEADLINES);
    let line = r#"{"dataset": "D", "split": "val", "group": "D", "branch": "none", "metric": "Acc", "value": 1.0, "samples": 1,
        "stage": "s", "method": "m", "baseline": "random", "seed": null, "published": false, "checkpoint": null,
        "checkpoint_stage": null, "fingerprint": ""}"#;
    folder.put("base.jsonl", &(line.replace('\n', "") + "\n"));
    folder.put("one.json", r#"{"acc": 1, "loss": 2}"#);
    folder.put("also.json", r#"{"acc": 3, "loss": 4}"#);
    folder.run("", 0);
    let (csv, _) = folder.expect("runs --csv", 0);
    assert_contains(&csv, &["one: acc,also: acc,one: loss,also: loss,base: D val Acc\n"]);
}

#[test]
fn show_tells_a_run_and_a_result() {
    let folder = scored(&["90"]);
    let (stdout, _) = folder.expect("show", 0);
    assert_contains(&stdout, &["scored  complete in", "--set score=\"90\"", "ran  data", "ran  eval", "val.acc"]);
    let id = folder.json("show latest", 0)[0]["id"].as_str().expect("an id").to_owned();
    let fingerprint = folder.json("show scored/eval", 0)[0]["fingerprint"].as_str().expect("it").to_owned();
    for name in ["latest", "scored", &id[..5]] {
        assert_contains(&folder.expect(&format!("show {name}"), 0).0, &[&id]);
    }
    for name in [&format!("{id}/eval"), &fingerprint[..10]] {
        assert_contains(
            &folder.expect(&format!("show {name}"), 0).0,
            &["eval  Command", "metrics.json", "artifacts/store"],
        );
    }
}

#[test]
fn show_tells_what_failed() {
    let folder = Folder::with(&SCORED.replace("echo d > d", "echo oh no; exit 3"));
    folder.run("", 1);
    assert_contains(&folder.expect("show", 0).0, &["FAILED", "oh no", "skipped"]);
    assert_contains(&folder.expect("show latest/dat", 2).1, &["has no stage `dat`", "did you mean `data`?"]);
}

#[test]
fn diff_tells_parameters_files_and_numbers() {
    let folder = scored(&["90", "95.5"]);
    let (stdout, _) = folder.expect("diff latest~1 latest", 0);
    let parts = ["score: \"90\" -> \"95.5\"", "params.env.SCORE", "metrics.json has other bytes", "+5.5"];
    assert_contains(&stdout, &parts);
    assert!(!stdout.contains("data"), "what is the same is left out:\n{stdout}");
    let difference = &folder.json("diff latest~1/eval latest/eval", 0)[0];
    assert_eq!(difference["metrics"][0]["new"], 95.5);
    assert_contains(&folder.expect("diff latest latest", 0).0, &["nothing differs"]);
}

#[test]
fn names_that_fit_nothing_are_exit_code_2() {
    let folder = Folder::with(SCORED);
    assert_contains(&folder.expect("show", 2).1, &["the store holds no runs yet", "simvg-pipe run"]);
    folder.run("", 0);
    assert_contains(&folder.expect("show scoerd", 2).1, &["did you mean `scored`?"]);
    assert_contains(&folder.expect("diff latest~7", 2).1, &["there are only 1 runs"]);
}
