//! The registry in memory: what can be asked without opening a sealed record.
//!
//! Rebuilt at start from the sealed records ([`Registry::load`]) and kept current by the engine's
//! owner. Holds no names, no numbers, no addresses: only what filters and counts need, blind keys for
//! finding a record by an exact number, and a keyed digest that tells whether a record changed.
//! A row takes some 150 bytes with its key, so a million of them stay below 200 MB.

mod filter;
mod load;
mod row;
pub mod stored;
mod table;

pub use filter::{FILTER_LEN_MAX, Filter, FilterError, TERMS_MAX};
pub use load::LoadError;
pub use row::{BlindKey, Keys, Row};
pub use stored::{StoredError, kind_name, open_value, seal_value, value_generation};
pub use table::{Page, Selection, Table};

use crate::domain::world::RecordKind;

/// The registry.
#[derive(Debug, Clone, Default)]
pub struct Registry {
    reservists: Table,
    equipment: Table,
    militia_bases: Table,
    enterprises: Table,
    activities: Table,
    reserve_units: Table,
    assignments: Table,
}

impl Registry {
    /// The rows of a kind.
    pub const fn table(&self, kind: RecordKind) -> &Table {
        match kind {
            RecordKind::Reservist => &self.reservists,
            RecordKind::Equipment => &self.equipment,
            RecordKind::MilitiaBase => &self.militia_bases,
            RecordKind::Enterprise => &self.enterprises,
            RecordKind::Activity => &self.activities,
            RecordKind::ReserveUnit => &self.reserve_units,
            RecordKind::Assignment => &self.assignments,
        }
    }

    /// Forgets a record.
    pub fn remove(&mut self, kind: RecordKind, id: &[u8; 16]) {
        self.table_mut(kind).remove(id);
    }

    /// The rows of a kind, to change.
    pub const fn table_mut(&mut self, kind: RecordKind) -> &mut Table {
        match kind {
            RecordKind::Reservist => &mut self.reservists,
            RecordKind::Equipment => &mut self.equipment,
            RecordKind::MilitiaBase => &mut self.militia_bases,
            RecordKind::Enterprise => &mut self.enterprises,
            RecordKind::Activity => &mut self.activities,
            RecordKind::ReserveUnit => &mut self.reserve_units,
            RecordKind::Assignment => &mut self.assignments,
        }
    }
}
