//! `simvg-pipe kinds`: what a pipeline file can ask for.

use anyhow::{Context, Result};
use clap::Args;
use simvg_pipeline::{StageKind, did_you_mean};

use crate::{
    completion,
    exit_code::Exit,
    registry::registry,
    view::{
        self,
        kinds::{kind_text, kinds_text},
    },
};

/// Arguments of `kinds`.
#[derive(Args)]
pub struct KindsArgs {
    /// The kind whose fields to list
    #[arg(add = completion::kinds())]
    kind: Option<String>,
}

/// Lists the kinds, or the fields of one.
pub fn run(args: &KindsArgs) -> Result<Exit> {
    let registry = registry();
    let Some(name) = &args.kind else {
        view::print(&kinds_text(&registry))?;
        return Ok(Exit::Success);
    };
    let kind = registry.get(name).with_context(|| {
        let help = did_you_mean(name, registry.kinds().map(StageKind::name)).unwrap_or_default();
        format!("there is no stage kind `{name}`; {help}")
    })?;
    view::print(&kind_text(kind.as_ref()))?;
    Ok(Exit::Success)
}
