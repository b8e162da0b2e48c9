//! Why a call to the registry fails, in words that the roof maps to statuses once.

use std::time::Duration;

use crate::domain::code::Code;
use crate::domain::ids::{ReserveUnitCode, UnitCode};
use crate::domain::plan::{AssignmentError, PlanProblem};
use crate::domain::world::RecordKind;
use crate::engine::EngineError;
use crate::index::{FilterError, StoredError};
use crate::store::StoreError;
use crate::wire::WireError;
use crate::wire::registry::FieldProblem;

/// Why a call fails. Never carries what is in a record.
#[derive(Debug, thiserror::Error)]
pub enum RegistryFault {
    /// The engine did not carry it out.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A field of the request is not what it must be.
    #[error(transparent)]
    Field(#[from] WireError),
    /// The filter is not one.
    #[error("the filter cannot be used: {0}")]
    Filter(#[from] FilterError),
    /// The record breaks a rule.
    #[error("the record is not valid: correct the fields named, then try again")]
    Record(Vec<FieldProblem>),
    /// The owner of the record's state did not take it.
    #[error("the record was not taken ({reason}): {remedy}")]
    Refused {
        /// What kind.
        kind: RecordKind,
        /// The stable reason.
        reason: &'static str,
        /// What to do.
        remedy: &'static str,
    },
    /// The record lies outside the caller's unit.
    #[error("unit {unit} is not under yours: ask its registrar")]
    Outside {
        /// The record's unit.
        unit: UnitCode,
    },
    /// No such record, or none that the caller may know of.
    #[error("no record has this id: list the records to find it")]
    Unknown,
    /// A reserve unit breaks rules.
    #[error("the reserve unit is not valid: correct the fields named, then try again")]
    Plan(Vec<PlanProblem>),
    /// No reserve unit, post or line of this name.
    #[error("there is no {what} {name}: {meant}")]
    NotInPlan {
        /// What was looked for.
        what: &'static str,
        /// Its name.
        name: String,
        /// What may be meant, and where all of them are.
        meant: String,
    },
    /// The proposal is not kept any more.
    #[error("this proposal is not kept: propose again, an unchanged registry gives the same one")]
    NoProposal,
    /// A person or item does not fit.
    #[error("it cannot be assigned so ({reason}): {remedy}", remedy = unfit_remedy(reason))]
    Unfit {
        /// The stable reason.
        reason: &'static str,
    },
    /// A commune has given all of its quota.
    #[error(
        "it cannot be assigned so (QUOTA_FULL): commune {commune} gives {reserve_unit} {given} of {quota} already: end one, or raise its quota"
    )]
    QuotaFull {
        /// Whose quota.
        reserve_unit: ReserveUnitCode,
        /// Of whom.
        commune: UnitCode,
        /// How many hold a place, on the day when most do.
        given: u64,
        /// How many may.
        quota: u32,
    },
    /// An assignment does not change so.
    #[error(transparent)]
    Assignment(#[from] AssignmentError),
    /// Whole records for one who may not see them.
    #[error("whole records are for registrars: leave the view out, or ask one")]
    ViewDenied,
    /// The officer looked up too many exact numbers.
    #[error(
        "you may look up 100 exact numbers a minute: wait {secs} seconds", secs = retry_after.as_secs() + 1
    )]
    LookupsExhausted {
        /// How long to wait.
        retry_after: Duration,
    },
    /// A person is on the way already.
    #[error("a transfer is under way: withdraw it before another one begins")]
    TransferUnderWay,
    /// Nobody is on the way.
    #[error("no transfer is under way: it was decided or withdrawn before")]
    TransferNone,
    /// Another unit's to decide.
    #[error(
        "the transfer is to unit {unit}: who keeps that unit's register accepts or rejects it, the sender withdraws it"
    )]
    TransferOfOther {
        /// The receiving unit.
        unit: UnitCode,
    },
    /// Nowhere to go.
    #[error("the person lives in unit {unit} already: name the receiving unit")]
    TransferNowhere {
        /// The unit.
        unit: UnitCode,
    },
    /// Open orders call the person or item by name.
    #[error(
        "it is on the call-up lists of {orders}: erase it once they have ended, or cancel them"
    )]
    Called {
        /// Their numbers.
        orders: String,
    },
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A stored record does not open.
    #[error("a stored record does not open: {0}")]
    Stored(#[from] StoredError),
    /// A stored record was opened and makes no sense.
    #[error("a stored record cannot be read: a newer version may have written it")]
    Unreadable,
}

/// What to do about one that does not fit.
fn unfit_remedy(reason: &str) -> &'static str {
    match reason {
        "PERIOD_OVERLAPS" => {
            "another place is held until a day yet to come, choose a first day after it"
        }
        _other => "choose another post or candidate",
    }
}

