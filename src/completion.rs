//! What the Tab key offers: pipeline files, stages, parameters, runs and data sets, looked up when it is pressed.
//!
//! The shell starts the program with [`VARIABLE`] set and the words of the line behind `--`. A file with mistakes in it, or
//! none, or no store leave nothing to offer. That is no reason to print anything: it would land within what the user types.

use std::{env, ffi::OsStr, path::Path};

use clap::CommandFactory;
use clap_complete::{
    CompleteEnv,
    engine::{ArgValueCandidates, ArgValueCompleter, CompletionCandidate, PathCompleter},
    env::Shells,
};
use simvg_datasets::catalog;
use simvg_pipeline::{Pipeline, Store, load};

use crate::{cli::Cli, registry::registry};

/// Says that the shell asks, and which one it is.
const VARIABLE: &str = "SIMVG_PIPE_COMPLETE";

/// Answers the shell if it asks; otherwise says that it does not.
pub fn answer() -> bool {
    let folder = env::current_dir().ok();
    // The other outcome is that the words so far are no beginning of a command: there is nothing to offer then.
    CompleteEnv::with_factory(Cli::command)
        .var(VARIABLE)
        .try_complete(env::args_os(), folder.as_deref())
        .unwrap_or(true)
}

/// What a shell has to run at its start so that it asks; `None` for one that is not known.
pub fn registration(shell: &str) -> Option<String> {
    let mut script = Vec::new();
    let shells = Shells::builtins();
    shells
        .completer(shell)?
        .write_registration(VARIABLE, "simvg_pipe", "simvg-pipe", "simvg-pipe", &mut script)
        .ok()?;
    String::from_utf8(script).ok()
}

/// Pipeline files, and folders on the way to them.
pub fn pipeline_files() -> ArgValueCompleter {
    ArgValueCompleter::new(PathCompleter::any().filter(is_pipeline_file))
}

/// Stages of the pipeline that the line names, with their kinds.
pub fn stages() -> ArgValueCandidates {
    let of_file = |pipeline: Pipeline| {
        let stage = |stage: &simvg_pipeline::Stage| offer(&stage.id, stage.kind.name());
        pipeline.stages.iter().map(stage).collect()
    };
    ArgValueCandidates::new(move || pipeline().map_or_else(stored_stages, of_file))
}

/// Stages that have a result in the pipeline of the store whose name is on the line.
fn stored_stages() -> Vec<CompletionCandidate> {
    let Some(store) = store() else { return Vec::new() };
    let known = store.pipelines().unwrap_or_default();
    let named = words().into_iter().find(|word| known.contains(word));
    named.map_or_else(Vec::new, |name| store.latest_of(&name).keys().map(CompletionCandidate::new).collect())
}

/// Parameters of the pipeline that the line names, with the values that they have; behind `NAME=`, that value.
pub fn settings() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| {
        let (typed, params) = (typed.to_string_lossy(), pipeline().map(|pipeline| pipeline.params).unwrap_or_default());
        let candidate = |(name, value): (&String, &serde_json::Value)| match typed.contains('=') {
            true => CompletionCandidate::new(format!("{name}={value}")),
            false => offer(&format!("{name}="), &format!("now {value}")),
        };
        let all = params.iter().map(candidate);
        all.filter(|candidate| candidate.get_value().to_string_lossy().starts_with(&*typed)).collect()
    })
}

/// Runs of the store, the latest first, and names for the latest.
pub fn runs() -> ArgValueCandidates {
    ArgValueCandidates::new(|| {
        let names = store().and_then(|store| store.run_names().ok()).unwrap_or_default();
        let latest = names.last().map(|_| offer("latest", "the last run"));
        latest.into_iter().chain(names.iter().rev().map(|(id, folder)| offer(id, folder))).collect()
    })
}

/// Pipeline files, and pipelines that the store has results of.
pub fn pipelines() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| {
        let names = store().and_then(|store| store.pipelines().ok()).unwrap_or_default();
        let fitting = names.iter().filter(|name| name.starts_with(&*typed.to_string_lossy()));
        fitting.map(CompletionCandidate::new).chain(pipeline_files().complete(typed)).collect()
    })
}

/// Data sets of the catalog.
pub fn data_sets() -> ArgValueCandidates {
    ArgValueCandidates::new(|| {
        let entries = catalog::entries().unwrap_or_default();
        let name = |entry: &catalog::Entry| offer(&format!("{}_{}", entry.folder, entry.split_by), &entry.name);
        entries.iter().map(name).collect()
    })
}

/// Stage kinds.
pub fn kinds() -> ArgValueCandidates {
    ArgValueCandidates::new(|| registry().kinds().map(|kind| CompletionCandidate::new(kind.name())).collect())
}

fn offer(value: &str, help: &str) -> CompletionCandidate {
    CompletionCandidate::new(value).help(Some(help.to_owned().into()))
}

/// The words of the line that the user is typing.
fn words() -> Vec<String> {
    env::args().skip_while(|word| word != "--").skip(1).collect()
}

/// The pipeline file that is on the line, if it is sound.
fn pipeline() -> Option<Pipeline> {
    let file = words().into_iter().find(|word| is_pipeline_file(Path::new(word)))?;
    load(Path::new(&file), &[], &registry()).ok()
}

/// The store that is on the line, or else the usual one.
fn store() -> Option<Store> {
    let words = words();
    let folder = words.iter().position(|word| word == "--store").and_then(|at| words.get(at + 1));
    Store::open(folder.map_or("artifacts", String::as_str)).ok()
}

fn is_pipeline_file(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "ron") && path.is_file()
}
