//! Memory of batches that are done with, for those to come.
//!
//! A batch of the base model has 150 MB of pixels. Fresh memory of that size comes from the operating system page by
//! page, which takes as long as everything else that the loader does.

use std::sync::{Mutex, PoisonError};

#[derive(Debug, Default)]
pub(super) struct Spare(Mutex<Vec<Vec<f32>>>);

impl Spare {
    /// A buffer of `len` values, whatever they are.
    pub(super) fn take(&self, len: usize) -> Vec<f32> {
        let mut buffer = self.lock().pop().unwrap_or_default();
        buffer.resize(len, 0.0);
        buffer
    }

    /// Keeps a buffer.
    pub(super) fn give(&self, buffer: Vec<f32>) {
        self.lock().push(buffer);
    }

    /// A panic elsewhere cannot leave the list half-changed, so a poisoned lock is still good.
    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Vec<f32>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
