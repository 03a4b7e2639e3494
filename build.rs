//! Links the program at a fixed address where the system allows it.
//!
//! Its libraries hold 340,000 addresses. In a program that can lie anywhere, all of them are put right at every start, which
//! takes 4 ms: more than all that `simvg-pipe check` does with a small pipeline, and every Tab of a completion waits for it.

use std::env::var;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let target = |name: &str| var(format!("CARGO_CFG_TARGET_{name}")).unwrap_or_default();
    if target("OS") == "linux" && target("ENV") == "gnu" {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
}
