//! Proposals: made, kept for a while, confirmed part by part.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::sync::Arc;

use jiff::civil::Date;
use ring::digest::{Context, SHA256};

use super::candidates::Wanted;
use super::held::needs;
use super::{PlanDoor, keeps, not_in_plan};
use crate::domain::ids::{AssignmentId, ReserveUnitCode};
use crate::domain::plan::{
    Assignment, Outcome, Placement, Proposal, Propose, ReserveUnit, Stage, Subject,
    propose_equipment, propose_people,
};
use crate::domain::unit::Units;
use crate::engine::records::{NewRecord, RecordJob, RowMode, RowOutcome};
use crate::index::PlanIndex;
use crate::limits;
use crate::rpc::registry::calls::request_id;
use crate::rpc::registry::{Caller, Gate, RegistryFault, RegistryParts};
use crate::wire::registry::RegistryRecord;
use crate::wire::registry::plan::{assignment, civil_date};
use crate::wire::{WireError, parse, pb};

/// Proposals kept at once: a few officers at work. One of a province's whole plan takes some 10 MB.
const KEPT_MAX: usize = 4;
/// Open posts told of in one answer.
const UNFILLED_MAX: usize = 1_000;

/// A proposal that can be confirmed.
#[derive(Debug)]
struct Kept {
    id: String,
    day: Date,
    placements: Vec<Placement>,
}

/// The newest proposals.
#[derive(Debug, Default)]
pub(super) struct Proposals(VecDeque<Arc<Kept>>);

impl Proposals {
    fn keep(&mut self, kept: Kept) {
        self.0.retain(|other| other.id != kept.id);
        self.0.push_back(Arc::new(kept));
        while self.0.len() > KEPT_MAX {
            self.0.pop_front();
        }
    }

    fn find(&self, id: &str) -> Option<Arc<Kept>> {
        self.0.iter().find(|kept| kept.id == id).cloned()
    }
}

impl Kept {
    fn part(&self, part: u32) -> Result<&[Placement], WireError> {
        let at = usize::try_from(part).unwrap_or(usize::MAX).wrapping_sub(1);
        let part = self.placements.chunks(limits::RECORDS_PER_BATCH_MAX).nth(at);
        part.ok_or_else(|| WireError::new("part", "is not one of the proposal's parts"))
    }
}

impl<G: Gate> PlanDoor<G> {
    pub(super) async fn propose_plan(
        &self,
        request: pb::ProposePlanRequest,
        caller: &Caller,
    ) -> Result<pb::ProposePlanResponse, RegistryFault> {
        let day = self.parts.day("as_of", request.as_of.as_ref())?;
        let plan = self.parts.engine.registry().plan.clone();
        let tree = self.parts.units();
        let chosen = chosen(&plan, &request.reserve_unit_codes, day, caller, &tree)?;
        let wanted = Wanted::of(chosen.iter());
        let candidates = self.parts.candidates(wanted, day).await?;
        let (kept_people, kept_items) = self.parts.kept_by_unfit(&chosen, day);
        let people = candidates.people.iter().filter(|who| who.in_militia);
        let in_militia: HashSet<Subject> = people.map(|who| Subject::Reservist(who.id)).collect();
        let matching = tokio::task::spawn_blocking(move || {
            let needs: Vec<_> = chosen.iter().map(|unit| needs(unit, &plan, &tree, day)).collect();
            let propose = Propose { units: &tree, day, needs: &needs };
            let people = propose_people(propose, &candidates.people);
            let equipment = propose_equipment(propose, &candidates.items);
            (people, equipment)
        });
        let (people, equipment) = matching.await.or(Err(RegistryFault::Unreadable))?;
        let both = people.placements.iter().filter(|at| in_militia.contains(&at.subject)).count();
        let of_people = pb::ProposalSummary {
            kept_by_unfit: reasons(&kept_people),
            also_militia: u64::try_from(both).unwrap_or(u64::MAX),
            ..summary(&people)
        };
        let of_equipment =
            pb::ProposalSummary { kept_by_unfit: reasons(&kept_items), ..summary(&equipment) };
        let mut placements = people.placements;
        placements.extend(equipment.placements);
        let id = digest(day, &placements);
        let parts = placements.len().div_ceil(limits::RECORDS_PER_BATCH_MAX);
        self.proposals.lock().keep(Kept { id: id.clone(), day, placements });
        Ok(pb::ProposePlanResponse {
            proposal_id: id,
            as_of: Some(civil_date(day)),
            parts: u32::try_from(parts).unwrap_or(u32::MAX),
            people: Some(of_people),
            equipment: Some(of_equipment),
        })
    }

