//! What happened. Each event is one ledger entry; all of them, in order, are the state.

use std::sync::Arc;

use crate::domain::certificate::{CertificateHolder, Serial};
use crate::domain::endpoint::{Address, Terminal};
use crate::domain::ids::{EndpointNo, OrderId, RequestId, UnitCode};
use crate::domain::instant::Instant;
use crate::domain::order::Order;
use crate::domain::order::delivery::Answer;
use crate::domain::order::handling::Handling;
use crate::domain::registry::{EquipmentType, Specialty};
use crate::domain::unit::Unit;
use crate::domain::world::{Actor, Reorganization, Trust};
use crate::evidence::envelope::{Envelope, Signature};

/// What kind of registry record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordKind {
    /// A reservist.
    Reservist,
    /// A piece of equipment.
    Equipment,
    /// A militia or self-defense base.
    MilitiaBase,
    /// An enterprise for industrial mobilization.
    Enterprise,
    /// A training class, exercise, inspection or disaster work.
    Activity,
    /// A reserve unit with its posts.
    ReserveUnit,
    /// A person or item in a post.
    Assignment,
}

impl RecordKind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::Reservist,
        Self::Equipment,
        Self::MilitiaBase,
        Self::Enterprise,
        Self::Activity,
        Self::ReserveUnit,
        Self::Assignment,
    ];
}

/// One version of a record, without its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordVersion {
    /// The record's UUID.
    pub id: [u8; 16],
    /// From 1.
    pub version: u64,
    /// Salted commitment to the content.
    pub commitment: [u8; 32],
}

/// Most specialties that one entry names: with the longest names and all that may be near, a leaf keeps
/// within the store's bound for one value.
pub const SPECIALTIES_PER_ENTRY: usize = 80;
/// As [`SPECIALTIES_PER_ENTRY`], of types of equipment with all the names that one may have.
pub const EQUIPMENT_TYPES_PER_ENTRY: usize = 20;

/// One thing that happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The ledger began.
    ProvinceFounded {
        /// The province.
        province: UnitCode,
        /// The ledger's origin.
        origin: String,
    },
    /// A trust bundle came into force.
    TrustPublished(Arc<Trust>),
    /// Units were created or changed.
    UnitsPut(Vec<Unit>),
    /// The list of specialties was put, whole or in parts: see [`SPECIALTIES_PER_ENTRY`].
    SpecialtiesPut {
        /// These.
        specialties: Vec<Specialty>,
        /// Whether they go on from the entry before; else the list begins anew.
        continues: bool,
    },
    /// The list of types of equipment was put, whole or in parts.
    EquipmentTypesPut {
        /// These.
        types: Vec<EquipmentType>,
        /// Whether they go on from the entry before; else the list begins anew.
        continues: bool,
    },
    /// Units were reorganized, or that was taken back.
    UnitsReorganized(Box<Reorganization>),
    /// An endpoint was added.
    EndpointAdded {
        /// Its number.
        no: EndpointNo,
        /// Where it is.
        address: Address,
    },
    /// An endpoint was taken out of use; its number is never given again.
    EndpointRetired {
        /// Its number.
        no: EndpointNo,
        /// The document it rests on, or the reason.
        document: String,
    },
    /// A one-time code was made.
    CodeCreated {
        /// For this endpoint.
        endpoint: EndpointNo,
        /// SHA-256 of the secret.
        secret_digest: [u8; 32],
        /// Void from then on.
        expires_at: Instant,
    },
    /// A terminal enrolled and used its code up.
    TerminalEnrolled {
        /// The endpoint.
        endpoint: EndpointNo,
        /// The code.
        secret_digest: [u8; 32],
        /// The terminal.
        terminal: Terminal,
    },
    /// A certificate was issued or renewed.
    CertificateIssued {
        /// Whose.
        holder: CertificateHolder,
        /// SHA-256 of the certificate.
        digest: [u8; 32],
        /// When it ends.
        not_after: Instant,
        /// SHA-256 of the certificate that a terminal showed to have it renewed; none for officers,
        /// and in ledgers of old.
        shown: Option<[u8; 32]>,
        /// Its serial number; none in ledgers of old.
        serial: Option<Serial>,
    },
    /// A terminal showed its newest certificate: the one before counts no more.
    CertificateSeen {
        /// Whose.
        endpoint: EndpointNo,
        /// SHA-256 of the certificate.
        digest: [u8; 32],
    },
    /// A draft was laid down.
    OrderDrafted {
        /// What it says.
        order: Arc<Order>,
        /// Its bytes, not yet signed.
        envelope: Envelope,
        /// Trace context.
        traceparent: String,
    },
    /// An officer signed.
    SignatureAdded {
        /// The draft.
        order: OrderId,
        /// The signature.
        signature: Signature,
    },
    /// An order was issued.
    OrderIssued {
        /// Which.
        order: OrderId,
        /// Its place in the stream of issued orders, from 1.
        sequence: u64,
        /// Trace context.
        traceparent: String,
    },
    /// A receipt or answer was taken.
    AnswerTaken {
        /// What it says.
        answer: Answer,
        /// As signed.
        envelope: Envelope,
        /// Server clock minus terminal clock, in ms.
        clock_offset_ms: i64,
    },
    /// Registry records were created or changed.
    RecordsPut {
        /// What kind.
        kind: RecordKind,
        /// Which.
        records: Vec<RecordVersion>,
    },
    /// Personal data was read.
    RecordsRead {
        /// What kind.
        kind: RecordKind,
        /// Which.
        records: Vec<[u8; 16]>,
    },
    /// Records were sealed anew under newer keys; their content and versions are as before.
    RecordsResealed {
        /// What kind.
        kind: RecordKind,
        /// The generation of keys.
        generation: u32,
        /// Which, with their new commitments.
        records: Vec<RecordVersion>,
    },
    /// A record was erased, with its key.
    RecordErased {
        /// What kind.
        kind: RecordKind,
        /// Which.
        id: [u8; 16],
        /// Why.
        reason: String,
        /// Its key is gone from all generations up to this one.
        generation: u32,
    },
    /// A new generation of keys seals from now on.
    KeysBegun {
        /// Which.
        generation: u32,
    },
    /// A call was refused to the actor of the entry.
    CallRefused {
        /// Which, by the name of the service's method.
        call: String,
        /// The stable reason.
        reason: String,
        /// Refusals of the same caller since the last entry about them that have none.
        passed_over: u32,
    },
    /// A backup was restored.
    EpochBegun {
        /// The new epoch.
        epoch: u64,
        /// Numbers that papers carry and the backup does not know: each series goes on after them.
        numbers_taken: Vec<NumberTaken>,
    },
}

