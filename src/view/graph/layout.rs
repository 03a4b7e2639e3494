//! Where the boxes and lines of a drawing go: stages in columns from left to right, each one column after the last that it
//! needs, ordered so that few lines cross.

use rust_sugiyama::{
    configure::{Config, CrossingMinimization, RankingType},
    from_vertices_and_edges,
};

use super::Graph;

/// Height of a box.
pub const BOX_HEIGHT: f64 = 46.0;
/// Between two boxes of a column.
const ROW_GAP: f64 = 18.0;
/// Between two columns.
pub const COLUMN_GAP: f64 = 56.0;
/// Height that a line takes which passes a column.
const LINE_HEIGHT: f64 = 14.0;
/// Width of a letter of a stage's name, and what a box adds to its letters.
const LETTER_WIDTH: f64 = 7.8;
const BOX_PADDING: f64 = 28.0;

/// A rectangle or a point of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    /// Left edge.
    pub x: f64,
    /// Middle, from the top.
    pub y: f64,
    /// Width.
    pub width: f64,
}

/// A drawing without its looks.
pub struct Layout {
    /// Where each stage is.
    pub boxes: Vec<Place>,
    /// For each edge what it passes from the stage that it comes from to the one that it leads to.
    pub lines: Vec<Vec<Place>>,
    /// Width of it all.
    pub width: f64,
    /// Height of it all.
    pub height: f64,
}

/// The stages, and a point for every column that an edge passes.
struct Points {
    /// By point: its column.
    column: Vec<usize>,
    /// Pairs of points in neighbouring columns.
    links: Vec<(u32, u32)>,
    /// By edge: the points on its way, the stages at its ends among them.
    ways: Vec<Vec<usize>>,
}

/// Places everything.
pub fn layout(graph: &Graph) -> Layout {
    let points = points(graph);
    let stages = graph.nodes.len();
    let (rows, height) = rows(&points, stages);
    let width_of = |at: usize| {
        let letters = graph.nodes[at].id.chars().count().max(graph.nodes[at].kind.chars().count());
        letters as f64 * LETTER_WIDTH + BOX_PADDING
    };
    let mut widths = vec![0.0_f64; points.column.iter().max().map_or(0, |last| last + 1)];
    for at in 0..stages {
        let width = &mut widths[points.column[at]];
        *width = width.max(width_of(at));
    }
    let lefts: Vec<f64> = widths
        .iter()
        .scan(0.0, |next, width| {
            let left = *next;
            *next += width + COLUMN_GAP;
            Some(left)
        })
        .collect();
    let place = |at: usize| Place { x: lefts[points.column[at]], y: rows[at], width: widths[points.column[at]] };
    Layout {
        boxes: (0..stages).map(place).collect(),
        lines: points.ways.iter().map(|way| way.iter().map(|&at| place(at)).collect()).collect(),
        width: lefts.last().zip(widths.last()).map_or(0.0, |(left, width)| left + width),
        height,
    }
}

fn points(graph: &Graph) -> Points {
    let mut column = vec![0; graph.nodes.len()];
    for (from, to) in graph.edges() {
        column[to] = column[to].max(column[from] + 1);
    }
    let (mut links, mut ways) = (Vec::new(), Vec::new());
    for (from, to) in graph.edges() {
        let mut way = vec![from];
        for passed in column[from] + 1..column[to] {
            way.push(column.len());
            column.push(passed);
        }
        way.push(to);
        links.extend(way.windows(2).map(|pair| (pair[0] as u32, pair[1] as u32)));
        ways.push(way);
    }
    Points { column, links, ways }
}

/// The middle of every point from the top, and the height of it all. Parts of the graph that no edge joins lie below each
/// other.
fn rows(points: &Points, stages: usize) -> (Vec<f64>, f64) {
    let size = |at: usize| if at < stages { BOX_HEIGHT } else { LINE_HEIGHT };
    let vertices: Vec<(u32, (f64, f64))> = (0..points.column.len()).map(|at| (at as u32, (size(at), 1.0))).collect();
    let config = Config {
        vertex_spacing: ROW_GAP,
        dummy_vertices: false,
        ranking_type: RankingType::Up,
        c_minimization: CrossingMinimization::Barycenter,
        transpose: true,
        ..Config::default()
    };
    let mut rows = vec![0.0; points.column.len()];
    let mut top = 0.0;
    for (part, ..) in from_vertices_and_edges(&vertices, &points.links, &config) {
        let edge = |of: f64, at: usize, sign: f64| of + sign * size(at) / 2.0;
        let low = part.iter().map(|(at, (x, _))| edge(*x, *at, -1.0)).fold(f64::INFINITY, f64::min);
        let high = part.iter().map(|(at, (x, _))| edge(*x, *at, 1.0)).fold(f64::NEG_INFINITY, f64::max);
        part.iter().for_each(|(at, (x, _))| rows[*at] = x - low + top);
        top += high - low + ROW_GAP;
    }
    (rows, (top - ROW_GAP).max(0.0))
}
