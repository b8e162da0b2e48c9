//! Sets of rows counted by the places they belong to, for the registry's figures.
//!
//! A report asks for some dozens of sets by some dozens of units: joining bitmaps tells all of them
//! without looking at a row. Knows nothing of what a place is.

use std::collections::BTreeMap;

use roaring::{MultiOps as _, RoaringBitmap};

use crate::domain::ids::UnitCode;
use crate::index::Table;
use crate::wire::registry::{Facet, Value};

/// Some rows of a table.
#[derive(Debug, Clone, Default)]
pub struct Part(RoaringBitmap);

impl Part {
    /// Those that are also in another.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        Self(&self.0 & &other.0)
    }

    /// Those that are here or there.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        Self(&self.0 | &other.0)
    }

    /// Those that are not in another.
    #[must_use]
    pub fn less(&self, other: &Self) -> Self {
        Self(&self.0 - &other.0)
    }
}

/// The rows of a table by their places. One row may count in several.
#[derive(Debug)]
pub struct Tally<'a, P> {
    table: &'a Table,
    places: BTreeMap<P, RoaringBitmap>,
    all: RoaringBitmap,
}

impl<'a, P: Ord> Tally<'a, P> {
    /// Sorts the rows by unit as it was entered, and by former unit where the map asked for looks at
    /// it; a row without a place counts nowhere.
    pub fn new(
        table: &'a Table,
        by_former: bool,
        mut places: impl FnMut(&UnitCode, Option<&str>) -> Vec<P>,
    ) -> Self {
        let mut tally = Self { table, places: BTreeMap::new(), all: RoaringBitmap::new() };
        let (units, formers) = (table.column(Facet::Unit), table.column(Facet::FormerUnit));
        for (place, value) in (0..).zip(units.values()) {
            let Value::Code(code) = value else { continue };
            let Ok(unit) = code.parse::<UnitCode>() else { continue };
            let mut left = units.rows(place).clone();
            for (place, former) in (0..).zip(formers.values()).filter(|_former| by_former) {
                let Value::Code(former) = former else { continue };
                let rows = &left & formers.rows(place);
                if !rows.is_empty() {
                    left -= &rows;
                    tally.put(places(&unit, Some(former)), &rows);
                }
            }
            if !left.is_empty() {
                tally.put(places(&unit, None), &left);
            }
        }
        tally
    }

    fn put(&mut self, places: Vec<P>, rows: &RoaringBitmap) {
        if !places.is_empty() {
            self.all |= rows;
        }
        for place in places {
            *self.places.entry(place).or_default() |= rows;
        }
    }

    /// All that count anywhere.
    pub fn all(&self) -> Part {
        Part(self.all.clone())
    }

    /// Those whose value of a facet fits.
    pub fn with(&self, facet: Facet, fits: impl Fn(&Value) -> bool) -> Part {
        let column = self.table.column(facet);
        let values = (0..).zip(column.values()).filter(|(_place, value)| fits(value));
        let rows = values.map(|(place, _value)| column.rows(place)).union();
        Part(rows & &self.all)
    }

    /// Those with each value of a facet, and the value; no empty ones.
    pub fn by_value(&self, facet: Facet) -> Vec<(&'a Value, Part)> {
        let column = self.table.column(facet);
        let values = (0..).zip(column.values());
        let parts = values.map(|(place, value)| (value, Part(column.rows(place) & &self.all)));
        parts.filter(|(_value, part)| !part.0.is_empty()).collect()
    }

    /// How many of some rows each place has; zeros too.
    pub fn counts<'b>(&'b self, part: &'b Part) -> impl Iterator<Item = (&'b P, u64)> {
        self.places.iter().map(|(place, rows)| (place, rows.intersection_len(&part.0)))
    }

    /// The identities of some rows.
    pub fn ids(&self, part: &Part) -> Vec<[u8; 16]> {
        part.0.iter().map(|row| self.table.id(row)).collect()
    }
}
