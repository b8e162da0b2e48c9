//! The one table of calls: what each is named, who may make it, whether it changes anything.
//!
//! Read by the gate before a call's bytes are looked at; a call that is not listed is refused. The
//! comments of the proto files say the same in words.

use crate::domain::authority::Role;
use Role::{
    Administrator, Approver, Auditor, Drafter, DutyOfficer, ExerciseDirector, Registrar, Signer,
};

/// Who may make a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Callers {
    /// Anybody, also without a certificate.
    Anybody,
    /// Officers and terminals.
    Holders,
    /// The same, and terminals with the certificate before their newest one.
    Renewing,
    /// Every serving officer.
    AnyOfficer,
    /// Serving officers with one of these roles.
    Officers(&'static [Role]),
    /// Enrolled terminals.
    Terminals,
}

/// What a call needs of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// Looks, and changes nothing.
    Reads,
    /// Changes something.
    Changes,
    /// Rereads or copies everything.
    Upkeep,
    /// A stream that stays open.
    Streams,
}

/// One call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Method {
    /// Service and name, as in the address of the call after the first slash.
    pub name: &'static str,
    /// Who may make it.
    pub callers: Callers,
    /// What it needs.
    pub work: Work,
}

impl Method {
    /// Whether an order is drafted, signed, issued or changed by it: a step that its trace shows.
    pub fn moves_orders(&self) -> bool {
        self.work == Work::Changes && self.name.starts_with("hoatoc.v1.OrderService/")
    }
}

const fn reads(name: &'static str, callers: Callers) -> Method {
    Method { name, callers, work: Work::Reads }
}

const fn changes(name: &'static str, callers: Callers) -> Method {
    Method { name, callers, work: Work::Changes }
}

const fn upkeep(name: &'static str, callers: Callers) -> Method {
    Method { name, callers, work: Work::Upkeep }
}

const fn streams(name: &'static str, callers: Callers) -> Method {
    Method { name, callers, work: Work::Streams }
}

const ADMINISTRATOR: Callers = Callers::Officers(&[Administrator]);
const REGISTRAR: Callers = Callers::Officers(&[Registrar]);
const DRAFTING: Callers = Callers::Officers(&[Drafter, Signer, ExerciseDirector]);
const ISSUING: Callers = Callers::Officers(&[Signer, Approver, DutyOfficer, ExerciseDirector]);
const SEEKING: Callers = Callers::Officers(&[Registrar, Drafter, Signer, Approver]);
const RESOLVING: Callers =
    Callers::Officers(&[Drafter, Signer, Approver, DutyOfficer, ExerciseDirector]);
const AUDITING: Callers = Callers::Officers(&[Auditor, Administrator, Signer, Approver]);

