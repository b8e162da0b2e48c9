//! Those who wait, moved up: in the order of the list, each from the first day on which a place is free for
//! them.

use jiff::civil::Date;

use super::PlanDoor;
use super::assign::{must_all, update, version_of};
use crate::domain::plan::{Assignment, ReserveUnit, Stage, Subject};
use crate::index::assignments::{Full, Place};
use crate::rpc::registry::calls::request_id;
use crate::rpc::registry::{Caller, Gate, RegistryFault, RegistryParts};
use crate::wire::registry::plan::assignment;
use crate::wire::{WireError, pb};

fn refusal(who: Subject, reason: &str, detail: String) -> pb::SubjectRefusal {
    let subject_id = uuid::Uuid::from_bytes(*who.as_bytes()).to_string();
    pb::SubjectRefusal { subject_id, reason: reason.to_owned(), detail }
}

impl RegistryParts {
    /// The day from which one who waits gets a place: the one that was said, else the first on which
    /// one is free, and the quota of the commune too, for who leaves today keeps it today.
    ///
    /// # Errors
    /// What will not be free.
    fn turn(
        &self,
        place: &Place,
        unit: &ReserveUnit,
        next: &Assignment,
        (is_said, day): (bool, Date),
    ) -> Result<Date, Full> {
        if is_said {
            return Ok(day);
        }
        let tree = self.units();
        let home = self.subject(next.subject, day).map(|one| one.unit().clone());
        let giver = home.as_ref().unwrap_or(&next.unit);
        self.engine.registry().plan.free_from(place, unit, (giver, &tree), day)
    }
}

impl<G: Gate> PlanDoor<G> {
    pub(super) async fn promote_waiting(
        &self,
        request: pb::PromoteWaitingRequest,
        caller: &Caller,
    ) -> Result<pb::PromoteWaitingResponse, RegistryFault> {
        let day = self.parts.near_day("start_date", request.start_date.as_ref())?;
        let unit = self.parts.kept_unit(&request.reserve_unit_code, caller)?.unit;
        let post = u16::try_from(request.post_no)
            .map_err(|_range| WireError::new("post_no", "is out of range"))?;
        let place = (unit.code.clone(), !request.is_equipment, post);
        let mut waiting: Vec<Assignment> = {
            let registry = self.parts.engine.registry();
            let all = registry.plan.of_place(&place).map(|at| &at.assignment);
            all.filter(|at| at.stage == Stage::Waiting).cloned().collect()
        };
        waiting.sort_by_key(|at| (at.tier, at.from, at.id));
        let mut said = pb::PromoteWaitingResponse::default();
        for (mut next, turn) in waiting.into_iter().zip(1_u32..) {
            let who = next.subject;
            let refuse = |reason: &str, detail: String| refusal(who, reason, detail);
            let said_day = (request.start_date.is_some(), day);
            let day = match self.parts.turn(&place, &unit, &next, said_day) {
                Ok(day) => day,
                Err(Full::Post) => break,
                // Others may wait for whom there is a place: the quota is one commune's.
                Err(Full::Quota) => {
                    let full = self.parts.refused("QUOTA_FULL", &unit, &next);
                    said.refused.push(refuse("QUOTA_FULL", full.to_string()));
                    continue;
                }
            };
            let fitting = match self.parts.fitting(next.subject, &unit, post, day) {
                Ok(fitting) => fitting,
                Err(RegistryFault::Unfit { reason }) => {
                    said.refused.push(refuse(reason, String::new()));
                    continue;
                }
                Err(RegistryFault::Unknown) => {
                    said.refused.push(refuse("RECORD_GONE", String::new()));
                    continue;
                }
                Err(fault) => return Err(fault),
            };
            let name = format!("{}-{turn}", request.request_id);
            let id = request_id(&name, "promote_waiting", &request)?;
            let mode = update(&next);
            next.promote(day.max(next.from))?;
            (next.tier, next.unit) = (fitting.tier, fitting.unit);
            let message = assignment(&next, fitting.version);
            let rows = vec![self.parts.assignment_row(&message, 0, mode)?];
            let outcome = self.parts.put_assignments(id, rows, caller).await?;
            match must_all(&outcome) {
                Ok(()) => {
                    next.version = version_of(&outcome, 0);
                    let promoted = assignment(&next, fitting.version);
                    if fitting.in_militia {
                        said.also_militia.push(promoted.subject_id.clone());
                    }
                    said.promoted.push(promoted);
                    said.ledger_index = outcome.ledger_index.unwrap_or(said.ledger_index);
                }
                Err(RegistryFault::Unfit { reason: "POST_FULL" }) => break,
                Err(RegistryFault::Unfit { reason }) => {
                    let detail = self.parts.refused(reason, &unit, &next).to_string();
                    let detail = if reason == "QUOTA_FULL" { detail } else { String::new() };
                    said.refused.push(refuse(reason, detail));
                }
                Err(fault) => return Err(fault),
            }
        }
        Ok(said)
    }
}
