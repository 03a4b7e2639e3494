//! The pipelines that come with the program are free of mistakes.

use std::process::Command;

use super::assert_none;
use super::files::with_extension;

#[test]
fn every_pipeline_passes_its_check() {
    let mut broken = Vec::new();
    for file in with_extension(&["ron"]).iter().filter(|file| file.path.starts_with("pipelines/")) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_simvg-pipe"));
        let output = command.current_dir(super::files::root()).args(["check", &file.path]).output().unwrap();
        if !output.status.success() {
            broken.push(format!("{}\n{}", file.path, String::from_utf8_lossy(&output.stderr)));
        }
    }
    assert_none("`simvg-pipe check` finds nothing wrong", broken);
}