impl Event {
    /// The stable names of all kinds.
    pub const KINDS: [&str; 23] = [
        "province_founded",
        "trust_published",
        "units_put",
        "specialties_put",
        "equipment_types_put",
        "units_reorganized",
        "endpoint_added",
        "endpoint_retired",
        "code_created",
        "terminal_enrolled",
        "certificate_issued",
        "certificate_seen",
        "order_drafted",
        "signature_added",
        "order_issued",
        "answer_taken",
        "records_put",
        "records_read",
        "records_resealed",
        "record_erased",
        "keys_begun",
        "call_refused",
        "epoch_begun",
    ];

    /// The stable name of its kind, one of [`Self::KINDS`].
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::ProvinceFounded { .. } => "province_founded",
            Self::TrustPublished(_) => "trust_published",
            Self::UnitsPut(_) => "units_put",
            Self::SpecialtiesPut { .. } => "specialties_put",
            Self::EquipmentTypesPut { .. } => "equipment_types_put",
            Self::UnitsReorganized(_) => "units_reorganized",
            Self::EndpointAdded { .. } => "endpoint_added",
            Self::EndpointRetired { .. } => "endpoint_retired",
            Self::CodeCreated { .. } => "code_created",
            Self::TerminalEnrolled { .. } => "terminal_enrolled",
            Self::CertificateIssued { .. } => "certificate_issued",
            Self::CertificateSeen { .. } => "certificate_seen",
            Self::OrderDrafted { .. } => "order_drafted",
            Self::SignatureAdded { .. } => "signature_added",
            Self::OrderIssued { .. } => "order_issued",
            Self::AnswerTaken { .. } => "answer_taken",
            Self::RecordsPut { .. } => "records_put",
            Self::RecordsRead { .. } => "records_read",
            Self::RecordsResealed { .. } => "records_resealed",
            Self::RecordErased { .. } => "record_erased",
            Self::KeysBegun { .. } => "keys_begun",
            Self::CallRefused { .. } => "call_refused",
            Self::EpochBegun { .. } => "epoch_begun",
        }
    }

    /// The order it is about.
    pub fn order(&self) -> Option<OrderId> {
        match self {
            Self::OrderDrafted { order, .. } => Some(order.id),
            Self::SignatureAdded { order, .. } | Self::OrderIssued { order, .. } => Some(*order),
            Self::AnswerTaken { answer, .. } => Some(answer.order),
            _no_order => None,
        }
    }

    /// The records it is about.
    pub fn records(&self) -> Vec<[u8; 16]> {
        match self {
            Self::RecordsPut { records, .. } | Self::RecordsResealed { records, .. } => {
                records.iter().map(|record| record.id).collect()
            }
            Self::RecordsRead { records, .. } => records.clone(),
            Self::RecordErased { id, .. } => vec![*id],
            _no_record => Vec::new(),
        }
    }
}

/// The last number of a series that is known to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NumberTaken {
    /// Whose series.
    pub handling: Handling,
    /// Of which year.
    pub year: u32,
    /// The number.
    pub number: u32,
}

/// An event with its circumstances: one leaf of the ledger.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The time of record.
    pub at: Instant,
    /// Who caused it.
    pub actor: Actor,
    /// The request it came from, on each event of the request.
    pub request: Option<(RequestId, [u8; 32])>,
    /// What happened.
    pub event: Event,
}
