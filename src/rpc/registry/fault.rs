//! Why a call to the registry fails, in words that the roof maps to statuses once.

use std::time::Duration;

use crate::domain::code::Code;
use crate::domain::ids::UnitCode;
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
    /// The officer looked up too many exact numbers.
    #[error(
        "you may look up 100 exact numbers a minute: wait {secs} seconds", secs = retry_after.as_secs() + 1
    )]
    LookupsExhausted {
        /// How long to wait.
        retry_after: Duration,
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

impl RegistryFault {
    /// A row that the owner refused.
    pub(super) const fn refused(kind: RecordKind, reason: &'static str) -> Self {
        let remedy = match reason.as_bytes() {
            b"NUMBER_EXISTS" => "another record has the same number, change that one",
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
            Self::Field(_) | Self::Filter(_) | Self::Record(_) => Code::Invalid,
            Self::Refused { reason, .. } => match *reason {
                "NUMBER_EXISTS" => Code::Exists,
                "VERSION_CHANGED" | "REQUEST_REPEATED" => Code::Aborted,
                "RECORD_UNKNOWN" => Code::NotFound,
                _invalid => Code::Invalid,
            },
            Self::Outside { .. } => Code::Denied,
            Self::Unknown => Code::NotFound,
            Self::LookupsExhausted { .. } => Code::Exhausted,
            Self::Store(_) | Self::Stored(_) | Self::Unreadable => Code::Internal,
        }
    }

    /// The stable reason, for machines.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Engine(engine) => engine.reason(),
            Self::Field(_) => "REQUEST_INVALID",
            Self::Filter(_) => "FILTER_INVALID",
            Self::Record(_) => "RECORD_INVALID",
            Self::Refused { kind: RecordKind::Reservist, reason: "NUMBER_EXISTS", .. } => {
                "CITIZEN_ID_EXISTS"
            }
            Self::Refused { reason, .. } => reason,
            Self::Outside { .. } => "UNIT_OUTSIDE",
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
            _no_field => Vec::new(),
        }
    }
}
