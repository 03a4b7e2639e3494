//! One number: what was measured, on what, and where it came from.

use std::fmt::{self, Display, Formatter};
use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

/// Which head made the prediction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Branch {
    /// The DETR-style decoder.
    Decoder,
    /// The light token branch.
    Token,
    /// Neither: a baseline without a model, or another's method.
    None,
}

impl Display for Branch {
    fn fmt(&self, f: &mut Formatter) -> fmt::Result {
        f.write_str(match self {
            Self::Decoder => "decoder",
            Self::Token => "token",
            Self::None => "none",
        })
    }
}

/// A measured or published number. All metrics are percentages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measurement {
    /// Data set, as reports show it.
    pub dataset: String,
    /// Split of it.
    pub split: String,
    /// Sub-group of the data set; equal to `dataset` where the number is about the whole split.
    pub group: String,
    /// Which head.
    pub branch: Branch,
    /// `Acc@0.5`, `mIoU`, `F1score`, `N-acc`, ...
    pub metric: String,
    /// The number, in percent.
    pub value: f64,
    /// Over how many samples; 0 where the source does not say.
    pub samples: u64,
    /// Id of the evaluation stage.
    pub stage: String,
    /// Label of the run, shared by runs that differ by their seed only, e.g. `two-stage`.
    pub method: String,
    /// Name of the baseline, if it is one: `language-blind`, `random object`.
    pub baseline: Option<String>,
    /// Seed of the run.
    pub seed: Option<u64>,
    /// From a publication instead of a run of one's own.
    pub published: bool,
    /// The checkpoint that was evaluated, as the store names it.
    pub checkpoint: Option<String>,
    /// Id of the stage that made the checkpoint.
    pub checkpoint_stage: Option<String>,
    /// Fingerprint of the evaluation stage.
    pub fingerprint: String,
    /// Commit of the program that evaluated.
    pub commit: Option<String>,
    /// Where a published number was printed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub publication: Option<Publication>,
}

/// What a publication says about one of its numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Publication {
    /// Conference or journal.
    pub venue: String,
    /// Year, or a word why there is none.
    pub year: String,
    /// Image encoder.
    pub backbone: String,
    /// Grounding data besides the data set's own training split.
    pub pretrain_data: String,
    /// Document, file or table that the number was read from.
    pub source: String,
    /// Other sources contradict it; never counted as the best.
    pub doubtful: bool,
}

/// Reads `measurements.jsonl`.
///
/// # Errors
/// Where the file cannot be read, or a line of it is not a measurement; the message says which line.
pub fn read_lines(path: &Path) -> Result<Vec<Measurement>> {
    let text = fs_err::read_to_string(path)?;
    let parse = |(i, line)| {
        serde_json::from_str(line).with_context(|| format!("{}:{}: not a measurement", path.display(), i + 1))
    };
    text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()).map(parse).collect()
}

/// Writes `measurements.jsonl`, one JSON object a line.
///
/// # Errors
/// Where the file cannot be written.
pub fn write_lines(path: &Path, measurements: &[Measurement]) -> Result<()> {
    let mut text = String::new();
    for measurement in measurements {
        text += &serde_json::to_string(measurement)?;
        text.push('\n');
    }
    Ok(fs_err::write(path, text)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::published;

    #[test]
    fn lines_come_back_as_they_were() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("measurements.jsonl");
        let all = published::builtin().unwrap();
        write_lines(&path, &all).unwrap();
        assert_eq!(read_lines(&path).unwrap(), all);
    }

    #[test]
    fn a_bad_line_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("measurements.jsonl");
        let good = serde_json::to_string(&published::builtin().unwrap()[0]).unwrap();
        fs_err::write(&path, format!("{good}\n\n{{\"dataset\":3}}\n")).unwrap();
        let error = read_lines(&path).unwrap_err();
        assert!(error.to_string().ends_with("measurements.jsonl:3: not a measurement"), "{error}");
    }
}