/// Every call there is.
pub const METHODS: &[Method] = &[
    changes(
        "hoatoc.v1.OrganizationService/PutUnits",
        Callers::Officers(&[Administrator, Registrar]),
    ),
    changes(
        "hoatoc.v1.OrganizationService/PutSpecialties",
        Callers::Officers(&[Administrator, Registrar]),
    ),
    reads("hoatoc.v1.OrganizationService/ListSpecialties", Callers::AnyOfficer),
    changes(
        "hoatoc.v1.OrganizationService/PutEquipmentTypes",
        Callers::Officers(&[Administrator, Registrar]),
    ),
    reads("hoatoc.v1.OrganizationService/ListEquipmentTypes", Callers::AnyOfficer),
    reads("hoatoc.v1.OrganizationService/ListUnits", Callers::AnyOfficer),
    reads("hoatoc.v1.OrganizationService/GetUnit", Callers::AnyOfficer),
    changes(
        "hoatoc.v1.OrganizationService/ChangeUnits",
        Callers::Officers(&[Administrator, Registrar]),
    ),
    changes(
        "hoatoc.v1.OrganizationService/UndoUnitChange",
        Callers::Officers(&[Administrator, Registrar]),
    ),
    changes("hoatoc.v1.OrganizationService/AddEndpoints", ADMINISTRATOR),
    changes("hoatoc.v1.OrganizationService/RetireEndpoint", ADMINISTRATOR),
    reads("hoatoc.v1.OrganizationService/ListEndpoints", Callers::AnyOfficer),
    reads("hoatoc.v1.OrderService/ResolveAudience", RESOLVING),
    // That records are read is a ledger entry.
    changes("hoatoc.v1.OrderService/SelectCallUp", DRAFTING),
    reads("hoatoc.v1.OrderService/GetCallUp", Callers::AnyOfficer),
    changes("hoatoc.v1.OrderService/DraftOrder", DRAFTING),
    // The world asks that the caller's own key signed.
    changes("hoatoc.v1.OrderService/SubmitSignature", Callers::AnyOfficer),
    changes("hoatoc.v1.OrderService/IssueOrder", ISSUING),
    changes("hoatoc.v1.OrderService/UpdateOrder", ISSUING),
    changes("hoatoc.v1.OrderService/CancelOrder", ISSUING),
    reads("hoatoc.v1.OrderService/GetOrder", Callers::AnyOfficer),
    reads("hoatoc.v1.OrderService/ListOrders", Callers::AnyOfficer),
    streams("hoatoc.v1.OrderService/WatchOrder", Callers::AnyOfficer),
    reads("hoatoc.v1.IdentityService/GetTrustBundle", Callers::Holders),
    changes("hoatoc.v1.IdentityService/PublishTrustBundle", ADMINISTRATOR),
    changes("hoatoc.v1.IdentityService/CertifyOfficer", ADMINISTRATOR),
    changes("hoatoc.v1.IdentityService/CreateEnrolmentCode", ADMINISTRATOR),
    changes("hoatoc.v1.IdentityService/Enrol", Callers::Anybody),
    changes("hoatoc.v1.IdentityService/Renew", Callers::Renewing),
    reads("hoatoc.v1.LedgerService/GetHead", Callers::Holders),
    reads("hoatoc.v1.LedgerService/ListEntries", AUDITING),
    reads("hoatoc.v1.LedgerService/FindEntries", AUDITING),
    reads("hoatoc.v1.LedgerService/ProveInclusion", Callers::Holders),
    reads("hoatoc.v1.LedgerService/ProveConsistency", Callers::Holders),
    reads("hoatoc.v1.ReportService/GetResponseReport", Callers::AnyOfficer),
    reads("hoatoc.v1.FigureService/GetFigures", Callers::AnyOfficer),
    upkeep("hoatoc.v1.OperationService/CreateBackup", ADMINISTRATOR),
    upkeep("hoatoc.v1.OperationService/CheckStore", Callers::Officers(&[Administrator, Auditor])),
    changes("hoatoc.v1.RegistryService/CreateReservist", REGISTRAR),
    // Masked for all but the registrar; the reading itself is recorded.
    changes("hoatoc.v1.RegistryService/GetReservist", Callers::AnyOfficer),
    changes("hoatoc.v1.RegistryService/UpdateReservist", REGISTRAR),
    reads("hoatoc.v1.RegistryService/ListReservists", SEEKING),
    streams("hoatoc.v1.RegistryService/ImportReservists", REGISTRAR),
    // Each side asks for reach of its own unit.
    changes("hoatoc.v1.RegistryService/StartTransfer", REGISTRAR),
    changes("hoatoc.v1.RegistryService/AcceptTransfer", REGISTRAR),
    changes("hoatoc.v1.RegistryService/RejectTransfer", REGISTRAR),
    changes("hoatoc.v1.RegistryService/WithdrawTransfer", REGISTRAR),
    reads("hoatoc.v1.RegistryService/ListTransfers", REGISTRAR),
    changes("hoatoc.v1.RegistryService/CreateEquipment", REGISTRAR),
    changes("hoatoc.v1.RegistryService/GetEquipment", Callers::AnyOfficer),
    changes("hoatoc.v1.RegistryService/UpdateEquipment", REGISTRAR),
    reads("hoatoc.v1.RegistryService/ListEquipment", SEEKING),
    streams("hoatoc.v1.RegistryService/ImportEquipment", REGISTRAR),
    reads("hoatoc.v1.RegistryService/CountRecords", SEEKING),
    changes("hoatoc.v1.RegistryService/EraseRecord", REGISTRAR),
    changes("hoatoc.v1.KeyService/RotateKeys", ADMINISTRATOR),
    reads("hoatoc.v1.KeyService/GetKeys", Callers::Officers(&[Administrator, Auditor])),
    streams("hoatoc.v1.ForceService/ImportMilitiaBases", REGISTRAR),
    changes("hoatoc.v1.ForceService/GetMilitiaBase", Callers::AnyOfficer),
    changes("hoatoc.v1.ForceService/UpdateMilitiaBase", REGISTRAR),
    reads("hoatoc.v1.ForceService/ListMilitiaBases", SEEKING),
    streams("hoatoc.v1.ForceService/ImportEnterprises", REGISTRAR),
    changes("hoatoc.v1.ForceService/GetEnterprise", Callers::AnyOfficer),
    changes("hoatoc.v1.ForceService/UpdateEnterprise", REGISTRAR),
    reads("hoatoc.v1.ForceService/ListEnterprises", SEEKING),
    streams("hoatoc.v1.ForceService/ImportActivities", REGISTRAR),
    changes("hoatoc.v1.ForceService/GetActivity", Callers::AnyOfficer),
    changes("hoatoc.v1.ForceService/UpdateActivity", REGISTRAR),
    reads("hoatoc.v1.ForceService/ListActivities", SEEKING),
    changes("hoatoc.v1.PlanService/PutReserveUnit", REGISTRAR),
    reads("hoatoc.v1.PlanService/GetReserveUnit", Callers::AnyOfficer),
    reads("hoatoc.v1.PlanService/ListReserveUnits", Callers::AnyOfficer),
    // Reads the whole registry.
    upkeep("hoatoc.v1.PlanService/ProposePlan", REGISTRAR),
    reads("hoatoc.v1.PlanService/GetProposalPart", REGISTRAR),
    reads("hoatoc.v1.PlanService/ListLeftOut", REGISTRAR),
    changes("hoatoc.v1.PlanService/ConfirmProposal", REGISTRAR),
    changes("hoatoc.v1.PlanService/Assign", REGISTRAR),
    changes("hoatoc.v1.PlanService/EndAssignment", REGISTRAR),
    changes("hoatoc.v1.PlanService/EndUnfitAssignments", REGISTRAR),
    changes("hoatoc.v1.PlanService/ReplaceAssignment", REGISTRAR),
    changes("hoatoc.v1.PlanService/PromoteWaiting", REGISTRAR),
    // Names only for those who may list reservists.
    reads("hoatoc.v1.PlanService/ListAssignments", Callers::AnyOfficer),
    reads("hoatoc.v1.PlanService/GetFill", Callers::AnyOfficer),
    streams("hoatoc.v1.TerminalService/Exchange", Callers::Terminals),
    reads("grpc.health.v1.Health/Check", Callers::Holders),
    streams("grpc.health.v1.Health/Watch", Callers::Holders),
    streams("grpc.reflection.v1.ServerReflection/ServerReflectionInfo", Callers::AnyOfficer),
    // What most clients still ask for.
    streams("grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", Callers::AnyOfficer),
];

