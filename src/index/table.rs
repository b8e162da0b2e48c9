//! The rows of one kind, in columns: a record is a number, and everything known of it stands under
//! that number.
//!
//! Invariants: a blind key belongs to one record at most; columns, names, phones and orders hold
//! exactly the numbers of [`Table::all`]; a number that was freed may be given to another record, so
//! numbers never leave this module's callers' hands: outside the index records have identities.

mod alike;
mod columns;
mod loading;
mod order;
mod phones;
mod reading;
mod sorts;

use std::fmt;
use std::hash::BuildHasher;

use hashbrown::hash_table::Entry;
use hashbrown::{DefaultHashBuilder, HashMap, HashTable};
use roaring::RoaringBitmap;

use crate::domain::ids::UnitCode;
use crate::domain::registry::lateness::Freshness;
use crate::index::names::Names;
use crate::index::{BlindKey, Keys, Known, Row};
use crate::wire::registry::{Facet, Terms, Value};

pub use alike::Alike;
pub(super) use columns::{Column, index};
pub(super) use order::Order;
use phones::{Phones, hash};
use sorts::{SORTED_BY, Sorts};

/// [`Keys::LEN`] as numbers of rows are counted.
const KEYS: u32 = 2;
const _: () = assert!(Keys::LEN == 2);
/// No name.
const NO_NAME: u32 = u32::MAX;

/// All rows of one kind.
#[derive(Clone)]
pub struct Table {
    ids: Vec<[u8; 16]>,
    versions: Vec<u64>,
    digests: Vec<[u8; 16]>,
    keys: Vec<Keys>,
    /// Packed dates of birth, see [`packed`]; 0 for none.
    births: Vec<u32>,
    /// Thousandths; 0 for none. Rows past the end have none, so that people take no room here.
    capacities: Vec<u32>,
    /// Packed dates of the last re-check; 0 for none. Rows past the end have none.
    rechecks: Vec<u32>,
    /// Of those few whose standing turns on a day.
    terms: HashMap<u32, Terms>,
    /// Who they are.
    turning: RoaringBitmap,
    /// Of those few who may be late by a limit.
    watch: HashMap<u32, Freshness>,
    name_of: Vec<u32>,
    all: RoaringBitmap,
    free: Vec<u32>,
    by_id: HashTable<u32>,
    /// A row's number twice, and the place of the key.
    by_key: HashTable<u32>,
    /// By name and day of birth, of rows that have both.
    by_person: HashTable<u32>,
    hasher: DefaultHashBuilder,
    columns: Vec<Column>,
    /// By the unit's place in its column.
    units: Vec<UnitCode>,
    names: Names,
    phones: Phones,
    sorts: Sorts,
    assigned: RoaringBitmap,
    by_order: Order,
}

impl Default for Table {
    fn default() -> Self {
        Self {
            ids: Vec::new(),
            versions: Vec::new(),
            digests: Vec::new(),
            keys: Vec::new(),
            births: Vec::new(),
            capacities: Vec::new(),
            rechecks: Vec::new(),
            terms: HashMap::new(),
            turning: RoaringBitmap::new(),
            watch: HashMap::new(),
            name_of: Vec::new(),
            all: RoaringBitmap::new(),
            free: Vec::new(),
            by_id: HashTable::new(),
            by_key: HashTable::new(),
            by_person: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
            columns: vec![Column::default(); Facet::COUNT],
            units: Vec::new(),
            names: Names::default(),
            phones: Phones::default(),
            sorts: Sorts::default(),
            assigned: RoaringBitmap::new(),
            by_order: Order::default(),
        }
    }
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Table({} records)", self.len())
    }
}

/// A date as an integer in the order of dates: year, month and day in decimal digits. Taking 10,000
/// times n away is going back n years, also from 29 February.
pub(super) fn packed(date: jiff::civil::Date) -> u32 {
    let part = |part: i8| u32::from(part.unsigned_abs());
    u32::from(date.year().unsigned_abs()) * 10_000 + part(date.month()) * 100 + part(date.day())
}

fn key_at(keys: &[Keys], holder: u32) -> &BlindKey {
    keys[index(holder / KEYS)].at(index(holder % KEYS))
}

