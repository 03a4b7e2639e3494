//! The reasons of one stage as text.

use serde_json::Value;
use simvg_pipeline::{Change, Reason, State, Step};

use crate::commands::why::Explanation;

/// Of more files than this the rest is counted.
const MOST_FILES: usize = 20;

/// The stage, its reason, what changed, and the stages before it that are the cause.
pub fn why_text(explanation: &Explanation) -> String {
    let mut text = step_text(&explanation.stage, "");
    for cause in &explanation.causes {
        text += &step_text(cause, "  ");
    }
    text
}

fn step_text(step: &Step, indent: &str) -> String {
    let would = match step.state {
        State::Hit => "would not run",
        State::Run => "would run",
        State::MayRun => "may run",
        State::Blocked => "cannot run",
    };
    match &step.why {
        Reason::Changed { changes } => {
            let lines: String = changes.iter().map(|change| change_text(change, indent)).collect();
            format!("{indent}{} {would}: its latest result was made from something else\n{lines}", step.id)
        }
        why => format!("{indent}{} {would}: {why}\n", step.id),
    }
}

/// A field with its old and new value, a line, and the files behind it.
pub fn change_text(change: &Change, indent: &str) -> String {
    let side = |value: &Option<Value>| value.as_ref().map_or("(not there)".to_owned(), short);
    let mut text = format!("{indent}  {}: {} -> {}\n", change.field, side(&change.old), side(&change.new));
    for file in change.files.iter().take(MOST_FILES) {
        text += &format!("{indent}    {file}\n");
    }
    if change.files.len() > MOST_FILES {
        text += &format!("{indent}    and {} more files (--json lists them)\n", change.files.len() - MOST_FILES);
    }
    text
}

/// A value, digests shortened to what the eye can compare.
fn short(value: &Value) -> String {
    const DIGEST: usize = 64;
    match value.as_str() {
        Some(text) if text.len() == DIGEST && text.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            text[..12].to_owned()
        }
        _ => value.to_string(),
    }
}
