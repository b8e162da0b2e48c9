//! What may be asked of the world.

pub(super) mod refusal;
pub(super) mod requests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use jiff::civil::Date;

use crate::domain::certificate::Serial;
use crate::domain::endpoint::{Address, Terminal};
use crate::domain::ids::{EndpointNo, OfficerId, OrderId, RequestId, UnitCode};
use crate::domain::instant::Instant;
use crate::domain::order::Order;
use crate::domain::order::delivery::Answer;
use crate::domain::order::handling::Handling;
use crate::domain::registry::{EquipmentTypes, Specialties};
use crate::domain::unit::{Change, Unit};
use crate::domain::world::{RecordKind, RecordVersion, Trust};
use crate::evidence::envelope::{Envelope, Signature};

/// Who asks. Written `officer/tran.van.a`, `endpoint/17` or `server`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Actor {
    /// An officer with a certificate.
    Officer(OfficerId),
    /// A terminal.
    Endpoint(EndpointNo),
    /// The server's own doing (founding, restoring).
    Server,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Officer(id) => write!(f, "officer/{id}"),
            Self::Endpoint(no) => write!(f, "endpoint/{no}"),
            Self::Server => f.write_str("server"),
        }
    }
}

/// A text that names no actor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an actor")]
pub struct InvalidActor(pub String);

impl FromStr for Actor {
    type Err = InvalidActor;
    fn from_str(text: &str) -> Result<Self, InvalidActor> {
        let invalid = || InvalidActor(text.chars().take(80).collect());
        match text.split_once('/') {
            None if text == "server" => Ok(Self::Server),
            Some(("officer", id)) => id.parse().map(Self::Officer).map_err(|_not_an_id| invalid()),
            Some(("endpoint", no)) => no
                .parse()
                .map(|no| Self::Endpoint(EndpointNo::new(no)))
                .map_err(|_not_a_number| invalid()),
            _other => Err(invalid()),
        }
    }
}

/// A draft as its author made it: the envelope's bytes, and what they say.
#[derive(Debug, Clone, PartialEq)]
pub struct NewDraft {
    /// What the payload says; read from the envelope's bytes.
    pub order: Arc<Order>,
    /// The bytes, with no signatures for a plain draft and all of them for one to be issued at once.
    pub envelope: Envelope,
    /// Trace context of the drafting, for whoever follows the order; may be empty.
    pub traceparent: String,
    /// How many records had been erased when those on its call-up lists were looked up; none for an
    /// order without lists.
    pub erased_then: Option<usize>,
}

