//! Writes `datasets/assets/toy.spm` anew, after a change of the grammar's words.

use std::path::Path;

use simvg_datasets::text::toy;

fn main() -> std::io::Result<()> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/toy.spm");
    fs_err::write(path, toy::toy_model(toy::WORDS))
}
