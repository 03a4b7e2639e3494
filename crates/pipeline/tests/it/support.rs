//! Stage kinds for tests, and a folder in which to run pipelines of them.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use serde_json::Value;
use simvg_pipeline::{
    CommandKind, Event, Field, Forced, Mistakes, Observer, Pipeline, Plan, Planner, Problem, RawHash, RawInput,
    Registry, RunOptions, Selection, Setting, StageContext, StageKind, Status, Store, Summary, Type, load, parse, run,
};
use tempfile::TempDir;

use crate::probe::Probe;

/// Writes its `text`, and what its inputs wrote, to `text.txt`.
pub struct Write;

const WRITE: &[Field] = &[
    Field::required("text", Type::Str, "what to write"),
    Field::optional("count", Type::Int, "1", "how often"),
    Field::optional("rate", Type::Float, "0.5", "a number"),
    Field::optional("mode", Type::OneOf(&["Plain", "Loud"]), "Plain", "how to write it"),
    Field::optional("from", Type::List(&Type::Stage), "[]", "what to write first"),
    Field::optional("one", Type::Optional(&Type::Stage), "None", "one more"),
    Field::optional("raw", Type::Optional(&Type::Path), "None", "a file to copy").not_in_key(),
    Field::optional("folder", Type::Optional(&Type::Path), "None", "a folder to list").not_in_key(),
    Field::optional("threads", Type::Int, "1", "makes no difference").not_in_key(),
    Field::optional("extra", Type::Record(EXTRA), "()", "nested fields"),
];

const EXTRA: &[Field] = &[
    Field::optional("depth", Type::Int, "2", "counts"),
    Field::optional("verbose", Type::Bool, "false", "does not count").not_in_key(),
];

impl StageKind for Write {
    fn name(&self) -> &'static str {
        "Write"
    }

    fn version(&self) -> u32 {
        1
    }

    fn doc(&self) -> &'static str {
        "Writes text."
    }

    fn fields(&self) -> &'static [Field] {
        WRITE
    }

    fn check(&self, params: &Value) -> Vec<Problem> {
        let negative = params["count"].as_i64().is_some_and(|count| count < 0);
        let problem = Problem::new("count", "it cannot be negative").with_help("count from 0");
        negative.then_some(problem).into_iter().collect()
    }

    fn raw_inputs(&self, params: &Value) -> Vec<RawInput> {
        let input = |field: &str, hash| {
            Some(RawInput {
                name: field.to_owned(),
                path: PathBuf::from(params[field].as_str()?),
                what: format!("the {field} of a test"),
                origin: "make it by hand".to_owned(),
                hash,
            })
        };
        [input("raw", RawHash::Content), input("folder", RawHash::Listing)].into_iter().flatten().collect()
    }

    fn run(&self, context: &StageContext) -> anyhow::Result<()> {
        let mut text = String::new();
        let inputs = context.params["from"].as_array().into_iter().flatten();
        for input in inputs.chain(Some(&context.params["one"]).filter(|one| !one.is_null())) {
            text += &fs_err::read_to_string(context.input(input)?.join("text.txt"))?;
        }
        let own = context.params["text"].as_str().expect("text is a string");
        anyhow::ensure!(own != "fail", "asked to fail");
        assert_ne!(own, "panic", "asked to panic");
        text += own;
        context.progress(1, 1, "texts", "");
        fs_err::write(context.out.join("text.txt"), text)?;
        fs_err::write(context.out.join("log.txt"), format!("{:?}", std::time::Instant::now()))?;
        Ok(())
    }
}

pub fn registry() -> Registry {
    Registry::new(vec![Box::new(Write), Box::new(Probe), Box::new(CommandKind)])
}

/// The stages of a pipeline as file text.
pub fn file(stages: &str) -> String {
    format!("Pipeline(name: \"test\", params: {{\"text\": \"hello\", \"seeds\": [1, 2]}}, stages: {{{stages}}})")
}

