//! The health of machine and store as text.

use console::style;
use indicatif::HumanBytes;

use super::plural;
use crate::commands::doctor::{Health, Machine, StoreHealth};

/// What there is, then what to do.
pub fn doctor_text(health: &Health) -> String {
    let mut text = format!("simvg-pipe {} (store format {})\n", health.version, health.store_format);
    text += &format!("\n{}\n{}", style("machine").bold(), lines(&machine(&health.machine)));
    text += &format!("\n{}\n{}\n", style("store").bold(), lines(&store(&health.store)));
    if health.advice.is_empty() {
        return text + &format!("{}\n", style("all is well").green());
    }
    text + &health.advice.iter().map(|advice| format!("{} {advice}\n", style("!").yellow())).collect::<String>()
}

fn lines(pairs: &[(&str, String)]) -> String {
    pairs.iter().map(|(name, value)| format!("  {}  {value}\n", style(format!("{name:<8}")).dim())).collect()
}

fn machine(machine: &Machine) -> Vec<(&'static str, String)> {
    let unknown = || "unknown".to_owned();
    let bytes = |bytes: Option<u64>| bytes.map_or_else(unknown, |bytes| HumanBytes(bytes).to_string());
    let simd = if machine.simd.is_empty() { "none".to_owned() } else { machine.simd.join(", ") };
    let cuda = machine
        .cuda
        .as_ref()
        .map_or("no driver".to_owned(), |driver| format!("{driver} (not used: stages run on the processor)"));
    vec![
        ("system", machine.system.clone()),
        ("cpu", machine.cpu.clone().unwrap_or_else(unknown)),
        ("threads", machine.threads.to_string()),
        ("SIMD", simd),
        ("CUDA", cuda),
        ("memory", format!("{}, {} free", bytes(machine.memory), bytes(machine.memory_free))),
        ("disk", format!("{} free", bytes(machine.disk_free))),
    ]
}

fn store(store: &StoreHealth) -> Vec<(&'static str, String)> {
    let (results, damaged) = (store.results, store.damaged.len());
    let stopped = format!("{}, {}", store.stopped.len(), HumanBytes(store.stopped_bytes));
    vec![
        ("folder", store.folder.display().to_string()),
        ("results", format!("{results} complete, {}; {damaged} damaged", HumanBytes(store.bytes))),
        ("running", format!("{} stage{} locked by a living process", store.running.len(), plural(store.running.len()))),
        ("stopped", stopped),
        ("runs", format!("{} recorded, {} killed", store.runs, store.died)),
    ]
}
