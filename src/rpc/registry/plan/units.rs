//! Reserve units: kept, shown, listed.

use std::collections::BTreeMap;
use std::ops::Bound::{Excluded, Unbounded};

use jiff::civil::Date;

use super::summary::reasons;
use super::{PlanDoor, keeps, not_in_plan, sees};
use crate::domain::ids::ReserveUnitCode;
use crate::domain::plan::{self, Assignment, Held, PlanProblem, PlanRule, ReserveUnit};
use crate::engine::records::{RecordJob, RowMode, RowOutcome};
use crate::index::assignments::{Kept, commune_of};
use crate::rpc::registry::calls::request_id;
use crate::rpc::registry::{Caller, Gate, RegistryFault, RegistryParts};
use crate::wire::registry::RegistryRecord;
use crate::wire::registry::plan::check_reserve_unit;
use crate::wire::{WireError, parse, pb};

/// Reserve units of a page: one may have 1,000 posts.
const PAGE_LEN: usize = 50;

/// What is wrong with the first day.
fn first_day(rule: PlanRule) -> RegistryFault {
    RegistryFault::Plan(vec![PlanProblem { field: "valid_from".to_owned(), rule }])
}

fn message(kept: &Kept) -> pb::ReserveUnit {
    let mut message = pb::ReserveUnit::from(&kept.unit);
    message.identify(uuid::Uuid::from_bytes(kept.id).to_string(), kept.version);
    message
}

impl RegistryParts {
    /// Whether an establishment may begin on its day: days past keep what they had, unless that was wrong.
    fn may_begin(
        &self,
        there: Option<&Kept>,
        latest_former: Option<Date>,
        unit: &ReserveUnit,
        is_correction: bool,
    ) -> Result<(), RegistryFault> {
        if latest_former.is_some_and(|last| unit.valid_from <= last) {
            return Err(first_day(PlanRule::FormerOverlaps));
        }
        let today = self.today();
        let is_rewritten = there.is_some_and(|there| there.unit.is_rewritten_by(unit, today));
        if is_rewritten && !is_correction {
            return Err(first_day(PlanRule::PastRewritten));
        }
        Ok(())
    }

    /// What another establishment does to those who hold places on its first day, or today: how many fitted before and
    /// do not any more, and where there are more than places.
    fn effects(
        &self,
        before: Option<&ReserveUnit>,
        after: &ReserveUnit,
    ) -> (Vec<pb::ReasonCount>, Vec<pb::PostCount>) {
        let day = self.engine.now().date_in_vietnam().max(after.valid_from);
        let assignments: Vec<Assignment> = {
            let registry = self.engine.registry();
            let all = registry.plan.of_reserve_unit(&after.code).map(|at| &at.assignment);
            all.filter(|at| at.holds_on(day)).cloned().collect()
        };
        let all: Vec<&Assignment> = assignments.iter().collect();
        let now = self.judged(&[after], &all, day);
        let was = before.map(|before| self.judged(&[before], &all, day));
        let mut reasons: BTreeMap<&'static str, u64> = BTreeMap::new();
        for (at, validity) in now.iter().enumerate() {
            let fitted = was.as_ref().is_none_or(|was| was[at].is_ok());
            if let (Err(reason), true) = (validity, fitted) {
                *reasons.entry(reason).or_default() += 1;
            }
        }
        let tree = self.units();
        let held = assignments.iter().zip(now).map(|(assignment, validity)| Held {
            assignment,
            commune: commune_of(&assignment.unit, &tree).clone(),
            validity,
        });
        let held: Vec<Held<'_>> = held.collect();
        let beyond = plan::fill(&[after], &held, day, &tree).by_post;
        let beyond = beyond.into_iter().filter(|(_post, row)| row.surplus > 0);
        let surplus = beyond.map(|((code, is_person, no), row)| pb::PostCount {
            reserve_unit_code: code.to_string(),
            post_no: no.into(),
            count: row.surplus,
            reasons: Vec::new(),
            is_equipment: !is_person,
        });
        (self::reasons(&reasons), surplus.collect())
    }
}

