//! The git commit of the project, for provenance.

use std::{path::Path, process::Command};

/// The commit of the working tree at `folder`, with `-dirty` behind it where tracked files differ from it; `None` outside
/// of git.
pub(crate) fn git_commit(folder: &Path) -> Option<String> {
    let arguments = ["describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"];
    let output = Command::new("git").arg("-C").arg(folder).args(arguments).output().ok()?;
    let commit = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !commit.is_empty()).then_some(commit)
}
