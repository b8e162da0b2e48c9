//! Rows as the rules of the plan want them: judged for a day, at home in the unit of today.
//!
//! Used by whoever asks those rules: proposals, fill, call-ups. Invariants: a person is judged once for
//! combat and once for support posts; former professional servicemen are of class one.

use jiff::civil::Date;

use super::Candidates as Rows;
use crate::domain::ids::{EquipmentId, ReservistId, SpecialtyCode, UnitCode};
use crate::domain::plan::{Candidate, Item};
use crate::domain::registry::eligibility::{AgeLimits, Call, Duty, Occasion};
use crate::domain::registry::{EquipmentStatus, ReserveClass, ReservistCategory};
use crate::domain::unit::Units;
use crate::domain::world::RecordKind;
use crate::index::{ItemRow, PersonRow, Registry};

/// The units of today that rows count under, by the number that rows carry.
#[derive(Debug)]
pub struct Homes<'a> {
    units: &'a Units,
    homes: Vec<UnitCode>,
}

impl<'a> Homes<'a> {
    /// None yet.
    pub const fn new(units: &'a Units) -> Self {
        Self { units, homes: Vec::new() }
    }

    /// The rows of a kind, their units numbered here.
    pub fn read<'b>(&mut self, registry: &'b Registry, kind: RecordKind) -> Rows<'b> {
        registry.table(kind).candidates(|unit| {
            self.homes.push(self.units.current(unit).clone());
            u32::try_from(self.homes.len() - 1).ok()
        })
    }

    /// The unit of a number.
    pub fn of(&self, number: u32) -> Option<&UnitCode> {
        self.homes.get(usize::try_from(number).ok()?)
    }
}

/// The rules and the day by which is looked.
#[derive(Debug, Clone, Copy)]
pub struct Looking<'a> {
    /// The limits of the law.
    pub limits: &'a AgeLimits,
    /// The day for which everything is judged.
    pub day: Date,
    /// What for: deferral and exemption differ by it.
    pub occasion: Occasion,
}

impl Looking<'_> {
    /// A person of a specialty, at home in a unit of today.
    pub fn person(
        &self,
        row: &PersonRow,
        specialty: Option<SpecialtyCode>,
        home: &UnitCode,
    ) -> Candidate {
        let who = row.who;
        let call = |duty| Call {
            day: self.day,
            occasion: self.occasion,
            duty: Some(duty),
            health_max: None,
            limits: self.limits,
        };
        let ask = |duty| who.callable(&call(duty)).map_err(|reason| reason.code());
        // Former professional servicemen are of class one, and have no class of their own.
        let is_professional = who.category == Some(ReservistCategory::Professional);
        Candidate {
            id: ReservistId::from_bytes(row.id),
            version: row.version,
            unit: home.clone(),
            specialty,
            rank: who.rank,
            class: row.class.or_else(|| is_professional.then_some(ReserveClass::One)),
            sex: who.sex,
            health: who.health,
            birth: who.birth.date(),
            rechecked_on: row.rechecked_on,
            combat: ask(Duty::Combat),
            support: ask(Duty::Support),
            is_assigned: row.is_assigned,
            in_militia: row.in_militia,
        }
    }

    /// An item of a type, standing in a unit of today.
    pub fn item(&self, row: &ItemRow, kind: SpecialtyCode, home: &UnitCode) -> Item {
        Item {
            id: EquipmentId::from_bytes(row.id),
            version: row.version,
            unit: home.clone(),
            kind,
            capacity: row.capacity,
            has_driver: row.has_driver,
            grade: row.grade,
            year: row.year,
            available: row
                .status
                .callable_on(row.status_period, self.day)
                .map_err(EquipmentStatus::reason),
            is_assigned: row.is_assigned,
        }
    }
}
