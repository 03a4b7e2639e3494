//! Whether the store holds what it says it holds.

use std::path::PathBuf;

use anyhow::Result;
use serde::Serialize;
use simvg_pipeline::{Lookup, RunState, Store};

/// What lies in the store, judged by names and sizes of files.
#[derive(Serialize)]
pub struct StoreHealth {
    /// Its folder.
    pub folder: PathBuf,
    /// Complete results.
    pub results: usize,
    /// Bytes of their files.
    pub bytes: u64,
    /// Results that are not what was written.
    pub damaged: Vec<Damage>,
    /// Stages that a living process works on, by fingerprint.
    pub running: Vec<String>,
    /// Folders of stages that were stopped or killed, by fingerprint.
    pub stopped: Vec<String>,
    /// Bytes of these folders.
    pub stopped_bytes: u64,
    /// Recorded runs.
    pub runs: usize,
    /// Runs that were killed.
    pub died: usize,
}

/// A result that is not what was written.
#[derive(Serialize)]
pub struct Damage {
    /// Its fingerprint.
    pub fingerprint: String,
    /// What is wrong.
    pub fault: String,
}

impl StoreHealth {
    /// Looks through the store.
    pub fn look(store: &Store) -> Result<Self> {
        let (mut results, mut bytes, mut damaged) = (0, 0, Vec::new());
        for fingerprint in store.fingerprints()? {
            match store.lookup(&fingerprint) {
                Lookup::Found(entry) => {
                    results += 1;
                    bytes += entry.contents.files.iter().map(|(_, size)| size).sum::<u64>();
                }
                Lookup::Damaged(fault) => damaged.push(Damage { fingerprint, fault }),
                Lookup::Missing => {}
            }
        }
        let (running, stopped): (Vec<_>, Vec<_>) = store.work()?.into_iter().partition(|work| work.held);
        let runs = store.runs()?;
        Ok(Self {
            folder: store.root().to_owned(),
            results,
            bytes,
            damaged,
            running: running.into_iter().map(|work| work.name).collect(),
            stopped_bytes: stopped.iter().map(|work| work.bytes).sum(),
            stopped: stopped.into_iter().map(|work| work.name).collect(),
            died: runs.iter().filter(|run| run.state == RunState::Died).count(),
            runs: runs.len(),
        })
    }

    /// What is wrong, with what to do about it.
    pub fn advice(&self) -> Vec<String> {
        let damaged = self.damaged.iter().map(|damage| {
            format!(
                "result {} is damaged: {}; the next run that needs it makes it again",
                damage.fingerprint, damage.fault
            )
        });
        let stopped = (!self.stopped.is_empty()).then(|| {
            let folder = self.folder.join("work");
            format!("stopped stages left checkpoints in {}: run them again to go on from there", folder.display())
        });
        damaged.chain(stopped).collect()
    }
}
