//! The exit codes of the command, in one place.

use std::{fmt, io};

use simvg_pipeline::{Error, Outcome};

/// How the command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// All that was asked for is done.
    Success = 0,
    /// A stage failed, or the command could not do its work.
    Failure = 1,
    /// The command line is wrong: an option, a `--set`, the name of a stage or run, a limit.
    Usage = 2,
    /// The pipeline file cannot be read or holds mistakes.
    Pipeline = 3,
    /// Files from outside the store are missing.
    MissingInput = 4,
    /// The store cannot be read or written.
    Store = 5,
    /// `plan --exit-code` found work to do.
    WorkToDo = 6,
    /// Stopped by the user, as a shell counts it.
    Interrupted = 130,
}

/// The same as a table for `--help`.
pub const TABLE: &str = "Exit codes:
    0  all that was asked for is done
    1  a stage failed, or the command could not do its work
    2  the command line is wrong: an option, a --set, the name of a stage or run, a limit
    3  the pipeline file cannot be read or holds mistakes
    4  files from outside the store are missing
    5  the store cannot be read or written
    6  plan --exit-code: there is something to run
  130  stopped by the user";

impl Exit {
    /// The exit code for an error. A reader that went away, as in `simvg-pipe plan P | head`, is no failure.
    pub fn of(error: &anyhow::Error) -> Self {
        let mut causes = error.chain().filter_map(|cause| cause.downcast_ref::<io::Error>());
        if causes.any(|cause| cause.kind() == io::ErrorKind::BrokenPipe) {
            return Self::Success;
        }
        if error.is::<Usage>() {
            return Self::Usage;
        }
        match error.downcast_ref::<Error>() {
            Some(Error::Unreadable(_)) => Self::Pipeline,
            Some(Error::Mistakes(mistakes)) if mistakes.only_in_settings() => Self::Usage,
            Some(Error::Mistakes(_)) => Self::Pipeline,
            Some(Error::UnknownStage { .. } | Error::TooLittle { .. }) => Self::Usage,
            Some(Error::MissingInputs(_)) => Self::MissingInput,
            Some(Error::Store(_) | Error::StoreFormat { .. }) => Self::Store,
            None => Self::Failure,
        }
    }
}

/// A word on the command line that means nothing, and what it could have been.
#[derive(Debug)]
pub struct Usage(String);

impl Usage {
    /// With what to tell the user.
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl fmt::Display for Usage {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for Usage {}

impl From<Outcome> for Exit {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Complete => Self::Success,
            Outcome::Failed => Self::Failure,
            Outcome::Interrupted => Self::Interrupted,
        }
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
