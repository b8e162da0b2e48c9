//! Trusting a server by its authority's certificate, or before holding that by its fingerprint. In
//! either case the authority itself signed the server's certificate: nothing may stand between.
//!
//! An enrolment code, given from hand to hand, carries the first half of the SHA-256 of the
//! authority's certificate.
//! The server presents its own certificate followed by the authority's; whoever has the right
//! fingerprint becomes the only root, and everything else is checked as usual: signature, dates,
//! purpose, name. Used for the one call that enrols; afterwards the certificate itself is known.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use crate::pki::identity::Fingerprint;

/// What is known of an authority.
#[derive(Debug)]
pub(super) enum Known {
    /// Its certificate.
    Certificate(CertificateDer<'static>),
    /// Its certificate's fingerprint, or the first half of that.
    FingerprintStart(Box<[u8]>),
}

/// Checks that a server's certificate was signed by the one authority that is known.
#[derive(Debug)]
pub(super) struct PinnedAuthority {
    known: Known,
    provider: Arc<CryptoProvider>,
}

impl PinnedAuthority {
    pub(super) const fn new(known: Known, provider: Arc<CryptoProvider>) -> Self {
        Self { known, provider }
    }

    fn authority<'a>(&'a self, shown: &'a [CertificateDer<'a>]) -> Option<&'a CertificateDer<'a>> {
        match &self.known {
            Known::Certificate(own) => Some(own),
            Known::FingerprintStart(start) => {
                shown.iter().find(|one| Fingerprint::of(one).0.starts_with(start))
            }
        }
    }
}

impl ServerCertVerifier for PinnedAuthority {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let authority = self
            .authority(intermediates)
            .ok_or(Error::InvalidCertificate(CertificateError::UnknownIssuer))?;
        let mut roots = RootCertStore::empty();
        roots.add(authority.clone().into_owned())?;
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&self.provider))
            .build()
            .map_err(|error| Error::General(error.to_string()))?
            // The authority signs holders only, so no certificate may stand between.
            .verify_server_cert(end_entity, &[], server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
