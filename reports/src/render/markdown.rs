//! The Markdown form.

use super::grid::{self, Grid};
use crate::Leaderboard;

impl Leaderboard {
    /// GitHub-flavoured Markdown. The best value of a column is bold.
    pub fn markdown(&self) -> String {
        let mut text = format!("# {}\n", escape(&self.title));
        if self.tables.is_empty() {
            text += "\nNothing has been evaluated yet.\n";
        }
        let tables = self.tables.iter().map(|table| grid::table(table, self.digits));
        let comparisons = self.comparisons.iter().map(|comparison| grid::comparison(comparison, self.digits));
        let provenance = (!self.origins.is_empty()).then(|| grid::provenance(self));
        for grid in tables.chain(comparisons).chain(provenance) {
            text += &section(&grid);
        }
        text
    }
}

fn section(grid: &Grid) -> String {
    let mut text = format!("\n## {}\n\n{}", escape(&grid.caption), table(grid));
    grid.notes.iter().for_each(|note| text += &format!("\n{note}\n"));
    text
}

/// The table alone.
pub(super) fn table(grid: &Grid) -> String {
    let header: Vec<String> = grid.header.iter().map(|word| escape(word)).collect();
    let rule: Vec<&str> = (0..header.len()).map(|i| if grid.numbers.contains(&i) { "--:" } else { ":--" }).collect();
    let mut text = row(&header) + &row(&rule);
    for line in &grid.lines {
        let bold = |text: String, best: bool| if best { format!("**{text}**") } else { text };
        text += &row(&line.cells.iter().map(|cell| bold(escape(&cell.text), cell.best)).collect::<Vec<_>>());
    }
    text
}

fn row(cells: &[impl AsRef<str>]) -> String {
    let cells: Vec<&str> = cells.iter().map(AsRef::as_ref).collect();
    format!("| {} |\n", cells.join(" | "))
}

/// Takes their meaning from the characters that Markdown would act on inside a table.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' => escaped.push(' '),
            '|' | '*' | '_' | '`' | '<' | '[' | ']' | '\\' => escaped.extend(['\\', c]),
            _ => escaped.push(c),
        }
    }
    escaped
}
