//! `simvg-pipe artifacts verify`: is the store still what was written?

use anyhow::Result;
use clap::Args;
use rayon::prelude::*;
use serde_json::json;
use simvg_pipeline::{Fault, Store};

use crate::{
    cli::StoreArgs,
    exit_code::Exit,
    view::{self, plural},
};

/// Arguments of `artifacts verify`.
#[derive(Args)]
pub struct VerifyArgs {
    /// Take what is damaged out of the store, so that the next run makes it again
    #[arg(long)]
    repair: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    store: StoreArgs,
}

/// Reads everything. Damage that stays is a failure.
pub fn run(args: &VerifyArgs) -> Result<Exit> {
    let store = args.store.open()?;
    let all = store.fingerprints()?;
    let found: Vec<Option<Fault>> = all.par_iter().map(|fingerprint| fault(&store, fingerprint)).collect();
    let mut faults: Vec<Fault> = found.into_iter().flatten().collect();
    for fault in faults.iter_mut().filter(|_| args.repair) {
        fault.removed = store.discard(&fault.fingerprint)?;
    }
    if args.json {
        view::print_json(&json!({ "checked": all.len(), "faults": faults }))?;
    } else {
        view::print(&text(all.len(), &faults))?;
    }
    Ok(if faults.iter().all(|fault| fault.removed) { Exit::Success } else { Exit::Failure })
}

/// What is wrong with a result; nothing if it has gone in the meantime.
fn fault(store: &Store, fingerprint: &str) -> Option<Fault> {
    let fault = store.verify(fingerprint).err()?;
    let is_there = store.entry_path(fingerprint).exists();
    is_there.then(|| Fault { fingerprint: fingerprint.to_owned(), fault, removed: false })
}

fn text(checked: usize, faults: &[Fault]) -> String {
    let mut text = String::new();
    for Fault { fingerprint, fault, removed } in faults {
        let word = if *removed { "removed" } else { "damaged" };
        text += &format!("{word}  {fingerprint}  {fault}\n");
    }
    text += &format!("{checked} result{} checked, {} damaged\n", plural(checked), faults.len());
    if faults.iter().any(|fault| !fault.removed) {
        text += "with --repair they are removed, and the next run makes them again\n";
    }
    text
}
