//! Single assignments: made, replaced, moved up from the waiting list.

use jiff::civil::Date;

use super::proposals::{named, plain};
use super::{PlanDoor, not_in_plan};
use crate::domain::ids::{AssignmentId, UnitCode};
use crate::domain::plan::{
    Area, Assignment, EndReason, Refusal, ReserveUnit, Settled, Stage, Subject, Tier,
};
use crate::engine::records::{RecordOutcome, RowMode, RowOutcome};
use crate::index::assignments::{Assigned, One};
use crate::rpc::registry::calls::request_id;
use crate::rpc::registry::{Caller, Gate, RegistryFault, RegistryParts};
use crate::wire::registry::plan::{assignment, subject};
use crate::wire::{WireError, parse, pb};

/// What an assignment to a post is made of, once it is known to fit.
pub(super) struct Fitting {
    pub(super) unit: UnitCode,
    pub(super) version: u64,
    pub(super) tier: Tier,
    pub(super) in_militia: bool,
}

impl RegistryParts {
    /// Whether a subject may hold a post of a reserve unit, quotas and free places aside.
    pub(super) fn fitting(
        &self,
        who: Subject,
        unit: &ReserveUnit,
        no: u16,
        day: Date,
    ) -> Result<Fitting, RegistryFault> {
        let one = self.subject(who, day).ok_or(RegistryFault::Unknown)?;
        let unfit = |reason| RegistryFault::Unfit { reason };
        {
            let plan = &self.engine.registry().plan;
            if plan.active(&who).is_some() {
                return Err(unfit(Refusal::Assigned.code()));
            }
            if plan.of_subject(&who).any(|at| at.assignment.holds_from(day)) {
                return Err(unfit("PERIOD_OVERLAPS"));
            }
        }
        let is_known =
            if who.is_person() { unit.post(no).is_some() } else { unit.line(no).is_some() };
        if !is_known {
            return Err(not_in_plan(if who.is_person() { "post" } else { "equipment line" }, no));
        }
        let tree = self.units();
        let fit = one.judge(&Area::of(unit, &tree, day), no);
        let fit = fit.map_err(|refusal| unfit(refusal.code()))?;
        let (unit, version, is_first, in_militia) = match one {
            One::Person(who) => (who.unit.clone(), who.version, who.is_first(), who.in_militia),
            One::Item(item) => (item.unit, item.version, true, false),
        };
        Ok(Fitting { unit, version, tier: Tier::of(fit, is_first), in_militia })
    }

    /// Why an assignment was refused, with the quota that is full where it is one.
    pub(super) fn refused(
        &self,
        reason: &'static str,
        unit: &ReserveUnit,
        of: &Assignment,
    ) -> RegistryFault {
        let quota = (reason == "QUOTA_FULL").then(|| {
            let giver = (of.subject.is_person(), &of.unit);
            self.engine.registry().plan.given(unit, giver, &self.units(), of.from)
        });
        match quota.flatten() {
            Some((commune, given, quota)) => {
                let (reserve_unit, given) = (unit.code.clone(), u64::try_from(given).unwrap_or(0));
                RegistryFault::QuotaFull { reserve_unit, commune, given, quota }
            }
            None => RegistryFault::Unfit { reason },
        }
    }

    /// An assignment that the caller may change, at the version that they have seen.
    pub(super) fn assigned(
        &self,
        id: &str,
        version: u64,
        caller: &Caller,
    ) -> Result<(Assigned, ReserveUnit), RegistryFault> {
        let id: AssignmentId = parse("assignment_id", id)?;
        let found = self.engine.registry().plan.assignment(id.as_bytes()).cloned();
        let found = found.ok_or_else(|| not_in_plan("assignment", id))?;
        let kept = self.kept_unit(found.assignment.reserve_unit.as_str(), caller)?;
        if version != 0 && version != found.assignment.version {
            return Err(RegistryFault::refused(
                crate::domain::world::RecordKind::Assignment,
                "VERSION_CHANGED",
            ));
        }
        Ok((found, kept.unit))
    }
}

/// As [`must_all`], with the quota that is full where it is one.
fn must(
    outcome: &RecordOutcome,
    parts: &RegistryParts,
    unit: &ReserveUnit,
    of: &Assignment,
) -> Result<(), RegistryFault> {
    must_all(outcome).map_err(|fault| match fault {
        RegistryFault::Unfit { reason } => parts.refused(reason, unit, of),
        other => other,
    })
}

/// The first refusal that says why.
pub(super) fn must_all(outcome: &RecordOutcome) -> Result<(), RegistryFault> {
    let refused = outcome.rows.iter().find_map(|(_row, outcome)| match outcome {
        RowOutcome::Refused("OTHERS_REFUSED") => None,
        RowOutcome::Refused(reason) => Some(plain(reason)),
        _written => None,
    });
    refused.map_or(Ok(()), |reason| Err(RegistryFault::Unfit { reason }))
}

