//! The `simvg-pipe` command.

fn main() {}
