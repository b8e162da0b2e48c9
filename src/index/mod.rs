//! The registry in memory: what can be asked without opening a sealed record.
//!
//! Rebuilt at start from the sealed records ([`Registry::load`]) and kept current by the engine's
//! owner. A record is a number in a [`Table`]; facets are sets of numbers, names are kept once each,
//! and exact numbers as blind keys, which find but do not tell. Names, years of birth and what people
//! are counted by are personal and stand in memory as they are: nothing of a table is ever printed,
//! and nothing of it is written anywhere.
//!
//! | Question | Where |
//! |---|---|
//! | what is asked | `filter`: AIP-160, its fields and words |
//! | who is it | `select`: sets, joined |
//! | in what order | `select::page`: by identity, by name, by age |
//! | how many | `count`: by up to three fields; `tally`: sets by their places |
//! | who could be chosen | `candidates`: by specialty or type |

pub mod assignments;
pub mod candidates;
mod count;
mod filter;
mod names;
mod row;
mod select;
pub mod stored;
mod table;
mod tally;

pub use assignments::PlanIndex;
pub use candidates::{Candidates, Homes, ItemRow, Looking, PersonRow, Ties};
pub use count::{CountError, Counting, GROUP_FIELDS_MAX, GROUPS_MAX, Group, Grouping};
pub use filter::{DEPTH_MAX, FILTER_LEN_MAX, Field, Filter, FilterError, Sight, TERMS_MAX, fields};
pub use names::NameQuery;
pub use row::{BlindKey, Keys, Known, Row};
pub use select::page::{By, Position, Sorting, SortingError};
pub use select::{Asking, Matches};
pub use stored::load::LoadError;
pub use stored::{StoredError, kind_name, open_value, seal_value, value_generation};
pub use table::{Alike, Table};
pub use tally::{Part, Tally};

use std::collections::BTreeMap;
use std::ops::Bound::{Excluded, Unbounded};
use std::sync::Arc;

use crate::domain::ids::UnitCode;
use crate::domain::registry::eligibility::AgeLimits;
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
    /// Reservists on their way to another unit, and which; a few at any time.
    moving: BTreeMap<[u8; 16], UnitCode>,
    /// The plan, whole.
    pub plan: PlanIndex,
    /// The limits of age by which holders of places are judged.
    pub limits: Arc<AgeLimits>,
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
        self.moving.remove(id);
    }

    /// The unit that a record is on its way to.
    pub fn moving_to(&self, id: &[u8; 16]) -> Option<&UnitCode> {
        self.moving.get(id)
    }

    /// All reservists on their way, by identity, after one.
    pub fn moving(&self, after: &[u8; 16]) -> impl Iterator<Item = (&[u8; 16], &UnitCode)> {
        self.moving.range((Excluded(*after), Unbounded))
    }

    /// Notes that a record is on its way, or no longer.
    pub fn set_moving(&mut self, id: [u8; 16], to: Option<UnitCode>) {
        match to {
            Some(unit) => self.moving.insert(id, unit),
            None => self.moving.remove(&id),
        };
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

#[cfg(test)]
mod tests;
