//! The world: everything the command knows but people's records, and the one place where it is
//! decided what may happen.
//!
//! Three verbs. [`World::decide`] looks at a request and says which events follow, or why none may.
//! [`World::apply`] takes in one recorded event; it never refuses, because the event is a fact.
//! [`World::check`] holds the invariants. Decide changes nothing, apply decides nothing; both are
//! pure, so the state is a fold over the ledger's entries, at work and at start alike.

mod answers;
mod apply;
mod check;
mod command;
mod event;
mod file;
mod identity;
mod keys;
mod orders;
#[cfg(test)]
pub(crate) mod tests;
mod units;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub use crate::domain::certificate::CertificateHolder;
pub use check::Violation;
pub use command::refusal::{AnswerRefusal, OrderRefusal, Refusal};
pub use command::{Actor, Command, NewDraft, Request};
pub use event::{
    EQUIPMENT_TYPES_PER_ENTRY, Entry, Event, NumberTaken, RecordKind, RecordVersion,
    SPECIALTIES_PER_ENTRY,
};
pub use file::{Issue, OrderFile, OrderState};
pub use keys::ERASE_REASON_CHARS_MAX;
pub use orders::{CANCEL_FORMS_MAX, SIGNATURES_APART_MAX_MS, Signing};
pub use units::{Act, DOCUMENT_CHARS_MAX, Placed, Recorded, Reorganization, UndoError};

use crate::domain::certificate::Certificates;
use crate::domain::endpoint::Endpoints;
use crate::domain::ids::{EndpointNo, OrderId, UnitCode};
use crate::domain::instant::Instant;
use crate::domain::order::handling::Handling;
use crate::domain::registry::{EquipmentTypes, Specialties};
use crate::domain::unit::Units;
use crate::evidence::envelope::Envelope;
use crate::evidence::trust::TrustBundle;
use command::requests::Requests;
use identity::Next;

/// Most orders that may be open (drafted, signed or issued and not past their end) at once: a
/// province issues a few a day; this keeps what a connecting terminal walks short.
pub const OPEN_ORDERS_MAX: usize = 1_000;

/// Most records that one entry may name: keeps a leaf at half the store's bound for one value.
pub const RECORDS_PER_ENTRY_MAX: usize = 500;

/// A one-time code, known by the digest of its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnrolmentCode {
    /// For this endpoint only.
    pub endpoint: EndpointNo,
    /// Void from then on.
    pub expires_at: Instant,
}

/// The trust bundle in force, with the envelope that proves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trust {
    /// What it says.
    pub bundle: TrustBundle,
    /// As signed.
    pub envelope: Envelope,
}

/// A trust bundle and when it came into force here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// The bundle.
    pub trust: Arc<Trust>,
    /// The time of record: what its signers say of when they made it is not what counts.
    pub at: Instant,
    /// The newest sequence then: later orders were judged by it.
    pub after_sequence: u64,
}

/// The state.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct World {
    province: Option<UnitCode>,
    origin: String,
    epoch: u64,
    trust: Option<Arc<Trust>>,
    /// Every bundle that was ever in force, the oldest first: what was issued is judged by the one of
    /// its day. A handful a year, of 60 KiB at most.
    trusts: Vec<Published>,
    units: Arc<Units>,
    /// None until a list was put.
    specialties: Option<Arc<Specialties>>,
    /// None until a list was put.
    equipment_types: Option<Arc<EquipmentTypes>>,
    /// By place in the ledger.
    reorganizations: BTreeMap<u64, Recorded>,
    endpoints: Endpoints,
    codes: BTreeMap<[u8; 32], EnrolmentCode>,
    certificates: Certificates,
    orders: BTreeMap<OrderId, OrderFile>,
    issued: Vec<OrderId>,
    /// Sequences of the issued orders not replaced, and not expired when the last one was issued.
    current: BTreeSet<u64>,
    numbers: BTreeMap<(Handling, u32), u32>,
    requests: Requests,
    erased: BTreeMap<[u8; 16], u32>,
    key_generation: u32,
    size: u64,
    latest_at: Instant,
}

/// What follows from a request.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    /// These events, all or none.
    Happens(Vec<Event>),
    /// The same request was carried out before: its last ledger entry.
    Repeated {
        /// Where it is recorded.
        ledger_index: u64,
    },
}

impl World {
    /// The province; none before it was founded.
    pub const fn province(&self) -> Option<&UnitCode> {
        self.province.as_ref()
    }