impl<G: Gate> PlanDoor<G> {
    pub(super) async fn put_reserve_unit(
        &self,
        request: pb::PutReserveUnitRequest,
        caller: &Caller,
    ) -> Result<pb::PutReserveUnitResponse, RegistryFault> {
        let id = request_id(&request.request_id, "put_reserve_unit", &request)?;
        let given = request.reserve_unit.ok_or_else(|| WireError::missing("reserve_unit"))?;
        let held = self.parts.in_force();
        let units = &held.units;
        let mut unit = check_reserve_unit(&given, &held.lists()).map_err(RegistryFault::Plan)?;
        let (there, latest_former) = {
            let plan = &self.parts.engine.registry().plan;
            (plan.reserve_unit(&unit.code).cloned(), plan.latest_former(&unit.code))
        };
        if let Some(there) = there.as_ref().filter(|there| there.unit.is_as(&unit)) {
            // Said again; the day of saying it is no news.
            if given.valid_from.is_none() {
                unit.valid_from = there.unit.valid_from;
            }
        }
        self.parts.may_begin(there.as_ref(), latest_former, &unit, request.correct)?;
        let mut all = there.iter().map(|kept| &kept.unit).chain(std::iter::once(&unit));
        if !all.all(|unit| keeps(caller, unit, units)) {
            return Err(RegistryFault::Outside { unit: unit.unit });
        }
        let stored = pb::ReserveUnit::from(&unit);
        let before = there.as_ref().map(|kept| &kept.unit);
        let (no_longer_fit, surplus) = self.parts.effects(before, &unit);
        let is_same = there.as_ref().is_some_and(|there| there.unit == unit);
        let told = |reserve_unit, ledger_index, created| pb::PutReserveUnitResponse {
            reserve_unit: Some(reserve_unit),
            ledger_index,
            created,
            no_longer_fit,
            surplus,
            unchanged: is_same,
        };
        if request.dry_run {
            return Ok(told(stored, 0, there.is_none()));
        }
        let mut rows = vec![self.parts.new_record(&stored, 0, RowMode::Import)?];
        let changed = there.as_ref().filter(|there| !there.unit.is_as(&unit));
        if let Some(former) = changed.and_then(|there| there.unit.until(unit.valid_from)) {
            let former = pb::ReserveUnit::from(&former);
            rows.push(self.parts.new_record(&former, 1, RowMode::Create)?);
        }
        let (actor, sealer) = (caller.actor(), self.parts.sealer.clone());
        let put = self.parts.engine.put_records(move |reply| RecordJob {
            actor,
            id: Some(id),
            kind: pb::ReserveUnit::KIND,
            rows,
            validate_only: false,
            sealer,
            reply,
        });
        let outcome = put.await?;
        let row = outcome.rows.first().map(|(_row, outcome)| *outcome);
        let created = matches!(row, Some(RowOutcome::Created(..)));
        let (record, version) = match row {
            Some(
                RowOutcome::Created(id, version)
                | RowOutcome::Updated(id, version)
                | RowOutcome::Unchanged(id, version),
            ) => (id, version),
            Some(RowOutcome::Refused(reason)) => {
                return Err(RegistryFault::refused(pb::ReserveUnit::KIND, reason));
            }
            None => return Err(RegistryFault::Unreadable),
        };
        let kept = message(&Kept { id: record, version, unit });
        Ok(told(kept, outcome.ledger_index.unwrap_or(0), created))
    }

    #[expect(clippy::unused_async, reason = "one of the calls, which are all async")]
    pub(super) async fn get_reserve_unit(
        &self,
        request: pb::GetReserveUnitRequest,
        caller: &Caller,
    ) -> Result<pb::GetReserveUnitResponse, RegistryFault> {
        let code = self.parts.plan_code(&request.code, caller)?;
        let kept = self.parts.engine.registry().plan.reserve_unit(&code).cloned();
        let kept = kept
            .filter(|kept| sees(caller, &kept.unit, self.parts.engine.world().units()))
            .ok_or_else(|| not_in_plan("reserve unit", code))?;
        Ok(pb::GetReserveUnitResponse { reserve_unit: Some(message(&kept)) })
    }

    #[expect(clippy::unused_async, reason = "one of the calls, which are all async")]
    pub(super) async fn list_reserve_units(
        &self,
        request: pb::ListReserveUnitsRequest,
        caller: &Caller,
    ) -> Result<pb::ListReserveUnitsResponse, RegistryFault> {
        let after: Option<ReserveUnitCode> = match request.page_token.as_str() {
            "" => None,
            token => Some(parse("page_token", token)?),
        };
        let units = self.parts.units();
        let registry = self.parts.engine.registry();
        let begin = after.map_or(Unbounded, Excluded);
        let mut found =
            registry.plan.reserve_units_from(begin).filter(|kept| sees(caller, &kept.unit, &units));
        let reserve_units: Vec<_> = found.by_ref().take(PAGE_LEN).map(message).collect();
        let last = reserve_units.last().map(|unit| unit.code.clone());
        let next_page_token = last.filter(|_last| found.next().is_some()).unwrap_or_default();
        Ok(pb::ListReserveUnitsResponse { reserve_units, next_page_token })
    }
}
