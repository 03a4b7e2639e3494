//! What runs left in `runs/`, read back: for tables of runs, and to see what failed last time or is running now.

use std::{
    collections::{BTreeMap, HashMap},
    io,
    path::{Path, PathBuf},
};

use fs_err::File;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Outcome, StageResult};
use crate::Store;

/// What a run was asked to do.
pub(super) const HEADER: &str = "run.json";
/// What happened.
pub(super) const EVENTS: &str = "events.jsonl";

/// Letters of a run's id: few enough to type, and a run is found by fewer.
const ID_DIGITS: usize = 8;

/// What is known of a run when it begins.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunHeader {
    /// Version of the file.
    pub format: u32,
    /// When it began: RFC 3339, in UTC.
    pub started: String,
    /// Program and arguments.
    pub command: Vec<String>,
    /// Version of the program.
    pub version: String,
    /// Git commit of the project, once a stage has run; `-dirty` behind it where files differ from it.
    pub commit: Option<String>,
}

/// A run as its record tells it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PastRun {
    /// Short name, the same whenever the record is read.
    pub id: String,
    /// Its folder.
    pub folder: PathBuf,
    /// What it was asked to do.
    #[serde(flatten)]
    pub header: RunHeader,
    /// Name of the pipeline.
    pub pipeline: String,
    /// Parameters of the pipeline.
    pub params: BTreeMap<String, Value>,
    /// How it ended.
    pub state: RunState,
    /// How long it took in seconds; for one without an end, until the last thing that it wrote down.
    pub seconds: f64,
    /// What became of its stages, as far as they are settled.
    pub stages: Vec<PastStage>,
    /// Stages that began and are not settled: those that run now, or ran when the run died.
    pub open: Vec<String>,
}

/// What a run did with one stage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PastStage {
    /// How it ended.
    #[serde(flatten)]
    pub result: StageResult,
    /// What went wrong.
    pub error: Option<String>,
}

/// How a run ended, or why it has not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Every stage has its result.
    Complete,
    /// A stage failed.
    Failed,
    /// The user stopped it.
    Interrupted,
    /// It is under way.
    Running,
    /// It was killed, or the machine went down.
    Died,
}

/// The lines of `events.jsonl` that matter here.
#[derive(Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Line {
    RunStarted {
        pipeline: String,
        params: BTreeMap<String, Value>,
    },
    StageStarted {
        id: String,
    },
    StageFinished(PastStage),
    RunFinished {
        outcome: Outcome,
    },
    #[serde(other)]
    Other,
}

/// When a line was written.
#[derive(Deserialize)]
struct Clock {
    at: f64,
}

impl Store {
    /// Every run that left a record, the oldest first.
    ///
    /// # Errors
    /// If the folder of the runs cannot be listed. A record that cannot be read is left out: it may be about to be written.
    pub fn runs(&self) -> io::Result<Vec<PastRun>> {
        Ok(self.run_folders()?.into_iter().filter_map(PastRun::read).collect())
    }

    /// The short name of every run and the name of its folder, the oldest first; no record is read for that.
    ///
    /// # Errors
    /// If the folder of the runs cannot be listed.
    pub fn run_names(&self) -> io::Result<Vec<(String, String)>> {
        Ok(self.run_folders()?.into_iter().map(|folder| (run_id(&folder), folder_name(&folder))).collect())
    }

    fn run_folders(&self) -> io::Result<Vec<PathBuf>> {
        let runs = self.root().join("runs");
        if !runs.exists() {
            return Ok(Vec::new());
        }
        let mut folders = fs_err::read_dir(runs)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
        folders.sort();
        Ok(folders)
    }
}

impl PastRun {
    fn read(folder: PathBuf) -> Option<Self> {
        let text = fs_err::read_to_string(folder.join(EVENTS)).ok()?;
        let header = fs_err::read(folder.join(HEADER)).ok().and_then(|text| serde_json::from_slice(&text).ok());
        let mut run = Self {
            id: run_id(&folder),
            header: header.unwrap_or_default(),
            pipeline: String::new(),
            params: BTreeMap::new(),
            state: if is_locked(&folder.join(EVENTS)) { RunState::Running } else { RunState::Died },
            seconds: 0.0,
            stages: Vec::new(),
            open: Vec::new(),
            folder,
        };
        let mut places = HashMap::new();
        for line in text.lines() {
            run.add(line, &mut places);
        }
        (!run.pipeline.is_empty()).then_some(run)
    }

    /// Takes note of a line; the last one may be cut. `places` says where in `stages` a stage is.
    fn add(&mut self, line: &str, places: &mut HashMap<String, usize>) {
        let Ok(event) = serde_json::from_str(line) else { return };
        self.seconds = serde_json::from_str(line).map_or(self.seconds, |clock: Clock| clock.at);
        match event {
            Line::RunStarted { pipeline, params } => (self.pipeline, self.params) = (pipeline, params),
            // A second attempt of a stage starts it again.
            Line::StageStarted { id } if self.open.contains(&id) => {}
            Line::StageStarted { id } => self.open.push(id),
            Line::StageFinished(stage) => {
                self.open.retain(|id| *id != stage.result.id);
                // A result that turned out damaged is made again: the later line counts.
                let place = *places.entry(stage.result.id.clone()).or_insert(self.stages.len());
                match self.stages.get_mut(place) {
                    Some(known) => *known = stage,
                    None => self.stages.push(stage),
                }
            }
            Line::RunFinished { outcome } => self.state = outcome.into(),
            Line::Other => {}
        }
    }

    /// What became of a stage.
    pub fn stage(&self, id: &str) -> Option<&PastStage> {
        self.stages.iter().find(|stage| stage.result.id == id)
    }
}

impl From<Outcome> for RunState {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Complete => Self::Complete,
            Outcome::Failed => Self::Failed,
            Outcome::Interrupted => Self::Interrupted,
        }
    }
}

fn folder_name(folder: &Path) -> String {
    folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The short name of the run in `folder`.
pub(super) fn run_id(folder: &Path) -> String {
    let name = folder.file_name().unwrap_or_default();
    let mut id = blake3::hash(name.as_encoded_bytes()).to_hex().to_string();
    id.truncate(ID_DIGITS);
    id
}

/// Whether a living process holds the lock of the file.
fn is_locked(path: &Path) -> bool {
    File::open(path).is_ok_and(|file| matches!(file.file().try_lock_shared(), Err(std::fs::TryLockError::WouldBlock)))
}