    /// The ledger's origin, the first line of its checkpoints.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The epoch: rises when a backup was restored.
    pub const fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The trust bundle in force.
    pub const fn trust(&self) -> Option<&Arc<Trust>> {
        self.trust.as_ref()
    }

    /// The bundle with a version that is or was in force.
    pub fn trust_of(&self, version: u64) -> Option<&Published> {
        self.trusts.iter().find(|published| published.trust.bundle.version == version)
    }

    /// Every bundle that is or was in force, the oldest first.
    pub fn trusts(&self) -> &[Published] {
        &self.trusts
    }

    /// The bundle that was in force when an order was issued: by the ledger's own order, whatever
    /// times anybody wrote into anything.
    pub fn trust_at_issue(&self, issue: &Issue) -> Option<&Published> {
        self.trusts.iter().rfind(|published| published.after_sequence < issue.sequence)
    }

    /// The units.
    pub fn units(&self) -> &Units {
        &self.units
    }

    /// The units, for whoever looks at them beyond the world's lock.
    pub const fn shared_units(&self) -> &Arc<Units> {
        &self.units
    }

    /// The list of specialties that was put; none where the one that ships still holds.
    pub const fn specialties(&self) -> Option<&Arc<Specialties>> {
        self.specialties.as_ref()
    }

    /// The list of types of equipment that was put; none where the one that ships still holds.
    pub const fn equipment_types(&self) -> Option<&Arc<EquipmentTypes>> {
        self.equipment_types.as_ref()
    }

    /// The endpoints.
    pub const fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// An open enrolment code by the digest of its secret.
    pub fn code(&self, secret_digest: &[u8; 32]) -> Option<&EnrolmentCode> {
        self.codes.get(secret_digest)
    }

    /// One order.
    pub fn order(&self, id: &OrderId) -> Option<&OrderFile> {
        self.orders.get(id)
    }

    /// All orders, by id, which is by age when authors use UUID version 7.
    pub fn orders(&self) -> impl DoubleEndedIterator<Item = &OrderFile> {
        self.orders.values()
    }

    /// The newest sequence in the stream of issued orders; 0 before the first.
    pub fn latest_sequence(&self) -> u64 {
        u64::try_from(self.issued.len()).unwrap_or(u64::MAX)
    }

    /// The issued orders after a cursor, oldest first.
    pub fn issued_after(&self, cursor: u64) -> impl Iterator<Item = &OrderFile> {
        let from = usize::try_from(cursor).unwrap_or(usize::MAX).min(self.issued.len());
        self.issued[from..].iter().filter_map(|id| self.orders.get(id))
    }

    /// The issued orders in force at a time, oldest first: what a terminal that knows nothing must
    /// get. Walks few, however long the history is.
    pub fn current(&self, now: Instant) -> impl Iterator<Item = &OrderFile> {
        let files = self.current.iter().filter_map(|sequence| self.issued_as(*sequence));
        files.filter(move |file| file.is_current(now))
    }

    /// The order at a place in the stream of issued orders.
    fn issued_as(&self, sequence: u64) -> Option<&OrderFile> {
        let position = usize::try_from(sequence).ok()?.checked_sub(1)?;
        self.orders.get(self.issued.get(position)?)
    }

    /// The next free number of a series.
    pub fn next_number(&self, handling: Handling, year: u32) -> u32 {
        self.numbers.get(&(handling, year)).map_or(1, |last| last.saturating_add(1))
    }

    /// How many ledger entries made this state.
    pub const fn ledger_size(&self) -> u64 {
        self.size
    }

    /// The time of the newest entry; the record never runs backwards.
    pub const fn latest_at(&self) -> Instant {
        self.latest_at
    }

    /// Where this very request was carried out before, if it was.
    ///
    /// # Errors
    /// [`Refusal::RequestIdReused`], when its id was another request's.
    pub fn recall(&self, request: &Request) -> Result<Option<u64>, Refusal> {
        let Some((id, digest)) = &request.id else { return Ok(None) };
        self.requests.find(id, digest)
    }

