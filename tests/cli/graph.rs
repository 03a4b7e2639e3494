//! `graph`: four forms, and how the stages stand.

use super::support::{Folder, TWO, assert_contains};

/// One stage fails, one needs it, one is fine.
const FAILING: &str = r#"Pipeline(name: "f", stages: {
    "x": Command(argv: ["false"], outputs: []),
    "y": Command(argv: ["true"], inputs: {"x": Stage("x")}, outputs: []),
    "z": Command(argv: ["true"], outputs: []),
})
"#;

#[test]
fn the_text_shows_lanes_and_states() {
    let folder = Folder::with(FAILING);
    folder.run("--keep-going", 1);
    let lines = "●    x  Command  failed last time\n└─●  y  Command  may run\n●    z  Command  up to date\n";
    assert_eq!(folder.expect("graph p.ron", 0).0, lines);
    assert!(!folder.expect("graph p.ron --no-state", 0).0.contains("failed"));
}

#[test]
fn graph_languages_colour_the_states() {
    let folder = Folder::with(TWO);
    folder.run("--target a", 0);
    let (dot, _) = folder.expect("graph p.ron --format dot", 0);
    assert_contains(&dot, &["digraph \"two\"", "\"a\" -> \"b\";", "tooltip=\"up to date\"", "tooltip=\"to run\""]);
    let (mermaid, _) = folder.expect("graph p.ron --format mermaid", 0);
    assert_contains(&mermaid, &["flowchart LR", "s0 --> s1", ":::done", "classDef run fill:"]);
    assert!(!folder.expect("graph p.ron --format mermaid --no-state", 0).0.contains("classDef"));
}

#[test]
fn the_picture_stands_alone() {
    let folder = Folder::with(FAILING);
    folder.run("--keep-going", 1);
    let (svg, _) = folder.expect("graph p.ron --format svg", 0);
    assert_contains(
        &svg,
        &["<svg xmlns=", "class=\"stage failed\"", "x: Command, failed last time", "marker-end", "</svg>"],
    );
    assert!(!svg.replace("http://www.w3.org/2000/svg", "").contains("http"), "nothing is fetched");
}
