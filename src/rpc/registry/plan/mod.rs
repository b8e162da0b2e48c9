//! The plan's door: reserve units, proposals, assignments, fill.
//!
//! Called by tonic, behind the same [`Gate`] as the registry's door and on the same records. What
//! fits is said by the domain; what is still free is asked by the owner again before it writes.
//! Invariants: a proposal is confirmed in parts, each all or nothing, and only while it is what was
//! proposed; nothing of a record but its identity leaves, save names in lists, which are read as any
//! list of records is.

mod assign;
mod candidates;
mod ending;
mod fill;
mod held;
mod listing;
mod promote;
mod proposals;
mod summary;
mod units;

use std::sync::Arc;

use parking_lot::Mutex;
use tonic::{Request, Response, Status};

use self::proposals::Proposals;
use crate::domain::ids::ReserveUnitCode;
use crate::domain::nearest::meant;
use crate::domain::plan::ReserveUnit;
use crate::domain::unit::Units;
use crate::index::assignments::Kept;
use crate::rpc::registry::{Caller, Gate, RegistryDoor, RegistryFault, RegistryParts};
use crate::wire::pb::plan_service_server::PlanService;
use crate::wire::registry::plan::date;
use crate::wire::{WireError, parse, pb};

/// The plan's door. Clones share everything.
#[derive(Debug)]
pub struct PlanDoor<G> {
    parts: Arc<RegistryParts>,
    gate: Arc<G>,
    proposals: Arc<Mutex<Proposals>>,
}

impl<G> Clone for PlanDoor<G> {
    fn clone(&self) -> Self {
        Self {
            parts: self.parts.clone(),
            gate: self.gate.clone(),
            proposals: self.proposals.clone(),
        }
    }
}

impl<G: Gate> PlanDoor<G> {
    /// A door on the same records as the registry's.
    pub fn beside(registry: &RegistryDoor<G>) -> Self {
        let proposals = Arc::new(Mutex::new(Proposals::default()));
        Self { parts: registry.parts.clone(), gate: registry.gate.clone(), proposals }
    }

    fn enter<T>(&self, request: &Request<T>, method: &'static str) -> Result<Caller, Status> {
        self.gate.officer(request.metadata(), request.extensions(), method)
    }

    fn answer<T>(&self, outcome: Result<T, RegistryFault>) -> Result<Response<T>, Status> {
        outcome.map(Response::new).map_err(|fault| self.gate.status(&fault))
    }
}

/// Whether a caller keeps a reserve unit: it and all that it draws on lie under theirs.
fn keeps(caller: &Caller, unit: &ReserveUnit, units: &Units) -> bool {
    let mut all = unit.source_units.iter().chain(std::iter::once(&unit.unit));
    all.all(|code| caller.reaches(code, units))
}

/// Whether a caller has to do with a reserve unit: it draws on what lies under theirs or above.
fn sees(caller: &Caller, unit: &ReserveUnit, units: &Units) -> bool {
    let Some(top) = &caller.within else { return true };
    let touches = |code| units.is_within(code, top) || units.is_within(top, code);
    units.is_within(&unit.unit, top) || unit.source_units.iter().any(touches)
}

impl RegistryParts {
    /// The day of a request: today where it says none.
    fn day(
        &self,
        field: &'static str,
        day: Option<&pb::CivilDate>,
    ) -> Result<jiff::civil::Date, WireError> {
        Ok(date(field, day)?.unwrap_or_else(|| self.today()))
    }

    /// The day of a request that binds a person or item from then on, or until then: today where it
    /// says none, and within a year, for a year that was mistyped would bind for decades.
    fn near_day(
        &self,
        field: &'static str,
        day: Option<&pb::CivilDate>,
    ) -> Result<jiff::civil::Date, WireError> {
        let (day, today) = (self.day(field, day)?, self.today());
        let year = jiff::Span::new().years(1);
        if today.checked_add(year).is_ok_and(|bound| bound < day) {
            return Err(WireError::new(field, "is more than a year ahead: check the year"));
        }
        Ok(day)
    }

