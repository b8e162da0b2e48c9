//! Who may be the same person as one who comes in: the same name but for marks, born on the same day.
//!
//! Asked by imports for new records. Where only the month or year of a birth is known, nothing is said.

use std::hash::{BuildHasher as _, Hasher as _};

use hashbrown::DefaultHashBuilder;

use super::{Table, index, packed};
use crate::domain::ids::UnitCode;
use crate::index::Row;
use crate::index::names::spoken;
use crate::wire::pb;
use crate::wire::registry::{Facet, Value};

/// Most records that are given: more than that of one name and day are none to be told apart.
const ALIKE_MAX: usize = 16;

/// A record that may be of the same person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alike {
    /// Its identity.
    pub id: [u8; 16],
    /// The unit it was entered with.
    pub unit: UnitCode,
    /// Whether it has one of the phones.
    pub shares_phone: bool,
}

/// The precision of a birth whose day is known.
fn day() -> Option<Value> {
    u16::try_from(i32::from(pb::DatePrecision::Day)).ok().map(Value::Number)
}

/// The packed birth of a row that tells of whom it is: it has a name, and the day is known.
fn day_of(row: &Row) -> Option<u32> {
    let is_known = row.facets.get(Facet::BirthPrecision) == day().as_ref() && !row.name.is_empty();
    row.facets.birth.filter(|_day| is_known).map(packed)
}

/// Who bears a name, marks aside.
pub(super) fn bearer(hasher: &DefaultHashBuilder, name: &str) -> u64 {
    let mut state = hasher.build_hasher();
    spoken(name).for_each(|letter| state.write_u32(letter.into()));
    state.finish()
}

/// Who bears a name and was born on a day.
pub(super) fn person(hasher: &DefaultHashBuilder, bearer: u64, birth: u32) -> u64 {
    hasher.hash_one((bearer, birth))
}

impl Table {
    /// The records of the same name, marks aside, and the same day of birth as a row.
    pub fn alike(&self, row: &Row) -> Vec<Alike> {
        let Some(birth) = day_of(row) else { return Vec::new() };
        let is_one = |one: &u32| {
            let name = self.names.key(self.name_of[index(*one)]);
            self.births[index(*one)] == birth && spoken(name).eq(spoken(&row.name))
        };
        let hash = person(&self.hasher, bearer(&self.hasher, &row.name), birth);
        let found = self.by_person.iter_hash(hash).copied();
        let shares = |one| row.phones.iter().any(|key| self.phones.find(key).any(|it| it == one));
        let alike = found.filter(is_one).filter_map(|one| {
            let unit = self.known(one)?.unit;
            Some(Alike { id: self.ids[index(one)], unit, shares_phone: shares(one) })
        });
        alike.take(ALIKE_MAX).collect()
    }

    /// Whether a row tells of whom it is: it has a name, and the day of birth is known.
    pub(super) fn tells_whose(&self, number: u32) -> bool {
        let precision = &self.columns[Facet::BirthPrecision.place()];
        let is_known = precision
            .only(number)
            .is_some_and(|of_row| day().is_some_and(|day| precision.place(&day) == Some(of_row)));
        is_known && self.births[index(number)] != 0 && self.name(number).is_some()
    }

    fn hash_of_person(&self, number: u32) -> u64 {
        let name = self.names.key(self.name_of[index(number)]);
        person(&self.hasher, bearer(&self.hasher, name), self.births[index(number)])
    }

    /// Makes a row, all of which is said, found by who it is of.
    pub(super) fn put_person(&mut self, number: u32) {
        if !self.tells_whose(number) {
            return;
        }
        let hash = self.hash_of_person(number);
        let mut by_person = std::mem::take(&mut self.by_person);
        by_person.insert_unique(hash, number, |one| self.hash_of_person(*one));
        self.by_person = by_person;
    }

    /// Takes that back, while name and birth are there still.
    pub(super) fn clear_person(&mut self, number: u32) {
        if self.name(number).is_none() {
            return;
        }
        let hash = self.hash_of_person(number);
        if let Ok(found) = self.by_person.find_entry(hash, |one| *one == number) {
            found.remove();
        }
    }

    /// A record of a unit that has these values.
    pub fn first_of(&self, unit: &UnitCode, values: &[(Facet, Value)]) -> Option<[u8; 16]> {
        let rows = |facet: Facet, value: &Value| {
            let column = &self.columns[facet.place()];
            column.place(value).map(|place| column.rows(place).clone())
        };
        let mut found = rows(Facet::Unit, &Value::Code(unit.as_str().into()))?;
        for (facet, value) in values {
            found &= rows(*facet, value)?;
        }
        found.min().map(|row| self.ids[index(row)])
    }
}
