//! Which results a running process may still want to read.

use std::{collections::BTreeSet, io};

use super::Store;
use crate::RunState;

impl Store {
    /// The fingerprints of the results that runs under way have found or made. What they are making is locked instead.
    ///
    /// # Errors
    /// If the records of the runs cannot be listed.
    pub fn in_use(&self) -> io::Result<BTreeSet<String>> {
        let live = self.runs()?.into_iter().filter(|run| run.state == RunState::Running);
        Ok(live.flat_map(|run| run.stages).filter_map(|stage| stage.result.fingerprint).collect())
    }
}
