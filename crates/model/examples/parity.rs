//! Compares this model with recorded numbers of the official code.
//!
//! `cargo run --release -p simvg-model --example parity -- DIR [--json]`, where DIR is a recorded case or holds several.
//! Exit code 0: everything lies within its tolerance; 1: something does not; 2: a case cannot be read.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use serde_json::{Value, json};
use simvg_model::parity::{self, Case, Found, ParityError, Report};

const USAGE: &str = "usage: parity DIR [--json]\n\
    DIR is a recorded case (config.json, losses.json, *.safetensors), or a directory of cases\n";

/// A case and what came of it.
type Checked<'a> = (&'a Path, Result<Report, ParityError>);

fn main() -> ExitCode {
    let (options, dirs): (Vec<String>, Vec<String>) = std::env::args().skip(1).partition(|arg| arg.starts_with('-'));
    let as_json = options == ["--json"];
    let [dir] = dirs.as_slice() else { return refuse(USAGE) };
    if !as_json && !options.is_empty() {
        return refuse(USAGE);
    }
    match parity::cases(Path::new(dir)) {
        Ok(found) => run(&found, as_json).unwrap_or_else(|error| refuse(&format!("cannot write: {error}\n"))),
        Err(error) => refuse(&format!("error: {error}\n")),
    }
}

/// Says why there is nothing to report.
fn refuse(message: &str) -> ExitCode {
    // Nobody is left to tell if standard error is closed too.
    let _ = io::stderr().write_all(message.as_bytes());
    ExitCode::from(2)
}

fn run(found: &Found, as_json: bool) -> io::Result<ExitCode> {
    let mut out = io::stdout().lock();
    let mut checked: Vec<Checked> = Vec::new();
    for dir in &found.cases {
        let result = Case::open(dir).and_then(|case| parity::check(&case));
        if !as_json {
            describe(&mut out, dir, &result)?;
        }
        checked.push((dir, result));
    }
    let unread = checked.iter().filter(|(_, result)| result.is_err()).count();
    let holding = checked.iter().filter(|(_, result)| result.as_ref().is_ok_and(Report::holds)).count();
    if as_json {
        let cases: Vec<Value> = checked.iter().map(as_value).collect();
        writeln!(out, "{:#}", json!({ "holds": holding == checked.len(), "cases": cases }))?;
    } else {
        found.others.iter().try_for_each(|dir| writeln!(out, "{}: not a case, left out", dir.display()))?;
        writeln!(out, "{holding} of {} cases hold, {unread} cannot be read", checked.len())?;
    }
    Ok(ExitCode::from(if unread > 0 { 2 } else { u8::from(holding < checked.len()) }))
}

fn describe(out: &mut impl Write, dir: &Path, result: &Result<Report, ParityError>) -> io::Result<()> {
    let report = match result {
        Ok(report) => report,
        Err(error) => return writeln!(out, "{}: ERROR, {error}\n", dir.display()),
    };
    writeln!(out, "{}: {}", dir.display(), if report.holds() { "holds" } else { "DIFFERS" })?;
    writeln!(out, "  {:<18} {:>7}  {:>8}  {:>8}  {:>8}", "", "tensors", "absolute", "allowed", "relative")?;
    for d in &report.groups {
        let (name, verdict) = (d.group.name(), if d.holds() { "" } else { "DIFFERS at " });
        let (tensors, relative) = (d.tensors, d.relative());
        write!(out, "  {name:<18} {tensors:>7}  {:>8.1e}  {:>8.1e}  {relative:>8.1e}", d.absolute, d.allowed)?;
        writeln!(out, "  {verdict}{}", d.worst)?;
    }
    report.mismatches.iter().try_for_each(|what| writeln!(out, "  DIFFERS: {what}"))?;
    writeln!(out)
}

fn as_value((dir, result): &Checked) -> Value {
    let dir = dir.display().to_string();
    let report = match result {
        Ok(report) => report,
        Err(error) => return json!({ "dir": dir, "holds": false, "error": error.to_string() }),
    };
    let mut groups = Vec::new();
    for d in &report.groups {
        groups.push(json!({
            "group": d.group, "tensors": d.tensors, "values": d.values, "absolute": finite(d.absolute),
            "relative": finite(d.relative()), "allowed": d.allowed, "worst": d.worst, "holds": d.holds(),
        }));
    }
    json!({ "dir": dir, "holds": report.holds(), "groups": groups, "mismatches": report.mismatches })
}

/// JSON has no infinity: a difference to something that is not a number is given as the string "inf".
fn finite(x: f32) -> Value {
    if x.is_finite() { json!(x) } else { json!("inf") }
}
