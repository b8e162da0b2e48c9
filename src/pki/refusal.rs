//! Why a TLS handshake failed, in words a person can act upon.
//!
//! The acceptor counts and logs these for the certificates of its peers; the connecting side finds
//! them in the error of a call. TLS tells the refused side only an alert, and one alert may stand
//! for several reasons: the refusing side's log has the exact one.

use std::error::Error;
use std::io;

use rustls::{AlertDescription, CertificateError};

use crate::pki::identity::IdentityError;

/// Why a handshake failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The peer's certificate has ended.
    #[error("the certificate has expired: renew it or enrol again")]
    Expired,
    /// The peer's certificate has not begun: one of the two clocks is wrong.
    #[error("the certificate is not valid yet: compare the clocks of both machines")]
    NotYetValid,
    /// The peer's certificate was signed by another authority, or its signature is wrong.
    #[error("the certificate is not from this province's enrolment authority: enrol again")]
    UnknownAuthority,
    /// The peer's certificate is on the revocation list.
    #[error("the certificate was revoked: enrol again")]
    Revoked,
    /// Our own revocation list is too old, so nobody can be trusted.
    #[error("the revocation list is out of date: have the authority sign a new one")]
    RevocationsOutdated,
    /// Our revocation list does not cover the certificate.
    #[error("the certificate's revocation status is unknown: load this authority's list")]
    RevocationUnknown,
    /// The peer's certificate is for the other role: a server's used by a client, or the reverse.
    #[error("the certificate is for another use: servers and clients have different ones")]
    WrongPurpose,
    /// The server's certificate is for another name than the one asked for.
    #[error("the server's certificate is for another name: check the server's address")]
    WrongName,
    /// The peer's certificate is trusted but its identity is not acceptable.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The peer's certificate is not acceptable for another reason.
    #[error("the certificate is not acceptable: {0}")]
    Certificate(String),
    /// The peer refused us; TLS tells no more than this.
    #[error("the other side refused: {}", told(*.0))]
    ByPeer(AlertDescription),
    /// The bytes were no TLS that both sides speak.
    #[error("the two sides do not speak the same protocol: {0}")]
    Protocol(String),
}

impl Refusal {
    /// Finds the reason in an error or in one of its causes.
    pub fn find(error: &(dyn Error + 'static)) -> Option<Self> {
        let mut next = Some(error);
        while let Some(error) = next {
            if let Some(refusal) = error.downcast_ref::<Self>() {
                return Some(refusal.clone());
            }
            if let Some(tls) = error.downcast_ref::<rustls::Error>() {
                return Some(Self::of(tls));
            }
            // An I/O error hides the error it carries from `source`.
            let carried = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
            if let Some(found) = carried.and_then(|carried| Self::find(carried)) {
                return Some(found);
            }
            next = error.source();
        }
        None
    }

    /// The reason behind an error of the TLS library.
    pub fn of(error: &rustls::Error) -> Self {
        match error {
            rustls::Error::InvalidCertificate(reason) => Self::of_certificate(reason),
            rustls::Error::InvalidCertRevocationList(reason) => {
                Self::Certificate(format!("revocation list: {reason:?}"))
            }
            rustls::Error::AlertReceived(alert) => Self::ByPeer(*alert),
            other => Self::Protocol(other.to_string()),
        }
    }

    fn of_certificate(reason: &CertificateError) -> Self {
        match reason {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => Self::Expired,
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                Self::NotYetValid
            }
            CertificateError::Revoked => Self::Revoked,
            CertificateError::ExpiredRevocationList
            | CertificateError::ExpiredRevocationListContext { .. } => Self::RevocationsOutdated,
            CertificateError::UnknownRevocationStatus => Self::RevocationUnknown,
            // Two authorities of one name differ by key, and then it is the signature that fails.
            CertificateError::UnknownIssuer | CertificateError::BadSignature => {
                Self::UnknownAuthority
            }
            CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
                Self::WrongPurpose
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                Self::WrongName
            }
            CertificateError::Other(other) => match other.0.downcast_ref::<IdentityError>() {
                Some(identity) => Self::Identity(identity.clone()),
                None => Self::Certificate(other.0.to_string()),
            },
            other => Self::Certificate(other.to_string()),
        }
    }

    /// A stable, short word for logs and metrics.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Expired => "certificate_expired",
            Self::NotYetValid => "certificate_not_yet_valid",
            Self::UnknownAuthority => "certificate_unknown_authority",
            Self::Revoked => "certificate_revoked",
            Self::RevocationsOutdated => "revocation_list_outdated",
            Self::RevocationUnknown => "revocation_status_unknown",
            Self::WrongPurpose => "certificate_wrong_purpose",
            Self::WrongName => "certificate_wrong_name",
            Self::Identity(IdentityError::Missing) => "identity_missing",
            Self::Identity(IdentityError::Several(_)) => "identity_several",
            Self::Identity(IdentityError::OtherProvince { .. }) => "identity_other_province",
            Self::Identity(IdentityError::NotAClient) => "identity_not_a_client",
            Self::Identity(_) => "identity_malformed",
            Self::Certificate(_) => "certificate_bad",
            Self::ByPeer(_) => "refused_by_peer",
            Self::Protocol(_) => "protocol",
        }
    }
}

const fn told(alert: AlertDescription) -> &'static str {
    match alert {
        AlertDescription::CertificateExpired => {
            "our certificate has expired or has not begun; renew it, or compare the clocks"
        }
        AlertDescription::CertificateRevoked => {
            "our certificate was revoked: another one counts, or none any more; ask an administrator"
        }
        AlertDescription::UnknownCA => {
            "our certificate is not from its authority, or its revocation list is out of date"
        }
        AlertDescription::UnsupportedCertificate => "our certificate is for another use",
        AlertDescription::CertificateUnknown => {
            "the identity in our certificate is not acceptable there; enrol again"
        }
        AlertDescription::CertificateRequired => "it wants a certificate; enrol first",
        AlertDescription::DecryptError => "our certificate's signature is wrong; enrol again",
        AlertDescription::BadCertificate => "our certificate is not readable; enrol again",
        AlertDescription::NoApplicationProtocol | AlertDescription::ProtocolVersion => {
            "it speaks another protocol; check address and versions"
        }
        _ => "it gave no usable reason; see its log",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_found_inside_an_io_error_and_behind_causes() {
        #[derive(Debug, thiserror::Error)]
        #[error("outer")]
        struct Outer(#[source] io::Error);

        let inner = rustls::Error::InvalidCertificate(CertificateError::Revoked);
        let error = Outer(io::Error::new(io::ErrorKind::InvalidData, inner));
        assert_eq!(Refusal::find(&error), Some(Refusal::Revoked));
        assert_eq!(Refusal::find(&io::Error::other("no TLS in it")), None);
    }

    #[test]
    fn an_alert_is_told_in_words() {
        let refusal =
            Refusal::of(&rustls::Error::AlertReceived(AlertDescription::CertificateRevoked));
        assert!(refusal.to_string().contains("revoked"), "{refusal}");
    }
}
