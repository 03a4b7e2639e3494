//! The report as files.

use simvg_reports::{Branch, Example, ReportOptions, Verdict, write_report};

use crate::common::{real, small_demo};

#[test]
fn five_files_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let verdicts = vec![Verdict { branch: Branch::Token, iou: Some(0.123), correct: false }];
    let (caption, expression) = ("Demo test".into(), "the <red> one".into());
    let examples = vec![Example { caption, expression, picture: vec![1, 2, 3], verdicts }];
    write_report(dir.path(), &small_demo(), &ReportOptions { examples, ..ReportOptions::default() }).unwrap();
    let mut names: Vec<_> =
        fs_err::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names, ["report.csv", "report.html", "report.json", "report.md", "report.txt"]);
    let html = fs_err::read_to_string(dir.path().join("report.html")).unwrap();
    assert!(html.contains("data:image/png;base64,AQID"));
    assert!(html.contains("the &lt;red&gt; one") && html.contains("token: wrong, IoU 0.12"));
    assert!(!html.contains("http"), "the page must not fetch anything");
}

#[test]
fn published_results_are_added() {
    let dir = tempfile::tempdir().unwrap();
    write_report(dir.path(), &[real("RefCOCO", "val", Branch::Token, 80.0)], &ReportOptions::default()).unwrap();
    let text = fs_err::read_to_string(dir.path().join("report.txt")).unwrap();
    assert!(text.contains("InstanceVG-L") && text.contains("SimVG (DB)"), "{text}");
}

#[test]
fn a_missing_folder_is_named() {
    let error = write_report("/no/such/folder".as_ref(), &small_demo(), &ReportOptions::default()).unwrap_err();
    assert!(error.to_string().contains("/no/such/folder"), "{error}");
}
