//! How full the plan is, told.

use jiff::civil::Date;

use super::summary::reasons;
use super::{PlanDoor, sees};
use crate::domain::ids::{ReserveUnitCode, UnitCode};
use crate::domain::nearest::meant;
use crate::domain::plan::{self, Assignment, Fill, FillLine, Held, ReserveUnit, Stage};
use crate::index::assignments::commune_of;
use crate::rpc::registry::{Caller, Gate, RegistryFault};
use crate::wire::registry::plan::civil_date;
use crate::wire::{WireError, parse, pb};

impl<G: Gate> PlanDoor<G> {
    #[expect(clippy::unused_async, reason = "one of the calls, which are all async")]
    pub(super) async fn get_fill(
        &self,
        request: pb::GetFillRequest,
        caller: &Caller,
    ) -> Result<pb::GetFillResponse, RegistryFault> {
        let day = self.parts.day("as_of", request.as_of.as_ref())?;
        let tree = self.parts.units();
        let within: Option<UnitCode> = match request.unit_code.as_str() {
            "" => caller.within.clone(),
            code => Some(parse("unit_code", code)?),
        };
        if within.as_ref().is_some_and(|unit| tree.get(unit).is_none()) {
            let codes = tree.iter().map(|unit| unit.code.as_str());
            let meant = meant(&request.unit_code, codes, "`hoatoc unit list` has them all");
            let fault = format!("is no unit that there is: {meant}");
            return Err(WireError::new("unit_code", fault).into());
        }
        if let Some(unit) = within.as_ref().filter(|unit| !caller.reaches(unit, &tree)) {
            return Err(RegistryFault::Outside { unit: unit.clone() });
        }
        let codes = request.reserve_unit_codes.iter();
        let codes = codes.map(|text| self.parts.plan_code(text, caller));
        let codes: Vec<ReserveUnitCode> = codes.collect::<Result<_, _>>()?;
        // Rights go by the map of today, figures by the areas of that day.
        let then = tree.placed_on(day);
        let (units, assignments) = {
            let registry = self.parts.engine.registry();
            let asked = |unit: &&ReserveUnit| {
                (codes.is_empty() || codes.contains(&unit.code)) && sees(caller, unit, &tree)
            };
            let units = registry.plan.established_on(day).map(|kept| &kept.unit).filter(asked);
            let units: Vec<ReserveUnit> = units.cloned().collect();
            let counts = |at: &&Assignment| {
                let counts = at.stage == Stage::Waiting || at.holds_on(day);
                let top = within.as_ref();
                counts && top.is_none_or(|top| then.is_within(&at.unit, top))
            };
            let of = |unit: &ReserveUnit| {
                let all = registry.plan.of_reserve_unit(&unit.code).map(|at| &at.assignment);
                all.filter(counts).cloned().collect::<Vec<Assignment>>()
            };
            let assignments: Vec<Assignment> = units.iter().flat_map(of).collect();
            (units, assignments)
        };
        let units: Vec<&ReserveUnit> = units.iter().collect();
        let all: Vec<&Assignment> = assignments.iter().collect();
        let validities = self.parts.judged(&units, &all, day);
        let held = assignments.iter().zip(validities).map(|(assignment, validity)| Held {
            assignment,
            commune: commune_of(&assignment.unit, &tree).clone(),
            validity,
        });
        let held: Vec<Held<'_>> = held.collect();
        let fill = plan::fill(&units, &held, day, &then);
        let mut said = message(&fill, day);
        if let Some(top) = &within {
            // What others give is not this unit's to count: quotas are what it is measured by.
            let mut total = FillLine::default();
            said.by_commune.clear();
            for (code, line) in &fill.by_commune {
                if then.is_within(code, top) {
                    total.add(line);
                    said.by_commune.push(of_quota(code, line));
                }
            }
            said.by_reserve_unit.clear();
            said.by_post.clear();
            let total = Some(of_quota("", &total));
            (said.total, said.total_by_quota) = (total.clone(), total);
        }
        Ok(said)
    }
}

fn count(row: &plan::FillRow) -> pb::FillCount {
    let plan::FillRow { needed, exact, near, invalid, surplus, waiting, unmeasured } = *row;
    pb::FillCount { needed, exact, near, invalid, surplus, waiting, unmeasured }
}

fn row(code: impl ToString, line: &FillLine) -> pb::FillRow {
    pb::FillRow {
        code: code.to_string(),
        post_no: 0,
        people: Some(count(&line.people)),
        equipment: Some(count(&line.equipment)),
        of_quota: false,
    }
}

fn of_quota(code: impl ToString, line: &FillLine) -> pb::FillRow {
    pb::FillRow { of_quota: true, ..row(code, line) }
}

fn message(fill: &Fill, day: Date) -> pb::GetFillResponse {
    let post = |((code, is_person, no), held): (&(ReserveUnitCode, bool, u16), &plan::FillRow)| {
        let held = Some(count(held));
        let (people, equipment) = if *is_person { (held, None) } else { (None, held) };
        pb::FillRow {
            code: code.to_string(),
            post_no: (*no).into(),
            people,
            equipment,
            of_quota: false,
        }
    };
    pb::GetFillResponse {
        as_of: Some(civil_date(day)),
        total: Some(row("", &fill.total)),
        by_reserve_unit: fill.by_unit.iter().map(|(code, line)| row(code, line)).collect(),
        by_post: fill.by_post.iter().map(post).collect(),
        by_commune: fill.by_commune.iter().map(|(code, line)| of_quota(code, line)).collect(),
        total_by_quota: Some(of_quota("", &fill.by_quota)),
        invalid: reasons(&fill.invalid_by_reason),
    }
}
