//! Assignments, ended: one, or those whose holders may not hold their place any more.
//!
//! Called by the plan's door. Invariants: who fits is judged again before anything ends, by the one
//! judgement of fill and proposals; a batch is written whole or not at all, and who changed since it was
//! seen is left and named, never ended.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::PlanDoor;
use super::assign::{must_all, update, version_of};
use super::proposals::plain;
use crate::domain::ids::AssignmentId;
use crate::domain::plan::{Area, Assignment, EndReason, ReserveUnit, Stage};
use crate::engine::records::{RowMode, RowOutcome};
use crate::index::assignments::Assigned;
use crate::limits;
use crate::rpc::registry::calls::request_id;
use crate::rpc::registry::{Caller, Gate, RegistryFault, RegistryParts};
use crate::wire::registry::plan::assignment;
use crate::wire::{WireError, parse, pb};

/// What becomes of the assignments named, by their place in the request.
#[derive(Debug, Default)]
struct Sorted {
    /// Ended before by this very request.
    done: Vec<(usize, pb::UnfitAssignment)>,
    ending: Vec<Ending>,
    left: Vec<(usize, pb::LeftAssignment)>,
}

/// One that is to end.
#[derive(Debug)]
struct Ending {
    at: usize,
    /// As it will be.
    assigned: Assigned,
    mode: RowMode,
    why: &'static str,
}

impl Ending {
    fn message(&self) -> pb::UnfitAssignment {
        let message = assignment(&self.assigned.assignment, self.assigned.subject_version);
        pb::UnfitAssignment { assignment: Some(message), reason: self.why.to_owned() }
    }
}

fn left(id: AssignmentId, reason: &'static str) -> pb::LeftAssignment {
    pb::LeftAssignment { assignment_id: id.to_string(), reason: reason.to_owned() }
}

/// Which are meant, and at which version each was seen.
fn seen(all: &[pb::SeenAssignment]) -> Result<Vec<(AssignmentId, u64)>, WireError> {
    if !(1..=limits::RECORDS_PER_BATCH_MAX).contains(&all.len()) {
        return Err(WireError::new("assignments", "has not 1 to 100 of them"));
    }
    let mut once = BTreeSet::new();
    let one = |at: &pb::SeenAssignment| {
        let id: AssignmentId = parse("assignment_id", &at.assignment_id)?;
        if at.version == 0 {
            return Err(WireError::missing("version"));
        }
        let is_new = once.insert(id);
        let twice = || WireError::new("assignments", "names one of them twice");
        is_new.then_some((id, at.version)).ok_or_else(twice)
    };
    all.iter().map(one).collect()
}

impl RegistryParts {
    /// Whether one that was seen at a version may be judged, or why it is left.
    fn may_end(
        &self,
        (id, version): (AssignmentId, u64),
        day: Date,
        caller: &Caller,
    ) -> Result<Assigned, &'static str> {
        let found = self.engine.registry().plan.assignment(id.as_bytes()).cloned();
        let found = found.ok_or("NOT_IN_PLAN")?;
        let at = &found.assignment;
        match self.kept_unit(at.reserve_unit.as_str(), caller) {
            Ok(_kept) => {}
            Err(RegistryFault::Outside { .. }) => return Err("UNIT_OUTSIDE"),
            Err(_gone) => return Err("NOT_IN_PLAN"),
        }
        if at.version != version {
            return Err("VERSION_CHANGED");
        }
        if at.stage == Stage::Active && at.holds_on(day) { Ok(found) } else { Err("NOT_ACTIVE") }
    }

    /// Judges those named for the day.
    fn sort_out(
        &self,
        seen: &[(AssignmentId, u64)],
        (day, reason): (Date, EndReason),
        caller: &Caller,
    ) -> Result<Sorted, RegistryFault> {
        let (mut sorted, mut found) = (Sorted::default(), Vec::new());
        for (at, (id, version)) in seen.iter().copied().enumerate() {
            let there = self.engine.registry().plan.assignment(id.as_bytes()).cloned();
            if let Some(there) =
                there.filter(|there| is_done(&there.assignment, version, day, reason))
            {
                let message = assignment(&there.assignment, there.subject_version);
                let reason = String::new();
                let done = pb::UnfitAssignment { assignment: Some(message), reason };
                sorted.done.push((at, done));
                continue;
            }
            match self.may_end((id, version), day, caller) {
                Ok(assigned) => found.push((at, assigned)),
                Err(why) => sorted.left.push((at, left(id, why))),
            }
        }
        let all: Vec<&Assignment> = found.iter().map(|(_at, found)| &found.assignment).collect();
        let judged = self.judged_on(&all, day);
        for ((at, mut assigned), validity) in found.into_iter().zip(judged) {
            let Err(why) = validity else {
                sorted.left.push((at, left(assigned.assignment.id, "FITS")));
                continue;
            };
            let mode = update(&assigned.assignment);
            assigned.assignment.end(day, reason, self.today())?;
            sorted.ending.push(Ending { at, assigned, mode, why });
        }
        Ok(sorted)
    }
}

