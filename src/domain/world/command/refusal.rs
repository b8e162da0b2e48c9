//! Why nothing may happen. Each refusal has a kind, a stable reason for machines, and a sentence
//! that says what to do.

use jiff::civil::Date;

use crate::domain::code::Code;
use crate::domain::endpoint::{Address, EndpointError};
use crate::domain::ids::{EndpointNo, OfficerId, OrderId, RequestId, UnitCode};
use crate::domain::order::OrderError;
use crate::domain::order::audience::AudienceError;
use crate::domain::order::delivery::OutOfPlace;
use crate::domain::unit::{ChangeError, Rewrite, UnitError};
use crate::domain::world::UndoError;
use crate::evidence::authority::{AuthorityError, SignatureFault};
use crate::evidence::trust::BundleError;

/// Why a request is refused; nothing has changed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence on each variant is its documentation")]
pub enum Refusal {
    #[error("the province was founded before: this store has a ledger already")]
    AlreadyFounded,
    #[error("no trust bundle is in force: publish one first")]
    NoTrust,
    #[error("request id {request} was used for another request: choose a new one")]
    RequestIdReused { request: RequestId },
    #[error(transparent)]
    Bundle(#[from] BundleError),
    #[error(transparent)]
    Unit(#[from] UnitError),
    #[error(transparent)]
    UnitRewrite(#[from] Rewrite),
    #[error(transparent)]
    UnitChange(#[from] ChangeError),
    #[error(
        "unit {unit} still has {records} records and {endpoints} endpoints, which no order would reach: name a successor, or close it all the same with --force"
    )]
    UnitStrands { unit: UnitCode, records: u64, endpoints: usize },
    #[error(
        "this takes effect on {effective}, which is to come: preview it now, carry it out on that day"
    )]
    UnitChangeAhead { effective: Date },
    #[error(transparent)]
    UnitUndo(#[from] UndoError),
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    #[error("there is no endpoint {address}: add it first")]
    EndpointUnknown { address: Address },
    #[error(
        "open order {order} waits for the answer of {address}: wait, or cancel it, or retire the endpoint all the same with --force"
    )]
    EndpointAwaited { address: Address, order: String },
    #[error(
        "the enrolment code is not valid: it was used, has expired or was never made; ask for a new one"
    )]
    CodeInvalid,
    #[error("another certificate is registered for endpoint {endpoint}: enrol again")]
    TerminalReplaced { endpoint: EndpointNo },
    #[error("officer {officer} is not in the trust bundle")]
    OfficerUnknown { officer: OfficerId },
    #[error(
        "officer {officer} is of unit {unit}, which is unknown: check the code, or import the unit first"
    )]
    OfficerNowhere { officer: OfficerId, unit: UnitCode },
    #[error("no record has this id: list the records to find it")]
    RecordUnknown,
    #[error(
        "call-up lists were frozen while it was looked whether they name the record: ask again"
    )]
    CalledSince,
    #[error("a record was erased while the call-up lists were laid down: ask again")]
    ErasedSince,
    #[error("there is no order {order}")]
    OrderUnknown { order: OrderId },
    #[error("the request is not valid: {reason}")]
    Invalid { reason: &'static str },
    #[error(transparent)]
    Order(#[from] OrderRefusal),
    #[error(transparent)]
    Answer(#[from] AnswerRefusal),
}

/// Why an order is not drafted, signed or issued.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence on each variant is its documentation")]
pub enum OrderRefusal {
    #[error(transparent)]
    Contents(#[from] OrderError),
    #[error(transparent)]
    Audience(#[from] AudienceError),
    #[error("order {order} exists already: choose a new id")]
    Exists { order: OrderId },
    #[error("the payload says {field} is {found}, expected {expected}: draft it again")]
    Mismatch { field: &'static str, found: String, expected: String },
    #[error("number {number} of the series is taken, the next is {next}: draft it again with that")]
    NumberTaken { number: u32, next: u32 },
    #[error("order {order} is {state}: that can only be done while it is {expected}")]
    WrongState { order: OrderId, state: &'static str, expected: &'static str },
    #[error("order {order} is past its end: draft a new one")]
    Expired { order: OrderId },
    #[error("order {order} cannot be changed by this one: {reason}")]
    Reference { order: OrderId, reason: &'static str },
    #[error("officer {officer} has signed order {order} already: another person must sign")]
    SamePersonTwice { order: OrderId, officer: OfficerId },
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    #[error(transparent)]
    Signature(#[from] SignatureFault),
    #[error("there are too many open orders: wait until some have ended")]
    TooManyOpen,
}

/// Why a receipt or answer is not taken.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence on each variant is its documentation")]
pub enum AnswerRefusal {
    #[error("endpoint {endpoint} was not addressed by order {order}")]
    NotAddressed { order: OrderId, endpoint: EndpointNo },
    #[error("order {order} was not issued")]
    NotIssued { order: OrderId },
    #[error("the answer is for other bytes than those of order {order}")]
    OtherBytes { order: OrderId },
    #[error("answer {number} to order {order} came before with other contents")]
    NumberReused { order: OrderId, number: u32 },
    #[error(
        "answer {number} to order {order} came out of turn, expected {expected}: send the missing ones first"
    )]
    OutOfTurn { order: OrderId, number: u32, expected: u32 },
    #[error("order {order}: {reason}")]
    OutOfPlace { order: OrderId, reason: OutOfPlace },
    #[error("order {order} has as many answers from this endpoint as it can have")]
    TooMany { order: OrderId },
    #[error("the answer's {field} is missing or too long")]
    Text { field: &'static str },
    #[error("the answer's signature is not by the terminal of endpoint {endpoint}")]
    Forged { endpoint: EndpointNo },
}

impl Refusal {
    /// The kind of trouble.
    pub const fn code(&self) -> Code {
        match self {
            Self::AlreadyFounded
            | Self::NoTrust
            | Self::Bundle(_)
            | Self::EndpointAwaited { .. }
            | Self::UnitRewrite(_)
            | Self::UnitStrands { .. }
            | Self::UnitChangeAhead { .. } => Code::Precondition,
            Self::UnitUndo(UndoError::NoChange { .. }) => Code::NotFound,
            Self::UnitUndo(_) => Code::Precondition,
            Self::RequestIdReused { .. }
            | Self::OfficerNowhere { .. }
            | Self::Unit(_)
            | Self::UnitChange(_)
            | Self::Invalid { .. } => Code::Invalid,
            Self::Endpoint(EndpointError::Exists { .. }) => Code::Exists,
            Self::Endpoint(EndpointError::TooMany) => Code::Exhausted,
            Self::Endpoint(_) => Code::Invalid,
            Self::EndpointUnknown { .. }
            | Self::OfficerUnknown { .. }
            | Self::RecordUnknown
            | Self::OrderUnknown { .. } => Code::NotFound,
            Self::CalledSince | Self::ErasedSince => Code::Unavailable,
            Self::CodeInvalid | Self::TerminalReplaced { .. } => Code::Denied,
            Self::Order(order) => order.code(),
            Self::Answer(answer) => answer.code(),
        }
    }

    /// The stable reason, for machines.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::AlreadyFounded => "ALREADY_FOUNDED",
            Self::NoTrust => "NO_TRUST_BUNDLE",
            Self::RequestIdReused { .. } => "REQUEST_ID_REUSED",
            Self::Bundle(BundleError::NotNewer { .. }) => "BUNDLE_NOT_NEWER",
            Self::Bundle(BundleError::Expired { .. }) => "BUNDLE_EXPIRED",
            Self::Bundle(BundleError::OldRoots { .. } | BundleError::NewRoots { .. }) => {
                "ROOT_SIGNATURES_MISSING"
            }
            Self::Bundle(_) => "BUNDLE_INVALID",
            Self::Unit(_) => "UNIT_INVALID",
            Self::UnitRewrite(_) => "UNIT_REWRITE",
            Self::UnitStrands { .. } => "UNIT_CLOSE_STRANDS",
            Self::UnitChange(_) => "UNIT_CHANGE_INVALID",
            Self::UnitChangeAhead { .. } => "UNIT_CHANGE_AHEAD",
            Self::UnitUndo(UndoError::NoChange { .. }) => "UNIT_CHANGE_UNKNOWN",
            Self::UnitUndo(_) => "UNIT_UNDO_BLOCKED",
            Self::Endpoint(EndpointError::Exists { .. }) => "ENDPOINT_EXISTS",
            Self::Endpoint(EndpointError::UnknownUnit { .. }) => "UNIT_UNKNOWN",
            Self::Endpoint(EndpointError::ClosedUnit { .. }) => "UNIT_CLOSED",
            Self::Endpoint(EndpointError::TooMany) => "ENDPOINTS_EXHAUSTED",
            Self::Endpoint(_) => "ENDPOINT_INVALID",
            Self::EndpointUnknown { .. } => "ENDPOINT_UNKNOWN",
            Self::EndpointAwaited { .. } => "ENDPOINT_AWAITED",
            Self::CodeInvalid => "CODE_INVALID",
            Self::TerminalReplaced { .. } => "TERMINAL_REPLACED",
            Self::OfficerUnknown { .. } => "OFFICER_UNKNOWN",
            Self::OfficerNowhere { .. } => "UNIT_UNKNOWN",
            Self::RecordUnknown => "RECORD_UNKNOWN",
            Self::CalledSince => "CALLED_SINCE",
            Self::ErasedSince => "ERASED_SINCE",
            Self::OrderUnknown { .. } => "ORDER_UNKNOWN",
            Self::Invalid { .. } => "REQUEST_INVALID",
            Self::Order(order) => order.reason(),
            Self::Answer(answer) => answer.reason(),
        }
    }
}

impl OrderRefusal {
    const fn code(&self) -> Code {
        match self {
            Self::Contents(_) => Code::Invalid,
            Self::Audience(AudienceError::Changed | AudienceError::ChangedSince { .. }) => {
                Code::Precondition
            }
            Self::Audience(_) => Code::Invalid,
            Self::Exists { .. } => Code::Exists,
            Self::TooManyOpen => Code::Exhausted,
            Self::Mismatch { .. }
            | Self::NumberTaken { .. }
            | Self::WrongState { .. }
            | Self::Expired { .. }
            | Self::Reference { .. }
            | Self::SamePersonTwice { .. }
            | Self::Authority(_)
            | Self::Signature(_) => Code::Precondition,
        }
    }

    const fn reason(&self) -> &'static str {
        match self {
            Self::Contents(_) => "PAYLOAD_INVALID",
            Self::Audience(AudienceError::Changed | AudienceError::ChangedSince { .. }) => {
                "AUDIENCE_CHANGED"
            }
            Self::Audience(AudienceError::Empty) => "AUDIENCE_EMPTY",
            Self::Audience(AudienceError::UnknownUnit { .. }) => "UNIT_UNKNOWN",
            Self::Audience(AudienceError::ClosedUnit { .. }) => "UNIT_CLOSED",
            Self::Audience(_) => "AUDIENCE_INVALID",
            Self::Exists { .. } => "ORDER_EXISTS",
            Self::Mismatch { .. } => "PAYLOAD_MISMATCH",
            Self::NumberTaken { .. } => "NUMBER_TAKEN",
            Self::WrongState { .. } => "ORDER_STATE",
            Self::Expired { .. } => "ORDER_EXPIRED",
            Self::Reference { .. } => "REFERENCE_INVALID",
            Self::SamePersonTwice { .. } => "SAME_PERSON_TWICE",
            Self::Authority(AuthorityError::BundleExpired { .. }) => "BUNDLE_EXPIRED",
            Self::Authority(_) => "SIGNATURES_MISSING",
            Self::Signature(_) => "SIGNATURE_INVALID",
            Self::TooManyOpen => "ORDERS_EXHAUSTED",
        }
    }
}

impl AnswerRefusal {
    const fn code(&self) -> Code {
        match self {
            Self::Text { .. } => Code::Invalid,
            Self::Forged { .. } | Self::NotAddressed { .. } => Code::Denied,
            Self::TooMany { .. } => Code::Exhausted,
            Self::NotIssued { .. }
            | Self::OtherBytes { .. }
            | Self::NumberReused { .. }
            | Self::OutOfTurn { .. }
            | Self::OutOfPlace { .. } => Code::Precondition,
        }
    }

    const fn reason(&self) -> &'static str {
        match self {
            Self::NotAddressed { .. } => "NOT_ADDRESSED",
            Self::NotIssued { .. } => "ORDER_NOT_ISSUED",
            Self::OtherBytes { .. } => "OTHER_BYTES",
            Self::NumberReused { .. } => "ANSWER_NUMBER_REUSED",
            Self::OutOfTurn { .. } => "ANSWER_OUT_OF_TURN",
            Self::OutOfPlace { .. } => "ANSWER_OUT_OF_PLACE",
            Self::TooMany { .. } => "ANSWERS_EXHAUSTED",
            Self::Text { .. } => "ANSWER_INVALID",
            Self::Forged { .. } => "SIGNATURE_INVALID",
        }
    }
}
