//! Proposals: made, kept for a while to be read, confirmed part by part.

mod kept;
mod reading;

use std::collections::{BTreeMap, HashSet};

use jiff::civil::Date;

use self::kept::Kept;
pub(super) use self::kept::Proposals;

use super::candidates::Wanted;
use super::held::needs;
use super::summary::{reasons, summary};
use super::{PlanDoor, keeps};
use crate::domain::ids::{AssignmentId, ReserveUnitCode};
use crate::domain::plan::{
    Assignment, Placement, Propose, ReserveUnit, Settled, Stage, Subject, propose_equipment,
    propose_people,
};
use crate::domain::unit::Units;
use crate::engine::records::{NewRecord, RecordJob, RowMode, RowOutcome};
use crate::index::PlanIndex;
use crate::rpc::registry::calls::request_id;
use crate::rpc::registry::{Caller, Gate, RegistryFault, RegistryParts};
use crate::wire::registry::RegistryRecord;
use crate::wire::registry::plan::{assignment, civil_date};
use crate::wire::{parse, pb};

impl<G: Gate> PlanDoor<G> {
    pub(super) async fn propose_plan(
        &self,
        request: pb::ProposePlanRequest,
        caller: &Caller,
    ) -> Result<pb::ProposePlanResponse, RegistryFault> {
        let day = self.parts.day("as_of", request.as_of.as_ref())?;
        let plan = self.parts.engine.registry().plan.clone();
        let tree = self.parts.units();
        let chosen = self.parts.chosen(&plan, &request.reserve_unit_codes, (day, &tree), caller)?;
        let codes: Vec<_> = chosen.iter().map(|unit| unit.code.clone()).collect();
        let wanted = Wanted::of(chosen.iter());
        let candidates = self.parts.candidates(wanted, day).await?;
        let (kept_people, kept_items) = self.parts.kept_by_unfit(&chosen, day);
        let (leaving_people, leaving_items) = self.parts.leaving(&chosen, day);
        let people = candidates.people.iter().filter(|who| who.in_militia);
        let in_militia: HashSet<Subject> = people.map(|who| Subject::Reservist(who.id)).collect();
        let matching = tokio::task::spawn_blocking(move || {
            let needs: Vec<_> = chosen.iter().map(|unit| needs(unit, &plan, &tree, day)).collect();
            let propose = Propose { units: &tree, day, needs: &needs };
            let people = propose_people(propose, &candidates.people);
            let equipment = propose_equipment(propose, &candidates.items);
            let both = people.placements.iter().filter(|at| in_militia.contains(&at.subject));
            let summaries = (summary(&people), both.count(), summary(&equipment));
            (summaries, Kept::new(day, codes, [people, equipment]))
        });
        let ((people, both, equipment), kept) =
            matching.await.or(Err(RegistryFault::Unreadable))?;
        let of_people = pb::ProposalSummary {
            kept_by_unfit: reasons(&kept_people),
            also_militia: u64::try_from(both).unwrap_or(u64::MAX),
            leaving: leaving_people,
            ..people
        };
        let of_equipment = pb::ProposalSummary {
            kept_by_unfit: reasons(&kept_items),
            leaving: leaving_items,
            ..equipment
        };
        let (proposal_id, parts) = (kept.id.clone(), kept.parts());
        self.proposals.lock().keep(kept);
        Ok(pb::ProposePlanResponse {
            proposal_id,
            as_of: Some(civil_date(day)),
            parts,
            people: Some(of_people),
            equipment: Some(of_equipment),
        })
    }

    pub(super) async fn confirm_proposal(
        &self,
        request: pb::ConfirmProposalRequest,
        caller: &Caller,
    ) -> Result<pb::ConfirmProposalResponse, RegistryFault> {
        let id = request_id(&request.request_id, "confirm_proposal", &request)?;
        let kept = self.proposals.lock().find(&request.proposal_id);
        let kept = kept.ok_or(RegistryFault::NoProposal)?;
        let part = kept.part(request.part)?;
        self.parts.must_keep_all(part.iter().map(|at| &at.reserve_unit), caller)?;
        let mut rows = Vec::with_capacity(part.len());
        for (placement, row) in part.iter().zip(1..) {
            let record = AssignmentId::new(named(&request.request_id, row));
            let message = draft(placement, record, kept.day);
            rows.push(self.parts.assignment_row(&message, row, RowMode::Create)?);
        }
        let outcome = self.parts.put_assignments(id, rows, caller).await?;
        let (mut refused, mut already) = (Vec::new(), 0_u32);
        for ((_row, outcome), placement) in outcome.rows.iter().zip(part) {
            match outcome {
                RowOutcome::Refused("OTHERS_REFUSED")
                | RowOutcome::Created(..)
                | RowOutcome::Updated(..) => {}
                RowOutcome::Unchanged(..) => already += 1,
                RowOutcome::Refused(reason) => {
                    refused.push(self.parts.not_placed(plain(reason), placement, kept.day));
                }
            }
        }
        let placed = if refused.is_empty() { part } else { &[] };
        let also_militia = self.parts.also_militia(placed.iter().map(|at| at.subject));
        let placed = u32::try_from(placed.len()).unwrap_or(u32::MAX);
        Ok(pb::ConfirmProposalResponse {
            assigned: placed.saturating_sub(already),
            already,
            refused,
            ledger_index: outcome.ledger_index.unwrap_or(0),
            also_militia,
        })
    }
}

