//! All stage kinds of the program.

use simvg_pipeline::{CommandKind, Registry};

/// The kinds of `simvg-stages` and `Command`.
pub fn registry() -> Registry {
    let mut kinds = simvg_stages::registry();
    kinds.push(Box::new(CommandKind));
    Registry::new(kinds)
}
