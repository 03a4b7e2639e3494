//! Runs and results by the few letters that a user types.

use anyhow::Result;
use simvg_pipeline::{PastRun, Store, did_you_mean};

use crate::exit_code::Usage;

/// Fewer letters of a fingerprint than this are not taken for one.
const LEAST_DIGITS: usize = 4;

/// What a user can point at.
#[derive(Debug)]
pub enum Subject<'r> {
    /// A run with all its stages.
    Run(&'r PastRun),
    /// The result of one stage.
    Result {
        /// Name of the stage.
        stage: String,
        /// Its fingerprint.
        fingerprint: String,
    },
}

/// The run called `name`: `latest`, `latest~1` for the one before it, an id or its first letters, the first letters of its
/// folder (the time), or a pipeline, whose latest run it is.
///
/// # Errors
/// If no run or more than one fits.
pub fn run<'r>(runs: &'r [PastRun], name: &str) -> Result<&'r PastRun> {
    let Some(latest) = runs.last() else {
        return Err(Usage::new("the store holds no runs yet; make one with: simvg-pipe run PIPELINE").into());
    };
    if name == "latest" {
        return Ok(latest);
    }
    if let Some(back) = name.strip_prefix("latest~").and_then(|back| back.parse::<usize>().ok()) {
        let at = runs.len().checked_sub(back + 1);
        return at.map(|at| &runs[at]).ok_or_else(|| Usage::new(format!("there are only {} runs", runs.len())).into());
    }
    let starts = |run: &&PastRun| run.id.starts_with(name) || folder(run).starts_with(name);
    match runs.iter().filter(starts).collect::<Vec<_>>().as_slice() {
        [only] => Ok(only),
        [] => {
            let of_pipeline = runs.iter().rev().find(|run| run.pipeline == name);
            of_pipeline.ok_or_else(|| unknown(runs, name).into())
        }
        several => Err(ambiguous(name, several.iter().map(|run| run.id.as_str()))),
    }
}

/// The run or the result called `name`; besides the names of runs, `RUN/STAGE` and the first letters of a fingerprint.
///
/// # Errors
/// If nothing or more than one thing fits.
pub fn subject<'r>(store: &Store, runs: &'r [PastRun], name: &str) -> Result<Subject<'r>> {
    if let Some((name, stage)) = name.split_once('/') {
        return result_of(run(runs, name)?, stage);
    }
    if let Some(fingerprint) = fingerprint(store, name)? {
        let stage = store.manifest(&fingerprint).map_or_else(|| fingerprint.clone(), |manifest| manifest.origin.stage);
        return Ok(Subject::Result { stage, fingerprint });
    }
    run(runs, name).map(Subject::Run)
}

fn result_of<'r>(run: &'r PastRun, stage: &str) -> Result<Subject<'r>> {
    let Some(past) = run.stage(stage) else {
        let known = run.stages.iter().map(|stage| stage.result.id.as_str());
        let help = did_you_mean(stage, known).unwrap_or_default();
        return Err(Usage::new(format!("run {} has no stage `{stage}`; {help}", run.id)).into());
    };
    let Some(fingerprint) = past.result.fingerprint.clone() else {
        return Err(Usage::new(format!("stage `{stage}` of run {} has no result", run.id)).into());
    };
    Ok(Subject::Result { stage: stage.to_owned(), fingerprint })
}

/// The result whose fingerprint begins with `name`.
fn fingerprint(store: &Store, name: &str) -> Result<Option<String>> {
    if name.len() < LEAST_DIGITS || !name.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(None);
    }
    let fits: Vec<String> = store.fingerprints()?.into_iter().filter(|known| known.starts_with(name)).collect();
    match fits.as_slice() {
        [] => Ok(None),
        [only] => Ok(Some(only.clone())),
        several => Err(ambiguous(name, several.iter().map(String::as_str))),
    }
}

fn folder(run: &PastRun) -> &str {
    run.folder.file_name().and_then(|name| name.to_str()).unwrap_or_default()
}

fn unknown(runs: &[PastRun], name: &str) -> Usage {
    let mut known: Vec<&str> = runs.iter().rev().map(|run| run.pipeline.as_str()).collect();
    known.dedup();
    known.insert(0, "latest");
    known.extend(runs.iter().rev().map(|run| run.id.as_str()));
    Usage::new(format!("there is no run `{name}`; {}", did_you_mean(name, known).unwrap_or_default()))
}

fn ambiguous<'a>(name: &str, several: impl Iterator<Item = &'a str>) -> anyhow::Error {
    Usage::new(format!("`{name}` fits several: {}; type more of it", several.collect::<Vec<_>>().join(", "))).into()
}
