//! What became of a stage, for those that follow it.

use std::sync::OnceLock;

use super::StageResult;
use crate::Entry;

/// What became of a stage.
pub(super) struct Settled {
    pub result: StageResult,
    /// Its result, if it has one.
    pub entry: Option<Entry>,
    /// What reading every byte of the result came to.
    sound: OnceLock<Result<(), String>>,
}

impl Settled {
    /// `fresh`: the entry was written a moment ago, from digests of what was written.
    pub fn new(result: StageResult, entry: Option<Entry>, fresh: bool) -> Self {
        let sound = OnceLock::new();
        if fresh {
            sound.get_or_init(|| Ok(()));
        }
        Self { result, entry, sound }
    }

    /// Reads every byte of the result, once for all stages that follow; the error says what is wrong with it.
    pub fn verify(&self) -> Result<(), String> {
        let check = || self.entry.as_ref().map_or(Ok(()), Entry::check_bytes);
        self.sound.get_or_init(check).clone()
    }
}
