//! The graph as a Mermaid flow chart, which GitHub draws in Markdown.

use super::{Graph, NodeState};

/// The graph for Mermaid.
pub fn mermaid(graph: &Graph) -> String {
    let mut text = "flowchart LR\n".to_owned();
    for (at, node) in graph.nodes.iter().enumerate() {
        let class = node.state.map_or(String::new(), |state| format!(":::{}", state.class()));
        text += &format!("  s{at}[\"{}<br/>{}\"]{class}\n", node.id, node.kind);
    }
    for (from, to) in graph.edges() {
        text += &format!("  s{from} --> s{to}\n");
    }
    for state in graph.states() {
        let (fill, border) = state.colours();
        let dashed = if matches!(state, NodeState::MayRun | NodeState::Blocked) { ",stroke-dasharray:4" } else { "" };
        text += &format!("  classDef {} fill:{fill},stroke:{border},color:#222{dashed}\n", state.class());
    }
    text
}
