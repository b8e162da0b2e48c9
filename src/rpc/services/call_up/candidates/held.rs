//! Those whom a plan has: whether each fits the post on the order's day, by the rules of the plan.
//!
//! Asked for while candidates are gathered. Invariants: who does not fit is counted with the reason and
//! never called; who waits for a post is a substitute and nothing else.

use super::{Facts, Known};
use crate::domain::callup::standing::Judge;
use crate::domain::callup::{Barred, Place, Reason};
use crate::domain::ids::{SpecialtyCode, UnitCode};
use crate::domain::plan::{Candidate as PlanPerson, Item as PlanItem, Match, Refusal, ReserveUnit};
use crate::domain::registry::eligibility::AgeLimits;
use crate::index::{ItemRow, Looking, PersonRow};

/// How is called.
#[derive(Debug, Clone, Copy)]
pub(in crate::rpc::services::call_up) struct Calling<'a> {
    /// Judges for support units, and whatever is the same in combat units.
    pub(in crate::rpc::services::call_up) judge: &'a Judge,
    /// The reserve unit whose plan is called; none for required strength.
    pub(in crate::rpc::services::call_up) plan: Option<&'a ReserveUnit>,
    /// The units by place.
    pub(in crate::rpc::services::call_up) units: &'a [UnitCode],
}

impl Known {
    /// None of one who waits for a post and could not take it.
    pub(super) fn standing(&self, judge: &Judge, is_near: bool) -> Option<Result<Place, Barred>> {
        let (fit, waits) = self.held.unwrap_or((Ok(Match::Exact), None));
        let is_near = is_near || fit == Ok(Match::Near);
        let (standing, is_assigned) = match &self.facts {
            Facts::Person(person) => (judge.person(person, is_near), person.is_assigned),
            Facts::Item(item) => (judge.item(item, is_near), item.is_assigned),
            Facts::Gone => (Err(Barred::Gone), false),
        };
        let standing = standing.and_then(|place| fit.map(|_fit| place));
        match (waits, standing) {
            (None, standing) => Some(standing),
            (Some(rank), Ok(_place)) if !is_assigned => {
                Some(Ok(Place { reason: Reason::Waiting, rank }))
            }
            (Some(_rank), _) => None,
        }
    }
}

impl Calling<'_> {
    fn looking<'b>(&self, limits: &'b AgeLimits) -> Looking<'b> {
        Looking { limits, day: self.judge.day(), occasion: self.judge.occasion() }
    }

    fn home(&self, place: u32) -> Result<&UnitCode, Refusal> {
        let unit = usize::try_from(place).ok().and_then(|place| self.units.get(place));
        unit.ok_or(Refusal::OutsideArea)
    }

    pub(super) fn person(
        &self,
        row: &PersonRow,
        code: Option<SpecialtyCode>,
    ) -> Result<PlanPerson, Refusal> {
        Ok(self.looking(self.judge.limits()).person(row, code, self.home(row.unit)?))
    }

    pub(super) fn item(
        &self,
        row: &ItemRow,
        code: Option<SpecialtyCode>,
    ) -> Result<PlanItem, Refusal> {
        let code = code.ok_or(Refusal::SpecialtyUnknown)?;
        Ok(self.looking(self.judge.limits()).item(row, code, self.home(row.unit)?))
    }
}

/// Why one whom the plan has does not fit, as call-ups say it.
pub(super) fn barred(refusal: Refusal) -> Barred {
    match refusal {
        Refusal::NotCallable(reason) => {
            let found = Barred::ALL.into_iter().find(|own| own.as_str() == reason);
            found.unwrap_or(Barred::NotOpen)
        }
        Refusal::PostGone => Barred::PostGone,
        Refusal::UnitClosed | Refusal::OutsideArea | Refusal::NoQuota => Barred::OutsideArea,
        Refusal::SpecialtyUnknown | Refusal::OtherSpecialty => Barred::OtherSpecialty,
        Refusal::OtherSex => Barred::OtherSex,
        Refusal::RankUnknown | Refusal::RankTooLow | Refusal::RankTooHigh => Barred::OtherRank,
        Refusal::CapacityTooLow => Barred::CapacityTooLow,
        Refusal::NoDriver => Barred::NoDriver,
        Refusal::HealthUnknown | Refusal::HealthTooLow => Barred::Unfit,
        Refusal::Assigned | Refusal::QuotaFull | Refusal::PostsFull => Barred::Assigned,
    }
}
