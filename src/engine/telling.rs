//! The journal of what happened, for whoever reads the server's log afterwards.
//!
//! Called by the owner after a group is durable and answered, never before. One line for each act;
//! answers and records come by the thousand and are in the ledger, the figures and the report. No
//! names, no text, nothing of a record.

use tracing::info;

use crate::domain::world::{Act, CertificateHolder, Entry, Event, World};

/// Tells one entry that `world` has taken in.
pub(super) fn tell(world: &World, entry: &Entry) {
    let by = &entry.actor;
    match &entry.event {
        Event::ProvinceFounded { province, .. } => info!(%by, %province, "province founded"),
        Event::TrustPublished(trust) => {
            let (version, officers) = (trust.bundle.version, trust.bundle.officers.len());
            info!(%by, version, officers, "trust bundle published");
        }
        Event::UnitsPut(units) => info!(%by, units = units.len(), "units put"),
        Event::SpecialtiesPut { specialties, continues } => {
            info!(%by, specialties = specialties.len(), continues, "specialties put");
        }
        Event::EquipmentTypesPut { types, continues } => {
            info!(%by, types = types.len(), continues, "equipment types put");
        }
        Event::UnitsReorganized(done) => {
            let (units, effective) = (done.units.len(), done.effective);
            let endpoints = done.endpoints.len();
            let act = match &done.act {
                Act::Change(change) => change.as_str(),
                Act::Undo { .. } => "undo",
            };
            info!(%by, act, units, endpoints, %effective, "units reorganized");
        }
        Event::EndpointAdded { no, address } => info!(%by, %no, %address, "endpoint added"),
        Event::EndpointRetired { no, .. } => info!(%by, %no, "endpoint retired"),
        Event::CodeCreated { endpoint, .. } => info!(%by, %endpoint, "enrolment code created"),
        Event::TerminalEnrolled { endpoint, .. } => info!(%by, %endpoint, "terminal enrolled"),
        Event::CertificateIssued { holder, .. } => match holder {
            CertificateHolder::Officer(officer) => {
                info!(%by, %officer, "certificate issued");
            }
            CertificateHolder::Endpoint(endpoint) => {
                info!(%by, %endpoint, "certificate issued");
            }
        },
        Event::OrderDrafted { order, .. } => {
            let (handling, number) = (order.handling.as_str(), order.number_text());
            info!(%by, order = %order.id, handling, number, "order drafted");
        }
        Event::SignatureAdded { order, .. } => info!(%by, %order, "order signed"),
        Event::OrderIssued { order, sequence, .. } => {
            let Some(file) = world.order(order) else { return };
            let (handling, number) = (file.order.handling.as_str(), file.order.number_text());
            let endpoints = file.counts.endpoints;
            info!(%by, %order, handling, number, sequence, endpoints, "order issued");
        }
        Event::EpochBegun { epoch, .. } => info!(%by, epoch, "epoch begun"),
        Event::RecordErased { kind, id, .. } => {
            let id = uuid::Uuid::from_bytes(*id);
            info!(%by, ?kind, %id, "record erased");
        }
        Event::KeysBegun { generation } => info!(%by, generation, "keys begun"),
        // The gate has told it already.
        Event::CallRefused { .. }
        | Event::CertificateSeen { .. }
        | Event::RecordsResealed { .. }
        | Event::AnswerTaken { .. }
        | Event::RecordsPut { .. }
        | Event::RecordsRead { .. } => {}
    }
}
