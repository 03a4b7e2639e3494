//! Which result a stage had last: what `why` compares with and `report` shows.

use std::{io, path::PathBuf};

use serde::{Deserialize, Serialize};

use super::{STORE_FORMAT, Store, write_atomically};

#[derive(Serialize, Deserialize)]
struct Latest {
    format: u32,
    fingerprint: String,
}

impl Store {
    /// The fingerprint of the latest result of a stage.
    pub fn latest(&self, pipeline: &str, stage: &str) -> Option<String> {
        let text = fs_err::read(self.latest_path(pipeline, stage)).ok()?;
        let latest: Latest = serde_json::from_slice(&text).ok()?;
        (latest.format == STORE_FORMAT).then_some(latest.fingerprint)
    }

    /// Remembers the latest result of a stage.
    pub(crate) fn set_latest(&self, pipeline: &str, stage: &str, fingerprint: &str) -> io::Result<()> {
        if self.latest(pipeline, stage).as_deref() == Some(fingerprint) {
            return Ok(());
        }
        let latest = Latest { format: STORE_FORMAT, fingerprint: fingerprint.to_owned() };
        write_atomically(&self.latest_path(pipeline, stage), &serde_json::to_vec(&latest)?)
    }

    fn latest_path(&self, pipeline: &str, stage: &str) -> PathBuf {
        self.root().join("stages").join(pipeline).join(format!("{stage}.json"))
    }
}
