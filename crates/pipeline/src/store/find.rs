//! Finds a result by the start of its fingerprint.

use std::io;

use super::Store;
use crate::did_you_mean;

/// What the start of a fingerprint leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// One result: its whole fingerprint.
    One(String),
    /// Several results begin so.
    Several(Vec<String>),
    /// None; what comes near, in words.
    None(Option<String>),
}

impl Store {
    /// The result whose fingerprint begins with `start`.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn find(&self, start: &str) -> io::Result<Found> {
        let all = self.fingerprints()?;
        let fits: Vec<&String> = all.iter().filter(|fingerprint| fingerprint.starts_with(start)).collect();
        Ok(match fits.as_slice() {
            [one] => Found::One((*one).clone()),
            [] => {
                // Only as many digits are compared as were given: the rest of a fingerprint says nothing of likeness.
                let starts = all.iter().filter_map(|fingerprint| fingerprint.get(..start.len().max(8)));
                Found::None(did_you_mean(start, starts))
            }
            several => Found::Several(several.iter().map(|one| (*one).clone()).collect()),
        })
    }
}
