//! Decides, stage by stage, whether the store already has the result.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use serde::Serialize;

use super::{Key, KeyView, Reason, Selection, diff::diff, files::name_files, key::InKey};
use crate::{Error, Lookup, Pipeline, RawHashes, RawInput, STORE_FORMAT, Store, store::KnownResults};

/// What a run would do.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Plan {
    /// Name of the pipeline.
    pub pipeline: String,
    /// The files that it was read from: its own, then those that it is based on.
    pub files: Vec<PathBuf>,
    /// The selected stages, in the order in which they run.
    pub stages: Vec<Step>,
}

/// What a run would do with one stage.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Step {
    /// Name of the stage.
    pub id: String,
    /// Name of its kind.
    pub kind: String,
    /// What would happen.
    pub state: State,
    /// The fingerprint, if the content of all inputs is known.
    pub fingerprint: Option<String>,
    /// Why.
    pub why: Reason,
}

/// What a run would do with a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Nothing: the result is there.
    Hit,
    /// Run it.
    Run,
    /// Run it unless the stages before it give the same bytes as before.
    MayRun,
    /// Refuse: raw inputs are missing.
    Blocked,
}

/// What runs even if the store has its result.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Forced {
    /// The stages that the selection names.
    pub named: bool,
    /// Whatever needs a stage that runs.
    pub downstream: bool,
}

/// Plans for one pipeline and one store.
pub struct Planner<'a> {
    pipeline: &'a Pipeline,
    store: &'a Store,
    root: PathBuf,
    raw: Mutex<RawHashes>,
    known: Mutex<KnownResults>,
}

impl<'a> Planner<'a> {
    /// A planner; relative paths of raw inputs start at `root`.
    pub fn new(pipeline: &'a Pipeline, store: &'a Store, root: &Path) -> Self {
        let known = Mutex::new(KnownResults::of(store, &pipeline.name));
        Self { pipeline, store, root: root.to_owned(), raw: Mutex::new(RawHashes::of(store)), known }
    }

    /// What a run of the selected stages would do.
    ///
    /// # Errors
    /// If raw inputs or the store cannot be read.
    pub fn plan(&self, selection: &Selection, forced: Forced) -> Result<Plan, Error> {
        let mut digests: Vec<Option<String>> = vec![None; self.pipeline.stages.len()];
        let mut runs = vec![false; self.pipeline.stages.len()];
        let mut stages = Vec::new();
        for at in selection.positions() {
            let follows = forced.downstream && self.pipeline.stages[at].needs.iter().any(|&needed| runs[needed]);
            let (step, digest) = self.step(at, follows || forced.named && selection.named[at], &digests)?;
            digests[at] = digest;
            runs[at] = step.state == State::Run;
            stages.push(step);
        }
        Ok(Plan { pipeline: self.pipeline.name.clone(), files: self.pipeline.files.clone(), stages })
    }

    /// One stage, given the digests of those before it as far as they are known, and its own digest if it is a hit.
    fn step(&self, at: usize, forced: bool, digests: &[Option<String>]) -> Result<(Step, Option<String>), Error> {
        let stage = &self.pipeline.stages[at];
        let step = |state, fingerprint, why| Step {
            id: stage.id.clone(),
            kind: stage.kind.name().to_owned(),
            state,
            fingerprint,
            why,
        };
        let missing: Vec<String> = self.missing_paths(at);
        if !missing.is_empty() {
            return Ok((step(State::Blocked, None, Reason::MissingInputs { paths: missing }), None));
        }
        let open: Vec<usize> = stage.needs.iter().copied().filter(|&needed| digests[needed].is_none()).collect();
        if !open.is_empty() {
            let stages = open.into_iter().map(|at| self.pipeline.stages[at].id.clone()).collect();
            let state = if forced { State::Run } else { State::MayRun };
            return Ok((step(state, None, Reason::Upstream { stages }), None));
        }
        let key = self.key(at, digests, self.raw_digests(at)?);
        let fingerprint = key.fingerprint();
        let lookup = self.lookup(&fingerprint);
        Ok(match lookup {
            Lookup::Found(entry) if !forced => {
                (step(State::Hit, Some(fingerprint), Reason::UpToDate), Some(entry.contents.digest.clone()))
            }
            lookup => {
                let why = if forced { Reason::Forced } else { self.reason(at, &key.to_key(), &lookup) };
                (step(State::Run, Some(fingerprint), why), None)
            }
        })
    }