    /// What follows from a request at a time, or why nothing may.
    ///
    /// # Errors
    /// [`Refusal`]; nothing has changed then.
    pub fn decide(&self, request: &Request, now: Instant) -> Result<Decision, Refusal> {
        if let Some(ledger_index) = self.recall(request)? {
            return Ok(Decision::Repeated { ledger_index });
        }
        self.check_founded(&request.command)?;
        let events = match &request.command {
            Command::Found { province, origin } => self.found(province, origin)?,
            Command::PublishTrust(trust) => self.publish_trust(trust, now)?,
            Command::PutUnits(units) => self.put_units(units, now)?,
            Command::PutSpecialties(list) => self.put_specialties(list)?,
            Command::PutEquipmentTypes(list) => self.put_equipment_types(list)?,
            Command::ChangeUnits { change, effective, document, force: _ } => {
                self.change_units(change, *effective, document, now)?
            }
            Command::UndoUnits { entry, document } => self.undo_units(*entry, document)?,
            Command::AddEndpoints(addresses) => self.add_endpoints(addresses)?,
            Command::RetireEndpoint { address, document, force } => {
                self.retire_endpoint(address, document, *force, now)?
            }
            Command::CreateCode { address, secret_digest, expires_at } => {
                self.create_code(address, secret_digest, *expires_at, now)?
            }
            Command::Enrol { secret_digest, terminal } => {
                self.enrol(secret_digest, terminal, now)?
            }
            Command::RecordCertificate { officer, digest, not_after, serial } => {
                self.record_certificate(officer, digest, *not_after, *serial)?
            }
            Command::RenewTerminal { endpoint, shown, digest, not_after, serial } => {
                let next = Next { digest: *digest, not_after: *not_after, serial: *serial };
                self.renew_terminal(*endpoint, shown, &next, now)?
            }
            Command::SeeCertificate { endpoint, digest } => self.see_certificate(*endpoint, digest),
            Command::Draft(draft) => self.draft(&request.actor, draft, now)?,
            Command::AddSignature { order, signature } => {
                self.add_signature(&request.actor, order, signature, now)?
            }
            Command::Issue { order, traceparent } => self.issue(order, traceparent, now)?,
            Command::IssueSigned(draft) => self.issue_signed(draft, now)?,
            Command::TakeAnswer { answer, envelope, clock_offset_ms } => {
                match self.take_answer(&request.actor, answer, envelope, *clock_offset_ms)? {
                    answers::Taken::New(event) => vec![*event],
                    answers::Taken::Before(ledger_index) => {
                        return Ok(Decision::Repeated { ledger_index });
                    }
                }
            }
            Command::PutRecords { kind, records } => {
                check_records(records.len())?;
                vec![Event::RecordsPut { kind: *kind, records: records.clone() }]
            }
            Command::ReadRecords { kind, records } => {
                check_records(records.len())?;
                vec![Event::RecordsRead { kind: *kind, records: records.clone() }]
            }
            Command::EraseRecord { kind, id, reason, generation, cleared } => {
                self.erase_record(*kind, *id, (reason, *generation), cleared, now)?
            }
            Command::ResealRecords { kind, generation, records } => {
                check_records(records.len())?;
                let (kind, generation, records) = (*kind, *generation, records.clone());
                vec![Event::RecordsResealed { kind, generation, records }]
            }
            Command::BeginKeys { generation } => self.begin_keys(*generation)?,
            Command::RecordRefusal { call, reason, passed_over } => {
                refused(call, reason, *passed_over)
            }
            Command::BeginEpoch { last_numbers } => self.begin_epoch(last_numbers, now)?,
        };
        Ok(Decision::Happens(events))
    }

    const fn check_founded(&self, command: &Command) -> Result<(), Refusal> {
        if self.province.is_none() && !matches!(command, Command::Found { .. }) {
            return Err(Refusal::Invalid { reason: "the province is not founded: found it first" });
        }
        Ok(())
    }

    fn found(&self, province: &UnitCode, origin: &str) -> Result<Vec<Event>, Refusal> {
        if self.province.is_some() {
            return Err(Refusal::AlreadyFounded);
        }
        Ok(vec![Event::ProvinceFounded { province: province.clone(), origin: origin.to_owned() }])
    }
}

fn refused(call: &str, reason: &str, passed_over: u32) -> Vec<Event> {
    let (call, reason) = (call.chars().take(100).collect(), reason.chars().take(64).collect());
    vec![Event::CallRefused { call, reason, passed_over }]
}

fn check_records(count: usize) -> Result<(), Refusal> {
    let reason = "name 1 to 500 records at once";
    (1..=RECORDS_PER_ENTRY_MAX).contains(&count).then_some(()).ok_or(Refusal::Invalid { reason })
}
