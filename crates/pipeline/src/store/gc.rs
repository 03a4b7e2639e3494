//! Makes room: takes results out of the store that nobody needs any more.
//!
//! What stays, whatever the limits say: a result that a running process makes or has come across. What stays unless the
//! caller says otherwise: a result that is the latest of some stage.

use std::{
    collections::{BTreeSet, HashSet},
    io,
    path::PathBuf,
    time::{Duration, SystemTime},
};

use serde::Serialize;

use super::{Store, inventory::bytes_below};

/// Which results are worth keeping.
#[derive(Debug, Clone)]
pub enum Keep {
    /// These, and what is in use.
    These(BTreeSet<String>),
    /// Only what is in use.
    InUse,
}

/// What else must hold for a result to go.
#[derive(Debug, Clone, Copy, Default)]
pub struct Limits {
    /// It was made at least so long ago.
    pub older_than: Option<Duration>,
    /// The store is larger than so many bytes: the oldest go until it is not.
    pub keep_bytes: Option<u64>,
}

/// Something that goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Goes {
    /// Its fingerprint, or the name of its folder for what is no result.
    pub name: String,
    /// What it is: `pipeline/stage` of a result, or what was left there.
    pub what: String,
    /// What it takes on the disk, in bytes.
    pub bytes: u64,
    /// How long ago it was made, in seconds.
    pub age_seconds: u64,
    #[serde(skip)]
    path: PathBuf,
    #[serde(skip)]
    is_result: bool,
}

/// What goes, and what that does to the store.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct GcReport {
    /// What goes, the oldest first.
    pub goes: Vec<Goes>,
    /// Bytes that it takes.
    pub freed_bytes: u64,
    /// Bytes of the results that stay.
    pub left_bytes: u64,
    /// Number of results that stay.
    pub left: usize,
    /// Number of results that would have gone but are in use.
    pub in_use: usize,
}

impl Store {
    /// What goes under these conditions. Nothing is removed yet.
    ///
    /// Beside results, lists of the files of raw inputs go with the last result that was made from them, what a stopped
    /// stage left to go on from goes with age alone, and what a killed process was about to remove goes at once.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn gc_plan(&self, keep: &Keep, limits: Limits) -> io::Result<GcReport> {
        let (now, used) = (SystemTime::now(), self.in_use()?);
        let mut items = self.items()?;
        items.sort_by_key(|item| item.made);
        let lists = self.lists(&items)?;
        let mut report = GcReport { left: items.len(), ..GcReport::default() };
        report.left_bytes = items.iter().map(|item| item.bytes).sum();
        for item in items {
            let age = age(now, item.made);
            let is_kept = matches!(keep, Keep::These(kept) if kept.contains(&item.fingerprint));
            let fits = limits.keep_bytes.is_some_and(|bytes| report.left_bytes <= bytes);
            if is_kept || fits || limits.older_than.is_some_and(|least| age < least) {
                continue;
            }
            if used.contains(&item.fingerprint) {
                report.in_use += 1;
                continue;
            }
            report.left -= 1;
            report.left_bytes -= item.bytes;
            report.goes.push(Goes {
                what: item.maker(),
                name: item.fingerprint,
                bytes: item.bytes,
                age_seconds: age.as_secs(),
                path: item.path,
                is_result: true,
            });
        }
        let gone: HashSet<String> = report.goes.iter().map(|goes| goes.name.clone()).collect();
        let stale = lists.into_iter().filter(|list| list.results.iter().all(|result| gone.contains(result)));
        for list in stale {
            report.goes.push(list.goes(now)?);
        }
        report.goes.extend(self.leftovers(now, limits.older_than)?);
        report.freed_bytes = report.goes.iter().map(|goes| goes.bytes).sum();
        Ok(report)
    }

    /// Removes what goes; gives what a process has begun to work on since, which stays.
    ///
    /// # Errors
    /// If something cannot be removed. What was removed before stays removed.
    pub fn gc(&self, report: &GcReport) -> io::Result<Vec<Goes>> {
        let mut spared = Vec::new();
        for goes in &report.goes {
            let fingerprint = goes.name.split('.').next().unwrap_or(&goes.name);
            match self.try_lock(fingerprint)? {
                None => spared.push(goes.clone()),
                Some(_lock) if goes.is_result => self.remove(fingerprint)?,
                Some(_lock) if goes.path.is_dir() => fs_err::remove_dir_all(&goes.path)?,
                Some(_lock) if goes.path.exists() => fs_err::remove_file(&goes.path)?,
                Some(_lock) => {}
            }
        }
        Ok(spared)
    }

    /// Folders below `work/` that no process works in, and old ones below `live/`.
    fn leftovers(&self, now: SystemTime, older_than: Option<Duration>) -> io::Result<Vec<Goes>> {
        let mut found = Vec::new();
        for (path, name) in folders(&self.root().join("work"))? {
            let is_half_removed = name.contains(".old-");
            let age = age(now, newest_below(&path)?);
            let fingerprint = name.split('.').next().unwrap_or(&name);
            let is_due = is_half_removed || older_than.is_some_and(|least| age >= least);
            if is_due && self.try_lock(fingerprint)?.is_some() {
                let what = if is_half_removed { "half removed" } else { "state of a stage that was stopped" };
                found.push(leftover(path, name, what, age)?);
            }
        }
        for (pipeline, _) in folders(&self.root().join("live"))? {
            for (path, name) in folders(&pipeline)? {
                let age = age(now, newest_below(&path)?);
                if older_than.is_some_and(|least| age >= least) {
                    found.push(leftover(path, name, "checkpoints for watchers", age)?);
                }
            }
        }
        Ok(found)
    }
}

pub(super) fn leftover(path: PathBuf, name: String, what: &str, age: Duration) -> io::Result<Goes> {
    let (bytes, what) = (bytes_below(&path)?, what.to_owned());
    Ok(Goes { name, what, bytes, age_seconds: age.as_secs(), path, is_result: false })
}

/// The folders in a folder, with their names; none if there is no such folder.
fn folders(folder: &std::path::Path) -> io::Result<Vec<(PathBuf, String)>> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let all = fs_err::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    let named = all.into_iter().filter(|path| path.is_dir());
    Ok(named.filter_map(|path| Some((path.clone(), path.file_name()?.to_str()?.to_owned()))).collect())
}

/// When something below the folder last changed.
fn newest_below(folder: &std::path::Path) -> io::Result<SystemTime> {
    let own = fs_err::metadata(folder)?.modified()?;
    Ok(super::files_below(folder)?.iter().filter_map(|file| file.metadata.modified().ok()).fold(own, SystemTime::max))
}

/// How long ago; what lies in the future, since a clock was set back, is new.
pub(super) fn age(now: SystemTime, then: SystemTime) -> Duration {
    now.duration_since(then).unwrap_or_default()
}
