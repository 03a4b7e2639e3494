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
        let named = if targets.is_empty() { vec![true; pipeline.stages.len()] } else { named(pipeline, targets)? };
        let wanted = with_needs(pipeline, named.clone());
        Ok(Self { named, wanted })
    }

    /// What of the selection are the stages of `from` (names or patterns), what follows them, and what all of these need.
    /// The stages of `from` are the named ones then. Without `from`, the whole selection.
    ///
    /// # Errors
    /// [`Error::UnknownStage`] for a name that no stage fits.
    pub fn starting_at(self, pipeline: &Pipeline, from: &[String]) -> Result<Self, Error> {
        if from.is_empty() {
            return Ok(self);
        }
        let named = named(pipeline, from)?;
        let mut following = named.clone();
        for (at, stage) in pipeline.stages.iter().enumerate() {
            following[at] |= stage.needs.iter().any(|&needed| following[needed]);
        }
        let both = |(a, b): (&bool, &bool)| *a && *b;
        let kept: Vec<bool> = following.iter().zip(&self.wanted).map(both).collect();
        let named = named.iter().zip(&self.wanted).map(both).collect();
        Ok(Self { named, wanted: with_needs(pipeline, kept) })
    }

    /// Positions of the wanted stages, in the order in which they run.
    pub fn positions(&self) -> impl Iterator<Item = usize> {
        (0..self.wanted.len()).filter(|&at| self.wanted[at])
    }
}

/// The stages that fit one of the names or patterns.
fn named(pipeline: &Pipeline, names: &[String]) -> Result<Vec<bool>, Error> {
    let mut named = vec![false; pipeline.stages.len()];
    for name in names {
        let fits: Vec<usize> = (0..named.len()).filter(|&at| matches_pattern(name, &pipeline.stages[at].id)).collect();
        if fits.is_empty() {
            return Err(unknown(pipeline, name));
        }
        fits.into_iter().for_each(|at| named[at] = true);
    }
    Ok(named)
}

/// The same stages and all that they need, directly or not.
fn with_needs(pipeline: &Pipeline, mut wanted: Vec<bool>) -> Vec<bool> {
    for (at, stage) in pipeline.stages.iter().enumerate().rev() {
        if wanted[at] {
            stage.needs.iter().for_each(|&needed| wanted[needed] = true);
        }
    }
    wanted
}

fn unknown(pipeline: &Pipeline, target: &str) -> Error {
    let help = did_you_mean(target, pipeline.stages.iter().map(|stage| stage.id.as_str()));
    Error::UnknownStage { name: target.to_owned(), help }
}
