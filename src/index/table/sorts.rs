//! Sorts of rows: those that are alike in everything that decides beside birth, unit and ties.
//!
//! A million people are of a few hundred sorts, so whoever judges them judges sorts. Invariants: two
//! rows of one sort have the same value of each facet of [`SORTED_BY`]; a sort never changes its
//! meaning while the program runs.

use hashbrown::HashMap;

use crate::index::table::index;
use crate::wire::registry::Facet;

/// The facets by which rows are of one sort.
pub(super) const SORTED_BY: [Facet; 6] =
    [Facet::Status, Facet::Category, Facet::Rank, Facet::Sex, Facet::Health, Facet::Class];

/// The values of a row, by place in their columns.
pub(super) type Key = [Option<u16>; SORTED_BY.len()];

/// No sort.
const NONE: u16 = u16::MAX;

/// The sort of each row.
#[derive(Debug, Clone, Default)]
pub(in crate::index) struct Sorts {
    numbers: HashMap<Key, u16>,
    of_row: Vec<u16>,
}

impl Sorts {
    /// Gives a row that has none its sort. None past 65,535 sorts, which lists as long as the law's do
    /// not make: such a row is judged alone.
    pub(super) fn put(&mut self, row: u32, key: Key) {
        let next = u16::try_from(self.numbers.len()).unwrap_or(NONE);
        let number = match self.numbers.get(&key) {
            Some(number) => *number,
            None if next == NONE => NONE,
            None => *self.numbers.entry(key).or_insert(next),
        };
        if self.of_row.len() <= index(row) {
            self.of_row.resize(index(row) + 1, NONE);
        }
        self.of_row[index(row)] = number;
    }

    /// Takes a row's sort away.
    pub(super) fn clear(&mut self, row: u32) {
        if let Some(of_row) = self.of_row.get_mut(index(row)) {
            *of_row = NONE;
        }
    }

    /// The sort of a row, from 0.
    #[inline]
    pub(in crate::index) fn get(&self, row: u32) -> Option<usize> {
        self.of_row.get(index(row)).filter(|sort| **sort != NONE).map(|sort| usize::from(*sort))
    }

    /// How many sorts were ever met.
    pub(in crate::index) fn len(&self) -> usize {
        self.numbers.len()
    }
}
