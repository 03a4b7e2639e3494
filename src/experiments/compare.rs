//! What differs between two runs or two results: parameters, numbers and files.

use std::collections::BTreeMap;

use serde::Serialize;
use simvg_pipeline::{Change, FileRecord, PastRun, Store, diff};

use super::{find::Subject, metrics};

/// Everything that differs.
#[derive(Debug, Default, Serialize)]
pub struct Difference {
    /// The first, as `RUN` or `RUN/STAGE`.
    pub a: String,
    /// The second.
    pub b: String,
    /// Parameters of the pipeline.
    pub params: Vec<Change>,
    /// Stages that differ, in the order of the second run.
    pub stages: Vec<StageDifference>,
    /// Numbers of the results.
    pub metrics: Vec<MetricChange>,
}

/// How a stage's two results differ.
#[derive(Debug, Serialize)]
pub struct StageDifference {
    /// Name of the stage.
    pub stage: String,
    /// Fingerprint of the first result; `None` if there is none.
    pub a: Option<String>,
    /// Fingerprint of the second result; `None` if there is none.
    pub b: Option<String>,
    /// Fields of the key: parameters, and the content of what it read.
    pub fields: Vec<Change>,
    /// Files.
    pub files: Vec<FileChange>,
}

/// How a file differs.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct FileChange {
    /// Path within the result.
    pub path: String,
    /// Bytes before; `None`: it was not there.
    pub old: Option<u64>,
    /// Bytes now; `None`: it is not there any more.
    pub new: Option<u64>,
}

/// How a number differs.
#[derive(Debug, PartialEq, Serialize)]
pub struct MetricChange {
    /// The stage and the name of the number.
    pub name: String,
    /// In the first; `None`: not there.
    pub old: Option<f64>,
    /// In the second; `None`: not there.
    pub new: Option<f64>,
}

/// The fingerprints of a run's or a result's stages.
type Results = Vec<(String, String)>;

/// Compares two of them.
pub fn compare(store: &Store, a: &Subject, b: &Subject) -> Difference {
    let (mut old, mut new) = (results(a), results(b));
    if let ([only_old], [only_new]) = (old.as_mut_slice(), new.as_mut_slice())
        && matches!((a, b), (Subject::Result { .. }, Subject::Result { .. }))
    {
        // Two results are compared whatever their stages are called.
        only_old.0.clone_from(&only_new.0);
    }
    let params = match (a, b) {
        (Subject::Run(a), Subject::Run(b)) => params(a, b),
        _ => Vec::new(),
    };
    Difference {
        a: name(a),
        b: name(b),
        params,
        stages: stages(store, &old, &new),
        metrics: metric_changes(&numbers(store, &old), &numbers(store, &new)),
    }
}

fn name(subject: &Subject) -> String {
    match subject {
        Subject::Run(run) => run.id.clone(),
        Subject::Result { stage, fingerprint } => format!("{stage} {}", crate::view::digits(fingerprint)),
    }
}

fn results(subject: &Subject) -> Results {
    match subject {
        Subject::Run(run) => {
            let settled = run.stages.iter().map(|stage| &stage.result);
            settled.filter_map(|result| Some((result.id.clone(), result.fingerprint.clone()?))).collect()
        }
        Subject::Result { stage, fingerprint } => vec![(stage.clone(), fingerprint.clone())],
    }
}

fn params(a: &PastRun, b: &PastRun) -> Vec<Change> {
    let names = union(a.params.keys(), b.params.keys());
    let change = |name: &String| Change {
        field: name.clone(),
        old: a.params.get(name).cloned(),
        new: b.params.get(name).cloned(),
        files: Vec::new(),
    };
    names.iter().map(change).filter(|change| change.old != change.new).collect()
}

fn stages(store: &Store, old: &Results, new: &Results) -> Vec<StageDifference> {
    let find = |results: &Results, id: &str| results.iter().find(|(known, _)| known == id).map(|(_, f)| f.clone());
    let ids = union(new.iter().map(|(id, _)| id), old.iter().map(|(id, _)| id));
    let both = ids.into_iter().map(|id| (find(old, &id), find(new, &id), id));
    both.filter(|(a, b, _)| a != b).map(|(a, b, stage)| stage_difference(store, stage, a, b)).collect()
}

fn stage_difference(store: &Store, stage: String, a: Option<String>, b: Option<String>) -> StageDifference {
    let keys = a.as_ref().zip(b.as_ref()).and_then(|(a, b)| Some((store.key(a)?, store.key(b)?)));
    let fields = keys.map(|(old, new)| diff(&old, &new)).unwrap_or_default();
    let files = |fingerprint: &Option<String>| {
        let manifest = fingerprint.as_ref().and_then(|fingerprint| store.manifest(fingerprint));
        manifest.map(|manifest| manifest.files).unwrap_or_default()
    };
    let files = if a.is_some() && b.is_some() { file_changes(&files(&a), &files(&b)) } else { Vec::new() };
    StageDifference { stage, a, b, fields, files }
}

fn file_changes(old: &[FileRecord], new: &[FileRecord]) -> Vec<FileChange> {
    let by_path = |files: &[FileRecord]| -> BTreeMap<String, FileRecord> {
        files.iter().map(|file| (file.path.clone(), file.clone())).collect()
    };
    let (old, new) = (by_path(old), by_path(new));
    let size = |files: &BTreeMap<String, FileRecord>, path: &str| files.get(path).map(|file| file.size);
    let names = union(old.keys(), new.keys());
    let differ = names.into_iter().filter(|path| old.get(path) != new.get(path));
    differ.map(|path| FileChange { old: size(&old, &path), new: size(&new, &path), path }).collect()
}

/// The numbers of all results by stage and name.
fn numbers(store: &Store, results: &Results) -> Vec<(String, f64)> {
    let of = |(id, fingerprint): &(String, String)| {
        let metrics = metrics::of_result(store, fingerprint);
        metrics.into_iter().map(|metric| (format!("{id}: {}", metric.name), metric.value)).collect::<Vec<_>>()
    };
    results.iter().flat_map(of).collect()
}

fn metric_changes(old: &[(String, f64)], new: &[(String, f64)]) -> Vec<MetricChange> {
    let find = |numbers: &[(String, f64)], name: &str| numbers.iter().find(|(known, _)| known == name).map(|(_, n)| *n);
    let names = union(new.iter().map(|(name, _)| name), old.iter().map(|(name, _)| name));
    let change = |name: String| MetricChange { old: find(old, &name), new: find(new, &name), name };
    names.into_iter().map(change).filter(|change| change.old != change.new).collect()
}

/// The names of both, in the order of the first.
fn union<'a>(first: impl Iterator<Item = &'a String>, second: impl Iterator<Item = &'a String>) -> Vec<String> {
    let mut names: Vec<String> = first.cloned().collect();
    let known: std::collections::HashSet<String> = names.iter().cloned().collect();
    names.extend(second.filter(|name| !known.contains(*name)).cloned());
    names
}
