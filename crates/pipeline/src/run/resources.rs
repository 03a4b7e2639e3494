//! Named limits: what the stages that run at the same time may take together.

use std::{collections::BTreeMap, num::NonZeroUsize, thread::available_parallelism};

use super::RunOptions;
use crate::{Error, Pipeline, Selection, Terms};

/// The resource that every stage takes something of.
const CPUS: &str = "cpus";

/// What is left of the limits while stages run.
pub(super) struct Pool {
    /// How many more stages may run.
    slots: usize,
    names: Vec<String>,
    /// By the position of the name: how much is left.
    free: Vec<u64>,
    /// By the position of the stage: positions of names, and how much the stage takes.
    demands: Vec<Vec<(usize, u64)>>,
}

impl Pool {
    /// The pool of a run before any stage runs.
    ///
    /// # Errors
    /// [`Error::TooLittle`] if a wanted stage asks for more than there will ever be. `cpus` is the exception: a stage that
    /// wants more has them all, since it gets done with fewer as well.
    pub fn new(pipeline: &Pipeline, selection: &Selection, options: &RunOptions) -> Result<Self, Error> {
        let limits = limits(pipeline, selection, options);
        for stage in selection.positions().map(|at| &pipeline.stages[at]) {
            let excess = stage.terms.resources.iter().find(|(name, amount)| *name != CPUS && **amount > limits[*name]);
            if let Some((name, &asked)) = excess {
                let (stage, name, limit) = (stage.id.clone(), name.clone(), limits[name]);
                return Err(Error::TooLittle { stage, name, asked, limit });
            }
        }
        let (names, free): (Vec<String>, Vec<u64>) = limits.into_iter().unzip();
        let all_cpus = free[names.binary_search_by(|name| name.as_str().cmp(CPUS)).expect("cpus always has a limit")];
        let undeclared = if options.jobs.is_none() { all_cpus } else { 0 };
        let demands = pipeline.stages.iter().map(|stage| demand(&stage.terms, &names, &free, undeclared)).collect();
        let by_default = usize::try_from(all_cpus).unwrap_or(usize::MAX).max(1);
        Ok(Self { slots: options.jobs.map_or(by_default, NonZeroUsize::get), names, free, demands })
    }

    /// Whether as many stages run as may.
    pub fn is_full(&self) -> bool {
        self.slots == 0
    }

    /// The names of what there is too little of for the stage at position `at`.
    pub fn shortage(&self, at: usize) -> Vec<&str> {
        let short = self.demands[at].iter().filter(|(name, amount)| self.free[*name] < *amount);
        short.map(|(name, _)| self.names[*name].as_str()).collect()
    }

    /// Takes what a stage needs, of which there must be enough.
    pub fn take(&mut self, at: usize) {
        self.slots -= 1;
        self.demands[at].iter().for_each(|(name, amount)| self.free[*name] -= amount);
    }

    /// Puts back what a stage had.
    pub fn give_back(&mut self, at: usize) {
        self.slots += 1;
        self.demands[at].iter().for_each(|(name, amount)| self.free[*name] += amount);
    }
}

/// The limit of every name that a wanted stage or the user mentions, and of `cpus`.
fn limits(pipeline: &Pipeline, selection: &Selection, options: &RunOptions) -> BTreeMap<String, u64> {
    let mut limits = BTreeMap::new();
    for at in selection.positions() {
        for (name, &amount) in &pipeline.stages[at].terms.resources {
            let most = limits.entry(name.clone()).or_insert(0);
            *most = amount.max(*most);
        }
    }
    let cpus = available_parallelism().map_or(1, NonZeroUsize::get);
    limits.insert(CPUS.to_owned(), u64::try_from(cpus).unwrap_or(u64::MAX));
    limits.extend(options.resources.clone());
    limits
}

/// What a stage takes; `undeclared` is how many `cpus` it takes if it does not say.
fn demand(terms: &Terms, names: &[String], limits: &[u64], undeclared: u64) -> Vec<(usize, u64)> {
    let amount = |name: &String| match terms.resources.get(name) {
        None if name == CPUS => undeclared,
        None => 0,
        Some(&amount) => amount,
    };
    let all = names.iter().zip(limits).map(|(name, &limit)| amount(name).min(limit)).enumerate();
    all.filter(|(_, amount)| *amount > 0).collect()
}
