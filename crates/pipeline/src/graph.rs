//! The stages of a pipeline and their edges as text for graph drawers.

use std::fmt::Write;

use crate::Pipeline;

/// The pipeline in the DOT language of Graphviz.
pub fn dot(pipeline: &Pipeline) -> String {
    let mut text = format!("digraph \"{}\" {{\n  rankdir=LR;\n  node [shape=box];\n", pipeline.name);
    for stage in &pipeline.stages {
        push(&mut text, format_args!("  \"{}\" [label=\"{}\\n{}\"];\n", stage.id, stage.id, stage.kind.name()));
    }
    for (from, to) in edges(pipeline) {
        push(&mut text, format_args!("  \"{}\" -> \"{}\";\n", pipeline.stages[from].id, pipeline.stages[to].id));
    }
    text + "}\n"
}

/// The pipeline as a Mermaid flow chart.
pub fn mermaid(pipeline: &Pipeline) -> String {
    let mut text = "flowchart LR\n".to_owned();
    for (at, stage) in pipeline.stages.iter().enumerate() {
        push(&mut text, format_args!("  s{at}[\"{}<br/>{}\"]\n", stage.id, stage.kind.name()));
    }
    for (from, to) in edges(pipeline) {
        push(&mut text, format_args!("  s{from} --> s{to}\n"));
    }
    text
}

/// Pairs of positions: a stage and one that needs it.
fn edges(pipeline: &Pipeline) -> impl Iterator<Item = (usize, usize)> {
    let stages = pipeline.stages.iter().enumerate();
    stages.flat_map(|(to, stage)| stage.needs.iter().map(move |&from| (from, to)))
}

fn push(text: &mut String, part: std::fmt::Arguments<'_>) {
    text.write_fmt(part).expect("writing to a String never fails");
}
