//! Those whom a plan has: whether each fits the post on the order's day, by the rules of the plan.
//!
//! Asked for while candidates are gathered. Invariants: who does not fit is counted with the reason and
//! never called; who waits for a post is a substitute and nothing else.

use super::Pool;
use crate::domain::callup::standing::Judge;
use crate::domain::callup::{Barred, Candidate, Place, Reason};
use crate::domain::ids::{SpecialtyCode, UnitCode};
use crate::domain::order::RequirementKind;
use crate::domain::plan::{
    Area, Candidate as PlanPerson, Item as PlanItem, Match, Refusal, ReserveUnit,
};
use crate::domain::registry::eligibility::AgeLimits;
use crate::domain::world::RecordKind;
use crate::index::{ItemRow, Looking, PersonRow};
use crate::rpc::services::call_up::{Holder, Line};

/// How is called.
#[derive(Debug, Clone, Copy)]
pub(in crate::rpc::services::call_up) struct Calling<'a> {
    /// Judges for combat units.
    pub(in crate::rpc::services::call_up) combat: &'a Judge,
    /// Judges for support units, and whatever is the same in combat units.
    pub(in crate::rpc::services::call_up) support: &'a Judge,
    /// The reserve unit whose plan is called; none for required strength.
    pub(in crate::rpc::services::call_up) plan: Option<&'a ReserveUnit>,
    /// The units by place.
    pub(in crate::rpc::services::call_up) units: &'a [UnitCode],
}

impl Pool<'_> {
    /// One whom the plan has for a line; none of one who waits and could not take the post, and of
    /// one who is gone and whose unit is too. One of whom no record is left is counted where he came
    /// from.
    pub(super) fn held(
        &mut self,
        line: &Line,
        holder: &Holder,
        area: &Area<'_>,
        home: Option<u32>,
    ) -> Option<Candidate> {
        let (calling, judge) = (self.calling, self.calling.judge(line));
        let is_near = |fit: &Result<Match, Refusal>| *fit == Ok(Match::Near);
        let (row, unit, fit, standing, is_assigned);
        if line.kind == RequirementKind::Personnel {
            let Some(found) = self.people.person(&holder.id) else {
                return self.gone(RecordKind::Reservist, holder, home);
            };
            let code = self.people.code(&holder.id).and_then(|code| code.parse().ok());
            let person = self.ties.0.person(&found);
            let own = calling.person(&found, code);
            fit = own.and_then(|own| area.judge(holder.post, &own));
            standing = judge.person(&person, is_near(&fit));
            (row, unit, is_assigned) = (found.row, found.unit, person.is_assigned);
        } else {
            let Some(found) = self.items.item(&holder.id) else {
                return self.gone(RecordKind::Equipment, holder, home);
            };
            let code = self.items.code(&holder.id).and_then(|code| code.parse().ok());
            let item = self.ties.1.item(&found, judge);
            let own = calling.item(&found, code);
            fit = own.and_then(|own| area.judge_item(holder.post, &own));
            standing = judge.item(&item, is_near(&fit));
            (row, unit, is_assigned) =
                (self.people.end() + found.row, found.unit, item.is_assigned);
        }
        let standing = standing.and_then(|place| fit.map(|_fit| place).map_err(barred));
        let standing = match (holder.waits, standing) {
            (None, standing) => standing,
            (Some(rank), Ok(_place)) if !is_assigned => Ok(Place { reason: Reason::Waiting, rank }),
            (Some(_rank), _) => return None,
        };
        Some(Candidate { row, unit, standing })
    }

    fn gone(&mut self, kind: RecordKind, holder: &Holder, home: Option<u32>) -> Option<Candidate> {
        let (unit, None) = (home?, holder.waits) else { return None };
        let at = u32::try_from(self.gone.len()).expect("as few as holders");
        self.gone.push((kind, holder.id));
        let row = self.people.end() + self.items.end() + at;
        Some(Candidate { row, unit, standing: Err(Barred::Gone) })
    }
}

impl<'a> Calling<'a> {
    /// Who judges a line.
    pub(super) const fn judge(&self, line: &Line) -> &'a Judge {
        if line.is_combat { self.combat } else { self.support }
    }

    fn looking<'b>(&self, limits: &'b AgeLimits) -> Looking<'b> {
        Looking { limits, day: self.support.day(), occasion: self.support.occasion() }
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
        Ok(self.looking(self.support.limits()).person(row, code, self.home(row.unit)?))
    }

    pub(super) fn item(
        &self,
        row: &ItemRow,
        code: Option<SpecialtyCode>,
    ) -> Result<PlanItem, Refusal> {
        let code = code.ok_or(Refusal::SpecialtyUnknown)?;
        Ok(self.looking(self.support.limits()).item(row, code, self.home(row.unit)?))
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
