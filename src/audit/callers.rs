//! Who may have caused an entry: the same table of calls that the gate goes by, read backwards.
//!
//! Only what the entry says of itself is looked at; a call's author is not proved by a signature.

use crate::domain::world::{Actor, CertificateHolder, Entry, Event, World};
use crate::rpc::gate::methods::{Callers, find};

/// The calls that may lead to an event; none where no officer's call does.
const fn calls_for(event: &Event) -> &'static [&'static str] {
    match event {
        Event::TrustPublished(_) => &["IdentityService/PublishTrustBundle"],
        Event::UnitsPut(_) => &["OrganizationService/PutUnits"],
        Event::SpecialtiesPut { .. } => &["OrganizationService/PutSpecialties"],
        Event::EquipmentTypesPut { .. } => &["OrganizationService/PutEquipmentTypes"],
        Event::UnitsReorganized(_) => &["OrganizationService/ChangeUnits"],
        Event::EndpointAdded { .. } => &["OrganizationService/AddEndpoints"],
        Event::EndpointRetired { .. } => &["OrganizationService/RetireEndpoint"],
        Event::CodeCreated { .. } => &["IdentityService/CreateEnrolmentCode"],
        Event::CertificateIssued { holder: CertificateHolder::Officer(_), .. } => {
            &["IdentityService/CertifyOfficer"]
        }
        Event::OrderDrafted { .. } => {
            &["OrderService/DraftOrder", "OrderService/UpdateOrder", "OrderService/CancelOrder"]
        }
        // The signature itself says whose it is.
        Event::SignatureAdded { .. } => &["OrderService/SubmitSignature"],
        Event::OrderIssued { .. } => {
            &["OrderService/IssueOrder", "OrderService/UpdateOrder", "OrderService/CancelOrder"]
        }
        // An officer may bring in what a terminal signed.
        Event::AnswerTaken { .. } => &["OrderService/GetOrder"],
        Event::RecordsPut { .. } => &["RegistryService/CreateReservist"],
        Event::RecordsRead { .. } => &["RegistryService/GetReservist", "OrderService/SelectCallUp"],
        Event::RecordErased { .. } => &["RegistryService/EraseRecord"],
        Event::RecordsResealed { .. } | Event::KeysBegun { .. } => &["KeyService/RotateKeys"],
        Event::ProvinceFounded { .. }
        | Event::TerminalEnrolled { .. }
        | Event::CertificateIssued { .. }
        | Event::CertificateSeen { .. }
        | Event::CallRefused { .. }
        | Event::EpochBegun { .. } => &[],
    }
}

/// Whether the one whom an entry names may have caused it, in the state before it. `founded` is
/// whether an officer has acted before: from then on the server founds nothing more by itself.
pub(super) fn check(world: &World, entry: &Entry, founded: bool) -> Result<(), String> {
    match &entry.actor {
        Actor::Server => by_server(world, &entry.event, founded),
        Actor::Endpoint(no) => {
            let own = match &entry.event {
                Event::AnswerTaken { answer, .. } => answer.endpoint == *no,
                Event::TerminalEnrolled { endpoint, .. }
                | Event::CertificateSeen { endpoint, .. } => endpoint == no,
                Event::CertificateIssued { holder, .. } => {
                    *holder == CertificateHolder::Endpoint(*no)
                }
                Event::CallRefused { .. } => true,
                _an_officers => false,
            };
            if own { Ok(()) } else { Err(format!("endpoint {no} cannot cause it")) }
        }
        Actor::Officer(id) => {
            let trust = world.trust().ok_or("there was no trust bundle yet")?;
            let officer = trust.bundle.officer(id);
            let officer = officer.ok_or_else(|| format!("officer {id} was not in the bundle"))?;
            if officer.retired_at.is_some_and(|retired_at| entry.at >= retired_at) {
                return Err(format!("officer {id} was retired"));
            }
            // Nobody needs a right to be refused.
            if matches!(entry.event, Event::CallRefused { .. }) {
                return Ok(());
            }
            // Everybody renews their own.
            if let Event::CertificateIssued { holder, .. } = &entry.event
                && *holder == CertificateHolder::Officer(id.clone())
            {
                return Ok(());
            }
            let admits = |call: &&str| match find(&format!("/hoatoc.v1.{call}")) {
                None => false,
                Some(method) => match method.callers {
                    Callers::Officers(roles) => roles.iter().any(|r| officer.roles.contains(r)),
                    Callers::Terminals => false,
                    Callers::Anybody
                    | Callers::Holders
                    | Callers::Renewing
                    | Callers::AnyOfficer => true,
                },
            };
            if calls_for(&entry.event).iter().any(admits) {
                Ok(())
            } else {
                Err(format!("officer {id} has no role for it"))
            }
        }
    }
}

/// The server founds, restores, and works on keys. It signs for nobody.
fn by_server(world: &World, event: &Event, founded: bool) -> Result<(), String> {
    let may = match event {
        Event::TrustPublished(_) => world.trust().is_none(),
        Event::CertificateIssued { holder: CertificateHolder::Officer(_), .. } => !founded,
        Event::CertificateIssued { .. }
        | Event::CodeCreated { .. }
        | Event::TerminalEnrolled { .. }
        | Event::CertificateSeen { .. }
        | Event::OrderDrafted { .. }
        | Event::SignatureAdded { .. }
        | Event::OrderIssued { .. }
        | Event::AnswerTaken { .. } => false,
        _founding_or_upkeep => true,
    };
    if may { Ok(()) } else { Err("the server cannot cause it by itself".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_that_is_named_exists() {
        let named = include_str!("callers.rs").split("#[cfg(test)]").next().expect("the product");
        let mut count = 0;
        for call in named.split('"').filter(|text| text.contains("Service/")) {
            assert!(find(&format!("/hoatoc.v1.{call}")).is_some(), "{call}");
            count += 1;
        }
        assert!(count > 15, "{count}");
    }
}