pub(super) fn version_of(outcome: &RecordOutcome, row: usize) -> u64 {
    match outcome.rows.get(row) {
        Some((
            _row,
            RowOutcome::Created(_, version)
            | RowOutcome::Updated(_, version)
            | RowOutcome::Unchanged(_, version),
        )) => *version,
        _refused => 0,
    }
}

pub(super) fn update(of: &Assignment) -> RowMode {
    RowMode::Update { id: *of.id.as_bytes(), version: of.version }
}

impl<G: Gate> PlanDoor<G> {
    pub(super) async fn assign(
        &self,
        request: pb::AssignRequest,
        caller: &Caller,
    ) -> Result<pb::AssignResponse, RegistryFault> {
        let id = request_id(&request.request_id, "assign", &request)?;
        let record = AssignmentId::new(named(&request.request_id, 0));
        if let Some(there) = self.parts.engine.registry().plan.assignment(record.as_bytes()) {
            let message = assignment(&there.assignment, there.subject_version);
            return Ok(pb::AssignResponse {
                assignment: Some(message),
                ledger_index: 0,
                also_militia: false,
            });
        }
        let day = self.parts.near_day("start_date", request.start_date.as_ref())?;
        let kept = self.parts.kept_unit(&request.reserve_unit_code, caller)?;
        let post = u16::try_from(request.post_no)
            .map_err(|_range| WireError::new("post_no", "is out of range"))?;
        let who = subject(&request.subject_id, request.is_equipment)?;
        let fitting = self.parts.fitting(who, &kept.unit, post, day)?;
        let place = (kept.unit.code.clone(), who.is_person(), post);
        let waits = self
            .parts
            .engine
            .registry()
            .plan
            .of_place(&place)
            .any(|at| at.assignment.subject == who && at.assignment.stage == Stage::Waiting);
        if waits {
            return Err(RegistryFault::Unfit { reason: "WAITING" });
        }
        let mut new = Assignment {
            id: record,
            version: 0,
            subject: who,
            unit: fitting.unit,
            reserve_unit: kept.unit.code.clone(),
            post,
            tier: fitting.tier,
            stage: if request.waiting { Stage::Waiting } else { Stage::Active },
            from: day,
            to: None,
            ended: None,
            superseded_by: None,
            settled: Settled::default(),
        };
        let message = assignment(&new, fitting.version);
        let rows = vec![self.parts.assignment_row(&message, 0, RowMode::Create)?];
        let outcome = self.parts.put_assignments(id, rows, caller).await?;
        must(&outcome, &self.parts, &kept.unit, &new)?;
        new.version = version_of(&outcome, 0);
        Ok(pb::AssignResponse {
            assignment: Some(assignment(&new, fitting.version)),
            ledger_index: outcome.ledger_index.unwrap_or(0),
            also_militia: fitting.in_militia,
        })
    }

    pub(super) async fn replace_assignment(
        &self,
        request: pb::ReplaceAssignmentRequest,
        caller: &Caller,
    ) -> Result<pb::ReplaceAssignmentResponse, RegistryFault> {
        let id = request_id(&request.request_id, "replace_assignment", &request)?;
        let day = self.parts.near_day("start_date", request.start_date.as_ref())?;
        let (Assigned { assignment: mut old, subject_version }, unit) =
            self.parts.assigned(&request.assignment_id, request.version, caller)?;
        let is_equipment = !old.subject.is_person();
        let who = subject(&request.subject_id, is_equipment)?;
        let fitting = self.parts.fitting(who, &unit, old.post, day)?;
        let record = AssignmentId::new(named(&request.request_id, 0));
        let mut new = Assignment {
            id: record,
            version: 0,
            subject: who,
            unit: fitting.unit,
            tier: fitting.tier,
            stage: Stage::Active,
            from: day,
            to: None,
            settled: Settled::default(),
            ..old.clone()
        };
        let mode = update(&old);
        let last = day.yesterday().unwrap_or(day);
        old.end(last, EndReason::Replaced, self.parts.today())?;
        old.superseded_by = Some(record);
        let ended = assignment(&old, subject_version);
        let message = assignment(&new, fitting.version);
        let rows = vec![
            self.parts.assignment_row(&ended, 0, mode)?,
            self.parts.assignment_row(&message, 1, RowMode::Create)?,
        ];
        let outcome = self.parts.put_assignments(id, rows, caller).await?;
        must(&outcome, &self.parts, &unit, &new)?;
        (old.version, new.version) = (version_of(&outcome, 0), version_of(&outcome, 1));
        Ok(pb::ReplaceAssignmentResponse {
            ended: Some(assignment(&old, subject_version)),
            assignment: Some(assignment(&new, fitting.version)),
            ledger_index: outcome.ledger_index.unwrap_or(0),
            also_militia: fitting.in_militia,
        })
    }
}
