//! The registry in memory: what can be asked without opening a sealed record.
//!
//! Rebuilt at start from the sealed records and kept current by the engine's owner. Holds no names,
//! no numbers, no addresses: only what filters and counts need, blind keys for finding a person by
//! an exact number, and a keyed digest that tells whether a record changed.

use std::collections::{BTreeMap, HashMap};

use crate::domain::ids::{SpecialtyCode, UnitCode};
use crate::domain::world::RecordKind;

/// A keyed digest of an exact number (citizen number, chassis, plate): finds, but does not tell.
pub type BlindKey = [u8; 10];

/// What is known of a record without opening it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its version, from 1.
    pub version: u64,
    /// Keyed digest of its content.
    pub digest: [u8; 16],
    /// The unit it counts under.
    pub unit: UnitCode,
    /// Specialty of a reservist, type of a piece of equipment.
    pub code: SpecialtyCode,
    /// Reserve class 1 or 2; 0 for none, and for equipment.
    pub class: u8,
    /// Its status, as the wire names it without prefix (`ACTIVE`).
    pub status: &'static str,
    /// Its exact numbers, most telling first.
    pub keys: Vec<BlindKey>,
}

/// All rows of one kind.
#[derive(Debug, Clone, Default)]
pub struct Table {
    rows: BTreeMap<[u8; 16], Row>,
    by_key: HashMap<BlindKey, [u8; 16]>,
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
    pub fn get(&self, id: &[u8; 16]) -> Option<&Row> {
        self.rows.get(id)
    }

    /// The record that has an exact number.
    pub fn find(&self, key: &BlindKey) -> Option<[u8; 16]> {
        self.by_key.get(key).copied()
    }

    /// Rows with identities above `after`, by identity.
    pub fn after(&self, after: &[u8; 16]) -> impl Iterator<Item = (&[u8; 16], &Row)> {
        use std::ops::Bound::{Excluded, Unbounded};
        self.rows.range((Excluded(*after), Unbounded))
    }

    /// All rows, by identity.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8; 16], &Row)> {
        self.rows.iter()
    }

    /// Puts a row in place of the one of its identity.
    pub fn put(&mut self, id: [u8; 16], row: Row) {
        for key in &row.keys {
            self.by_key.insert(*key, id);
        }
        let fresh = row.keys.clone();
        if let Some(before) = self.rows.insert(id, row) {
            for key in before.keys.iter().filter(|key| !fresh.contains(key)) {
                self.by_key.remove(key);
            }
        }
    }
}

/// The registry.
#[derive(Debug, Clone, Default)]
pub struct Registry {
    reservists: Table,
    equipment: Table,
}

impl Registry {
    /// The rows of a kind.
    pub const fn table(&self, kind: RecordKind) -> &Table {
        match kind {
            RecordKind::Reservist => &self.reservists,
            RecordKind::Equipment => &self.equipment,
        }
    }

    /// The rows of a kind, to change.
    pub const fn table_mut(&mut self, kind: RecordKind) -> &mut Table {
        match kind {
            RecordKind::Reservist => &mut self.reservists,
            RecordKind::Equipment => &mut self.equipment,
        }
    }
}
