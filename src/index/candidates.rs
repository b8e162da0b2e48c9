//! Who and what could be chosen: the rows of one specialty or type, as small values.
//!
//! Read by call-ups and by the plan, which judge by them for the day of an order. Nothing is opened:
//! all that the rules look at stands in columns, and the few days on which a standing turns are kept
//! for those who have one. Invariants: what is read here decides as the whole record would; who lacks
//! what every checked record has is passed over. It does not know lines, posts, areas and the law.

mod judged;
mod looking;

use jiff::civil::Date;
use roaring::RoaringBitmap;

use crate::domain::ids::UnitCode;
use crate::domain::registry::eligibility::Callable;
use crate::domain::registry::{
    Birth, BirthPrecision, Capacity, CapacityUnit, EquipmentStatus, HealthClass, Period, Rank,
    ReserveClass, ReservistCategory, ReservistStatus, Sex,
};
use crate::index::Table;
use crate::index::table::Column;
use crate::wire::pb;
use crate::wire::registry::{Facet, Terms, Value};

pub use judged::Ties;
pub use looking::{Homes, Looking};

/// A person, as far as choosing goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PersonRow {
    /// Its number in the table, as long as nothing is taken out.
    pub row: u32,
    /// Who.
    pub id: [u8; 16],
    /// The version of the record.
    pub version: u64,
    /// The place of the unit that the record was entered with, as the caller numbers units.
    pub unit: u32,
    /// What decides whether a call may go out.
    pub who: Callable,
    /// Reserve class, where known.
    pub class: Option<ReserveClass>,
    /// The last re-check of the record.
    pub rechecked_on: Option<Date>,
    /// Whether there is an active assignment.
    pub is_assigned: bool,
    /// Whether there is a place in the militia too.
    pub in_militia: bool,
}

/// An item, as far as choosing goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ItemRow {
    /// Its number in the table, as long as nothing is taken out.
    pub row: u32,
    /// Which.
    pub id: [u8; 16],
    /// The version of the record.
    pub version: u64,
    /// The place of the unit that the record was entered with, as the caller numbers units.
    pub unit: u32,
    /// The status as entered.
    pub status: EquipmentStatus,
    /// When that status holds.
    pub status_period: Period,
    /// Technical grade, 1 best, where known.
    pub grade: Option<u8>,
    /// Year of make, where known.
    pub year: Option<i16>,
    /// What it can carry or give.
    pub capacity: Option<Capacity>,
    /// Whether somebody drives it.
    pub has_driver: bool,
    /// Whether there is an active assignment.
    pub is_assigned: bool,
}

/// A table, read by specialty or type under chosen units.
#[derive(Debug)]
pub struct Candidates<'a> {
    table: &'a Table,
    /// By the unit's place in its column: the caller's number; none for units not chosen.
    units: Vec<Option<u32>>,
    sex: Numbers<'a>,
    precision: Numbers<'a>,
    category: Numbers<'a>,
    rank: Numbers<'a>,
    health: Numbers<'a>,
    status: Numbers<'a>,
    class: Numbers<'a>,
}

/// A column of small numbers: each is looked up once, not once for each of a million rows.
#[derive(Debug)]
struct Numbers<'a> {
    column: &'a Column,
    /// By place: the number; 0, which no term has, for none.
    by_place: Vec<u8>,
}

impl<'a> Numbers<'a> {
    fn of(table: &'a Table, facet: Facet) -> Self {
        let column = table.column(facet);
        let number = |value: &Value| match value {
            Value::Number(number) => u8::try_from(*number).unwrap_or(0),
            Value::Code(_) => 0,
        };
        Self { column, by_place: column.values().iter().map(number).collect() }
    }

    fn get(&self, row: u32) -> Option<u8> {
        let place = usize::from(self.column.only(row)?);
        self.by_place.get(place).copied().filter(|number| *number != 0)
    }
}

impl Table {
    /// How many records have a specialty or type of this code.
    pub fn count_code(&self, code: &str) -> u64 {
        let column = self.column(Facet::Code);
        let place = column.place(&Value::Code(code.into()));
        place.map_or(0, |place| column.rows(place).len())
    }

    /// Reads candidates of the units that have a number, each asked for once.
    pub fn candidates(&self, number_of: impl FnMut(&UnitCode) -> Option<u32>) -> Candidates<'_> {
        let numbers = |facet| Numbers::of(self, facet);
        Candidates {
            table: self,
            units: self.units().iter().map(number_of).collect(),
            sex: numbers(Facet::Sex),
            precision: numbers(Facet::BirthPrecision),
            category: numbers(Facet::Category),
            rank: numbers(Facet::Rank),
            health: numbers(Facet::Health),
            status: numbers(Facet::Status),
            class: numbers(Facet::Class),
        }
    }
}

