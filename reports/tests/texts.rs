//! The forms, compared letter by letter.

use simvg_reports::{Branch, Leaderboard, ReportOptions, ShowPublished, published};

use crate::common::{demo, real, small_demo};

fn small_board() -> Leaderboard {
    let options = ReportOptions { title: "Demo".into(), digits: 1, ..ReportOptions::default() };
    Leaderboard::new(&small_demo(), &options).unwrap()
}

#[test]
fn terminal() {
    let text = small_board().terminal(140, false);
    let wanted = include_str!("expected/demo.txt");
    assert_eq!(text, wanted, "\n{text}");
}

#[test]
fn markdown() {
    let text = small_board().markdown();
    let wanted = include_str!("expected/demo.md");
    assert_eq!(text, wanted, "\n{text}");
}

#[test]
fn colour_comes_only_when_asked_for() {
    assert!(!small_board().terminal(100, false).contains('\u{1b}'));
    assert!(small_board().terminal(100, true).contains('\u{1b}'));
}

#[test]
fn a_narrow_terminal_is_kept_to() {
    let mut all = published::builtin().unwrap();
    for (dataset, split) in [("RefCOCO", "val"), ("RefCOCO", "testA"), ("RefCOCO+", "val"), ("RefCOCOg", "test")] {
        all.push(real(dataset, split, Branch::Decoder, 80.0));
    }
    let options = ReportOptions { published: ShowPublished::All, ..ReportOptions::default() };
    let board = Leaderboard::new(&all, &options).unwrap();
    for width in [80, 120] {
        let text = board.terminal(width, false);
        assert!(text.lines().all(|line| line.chars().count() <= width.into()), "{text}");
    }
    let text = board.terminal(80, false);
    assert!(text.contains("\nRefCOCO: Acc@0.5, %\n"), "{text}");
}

#[test]
fn json_rows_have_the_promised_fields() {
    let rows: serde_json::Value = serde_json::from_str(&small_board().json().unwrap()).unwrap();
    let row = &rows[0];
    assert_eq!((&row["dataset"], &row["split"], &row["group"]), (&"Demo".into(), &"test".into(), &"A".into()));
    assert_eq!((&row["branch"], &row["metric"], &row["value"]), (&"decoder".into(), &"Acc@0.5".into(), &61.0.into()));
    assert_eq!(row["stage"], "evaluate[two-stage,1] evaluate[two-stage,2]");
    assert_eq!((&row["baseline"], &row["published"]), (&serde_json::Value::Null, &false.into()));
    assert_eq!(rows[4]["baseline"], "random object");
    assert_eq!(row["runs"][1]["checkpoint_stage"], "train[2]");
}

#[test]
fn csv_has_a_line_a_row() {
    let csv = String::from_utf8(small_board().csv().unwrap()).unwrap();
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines.len(), 7);
    assert!(lines[0].starts_with("dataset,split,group,branch,metric,method,baseline,published,value,"));
    assert!(lines[1].starts_with("Demo,test,A,decoder,Acc@0.5,two-stage,,false,61.0,60.0,62.0,1.414"), "{}", lines[1]);
}

#[test]
fn foreign_text_stays_text() {
    let bad = demo("A", Branch::Decoder, "<script>|*x*", 1, 5.0);
    let board = Leaderboard::new(&[bad], &ReportOptions::default()).unwrap();
    assert!(!board.html().contains("<script>"));
    assert!(board.markdown().contains(r"\<script>\|\*x\*"));
}

#[test]
fn nothing_measured_is_said_so() {
    let board = Leaderboard::new(&[], &ReportOptions::default()).unwrap();
    assert_eq!(board.terminal(80, false), "Leaderboard\n===========\n\nNothing has been evaluated yet.\n");
    assert_eq!(board.json().unwrap(), "[]\n");
    assert!(board.html().contains("Nothing has been evaluated yet."));
}
