//! Keeps a log of every run in the store: `runs/<time>-<pipeline>/events.jsonl`.

use std::{
    io::{self, Write},
    path::PathBuf,
    sync::Mutex,
    time::{Instant, SystemTime},
};

use chrono::{DateTime, Utc};
use fs_err::File;
use serde::Serialize;

use super::{Event, Observer};
use crate::Store;

/// Writes every event but progress as a line of JSON.
pub(crate) struct Recorder {
    file: Mutex<File>,
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
    /// Starts the log of a run of `pipeline`.
    pub fn new(store: &Store, pipeline: &str) -> io::Result<Self> {
        let folder = new_folder(store, pipeline)?;
        Ok(Self { file: Mutex::new(File::create(folder.join("events.jsonl"))?), start: Instant::now() })
    }
}

impl Observer for Recorder {
    fn observe(&self, event: &Event) {
        if matches!(event, Event::StageProgress { .. }) {
            return;
        }
        let line = Line { at: self.start.elapsed().as_secs_f64(), event };
        if let (Ok(mut file), Ok(mut text)) = (self.file.lock(), serde_json::to_vec(&line)) {
            text.push(b'\n');
            // A full disk ends the stages that write results; the log of a run that goes on is worth less.
            let _ = file.write_all(&text);
        }
    }
}

/// A folder named after the time, with a number behind it if two runs start within a second.
fn new_folder(store: &Store, pipeline: &str) -> io::Result<PathBuf> {
    let time = DateTime::<Utc>::from(SystemTime::now()).format("%Y%m%dT%H%M%SZ");
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
