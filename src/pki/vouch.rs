//! Whether a certificate that somebody carried over was issued by the authority it should come from,
//! and for the key it should be for.
//!
//! Called by the command line, where an officer takes a grant. Dates and revocation are not looked at:
//! the server does that at each call.

use rcgen::{KeyPair, PublicKeyData as _};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

/// Why a certificate is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VouchError {
    /// A text that is no certificate or key.
    #[error("the {what} cannot be read")]
    Unreadable {
        /// Which.
        what: &'static str,
    },
    /// The authority did not sign it.
    #[error(
        "the certificate is not from the province's enrolment authority: take nothing from whoever sent it"
    )]
    NotByAuthority,
    /// It is for another key.
    #[error(
        "the certificate is for another key than the one held here: ask again with a new request"
    )]
    OtherKey,
}

/// Whether `authority_pem` signed the certificate, and it is for the key in `key_pem`.
///
/// # Errors
/// [`VouchError`].
pub fn check_own(
    certificate: &CertificateDer<'_>,
    authority_pem: &str,
    key_pem: &str,
) -> Result<(), VouchError> {
    let authority = CertificateDer::from_pem_slice(authority_pem.as_bytes())
        .map_err(|_syntax| VouchError::Unreadable { what: "authority's certificate" })?;
    let parse = |der, what| {
        x509_parser::parse_x509_certificate(der)
            .map(|(_rest, parsed)| parsed)
            .map_err(|_syntax| VouchError::Unreadable { what })
    };
    let (own, by) = (parse(certificate, "certificate")?, parse(&authority, "authority")?);
    own.verify_signature(Some(by.public_key())).map_err(|_forged| VouchError::NotByAuthority)?;
    let key = KeyPair::from_pem(key_pem)
        .map_err(|_may_quote_it| VouchError::Unreadable { what: "TLS key" })?;
    if own.public_key().raw == key.subject_public_key_info().as_slice() {
        Ok(())
    } else {
        Err(VouchError::OtherKey)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::instant::Instant;
    use crate::limits;
    use crate::pki::authority::Authority;
    use crate::pki::identity::Identity;
    use crate::pki::request::KeyAndRequest;

    #[test]
    fn a_certificate_counts_if_the_authority_signed_it_for_this_key() {
        let now = Instant::from_millis(1_790_000_000_000);
        let province = "11".parse().expect("a code");
        let authority = || Authority::create(&province, now).expect("made");
        let (real, false_one) = (authority(), authority());
        let (own, other) = (KeyAndRequest::generate(), KeyAndRequest::generate());
        let (own, other) = (own.expect("made"), other.expect("made"));
        let identity: Identity = "hoatoc://11/officer/a".parse().expect("an identity");
        let by = |authority: &Authority| {
            let csr = own.request_pem.as_bytes();
            let pem = authority.sign_csr(csr, &identity, limits::HOLDER_VALIDITY, now);
            CertificateDer::from_pem_slice(pem.expect("signed").as_bytes()).expect("PEM")
        };
        let pem = real.certificate_pem();
        assert_eq!(check_own(&by(&real), pem, &own.key_pem), Ok(()));
        let forged = check_own(&by(&false_one), pem, &own.key_pem);
        assert_eq!(forged, Err(VouchError::NotByAuthority));
        assert_eq!(check_own(&by(&real), pem, &other.key_pem), Err(VouchError::OtherKey));
    }
}
