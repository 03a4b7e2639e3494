//! `simvg-pipe doctor`: is this machine, and is the store, in good health?

mod machine;
mod store;

use anyhow::Result;
use clap::Args;
use serde::Serialize;
use simvg_pipeline::STORE_FORMAT;

use crate::{
    cli::StoreArgs,
    exit_code::Exit,
    view::{self, doctor::doctor_text},
};

pub use machine::Machine;
pub use store::StoreHealth;

/// Arguments of `doctor`.
#[derive(Args)]
pub struct DoctorArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// What was found.
#[derive(Serialize)]
pub struct Health {
    /// Version of the program.
    pub version: &'static str,
    /// Format of the stores that it reads and writes.
    pub store_format: u32,
    /// What it runs on.
    pub machine: Machine,
    /// Where results are kept.
    pub store: StoreHealth,
    /// What is wrong, each with what to do about it; empty if all is well.
    pub advice: Vec<String>,
}

/// Looks, and changes nothing.
pub fn run(args: &DoctorArgs) -> Result<Exit> {
    let opened = args.store.open()?;
    let (machine, store) = (Machine::look(opened.root()), StoreHealth::look(&opened)?);
    let advice = store.advice().into_iter().chain(machine.advice()).collect();
    let health = Health { version: env!("CARGO_PKG_VERSION"), store_format: STORE_FORMAT, machine, store, advice };
    if args.json {
        view::print_json(&health)?;
    } else {
        view::print(&doctor_text(&health))?;
    }
    Ok(if health.store.damaged.is_empty() { Exit::Success } else { Exit::Store })
}
