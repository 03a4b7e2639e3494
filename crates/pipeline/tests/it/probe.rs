//! A stage kind that shows how stages run beside each other.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context, bail, ensure};
use simvg_pipeline::{Field, StageContext, StageKind, Type};

/// Longer than any of this takes, even on a machine with a lot to do.
const PATIENCE: Duration = Duration::from_secs(60);

/// Does one thing that only goes well if the runner does what it should.
pub struct Probe;

const FIELDS: &[Field] = &[
    Field::required("act", Type::OneOf(&["Meet", "Alone", "Stumble", "Wait", "Note", "Edit"]), "what to do"),
    Field::optional("count", Type::Int, "1", "how many, for Meet and Stumble"),
    Field::optional("tag", Type::Str, "\"\"", "tells stages apart that do the same"),
    Field::optional("from", Type::List(&Type::Stage), "[]", "stages that come first"),
    Field::optional("raw", Type::Optional(&Type::Path), "None", "a file that it reads"),
];

impl StageKind for Probe {
    fn name(&self) -> &'static str {
        "Probe"
    }

    fn version(&self) -> u32 {
        1
    }

    fn doc(&self) -> &'static str {
        "Probes the runner."
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    fn raw_inputs(&self, params: &serde_json::Value) -> Vec<simvg_pipeline::RawInput> {
        let input = |path: &str| simvg_pipeline::RawInput {
            name: "raw".to_owned(),
            path: path.into(),
            what: "a file".to_owned(),
            origin: String::new(),
            hash: simvg_pipeline::RawHash::Content,
        };
        params["raw"].as_str().map(input).into_iter().collect()
    }

    fn run(&self, context: &StageContext) -> anyhow::Result<()> {
        let count = context.params["count"].as_u64().context("a count")?;
        fs_err::write(context.out.join("id"), &context.id)?;
        match context.params["act"].as_str() {
            Some("Meet") => meet(&context.path("met"), &context.id, count),
            Some("Alone") => alone(&context.path("busy")),
            Some("Stumble") => stumble(&context.work.join("stumbled"), count),
            Some("Wait") => wait(context),
            Some("Edit") => Ok(fs_err::write(context.input(&context.params["raw"])?, "edited")?),
            _ => Ok(()),
        }
    }
}

/// Ends once `count` stages are in it at the same time.
fn meet(folder: &Path, id: &str, count: u64) -> anyhow::Result<()> {
    fs_err::create_dir_all(folder)?;
    fs_err::write(folder.join(id), "")?;
    let start = Instant::now();
    while fs_err::read_dir(folder)?.count() < usize::try_from(count)? {
        ensure!(start.elapsed() < PATIENCE, "nobody else came");
        std::thread::sleep(Duration::from_millis(2));
    }
    Ok(())
}

/// Fails if another one is in it at the same time.
fn alone(busy: &Path) -> anyhow::Result<()> {
    fs_err::OpenOptions::new().write(true).create_new(true).open(busy).context("not alone")?;
    std::thread::sleep(Duration::from_millis(20));
    Ok(fs_err::remove_file(busy)?)
}

/// Fails the first `count` times.
fn stumble(tally: &Path, count: u64) -> anyhow::Result<()> {
    let before = fs_err::read(tally).unwrap_or_default();
    fs_err::write(tally, [&before[..], b"x"].concat())?;
    ensure!(u64::try_from(before.len())? >= count, "stumbled");
    Ok(())
}

/// Goes on until it is told to stop.
fn wait(context: &StageContext) -> anyhow::Result<()> {
    let start = Instant::now();
    while !context.cancelled() {
        ensure!(start.elapsed() < PATIENCE, "nobody stopped it");
        std::thread::sleep(Duration::from_millis(2));
    }
    bail!("stopped")
}
