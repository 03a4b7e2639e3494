//! `known/<pipeline>.jsonl`: what a pipeline's latest results consist of, copied from their manifests, so that a run with
//! nothing to do reads one file instead of thousands.
//!
//! A copy counts as long as the manifest has the size, times and inode that it had when it was read; otherwise the manifest
//! is read. The file begins with the digest of the rest and is left alone if that is wrong. Deleting it costs time only.

use std::{
    collections::{HashMap, HashSet},
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use foldhash::fast::RandomState;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    Contents, Entry, Lookup, Manifest, Store,
    stamp::{Stamp, has_settled},
    write_atomically,
};

/// Hexadecimal digits of the digest at the begin.
const DIGITS: usize = 64;

/// Results that a thread takes at a time.
const SHARE: usize = 64;

/// The copies of one pipeline.
pub(crate) struct KnownResults {
    path: PathBuf,
    known: HashMap<String, Known, RandomState>,
    changed: bool,
    /// Whether what was found when the file was read still counts.
    is_fresh: bool,
}

struct Known {
    stamp: Stamp,
    contents: Arc<Contents>,
    /// Whether the manifest and all files were as they should be when the copy was read.
    is_sound: bool,
}

#[derive(Serialize, Deserialize)]
struct Line<F, S, C> {
    fingerprint: F,
    stamp: S,
    contents: C,
}

impl KnownResults {
    /// The copies that the store has for a pipeline; none if they cannot be understood. All results are looked at on the
    /// way, by several threads.
    pub fn of(store: &Store, pipeline: &str) -> Self {
        let path = store.root().join("known").join(format!("{pipeline}.jsonl"));
        let text = fs_err::read(&path).unwrap_or_default();
        let body = sound_body(&text).unwrap_or_default();
        let lines: Vec<&[u8]> = body.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()).collect();
        let known = lines.par_iter().with_min_len(SHARE).filter_map(|line| Known::read(store, line)).collect();
        Self { path, known, changed: false, is_fresh: true }
    }

    /// The same as [`Store::lookup`].
    pub fn lookup(&mut self, store: &Store, fingerprint: &str) -> Lookup {
        let path = store.entry_path(fingerprint);
        if let Some(known) = self.known.get(fingerprint).filter(|known| self.is_fresh && known.is_sound) {
            return Lookup::Found(Entry { path, contents: known.contents.clone() });
        }
        let contents = self.contents(&path, fingerprint);
        Lookup::judge(path, contents)
    }

    /// From now on every result is looked at again: time passes while stages run.
    pub fn expire(&mut self) {
        self.is_fresh = false;
    }

    fn contents(&mut self, entry: &Path, fingerprint: &str) -> Result<Arc<Contents>, String> {
        let metadata = entry.join("manifest.json").metadata();
        let stamp = metadata.as_ref().ok().map(Stamp::of);
        if let Some(known) = self.known.get(fingerprint).filter(|known| Some(&known.stamp) == stamp.as_ref()) {
            return Ok(known.contents.clone());
        }
        let contents = Arc::new(Manifest::read(entry)?.contents());
        if let Some(stamp) = stamp.filter(|_| metadata.is_ok_and(|metadata| has_settled(&metadata))) {
            let known = Known { stamp, contents: contents.clone(), is_sound: false };
            self.known.insert(fingerprint.to_owned(), known);
            self.changed = true;
        }
        Ok(contents)
    }

    /// Writes the copies of the results that are still the latest of some stage, if there is anything new.
    pub fn save(&mut self, latest: &HashSet<&str>) -> io::Result<()> {
        if !std::mem::take(&mut self.changed) {
            return Ok(());
        }
        let mut body = Vec::new();
        for (fingerprint, known) in self.known.iter().filter(|(known, _)| latest.contains(known.as_str())) {
            body.push(b'\n');
            let Known { stamp, contents, .. } = known;
            serde_json::to_writer(&mut body, &Line { fingerprint, stamp, contents: contents.as_ref() })?;
        }
        let digest = blake3::hash(&body).to_hex();
        write_atomically(&self.path, &[digest.as_bytes(), &body].concat())
    }
}

impl Known {
    /// The copy in a line, by its fingerprint.
    fn read(store: &Store, line: &[u8]) -> Option<(String, Self)> {
        let Line::<String, Stamp, Contents> { fingerprint, stamp, contents } = serde_json::from_slice(line).ok()?;
        let entry = store.entry_path(&fingerprint);
        let is_same = entry.join("manifest.json").metadata().is_ok_and(|metadata| Stamp::of(&metadata) == stamp);
        let is_sound = is_same && contents.check_sizes(&entry).is_ok();
        Some((fingerprint, Self { stamp, contents: Arc::new(contents), is_sound }))
    }
}

/// What follows the digest, if it is that of what follows.
fn sound_body(text: &[u8]) -> Option<&[u8]> {
    let (digest, body) = text.split_at_checked(DIGITS)?;
    (blake3::hash(body).to_hex().as_bytes() == digest).then_some(body)
}