pub fn check(stages: &str) -> Result<Pipeline, Mistakes> {
    parse("test.ron", &file(stages), &[], &registry())
}

/// All mistakes as a user without colours sees them.
pub fn rendered(mistakes: &Mistakes) -> String {
    let theme = miette::GraphicalTheme::none();
    let handler = miette::GraphicalReportHandler::new_themed(theme).with_width(200).with_wrap_lines(false);
    let mut text = String::new();
    handler.render_report(&mut text, mistakes).expect("rendering works");
    text
}

/// A folder with a pipeline file and a store.
pub struct Bench {
    pub folder: TempDir,
    pub options: RunOptions,
    pub settings: Vec<Setting>,
    pub events: Arc<Events>,
}

#[derive(Default)]
pub struct Events(pub Mutex<Vec<Event>>);

impl Observer for Events {
    fn observe(&self, event: &Event) {
        self.0.lock().expect("no test panics here").push(event.clone());
    }
}

impl Bench {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        Self { folder, options: RunOptions::default(), settings: Vec::new(), events: Arc::default() }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn put(&self, name: &str, content: &str) {
        fs_err::write(self.path().join(name), content).expect("writable");
    }

    pub fn store(&self) -> Store {
        Store::open(self.path().join("artifacts")).expect("a store")
    }

    pub fn load(&self, stages: &str) -> Pipeline {
        self.put("test.ron", &file(stages));
        load(&self.path().join("test.ron"), &self.settings, &registry()).unwrap_or_else(|error| panic!("{error:?}"))
    }

    pub fn try_run(&self, stages: &str) -> Result<Summary, simvg_pipeline::Error> {
        run(&self.load(stages), &self.store(), self.path(), &self.options, self.events.clone())
    }

    pub fn run(&self, stages: &str) -> Summary {
        self.try_run(stages).unwrap_or_else(|error| panic!("{error}"))
    }

    /// What became of the stages, as `a:ran b:hit`.
    #[track_caller]
    pub fn expect(&self, stages: &str, expected: &str) -> Summary {
        let summary = self.run(stages);
        let shown: Vec<_> = summary.stages.iter().map(|stage| format!("{}:{}", stage.id, word(stage.status))).collect();
        assert_eq!(shown.join(" "), expected);
        summary
    }

    pub fn plan(&self, stages: &str) -> Plan {
        let (pipeline, store) = (self.load(stages), self.store());
        let selection = Selection::new(&pipeline, &[]).expect("everything");
        Planner::new(&pipeline, &store, self.path()).plan(&selection, Forced::default()).expect("a plan")
    }

    /// A file that the latest result of a stage has.
    pub fn output(&self, stage: &str, file: &str) -> PathBuf {
        let fingerprint = self.store().latest("test", stage).expect("a result");
        self.store().entry_path(&fingerprint).join(file)
    }

    pub fn read(&self, stage: &str, file: &str) -> String {
        fs_err::read_to_string(self.output(stage, file)).expect("a file")
    }
}

/// Every file below `folder` that counts as a result, by its path, with its bytes. Logs and what tells how long a stage took
/// are left out.
pub fn files_of(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for child in fs_err::read_dir(folder).expect("a folder") {
        let path = child.expect("readable").path();
        let name = path.file_name().expect("a name").to_str().expect("Unicode").to_owned();
        if path.is_dir() {
            files.extend(files_of(&path).into_iter().map(|(inner, bytes)| (format!("{name}/{inner}"), bytes)));
        } else if !["log.txt", "manifest.json"].contains(&name.as_str()) {
            files.insert(name, fs_err::read(&path).expect("readable"));
        }
    }
    files
}

fn word(status: Status) -> &'static str {
    match status {
        Status::Ran => "ran",
        Status::Hit => "hit",
        Status::Failed => "failed",
        Status::Stopped => "stopped",
        Status::Skipped => "skipped",
    }
}
