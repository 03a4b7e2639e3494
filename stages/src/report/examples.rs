//! Pictures for the report: samples with the target, and what each branch made of it, drawn in.

use std::path::{Path, PathBuf};

use anyhow::Result;
use simvg_datasets::image::{Image, draw_box, encode_png, resize};
use simvg_reports::{Branch, Example, Verdict, colours};

use crate::evaluate::PREDICTIONS;
use crate::evaluate::predictions::{self, Prediction};
use crate::inference::{self, DECODER, TOKEN};

/// Small pictures are enlarged to about this side, so that the boxes can be seen.
const SIDE: usize = 320;

/// Up to `count` samples of the evaluation with most branches, spread evenly over its data sets.
pub fn choose(evaluations: &[PathBuf], count: usize) -> Result<Vec<Example>> {
    let mut best: Vec<Vec<Prediction>> = Vec::new();
    for folder in evaluations {
        let samples = by_sample(predictions::read(&folder.join(PREDICTIONS))?);
        let branches = |samples: &[Vec<Prediction>]| samples.first().map_or(0, Vec::len);
        if branches(&samples) > branches(&best) {
            best = samples;
        }
    }
    let shown = count.min(best.len());
    (0..shown).map(|i| example(&best[(2 * i + 1) * best.len() / (2 * shown)])).collect()
}

/// Predictions of the branches for the same sample side by side, samples in order of data set and record.
fn by_sample(mut rows: Vec<Prediction>) -> Vec<Vec<Prediction>> {
    rows.retain(|r| r.branch == DECODER || r.branch == TOKEN);
    rows.sort_by(|a, b| {
        let key = |r: &Prediction| (r.dataset.clone(), r.split.clone(), r.record, r.branch.clone());
        key(a).cmp(&key(b))
    });
    let same = |a: &Prediction, b: &Prediction| (&a.dataset, &a.split, a.record) == (&b.dataset, &b.split, b.record);
    rows.chunk_by(same).map(<[Prediction]>::to_vec).collect()
}

fn example(sample: &[Prediction]) -> Result<Example> {
    let first = &sample[0];
    let (mut image, zoom) = enlarged(Image::load(Path::new(&first.image))?);
    let mut draw = |b: &[f64; 4], colour| draw_box(&mut image, b.map(|v| v * zoom), colour, 3);
    first.targets.iter().for_each(|b| draw(b, colours::TARGET));
    for row in sample {
        let colour = inference::colour(&row.branch);
        row.boxes.iter().take(row.targets.len().max(1)).for_each(|b| draw(b, colour));
    }
    let verdicts = sample.iter().map(|row| Verdict {
        branch: if row.branch == TOKEN { Branch::Token } else { Branch::Decoder },
        iou: row.iou,
        correct: row.correct,
    });
    Ok(Example {
        caption: format!("{} {}", first.dataset, first.split),
        expression: first.expression.clone(),
        picture: encode_png(&image)?,
        verdicts: verdicts.collect(),
    })
}

fn enlarged(image: Image) -> (Image, f64) {
    let zoom = (SIDE / image.width.max(image.height).max(1)).max(1);
    (resize(&image, image.width * zoom, image.height * zoom), zoom as f64)
}