    #[expect(clippy::unused_async, reason = "one of the calls, which are all async")]
    pub(super) async fn get_proposal_part(
        &self,
        request: pb::GetProposalPartRequest,
        caller: &Caller,
    ) -> Result<pb::GetProposalPartResponse, RegistryFault> {
        let kept = self.proposals.lock().find(&request.proposal_id);
        let kept = kept.ok_or(RegistryFault::NoProposal)?;
        let part = kept.part(request.part)?;
        self.parts.must_keep_all(part, caller)?;
        let draft = |at: &Placement| {
            let mut message = draft(at, AssignmentId::from_bytes([0; 16]), kept.day);
            message.assignment_id.clear();
            message
        };
        Ok(pb::GetProposalPartResponse { assignments: part.iter().map(draft).collect() })
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
        self.parts.must_keep_all(part, caller)?;
        let mut rows = Vec::with_capacity(part.len());
        for (placement, row) in part.iter().zip(1..) {
            let record = AssignmentId::new(named(&request.request_id, row));
            let message = draft(placement, record, kept.day);
            rows.push(self.parts.assignment_row(&message, row, RowMode::Create)?);
        }
        let outcome = self.parts.put_assignments(id, rows, caller).await?;
        let mut refused = Vec::new();
        for ((_row, outcome), placement) in outcome.rows.iter().zip(part) {
            if let RowOutcome::Refused(reason) = outcome
                && *reason != "OTHERS_REFUSED"
            {
                let subject = uuid::Uuid::from_bytes(*placement.subject.as_bytes());
                let (subject_id, reason) = (subject.to_string(), plain(reason).to_owned());
                refused.push(pb::SubjectRefusal { subject_id, reason });
            }
        }
        let placed = if refused.is_empty() { part } else { &[] };
        let also_militia = self.parts.also_militia(placed.iter().map(|at| at.subject));
        Ok(pb::ConfirmProposalResponse {
            assigned: u32::try_from(placed.len()).unwrap_or(u32::MAX),
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
    let drafted = Assignment {
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
    };
    assignment(&drafted, placement.version)
}

impl RegistryParts {
    fn must_keep_all(&self, part: &[Placement], caller: &Caller) -> Result<(), RegistryFault> {
        let mut codes: Vec<_> = part.iter().map(|at| &at.reserve_unit).collect();
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

/// The reserve units asked for, all of which the caller keeps; without names, all that exist on the
/// day and that the caller keeps.
fn chosen(
    plan: &PlanIndex,
    codes: &[String],
    day: Date,
    caller: &Caller,
    tree: &Units,
) -> Result<Vec<ReserveUnit>, RegistryFault> {
    if codes.is_empty() {
        let all = plan.reserve_units().map(|kept| &kept.unit);
        let kept = all.filter(|unit| unit.exists_on(day) && keeps(caller, unit, tree));
        return Ok(kept.cloned().collect());
    }
    let mut chosen: BTreeMap<ReserveUnitCode, ReserveUnit> = BTreeMap::new();
    for text in codes {
        let code: ReserveUnitCode = parse("reserve_unit_codes", text)?;
        let kept = plan.reserve_unit(&code).ok_or_else(|| not_in_plan("reserve unit", &code))?;
        if !keeps(caller, &kept.unit, tree) {
            return Err(RegistryFault::Outside { unit: kept.unit.unit.clone() });
        }
        chosen.insert(code, kept.unit.clone());
    }
    Ok(chosen.into_values().collect())
}

/// Names a proposal by what it says.
fn digest(day: Date, placements: &[Placement]) -> String {
    let mut digest = Context::new(&SHA256);
    digest.update(day.to_string().as_bytes());
    for at in placements {
        digest.update(at.subject.as_bytes());
        digest.update(&at.version.to_be_bytes());
        digest.update(at.unit.as_str().as_bytes());
        digest.update(b"\n");
        digest.update(at.reserve_unit.as_str().as_bytes());
        digest.update(b"\n");
        digest.update(&at.post.to_be_bytes());
        digest.update(&[at.tier.number()]);
    }
    hex::encode(&digest.finish().as_ref()[..16])
}

pub(super) fn reasons(counts: &BTreeMap<&'static str, u64>) -> Vec<pb::ReasonCount> {
    let mut counts: Vec<_> = counts.iter().collect();
    counts.sort_by_key(|(_reason, count)| std::cmp::Reverse(**count));
    let count = |(reason, count): (&&'static str, &u64)| pb::ReasonCount {
        reason: (*reason).to_owned(),
        count: *count,
    };
    counts.into_iter().map(count).collect()
}

fn tiers(outcome: &Outcome) -> pb::TierCounts {
    let [exact_first, exact_second, near_first, near_second] = outcome.by_tier;
    pb::TierCounts { exact_first, exact_second, near_first, near_second }
}

fn summary(proposal: &Proposal) -> pb::ProposalSummary {
    let post = |code: &ReserveUnitCode, no: u16, count: u32, reasons| pb::PostCount {
        reserve_unit_code: code.to_string(),
        post_no: no.into(),
        count: count.into(),
        reasons,
        is_equipment: false,
    };
    let moved = proposal.filled_by_moving().take(UNFILLED_MAX);
    let open = proposal.unfilled.iter().take(UNFILLED_MAX);
    pb::ProposalSummary {
        open: proposal.open,
        candidates: proposal.candidates,
        one_by_one: Some(tiers(&proposal.greedy)),
        proposed: Some(tiers(&proposal.proposed)),
        filled_by_moving: moved.map(|(code, no, more)| post(code, no, more, Vec::new())).collect(),
        unfilled: open
            .map(|at| post(&at.reserve_unit, at.post, at.missing, reasons(&at.reasons)))
            .collect(),
        unplaced: reasons(&proposal.unplaced_by_reason()),
        kept_by_unfit: Vec::new(),
        also_militia: 0,
    }
}