impl RegistryFault {
    /// A row that the owner refused.
    pub(super) const fn refused(kind: RecordKind, reason: &'static str) -> Self {
        let remedy = match reason.as_bytes() {
            b"NUMBER_EXISTS" => "another record has the same number, change that one",
            b"CARD_EXISTS" => "another person has this card of the same issuer, change that one",
            b"VERSION_CHANGED" => "somebody changed it meanwhile, read it again",
            b"REQUEST_REPEATED" => {
                "it was carried out before and changed since, use a new request id"
            }
            b"RECORD_UNKNOWN" => "no record has this id, list the records to find it",
            _invalid => "correct it, then try again",
        };
        Self::Refused { kind, reason, remedy }
    }

    /// The kind of trouble.
    pub fn code(&self) -> Code {
        match self {
            Self::Engine(engine) => engine.code(),
            Self::Filter(FilterError::Hidden { .. }) => Code::Denied,
            Self::Field(_) | Self::Filter(_) | Self::Record(_) => Code::Invalid,
            Self::Refused { reason, .. } => match *reason {
                "NUMBER_EXISTS" | "CARD_EXISTS" => Code::Exists,
                "VERSION_CHANGED" | "REQUEST_REPEATED" => Code::Aborted,
                "RECORD_UNKNOWN" => Code::NotFound,
                _invalid => Code::Invalid,
            },
            Self::Outside { .. } | Self::ViewDenied => Code::Denied,
            Self::TransferUnderWay
            | Self::TransferNone
            | Self::TransferOfOther { .. }
            | Self::Called { .. } => Code::Precondition,
            Self::TransferNowhere { .. } => Code::Invalid,
            Self::Plan(_) => Code::Invalid,
            Self::Unfit { .. } | Self::QuotaFull { .. } | Self::Assignment(_) => Code::Precondition,
            Self::Unknown | Self::NotInPlan { .. } | Self::NoProposal => Code::NotFound,
            Self::LookupsExhausted { .. } => Code::Exhausted,
            Self::Store(_) | Self::Stored(_) | Self::Unreadable => Code::Internal,
        }
    }

    /// The stable reason, for machines.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Engine(engine) => engine.reason(),
            Self::Field(_) => "REQUEST_INVALID",
            Self::Filter(FilterError::Hidden { .. }) => "FIELD_HIDDEN",
            Self::Filter(_) => "FILTER_INVALID",
            Self::Record(_) => "RECORD_INVALID",
            Self::Refused { kind: RecordKind::Reservist, reason: "NUMBER_EXISTS", .. } => {
                "CITIZEN_ID_EXISTS"
            }
            Self::Refused { reason, .. } => reason,
            Self::Outside { .. } => "UNIT_OUTSIDE",
            Self::ViewDenied => "VIEW_DENIED",
            Self::Called { .. } => "CALLED",
            Self::TransferUnderWay => "TRANSFER_UNDER_WAY",
            Self::TransferNone => "TRANSFER_NONE",
            Self::TransferOfOther { .. } => "TRANSFER_OF_OTHER",
            Self::TransferNowhere { .. } => "TRANSFER_NOWHERE",
            Self::Plan(_) => "RESERVE_UNIT_INVALID",
            Self::NotInPlan { .. } => "NOT_IN_PLAN",
            Self::NoProposal => "PROPOSAL_UNKNOWN",
            Self::Unfit { reason } => reason,
            Self::QuotaFull { .. } => "QUOTA_FULL",
            Self::Assignment(_) => "ASSIGNMENT_STATE",
            Self::Unknown => "RECORD_UNKNOWN",
            Self::LookupsExhausted { .. } => "LOOKUPS_EXHAUSTED",
            Self::Store(_) => "STORE_FAILED",
            Self::Stored(_) | Self::Unreadable => "RECORD_DAMAGED",
        }
    }

    /// The fields at fault, each with what is wrong with it.
    pub fn violations(&self) -> Vec<(String, String)> {
        match self {
            Self::Field(fault) => vec![(fault.field.to_owned(), fault.fault.clone())],
            Self::Filter(fault) => vec![("filter".to_owned(), fault.to_string())],
            Self::Record(problems) => {
                let pair = |problem: &FieldProblem| {
                    (problem.field.to_owned(), problem.code.code().to_owned())
                };
                problems.iter().map(pair).collect()
            }
            Self::Plan(problems) => {
                problems.iter().map(|at| (at.field.clone(), at.to_string())).collect()
            }
            _no_field => Vec::new(),
        }
    }
}