    /// The code of a reserve unit that there is, of a text in either case; refused with those that may
    /// be meant, of those that the caller has to do with.
    fn plan_code(&self, text: &str, caller: &Caller) -> Result<ReserveUnitCode, RegistryFault> {
        let name: ReserveUnitCode = parse("reserve_unit_code", text)?;
        let registry = self.engine.registry();
        if registry.plan.reserve_unit(&name).is_some() {
            return Ok(name);
        }
        let folded = text.to_lowercase();
        let mut alike = registry
            .plan
            .reserve_units()
            .map(|kept| &kept.unit.code)
            .filter(|code| code.as_str().to_lowercase() == folded);
        if let (Some(one), None) = (alike.next(), alike.next()) {
            return Ok(one.clone());
        }
        let units = self.units();
        let seen = registry.plan.reserve_units().filter(|kept| sees(caller, &kept.unit, &units));
        let seen = seen.map(|kept| kept.unit.code.as_str());
        let meant = meant(text, seen, "`hoatoc plan list` has them all");
        Err(RegistryFault::NotInPlan { what: "reserve unit", name: text.to_owned(), meant })
    }

    fn today(&self) -> jiff::civil::Date {
        self.engine.now().date_in_vietnam()
    }

    /// A reserve unit that the caller keeps.
    fn kept_unit(&self, code: &str, caller: &Caller) -> Result<Kept, RegistryFault> {
        let name = self.plan_code(code, caller)?;
        let kept = self.engine.registry().plan.reserve_unit(&name).cloned();
        let kept = kept.ok_or_else(|| not_in_plan("reserve unit", code))?;
        if keeps(caller, &kept.unit, self.engine.world().units()) {
            Ok(kept)
        } else {
            Err(RegistryFault::Outside { unit: kept.unit.unit })
        }
    }
}

fn not_in_plan(what: &'static str, name: impl ToString) -> RegistryFault {
    let meant = "list the plan to find it".to_owned();
    RegistryFault::NotInPlan { what, name: name.to_string(), meant }
}

macro_rules! plan_calls {
    ($($call:ident $method:literal $request:ident $response:ident;)+) => {
        #[tonic::async_trait]
        impl<G: Gate> PlanService for PlanDoor<G> {
            $(async fn $call(
                &self,
                request: Request<pb::$request>,
            ) -> Result<Response<pb::$response>, Status> {
                let caller = self.enter(&request, $method)?;
                let outcome = self.$call(request.into_inner(), &caller).await;
                self.answer(outcome)
            })+
        }
    };
}

plan_calls!(
    put_reserve_unit "PutReserveUnit" PutReserveUnitRequest PutReserveUnitResponse;
    get_reserve_unit "GetReserveUnit" GetReserveUnitRequest GetReserveUnitResponse;
    list_reserve_units "ListReserveUnits" ListReserveUnitsRequest ListReserveUnitsResponse;
    propose_plan "ProposePlan" ProposePlanRequest ProposePlanResponse;
    get_proposal_part "GetProposalPart" GetProposalPartRequest GetProposalPartResponse;
    list_left_out "ListLeftOut" ListLeftOutRequest ListLeftOutResponse;
    confirm_proposal "ConfirmProposal" ConfirmProposalRequest ConfirmProposalResponse;
    assign "Assign" AssignRequest AssignResponse;
    end_assignment "EndAssignment" EndAssignmentRequest EndAssignmentResponse;
    end_unfit_assignments "EndUnfitAssignments" EndUnfitAssignmentsRequest EndUnfitAssignmentsResponse;
    replace_assignment "ReplaceAssignment" ReplaceAssignmentRequest ReplaceAssignmentResponse;
    promote_waiting "PromoteWaiting" PromoteWaitingRequest PromoteWaitingResponse;
    list_assignments "ListAssignments" ListAssignmentsRequest ListAssignmentsResponse;
    get_fill "GetFill" GetFillRequest GetFillResponse;
);
