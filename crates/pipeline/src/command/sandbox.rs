//! A folder that holds links to the declared inputs and nothing else.
//!
//! A program that reads a relative path which nobody declared does not find it there. It is a check against mistakes, not
//! against malice: absolute paths still work.

use std::{
    collections::BTreeMap,
    io,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use crate::StageContext;

/// Where the links lie.
const INPUTS: &str = "in";

/// The folder in which a sandboxed program runs, empty but for the links; and the links by the names of the inputs. The
/// link to a file keeps the file's name, because programs look at what comes after the dot.
pub(super) fn lay_out(
    context: &StageContext,
    inputs: &BTreeMap<&str, PathBuf>,
) -> io::Result<(PathBuf, BTreeMap<String, PathBuf>)> {
    let folder = context.out.with_file_name("sandbox");
    if folder.exists() {
        fs_err::remove_dir_all(&folder)?;
    }
    let mut links = BTreeMap::new();
    for (name, target) in inputs {
        let named = folder.join(INPUTS).join(name);
        let link = match target.file_name().filter(|_| !target.is_dir()) {
            Some(file) => named.join(file),
            None => named,
        };
        fs_err::create_dir_all(link.parent().unwrap_or(&folder))?;
        symlink(std::path::absolute(target)?, &link)?;
        links.insert((*name).to_owned(), link);
    }
    fs_err::create_dir_all(&folder)?;
    Ok((folder, links))
}

/// Moves an output out of the sandbox, if the program has left it there.
pub(super) fn move_out(sandbox: &Path, out: &Path, output: &str) -> io::Result<()> {
    let (from, to) = (sandbox.join(output), out.join(output));
    if !from.exists() {
        return Ok(());
    }
    fs_err::create_dir_all(to.parent().unwrap_or(out))?;
    fs_err::rename(from, to)
}

/// Whether an input can have a link of that name.
pub(super) fn is_link_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(['/', '\0']) && name != "." && name != ".."
}