/// The call at a path (`/service/name`); none for calls that do not exist.
pub fn find(path: &str) -> Option<&'static Method> {
    let name = path.strip_prefix('/')?;
    METHODS.iter().find(|method| method.name == name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use prost::Message;
    use prost_types::FileDescriptorSet;

    use super::*;
    use crate::domain::ids::EndpointNo;
    use crate::rpc::auth::{Principal, admit};
    use crate::wire::pb;

    #[test]
    fn the_table_lists_every_call_of_the_contract_once_and_no_other() {
        let files = FileDescriptorSet::decode(pb::DESCRIPTORS).expect("our own descriptors");
        let mut contract = BTreeSet::new();
        for file in &files.file {
            for service in &file.service {
                for method in &service.method {
                    let (package, service) = (file.package(), service.name());
                    contract.insert(format!("{package}.{service}/{}", method.name()));
                }
            }
        }
        let ours = METHODS.iter().filter(|method| method.name.starts_with("hoatoc."));
        let listed: BTreeSet<String> = ours.clone().map(|method| method.name.to_owned()).collect();
        assert_eq!(listed, contract);
        assert_eq!(ours.count(), contract.len());
    }

    #[test]
    fn only_renewing_is_open_to_a_certificate_before_the_newest() {
        let superseded = Principal::Superseded { no: EndpointNo::new(1) };
        let open = METHODS.iter().filter(|method| admit(method, &superseded).is_ok());
        let open: Vec<_> = open.map(|method| method.name).collect();
        // Whoever enrols anew may show any certificate, or none.
        assert_eq!(open, ["hoatoc.v1.IdentityService/Enrol", "hoatoc.v1.IdentityService/Renew"]);
    }

    #[test]
    fn only_enrolment_is_open_to_everybody() {
        let open: Vec<_> =
            METHODS.iter().filter(|method| method.callers == Callers::Anybody).collect();
        assert_eq!(open.len(), 1);
        assert_eq!(open[0].name, "hoatoc.v1.IdentityService/Enrol");
    }
}