/// One thing to be done.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Begins the province's ledger; the first of all.
    Found {
        /// The province.
        province: UnitCode,
        /// The ledger's origin.
        origin: String,
    },
    /// Brings a trust bundle into force.
    PublishTrust(Arc<Trust>),
    /// Creates units, parents before children, and brings facts without history of those there are.
    PutUnits(Vec<Unit>),
    /// Replaces the list of specialties.
    PutSpecialties(Specialties),
    /// Replaces the list of types of equipment.
    PutEquipmentTypes(EquipmentTypes),
    /// Reorganizes units from a day on.
    ChangeUnits {
        /// How.
        change: Change,
        /// The first day on which it holds: today or before.
        effective: Date,
        /// The document it rests on, or the reason.
        document: String,
        /// Also when a unit is closed without a successor that still has records or endpoints.
        force: bool,
    },
    /// Takes a reorganization back.
    UndoUnits {
        /// Its place in the ledger.
        entry: u64,
        /// The document this rests on, or the reason.
        document: String,
    },
    /// Adds endpoints.
    AddEndpoints(Vec<Address>),
    /// Takes an endpoint out of use.
    RetireEndpoint {
        /// Which.
        address: Address,
        /// The document it rests on, or the reason.
        document: String,
        /// Also while an open order waits for its answer.
        force: bool,
    },
    /// Makes a one-time enrolment code.
    CreateCode {
        /// For this endpoint.
        address: Address,
        /// SHA-256 of the secret.
        secret_digest: [u8; 32],
        /// Void from then on.
        expires_at: Instant,
    },
    /// Uses a code up.
    Enrol {
        /// SHA-256 of the secret.
        secret_digest: [u8; 32],
        /// The endpoint's new terminal.
        terminal: Terminal,
    },
    /// Records a certificate that was issued to an officer.
    RecordCertificate {
        /// Whose.
        officer: OfficerId,
        /// SHA-256 of the certificate.
        digest: [u8; 32],
        /// When it ends.
        not_after: Instant,
        /// Its serial number.
        serial: Option<Serial>,
    },
    /// Replaces a terminal's certificate by a newer one.
    RenewTerminal {
        /// Whose.
        endpoint: EndpointNo,
        /// SHA-256 of the certificate that the terminal showed when it asked.
        shown: [u8; 32],
        /// SHA-256 of the newer one.
        digest: [u8; 32],
        /// When it ends.
        not_after: Instant,
        /// Its serial number.
        serial: Option<Serial>,
    },
    /// A terminal showed this certificate: the one before it is not needed any more.
    SeeCertificate {
        /// Whose.
        endpoint: EndpointNo,
        /// SHA-256 of the certificate.
        digest: [u8; 32],
    },
    /// Lays down a draft.
    Draft(NewDraft),
    /// Adds an officer's signature to a draft.
    AddSignature {
        /// The draft.
        order: OrderId,
        /// The signature.
        signature: Signature,
    },
    /// Issues a signed draft.
    Issue {
        /// The draft.
        order: OrderId,
        /// Trace context, for whoever follows the order.
        traceparent: String,
    },
    /// Lays down, checks and issues a fully signed order in one step.
    IssueSigned(NewDraft),
    /// Takes a receipt or answer whose signature was verified.
    TakeAnswer {
        /// What it says.
        answer: Answer,
        /// As signed.
        envelope: Envelope,
        /// Server clock minus terminal clock, in ms.
        clock_offset_ms: i64,
    },
    /// Records new versions of registry records, whose content lies beside the ledger.
    PutRecords {
        /// What kind.
        kind: RecordKind,
        /// Which.
        records: Vec<RecordVersion>,
    },
    /// Records that personal data is about to be shown.
    ReadRecords {
        /// What kind.
        kind: RecordKind,
        /// Which.
        records: Vec<[u8; 16]>,
    },
    /// Erases a record, whose key is then cut out of the generations up to one.
    EraseRecord {
        /// What kind.
        kind: RecordKind,
        /// Which.
        id: [u8; 16],
        /// Why; nobody's name.
        reason: String,
        /// The newest generation of keys.
        generation: u32,
        /// The frozen call-up lists that were read and do not name it.
        cleared: BTreeSet<OrderId>,
    },
    /// Seals records anew under the newest keys.
    ResealRecords {
        /// What kind.
        kind: RecordKind,
        /// The generation of keys.
        generation: u32,
        /// Which, with their new commitments.
        records: Vec<RecordVersion>,
    },
    /// Records that a new generation of keys seals from now on.
    BeginKeys {
        /// Which.
        generation: u32,
    },
    /// Records that a call of the actor was refused.
    RecordRefusal {
        /// Which call.
        call: String,
        /// The stable reason.
        reason: String,
        /// Refusals of the same caller since the last such entry that have none.
        passed_over: u32,
    },
    /// Begins a new epoch, after a backup was restored.
    BeginEpoch {
        /// For each handling whose papers are known to go further than the backup, this year's last
        /// number on paper.
        last_numbers: BTreeMap<Handling, u32>,
    },
}

impl Command {
    /// Its stable name.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Found { .. } => "found",
            Self::PublishTrust(_) => "publish_trust",
            Self::PutUnits(_) => "put_units",
            Self::PutSpecialties(_) => "put_specialties",
            Self::PutEquipmentTypes(_) => "put_equipment_types",
            Self::ChangeUnits { .. } => "change_units",
            Self::UndoUnits { .. } => "undo_units",
            Self::AddEndpoints(_) => "add_endpoints",
            Self::RetireEndpoint { .. } => "retire_endpoint",
            Self::CreateCode { .. } => "create_code",
            Self::Enrol { .. } => "enrol",
            Self::RecordCertificate { .. } => "record_certificate",
            Self::RenewTerminal { .. } => "renew_terminal",
            Self::SeeCertificate { .. } => "see_certificate",
            Self::Draft(_) => "draft_order",
            Self::AddSignature { .. } => "add_signature",
            Self::Issue { .. } => "issue_order",
            Self::IssueSigned(_) => "issue_signed_order",
            Self::TakeAnswer { .. } => "take_answer",
            Self::PutRecords { .. } => "put_records",
            Self::ReadRecords { .. } => "read_records",
            Self::EraseRecord { .. } => "erase_record",
            Self::ResealRecords { .. } => "reseal_records",
            Self::BeginKeys { .. } => "begin_keys",
            Self::RecordRefusal { .. } => "record_refusal",
            Self::BeginEpoch { .. } => "begin_epoch",
        }
    }

    /// Whether it must not happen while the clock stands before the record: times under signatures
    /// and enrolment would be wrong. Answers are taken whatever the clock says.
    pub const fn needs_a_sound_clock(&self) -> bool {
        matches!(
            self,
            Self::Draft(_)
                | Self::AddSignature { .. }
                | Self::Issue { .. }
                | Self::IssueSigned(_)
                | Self::CreateCode { .. }
                | Self::Enrol { .. }
                | Self::PublishTrust(_)
                | Self::ChangeUnits { .. }
        )
    }
}

/// A command, who asks, and the caller's name for the request.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// Who asks; already authenticated.
    pub actor: Actor,
    /// The caller's id for the request, and SHA-256 of what was asked.
    pub id: Option<(RequestId, [u8; 32])>,
    /// What to do.
    pub command: Command,
}
