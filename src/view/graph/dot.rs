//! The graph in the DOT language of Graphviz.

use super::{Graph, Node, NodeState};

/// The graph for Graphviz.
pub fn dot(graph: &Graph) -> String {
    let mut text = format!("digraph \"{}\" {{\n  rankdir=LR;\n", graph.name);
    text += "  node [shape=box, style=\"rounded,filled\", fillcolor=white, fontname=\"sans-serif\"];\n";
    for node in &graph.nodes {
        text += &format!("  \"{}\" [label=\"{}\\n{}\"{}];\n", node.id, node.id, node.kind, look(node));
    }
    for (from, to) in graph.edges() {
        text += &format!("  \"{}\" -> \"{}\";\n", graph.nodes[from].id, graph.nodes[to].id);
    }
    text + "}\n"
}

fn look(node: &Node) -> String {
    let Some(state) = node.state else { return String::new() };
    let (fill, border) = state.colours();
    let dashed =
        if matches!(state, NodeState::MayRun | NodeState::Blocked) { ", style=\"rounded,filled,dashed\"" } else { "" };
    format!(", fillcolor=\"{fill}\", color=\"{border}\", tooltip=\"{}\"{dashed}", state.words())
}
