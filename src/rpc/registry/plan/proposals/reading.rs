//! A proposal, read: who and what it places, and whom it leaves out and why.
//!
//! Called by whoever is to confirm it. Invariants: a page is bounded, and each is of what lies under the
//! caller's unit; a name is shown only of a record that the caller could list, masked as there, and after
//! its reading is a ledger entry; without names nothing is opened.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::draft;
use super::kept::Kept;
use crate::domain::ids::AssignmentId;
use crate::domain::plan::{Placement, Stage, Subject};
use crate::domain::world::RecordKind;
use crate::limits;
use crate::rpc::registry::plan::PlanDoor;
use crate::rpc::registry::{Caller, Gate, RegistryFault, RegistryParts};
use crate::wire::{WireError, pb};

/// Records looked at under one look at the registry: nothing that is published waits for long.
const LOOKED_LEN: usize = 5_000;

/// One who is left out.
struct Left {
    subject: Subject,
    /// The unit of the record; none where there is none any more.
    unit: Option<String>,
    reason: &'static str,
}

/// A page of those left out, and where the next one begins.
type Page = (Vec<Left>, Option<usize>);

fn id_of(subject: Subject) -> String {
    uuid::Uuid::from_bytes(*subject.as_bytes()).to_string()
}

impl RegistryParts {
    /// Those left out from a place on, of what the caller reaches. Blocks for as long as that takes.
    fn left_out_page(
        &self,
        kept: &Kept,
        (skip, len, reason): (usize, usize, &str),
        caller: &Caller,
    ) -> Page {
        let (tree, mut page, mut at) = (self.units(), Vec::new(), skip);
        let mut rest = kept.left_out.after(skip, reason).peekable();
        while page.len() < len && rest.peek().is_some() {
            let registry = self.engine.registry();
            for (subject, reason) in rest.by_ref().take(LOOKED_LEN.min(len - page.len())) {
                at += 1;
                let kind =
                    if subject.is_person() { RecordKind::Reservist } else { RecordKind::Equipment };
                let unit = registry.table(kind).get(subject.as_bytes()).map(|row| row.unit);
                let is_seen = match &unit {
                    Some(unit) => caller.reaches(unit, &tree),
                    None => caller.within.is_none(),
                };
                if is_seen {
                    let unit = unit.map(|unit| unit.to_string());
                    page.push(Left { subject, unit, reason });
                }
            }
        }
        let next = rest.peek().map(|_more| at);
        (page, next)
    }

    /// What is said beside each of them.
    async fn details(
        &self,
        subjects: &[Subject],
        with_names: bool,
        caller: &Caller,
    ) -> Result<Vec<pb::ProposalDetail>, RegistryFault> {
        let mut names = HashMap::new();
        if with_names && caller.may_list {
            names = self.names(&subjects.iter().copied().collect(), caller).await?;
        }
        let both: HashSet<String> =
            self.also_militia(subjects.iter().copied()).into_iter().collect();
        let registry = self.engine.registry();
        let detail = |subject: &Subject| {
            let of = registry.plan.of_subject(subject).map(|at| &at.assignment);
            let waits = of.filter(|at| at.stage == Stage::Waiting);
            pb::ProposalDetail {
                name: names.get(subject).cloned().unwrap_or_default(),
                waits_for: waits.map(|at| format!("{} {}", at.reserve_unit, at.post)).collect(),
                also_militia: both.contains(&id_of(*subject)),
            }
        };
        Ok(subjects.iter().map(detail).collect())
    }
}

impl<G: Gate> PlanDoor<G> {
    fn kept(&self, id: &str) -> Result<Arc<Kept>, RegistryFault> {
        self.proposals.lock().find(id).ok_or(RegistryFault::NoProposal)
    }

    pub(in crate::rpc::registry::plan) async fn get_proposal_part(
        &self,
        request: pb::GetProposalPartRequest,
        caller: &Caller,
    ) -> Result<pb::GetProposalPartResponse, RegistryFault> {
        let kept = self.kept(&request.proposal_id)?;
        let part = kept.part(request.part)?;
        self.parts.must_keep_all(part.iter().map(|at| &at.reserve_unit), caller)?;
        let subjects: Vec<Subject> = part.iter().map(|at| at.subject).collect();
        let details = self.parts.details(&subjects, request.with_names, caller).await?;
        let draft = |at: &Placement| {
            let mut message = draft(at, AssignmentId::from_bytes([0; 16]), kept.day);
            message.assignment_id.clear();
            message
        };
        let assignments = part.iter().map(draft).collect();
        Ok(pb::GetProposalPartResponse { assignments, details })
    }

    pub(in crate::rpc::registry::plan) async fn list_left_out(
        &self,
        request: pb::ListLeftOutRequest,
        caller: &Caller,
    ) -> Result<pb::ListLeftOutResponse, RegistryFault> {
        let len = match usize::try_from(request.page_size).unwrap_or(usize::MAX) {
            0 => limits::LIST_PAGE_LEN,
            asked if asked <= limits::LIST_PAGE_LEN_MAX => asked,
            _too_many => return Err(WireError::new("page_size", "is over 500").into()),
        };
        let skip = match request.page_token.as_str() {
            "" => 0,
            token => token
                .parse()
                .map_err(|_digits| WireError::new("page_token", "is not one of this list"))?,
        };
        let kept = self.kept(&request.proposal_id)?;
        self.parts.must_keep_all(kept.reserve_units.iter(), caller)?;
        let (parts, reason, who) = (self.parts.clone(), request.reason, caller.clone());
        let looking = tokio::task::spawn_blocking(move || {
            parts.left_out_page(&kept, (skip, len, &reason), &who)
        });
        let (page, next) = looking.await.or(Err(RegistryFault::Unreadable))?;
        let subjects: Vec<Subject> = page.iter().map(|left| left.subject).collect();
        let details = self.parts.details(&subjects, request.with_names, caller).await?;
        let left_out = page.into_iter().zip(details).map(|(left, detail)| pb::LeftOut {
            subject_id: id_of(left.subject),
            is_equipment: !left.subject.is_person(),
            unit_code: left.unit.unwrap_or_default(),
            reason: left.reason.to_owned(),
            detail: Some(detail),
        });
        Ok(pb::ListLeftOutResponse {
            left_out: left_out.collect(),
            next_page_token: next.map(|at| at.to_string()).unwrap_or_default(),
        })
    }
}
