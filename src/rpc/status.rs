//! From our errors to what a caller is told: one place where a [`Code`] becomes gRPC's.
//!
//! Every error carries `google.rpc.ErrorInfo` with a stable reason in the domain `hoatoc`, and a
//! field at fault is named as a `BadRequest` violation too. What only an operator may read (paths,
//! the storage's words) goes to the log; the caller gets a neutral sentence. Called by the gate and
//! by every service, mostly through `?`.

use std::collections::HashMap;

use tonic::{Code as GrpcCode, Status};
use tonic_types::{ErrorDetails, StatusExt as _};
use tracing::error;

use crate::domain::code::Code;
use crate::domain::order::audience::AudienceError;
use crate::domain::world::{OrderRefusal, Refusal};
use crate::engine::EngineError;
use crate::engine::ledger::LedgerError;
use crate::limits;
use crate::pki::authority::AuthorityError;
use crate::store::StoreError;
use crate::wire::WireError;

/// The domain of every `ErrorInfo`.
pub const DOMAIN: &str = "hoatoc";
const OUTSIDE: &str = "the server failed: its log says why";

/// An error as a caller is told it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reject {
    /// The kind of trouble.
    pub code: Code,
    /// The stable reason, for machines.
    pub reason: &'static str,
    /// In words, for a person; may be read by outsiders.
    pub text: String,
    /// The field at fault.
    pub field: Option<&'static str>,
}

impl Reject {
    /// An error with its reason and words.
    pub fn new(code: Code, reason: &'static str, text: impl Into<String>) -> Self {
        Self { code, reason, text: text.into(), field: None }
    }

    /// A field that is not right; `reason` tells which kind of message it is in.
    pub fn field(reason: &'static str, fault: &WireError) -> Self {
        let text = fault.to_string();
        Self { code: Code::Invalid, reason, text, field: Some(fault.field) }
    }

    /// This node is at fault: `fault` goes to the log, the caller gets a neutral sentence.
    pub fn internal(reason: &'static str, fault: &dyn std::fmt::Display) -> Self {
        error!(reason, %fault, "a call failed");
        Self::new(Code::Internal, reason, OUTSIDE)
    }

    fn told(code: Code, reason: &'static str, fault: &dyn std::fmt::Display) -> Self {
        match code {
            Code::Internal => Self::internal(reason, fault),
            _theirs_to_know => Self::new(code, reason, fault.to_string()),
        }
    }
}

/// gRPC's name of a kind of trouble.
pub const fn grpc_code(code: Code) -> GrpcCode {
    match code {
        Code::Invalid => GrpcCode::InvalidArgument,
        Code::NotFound => GrpcCode::NotFound,
        Code::Exists => GrpcCode::AlreadyExists,
        Code::Precondition => GrpcCode::FailedPrecondition,
        Code::Denied => GrpcCode::PermissionDenied,
        Code::Unauthenticated => GrpcCode::Unauthenticated,
        Code::Aborted => GrpcCode::Aborted,
        Code::OutOfRange => GrpcCode::OutOfRange,
        Code::Exhausted => GrpcCode::ResourceExhausted,
        Code::Unavailable => GrpcCode::Unavailable,
        Code::Internal => GrpcCode::Internal,
    }
}

/// A status with our details, from gRPC's own code: for what the library itself answers.
pub fn detailed(code: GrpcCode, reason: &str, text: &str, field: Option<&str>) -> Status {
    let text: String = text.chars().take(limits::ERROR_CHARS_MAX).collect();
    let about = field.map(|field| ("field".to_owned(), field.to_owned()));
    let about: HashMap<String, String> = about.into_iter().collect();
    let mut details = ErrorDetails::with_error_info(reason, DOMAIN, about);
    if let Some(field) = field {
        details.add_bad_request_violation(field, text.clone());
    }
    Status::with_error_details(code, text, details)
}

impl From<Reject> for Status {
    fn from(reject: Reject) -> Self {
        detailed(grpc_code(reject.code), reject.reason, &reject.text, reject.field)
    }
}

macro_rules! status_through_reject {
    ($($error:ty),*) => {$(
        impl From<$error> for Status {
            fn from(error: $error) -> Self {
                Reject::from(error).into()
            }
        }
    )*};
}

