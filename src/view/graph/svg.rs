//! The graph as one SVG file that needs nothing else and follows the reader's light or dark theme.

use maud::{Markup, PreEscaped, html};

use super::{
    Graph, Node, NodeState,
    layout::{BOX_HEIGHT, COLUMN_GAP, Layout, Place, layout},
};

const STYLE: &str = include_str!("graph.css");
/// Around everything.
const MARGIN: f64 = 24.0;
/// The title above, the legend below.
const TITLE_HEIGHT: f64 = 40.0;
const LEGEND_HEIGHT: f64 = 44.0;
/// Width of an entry of the legend.
const LEGEND_STEP: f64 = 136.0;
/// How far the arrow's head stands before the box.
const HEAD: f64 = 5.0;

/// The drawing.
pub fn svg(graph: &Graph) -> String {
    let layout = layout(graph);
    let states: Vec<NodeState> = graph.states().collect();
    let legend = if states.is_empty() { 0.0 } else { LEGEND_HEIGHT };
    let width = layout.width.max(states.len() as f64 * LEGEND_STEP) + 2.0 * MARGIN;
    let height = layout.height + TITLE_HEIGHT + legend + 2.0 * MARGIN;
    let page = html! {
        svg xmlns="http://www.w3.org/2000/svg" viewBox=(format!("0 0 {width:.0} {height:.0}")) width=(format!("{width:.0}"))
            height=(format!("{height:.0}")) role="img" aria-label=(format!("Stages of {}", graph.name)) {
            style { (PreEscaped(STYLE)) }
            defs {
                marker #head viewBox="0 0 8 8" refX="2" refY="4" markerWidth="8" markerHeight="8" orient="auto-start-reverse" {
                    path .head d="M0 0.5 L7 4 L0 7.5 Z" {}
                }
            }
            rect .ground width="100%" height="100%" {}
            text .title x=(MARGIN) y=(MARGIN + 14.0) { (graph.name) }
            g transform=(format!("translate({MARGIN} {})", MARGIN + TITLE_HEIGHT)) { (drawing(graph, &layout)) }
            g transform=(format!("translate({MARGIN} {})", height - MARGIN)) {
                @for (place, state) in states.iter().enumerate() { (legend_entry(place, *state)) }
            }
        }
    };
    page.into_string() + "\n"
}

fn drawing(graph: &Graph, layout: &Layout) -> Markup {
    html! {
        @for line in &layout.lines { path .edge d=(way(line)) marker-end="url(#head)" {} }
        @for (node, place) in graph.nodes.iter().zip(&layout.boxes) { (stage(node, place)) }
    }
}

fn stage(node: &Node, place: &Place) -> Markup {
    let class = format!("stage {}", node.state.map_or("", NodeState::class));
    let words = node.state.map_or("", NodeState::words);
    let middle = place.x + place.width / 2.0;
    html! {
        g class=(class) {
            title { (node.id) ": " (node.kind) @if !words.is_empty() { ", " (words) } }
            rect x=(round(place.x)) y=(round(place.y - BOX_HEIGHT / 2.0)) width=(round(place.width)) height=(BOX_HEIGHT) rx="7" {}
            text .name x=(round(middle)) y=(round(place.y - 3.0)) { (node.id) }
            text .kind x=(round(middle)) y=(round(place.y + 14.0)) { (node.kind) }
        }
    }
}

/// A line from the right of the first place through the middle of those between to the left of the last: straight within a
/// column, curved between two.
fn way(places: &[Place]) -> String {
    let start = &places[0];
    let mut text = format!("M{} {}", round(start.x + start.width), round(start.y));
    for pair in places.windows(2) {
        let (from, to) = (&pair[0], &pair[1]);
        let is_last = std::ptr::eq(to, &places[places.len() - 1]);
        let (left, right) = (from.x + from.width, if is_last { to.x - HEAD } else { to.x });
        let bend = COLUMN_GAP / 2.0;
        text += &format!(
            " C{} {} {} {} {} {}",
            round(left + bend),
            round(from.y),
            round(right - bend),
            round(to.y),
            round(right),
            round(to.y)
        );
        if !is_last {
            text += &format!(" H{}", round(to.x + to.width));
        }
    }
    text
}

fn legend_entry(place: usize, state: NodeState) -> Markup {
    let x = place as f64 * LEGEND_STEP;
    html! {
        g class=(format!("stage {}", state.class())) {
            rect x=(x) y="-11" width="18" height="12" rx="3" {}
            text .kind .left x=(x + 25.0) y="0" { (state.words()) }
        }
    }
}

/// Tenths of a pixel are enough, and keep the file small.
fn round(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}
