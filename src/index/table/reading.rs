//! What the questions in this folder are answered from: sets and columns, by a row's number.

use roaring::RoaringBitmap;

use crate::domain::ids::UnitCode;
use crate::domain::registry::lateness::Freshness;
use crate::index::BlindKey;
use crate::index::names::Names;
use crate::index::table::phones::Phones;
use crate::index::table::sorts::Sorts;
use crate::index::table::{Column, NO_NAME, Order, Table, index};
use crate::wire::registry::{Facet, Terms};

impl Table {
    pub(in crate::index) const fn all(&self) -> &RoaringBitmap {
        &self.all
    }

    pub(in crate::index) const fn assigned(&self) -> &RoaringBitmap {
        &self.assigned
    }

    pub(in crate::index) fn column(&self, facet: Facet) -> &Column {
        &self.columns[facet.place()]
    }

    pub(in crate::index) const fn names(&self) -> &Names {
        &self.names
    }

    pub(in crate::index) const fn phones(&self) -> &Phones {
        &self.phones
    }

    pub(in crate::index) const fn sorts(&self) -> &Sorts {
        &self.sorts
    }

    pub(in crate::index) const fn by_order(&self) -> &Order {
        &self.by_order
    }

    pub(in crate::index) fn end(&self) -> u32 {
        u32::try_from(self.ids.len()).expect("memory ends before 32 bits of records")
    }

    pub(in crate::index) fn id(&self, row: u32) -> [u8; 16] {
        self.ids[index(row)]
    }

    #[inline]
    pub(in crate::index) fn birth(&self, row: u32) -> u32 {
        self.births[index(row)]
    }

    pub(in crate::index) fn capacity(&self, row: u32) -> u32 {
        self.capacities.get(index(row)).copied().unwrap_or(0)
    }

    pub(in crate::index) fn rechecked(&self, row: u32) -> u32 {
        self.rechecks.get(index(row)).copied().unwrap_or(0)
    }

    pub(in crate::index) fn terms(&self, row: u32) -> Terms {
        self.terms.get(&row).copied().unwrap_or_default()
    }

    /// Those of whom [`Table::terms`] says something.
    pub(in crate::index) const fn turning(&self) -> &RoaringBitmap {
        &self.turning
    }

    /// Those who may be late by a limit other than the recheck's.
    pub(in crate::index) fn watched(&self) -> impl Iterator<Item = (u32, &Freshness)> {
        self.watch.iter().map(|(row, fresh)| (*row, fresh))
    }

    pub(in crate::index) fn identity(&self, row: u32) -> ([u8; 16], u64) {
        (self.ids[index(row)], self.versions[index(row)])
    }

    pub(in crate::index) fn units(&self) -> &[UnitCode] {
        &self.units
    }

    pub(in crate::index) fn name(&self, row: u32) -> Option<u32> {
        Some(self.name_of[index(row)]).filter(|name| *name != NO_NAME)
    }

    pub(in crate::index) fn holder(&self, key: &BlindKey) -> Option<u32> {
        self.row_of_key(key)
    }
}
