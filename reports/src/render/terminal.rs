//! The terminal form.

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{Attribute, Cell, CellAlignment, Color, ContentArrangement};

use super::grid::{self, Grid, GridLine};
use crate::{Kind, Leaderboard, Table};

impl Leaderboard {
    /// Text for a terminal of `width` columns. A table that is too wide is split by data set, and then wrapped.
    /// Best values are bold in colour only.
    pub fn terminal(&self, width: u16, colour: bool) -> String {
        let mut text = format!("{}\n{}\n", self.title, "=".repeat(self.title.chars().count()));
        if self.tables.is_empty() {
            text += "\nNothing has been evaluated yet.\n";
        }
        let tables = self.tables.iter().flat_map(|table| fitting(table, self.digits, width));
        let comparisons = self.comparisons.iter().map(|comparison| grid::comparison(comparison, self.digits));
        let provenance = (!self.origins.is_empty()).then(|| grid::provenance(self));
        for grid in tables.chain(comparisons).chain(provenance) {
            text += &format!("\n{}\n{}\n", grid.caption, draw(&grid, Some(width), colour));
            grid.notes.iter().for_each(|note| text += &format!("{note}\n"));
        }
        text
    }
}

/// The table whole, or else one part a data set.
fn fitting(table: &Table, digits: usize, width: u16) -> Vec<Grid> {
    let whole = grid::table(table, digits);
    let widest = draw(&whole, None, false).lines().map(|line| line.chars().count()).max();
    match widest > Some(width.into()) {
        true => table.by_dataset().iter().map(|part| grid::table(part, digits)).collect(),
        false => vec![whole],
    }
}

/// Draws the grid, wrapped to `width` where one is given.
pub(super) fn draw(grid: &Grid, width: Option<u16>, colour: bool) -> String {
    let mut table = comfy_table::Table::new();
    table.load_preset(UTF8_FULL_CONDENSED).set_header(&grid.header);
    match width {
        Some(width) => table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width),
        None => table.set_content_arrangement(ContentArrangement::Disabled),
    };
    if colour {
        table.enforce_styling()
    } else {
        table.force_no_tty()
    };
    for line in &grid.lines {
        table.add_row(cells(line));
    }
    for column in table.column_iter_mut().take(grid.numbers.end).skip(grid.numbers.start) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.trim_fmt()
}

fn cells(line: &GridLine) -> impl Iterator<Item = Cell> {
    line.cells.iter().map(|cell| {
        let text = Cell::new(&cell.text);
        let text = if cell.best { text.add_attribute(Attribute::Bold) } else { text };
        match line.kind {
            Kind::Own => text,
            Kind::Baseline => text.fg(Color::DarkGrey),
            Kind::Published => text.fg(Color::Blue),
        }
    })
}
