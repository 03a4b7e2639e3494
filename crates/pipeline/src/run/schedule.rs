//! Which stages have everything that they need.

use std::collections::BTreeSet;

use crate::{Pipeline, Selection};

/// Counts for every stage how many of those that it needs are not settled yet.
pub(super) struct Schedule {
    unmet: Vec<usize>,
    followers: Vec<Vec<usize>>,
    /// Stages whose needs are all settled and that nobody has taken yet, in the order of the file.
    ready: BTreeSet<usize>,
}

impl Schedule {
    /// The schedule before any stage is settled.
    pub fn new(pipeline: &Pipeline, selection: &Selection) -> Self {
        let count = pipeline.stages.len();
        let mut schedule = Self { unmet: vec![0; count], followers: vec![Vec::new(); count], ready: BTreeSet::new() };
        for at in selection.positions() {
            let needs = &pipeline.stages[at].needs;
            schedule.unmet[at] = needs.len();
            needs.iter().for_each(|&needed| schedule.followers[needed].push(at));
            schedule.put_back(at);
        }
        schedule
    }

    /// The first stage that is ready: from now on the caller's.
    pub fn take(&mut self) -> Option<usize> {
        self.ready.pop_first()
    }

    /// Makes a taken stage ready again, at once or as soon as its needs are settled.
    pub fn put_back(&mut self, at: usize) {
        if self.is_met(at) {
            self.ready.insert(at);
        }
    }

    /// A stage is settled, which may make others ready.
    pub fn settle(&mut self, at: usize) {
        for place in 0..self.followers[at].len() {
            let follower = self.followers[at][place];
            self.unmet[follower] -= 1;
            self.put_back(follower);
        }
    }

    /// A settled stage is no longer: what needs it has to wait again. Gives those stages.
    pub fn unsettle(&mut self, at: usize) -> &[usize] {
        for follower in &self.followers[at] {
            self.unmet[*follower] += 1;
            self.ready.remove(follower);
        }
        &self.followers[at]
    }

    /// Whether everything that a stage needs is settled.
    pub fn is_met(&self, at: usize) -> bool {
        self.unmet[at] == 0
    }

    /// Whether a stage is waiting to be taken.
    pub fn has_ready(&self) -> bool {
        !self.ready.is_empty()
    }
}
