//! The rows of one kind, packed: codes are kept once and rows hold their places.
//!
//! Invariants: a blind key belongs to one record at most; the counts of the groups add up to the
//! number of rows; a place in the list of codes never changes its meaning.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::ops::Bound::{Excluded, Unbounded};

use crate::domain::ids::{SpecialtyCode, UnitCode};
use crate::domain::unit::Units;
use crate::index::filter::{Filter, FilterError, Term};
use crate::index::{BlindKey, Keys, Row};
use crate::wire::registry::Facets;

/// The place of no code.
const NO_CODE: u32 = u32::MAX;

/// Codes in the order of their first use.
#[derive(Debug, Clone)]
struct Codes<T> {
    places: HashMap<T, u32>,
    codes: Vec<T>,
}

impl<T> Default for Codes<T> {
    fn default() -> Self {
        Self { places: HashMap::new(), codes: Vec::new() }
    }
}

impl<T: Clone + Eq + Hash> Codes<T> {
    fn place(&mut self, code: &T) -> u32 {
        if let Some(place) = self.places.get(code) {
            return *place;
        }
        let place = u32::try_from(self.codes.len()).expect("memory ends before 32 bits of codes");
        self.codes.push(code.clone());
        self.places.insert(code.clone(), place);
        place
    }

    fn code(&self, place: u32) -> Option<&T> {
        usize::try_from(place).ok().and_then(|place| self.codes.get(place))
    }
}

/// Rows that nothing but their identity tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Group {
    unit: u32,
    code: u32,
    class: u8,
    status: u8,
}

#[derive(Debug, Clone)]
struct Packed {
    version: u64,
    digest: [u8; 16],
    keys: Keys,
    group: Group,
}

/// All rows of one kind.
#[derive(Debug, Clone, Default)]
pub struct Table {
    rows: BTreeMap<[u8; 16], Packed>,
    by_key: HashMap<BlindKey, [u8; 16]>,
    units: Codes<UnitCode>,
    codes: Codes<SpecialtyCode>,
    counts: HashMap<Group, u64>,
}

/// A filter made ready for one table. Codes that came up later are looked up as unknown ones.
#[derive(Debug, Clone)]
pub struct Selection {
    tests: Vec<Test>,
}

#[derive(Debug, Clone)]
enum Test {
    /// In one of these units, by place.
    Units {
        wanted: Vec<bool>,
        negated: bool,
    },
    Code {
        place: Option<u32>,
        negated: bool,
    },
    Class {
        class: u8,
        negated: bool,
    },
    Status {
        status: u8,
        negated: bool,
    },
}

impl Selection {
    fn takes(&self, group: &Group) -> bool {
        self.tests.iter().all(|test| match test {
            Test::Units { wanted, negated } => {
                let unit = usize::try_from(group.unit).unwrap_or(usize::MAX);
                wanted.get(unit).is_some_and(|wanted| *wanted) != *negated
            }
            Test::Code { place, negated } => (*place == Some(group.code)) != *negated,
            Test::Class { class, negated } => (*class == group.class) != *negated,
            Test::Status { status, negated } => (*status == group.status) != *negated,
        })
    }
}

/// A part of a walk over the rows that a selection takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Those found, by identity.
    pub ids: Vec<[u8; 16]>,
    /// Where the walk goes on; none when it is over.
    pub next: Option<[u8; 16]>,
}

impl Table {
    /// How many records.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// One row.
    pub fn get(&self, id: &[u8; 16]) -> Option<Row> {
        self.rows.get(id).and_then(|packed| self.unpack(packed))
    }

    /// Whether there is such a record.
    pub fn contains(&self, id: &[u8; 16]) -> bool {
        self.rows.contains_key(id)
    }

    /// The record that has an exact number.
    pub fn find(&self, key: &BlindKey) -> Option<[u8; 16]> {
        self.by_key.get(key).copied()
    }

    /// All rows, by identity.
    pub fn iter(&self) -> impl Iterator<Item = ([u8; 16], Row)> {
        self.rows.iter().filter_map(|(id, packed)| Some((*id, self.unpack(packed)?)))
    }

