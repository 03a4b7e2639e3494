//! Which result a stage had last: what `why` compares with, `report` shows and `gc` keeps.
//!
//! One file a pipeline, to which every new result appends a line; of several lines of one stage the last counts. A result
//! of ten thousand stages is one file to read, and remembering one more of them does not write the others again.

use std::{
    collections::BTreeMap,
    io::{self, Write},
    os::unix::fs::MetadataExt,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use fs_err::File;
use serde::{Deserialize, Serialize};

use super::{STORE_FORMAT, Store, write_atomically};

/// A file with more than this many lines that no longer count for every one that does is written anew.
const STALE_SHARE: usize = 4;

/// Files shorter than this many lines are left as they are.
const LEAST_LINES: usize = 256;

/// The fingerprint of every stage's latest result.
type Latest = BTreeMap<String, String>;

#[derive(Serialize, Deserialize)]
struct Line<'a> {
    format: u32,
    stage: &'a str,
    fingerprint: &'a str,
}

/// What was read of a pipeline's file, and which file that was.
#[derive(Debug, Clone, Default)]
struct Known {
    /// Inode and length of the file; `None` if there was none.
    stamp: Option<(u64, u64)>,
    lines: usize,
    latest: Arc<Latest>,
}

/// What was read of the files of all pipelines. Copies of a store share it.
#[derive(Debug, Clone, Default)]
pub(super) struct LatestCache(Arc<Mutex<BTreeMap<String, Known>>>);

impl Store {
    /// The fingerprint of the latest result of a stage.
    pub fn latest(&self, pipeline: &str, stage: &str) -> Option<String> {
        self.known(&mut self.cache(), pipeline).latest.get(stage).cloned()
    }

    /// The fingerprint of the latest result of every stage that the pipeline ever had, by their names.
    pub fn latest_of(&self, pipeline: &str) -> Arc<BTreeMap<String, String>> {
        self.known(&mut self.cache(), pipeline).latest.clone()
    }

    /// The names of all pipelines that have results, in order.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn pipelines(&self) -> io::Result<Vec<String>> {
        let folder = self.root().join("stages");
        if !folder.exists() {
            return Ok(Vec::new());
        }
        let names = fs_err::read_dir(folder)?.map(|file| Ok(file?.file_name())).collect::<io::Result<Vec<_>>>()?;
        let names = names.iter().filter_map(|name| name.to_str()?.strip_suffix(".jsonl").map(str::to_owned));
        let mut names: Vec<String> = names.collect();
        names.sort();
        Ok(names)
    }

    /// Remembers the latest result of a stage.
    pub(crate) fn set_latest(&self, pipeline: &str, stage: &str, fingerprint: &str) -> io::Result<()> {
        let mut cache = self.cache();
        let known = self.known(&mut cache, pipeline);
        if known.latest.get(stage).is_some_and(|known| known == fingerprint) {
            return Ok(());
        }
        // The line break comes first: it parts the line from half of one that a killed process left.
        let line = Line { format: STORE_FORMAT, stage, fingerprint };
        let line = format!("\n{}", serde_json::to_string(&line)?);
        let file = self.locked_file(pipeline)?;
        file.file().write_all(line.as_bytes())?;
        let (before, after) = (known.stamp.map_or(0, |(_, length)| length), file.metadata()?);
        if after.len() != before + line.len() as u64 {
            return Ok(());
        }
        // Nobody else has written since, so there is no need to read it all again.
        known.stamp = Some((after.ino(), after.len()));
        known.lines += 1;
        Arc::make_mut(&mut known.latest).insert(stage.to_owned(), fingerprint.to_owned());
        if known.lines > LEAST_LINES && known.lines > STALE_SHARE * known.latest.len() {
            drop(file);
            self.rewrite(pipeline)?;
        }
        Ok(())
    }

    /// What the pipeline's file says, read again only if it has changed.
    fn known<'c>(&self, cache: &'c mut BTreeMap<String, Known>, pipeline: &str) -> &'c mut Known {
        let path = self.latest_path(pipeline);
        let stamp = path.metadata().ok().map(|metadata| (metadata.ino(), metadata.len()));
        let known = cache.entry(pipeline.to_owned()).or_default();
        if stamp != known.stamp {
            let text = fs_err::read(&path).unwrap_or_default();
            let (lines, latest) = parse(&text);
            let stamp = stamp.map(|(inode, _)| (inode, text.len() as u64));
            *known = Known { stamp, lines, latest: Arc::new(latest) };
        }
        known
    }

    /// The pipeline's file, open for appending, while nobody else appends to it or writes it anew.
    fn locked_file(&self, pipeline: &str) -> io::Result<File> {
        let path = self.latest_path(pipeline);
        loop {
            let file = File::options().create(true).append(true).open(&path)?;
            file.file().lock()?;
            if path.metadata().is_ok_and(|now| file.metadata().is_ok_and(|ours| now.ino() == ours.ino())) {
                return Ok(file);
            }
        }
    }

    /// Leaves the lines out that no longer count.
    fn rewrite(&self, pipeline: &str) -> io::Result<()> {
        let _lock = self.locked_file(pipeline)?;
        let path = self.latest_path(pipeline);
        let (_, latest) = parse(&fs_err::read(&path)?);
        let mut text = String::new();
        for (stage, fingerprint) in &latest {
            text += &serde_json::to_string(&Line { format: STORE_FORMAT, stage, fingerprint })?;
            text += "\n";
        }
        write_atomically(&path, text.as_bytes())
    }

    fn cache(&self) -> MutexGuard<'_, BTreeMap<String, Known>> {
        // What a thread that panicked left there is checked against the file before it is used.
        self.latest.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn latest_path(&self, pipeline: &str) -> PathBuf {
        self.root().join("stages").join(format!("{pipeline}.jsonl"))
    }
}

/// The number of lines, and what they say. Lines that cannot be understood do not count.
fn parse(text: &[u8]) -> (usize, Latest) {
    let mut latest = Latest::new();
    let mut lines = 0;
    for line in text.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
        lines += 1;
        if let Ok(line) = serde_json::from_slice::<Line>(line)
            && line.format == STORE_FORMAT
        {
            latest.insert(line.stage.to_owned(), line.fingerprint.to_owned());
        }
    }
    (lines, latest)
}
