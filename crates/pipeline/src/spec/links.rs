//! Puts stages in an order in which each comes after all that it needs, or shows the circle that forbids one.

use std::{cmp::Reverse, collections::BinaryHeap};

use petgraph::{
    algo::tarjan_scc,
    graph::{DiGraph, NodeIndex},
};

use super::{convert::Reference, findings::Findings};

/// What each stage refers to, by position.
pub(crate) struct Links<'a> {
    /// Names of the stages.
    ids: &'a [&'a str],
    /// Where each of them uses others.
    references: &'a [Vec<Reference>],
    /// Positions of the stages that each needs, ascending, each once.
    needs: Vec<Vec<usize>>,
}

impl<'a> Links<'a> {
    /// The links between the stages called `ids`, given where each of them uses others.
    pub fn new(ids: &'a [&'a str], references: &'a [Vec<Reference>]) -> Self {
        let needs = |uses: &Vec<Reference>| {
            let mut needs: Vec<usize> = uses.iter().map(|reference| reference.stage).collect();
            needs.sort_unstable();
            needs.dedup();
            needs
        };
        Self { ids, references, needs: references.iter().map(needs).collect() }
    }

    /// Positions of the stages that `stage` needs, ascending, each once.
    pub fn needs(&self, stage: usize) -> &[usize] {
        &self.needs[stage]
    }

    /// The stages in an order that can be run: of those that could come next, always the one that is first in the file.
    pub fn order(&self, findings: &mut Findings) -> Option<Vec<usize>> {
        let count = self.ids.len();
        let mut unmet = vec![0; count];
        let mut followers: Vec<Vec<usize>> = vec![Vec::new(); count];
        for (at, unmet) in unmet.iter_mut().enumerate() {
            let needs = self.needs(at);
            *unmet = needs.len();
            needs.iter().for_each(|&needed| followers[needed].push(at));
        }
        let mut ready: BinaryHeap<Reverse<usize>> = (0..count).filter(|&at| unmet[at] == 0).map(Reverse).collect();
        let mut order = Vec::with_capacity(count);
        while let Some(Reverse(at)) = ready.pop() {
            order.push(at);
            for &follower in &followers[at] {
                unmet[follower] -= 1;
                if unmet[follower] == 0 {
                    ready.push(Reverse(follower));
                }
            }
        }
        if order.len() < count {
            self.report_circles(findings);
        }
        (order.len() == count).then_some(order)
    }

    /// Reports one circle of every group of stages that need each other.
    fn report_circles(&self, findings: &mut Findings) {
        let count = self.ids.len();
        let index = |at: usize| NodeIndex::<usize>::new(at);
        let edges = (0..count).flat_map(|at| self.needs(at).iter().map(move |&needed| (index(needed), index(at))));
        let mut graph = DiGraph::<(), (), usize>::from_edges(edges);
        while graph.node_count() < count {
            graph.add_node(());
        }
        for component in tarjan_scc(&graph) {
            let mut members: Vec<usize> = component.into_iter().map(NodeIndex::index).collect();
            members.sort_unstable();
            if members.len() > 1 || self.needs(members[0]).contains(&members[0]) {
                self.report_circle(&self.circle(&members), findings);
            }
        }
    }

    fn report_circle(&self, circle: &[usize], findings: &mut Findings) {
        let names: Vec<&str> = circle.iter().chain(&circle[..1]).map(|&at| self.ids[at]).collect();
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
