//! What a record is filtered and counted by, in a form that is the same for every kind.
//!
//! Made from a record by [`super::RegistryRecord::facets`] when it comes in and when the index loads,
//! and forgotten once it is in the index. Invariants: what was not given has no value; a facet that is
//! not [`Facet::is_many`] has at most one. Holds no names, numbers or addresses, but what a person is
//! counted by is personal all the same: `Debug` shows the unit alone.

use std::fmt;

use jiff::civil::{Date, date};

use crate::domain::ids::UnitCode;
use crate::domain::registry::Period;
use crate::domain::registry::lateness::Freshness;

/// One way to sort records into groups. Its place in this list is its place in the index's memory
/// and nowhere else: nothing of it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Facet {
    /// The unit it counts under, as it was entered.
    Unit,
    /// The unit that keeps the register.
    RegisteredUnit,
    /// The unit of before a merger that it was entered with.
    FormerUnit,
    /// Specialty of a reservist, type of a piece of equipment.
    Code,
    /// Reserve class.
    Class,
    /// Rank, lowest first.
    Rank,
    /// Category of a reservist, audience of an activity.
    Category,
    /// Sex.
    Sex,
    /// Ethnic group.
    EthnicGroup,
    /// Languages, several.
    Language,
    /// Party membership: 1 yes, 2 no.
    Party,
    /// Health class, best first.
    Health,
    /// Status.
    Status,
    /// Cadre of the reserve unit.
    Frame,
    /// Year of birth.
    BirthYear,
    /// How much of the birth date is known.
    BirthPrecision,
    /// A transfer under way: the receiving unit.
    Transfer,
    /// Training put off: its ground. On which days is for the domain to say.
    Deferral,
    /// Whether a post exempts from call-up in war: 1 yes.
    Exemption,
    /// Whether there is a place in the militia too: 1 yes.
    Militia,
    /// Class of technical means.
    EquipmentClass,
    /// Technical grade, best first.
    Grade,
    /// What a capacity counts.
    CapacityUnit,
    /// Who the owner is before the law.
    OwnerKind,
    /// Whether somebody drives it: 1 yes, 2 no.
    HasDrivers,
    /// Year of make.
    Year,
    /// The day of the last recheck, see [`day_number`].
    Rechecked,
    /// Whether anything but the recheck may be late by the law's limits: 1 yes.
    Watch,
    /// Which sort of base or activity, which stage of an enterprise's survey.
    Sort,
    /// Types of force of a base, products of an enterprise: several.
    Capability,
}

impl Facet {
    /// How many there are.
    pub const COUNT: usize = Self::Capability.place() + 1;

    /// Those of which one record may have several values.
    pub const MANY: [Self; 2] = [Self::Language, Self::Capability];

    /// Its place in a list of all.
    pub const fn place(self) -> usize {
        self as usize
    }

    /// Whether one record may have several values of it.
    pub fn is_many(self) -> bool {
        Self::MANY.contains(&self)
    }
}

/// One value of a facet: a number of a closed list, or a code.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Value {
    /// A stored number of a closed list, a class, a year.
    Number(u16),
    /// A code of an open list.
    Code(Box<str>),
}

/// The day before the first that is told apart.
const DAY_ZERO: Date = date(1949, 12, 31);

/// A day as a facet has it: days since the end of 1949, from 1 to 65,535 (in 2129). Days beyond count
/// as the nearest of these.
pub fn day_number(day: Date) -> u16 {
    let days = day.since(DAY_ZERO).map_or(0, |span| span.get_days());
    u16::try_from(days.max(1)).unwrap_or(u16::MAX)
}

/// The day of a [`day_number`].
pub fn numbered_day(number: u16) -> Date {
    DAY_ZERO.saturating_add(jiff::Span::new().days(number))
}

/// The days on which a standing turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Terms {
    /// When the status holds; open for who is active and what is available.
    pub status: Period,
    /// When training is put off.
    pub deferral: Option<Period>,
    /// When somebody is exempt.
    pub exemption: Option<Period>,
}

/// What one record is filtered and counted by.
#[derive(Clone, PartialEq, Eq)]
pub struct Facets {
    /// The unit it counts under.
    pub unit: UnitCode,
    /// All other facets that were given.
    pub values: Vec<(Facet, Value)>,
    /// Date of birth; the first of the month or year where no more is known.
    pub birth: Option<Date>,
    /// Capacity in thousandths of its unit; 0 when not given.
    pub capacity: u32,
    /// The last re-check, where known.
    pub rechecked: Option<Date>,
    /// None where no day matters: of most records.
    pub terms: Option<Box<Terms>>,
    /// Of those few who may be late by a limit other than the recheck's.
    pub watch: Option<Box<Freshness>>,
}

impl Facets {
    /// Those of a record of a unit of which nothing else is known.
    pub fn of(unit: UnitCode) -> Self {
        Self {
            unit,
            values: Vec::with_capacity(Facet::COUNT / 2),
            birth: None,
            capacity: 0,
            rechecked: None,
            terms: None,
            watch: None,
        }
    }

    /// Adds a number; 0 is "not given".
    #[must_use]
    #[inline]
    pub fn number(mut self, facet: Facet, number: u16) -> Self {
        if number != 0 {
            self.values.push((facet, Value::Number(number)));
        }
        self
    }

    /// Adds a code; blank is "not given".
    #[must_use]
    #[inline]
    pub fn code(mut self, facet: Facet, code: &str) -> Self {
        if !code.is_empty() {
            self.values.push((facet, Value::Code(code.into())));
        }
        self
    }

    /// Adds an answer to a question that may have been left open.
    #[must_use]
    #[inline]
    pub fn answer(self, facet: Facet, answer: Option<bool>) -> Self {
        self.number(facet, answer.map_or(0, |yes| if yes { 1 } else { 2 }))
    }

    /// Adds a day; none is "not given".
    #[must_use]
    #[inline]
    pub fn day(self, facet: Facet, day: Option<Date>) -> Self {
        self.number(facet, day.map_or(0, day_number))
    }

    /// Adds a date of birth, and its year as a facet.
    #[must_use]
    pub fn born(mut self, birth: Option<Date>) -> Self {
        self.birth = birth;
        let year = birth.and_then(|date| u16::try_from(date.year()).ok());
        self.number(Facet::BirthYear, year.unwrap_or(0))
    }

    /// Adds the days on which the standing turns.
    #[must_use]
    pub fn turning(self, terms: Terms) -> Self {
        let is_plain = terms == Terms::default();
        Self { terms: (!is_plain).then(|| Box::new(terms)), ..self }
    }

    /// The first value of a facet, the unit's aside.
    pub fn get(&self, facet: Facet) -> Option<&Value> {
        self.values.iter().find(|(named, _value)| *named == facet).map(|(_facet, value)| value)
    }
}

impl fmt::Debug for Facets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Facets").field("unit", &self.unit).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_comes_back_out_of_its_number() {
        for day in [date(1950, 1, 1), date(2024, 2, 29), date(2026, 11, 22), date(2129, 6, 5)] {
            assert_eq!(numbered_day(day_number(day)), day);
        }
        assert_eq!(day_number(date(1950, 1, 1)), 1);
        assert_eq!(day_number(date(1900, 1, 1)), 1, "too old to matter");
        assert_eq!(day_number(date(2200, 1, 1)), u16::MAX);
    }
}
