//! From a batch to scored boxes, best first, for each branch.

use simvg_model::batch::Batch;
use simvg_model::boxes;
use simvg_model::head::Branches;
use simvg_model::model::SimVg;
use simvg_reports::colours;

use crate::metrics::ScoredBox;

/// Names of the branches in reports.
pub const DECODER: &str = "decoder";
/// The token branch.
pub const TOKEN: &str = "token";

/// Colour of a branch's boxes in pictures.
pub fn colour(branch: &str) -> [u8; 3] {
    if branch == TOKEN { colours::TOKEN } else { colours::DECODER }
}

/// Boxes of every sample, best first, by branch; in pixels of the original picture if `original`, else of the input.
pub fn detect(
    model: &mut SimVg,
    batch: &Batch,
    branches: Branches,
    original: bool,
) -> Vec<(&'static str, Vec<Vec<ScoredBox>>)> {
    let outputs = model.infer(batch, branches).outputs;
    let last = [(DECODER, outputs.decoder.last()), (TOKEN, outputs.token.last())];
    let found = last.into_iter().filter_map(|(branch, prediction)| Some((branch, prediction?)));
    found
        .map(|(branch, p)| (branch, boxes::detections(p, &batch.metas, original).into_iter().map(sorted).collect()))
        .collect()
}

fn sorted(found: Vec<boxes::Detection>) -> Vec<ScoredBox> {
    let mut scored: Vec<ScoredBox> = found.iter().map(|d| ScoredBox { bbox: d.bbox, score: d.score }).collect();
    scored.sort_by(|a, b| b.score.total_cmp(&a.score));
    scored
}
