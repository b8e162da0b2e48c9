//! Assignments, listed: whom they are of where that is asked, and only those of holders who may not hold
//! their place where that is asked.
//!
//! Called by the plan's door. Invariants: who fits is said by [`RegistryParts::judged`] alone; a name is
//! shown only of a record that the caller could list, masked as there, and after its reading is a
//! ledger entry.

use std::collections::{BTreeSet, HashMap};

use jiff::civil::Date;

use super::PlanDoor;
use crate::domain::ids::AssignmentId;
use crate::domain::plan::{Assignment, Stage, Subject};
use crate::domain::unit::Units;
use crate::index::assignments::Assigned;
use crate::limits;
use crate::rpc::registry::list::view;
use crate::rpc::registry::{Caller, Gate, RegistryFault, RegistryParts};
use crate::wire::registry::RegistryRecord;
use crate::wire::registry::plan::assignment;
use crate::wire::{WireError, parse, pb};

/// Assignments judged at once: enough that the units of today are looked up seldom.
const JUDGED_LEN: usize = 5_000;

/// Which assignments are asked for.
#[derive(Debug)]
struct Asked {
    reserve_unit: String,
    post: u32,
    subject: String,
    stage: Option<Stage>,
    /// Only those of holders who do not fit on the day.
    unfit_on: Option<Date>,
    after: AssignmentId,
    len: usize,
    caller: Caller,
}

impl Asked {
    fn takes(&self, at: &Assignment, units: &Units) -> bool {
        (self.reserve_unit.is_empty() || at.reserve_unit.as_str() == self.reserve_unit)
            && (self.post == 0 || u32::from(at.post) == self.post)
            && self.stage.is_none_or(|stage| at.stage == stage)
            && (self.subject.is_empty()
                || uuid::Uuid::from_bytes(*at.subject.as_bytes()).to_string() == self.subject)
            && self.unfit_on.is_none_or(|day| at.holds_on(day))
            && self.caller.reaches(&at.unit, units)
    }
}

/// A part of the list, each with why its holder does not fit where only those are asked for.
#[derive(Debug)]
struct Page {
    listed: Vec<(Assigned, Option<&'static str>)>,
    has_more: bool,
}

impl RegistryParts {
    fn asked(
        &self,
        request: &pb::ListAssignmentsRequest,
        caller: &Caller,
    ) -> Result<Asked, RegistryFault> {
        let len = match usize::try_from(request.page_size).unwrap_or(usize::MAX) {
            0 => limits::LIST_PAGE_LEN,
            asked if asked <= limits::LIST_PAGE_LEN_MAX => asked,
            _too_many => return Err(WireError::new("page_size", "is over 500").into()),
        };
        let after: AssignmentId = match request.page_token.as_str() {
            "" => AssignmentId::from_bytes([0; 16]),
            token => parse("page_token", token)?,
        };
        let mut stage = u8::try_from(request.stage).ok().and_then(Stage::from_number);
        let mut unfit_on = None;
        if request.only_unfit {
            if stage.is_some_and(|stage| stage != Stage::Active) {
                let fault = "is ACTIVE or not said beside only_unfit";
                return Err(WireError::new("stage", fault).into());
            }
            stage = Some(Stage::Active);
            unfit_on = Some(self.day("as_of", request.as_of.as_ref())?);
        } else if request.as_of.is_some() {
            return Err(WireError::new("as_of", "is for only_unfit: leave it out").into());
        }
        let reserve_unit = match request.reserve_unit_code.as_str() {
            "" => String::new(),
            text => self.plan_code(text, caller)?.to_string(),
        };
        Ok(Asked {
            reserve_unit,
            post: request.post_no,
            subject: request.subject_id.clone(),
            stage,
            unfit_on,
            after,
            len,
            caller: caller.clone(),
        })
    }

