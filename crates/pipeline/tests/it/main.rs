//! Tests of the crate through its public API: pipeline files in, messages, plans and stores out.

mod bases;
mod command;
mod damage;
mod expansion;
mod freshness;
mod mistakes;
mod properties;
mod records;
mod running;
mod support;
