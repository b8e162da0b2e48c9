//! The server's own certificate: issued by the enrolment authority, whose key lies beside it, and so
//! renewed without anybody's help.
//!
//! Looked at when the server starts and while it serves ([`crate::rpc::certificate`]). The key is
//! replaced before the certificate: a crash between the two leaves a pair that does not fit, which
//! is a reason to renew like any other. Knows nothing of TLS.

use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;

use rcgen::{KeyPair, PublicKeyData as _};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;

use super::files::replace;
use super::{HomeError, SERVER_CRT, SERVER_KEY};
use crate::domain::instant::Instant;
use crate::limits;
use crate::pki::authority::{Authority, AuthorityError, Credentials};

/// Why a server's certificate is to be issued anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// The configuration names the server otherwise.
    Names,
    /// Little of its life is left, or it begins in the future, after a clock that was wrong.
    Dates,
    /// Its key is another's.
    Key,
}

impl fmt::Display for Due {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Names => "the configured names are others",
            Self::Dates => "its time is running out",
            Self::Key => "its key does not fit",
        })
    }
}

/// What a server's certificate is to say, and where it lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerCertificate {
    keys: PathBuf,
    names: BTreeSet<String>,
}

impl ServerCertificate {
    /// In the directory of keys, for these DNS names and addresses.
    pub fn new<'a>(keys: PathBuf, names: impl IntoIterator<Item = &'a str>) -> Self {
        Self { keys, names: names.into_iter().map(one_spelling).collect() }
    }

    /// Why the certificate that is held is not good enough; none while it is.
    ///
    /// # Errors
    /// [`HomeError::Key`] when it is not readable.
    pub fn due(&self, held: &Credentials, now: Instant) -> Result<Option<Due>, HomeError> {
        let unusable = |reason: &dyn ToString| HomeError::Key {
            path: self.keys.join(SERVER_CRT),
            reason: reason.to_string(),
        };
        let der = CertificateDer::from_pem_slice(held.certificate_pem.as_bytes())
            .map_err(|fault| unusable(&fault))?;
        let (_rest, parsed) =
            x509_parser::parse_x509_certificate(&der).map_err(|fault| unusable(&fault))?;
        let shown = names_of(&parsed).map_err(|fault| unusable(&fault))?;
        let key = KeyPair::from_pem(&held.key_pem).map(|key| key.subject_public_key_info());
        let fits = key.is_ok_and(|key| parsed.public_key().raw == key);
        let at = |seconds: i64| Instant::from_millis(seconds.saturating_mul(1_000));
        let from = at(parsed.validity().not_before.timestamp());
        let until = at(parsed.validity().not_after.timestamp());
        let left_ms = until.millis_since(now);
        let few = left_ms <= until.millis_since(from) / limits::SERVER_RENEWAL_PART;
        Ok(match () {
            () if !fits => Some(Due::Key),
            () if shown != self.names => Some(Due::Names),
            () if few || now < from => Some(Due::Dates),
            () => None,
        })
    }

    /// Issues a new one and writes it, key first; both files whole or not at all.
    ///
    /// # Errors
    /// [`HomeError::Authority`], [`HomeError::Io`].
    pub fn renew(&self, authority: &Authority, now: Instant) -> Result<Credentials, HomeError> {
        let made = self.issue(authority, now)?;
        replace(&self.keys.join(SERVER_KEY), made.key_pem.as_bytes(), 0o600)?;
        replace(&self.keys.join(SERVER_CRT), made.certificate_pem.as_bytes(), 0o644)?;
        Ok(made)
    }

    pub(super) fn issue(
        &self,
        authority: &Authority,
        now: Instant,
    ) -> Result<Credentials, AuthorityError> {
        let (mut dns, mut addresses) = (Vec::new(), Vec::new());
        for name in &self.names {
            match name.parse::<IpAddr>() {
                Ok(address) => addresses.push(address),
                Err(_not_an_address) => dns.push(name.clone()),
            }
        }
        authority.issue_server(&dns, &addresses, now)
    }
}

/// One name, one spelling: `::1` and `0:0::1` are the same, and so are `A.example` and `a.example`.
fn one_spelling(name: &str) -> String {
    match name.parse::<IpAddr>() {
        Ok(address) => address.to_string(),
        Err(_a_dns_name) => name.to_ascii_lowercase(),
    }
}

fn names_of(certificate: &X509Certificate<'_>) -> Result<BTreeSet<String>, String> {
    let extension = certificate.subject_alternative_name().map_err(|fault| fault.to_string())?;
    let names = extension.map(|extension| extension.value.general_names.as_slice());
    let spelled = names.unwrap_or_default().iter().filter_map(|name| match name {
        GeneralName::DNSName(name) => Some(one_spelling(name)),
        GeneralName::IPAddress(bytes) => address(bytes).map(|address| address.to_string()),
        _identity => None,
    });
    Ok(spelled.collect())
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
    v4.or_else(|_length| <[u8; 16]>::try_from(bytes).map(IpAddr::from)).ok()
}