    /// Blocks for as long as judging takes.
    fn assignments_page(&self, asked: &Asked) -> Page {
        let (units, mut after) = (self.units(), asked.after);
        let step = if asked.unfit_on.is_some() { JUDGED_LEN } else { asked.len + 1 };
        let mut listed = Vec::new();
        loop {
            let found: Vec<Assigned> = {
                let registry = self.engine.registry();
                let all = registry.plan.assignments_after(after.as_bytes());
                all.filter(|at| asked.takes(&at.assignment, &units)).take(step).cloned().collect()
            };
            let last = found.last().map(|at| at.assignment.id).filter(|_last| found.len() == step);
            match asked.unfit_on {
                Some(day) => listed.extend(self.unfit(found, day)),
                None => listed.extend(found.into_iter().map(|at| (at, None))),
            }
            match last.filter(|_last| listed.len() <= asked.len) {
                Some(last) => after = last,
                None => break,
            }
        }
        let has_more = listed.len() > asked.len;
        listed.truncate(asked.len);
        Page { listed, has_more }
    }

    fn unfit(&self, found: Vec<Assigned>, day: Date) -> Vec<(Assigned, Option<&'static str>)> {
        let all: Vec<&Assignment> = found.iter().map(|at| &at.assignment).collect();
        let judged = self.judged_on(&all, day);
        let judged = found.into_iter().zip(judged);
        judged.filter_map(|(at, validity)| Some((at, Some(validity.err()?)))).collect()
    }

    /// Who and what they are, as a list of records says it.
    pub(super) async fn names(
        &self,
        subjects: &BTreeSet<Subject>,
        caller: &Caller,
    ) -> Result<HashMap<Subject, String>, RegistryFault> {
        let mut names = HashMap::new();
        for one in self.seen_of::<pb::Reservist>(subjects, true, caller).await? {
            names
                .insert(Subject::Reservist(parse("subject_id", &one.reservist_id)?), one.full_name);
        }
        for one in self.seen_of::<pb::Equipment>(subjects, false, caller).await? {
            let parts = [one.type_code, one.make_model, one.plate];
            let said: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
            let id = parse("subject_id", &one.equipment_id)?;
            names.insert(Subject::Equipment(id), said.join(" "));
        }
        Ok(names)
    }

    /// The records of one kind that the caller may see.
    async fn seen_of<R: RegistryRecord>(
        &self,
        subjects: &BTreeSet<Subject>,
        are_people: bool,
        caller: &Caller,
    ) -> Result<Vec<R>, RegistryFault> {
        let of_kind = subjects.iter().filter(|subject| subject.is_person() == are_people);
        let ids = of_kind.map(|subject| *subject.as_bytes());
        let ids = ids.filter(|id| self.must_reach(R::KIND, id, caller).is_ok()).collect();
        let view = view(pb::RecordView::Unspecified.into(), caller)?;
        self.read::<R>(ids, view, caller).await
    }
}

impl<G: Gate> PlanDoor<G> {
    pub(super) async fn list_assignments(
        &self,
        request: pb::ListAssignmentsRequest,
        caller: &Caller,
    ) -> Result<pb::ListAssignmentsResponse, RegistryFault> {
        let (parts, asked) = (self.parts.clone(), self.parts.asked(&request, caller)?);
        let looking = tokio::task::spawn_blocking(move || parts.assignments_page(&asked));
        let Page { listed, has_more } = looking.await.or(Err(RegistryFault::Unreadable))?;
        let mut names = HashMap::new();
        if request.with_names && caller.may_list {
            let subjects = listed.iter().map(|(at, _why)| at.assignment.subject).collect();
            names = self.parts.names(&subjects, caller).await?;
        }
        let last = listed.last().map(|(at, _why)| at.assignment.id.to_string());
        let next_page_token = last.filter(|_last| has_more).unwrap_or_default();
        let detail = |(at, why): &(Assigned, Option<&'static str>)| pb::AssignmentDetail {
            name: names.get(&at.assignment.subject).cloned().unwrap_or_default(),
            unfit_reason: why.unwrap_or_default().to_owned(),
        };
        let details = if request.with_names || request.only_unfit {
            listed.iter().map(detail).collect()
        } else {
            Vec::new()
        };
        let message = |(at, _why): &(Assigned, _)| assignment(&at.assignment, at.subject_version);
        let assignments = listed.iter().map(message).collect();
        Ok(pb::ListAssignmentsResponse { assignments, next_page_token, details })
    }
}
