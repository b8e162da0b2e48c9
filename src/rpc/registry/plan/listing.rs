//! Assignments, listed.

use super::PlanDoor;
use crate::domain::ids::AssignmentId;
use crate::domain::plan::Stage;
use crate::index::assignments::Assigned;
use crate::limits;
use crate::rpc::registry::{Caller, Gate, RegistryFault};
use crate::wire::registry::plan::assignment;
use crate::wire::{WireError, parse, pb};

impl<G: Gate> PlanDoor<G> {
    #[expect(clippy::unused_async, reason = "one of the calls, which are all async")]
    pub(super) async fn list_assignments(
        &self,
        request: pb::ListAssignmentsRequest,
        caller: &Caller,
    ) -> Result<pb::ListAssignmentsResponse, RegistryFault> {
        let len = match usize::try_from(request.page_size).unwrap_or(usize::MAX) {
            0 => limits::LIST_PAGE_LEN,
            asked if asked <= limits::LIST_PAGE_LEN_MAX => asked,
            _too_many => return Err(WireError::new("page_size", "is over 500").into()),
        };
        let after: AssignmentId = match request.page_token.as_str() {
            "" => AssignmentId::from_bytes([0; 16]),
            token => parse("page_token", token)?,
        };
        let stage = u8::try_from(request.stage).ok().and_then(Stage::from_number);
        let units = self.parts.units();
        let registry = self.parts.engine.registry();
        let wanted = |at: &&Assigned| {
            let at = &at.assignment;
            let (unit, who) = (&request.reserve_unit_code, &request.subject_id);
            (unit.is_empty() || at.reserve_unit.as_str() == unit)
                && (request.post_no == 0 || u32::from(at.post) == request.post_no)
                && stage.is_none_or(|stage| at.stage == stage)
                && (who.is_empty()
                    || uuid::Uuid::from_bytes(*at.subject.as_bytes()).to_string() == *who)
                && caller.reaches(&at.unit, &units)
        };
        let mut found = registry.plan.assignments_after(after.as_bytes()).filter(wanted);
        let page: Vec<&Assigned> = found.by_ref().take(len).collect();
        let last = page.last().map(|at| at.assignment.id.to_string());
        let next_page_token = last.filter(|_last| found.next().is_some()).unwrap_or_default();
        let message = |at: &&Assigned| assignment(&at.assignment, at.subject_version);
        let assignments = page.iter().map(message).collect();
        Ok(pb::ListAssignmentsResponse { assignments, next_page_token })
    }
}