/// A second active assignment is found as a second record of one number.
pub(super) fn plain(reason: &'static str) -> &'static str {
    match reason {
        "NUMBER_EXISTS" | "DUPLICATE_IN_FILE" => "ASSIGNED",
        other => other,
    }
}

/// The identity of the assignment that a request makes: the same for the same request.
pub(super) fn named(request: &str, row: u32) -> uuid::Uuid {
    uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, format!("assignment {request} {row}").as_bytes())
}

fn draft(placement: &Placement, id: AssignmentId, day: Date) -> pb::Assignment {
    assignment(&drafted(placement, id, day), placement.version)
}

fn drafted(placement: &Placement, id: AssignmentId, day: Date) -> Assignment {
    Assignment {
        id,
        version: 0,
        subject: placement.subject,
        unit: placement.unit.clone(),
        reserve_unit: placement.reserve_unit.clone(),
        post: placement.post,
        tier: placement.tier,
        stage: Stage::Active,
        from: day,
        to: None,
        ended: None,
        superseded_by: None,
        settled: Settled::default(),
    }
}

impl RegistryParts {
    /// The reserve units asked for, all of which the caller keeps; without names, all that exist on the
    /// day and that the caller keeps.
    fn chosen(
        &self,
        plan: &PlanIndex,
        codes: &[String],
        (day, tree): (Date, &Units),
        caller: &Caller,
    ) -> Result<Vec<ReserveUnit>, RegistryFault> {
        if codes.is_empty() {
            let all = plan.reserve_units().map(|kept| &kept.unit);
            let kept = all.filter(|unit| unit.exists_on(day) && keeps(caller, unit, tree));
            return Ok(kept.cloned().collect());
        }
        let mut chosen: BTreeMap<ReserveUnitCode, ReserveUnit> = BTreeMap::new();
        for text in codes {
            let kept = self.kept_unit(text, caller)?;
            chosen.insert(kept.unit.code.clone(), kept.unit);
        }
        Ok(chosen.into_values().collect())
    }

    /// A placement that is refused, with the quota that is full where it is one.
    fn not_placed(&self, reason: &'static str, at: &Placement, day: Date) -> pb::SubjectRefusal {
        let unit = self.engine.registry().plan.reserve_unit(&at.reserve_unit).cloned();
        let full = unit.filter(|_unit| reason == "QUOTA_FULL").map(|kept| {
            let of = drafted(at, AssignmentId::from_bytes([0; 16]), day);
            self.refused(reason, &kept.unit, &of).to_string()
        });
        pb::SubjectRefusal {
            subject_id: uuid::Uuid::from_bytes(*at.subject.as_bytes()).to_string(),
            reason: reason.to_owned(),
            detail: full.unwrap_or_default(),
        }
    }

    fn must_keep_all<'a>(
        &self,
        codes: impl Iterator<Item = &'a ReserveUnitCode>,
        caller: &Caller,
    ) -> Result<(), RegistryFault> {
        let mut codes: Vec<_> = codes.collect();
        codes.dedup();
        codes.into_iter().try_for_each(|code| self.kept_unit(code.as_str(), caller).map(|_kept| ()))
    }

    /// An assignment as a row for the owner.
    pub(super) fn assignment_row(
        &self,
        message: &pb::Assignment,
        row: u32,
        mode: RowMode,
    ) -> Result<NewRecord, RegistryFault> {
        let id: AssignmentId = parse("assignment_id", &message.assignment_id)?;
        let new = self.new_record(message, row, mode)?;
        Ok(NewRecord { fresh_id: *id.as_bytes(), ..new })
    }

    pub(super) async fn put_assignments(
        &self,
        id: (crate::domain::ids::RequestId, [u8; 32]),
        rows: Vec<NewRecord>,
        caller: &Caller,
    ) -> Result<crate::engine::records::RecordOutcome, RegistryFault> {
        let (actor, sealer) = (caller.actor(), self.sealer.clone());
        let put = self.engine.put_records(move |reply| RecordJob {
            actor,
            id: Some(id),
            kind: pb::Assignment::KIND,
            rows,
            validate_only: false,
            sealer,
            reply,
        });
        Ok(put.await?)
    }
}
