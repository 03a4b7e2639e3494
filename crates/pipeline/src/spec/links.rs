//! Puts stages in an order in which each comes after all that it needs, or shows the circle that forbids one.

use petgraph::{
    algo::{tarjan_scc, toposort},
    graph::{DiGraph, NodeIndex},
};

use super::{convert::Reference, findings::Findings};

/// What each stage refers to, by position.
pub(crate) struct Links<'a> {
    /// Names of the stages.
    pub ids: &'a [String],
    /// Where each of them uses others.
    pub references: &'a [Vec<Reference>],
}

impl Links<'_> {
    /// Positions of the stages that `stage` needs, ascending, each once.
    pub fn needs(&self, stage: usize) -> Vec<usize> {
        let mut needs: Vec<usize> = self.references[stage].iter().map(|reference| reference.stage).collect();
        needs.sort_unstable();
        needs.dedup();
        needs
    }

    /// The stages in an order that can be run: the file's own order wherever it can be kept.
    pub fn order(&self, findings: &mut Findings) -> Option<Vec<usize>> {
        let graph = self.graph();
        match toposort(&graph, None) {
            Ok(order) => Some(order.into_iter().map(|node| graph[node]).collect()),
            Err(_) => {
                self.report_circles(&graph, findings);
                None
            }
        }
    }

    /// An edge from every stage to those that need it. Nodes are numbered from the last stage to the first, because the
    /// depth first search of `toposort` gives what it visits first the last place: so a file in order keeps its order.
    fn graph(&self) -> DiGraph<usize, ()> {
        let count = self.ids.len();
        let mut graph = DiGraph::new();
        let nodes: Vec<NodeIndex> = (0..count).rev().map(|at| graph.add_node(at)).collect();
        let node = |at: usize| nodes[count - 1 - at];
        for at in 0..count {
            for needed in self.needs(at) {
                graph.add_edge(node(needed), node(at), ());
            }
        }
        graph
    }

    /// Reports one circle of every group of stages that need each other.
    fn report_circles(&self, graph: &DiGraph<usize, ()>, findings: &mut Findings) {
        for component in tarjan_scc(graph) {
            let mut members: Vec<usize> = component.into_iter().map(|node| graph[node]).collect();
            members.sort_unstable();
            if members.len() > 1 || self.needs(members[0]).contains(&members[0]) {
                self.report_circle(&self.circle(&members), findings);
            }
        }
    }

    fn report_circle(&self, circle: &[usize], findings: &mut Findings) {
        let names: Vec<&str> = circle.iter().chain(&circle[..1]).map(|&at| self.ids[at].as_str()).collect();
        let next = circle[1 % circle.len()];
        for reference in self.references[circle[0]].iter().filter(|reference| reference.stage == next).take(1) {
            let message = format!("stages need each other in a circle: {}", names.join(" -> "));
            let help = "an arrow points to what a stage needs; take one of them away".to_owned();
            findings.report(reference.span, message, "the circle goes through here", Some(help));
        }
    }

    /// Follows needs within `members`, which all lie on circles, until a stage comes up again.
    fn circle(&self, members: &[usize]) -> Vec<usize> {
        let mut path = vec![members[0]];
        loop {
            let needs = self.needs(path[path.len() - 1]);
            let Some(&next) = needs.iter().find(|needed| members.binary_search(needed).is_ok()) else { return path };
            if let Some(start) = path.iter().position(|&at| at == next) {
                return path.split_off(start);
            }
            path.push(next);
        }
    }
}
