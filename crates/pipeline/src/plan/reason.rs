//! Why a stage runs, or does not.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

/// Why a stage runs, or does not.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Reason {
    /// The store has the result.
    UpToDate,
    /// No stage of this name in this pipeline has a result yet.
    NeverRan,
    /// The latest result was made from something else.
    Changed {
        /// What differs, field by field.
        changes: Vec<Change>,
    },
    /// The latest result was made from the same, but is no longer in the store.
    Gone,
    /// The result is in the store but is not what was written.
    Damaged {
        /// What is wrong with it.
        fault: String,
    },
    /// The user asked for it.
    Forced,
    /// Stages that it needs run first; if they give the same bytes as before, it need not run.
    Upstream {
        /// Those stages.
        stages: Vec<String>,
    },
    /// Raw inputs are not where they are expected.
    MissingInputs {
        /// Where they are expected.
        paths: Vec<String>,
    },
}

/// A field of the key that differs between two results.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// Path within the key: `params.epochs`, `inputs.scenes`.
    pub field: String,
    /// Its value in the latest result; `None`: it was not there.
    pub old: Option<Value>,
    /// Its value now; `None`: it is not there any more.
    pub new: Option<Value>,
    /// For a raw input: the files that differ, as far as that is known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<FileChange>,
}

/// A file of a raw input that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileChange {
    /// Where it is, or was.
    pub path: String,
    /// What happened to it.
    pub change: FileFate,
}

/// What happened to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FileFate {
    /// It was not there before.
    Added,
    /// It is not there any more.
    Removed,
    /// It has other content.
    Changed,
}

impl fmt::Display for Reason {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UpToDate => out.write_str("up to date"),
            Self::NeverRan => out.write_str("never ran before"),
            Self::Changed { changes } => {
                let shown: Vec<String> = changes.iter().map(ToString::to_string).collect();
                write!(out, "changed: {}", shown.join("; "))
            }
            Self::Gone => out.write_str("its result is no longer in the store"),
            Self::Damaged { fault } => write!(out, "its result is damaged: {fault}"),
            Self::Forced => out.write_str("forced"),
            Self::Upstream { stages } => write!(out, "waits for {}", stages.join(", ")),
            Self::MissingInputs { paths } => write!(out, "missing: {}", paths.join(", ")),
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_digest = self.field.starts_with("inputs.") || self.field.starts_with("raw.");
        match (&self.old, &self.new) {
            (Some(_), Some(_)) if !self.files.is_empty() => write!(out, "{}: {}", self.field, counted(&self.files)),
            (Some(_), Some(_)) if is_digest => write!(out, "{} has other content", self.field),
            (Some(old), Some(new)) => write!(out, "{} {old} -> {new}", self.field),
            (None, Some(_)) if is_digest => write!(out, "{} is new", self.field),
            (None, Some(new)) => write!(out, "{} is new: {new}", self.field),
            (_, None) => write!(out, "{} is gone", self.field),
        }
    }
}

/// The first file, and how many more there are: `data/a.txt changed and 2 more`.
fn counted(files: &[FileChange]) -> String {
    let more = if files.len() > 1 { format!(" and {} more", files.len() - 1) } else { String::new() };
    files.first().map_or_else(String::new, |first| format!("{first}{more}"))
}

impl fmt::Display for FileChange {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fate = match self.change {
            FileFate::Added => "is new",
            FileFate::Removed => "is gone",
            FileFate::Changed => "has other content",
        };
        write!(out, "{} {fate}", self.path)
    }
}