impl RegistryParts {
    /// Writes those that end as one commit, and gives its ledger entry. Whoever somebody else changed
    /// meanwhile is left, and the others end without them, as one again.
    async fn end_all(
        &self,
        request: &pb::EndUnfitAssignmentsRequest,
        sorted: &mut Sorted,
        caller: &Caller,
    ) -> Result<u64, RegistryFault> {
        let Sorted { ending, left: kept, .. } = sorted;
        let mut name = request.request_id.clone();
        for turn in 2_u32.. {
            let id = request_id(&name, "end_unfit_assignments", request)?;
            let row = |(ending, row): (&Ending, u32)| {
                let Assigned { assignment, subject_version } = &ending.assigned;
                let message = self::assignment(assignment, *subject_version);
                self.assignment_row(&message, row, ending.mode)
            };
            let rows: Vec<_> = ending.iter().zip(0..).map(row).collect::<Result<_, _>>()?;
            if rows.is_empty() {
                break;
            }
            let outcome = self.put_assignments(id, rows, caller).await?;
            if must_all(&outcome).is_ok() {
                for (row, ending) in ending.iter_mut().enumerate() {
                    ending.assigned.assignment.version = version_of(&outcome, row);
                }
                return Ok(outcome.ledger_index.unwrap_or(0));
            }
            for (row, (_number, outcome)) in outcome.rows.iter().enumerate().rev() {
                if let RowOutcome::Refused(reason) = outcome
                    && *reason != "OTHERS_REFUSED"
                {
                    let Ending { at, assigned, .. } = ending.remove(row);
                    kept.push((at, left(assigned.assignment.id, plain(reason))));
                }
            }
            name = format!("{}-{turn}", request.request_id);
        }
        Ok(0)
    }
}

impl RegistryParts {
    /// The version of the holder's record, if the holder may hold the place still.
    fn fits_still(
        &self,
        at: &Assignment,
        unit: &ReserveUnit,
        day: Date,
    ) -> Result<u64, RegistryFault> {
        let one = self.subject(at.subject, day).ok_or(RegistryFault::Unknown)?;
        let fit = one.judge(&Area::of(unit, &self.units(), day), at.post);
        fit.map_err(|refusal| RegistryFault::Unfit { reason: refusal.code() })?;
        Ok(one.version())
    }
}

/// Whether an assignment is as this request leaves it: then it was carried out before.
fn is_done(there: &Assignment, seen: u64, day: Date, reason: EndReason) -> bool {
    there.version.checked_sub(1) == Some(seen)
        && there.stage == Stage::Ended
        && (there.to, there.ended) == (Some(day), Some(reason))
}

impl<G: Gate> PlanDoor<G> {
    pub(super) async fn end_assignment(
        &self,
        request: pb::EndAssignmentRequest,
        caller: &Caller,
    ) -> Result<pb::EndAssignmentResponse, RegistryFault> {
        let id = request_id(&request.request_id, "end_assignment", &request)?;
        let day = self.parts.near_day("end_date", request.end_date.as_ref())?;
        let (Assigned { mut assignment, mut subject_version }, unit) =
            self.parts.assigned(&request.assignment_id, request.version, caller)?;
        let mode = update(&assignment);
        let today = self.parts.today();
        if request.take_back {
            if request.end_date.is_some() {
                return Err(WireError::new("end_date", "is not for an end taken back").into());
            }
            assignment.take_back_end(today)?;
            // Whoever stays in the place must fit it, as whoever comes into it.
            subject_version = self.parts.fits_still(&assignment, &unit, today)?;
        } else {
            let reason = u8::try_from(request.reason).ok().and_then(EndReason::from_number);
            assignment.end(day, reason.ok_or_else(|| WireError::missing("reason"))?, today)?;
        }
        let message = self::assignment(&assignment, subject_version);
        let rows = vec![self.parts.assignment_row(&message, 0, mode)?];
        let outcome = self.parts.put_assignments(id, rows, caller).await?;
        must_all(&outcome)?;
        assignment.version = version_of(&outcome, 0);
        Ok(pb::EndAssignmentResponse {
            assignment: Some(self::assignment(&assignment, subject_version)),
            ledger_index: outcome.ledger_index.unwrap_or(0),
        })
    }

    pub(super) async fn end_unfit_assignments(
        &self,
        request: pb::EndUnfitAssignmentsRequest,
        caller: &Caller,
    ) -> Result<pb::EndUnfitAssignmentsResponse, RegistryFault> {
        let day = self.parts.near_day("end_date", request.end_date.as_ref())?;
        let reason = match u8::try_from(request.reason) {
            Ok(0) => Some(EndReason::NoLongerFits),
            number => number.ok().and_then(EndReason::from_number),
        };
        let reason = reason.ok_or_else(|| WireError::new("reason", "is none that there is"))?;
        let seen = seen(&request.assignments)?;
        let mut sorted = self.parts.sort_out(&seen, (day, reason), caller)?;
        let ledger_index = if request.dry_run {
            0
        } else {
            self.parts.end_all(&request, &mut sorted, caller).await?
        };
        let Sorted { done: mut ended, ending, left: mut kept } = sorted;
        ended.extend(ending.iter().map(|ending| (ending.at, ending.message())));
        ended.sort_by_key(|(at, _said)| *at);
        kept.sort_by_key(|(at, _said)| *at);
        Ok(pb::EndUnfitAssignmentsResponse {
            ended: ended.into_iter().map(|(_at, said)| said).collect(),
            left: kept.into_iter().map(|(_at, said)| said).collect(),
            ledger_index,
        })
    }
}
