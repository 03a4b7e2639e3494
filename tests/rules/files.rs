//! The text files of the repository.

use std::path::Path;

/// Folders that hold no text of ours.
const SKIPPED: [&str; 4] = ["target", "artifacts", ".git", "golden"];

/// A text file.
pub struct File {
    /// Path from the root of the repository, with `/`.
    pub path: String,
    /// Content.
    pub text: String,
}

impl File {
    /// Whether tests alone use it.
    pub fn is_test(&self) -> bool {
        self.path.split('/').any(|part| ["tests", "tests.rs", "testing.rs", "examples", "benches"].contains(&part))
    }
}

/// Root of the repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file with one of these extensions, in order of their paths.
pub fn with_extension(extensions: &[&str]) -> Vec<File> {
    let mut files = Vec::new();
    collect(root(), "", extensions, &mut files);
    files.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(!files.is_empty(), "no {extensions:?} files below {}", root().display());
    files
}

fn collect(folder: &Path, prefix: &str, extensions: &[&str], files: &mut Vec<File>) {
    for entry in fs_err::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let path = format!("{prefix}{name}");
        if entry.file_type().unwrap().is_dir() {
            if !SKIPPED.contains(&name.as_str()) {
                collect(&entry.path(), &format!("{path}/"), extensions, files);
            }
        } else if extensions.iter().any(|extension| name.ends_with(&format!(".{extension}"))) {
            files.push(File { path, text: fs_err::read_to_string(entry.path()).unwrap() });
        }
    }
}
