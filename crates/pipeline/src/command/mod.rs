//! The stage kind `Command`: any program, with declared inputs and outputs, so that scripts join the pipeline.

mod process;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use serde::Deserialize;
use serde_json::Value;

use crate::{Field, Problem, RawHash, RawInput, StageContext, StageKind, Type, context::stage_reference};

/// Runs a program.
pub struct CommandKind;

/// The kind's fields as it uses them.
#[derive(Deserialize)]
struct Params {
    argv: Vec<String>,
    inputs: BTreeMap<String, Value>,
    outputs: Vec<String>,
    env: BTreeMap<String, String>,
}

const FIELDS: &[Field] = &[
    Field::required(
        "argv",
        Type::List(&Type::Str),
        "the program and its arguments; {out} stands for the output folder, {in:NAME} for an input",
    ),
    Field::optional(
        "inputs",
        Type::Map(&Type::StageOrPath),
        "{}",
        "what the program reads, by name: outputs of other stages, files or folders",
    ),
    Field::required(
        "outputs",
        Type::List(&Type::Path),
        "files or folders that it must leave in the output folder, which is its current directory; others are dropped",
    ),
    Field::optional(
        "env",
        Type::Map(&Type::Str),
        "{}",
        "environment variables; of the user's own only PATH, HOME, TMPDIR and LANG are passed on",
    ),
];

impl StageKind for CommandKind {
    fn name(&self) -> &'static str {
        "Command"
    }

    fn version(&self) -> u32 {
        1
    }

    fn doc(&self) -> &'static str {
        "Runs any program. What it prints is kept as log.txt. It fails if the program ends with another exit code than 0 or \
         leaves a declared output out."
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    fn check(&self, params: &Value) -> Vec<Problem> {
        let Ok(params) = Params::deserialize(params) else { return Vec::new() };
        let mut problems = Vec::new();
        if params.argv.is_empty() {
            problems.push(Problem::new("argv", "it needs at least the name of a program"));
        }
        for argument in &params.argv {
            if let Err(error) = fill_in(argument, Path::new(""), |name| params.inputs.get(name).map(|_| PathBuf::new()))
            {
                problems.push(Problem::new("argv", error.to_string()).with_help("declare it in `inputs`"));
            }
        }
        let outside = |output: &&String| Path::new(output).is_absolute() || output.split('/').any(|part| part == "..");
        if let Some(output) = params.outputs.iter().find(outside) {
            problems.push(Problem::new("outputs", format!("`{output}` is not inside the output folder")));
        }
        problems
    }

    fn raw_inputs(&self, params: &Value) -> Vec<RawInput> {
        // Planners ask every stage, several times: only what is needed is read.
        let inputs = params["inputs"].as_object().into_iter().flatten();
        let outside = inputs.filter(|(_, value)| stage_reference(value).is_none());
        let raw = outside.filter_map(|(name, value)| {
            Some(RawInput {
                path: PathBuf::from(value.as_str()?),
                what: format!("input `{name}`"),
                name: name.clone(),
                origin: String::new(),
                hash: RawHash::Content,
            })
        });
        raw.collect()
    }

    fn run(&self, context: &StageContext) -> anyhow::Result<()> {
        let params: Params = context.read_params()?;
        let argv = arguments(&params, context)?;
        process::run(&argv, &params.env, context)?;
        for output in &params.outputs {
            if !context.out.join(output).exists() {
                bail!("`{}` did not write its output {output}", argv[0]);
            }
        }
        drop_undeclared(&context.out, &params.outputs)
    }
}

fn arguments(params: &Params, context: &StageContext) -> anyhow::Result<Vec<String>> {
    let mut inputs = BTreeMap::new();
    for (name, value) in &params.inputs {
        inputs.insert(name.as_str(), context.input(value)?);
    }
    let find = |name: &str| inputs.get(name).cloned();
    params.argv.iter().map(|argument| fill_in(argument, &context.out, find)).collect()
}

/// Puts folders in place of `{out}` and `{in:NAME}`; any other brackets stay as they are.
fn fill_in(argument: &str, out: &Path, input: impl Fn(&str) -> Option<PathBuf>) -> anyhow::Result<String> {
    let mut filled = String::new();
    let mut rest = argument.replace("{out}", &out.display().to_string());
    while let Some((before, after)) = rest.split_once("{in:") {
        let (name, after) = after.split_once('}').with_context(|| format!("`{{in:` without `}}` in `{argument}`"))?;
        let path = input(name).with_context(|| format!("there is no input `{name}`"))?;
        filled.push_str(before);
        filled.push_str(&path.display().to_string());
        rest = after.to_owned();
    }
    Ok(filled + &rest)
}

/// Removes what the program left besides its declared outputs and the log.
fn drop_undeclared(out: &Path, outputs: &[String]) -> anyhow::Result<()> {
    let declared = |name: &str| outputs.iter().any(|output| name == output || name.starts_with(&format!("{output}/")));
    for file in crate::store::files_below(out)? {
        if file.name != process::LOG && !declared(&file.name) {
            fs_err::remove_file(&file.path)?;
        }
    }
    Ok(())
}