    /// Puts a row in place of the one of its identity.
    pub fn put(&mut self, id: [u8; 16], row: &Row) {
        let group = Group {
            unit: self.units.place(&row.facets.unit),
            code: row.facets.code.as_ref().map_or(NO_CODE, |code| self.codes.place(code)),
            class: row.facets.class,
            status: row.facets.status,
        };
        let packed = Packed { version: row.version, digest: row.digest, keys: row.keys, group };
        if let Some(before) = self.rows.insert(id, packed) {
            self.forget(&id, &before);
        }
        for key in row.keys.iter() {
            self.by_key.insert(*key, id);
        }
        *self.counts.entry(group).or_default() += 1;
    }

    /// Takes a row out, with its numbers.
    pub fn remove(&mut self, id: &[u8; 16]) {
        let Some(before) = self.rows.remove(id) else { return };
        self.forget(id, &before);
    }

    /// What is known by a row that is no more.
    fn forget(&mut self, id: &[u8; 16], before: &Packed) {
        for key in before.keys.iter() {
            if self.by_key.get(key) == Some(id) {
                self.by_key.remove(key);
            }
        }
        if let Some(count) = self.counts.get_mut(&before.group) {
            *count -= 1;
        }
    }

    /// Makes a filter ready, within one unit and what lies under it.
    ///
    /// # Errors
    /// [`FilterError`], when the filter names a unit that is not there.
    pub fn select(
        &self,
        filter: &Filter,
        units: &Units,
        within: Option<&UnitCode>,
    ) -> Result<Selection, FilterError> {
        let mut tests = Vec::new();
        if let Some(top) = within {
            tests.push(Test::Units { wanted: self.under(top, units), negated: false });
        }
        for (term, negated) in filter.terms() {
            tests.push(match term {
                Term::Unit { code, at } => {
                    if units.get(code).is_none() {
                        return Err(FilterError::UnknownUnit { at: *at, unit: code.clone() });
                    }
                    Test::Units { wanted: self.under(code, units), negated }
                }
                Term::Code(code) => {
                    Test::Code { place: self.codes.places.get(code).copied(), negated }
                }
                Term::Class(class) => Test::Class { class: *class, negated },
                Term::Status(status) => Test::Status { status: *status, negated },
            });
        }
        Ok(Selection { tests })
    }

    fn under(&self, top: &UnitCode, units: &Units) -> Vec<bool> {
        self.units.codes.iter().map(|code| units.is_within(code, top)).collect()
    }

    /// How many records a selection takes. Costs nothing by the number of records.
    pub fn count(&self, selection: &Selection) -> u64 {
        let taken = self.counts.iter().filter(|(group, _count)| selection.takes(group));
        taken.map(|(_group, count)| *count).sum()
    }

    /// The next records of a selection, by identity: at most `len`, from the first after `after`, out
    /// of at most `walk_len` rows looked at, so that nobody holds the table for long.
    pub fn page(
        &self,
        selection: &Selection,
        after: &[u8; 16],
        len: usize,
        walk_len: usize,
    ) -> Page {
        let mut ids = Vec::new();
        let mut last = None;
        for (walked, (id, packed)) in self.rows.range((Excluded(*after), Unbounded)).enumerate() {
            if walked == walk_len || ids.len() == len {
                return Page { ids, next: last };
            }
            if selection.takes(&packed.group) {
                ids.push(*id);
            }
            last = Some(*id);
        }
        Page { ids, next: None }
    }

    fn unpack(&self, packed: &Packed) -> Option<Row> {
        let Packed { version, digest, keys, group } = packed;
        let facets = Facets {
            unit: self.units.code(group.unit)?.clone(),
            code: self.codes.code(group.code).cloned(),
            class: group.class,
            status: group.status,
        };
        Some(Row { version: *version, digest: *digest, facets, keys: *keys })
    }
}

#[cfg(test)]
mod tests;
