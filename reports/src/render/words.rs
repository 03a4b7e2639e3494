//! How numbers and columns are written, the same in every form.

use crate::{Cell, Column, Line, Publication, Spread};

/// What the marks of a cell mean; printed under tables that have such marks.
pub const LEGEND_SPREAD: &str = "± is the standard deviation over the seeds of a method.";
/// See [`LEGEND_SPREAD`].
pub const LEGEND_DELTA: &str = "In brackets: difference to the best published value.";

/// How boxes are matched to targets for a metric whose name does not say it.
pub fn matching(metric: &str) -> Option<&'static str> {
    match metric {
        "F1score" | "F1score (mean of batches)" => Some(
            "Boxes are matched by GIoU of at least 0.5, as the official evaluator does where papers write IoU; F1score (IoU) \
             matches by IoU.",
        ),
        _ => None,
    }
}

/// `80.37 ± 0.31 (-12.10)`.
pub fn cell(cell: &Cell, digits: usize) -> String {
    let delta = cell.delta.map_or(String::new(), |delta| format!(" ({delta:+.digits$})"));
    spread(&cell.spread, digits) + &delta
}

/// `80.37 ± 0.31`, or `80.37` of a single run.
pub fn spread(spread: &Spread, digits: usize) -> String {
    let std = spread.std.map_or(String::new(), |std| format!(" ± {std:.digits$}"));
    format!("{:.digits$}{std}", spread.mean)
}

/// `+1.20 (+0.90 to +1.50, 3 seeds)`, or `+1.20`.
pub fn difference(mean: f64, paired: Option<Spread>, digits: usize) -> String {
    match paired {
        Some(Spread { min, max, runs, .. }) if runs > 1 => {
            format!("{mean:+.digits$} ({min:+.digits$} to {max:+.digits$}, {runs} seeds)")
        }
        _ => format!("{mean:+.digits$}"),
    }
}

/// What all columns share, e.g. `RefCOCO val`; empty if nothing.
pub fn shared(columns: &[Column]) -> String {
    joined(parts(columns).into_iter().filter_map(|(word, shared)| shared.then_some(word)))
}

/// Header of a column: what it does not share with the others.
pub fn header(column: &Column, columns: &[Column]) -> String {
    let own = words(column).into_iter().zip(parts(columns));
    let words = joined(own.filter_map(|(word, (_, shared))| (!shared).then_some(word)));
    if words.is_empty() { column.split.clone() } else { words }
}

/// Data set, group and split in one line.
pub fn name(column: &Column) -> String {
    joined(words(column).into_iter())
}

/// The words that are not empty, with spaces between.
fn joined(words: impl Iterator<Item = String>) -> String {
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Data set, group and split; the group is empty where it says nothing new.
fn words(column: &Column) -> [String; 3] {
    let group = if column.group == column.dataset { String::new() } else { column.group.clone() };
    [column.dataset.clone(), group, column.split.clone()]
}

/// The words of the first column, each with whether all columns have it.
fn parts(columns: &[Column]) -> Vec<(String, bool)> {
    let all: Vec<[String; 3]> = columns.iter().map(words).collect();
    (0..3).filter_map(|i| all.first().map(|first| (first[i].clone(), all.iter().all(|w| w[i] == first[i])))).collect()
}

/// `SimVG (DB), NeurIPS 2024`, or just the label of a run.
pub fn method(line: &Line) -> String {
    match &line.publication {
        None => line.method.clone(),
        Some(p) if p.year.starts_with(|c: char| c.is_ascii_digit()) => {
            format!("{}, {} {}", line.method, p.venue, p.year)
        }
        Some(_) => line.method.clone(),
    }
}

/// `BEiT-3 ViT-L/32; none (single dataset)`, with a word of doubt where there is reason for it.
pub fn setting(publication: &Publication) -> String {
    let doubt = if publication.doubtful { "; doubtful, see source" } else { "" };
    format!("{}; {}{doubt}", publication.backbone, publication.pretrain_data)
}

/// First characters of a digest.
pub fn short(digest: Option<&str>) -> String {
    digest.unwrap_or("-").chars().take(10).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_says_how_boxes_are_matched_unless_its_name_does() {
        assert!(matching("F1score").unwrap().contains("GIoU of at least 0.5"));
        assert_eq!((matching("F1score (IoU)"), matching("Acc@0.5")), (None, None));
    }
}
