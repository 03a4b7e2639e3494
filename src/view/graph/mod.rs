//! The graph of a pipeline in four forms, each stage in the colour of its state.

mod dot;
mod lanes;
mod layout;
mod mermaid;
mod svg;

pub use dot::dot;
pub use lanes::lanes;
pub use mermaid::mermaid;
pub use svg::svg;

/// A pipeline as its drawers see it.
pub struct Graph {
    /// Name of the pipeline.
    pub name: String,
    /// Its stages, every one after those that it needs.
    pub nodes: Vec<Node>,
}

/// A stage as its drawers see it.
pub struct Node {
    /// Name of the stage.
    pub id: String,
    /// Name of its kind.
    pub kind: String,
    /// How it stands; `None` if nobody looked.
    pub state: Option<NodeState>,
    /// Places of the stages that it needs, ascending.
    pub needs: Vec<usize>,
}

/// How a stage stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeState {
    /// Its result is there.
    Done,
    /// It would run.
    Run,
    /// It would run unless the stages before it give the same bytes as before.
    MayRun,
    /// Files from outside are missing.
    Blocked,
    /// It would run, and failed when it last did.
    Failed,
    /// It runs now.
    Running,
}

impl NodeState {
    /// All of them, in the order of a legend.
    pub const ALL: [Self; 6] = [Self::Done, Self::Running, Self::Run, Self::MayRun, Self::Failed, Self::Blocked];

    /// For people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Done => "up to date",
            Self::Run => "to run",
            Self::MayRun => "may run",
            Self::Blocked => "input missing",
            Self::Failed => "failed last time",
            Self::Running => "running",
        }
    }

    /// For style sheets.
    fn class(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Run => "run",
            Self::MayRun => "mayrun",
            Self::Blocked => "blocked",
            Self::Failed => "failed",
            Self::Running => "running",
        }
    }

    /// Fill and border on a light ground; the style sheet of the SVG has the same, and those for a dark one.
    fn colours(self) -> (&'static str, &'static str) {
        match self {
            Self::Done => ("#e3f4e8", "#3f9a5f"),
            Self::Run => ("#fdf1d8", "#c98a12"),
            Self::MayRun => ("#fffaf0", "#d9b25f"),
            Self::Blocked => ("#fdf0ee", "#d06a5c"),
            Self::Failed => ("#fbdcd8", "#c0392b"),
            Self::Running => ("#dcebfb", "#2f78c4"),
        }
    }
}

impl Graph {
    /// Pairs of places: a stage and one that needs it.
    fn edges(&self) -> impl Iterator<Item = (usize, usize)> {
        self.nodes.iter().enumerate().flat_map(|(to, node)| node.needs.iter().map(move |&from| (from, to)))
    }

    /// The states that occur.
    fn states(&self) -> impl Iterator<Item = NodeState> {
        NodeState::ALL.into_iter().filter(|state| self.nodes.iter().any(|node| node.state == Some(*state)))
    }
}
