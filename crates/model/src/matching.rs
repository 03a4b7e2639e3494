//! The assignment of predictions to targets that costs least: shortest augmenting paths with potentials (Jonker and
//! Volgenant 1987, in the form of Crouse 2016 that scipy uses, whose order among equals is kept).

/// A cost matrix, row-major `[rows, cols]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Costs {
    rows: usize,
    cols: usize,
    data: Vec<f64>,
}

impl Costs {
    /// Cost of every (row, column) pair.
    pub fn new(rows: usize, cols: usize, cost: impl Fn(usize, usize) -> f64) -> Self {
        let data = (0..rows * cols).map(|i| cost(i / cols, i % cols)).collect();
        Self { rows, cols, data }
    }

    fn at(&self, row: usize, col: usize) -> f64 {
        self.data[row * self.cols + col]
    }

    fn transposed(&self) -> Self {
        Self::new(self.cols, self.rows, |r, c| self.at(c, r))
    }
}

/// Pairs (row, column) of least total cost, by row; as many as the smaller side has. Costs that are not finite take part
/// as they are: a row that only offers NaN gets no partner.
pub fn assign(costs: &Costs) -> Vec<(usize, usize)> {
    let flip = costs.rows > costs.cols;
    let wide = if flip { costs.transposed() } else { costs.clone() };
    let mut search = Search::new(&wide);
    (0..wide.rows).for_each(|row| search.add_row(row));
    let owners = search.owner.iter().enumerate();
    let mut pairs: Vec<_> =
        owners.filter_map(|(col, &row)| row.map(|r| if flip { (col, r) } else { (r, col) })).collect();
    pairs.sort_unstable();
    pairs
}

/// Rows assigned so far, and the potentials that prove them optimal.
struct Search<'a> {
    costs: &'a Costs,
    row_potential: Vec<f64>,
    col_potential: Vec<f64>,
    /// Row that holds a column.
    owner: Vec<Option<usize>>,
}

/// Shortest paths from one row to the columns.
struct Paths {
    distance: Vec<f64>,
    /// Column before this one on its path; none if it is the first.
    previous: Vec<Option<usize>>,
    done: Vec<bool>,
}

impl<'a> Search<'a> {
    fn new(costs: &'a Costs) -> Self {
        let (rows, cols) = (costs.rows, costs.cols);
        Self { costs, row_potential: vec![0.0; rows], col_potential: vec![0.0; cols], owner: vec![None; cols] }
    }

    fn add_row(&mut self, row: usize) {
        let cols = self.costs.cols;
        let mut paths =
            Paths { distance: vec![f64::INFINITY; cols], previous: vec![None; cols], done: vec![false; cols] };
        let Some((end, length)) = self.shortest_path(row, &mut paths) else { return };
        self.raise_potentials(row, end, length, &paths);
        self.swap_along(row, end, &paths);
    }

    /// Grows the tree of shortest paths until it meets a free column; returns that column and its distance.
    fn shortest_path(&self, start: usize, paths: &mut Paths) -> Option<(usize, f64)> {
        // The order of this list decides between equals.
        let mut todo: Vec<usize> = (0..self.costs.cols).rev().collect();
        let (mut row, mut base, mut last) = (start, 0.0, None);
        loop {
            let at = self.scan(row, base, last, &todo, paths)?;
            let col = todo.swap_remove(at);
            paths.done[col] = true;
            base = paths.distance[col];
            match self.owner[col] {
                None => return Some((col, base)),
                Some(owner) => (row, last) = (owner, Some(col)),
            }
        }
    }

    /// Updates the distances through `row` and returns the place in `todo` of the nearest column.
    fn scan(&self, row: usize, base: f64, last: Option<usize>, todo: &[usize], paths: &mut Paths) -> Option<usize> {
        let (mut best, mut at) = (f64::INFINITY, None);
        for (i, &col) in todo.iter().enumerate() {
            let distance = base + self.costs.at(row, col) - self.row_potential[row] - self.col_potential[col];
            if distance < paths.distance[col] {
                (paths.distance[col], paths.previous[col]) = (distance, last);
            }
            let d = paths.distance[col];
            if d < best || (d == best && d.is_finite() && self.owner[col].is_none()) {
                (best, at) = (d, Some(i));
            }
        }
        at
    }

    fn raise_potentials(&mut self, row: usize, end: usize, length: f64, paths: &Paths) {
        self.row_potential[row] += length;
        for col in (0..self.costs.cols).filter(|&col| paths.done[col] && col != end) {
            let slack = length - paths.distance[col];
            self.col_potential[col] -= slack;
            if let Some(owner) = self.owner[col] {
                self.row_potential[owner] += slack;
            }
        }
    }

    fn swap_along(&mut self, row: usize, end: usize, paths: &Paths) {
        let mut col = end;
        while let Some(previous) = paths.previous[col] {
            self.owner[col] = self.owner[previous];
            col = previous;
        }
        self.owner[col] = Some(row);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn total(costs: &Costs, pairs: &[(usize, usize)]) -> f64 {
        pairs.iter().map(|&(r, c)| costs.at(r, c)).sum()
    }

    /// Least cost over all ways to give each of the rows from `row` on a column of its own; rows <= cols.
    fn brute_force(costs: &Costs, row: usize, used: u32) -> f64 {
        if row == costs.rows {
            return 0.0;
        }
        let free = (0..costs.cols).filter(|c| used & (1 << c) == 0);
        free.map(|c| costs.at(row, c) + brute_force(costs, row + 1, used | (1 << c))).fold(f64::INFINITY, f64::min)
    }

    proptest! {
        #[test]
        fn no_assignment_is_cheaper(rows in 1usize..5, extra in 0usize..3, seed in prop::collection::vec(-9i32..9, 28)) {
            let costs = Costs::new(rows, rows + extra, |r, c| f64::from(seed[r * (rows + extra) + c]));
            let pairs = assign(&costs);
            prop_assert_eq!(pairs.len(), rows);
            prop_assert_eq!(total(&costs, &pairs), brute_force(&costs, 0, 0));
            let tall = costs.transposed();
            prop_assert_eq!(total(&tall, &assign(&tall)), total(&costs, &pairs));
        }
    }

    #[test]
    fn an_empty_side_gives_no_pairs() {
        assert_eq!(assign(&Costs::new(0, 3, |_, _| 0.0)), []);
        assert_eq!(assign(&Costs::new(3, 0, |_, _| 0.0)), []);
    }

    #[test]
    fn a_row_of_nan_does_not_hang_or_panic() {
        let costs = Costs::new(2, 2, |r, c| if r == 0 { f64::NAN } else { c as f64 });
        assert_eq!(assign(&costs), [(1, 0)]);
    }
}