/// A row's number with the place of each of its keys.
fn holders(number: u32, keys: &Keys) -> impl Iterator<Item = u32> {
    let first = number.checked_mul(KEYS).expect("memory ends before 31 bits of records");
    keys.places().map(move |(place, _key)| first + u32::try_from(place).expect("one of two"))
}

/// Makes the newest holder of a number the one that is found by it.
fn put_holder(by_key: &mut HashTable<u32>, keys: &[Keys], holder: u32) {
    let key = key_at(keys, holder);
    let is_same = |other: &u32| key_at(keys, *other) == key;
    match by_key.entry(hash(key), is_same, |other| hash(key_at(keys, *other))) {
        Entry::Occupied(mut found) => *found.get_mut() = holder,
        Entry::Vacant(free) => {
            free.insert(holder);
        }
    }
}

impl Table {
    /// How many records.
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    fn hash_id(&self, id: &[u8; 16]) -> u64 {
        self.hasher.hash_one(id)
    }

    pub(super) fn number(&self, id: &[u8; 16]) -> Option<u32> {
        self.by_id.find(self.hash_id(id), |row| self.ids[index(*row)] == *id).copied()
    }

    /// One row.
    pub fn get(&self, id: &[u8; 16]) -> Option<Known> {
        self.number(id).and_then(|row| self.known(row))
    }

    fn known(&self, row: u32) -> Option<Known> {
        let at = index(row);
        let unit = self.columns[Facet::Unit.place()].places(row, false).first()?;
        Some(Known {
            version: self.versions[at],
            digest: self.digests[at],
            keys: self.keys[at],
            unit: self.units.get(usize::from(*unit))?.clone(),
        })
    }

    fn row_of_key(&self, key: &BlindKey) -> Option<u32> {
        let is_it = |holder: &u32| key_at(&self.keys, *holder) == key;
        self.by_key.find(hash(key), is_it).map(|holder| holder / KEYS)
    }

    /// Whether there is such a record.
    pub fn contains(&self, id: &[u8; 16]) -> bool {
        self.number(id).is_some()
    }

    /// The record that has an exact number.
    pub fn find(&self, key: &BlindKey) -> Option<[u8; 16]> {
        self.row_of_key(key).map(|row| self.ids[index(row)])
    }

    /// All rows, by identity.
    pub fn iter(&self) -> impl Iterator<Item = ([u8; 16], Known)> {
        self.by_order.iter().filter_map(|row| Some((self.ids[index(row)], self.known(row)?)))
    }

    /// Puts a row in place of the one of its identity.
    pub fn put(&mut self, id: [u8; 16], row: &Row) {
        let number = match self.number(&id) {
            Some(number) => {
                self.clear(number);
                number
            }
            None => self.add(id),
        };
        self.say(number, row);
        for holder in holders(number, &row.keys) {
            put_holder(&mut self.by_key, &self.keys, holder);
        }
        self.put_person(number);
    }

    /// Notes what a row says, but for what it is found by.
    fn say(&mut self, number: u32, row: &Row) {
        let at = index(number);
        self.versions[at] = row.version;
        self.digests[at] = row.digest;
        self.keys[at] = row.keys;
        self.births[at] = row.facets.birth.map_or(0, packed);
        if row.facets.capacity != 0 {
            if self.capacities.len() <= at {
                self.capacities.resize(at + 1, 0);
            }
            self.capacities[at] = row.facets.capacity;
        }
        if let Some(day) = row.facets.rechecked {
            if self.rechecks.len() <= at {
                self.rechecks.resize(at + 1, 0);
            }
            self.rechecks[at] = packed(day);
        }
        if let Some(terms) = &row.facets.terms {
            self.terms.insert(number, **terms);
            self.turning.insert(number);
        }
        if let Some(watch) = &row.facets.watch {
            self.watch.insert(number, **watch);
        }
        self.put_facets(number, row);
        self.phones.put(number, &row.phones);
        if !row.name.is_empty() {
            self.name_of[at] = self.names.put(&row.name, number);
        }
    }

