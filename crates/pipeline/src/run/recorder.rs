//! Keeps a record of every run in the store: `runs/<time>-<pipeline>/` with `run.json` and `events.jsonl`.
//!
//! `events.jsonl` is locked as long as the run lives, so that whoever reads the record later can tell a run under way from
//! one that was killed.

use std::{
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
    sync::{Mutex, OnceLock},
    time::{Instant, SystemTime},
};

use chrono::{DateTime, SecondsFormat, Utc};
use fs_err::File;
use serde::Serialize;

use super::{
    Event, Observer, Status,
    commit::git_commit,
    past::{EVENTS, HEADER, RunHeader, run_id},
};
use crate::{STORE_FORMAT, Store, store::write_atomically};

/// Writes every event but progress and output as a line of JSON.
pub(crate) struct Recorder {
    folder: PathBuf,
    root: PathBuf,
    header: RunHeader,
    commit: OnceLock<Option<String>>,
    file: Mutex<BufWriter<File>>,
    start: Instant,
}

#[derive(Serialize)]
struct Line<'a> {
    /// Seconds since the start of the run.
    at: f64,
    #[serde(flatten)]
    event: &'a Event,
}

impl Recorder {
    /// Starts the record of a run of `pipeline` that `command` (program and arguments) asked for in the folder `root`.
    pub fn new(store: &Store, pipeline: &str, root: &Path, command: &[String]) -> io::Result<Self> {
        let now = DateTime::<Utc>::from(SystemTime::now());
        let folder = new_folder(store, pipeline, now)?;
        let file = File::create(folder.join(EVENTS))?;
        // Some network file systems have no locks: the run is then taken for one that was killed until it ends.
        let _ = file.file().try_lock();
        let header = RunHeader {
            format: STORE_FORMAT,
            started: now.to_rfc3339_opts(SecondsFormat::Millis, true),
            command: command.to_vec(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            commit: None,
        };
        let start = Instant::now();
        let file = Mutex::new(BufWriter::new(file));
        let recorder = Self { folder, root: root.to_owned(), header, commit: OnceLock::new(), file, start };
        recorder.write_header(&recorder.header)?;
        Ok(recorder)
    }

    /// The short name of the run.
    pub fn id(&self) -> String {
        run_id(&self.folder)
    }

    /// Writes down the hits that were told of since the last other event. The run does so before it waits for anything.
    pub fn flush(&self) {
        if let Ok(mut file) = self.file.lock() {
            let _ = file.flush();
        }
    }

    fn write_header(&self, header: &RunHeader) -> io::Result<()> {
        write_atomically(&self.folder.join(HEADER), &serde_json::to_vec(header)?)
    }

    /// The commit of the project. It is found out and written down once something runs: asking git would take longer than
    /// a run with nothing to do.
    pub fn commit(&self) -> Option<String> {
        let note = || {
            let header = RunHeader { commit: git_commit(&self.root), ..self.header.clone() };
            // As with events: the run is worth more than its record.
            let _ = self.write_header(&header);
            header.commit
        };
        self.commit.get_or_init(note).clone()
    }
}

impl Observer for Recorder {
    fn observe(&self, event: &Event) {
        // The log of a stage lies beside its result.
        if matches!(event, Event::StageProgress { .. } | Event::StageOutput { .. }) {
            return;
        }
        let line = Line { at: self.start.elapsed().as_secs_f64(), event };
        if let (Ok(mut file), Ok(mut text)) = (self.file.lock(), serde_json::to_vec(&line)) {
            text.push(b'\n');
            // A full disk ends the stages that write results; the log of a run that goes on is worth less.
            let _ = file.write_all(&text);
            let is_hit = matches!(event, Event::StageFinished { result, .. } if result.status == Status::Hit);
            if !is_hit {
                let _ = file.flush();
            }
        }
    }
}

/// A folder named after the time, with a number behind it if two runs start within a second.
fn new_folder(store: &Store, pipeline: &str, now: DateTime<Utc>) -> io::Result<PathBuf> {
    let time = now.format("%Y%m%dT%H%M%SZ");
    let mut name = format!("{time}-{pipeline}");
    for number in 2.. {
        let folder = store.root().join("runs").join(&name);
        match fs_err::create_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => name = format!("{time}-{pipeline}-{number}"),
            Err(error) => return Err(error),
            Ok(()) => return Ok(folder),
        }
    }
    unreachable!("a free name comes before the numbers end")
}
