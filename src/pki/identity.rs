//! What a certificate says about its holder: one URI in its subject alternative names.
//!
//! | Holder | URI |
//! |---|---|
//! | endpoint (a terminal) | `hoatoc://11/endpoint/03160/military/17` |
//! | officer | `hoatoc://11/officer/tran.van.a` |
//! | server | `hoatoc://11/server` |
//!
//! The first part is the province's unit code. Parsing is strict: what is not exactly one of these
//! forms is refused, so that two readers never see two holders in one certificate. Names elsewhere
//! in a certificate (common name, DNS names) identify nobody.

use std::fmt;
use std::str::FromStr;

use ring::digest::{SHA256, digest};
use x509_parser::extensions::GeneralName;
use x509_parser::parse_x509_certificate;

use crate::domain::ids::{EndpointNo, InvalidId, OfficerId, UnitCode};
use crate::domain::instant::Instant;

const SCHEME: &str = "hoatoc://";

/// An endpoint's address as people write it: a unit's code and which of its addressees is meant,
/// such as `03160/military` (the commune command) or `03160/civil` (the committee chair).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EndpointAddress(String);

impl EndpointAddress {
    /// The text of the address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for EndpointAddress {
    type Err = IdentityError;
    fn from_str(text: &str) -> Result<Self, IdentityError> {
        let malformed = || IdentityError::malformed(text);
        let (unit, seat) = text.split_once('/').ok_or_else(malformed)?;
        // A seat follows the same rule as a unit's code: one path segment of plain letters.
        let (UnitCode { .. }, UnitCode { .. }) = (unit.parse()?, seat.parse()?);
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for EndpointAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for EndpointAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Who holds a certificate.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Identity {
    /// A terminal at an endpoint.
    Endpoint {
        /// The province's unit code.
        province: UnitCode,
        /// Where the terminal stands.
        address: EndpointAddress,
        /// The endpoint's number in the server's records.
        number: EndpointNo,
    },
    /// An officer at the command line or the board.
    Officer {
        /// The province's unit code.
        province: UnitCode,
        /// The officer.
        officer: OfficerId,
    },
    /// The province's server.
    Server {
        /// The province's unit code.
        province: UnitCode,
    },
}

impl Identity {
    /// The province whose authority vouches for this holder.
    pub const fn province(&self) -> &UnitCode {
        match self {
            Self::Endpoint { province, .. }
            | Self::Officer { province, .. }
            | Self::Server { province } => province,
        }
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Endpoint { province, address, number } => {
                write!(f, "{SCHEME}{province}/endpoint/{address}/{number}")
            }
            Self::Officer { province, officer } => {
                write!(f, "{SCHEME}{province}/officer/{officer}")
            }
            Self::Server { province } => write!(f, "{SCHEME}{province}/server"),
        }
    }
}

impl FromStr for Identity {
    type Err = IdentityError;
    fn from_str(uri: &str) -> Result<Self, IdentityError> {
        let malformed = || IdentityError::malformed(uri);
        let path = uri.strip_prefix(SCHEME).ok_or_else(malformed)?;
        let parts: Vec<&str> = path.split('/').collect();
        let identity = match parts[..] {
            [province, "endpoint", unit, seat, number] => Self::Endpoint {
                province: province.parse()?,
                address: format!("{unit}/{seat}").parse()?,
                number: EndpointNo::new(number.parse().map_err(|_not_a_number| malformed())?),
            },
            [province, "officer", officer] => {
                Self::Officer { province: province.parse()?, officer: officer.parse()? }
            }
            [province, "server"] => Self::Server { province: province.parse()? },
            _ => return Err(malformed()),
        };
        // One holder, one spelling: `017` and `+17` are numbers too, but not ours.
        if identity.to_string() == uri { Ok(identity) } else { Err(malformed()) }
    }
}

/// A SHA-256 fingerprint of a certificate's DER bytes; shown as 64 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(pub [u8; 32]);

impl Fingerprint {
    /// The fingerprint of a certificate.
    ///
    /// # Panics
    /// Never: SHA-256 gives 32 bytes.
    pub fn of(certificate_der: &[u8]) -> Self {
        let hash = digest(&SHA256, certificate_der);
        Self(hash.as_ref().try_into().expect("SHA-256 gives 32 bytes"))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Fingerprint {
    type Err = IdentityError;
    fn from_str(text: &str) -> Result<Self, IdentityError> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes)
            .map_err(|_not_hex| IdentityError::Fingerprint(text.chars().take(80).collect()))?;
        Ok(Self(bytes))
    }
}

/// Why a certificate identifies nobody.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// The bytes are not a certificate.
    #[error("read the certificate: it is not valid X.509")]
    Unreadable,
    /// No URI of ours among its names.
    #[error("find a hoatoc identity in the certificate: it has none; enrol again")]
    Missing,
    /// More than one URI of ours among its names.
    #[error("find one hoatoc identity in the certificate: it has {0}; enrol again")]
    Several(usize),
    /// A URI of ours that has not one of the known forms. The text is cut to 80 characters.
    #[error("read the identity `{0}`: it has not the form of an endpoint, officer or server")]
    Malformed(String),
    /// An identity of another province.
    #[error("accept an identity of province `{found}`: this server is of province `{expected}`")]
    OtherProvince {
        /// The province this side belongs to.
        expected: UnitCode,
        /// The province in the certificate.
        found: UnitCode,
    },
    /// A server's identity where a client's is needed.
    #[error("accept a server's identity from a client: use an endpoint's or officer's certificate")]
    NotAClient,
    /// A text that is not 64 hex digits. Cut to 80 characters.
    #[error("read the fingerprint `{0}`: use 64 hex digits")]
    Fingerprint(String),
}