    fn put_facets(&mut self, number: u32, row: &Row) {
        let unit = Value::Code(row.facets.unit.as_str().into());
        let column = &mut self.columns[Facet::Unit.place()];
        column.put(number, &unit);
        if column.values().len() > self.units.len() {
            self.units.push(row.facets.unit.clone());
        }
        let values = &row.facets.values;
        for (at, (facet, value)) in values.iter().enumerate() {
            let column = &mut self.columns[facet.place()];
            if !facet.is_many() {
                column.put(number, value);
            } else if !values[..at].iter().any(|(earlier, _value)| earlier == facet) {
                let same = values.iter().filter(|(named, _value)| named == facet);
                column.put_many(number, same.map(|(_facet, value)| value));
            }
        }
        self.sorts.put(number, SORTED_BY.map(|facet| self.columns[facet.place()].only(number)));
    }

    /// A number for a new record.
    fn add(&mut self, id: [u8; 16]) -> u32 {
        let number = match self.free.pop() {
            Some(number) => {
                self.ids[index(number)] = id;
                number
            }
            None => self.lengthen(id),
        };
        self.all.insert(number);
        let (ids, hasher) = (&self.ids, &self.hasher);
        let hash_of = |row: &u32| hasher.hash_one(ids[index(*row)]);
        self.by_id.insert_unique(hasher.hash_one(id), number, hash_of);
        self.by_order.insert(number, |one| ids[index(one)] < id);
        number
    }

    /// A number after all that there are.
    fn lengthen(&mut self, id: [u8; 16]) -> u32 {
        self.ids.push(id);
        self.versions.push(0);
        self.digests.push([0; 16]);
        self.keys.push(Keys::default());
        self.births.push(0);
        self.name_of.push(NO_NAME);
        u32::try_from(self.ids.len() - 1).expect("memory ends before 32 bits of records")
    }

    fn forget_key(&mut self, key: &BlindKey) {
        let all = &self.keys;
        if let Ok(found) = self.by_key.find_entry(hash(key), |holder| key_at(all, *holder) == key) {
            found.remove();
        }
    }

    /// Takes away all that is known of a row, but not the row.
    fn clear(&mut self, number: u32) {
        let at = index(number);
        self.clear_person(number);
        let keys = self.keys[at];
        for (_place, key) in keys.places() {
            if self.row_of_key(key) == Some(number) {
                self.forget_key(key);
            }
        }
        self.keys[at] = Keys::default();
        self.births[at] = 0;
        if let Some(capacity) = self.capacities.get_mut(at) {
            *capacity = 0;
        }
        if let Some(recheck) = self.rechecks.get_mut(at) {
            *recheck = 0;
        }
        if self.terms.remove(&number).is_some() {
            self.turning.remove(number);
        }
        self.watch.remove(&number);
        for (place, column) in self.columns.iter_mut().enumerate() {
            column.clear(number, Facet::MANY.iter().any(|facet| facet.place() == place));
        }
        self.phones.clear(number);
        self.sorts.clear(number);
        let name = std::mem::replace(&mut self.name_of[at], NO_NAME);
        if name != NO_NAME {
            self.names.clear(name, number);
        }
    }

    /// Takes a record out, whose person was erased; says whether it was there.
    pub fn remove(&mut self, id: &[u8; 16]) -> bool {
        let Some(number) = self.number(id) else { return false };
        self.clear(number);
        self.all.remove(number);
        self.assigned.remove(number);
        let hash = self.hash_id(id);
        if let Ok(found) = self.by_id.find_entry(hash, |row| *row == number) {
            found.remove();
        }
        self.by_order.remove(number, |one| self.ids[index(one)] < *id);
        self.digests[index(number)] = [0; 16];
        self.free.push(number);
        true
    }

    /// Says whether a record is assigned to a post; unknown records are let be. Stays when the record
    /// changes, and is said anew when the registry loads.
    pub fn set_assigned(&mut self, id: &[u8; 16], is_assigned: bool) {
        let Some(number) = self.number(id) else { return };
        if is_assigned {
            self.assigned.insert(number);
        } else {
            self.assigned.remove(number);
        }
    }

    /// Whether a record is assigned to a post.
    pub fn is_assigned(&self, id: &[u8; 16]) -> bool {
        self.number(id).is_some_and(|number| self.assigned.contains(number))
    }
}
