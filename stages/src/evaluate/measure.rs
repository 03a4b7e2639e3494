//! From predictions to numbers: per data set, split, group and branch, counted over the whole split.

use std::collections::BTreeMap;

use simvg_datasets::sample::{Dataset, Record};
use simvg_pipeline::StageContext;
use simvg_reports::{Branch, Measurement};

use super::Options;
use super::predictions::Prediction;
use crate::inference::{DECODER, TOKEN};
use crate::metrics::{GrecRule, GrecTally, Overlap, RecTally, ScoredBox, SplitTally, Xyxy, iou};

/// Where the evaluated checkpoint came from.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// Checkpoint, as reports name it.
    pub checkpoint: Option<String>,
    /// Stage that made it.
    pub stage: Option<String>,
    /// Seed of its training.
    pub seed: Option<u64>,
}

/// A prediction beside its record, judged by the metric of its kind of sample. Boxes are cut to the picture, as the
/// reference does with the ground truth (quirk D5).
pub fn judged(rule: &GrecRule, dataset: &Dataset, record: &Record, branch: &str, found: &[ScoredBox]) -> Prediction {
    let picture = dataset.image_path(record);
    let targets = targets(record, found.first());
    let truth: Vec<Xyxy> = targets.iter().map(|b| b.map(|v| v as f32)).collect();
    let (iou, correct) = match truth.as_slice() {
        [one] => {
            let mut tally = RecTally::default();
            let iou = tally.add(found.first().map(|f| &f.bbox), one);
            (Some(f64::from(iou)), tally.accuracy() == Some(100.0))
        }
        several => (None, GrecTally::default().add(rule, found, several) >= 1.0),
    };
    Prediction {
        record: record.id,
        dataset: record.dataset.to_string(),
        group: record.group.to_string(),
        split: record.split.to_string(),
        image: picture.display().to_string(),
        expression: record.expressions.first().cloned().unwrap_or_default(),
        branch: branch.to_owned(),
        boxes: found.iter().map(|f| f.bbox.map(f64::from)).collect(),
        scores: found.iter().map(|f| f64::from(f.score)).collect(),
        targets,
        iou,
        correct,
    }
}

/// What is to be found: all boxes or, where any one of them is right, the one that `best` overlaps most, of equals the first.
fn targets(record: &Record, best: Option<&ScoredBox>) -> Vec<[f64; 4]> {
    let (width, height) = (record.picture.width, record.picture.height);
    let all = record.boxes.iter().map(|b| inside(b, width, height));
    if !record.any_box {
        return all.collect();
    }
    let overlap = |b: &[f64; 4]| best.map_or(0.0, |best| iou(&best.bbox, &b.map(|v| v as f32)));
    all.rev().max_by(|a, b| overlap(a).total_cmp(&overlap(b))).into_iter().collect()
}

fn inside(b: &[f64; 4], width: u32, height: u32) -> [f64; 4] {
    let (w, h) = (f64::from(width.max(1) - 1), f64::from(height.max(1) - 1));
    [b[0].clamp(0.0, w), b[1].clamp(0.0, h), b[2].clamp(0.0, w), b[3].clamp(0.0, h)]
}

/// All numbers of an evaluation.
pub fn measure(context: &StageContext, options: &Options, origin: &Origin, rows: &[Prediction]) -> Vec<Measurement> {
    let mut cells: BTreeMap<(&str, &str, &str, &str), Vec<&Prediction>> = BTreeMap::new();
    for row in rows {
        cells.entry((&row.dataset, &row.split, &row.group, &row.branch)).or_default().push(row);
    }
    let mut all = Vec::new();
    for ((dataset, split, group, branch), rows) in cells {
        for (metric, value, samples) in of_cell(options, &rows) {
            all.push(Measurement {
                dataset: dataset.to_owned(),
                split: split.to_owned(),
                group: group.to_owned(),
                branch: branch_of(branch),
                metric: metric.to_owned(),
                value,
                samples,
                stage: context.id.clone(),
                method: options.label.clone(),
                baseline: options.baseline.clone(),
                seed: origin.seed,
                published: false,
                checkpoint: origin.checkpoint.clone(),
                checkpoint_stage: origin.stage.clone(),
                fingerprint: context.fingerprint.clone(),
                commit: context.commit.clone(),
                publication: None,
            });
        }
    }
    all
}