status_through_reject!(
    EngineError,
    Refusal,
    LedgerError,
    StoreError,
    WireError,
    AudienceError,
    AuthorityError
);

impl From<EngineError> for Reject {
    fn from(error: EngineError) -> Self {
        Self::told(error.code(), error.reason(), &error)
    }
}

impl From<Refusal> for Reject {
    fn from(refusal: Refusal) -> Self {
        Self::told(refusal.code(), refusal.reason(), &refusal)
    }
}

impl From<AudienceError> for Reject {
    fn from(error: AudienceError) -> Self {
        Refusal::from(OrderRefusal::from(error)).into()
    }
}

impl From<LedgerError> for Reject {
    fn from(error: LedgerError) -> Self {
        Self::told(error.code(), error.reason(), &error)
    }
}

impl From<StoreError> for Reject {
    fn from(error: StoreError) -> Self {
        Self::internal("STORE_FAILED", &error)
    }
}

impl From<WireError> for Reject {
    fn from(fault: WireError) -> Self {
        Self::field("REQUEST_INVALID", &fault)
    }
}

impl From<AuthorityError> for Reject {
    fn from(error: AuthorityError) -> Self {
        match error {
            AuthorityError::Request(_) | AuthorityError::NotTheHolder | AuthorityError::KeyKind => {
                let fault = WireError { field: "csr_pem", fault: error.to_string() };
                Self { text: fault.fault.clone(), ..Self::field("CSR_INVALID", &fault) }
            }
            AuthorityError::Load(_)
            | AuthorityError::Name(_)
            | AuthorityError::Serial(_)
            | AuthorityError::Identity(_)
            | AuthorityError::Time(_)
            | AuthorityError::Randomness
            | AuthorityError::Make(_) => Self::internal("CERTIFICATE_FAILED", &error),
        }
    }
}

/// gRPC's name of a code, as a label.
pub const fn label(code: GrpcCode) -> &'static str {
    match code {
        GrpcCode::Ok => "OK",
        GrpcCode::Cancelled => "CANCELLED",
        GrpcCode::Unknown => "UNKNOWN",
        GrpcCode::InvalidArgument => "INVALID_ARGUMENT",
        GrpcCode::DeadlineExceeded => "DEADLINE_EXCEEDED",
        GrpcCode::NotFound => "NOT_FOUND",
        GrpcCode::AlreadyExists => "ALREADY_EXISTS",
        GrpcCode::PermissionDenied => "PERMISSION_DENIED",
        GrpcCode::ResourceExhausted => "RESOURCE_EXHAUSTED",
        GrpcCode::FailedPrecondition => "FAILED_PRECONDITION",
        GrpcCode::Aborted => "ABORTED",
        GrpcCode::OutOfRange => "OUT_OF_RANGE",
        GrpcCode::Unimplemented => "UNIMPLEMENTED",
        GrpcCode::Internal => "INTERNAL",
        GrpcCode::Unavailable => "UNAVAILABLE",
        GrpcCode::DataLoss => "DATA_LOSS",
        GrpcCode::Unauthenticated => "UNAUTHENTICATED",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_an_operator_may_read_stays_inside() {
        let path = "/var/lib/hoatoc/store/journal";
        let error = StoreError::Damaged { path: path.into(), offset: 7, reason: "bent".into() };
        let status = Status::from(EngineError::from(error));
        assert_eq!(status.code(), GrpcCode::Internal);
        assert!(!status.message().contains("journal"), "{}", status.message());
        let info = status.get_error_details();
        let info = info.error_info().expect("every error says its reason");
        assert_eq!((info.reason.as_str(), info.domain.as_str()), ("STORE_FAILED", DOMAIN));
    }

    #[test]
    fn a_field_at_fault_is_named_and_a_long_text_is_cut() {
        let status = Status::from(WireError::new("payload", "x".repeat(10_000)));
        assert_eq!(status.message().chars().count(), limits::ERROR_CHARS_MAX);
        let details = status.get_error_details();
        let violations = &details.bad_request().expect("a violation").field_violations;
        assert_eq!(violations[0].field, "payload");
    }
}
