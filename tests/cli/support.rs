//! A folder with a pipeline file in which the program is started.

use std::{
    path::Path,
    process::{Command, Output},
};

use serde_json::Value;
use tempfile::TempDir;

/// Two stages: `a` writes a word, `b` copies it.
pub const TWO: &str = r#"Pipeline(
    name: "two",
    params: {"word": "hello"},
    stages: {
        "a": Command(argv: ["sh", "-c", "echo $WORD > a.txt"], env: {"WORD": Param("word")}, outputs: ["a.txt"]),
        "b": Command(argv: ["cp", "{in:a}/a.txt", "{out}/b.txt"], inputs: {"a": Stage("a")}, outputs: ["b.txt"]),
    },
)
"#;

pub struct Folder(TempDir);

impl Folder {
    /// A folder with the pipeline `p.ron`.
    pub fn with(pipeline: &str) -> Self {
        let folder = Self(tempfile::tempdir().expect("a temporary folder"));
        folder.put("p.ron", pipeline);
        folder
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn put(&self, name: &str, content: &str) {
        fs_err::write(self.path().join(name), content).expect("writable");
    }

    /// Runs the program, with its words separated by spaces.
    pub fn start(&self, words: &str) -> Output {
        self.command().args(words.split(' ')).output().expect("it starts")
    }

    /// The program in this folder, without words yet.
    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_simvg-pipe"));
        command.current_dir(self.path()).env("NO_COLOR", "1");
        command
    }

    /// Runs the program, which must end with `code`; gives stdout and stderr.
    #[track_caller]
    pub fn expect(&self, words: &str, code: i32) -> (String, String) {
        let output = self.start(words);
        let text = |bytes| String::from_utf8(bytes).expect("Unicode");
        let (stdout, stderr) = (text(output.stdout), text(output.stderr));
        assert_eq!(output.status.code(), Some(code), "{words}\n{stdout}\n{stderr}");
        (stdout, stderr)
    }

    /// Runs the program with `--json` and gives its lines.
    #[track_caller]
    pub fn json(&self, words: &str, code: i32) -> Vec<Value> {
        let (stdout, _) = self.expect(&format!("{words} --json"), code);
        stdout.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
    }

    /// Runs `p.ron` and gives what became of the stages, as `a:ran b:hit`.
    #[track_caller]
    pub fn run(&self, options: &str, code: i32) -> String {
        let events = self.json(format!("run p.ron {options}").trim_end(), code);
        let last = events.last().expect("a last event");
        assert_eq!(last["event"], "run_finished");
        let stages = last["stages"].as_array().expect("stages");
        let word = |value: &Value| value.as_str().expect("a word").to_owned();
        let shown: Vec<String> =
            stages.iter().map(|stage| format!("{}:{}", word(&stage["id"]), word(&stage["status"]))).collect();
        shown.join(" ")
    }
}

/// All parts must be in the text.
#[track_caller]
pub fn assert_contains(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "`{part}` is not in:\n{text}");
    }
}