fn branch_of(name: &str) -> Branch {
    match name {
        DECODER => Branch::Decoder,
        TOKEN => Branch::Token,
        _ => Branch::None,
    }
}

/// Every measure of one line of the report.
fn of_cell(options: &Options, rows: &[&Prediction]) -> Vec<(&'static str, f64, u64)> {
    let rule = options.rule();
    let cell = Cell::of(&rule, rows);
    let mut found = metrics(&cell);
    if let Some(size) = options.official_batch {
        found.extend(batch_means(&rule, rows, size, cell.official.is_grec()));
    }
    found
}

/// The mean over batches of `size` samples of what each batch measures, as the official evaluation does
/// (`simvg/apis/test.py`): a sample of the last batch, if that is smaller, counts for more, and a batch in which every
/// sample has a target has an N-acc of 0. `grec` says which measures the whole line has.
fn batch_means(rule: &GrecRule, rows: &[&Prediction], size: usize, grec: bool) -> Vec<(&'static str, f64, u64)> {
    let batches: Vec<SplitTally> = rows.chunks(size).map(|rows| official(rule, rows)).collect();
    let mean = |measure: fn(&SplitTally) -> Option<f64>| {
        batches.iter().map(|batch| measure(batch).unwrap_or(0.0)).sum::<f64>() / batches.len() as f64
    };
    let samples = rows.len() as u64;
    if grec {
        vec![
            ("F1score (mean of batches)", mean(|b| b.grec.f1_score()), samples),
            ("N-acc (mean of batches)", mean(|b| b.grec.n_acc()), samples),
        ]
    } else {
        vec![("Acc@0.5 (mean of batches)", mean(|b| b.rec.accuracy()), samples)]
    }
}

/// Counts by the official rule alone.
fn official(rule: &GrecRule, rows: &[&Prediction]) -> SplitTally {
    let mut tally = SplitTally::default();
    for row in rows {
        let (found, truth) = boxes(row);
        tally.add(rule, &found, &truth);
    }
    tally
}

/// What was found and what was to be found.
fn boxes(row: &Prediction) -> (Vec<ScoredBox>, Vec<Xyxy>) {
    let scored = |(b, &s): (&[f64; 4], &f64)| ScoredBox { bbox: b.map(|v| v as f32), score: s as f32 };
    let found = row.boxes.iter().zip(&row.scores).map(scored).collect();
    (found, row.targets.iter().map(|b| b.map(|v| v as f32)).collect())
}

/// Running counts of one line of the report.
#[derive(Default)]
struct Cell {
    /// By the official rule.
    official: SplitTally,
    /// The same with boxes matched by IoU.
    by_iou: GrecTally,
}

impl Cell {
    fn of(rule: &GrecRule, rows: &[&Prediction]) -> Self {
        let mut cell = Self::default();
        rows.iter().for_each(|row| cell.count(rule, row));
        cell
    }

    fn count(&mut self, rule: &GrecRule, row: &Prediction) {
        let (found, truth) = boxes(row);
        self.official.add(rule, &found, &truth);
        self.by_iou.add(&GrecRule { overlap: Overlap::Iou, ..*rule }, &found, &truth);
    }
}

