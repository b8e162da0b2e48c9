//! How the registry's door stands behind the one gate of all calls: who is calling was shown there.

use std::collections::HashMap;

use tonic::metadata::MetadataMap;
use tonic::{Extensions, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

use super::{Caller, Gate, RegistryFault};
use crate::domain::authority::Role;
use crate::domain::code::Code;
use crate::engine::Engine;
use crate::rpc::auth::{Principal, admit};
use crate::rpc::gate::methods;
use crate::rpc::status::{DOMAIN, Reject, detailed, grpc_code};

/// Whoever may make this call may see who is on a list, as far as masks let them.
const LISTING: &str = "/hoatoc.v1.RegistryService/ListReservists";

/// Reads what the gate found, and bounds an officer to what lies under their unit.
#[derive(Debug)]
pub struct BehindTheGate {
    /// Knows which unit is the province.
    pub engine: Engine,
}

impl Gate for BehindTheGate {
    fn officer(
        &self,
        _metadata: &MetadataMap,
        extensions: &Extensions,
        _method: &'static str,
    ) -> Result<Caller, Status> {
        match extensions.get::<Principal>() {
            Some(officer @ Principal::Officer { id, unit, roles }) => Ok(Caller {
                id: id.clone(),
                sees_all: roles.contains(&Role::Registrar),
                may_list: methods::find(LISTING).is_some_and(|list| admit(list, officer).is_ok()),
                within: (self.engine.world().province() != Some(unit)).then(|| unit.clone()),
            }),
            Some(_anonymous_or_terminal) => {
                Err(Reject::new(Code::Denied, "ROLE_MISSING", "only officers may").into())
            }
            None => Err(Reject::internal("NO_GATE", &"a call came past the gate").into()),
        }
    }

    fn status(&self, fault: &RegistryFault) -> Status {
        if fault.code() == Code::Internal {
            return Reject::internal(fault.reason(), fault).into();
        }
        let violations = fault.violations();
        let code = grpc_code(fault.code());
        if let RegistryFault::LookupsExhausted { retry_after } = fault {
            let mut details = ErrorDetails::with_error_info(fault.reason(), DOMAIN, HashMap::new());
            details.set_retry_info(Some(*retry_after));
            return Status::with_error_details(code, fault.to_string(), details);
        }
        if violations.is_empty() {
            return detailed(code, fault.reason(), &fault.to_string(), None);
        }
        let mut details = ErrorDetails::with_error_info(fault.reason(), DOMAIN, HashMap::new());
        for (field, text) in violations {
            details.add_bad_request_violation(field, text);
        }
        Status::with_error_details(code, fault.to_string(), details)
    }
}
