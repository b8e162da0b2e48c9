//! The request for a certificate (PKCS#10): made by a terminal or officer, checked by the authority.
//!
//! A request carries nothing but a public key and the proof that the asker holds the private one.
//! Its subject is empty, and any name another program writes into one is ignored: who the holder is
//! comes from the enrolment code.

use rcgen::{
    CertificateParams, DistinguishedName, KeyPair, PKCS_ECDSA_P256_SHA256, PublicKeyData,
    SubjectPublicKeyInfo,
};
use rustls::pki_types::CertificateSigningRequestDer;
use rustls::pki_types::pem::PemObject;
use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::prelude::FromDer;
use zeroize::Zeroizing;

use crate::limits;
use crate::pki::authority::AuthorityError;

/// A fresh key (ECDSA P-256) and the request to certify it, both in PEM.
pub struct KeyAndRequest {
    /// The private key (PKCS#8); stays with its holder, in a file of mode 0600.
    pub key_pem: Zeroizing<String>,
    /// The request; goes to the authority.
    pub request_pem: String,
}

impl std::fmt::Debug for KeyAndRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyAndRequest").field("key_pem", &"REDACTED").finish_non_exhaustive()
    }
}

impl KeyAndRequest {
    /// Makes a key and a request for it.
    ///
    /// # Errors
    /// [`AuthorityError::Make`] when the machine gives no randomness.
    pub fn generate() -> Result<Self, AuthorityError> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(AuthorityError::Make)?;
        Self::for_key(&key)
    }

    /// Makes a request for a key already held, as a renewal under the same key needs it.
    ///
    /// # Errors
    /// [`AuthorityError::Load`] when the text is not a private key.
    pub fn again(key_pem: &str) -> Result<Self, AuthorityError> {
        let key =
            KeyPair::from_pem(key_pem).map_err(|error| AuthorityError::Load(error.to_string()))?;
        Self::for_key(&key)
    }

    fn for_key(key: &KeyPair) -> Result<Self, AuthorityError> {
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        let request_pem = params
            .serialize_request(key)
            .and_then(|request| request.pem())
            .map_err(AuthorityError::Make)?;
        Ok(Self { key_pem: Zeroizing::new(key.serialize_pem()), request_pem })
    }
}

/// The public key of a request in PEM or DER, once its signature has been checked.
pub(super) fn key_of_request(request: &[u8]) -> Result<SubjectPublicKeyInfo, AuthorityError> {
    if request.len() > limits::CERTIFICATE_REQUEST_LEN_MAX {
        return Err(AuthorityError::Request("it is too long"));
    }
    let der = if request.starts_with(b"-----BEGIN") {
        CertificateSigningRequestDer::from_pem_slice(request)
            .map_err(|_syntax| AuthorityError::Request("it is not a PEM certificate request"))?
    } else {
        CertificateSigningRequestDer::from(request)
    };
    let (rest, parsed) = X509CertificationRequest::from_der(&der)
        .map_err(|_syntax| AuthorityError::Request("it is not a certificate request"))?;
    if !rest.is_empty() {
        return Err(AuthorityError::Request("bytes follow its end"));
    }
    let key = SubjectPublicKeyInfo::from_der(parsed.certification_request_info.subject_pki.raw)
        .map_err(|_kind| AuthorityError::KeyKind)?;
    if key.algorithm() != &PKCS_ECDSA_P256_SHA256 {
        return Err(AuthorityError::KeyKind);
    }
    parsed.verify_signature().map_err(|_forged| AuthorityError::NotTheHolder)?;
    Ok(key)
}
