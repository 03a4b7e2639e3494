//! Sets and maps of ids. Annotation files have millions of them, and the standard library's hash takes a good part of the
//! time that reading takes; this one is keyed at random too, so that no file can make all ids collide.

use std::collections::{HashMap, HashSet};

use foldhash::fast::RandomState;

/// Values by id.
pub type IdMap<V> = HashMap<i64, V, RandomState>;

/// Ids.
pub type IdSet = HashSet<i64, RandomState>;

/// Things that are looked up by a number of their own, in no more memory than they take themselves.
#[derive(Clone, Debug)]
pub struct ById<T> {
    /// In the order of their ids.
    all: Vec<T>,
    id: fn(&T) -> i64,
}

impl<T> ById<T> {
    /// Orders the things; of those with the same id the first counts, and `again` gets the id of each other.
    pub fn new(mut all: Vec<T>, id: fn(&T) -> i64, mut again: impl FnMut(i64)) -> Self {
        if !all.is_sorted_by_key(id) {
            all.sort_by_key(id);
        }
        all.dedup_by(|next, kept| {
            let same = id(next) == id(kept);
            if same {
                again(id(next));
            }
            same
        });
        Self { all, id }
    }

    /// Where the thing of that id is. Most files number without a gap.
    fn place(&self, id: i64) -> Option<usize> {
        let first = (self.id)(self.all.first()?);
        let expected = id.checked_sub(first).and_then(|place| usize::try_from(place).ok());
        let there = expected.filter(|&place| self.all.get(place).is_some_and(|known| (self.id)(known) == id));
        there.or_else(|| self.all.binary_search_by_key(&id, self.id).ok())
    }

    /// The thing of that id.
    pub fn get(&self, id: i64) -> Option<&T> {
        self.place(id).map(|place| &self.all[place])
    }

    /// The thing of that id, to change it.
    pub fn get_mut(&mut self, id: i64) -> Option<&mut T> {
        self.place(id).map(|place| &mut self.all[place])
    }

    /// All of them as something else, of which `id` tells the same ids.
    pub fn map<U>(self, make: impl FnMut(T) -> U, id: fn(&U) -> i64) -> ById<U> {
        ById { all: self.all.into_iter().map(make).collect(), id }
    }
}

/// The places of ids that occurred before. Ids that only grow need no set.
pub fn repeated(ids: impl Iterator<Item = i64> + Clone) -> HashSet<usize> {
    if ids.clone().is_sorted_by(|a, b| a < b) {
        return HashSet::new();
    }
    let mut seen = IdSet::default();
    ids.enumerate().filter(|(_, id)| !seen.insert(*id)).map(|(place, _)| place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_are_found_with_and_without_gaps() {
        for ids in [vec![3, 4, 5], vec![5, -2, 9, i64::MIN, i64::MAX], vec![7]] {
            let by_id = ById::new(ids.clone(), |id| *id, |_| panic!("none is there twice"));
            assert!(ids.iter().all(|&id| by_id.get(id) == Some(&id)));
            assert_eq!((by_id.get(6), by_id.get(0)), (None, None));
        }
        assert_eq!(ById::new(Vec::<i64>::new(), |id| *id, |_| {}).get(1), None);
    }

    #[test]
    fn the_first_of_an_id_counts() {
        let mut again = Vec::new();
        let by_id = ById::new(vec![(2, 'a'), (1, 'b'), (2, 'c'), (2, 'd')], |entry| entry.0, |id| again.push(id));
        assert_eq!((by_id.get(2), again), (Some(&(2, 'a')), vec![2, 2]));
        assert_eq!(repeated([1, 5, 5, 1].into_iter()), HashSet::from([2, 3]));
    }
}
