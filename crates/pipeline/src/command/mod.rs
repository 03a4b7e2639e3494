//! The stage kind `Command`: any program, with declared inputs and outputs, so that scripts join the pipeline.

mod guardian;
pub(crate) mod leftovers;
mod process;
mod sandbox;
mod tail;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use serde::Deserialize;
use serde_json::Value;

pub(crate) use guardian::Guardian;
pub use guardian::guard;
pub(crate) use process::LOG;
pub(crate) use tail::Tail;

use process::Program;

use crate::{Field, Problem, RawHash, RawInput, StageContext, StageKind, Type, context::stage_reference};

/// Runs a program.
pub struct CommandKind;

/// The kind's fields as it uses them.
#[derive(Deserialize)]
struct Params<'p> {
    #[serde(borrow)]
    argv: Vec<&'p str>,
    outputs: Vec<&'p str>,
    env: BTreeMap<&'p str, &'p str>,
    stdout: Option<&'p str>,
    sandbox: bool,
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
    Field::optional(
        "stdout",
        Type::Optional(&Type::Path),
        "None",
        "an output that holds what the program writes to standard output, which is then not in the log",
    ),
    Field::optional(
        "sandbox",
        Type::Bool,
        "false",
        "run it in a folder with nothing but links to the inputs: what it reads without declaring it is not found",
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
         leaves a declared output out. Whatever the program has started ends with it."
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    fn check(&self, params: &Value) -> Vec<Problem> {
        let inputs = &params["inputs"];
        let Ok(params) = Params::deserialize(params) else { return Vec::new() };
        let mut problems = Vec::new();
        if params.argv.is_empty() {
            problems.push(Problem::new("argv", "it needs at least the name of a program"));
        }
        for argument in params.argv.iter().filter(|argument| argument.contains("{in")) {
            let declared = |name: &str| inputs.get(name).map(|_| PathBuf::new());
            if let Err(error) = fill_in(argument, Path::new(""), &declared) {
                problems.push(Problem::new("argv", error.to_string()).with_help("declare it in `inputs`"));
            }
        }
        let outside = |output: &&&str| Path::new(output).is_absolute() || output.split('/').any(|part| part == "..");
        if let Some(output) = params.outputs.iter().find(outside) {
            problems.push(Problem::new("outputs", format!("`{output}` is not inside the output folder")));
        }
        if let Some(output) = params.stdout.iter().find(outside) {
            problems.push(Problem::new("stdout", format!("`{output}` is not inside the output folder")));
        }
        if params.stdout == Some(LOG) {
            problems.push(Problem::new("stdout", format!("`{LOG}` is for what the program tells people")));
        }
        let mut names = inputs.as_object().into_iter().flatten().map(|(name, _)| name);
        if let Some(name) = names.find(|name| params.sandbox && !sandbox::is_link_name(name)) {
            problems.push(Problem::new("inputs", format!("`{name}` cannot be the name of a link in a sandbox")));
        }
        problems
    }

    fn raw_inputs(&self, params: &Value) -> Vec<RawInput> {
        // Planners ask every stage, several times: only what is needed is read.
        let outside = inputs_of(params).filter(|(_, value)| stage_reference(value).is_none());
        let raw = outside.filter_map(|(name, value)| {
            Some(RawInput {
                path: PathBuf::from(value.as_str()?),
                what: format!("input `{name}`"),
                name: name.to_owned(),
                origin: String::new(),
                hash: RawHash::Content,
            })
        });
        raw.collect()
    }

    fn run(&self, context: &StageContext) -> anyhow::Result<()> {
        let mut params = Params::deserialize(&context.params)?;
        params.outputs.extend(params.stdout);
        if params.sandbox {
            run_in_sandbox(&params, context)?
        } else {
            run_in_out(&params, context)?
        }
        for output in &params.outputs {
            if !context.out.join(output).exists() {
                bail!("`{}` did not write its output {output}", params.argv[0]);
            }
        }
        drop_undeclared(&context.out, &params.outputs)
    }
}

/// Runs the program in the output folder.
fn run_in_out(params: &Params, context: &StageContext) -> anyhow::Result<()> {
    let inputs = inputs(context)?;
    start(params, context, &context.out, |name| inputs.get(name).cloned())
}

/// Runs the program in a sandbox and moves its outputs out.
fn run_in_sandbox(params: &Params, context: &StageContext) -> anyhow::Result<()> {
    let (folder, links) = sandbox::lay_out(context, &inputs(context)?)?;
    start(params, context, &folder, |name| links.get(name).cloned())?;
    for output in &params.outputs {
        sandbox::move_out(&folder, &context.out, output)?;
    }
    Ok(())
}

fn start(
    params: &Params,
    context: &StageContext,
    folder: &Path,
    find: impl Fn(&str) -> Option<PathBuf>,
) -> anyhow::Result<()> {
    let argv: Vec<String> =
        params.argv.iter().map(|argument| fill_in(argument, folder, &find)).collect::<anyhow::Result<_>>()?;
    process::run(&Program { argv: &argv, env: &params.env, folder, stdout: params.stdout }, context)
}

/// What the program reads, by name, as the parameters have it.
fn inputs_of(params: &Value) -> impl Iterator<Item = (&str, &Value)> {
    params["inputs"].as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value))
}

/// The same as folders and files.
fn inputs(context: &StageContext) -> anyhow::Result<BTreeMap<&str, PathBuf>> {
    inputs_of(&context.params).map(|(name, value)| Ok((name, context.input(value)?))).collect()
}

/// Puts folders in place of `{out}` and `{in:NAME}`; any other brackets stay as they are.
fn fill_in(argument: &str, out: &Path, input: &impl Fn(&str) -> Option<PathBuf>) -> anyhow::Result<String> {
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
fn drop_undeclared(out: &Path, outputs: &[&str]) -> anyhow::Result<()> {
    let declared = |name: &str| outputs.iter().any(|output| name == *output || name.starts_with(&format!("{output}/")));
    for file in crate::store::files_below(out)? {
        if file.name != LOG && !declared(&file.name) {
            fs_err::remove_file(&file.path)?;
        }
    }
    Ok(())
}
