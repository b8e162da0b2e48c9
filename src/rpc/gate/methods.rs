//! The one table of calls: what each is named, who may make it, whether it changes anything.
//!
//! Read by the gate before a call's bytes are looked at; a call that is not listed is refused. The
//! comments of the proto files say the same in words.

use crate::domain::authority::Role;
use Role::{
    Administrator, Approver, Auditor, Drafter, DutyOfficer, ExerciseDirector, PoliticalCommissar,
    Registrar, Signer,
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

/// How far a caller's unit lets them reach with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Nothing in it belongs to a unit, or it is what everybody on the call's list may know.
    Everywhere,
    /// It belongs to the province as a whole: only officers who serve there. Asked by the gate.
    Province,
    /// What it names lies at or under the caller's unit. Asked by the service, which reads what
    /// that is.
    Under,
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
    /// How far it reaches.
    pub reach: Reach,
}

impl Method {
    /// Whether an order is drafted, signed, issued or changed by it: a step that its trace shows.
    pub fn moves_orders(&self) -> bool {
        self.work == Work::Changes && self.name.starts_with("hoatoc.v1.OrderService/")
    }

    const fn at_the_province(self) -> Self {
        Self { reach: Reach::Province, ..self }
    }

    const fn under(self) -> Self {
        Self { reach: Reach::Under, ..self }
    }
}

const fn reads(name: &'static str, callers: Callers) -> Method {
    Method { name, callers, work: Work::Reads, reach: Reach::Everywhere }
}

const fn changes(name: &'static str, callers: Callers) -> Method {
    Method { name, callers, work: Work::Changes, reach: Reach::Everywhere }
}

const fn upkeep(name: &'static str, callers: Callers) -> Method {
    Method { name, callers, work: Work::Upkeep, reach: Reach::Everywhere }
}

const fn streams(name: &'static str, callers: Callers) -> Method {
    Method { name, callers, work: Work::Streams, reach: Reach::Everywhere }
}

const ADMINISTRATOR: Callers = Callers::Officers(&[Administrator]);
const REGISTRAR: Callers = Callers::Officers(&[Registrar]);
const DRAFTING: Callers = Callers::Officers(&[Drafter, Signer, ExerciseDirector]);
const ISSUING: Callers =
    Callers::Officers(&[Signer, PoliticalCommissar, Approver, DutyOfficer, ExerciseDirector]);
const SEEKING: Callers =
    Callers::Officers(&[Registrar, Drafter, Signer, PoliticalCommissar, Approver]);
const RESOLVING: Callers = Callers::Officers(&[
    Drafter,
    Signer,
    PoliticalCommissar,
    Approver,
    DutyOfficer,
    ExerciseDirector,
]);
const AUDITING: Callers =
    Callers::Officers(&[Auditor, Administrator, Signer, PoliticalCommissar, Approver]);

