//! Which stages a command is about.

use crate::{Error, Pipeline, did_you_mean, matches_pattern};

/// The stages that were asked for and all that they need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// By position: whether the stage was named, or every stage if none was.
    pub named: Vec<bool>,
    /// By position: whether the stage was named or is needed, directly or not.
    pub wanted: Vec<bool>,
}

impl Selection {
    /// The selection of `targets`, names of stages or patterns with `*`; of everything if there are none.
    ///
    /// # Errors
    /// [`Error::UnknownStage`] for a target that no stage fits.
    pub fn new(pipeline: &Pipeline, targets: &[String]) -> Result<Self, Error> {
        let mut named = vec![targets.is_empty(); pipeline.stages.len()];
        for target in targets {
            let fits: Vec<usize> =
                (0..named.len()).filter(|&at| matches_pattern(target, &pipeline.stages[at].id)).collect();
            if fits.is_empty() {
                return Err(unknown(pipeline, target));
            }
            fits.into_iter().for_each(|at| named[at] = true);
        }
        let mut wanted = named.clone();
        for (at, stage) in pipeline.stages.iter().enumerate().rev() {
            if wanted[at] {
                stage.needs.iter().for_each(|&needed| wanted[needed] = true);
            }
        }
        Ok(Self { named, wanted })
    }

    /// Positions of the wanted stages, in the order in which they run.
    pub fn positions(&self) -> impl Iterator<Item = usize> {
        (0..self.wanted.len()).filter(|&at| self.wanted[at])
    }
}

fn unknown(pipeline: &Pipeline, target: &str) -> Error {
    let help = did_you_mean(target, pipeline.stages.iter().map(|stage| stage.id.as_str()));
    Error::UnknownStage { name: target.to_owned(), help }
}
