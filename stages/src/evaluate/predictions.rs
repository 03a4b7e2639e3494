//! Per-sample predictions, one row a sample and branch, as Parquet.

use std::path::Path;

use anyhow::Result;
use polars::prelude::{Column, DataFrame};
use serde::{Deserialize, Serialize};
use simvg_datasets::table;

/// What one branch said about one sample.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prediction {
    /// Record id within its data set.
    pub record: i64,
    /// Data set, as reports show it.
    pub dataset: String,
    /// Sub-group within it.
    pub group: String,
    /// Split.
    pub split: String,
    /// Picture file, absolute or relative to the current directory.
    pub image: String,
    /// The referring expression.
    pub expression: String,
    /// `decoder`, `token`, or `none` for a baseline without a model.
    pub branch: String,
    /// Predicted boxes, x0 y0 x1 y1 in pixels of the original picture, best first.
    pub boxes: Vec<[f64; 4]>,
    /// A score for each of them.
    pub scores: Vec<f64>,
    /// Ground-truth boxes in the same pixels; empty for "no target". Where any one of several boxes is right, the one that
    /// the best predicted box overlaps most.
    pub targets: Vec<[f64; 4]>,
    /// IoU of the best box with the target, for samples with exactly one target.
    pub iou: Option<f64>,
    /// Right by the metric of its kind of sample.
    pub correct: bool,
}

/// Writes the table.
///
/// # Errors
/// Where the file cannot be written.
pub fn write(path: &Path, rows: &[Prediction]) -> Result<()> {
    table::write_frame(path, &mut frame(rows)?)
}

/// Reads what [`write`] wrote.
///
/// # Errors
/// Where the file is missing or damaged.
pub fn read(path: &Path) -> Result<Vec<Prediction>> {
    let frame = table::read_frame(path)?;
    let text = |name: &str| -> Result<Vec<String>> {
        Ok(frame.column(name)?.str()?.iter().map(|v| v.unwrap_or_default().to_owned()).collect())
    };
    let (dataset, group, split, image) = (text("dataset")?, text("group")?, text("split")?, text("image")?);
    let (expression, branch) = (text("expression")?, text("branch")?);
    let (boxes, scores, targets) = (text("boxes")?, text("scores")?, text("targets")?);
    let record: Vec<_> = frame.column("record")?.i64()?.iter().collect();
    let iou: Vec<_> = frame.column("iou")?.f64()?.iter().collect();
    let correct: Vec<_> = frame.column("correct")?.bool()?.iter().collect();
    (0..frame.height())
        .map(|i| {
            Ok(Prediction {
                record: record[i].unwrap_or_default(),
                dataset: dataset[i].clone(),
                group: group[i].clone(),
                split: split[i].clone(),
                image: image[i].clone(),
                expression: expression[i].clone(),
                branch: branch[i].clone(),
                boxes: serde_json::from_str(&boxes[i])?,
                scores: serde_json::from_str(&scores[i])?,
                targets: serde_json::from_str(&targets[i])?,
                iou: iou[i],
                correct: correct[i].unwrap_or_default(),
            })
        })
        .collect()
}

fn frame(rows: &[Prediction]) -> Result<DataFrame> {
    let text = |name: &str, f: &dyn Fn(&Prediction) -> String| {
        Column::new(name.into(), rows.iter().map(f).collect::<Vec<String>>())
    };
    let columns = vec![
        Column::new("record".into(), rows.iter().map(|r| r.record).collect::<Vec<_>>()),
        text("dataset", &|r| r.dataset.clone()),
        text("group", &|r| r.group.clone()),
        text("split", &|r| r.split.clone()),
        text("image", &|r| r.image.clone()),
        text("expression", &|r| r.expression.clone()),
        text("branch", &|r| r.branch.clone()),
        text("boxes", &|r| json(&r.boxes)),
        text("scores", &|r| json(&r.scores)),
        text("targets", &|r| json(&r.targets)),
        Column::new("iou".into(), rows.iter().map(|r| r.iou).collect::<Vec<_>>()),
        Column::new("correct".into(), rows.iter().map(|r| r.correct).collect::<Vec<_>>()),
    ];
    Ok(DataFrame::new(rows.len(), columns)?)
}

/// Lists of numbers are stored as JSON text: every Parquet reader shows them, and none has to agree on nesting.
fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("numbers are JSON")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_comes_back_as_it_was() {
        let row = Prediction {
            record: 7,
            dataset: "Demo".into(),
            group: "A".into(),
            split: "test".into(),
            image: "a b/ü.jpg".into(),
            expression: "the \"red\" one".into(),
            branch: "token".into(),
            boxes: vec![[0.25, 1.0, 2.5, 3.0]],
            scores: vec![0.75],
            targets: vec![],
            iou: None,
            correct: true,
        };
        let rows = vec![row.clone(), Prediction { iou: Some(0.5), boxes: vec![], scores: vec![], ..row }];
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("p.parquet");
        write(&path, &rows).unwrap();
        assert_eq!(read(&path).unwrap(), rows);
    }
}