impl IdentityError {
    fn malformed(text: &str) -> Self {
        Self::Malformed(text.chars().take(80).collect())
    }
}

impl From<InvalidId> for IdentityError {
    fn from(error: InvalidId) -> Self {
        Self::malformed(&error.value)
    }
}

/// What the other end's certificate says. Holds no personal data beyond an officer's short name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerIdentity {
    /// Who it is.
    pub identity: Identity,
    /// The certificate's serial number in lower-case hex, as revocation lists name it.
    pub serial: String,
    /// When the certificate ends.
    pub not_after: Instant,
    /// SHA-256 of the certificate.
    pub fingerprint: Fingerprint,
}

impl PeerIdentity {
    /// Reads a certificate. Whether it is to be trusted must have been checked before.
    ///
    /// # Errors
    /// [`IdentityError`] unless the certificate has exactly one URI of ours, in a known form.
    pub fn from_der(certificate: &[u8]) -> Result<Self, IdentityError> {
        let (rest, parsed) =
            parse_x509_certificate(certificate).map_err(|_syntax| IdentityError::Unreadable)?;
        if !rest.is_empty() {
            return Err(IdentityError::Unreadable);
        }
        let names = parsed
            .subject_alternative_name()
            .map_err(|_syntax| IdentityError::Unreadable)?
            .map(|extension| extension.value.general_names.as_slice())
            .unwrap_or_default();
        // Every URI counts, not only ours: a second name of any scheme is a second claim.
        let uris: Vec<&str> = names
            .iter()
            .filter_map(|name| match name {
                GeneralName::URI(uri) => Some(*uri),
                _ => None,
            })
            .collect();
        let identity = match uris[..] {
            [] => return Err(IdentityError::Missing),
            [uri] => uri.parse()?,
            _ => return Err(IdentityError::Several(uris.len())),
        };
        let not_after = parsed.validity().not_after.timestamp().saturating_mul(1_000);
        Ok(Self {
            identity,
            serial: hex::encode(parsed.tbs_certificate.serial.to_bytes_be()),
            not_after: Instant::from_millis(not_after),
            fingerprint: Fingerprint::of(certificate),
        })
    }

    /// Whether this holder may come as a client to the server of `province`.
    ///
    /// # Errors
    /// [`IdentityError::OtherProvince`] and [`IdentityError::NotAClient`].
    pub fn check_client_of(&self, province: &UnitCode) -> Result<(), IdentityError> {
        if self.identity.province() != province {
            return Err(IdentityError::OtherProvince {
                expected: province.clone(),
                found: self.identity.province().clone(),
            });
        }
        match self.identity {
            Identity::Server { .. } => Err(IdentityError::NotAClient),
            Identity::Endpoint { .. } | Identity::Officer { .. } => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_survives_its_uri() {
        for uri in [
            "hoatoc://11/endpoint/03160/military/17",
            "hoatoc://11/officer/tran.van.a",
            "hoatoc://11/server",
        ] {
            assert_eq!(uri.parse::<Identity>().expect("a known form").to_string(), uri);
        }
    }

    #[test]
    fn a_uri_with_another_spelling_is_refused() {
        for uri in [
            "",
            "hoatoc://",
            "hoatoc://11",
            "hoatoc://11/",
            "hoatoc://11/server/",
            "hoatoc://11/server/extra",
            "HOATOC://11/server",
            "spiffe://11/server",
            "hoatoc:///server",
            "hoatoc://11/officer/",
            "hoatoc://11/officer/a/b",
            "hoatoc://11/officer/tr%61n",
            "hoatoc://11/endpoint/03160/17",
            "hoatoc://11/endpoint/03160/military/017",
            "hoatoc://11/endpoint/03160/military/+17",
            "hoatoc://11/endpoint/03160/military/-1",
            "hoatoc://11/endpoint/03160/military/4294967296",
            "hoatoc://11/endpoint/../military/17",
            "hoatoc://11/endpoint//military/17",
            "hoatoc://11/admin/root",
        ] {
            let outcome = uri.parse::<Identity>();
            // Dots alone are letters of a code, so `..` is a (strange) unit and no way upwards.
            if uri.contains("..") {
                assert!(outcome.is_ok(), "{uri}");
            } else {
                assert!(outcome.is_err(), "{uri}");
            }
        }
    }

    #[test]
    fn rubbish_is_no_certificate() {
        assert_eq!(PeerIdentity::from_der(b"rubbish"), Err(IdentityError::Unreadable));
    }

    #[test]
    fn a_fingerprint_survives_its_text() {
        let print = Fingerprint::of(b"certificate");
        assert_eq!(print.to_string().parse::<Fingerprint>(), Ok(print));
        assert!("12ab".parse::<Fingerprint>().is_err());
    }
}