/// Name, value and number of samples of each measure.
fn metrics(cell: &Cell) -> Vec<(&'static str, f64, u64)> {
    let (rec, grec) = (&cell.official.rec, &cell.official.grec);
    let found = if cell.official.is_grec() {
        let nothing = grec.samples_without_target();
        let samples = grec.samples();
        vec![
            ("F1score", grec.f1_score(), samples),
            ("F1score (IoU)", cell.by_iou.f1_score(), samples),
            ("N-acc", grec.n_acc(), nothing),
            ("T-acc", grec.t_acc(), samples - nothing),
        ]
    } else {
        vec![("Acc@0.5", rec.accuracy(), rec.samples()), ("mIoU", rec.mean_iou(), rec.samples())]
    };
    found.into_iter().filter_map(|(metric, value, samples)| Some((metric, value?, samples))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use simvg_datasets::sample::Picture;

    fn row(boxes: Vec<[f64; 4]>, targets: Vec<[f64; 4]>) -> Prediction {
        Prediction {
            record: 1,
            dataset: "Demo".into(),
            group: "Demo".into(),
            split: "test".into(),
            image: String::new(),
            expression: "all".into(),
            branch: DECODER.into(),
            scores: vec![0.9; boxes.len()],
            boxes,
            targets,
            iou: None,
            correct: false,
        }
    }

    #[test]
    fn where_any_box_is_right_the_nearest_counts() {
        let (left, right) = ([0.0, 0.0, 10.0, 10.0], [40.0, 0.0, 50.0, 10.0]);
        let picture = Picture { width: 64, height: 32, ..Picture::default() };
        let record = Record {
            id: 1,
            picture: picture.into(),
            expressions: vec!["two men".into()],
            boxes: vec![left, right],
            any_box: true,
            split: "test".into(),
            dataset: "Demo".into(),
            group: "Demo".into(),
        };
        let all = Record { any_box: false, ..record.clone() };
        let found = |b: [f64; 4]| vec![ScoredBox { bbox: b.map(|v| v as f32), score: 0.9 }];
        let (rule, dataset) = (GrecRule::default(), Dataset::default());
        let judged = |record: &Record, found: &[ScoredBox]| judged(&rule, &dataset, record, DECODER, found);
        for hit in [left, right] {
            let row = judged(&record, &found(hit));
            assert_eq!((row.targets.as_slice(), row.correct), (&[hit][..], true));
            assert!(!judged(&all, &found(hit)).correct, "one of two that are both meant is not enough");
            let mut cell = Cell::default();
            cell.count(&rule, &row);
            assert_eq!(metrics(&cell)[0], ("Acc@0.5", 100.0, 1));
        }
        let between = judged(&record, &found([20.0, 0.0, 30.0, 10.0]));
        assert_eq!((between.targets, between.correct), (vec![left], false));
        assert_eq!(
            judged(&record, &[]).targets,
            [left],
            "nothing found is a wrong answer, not a sample without target"
        );
    }

    #[test]
    fn both_ways_of_matching_are_measured_by_name() {
        // IoU 0.503, GIoU 0.482: found by one and not by the other.
        let (here, near) = ([0.0, 0.0, 10.0, 10.0], [0.5, 2.95, 10.5, 12.95]);
        let cell = Cell::of(&GrecRule::default(), &[&row(vec![], vec![]), &row(vec![near], vec![here])]);
        let of = |name: &str| metrics(&cell).iter().find(|(metric, ..)| *metric == name).map(|(_, value, _)| *value);
        assert_eq!((of("F1score"), of("F1score (IoU)")), (Some(50.0), Some(100.0)));
        assert_eq!((of("N-acc"), of("T-acc"), of("Acc@0.5")), (Some(100.0), Some(100.0), None));
    }

    #[test]
    fn means_of_batches_weigh_the_last_batch_as_the_official_evaluation_does() {
        let (here, away) = ([0.0, 0.0, 10.0, 10.0], [50.0, 50.0, 60.0, 60.0]);
        let (right, wrong) = (row(vec![here], vec![here]), row(vec![away], vec![here]));
        let rule = GrecRule::default();
        // Two of three are right; the batches [right, wrong] and [right] average 75 %.
        let rec = batch_means(&rule, &[&right, &wrong, &right], 2, false);
        assert_eq!(rec, [("Acc@0.5 (mean of batches)", 75.0, 3)]);
        // The second batch has no sample without target: its N-acc is 0.
        let grec = batch_means(&rule, &[&row(vec![], vec![]), &wrong, &right], 2, true);
        assert_eq!(grec, [("F1score (mean of batches)", 75.0, 3), ("N-acc (mean of batches)", 50.0, 3)]);
    }
}
