//! The graph as plain text: a line a stage, with a lane for every result that is still to be read.

use console::{Style, style};

use super::{Graph, NodeState};

/// A lane: the stage whose result it carries and how many stages have yet to read it.
type Lane = Option<(usize, usize)>;

/// The graph for a terminal.
pub fn lanes(graph: &Graph) -> String {
    let mut readers = vec![0; graph.nodes.len()];
    graph.edges().for_each(|(from, _)| readers[from] += 1);
    let mut lanes: Vec<Lane> = Vec::new();
    let drawn: Vec<String> = (0..graph.nodes.len()).map(|at| draw(graph, at, readers[at], &mut lanes)).collect();
    let width = |of: &dyn Fn(usize) -> usize| (0..graph.nodes.len()).map(of).max().unwrap_or(0);
    let (drawing, ids) = (width(&|at| drawn[at].chars().count()), width(&|at| graph.nodes[at].id.len()));
    let kinds = width(&|at| graph.nodes[at].kind.len());
    let mut text = String::new();
    for (node, drawn) in graph.nodes.iter().zip(&drawn) {
        let state = node.state.map_or(String::new(), |state| colour(state).apply_to(state.words()).to_string());
        let kind = style(format!("{:<kinds$}", node.kind)).dim();
        text += format!("{drawn:<drawing$}  {:<ids$}  {kind}  {state}", node.id).trim_end();
        text.push('\n');
    }
    text
}

/// The drawing of a line: lines from the lanes that the stage reads to the one that it opens.
fn draw(graph: &Graph, at: usize, readers: usize, lanes: &mut Vec<Lane>) -> String {
    let reads: Vec<bool> =
        lanes.iter().map(|lane| lane.is_some_and(|(from, _)| graph.nodes[at].needs.contains(&from))).collect();
    for (lane, _) in lanes.iter_mut().zip(&reads).filter(|(_, reads)| **reads) {
        *lane = lane.map(|(from, left)| (from, left - 1)).filter(|(_, left)| *left > 0);
    }
    let own = own_lane(lanes, &reads);
    let first = reads.iter().position(|reads| *reads).unwrap_or(own);
    let (left, right) = (first.min(own), own.max(reads.iter().rposition(|reads| *reads).unwrap_or(own)));
    let count = lanes.len().max(own + 1).max(reads.len());
    let mut text = String::new();
    for place in 0..count {
        let is_open = lanes.get(place).is_some_and(Option::is_some);
        let is_read = reads.get(place).copied().unwrap_or(false);
        let inside = place > left && place < right;
        text.push(match (place == own, is_read, is_open) {
            (true, ..) => '●',
            (_, true, true) if place == left => '├',
            (_, true, true) if place == right => '┤',
            (_, true, false) if place == left => '└',
            (_, true, false) if place == right => '┘',
            (_, true, true) => '┼',
            (_, true, false) => '┴',
            (_, false, true) if inside => '┼',
            (_, false, true) => '│',
            (_, false, false) if inside => '─',
            _ => ' ',
        });
        text.push(if place >= left && place < right { '─' } else { ' ' });
    }
    if readers > 0 {
        if own == lanes.len() {
            lanes.push(None);
        }
        lanes[own] = Some((at, readers));
    }
    while lanes.last().is_some_and(Option::is_none) {
        lanes.pop();
    }
    text.trim_end().to_owned()
}

/// The first lane that was free before the stage and is no lane that it reads, so that its dot is seen beside them.
fn own_lane(lanes: &[Lane], reads: &[bool]) -> usize {
    (0..lanes.len()).find(|&place| lanes[place].is_none() && !reads[place]).unwrap_or(lanes.len())
}

fn colour(state: NodeState) -> Style {
    match state {
        NodeState::Done => Style::new().green(),
        NodeState::Run => Style::new().yellow(),
        NodeState::MayRun => Style::new().yellow().dim(),
        NodeState::Blocked => Style::new().red().dim(),
        NodeState::Failed => Style::new().red().bold(),
        NodeState::Running => Style::new().cyan(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Node;
    use super::*;

    fn graph(needs: &[&[usize]]) -> Graph {
        let node = |(at, needs): (usize, &&[usize])| Node {
            id: format!("s{at}"),
            kind: "K".to_owned(),
            state: None,
            needs: needs.to_vec(),
        };
        Graph { name: "g".to_owned(), nodes: needs.iter().enumerate().map(node).collect() }
    }

    #[test]
    fn results_are_lanes_until_they_are_read() {
        let drawing = lanes(&graph(&[&[], &[0], &[0], &[1, 2]]));
        let lines: Vec<&str> = drawing.lines().map(|line| line.split("  ").next().expect("a drawing")).collect();
        assert_eq!(lines, ["●", "├─●", "└─┼─●", "●─┴─┘"]);
    }

    #[test]
    fn stages_without_edges_are_dots() {
        assert_eq!(lanes(&graph(&[&[], &[]])), "●  s0  K\n●  s1  K\n");
    }
}
