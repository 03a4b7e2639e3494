//! Tests of the crate through its public API: pipeline files in, messages, plans and stores out.

mod attempts;
mod bases;
mod command;
mod damage;
mod expansion;
mod freshness;
mod fuzz;
mod known;
mod lists;
mod mistakes;
mod parallel;
mod planning;
mod probe;
mod processes;
mod properties;
mod records;
mod running;
mod selecting;
mod support;
