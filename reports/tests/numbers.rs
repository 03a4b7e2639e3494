//! Means, spreads, comparisons with published results and with each other.

use simvg_reports::{Branch, Leaderboard, Measurement, Pair, ReportOptions, ShowPublished, Sort, published};

use crate::common::{demo, real, small_demo};

fn board(measurements: &[Measurement], options: ReportOptions) -> Leaderboard {
    Leaderboard::new(measurements, &options).unwrap()
}

fn beside_published(own: Vec<Measurement>, show: ShowPublished) -> Leaderboard {
    let mut all = published::builtin().unwrap();
    all.extend(own);
    board(&all, ReportOptions { published: show, ..ReportOptions::default() })
}

#[test]
fn seeds_become_mean_and_spread() {
    let board = board(&small_demo(), ReportOptions::default());
    let row = &board.rows[0];
    assert_eq!((row.group.as_str(), row.branch, row.runs.len()), ("A", Branch::Decoder, 2));
    assert_eq!((row.spread.mean, row.spread.min, row.spread.max), (61.0, 60.0, 62.0));
    assert!((row.spread.std.unwrap() - 2f64.sqrt()).abs() < 1e-12);
    assert_eq!(board.rows.len(), 6);
}

#[test]
fn the_mean_over_groups_is_taken_run_by_run() {
    let board = board(&small_demo(), ReportOptions::default());
    let mean = board.tables[0].lines[0].mean.as_ref().unwrap();
    assert_eq!(mean.runs, [(Some(1), 65.0), (Some(2), 67.0)]);
}

#[test]
fn one_run_has_no_deviation() {
    let board = board(&[demo("A", Branch::Token, "alone", 1, 5.0)], ReportOptions::default());
    assert_eq!(board.rows[0].spread.std, None);
}

#[test]
fn the_same_run_read_twice_counts_once() {
    let mut twice = small_demo();
    twice.extend(small_demo());
    assert_eq!(board(&twice, ReportOptions::default()), board(&small_demo(), ReportOptions::default()));
}

#[test]
fn runs_of_one_seed_are_not_averaged() {
    let first = demo("A", Branch::Decoder, "run", 1, 50.0);
    let later = Measurement { stage: "later".into(), fingerprint: "x".into(), value: 60.0, ..first.clone() };
    let again = Measurement { fingerprint: "other".into(), value: 70.0, ..later.clone() };
    let board = board(&[first, later, again], ReportOptions::default());
    let labels: Vec<&str> = board.rows.iter().map(|row| row.method.as_str()).collect();
    assert_eq!(labels, ["run (evaluate[run,1])", "run (later) (x)", "run (later) (other)"]);
}

#[test]
fn the_best_published_value_stands_beside_ones_own() {
    let board = beside_published(vec![real("RefCOCOg", "val", Branch::Decoder, 80.0)], ShowPublished::None);
    let best = board.rows[0].best_published.clone().unwrap();
    assert_eq!((best.method.as_str(), best.value), ("BARE-L", 90.58));
    assert!((board.rows[0].delta().unwrap() + 10.58).abs() < 1e-9);
}

#[test]
fn a_doubtful_value_is_never_the_best() {
    let own = vec![real("ReferIt", "test", Branch::Decoder, 70.0)];
    let board = beside_published(own, ShowPublished::Best);
    assert_eq!(board.rows[0].best_published.as_ref().unwrap().value, 81.11);
    let doubtful = board.tables[0].lines.iter().filter(|l| l.publication.as_ref().is_some_and(|p| p.doubtful));
    assert_eq!(doubtful.count(), 1);
}

#[test]
fn grec_meets_the_name_that_papers_print() {
    let own = Measurement { metric: "F1score".into(), ..real("gRefCOCO", "val", Branch::Decoder, 60.0) };
    let board = beside_published(vec![own], ShowPublished::All);
    assert_eq!(board.rows[0].best_published.as_ref().unwrap().value, 74.17);
    assert_eq!(board.tables[0].lines.len(), 10);
}

#[test]
fn groups_and_baselines_are_not_compared_with_publications() {
    let mut own = vec![Measurement { group: "short".into(), ..real("RefCOCO", "val", Branch::Decoder, 80.0) }];
    own.push(Measurement { baseline: Some("blind".into()), ..real("RefCOCO", "val", Branch::Decoder, 20.0) });
    let board = beside_published(own, ShowPublished::None);
    assert!(board.rows.iter().all(|row| row.delta().is_none()));
}

#[test]
fn published_lines_are_best_all_or_none() {
    let count = |show| {
        let board = beside_published(vec![real("RefCOCO", "val", Branch::Decoder, 80.0)], show);
        (board.tables[0].lines.len() - 1, board.rows.len() - 1)
    };
    assert_eq!(count(ShowPublished::None), (0, 0));
    assert_eq!(count(ShowPublished::All), (75, 75));
    // The best, and SimVG's five settings.
    assert_eq!(count(ShowPublished::Best), (6, 6));
}

#[test]
fn data_sets_come_in_the_order_asked_for() {
    let own = [real("RefCOCO", "val", Branch::Token, 1.0), real("RefCOCO+", "val", Branch::Token, 2.0)];
    let datasets = vec!["RefCOCO+".into(), "RefCOCO".into()];
    let both = board(&own, ReportOptions { datasets, ..ReportOptions::default() });
    assert_eq!(both.tables[0].columns.iter().map(|c| c.dataset.as_str()).collect::<Vec<_>>(), ["RefCOCO+", "RefCOCO"]);
    let one = board(&own, ReportOptions { datasets: vec!["RefCOCO".into()], ..ReportOptions::default() });
    assert_eq!((one.rows.len(), one.tables[0].columns.len()), (1, 1));
}

#[test]
fn lines_are_sorted_by_value_or_by_name() {
    let own = [demo("A", Branch::Token, "b", 1, 10.0), demo("A", Branch::Token, "a", 1, 5.0)];
    let first =
        |sort| board(&own, ReportOptions { sort, ..ReportOptions::default() }).tables[0].lines[0].method.clone();
    assert_eq!((first(Sort::Value), first(Sort::Method)), ("b".into(), "a".into()));
}

#[test]
fn comparisons_are_made_seed_by_seed() {
    let mut all = small_demo();
    for (seed, value) in [(2, 64.5), (1, 57.0)] {
        all.push(demo("A", Branch::Decoder, "no distillation", seed, value));
    }
    let compare = vec![Pair { with: "two-stage".into(), without: "no distillation".into() }];
    let board = board(&all, ReportOptions { compare, ..ReportOptions::default() });
    assert_eq!(board.comparisons.len(), 2);
    let branches = &board.comparisons[0].lines[0];
    assert_eq!((branches.difference(), branches.verdict()), (-9.0, "lower with every seed"));
    let distillation = &board.comparisons[1].lines[0];
    assert_eq!((distillation.difference(), distillation.verdict()), (0.25, "seeds disagree"));
}

#[test]
fn every_own_number_has_an_origin() {
    let board = board(&small_demo(), ReportOptions::default());
    assert_eq!(board.origins.len(), 3);
    assert_eq!(board.origins[0].numbers, ["decoder Acc@0.5", "token Acc@0.5"]);
    assert_eq!(board.origins[0].run.checkpoint_stage.as_deref(), Some("train[1]"));
}