impl Candidates<'_> {
    /// The people of one specialty.
    pub fn people(&self, specialty: &str) -> impl Iterator<Item = PersonRow> {
        self.rows(specialty).filter_map(|row| self.person_at(row))
    }

    /// The items of one type.
    pub fn items(&self, kind: &str) -> impl Iterator<Item = ItemRow> {
        self.rows(kind).filter_map(|row| self.item_at(row))
    }

    /// One person, of whatever specialty.
    pub fn person(&self, id: &[u8; 16]) -> Option<PersonRow> {
        self.table.number(id).and_then(|row| self.person_at(row))
    }

    /// One item, of whatever type.
    pub fn item(&self, id: &[u8; 16]) -> Option<ItemRow> {
        self.table.number(id).and_then(|row| self.item_at(row))
    }

    /// The specialty of a person or the type of an item.
    pub fn code(&self, id: &[u8; 16]) -> Option<&str> {
        let column = self.table.column(Facet::Code);
        let place = *column.places(self.table.number(id)?, false).first()?;
        match column.values().get(usize::from(place))? {
            Value::Code(code) => Some(code),
            Value::Number(_) => None,
        }
    }

    fn rows(&self, code: &str) -> impl Iterator<Item = u32> {
        self.set(code).into_iter().flatten()
    }

    fn set(&self, code: &str) -> Option<&RoaringBitmap> {
        let column = self.table.column(Facet::Code);
        column.place(&Value::Code(code.into())).map(|place| column.rows(place))
    }

    fn number(&self, row: u32, facet: Facet) -> Option<u16> {
        let column = self.table.column(facet);
        let place = column.only(row)?;
        match column.values().get(usize::from(place))? {
            Value::Number(number) => Some(*number),
            Value::Code(_) => None,
        }
    }

    fn small(&self, row: u32, facet: Facet) -> Option<u8> {
        self.number(row, facet).and_then(|number| u8::try_from(number).ok())
    }

    #[inline]
    fn unit(&self, row: u32) -> Option<u32> {
        let place = self.table.column(Facet::Unit).only(row)?;
        *self.units.get(usize::from(place))?
    }

    fn person_at(&self, row: u32) -> Option<PersonRow> {
        let unit = self.unit(row)?;
        let (id, version) = self.table.identity(row);
        let Terms { status: status_period, deferral, exemption } = self.table.terms(row);
        let precision = self.precision.get(row).map(i32::from);
        let precision = match precision.and_then(|number| pb::DatePrecision::try_from(number).ok())
        {
            Some(pb::DatePrecision::Month) => BirthPrecision::Month,
            Some(pb::DatePrecision::Year) => BirthPrecision::Year,
            Some(pb::DatePrecision::Day | pb::DatePrecision::Unspecified) | None => {
                BirthPrecision::Day
            }
        };
        let who = Callable {
            birth: Birth::new(unpacked(self.table.birth(row))?, precision),
            sex: self.sex.get(row).and_then(Sex::from_number)?,
            category: self.category.get(row).and_then(ReservistCategory::from_number),
            rank: self.rank.get(row).and_then(Rank::from_number),
            health: self.health.get(row).and_then(HealthClass::new),
            status: self.status.get(row).and_then(ReservistStatus::from_number)?,
            status_period,
            deferral,
            exemption,
        };
        Some(PersonRow {
            row,
            id,
            version,
            unit,
            who,
            class: self.class.get(row).and_then(ReserveClass::from_number),
            rechecked_on: unpacked(self.table.rechecked(row)),
            in_militia: self.is_in_militia(row),
            is_assigned: self.table.assigned().contains(row),
        })
    }

    fn item_at(&self, row: u32) -> Option<ItemRow> {
        let unit = self.unit(row)?;
        let (id, version) = self.table.identity(row);
        let thousandths = self.table.capacity(row);
        let capacity_unit =
            self.small(row, Facet::CapacityUnit).and_then(CapacityUnit::from_number);
        let year = self.number(row, Facet::Year).and_then(|year| i16::try_from(year).ok());
        Some(ItemRow {
            row,
            id,
            version,
            unit,
            status: self.status.get(row).and_then(EquipmentStatus::from_number)?,
            status_period: self.table.terms(row).status,
            grade: self.small(row, Facet::Grade),
            year,
            capacity: capacity_unit
                .filter(|_unit| thousandths > 0)
                .map(|unit| Capacity { thousandths, unit }),
            has_driver: self.number(row, Facet::HasDrivers) == Some(1),
            is_assigned: self.table.assigned().contains(row),
        })
    }
}

/// The date that was [packed](super::table::packed); 0 is none.
#[inline]
fn unpacked(packed: u32) -> Option<Date> {
    let part = |number: u32| i8::try_from(number % 100).ok();
    let year = i16::try_from(packed / 10_000).ok()?;
    Date::new(year, part(packed / 100)?, part(packed)?).ok()
}

#[cfg(test)]
mod tests;