    /// The key of a stage. `digests` holds the content digest of every stage that it needs, `raw` those of its raw inputs.
    pub(crate) fn key<'k>(
        &'k self,
        at: usize,
        digests: &'k [Option<String>],
        raw: BTreeMap<String, String>,
    ) -> KeyView<'k> {
        let stage = &self.pipeline.stages[at];
        let input = |&needed: &usize| Some((self.pipeline.stages[needed].id.as_str(), digests[needed].as_deref()?));
        KeyView {
            store: STORE_FORMAT,
            kind: stage.kind.name(),
            version: stage.kind.version(),
            params: InKey { fields: stage.kind.fields(), params: &stage.params },
            inputs: stage.needs.iter().filter_map(input).collect(),
            raw,
            facts: stage.kind.facts(&stage.params),
        }
    }

    /// The digest of every raw input of a stage, by its name. Takes as long as reading what is new among them.
    pub(crate) fn raw_digests(&self, at: usize) -> io::Result<BTreeMap<String, String>> {
        let inputs = self.raw_inputs(at);
        if inputs.is_empty() {
            return Ok(BTreeMap::new());
        }
        let mut raw = self.raw.lock().unwrap_or_else(PoisonError::into_inner);
        inputs.into_iter().map(|input| Ok((input.name.clone(), raw.digest(&input, &self.root)?))).collect()
    }

    /// The same if that takes no time, because all raw inputs are files that were read before, or there are none.
    pub(crate) fn remembered_digests(&self, at: usize) -> Option<BTreeMap<String, String>> {
        let inputs = self.raw_inputs(at);
        if inputs.is_empty() {
            return Some(BTreeMap::new());
        }
        // Another thread may be reading a large file right now.
        let raw = self.raw.try_lock().ok()?;
        inputs.into_iter().map(|input| Some((input.name.clone(), raw.remembered(&input, &self.root)?))).collect()
    }

    /// Why a stage runs, or does not, judged by what the store has for its key and what it had before.
    pub(crate) fn reason(&self, at: usize, key: &Key, lookup: &Lookup) -> Reason {
        match lookup {
            Lookup::Found(_) => return Reason::UpToDate,
            Lookup::Damaged(fault) => return Reason::Damaged { fault: fault.clone() },
            Lookup::Missing => {}
        }
        let Some(latest) = self.store.latest(&self.pipeline.name, &self.pipeline.stages[at].id) else {
            return Reason::NeverRan;
        };
        match self.store.key(&latest).map(|old| diff(&old, key)) {
            Some(mut changes) => {
                let raw = self.raw.lock().unwrap_or_else(PoisonError::into_inner);
                name_files(&mut changes, &self.raw_inputs(at), &raw);
                Reason::Changed { changes }
            }
            None => Reason::Gone,
        }
    }

    /// What the store has under `fingerprint`.
    pub(crate) fn lookup(&self, fingerprint: &str) -> Lookup {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).lookup(self.store, fingerprint)
    }

    /// Has every result looked at again from now on: time passes while stages run.
    pub(crate) fn expire(&self) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).expire();
    }

    /// Remembers digests of raw files and what results consist of for the next time.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub fn save(&self) -> io::Result<()> {
        let latest = self.store.latest_of(&self.pipeline.name);
        let latest = latest.values().map(String::as_str).collect();
        self.known.lock().unwrap_or_else(PoisonError::into_inner).save(&latest)?;
        self.raw.lock().unwrap_or_else(PoisonError::into_inner).save()
    }

    fn raw_inputs(&self, at: usize) -> Vec<RawInput> {
        let stage = &self.pipeline.stages[at];
        stage.kind.raw_inputs(&stage.params)
    }

    fn missing_paths(&self, at: usize) -> Vec<String> {
        let missing = self.raw_inputs(at).into_iter().filter(|input| !self.root.join(&input.path).exists());
        missing.map(|input| input.path.display().to_string()).collect()
    }
}