/// Every call there is.
pub const METHODS: &[Method] = &[
    changes(
        "hoatoc.v1.OrganizationService/PutUnits",
        Callers::Officers(&[Administrator, Registrar]),
    )
    .at_the_province(),
    changes(
        "hoatoc.v1.OrganizationService/PutSpecialties",
        Callers::Officers(&[Administrator, Registrar]),
    )
    .at_the_province(),
    reads("hoatoc.v1.OrganizationService/ListSpecialties", Callers::AnyOfficer),
    changes(
        "hoatoc.v1.OrganizationService/PutEquipmentTypes",
        Callers::Officers(&[Administrator, Registrar]),
    )
    .at_the_province(),
    reads("hoatoc.v1.OrganizationService/ListEquipmentTypes", Callers::AnyOfficer),
    reads("hoatoc.v1.OrganizationService/ListUnits", Callers::AnyOfficer),
    reads("hoatoc.v1.OrganizationService/GetUnit", Callers::AnyOfficer),
    changes(
        "hoatoc.v1.OrganizationService/ChangeUnits",
        Callers::Officers(&[Administrator, Registrar]),
    )
    .at_the_province(),
    changes(
        "hoatoc.v1.OrganizationService/UndoUnitChange",
        Callers::Officers(&[Administrator, Registrar]),
    )
    .at_the_province(),
    changes("hoatoc.v1.OrganizationService/AddEndpoints", ADMINISTRATOR).at_the_province(),
    changes("hoatoc.v1.OrganizationService/RetireEndpoint", ADMINISTRATOR).at_the_province(),
    reads("hoatoc.v1.OrganizationService/ListEndpoints", Callers::AnyOfficer),
    reads("hoatoc.v1.OrderService/ResolveAudience", RESOLVING),
    // That records are read is a ledger entry.
    changes("hoatoc.v1.OrderService/SelectCallUp", DRAFTING).under(),
    reads("hoatoc.v1.OrderService/GetCallUp", Callers::AnyOfficer).under(),
    changes("hoatoc.v1.OrderService/DraftOrder", DRAFTING).under(),
    // The world asks that the caller's own key signed.
    changes("hoatoc.v1.OrderService/SubmitSignature", Callers::AnyOfficer).under(),
    changes("hoatoc.v1.OrderService/IssueOrder", ISSUING).under(),
    changes("hoatoc.v1.OrderService/UpdateOrder", ISSUING).under(),
    changes("hoatoc.v1.OrderService/CancelOrder", ISSUING).under(),
    reads("hoatoc.v1.OrderService/GetOrder", Callers::AnyOfficer).under(),
    reads("hoatoc.v1.OrderService/ListOrders", Callers::AnyOfficer).under(),
    streams("hoatoc.v1.OrderService/WatchOrder", Callers::AnyOfficer).under(),
    reads("hoatoc.v1.IdentityService/GetTrustBundle", Callers::Holders),
    changes("hoatoc.v1.IdentityService/PublishTrustBundle", ADMINISTRATOR).at_the_province(),
    changes("hoatoc.v1.IdentityService/CertifyOfficer", ADMINISTRATOR).at_the_province(),
    changes("hoatoc.v1.IdentityService/CreateEnrolmentCode", ADMINISTRATOR).at_the_province(),
    changes("hoatoc.v1.IdentityService/Enrol", Callers::Anybody),
    changes("hoatoc.v1.IdentityService/Renew", Callers::Renewing),
    reads("hoatoc.v1.LedgerService/GetHead", Callers::Holders),
    reads("hoatoc.v1.LedgerService/ListEntries", AUDITING).at_the_province(),
    reads("hoatoc.v1.LedgerService/FindEntries", AUDITING).at_the_province(),
    reads("hoatoc.v1.LedgerService/ProveInclusion", Callers::Holders),
    reads("hoatoc.v1.LedgerService/ProveConsistency", Callers::Holders),
    reads("hoatoc.v1.ReportService/GetResponseReport", Callers::AnyOfficer).under(),
    reads("hoatoc.v1.FigureService/GetFigures", Callers::AnyOfficer).under(),
    upkeep("hoatoc.v1.OperationService/CreateBackup", ADMINISTRATOR).at_the_province(),
    upkeep("hoatoc.v1.OperationService/CheckStore", Callers::Officers(&[Administrator, Auditor]))
        .at_the_province(),
    changes("hoatoc.v1.RegistryService/CreateReservist", REGISTRAR).under(),
    // Masked for all but the registrar; the reading itself is recorded.
    changes("hoatoc.v1.RegistryService/GetReservist", Callers::AnyOfficer).under(),
    changes("hoatoc.v1.RegistryService/UpdateReservist", REGISTRAR).under(),
    reads("hoatoc.v1.RegistryService/ListReservists", SEEKING).under(),
    streams("hoatoc.v1.RegistryService/ImportReservists", REGISTRAR).under(),
    // Each side asks for reach of its own unit.
    changes("hoatoc.v1.RegistryService/StartTransfer", REGISTRAR).under(),
    changes("hoatoc.v1.RegistryService/AcceptTransfer", REGISTRAR).under(),
    changes("hoatoc.v1.RegistryService/RejectTransfer", REGISTRAR).under(),
    changes("hoatoc.v1.RegistryService/WithdrawTransfer", REGISTRAR).under(),
    reads("hoatoc.v1.RegistryService/ListTransfers", REGISTRAR).under(),
    changes("hoatoc.v1.RegistryService/CreateEquipment", REGISTRAR).under(),
    changes("hoatoc.v1.RegistryService/GetEquipment", Callers::AnyOfficer).under(),
    changes("hoatoc.v1.RegistryService/UpdateEquipment", REGISTRAR).under(),
    reads("hoatoc.v1.RegistryService/ListEquipment", SEEKING).under(),
    streams("hoatoc.v1.RegistryService/ImportEquipment", REGISTRAR).under(),
    reads("hoatoc.v1.RegistryService/CountRecords", SEEKING).under(),
    changes("hoatoc.v1.RegistryService/EraseRecord", REGISTRAR).under(),
    changes("hoatoc.v1.KeyService/RotateKeys", ADMINISTRATOR).at_the_province(),
    reads("hoatoc.v1.KeyService/GetKeys", Callers::Officers(&[Administrator, Auditor]))
        .at_the_province(),
    streams("hoatoc.v1.ForceService/ImportMilitiaBases", REGISTRAR).under(),
    changes("hoatoc.v1.ForceService/GetMilitiaBase", Callers::AnyOfficer).under(),
    changes("hoatoc.v1.ForceService/UpdateMilitiaBase", REGISTRAR).under(),
    reads("hoatoc.v1.ForceService/ListMilitiaBases", SEEKING).under(),
    streams("hoatoc.v1.ForceService/ImportEnterprises", REGISTRAR).under(),
    changes("hoatoc.v1.ForceService/GetEnterprise", Callers::AnyOfficer).under(),
    changes("hoatoc.v1.ForceService/UpdateEnterprise", REGISTRAR).under(),
    reads("hoatoc.v1.ForceService/ListEnterprises", SEEKING).under(),
    streams("hoatoc.v1.ForceService/ImportActivities", REGISTRAR).under(),
    changes("hoatoc.v1.ForceService/GetActivity", Callers::AnyOfficer).under(),
    changes("hoatoc.v1.ForceService/UpdateActivity", REGISTRAR).under(),
    reads("hoatoc.v1.ForceService/ListActivities", SEEKING).under(),
    changes("hoatoc.v1.PlanService/PutReserveUnit", REGISTRAR).under(),
    reads("hoatoc.v1.PlanService/GetReserveUnit", Callers::AnyOfficer).under(),
    reads("hoatoc.v1.PlanService/ListReserveUnits", Callers::AnyOfficer).under(),
    // Reads the whole registry.
    upkeep("hoatoc.v1.PlanService/ProposePlan", REGISTRAR).under(),
    reads("hoatoc.v1.PlanService/GetProposalPart", REGISTRAR).under(),
    reads("hoatoc.v1.PlanService/ListLeftOut", REGISTRAR).under(),
    changes("hoatoc.v1.PlanService/ConfirmProposal", REGISTRAR).under(),
    changes("hoatoc.v1.PlanService/Assign", REGISTRAR).under(),
    changes("hoatoc.v1.PlanService/EndAssignment", REGISTRAR).under(),
    changes("hoatoc.v1.PlanService/EndUnfitAssignments", REGISTRAR).under(),
    changes("hoatoc.v1.PlanService/ReplaceAssignment", REGISTRAR).under(),
    changes("hoatoc.v1.PlanService/PromoteWaiting", REGISTRAR).under(),
    // Names only for those who may list reservists.
    reads("hoatoc.v1.PlanService/ListAssignments", Callers::AnyOfficer).under(),
    reads("hoatoc.v1.PlanService/GetFill", Callers::AnyOfficer).under(),
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
