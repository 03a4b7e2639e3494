//! Mistakes in a pipeline file, told with the place in the source.

use std::sync::Arc;

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode};
use thiserror::Error;

/// One mistake: what is wrong, where, and the nearest right thing.
#[derive(Debug, Clone, Error)]
#[error("{message}")]
pub struct Mistake {
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// The text in which it stands.
    pub source_code: NamedSource<Arc<str>>,
    /// The places to underline; the first is the mistake itself.
    pub labels: Vec<LabeledSpan>,
}

impl Diagnostic for Mistake {
    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn std::fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.source_code)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}

/// All mistakes of a pipeline file and its `--set` options, in the order of the text.
#[derive(Debug, Clone, Error)]
#[error("{} has {}", .files[0], count(.list.len()))]
pub struct Mistakes {
    /// The pipeline file, and those that it is based on as far as they were read.
    pub files: Vec<String>,
    /// At least one.
    pub list: Vec<Mistake>,
}

impl Diagnostic for Mistakes {
    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        Some(Box::new(self.list.iter().map(|mistake| mistake as &dyn Diagnostic)))
    }
}

impl Mistakes {
    /// Whether the files themselves are fine and only the `--set` options of the command line are not.
    pub fn only_in_settings(&self) -> bool {
        self.list.iter().all(|mistake| !self.files.iter().any(|file| file == mistake.source_code.name()))
    }
}

fn count(mistakes: usize) -> String {
    if mistakes == 1 { "a mistake".to_owned() } else { format!("{mistakes} mistakes") }
}
