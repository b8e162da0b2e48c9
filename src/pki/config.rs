//! TLS configurations of both sides: TLS 1.3 only, HTTP/2 only, `ring` only, our clock.
//!
//! The acceptor asks [`ServerTls`] for its configuration at each connection, so that a new
//! revocation list or certificate counts for the next handshake; connections already open are ended
//! by the acceptor's registry. Sessions are never resumed: a resumed session skips the check of the
//! certificate, and so would outlive its revocation.
//!
//! TLS 1.2 is left out: both ends are ours, and it would show certificates in the clear.
//!
//! A client without a certificate is let in, because a terminal that is not enrolled yet calls
//! `Enrol` on the same port; every other call without a certificate is refused by the doors. A
//! certificate that is shown must be good.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use rustls::client::Resumption;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{NoServerSessionStorage, VerifierBuilderError, WebPkiClientVerifier};
use rustls::time_provider::TimeProvider;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, DistinguishedName, Error, OtherError,
    RootCertStore, ServerConfig, SignatureScheme, client::danger::HandshakeSignatureValid,
    version::TLS13,
};

use crate::clock::Clock;
use crate::domain::ids::UnitCode;
use crate::pki::authority::Credentials;
use crate::pki::code::FINGERPRINT_START_LEN;
use crate::pki::identity::{Fingerprint, IdentityError, PeerIdentity};
use crate::pki::pinned::{Known, PinnedAuthority};

/// Why a TLS configuration could not be made.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A PEM text holds not what it should.
    #[error("read the {what}: {reason}")]
    Pem {
        /// Which text.
        what: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The verifier of client certificates refused its roots or revocation list.
    #[error("use the authority's certificate and revocation list")]
    Verifier(#[from] VerifierBuilderError),
    /// The TLS library refused a certificate or key, for instance because they do not belong
    /// together.
    #[error("use the certificate and its key")]
    Tls(#[from] Error),
}

/// What a server needs to speak TLS. All texts are PEM.
#[derive(Debug, Clone)]
pub struct ServerTlsParts {
    /// The province whose holders are let in.
    pub province: UnitCode,
    /// The enrolment authority's certificate.
    pub authority_pem: String,
    /// The server's chain (its own certificate, then the authority's) and key.
    pub credentials: Credentials,
    /// The authority's revocation list. Once given, it must be kept fresh: a list past its date
    /// refuses everybody.
    pub revocations_pem: Option<String>,
}

/// A server's TLS configuration, which can be changed while connections are accepted.
#[derive(Debug)]
pub struct ServerTls {
    clock: Arc<dyn Clock>,
    // Read for a moment at each accepted connection, written when a list or certificate changes.
    current: RwLock<(ServerTlsParts, Arc<ServerConfig>)>,
}

impl ServerTls {
    /// Reads the parts.
    ///
    /// # Errors
    /// [`TlsError`] says which part is not usable.
    pub fn new(parts: ServerTlsParts, clock: Arc<dyn Clock>) -> Result<Self, TlsError> {
        let config = server_config(&parts, &clock)?;
        Ok(Self { clock, current: RwLock::new((parts, config)) })
    }

    /// The configuration for the next handshake.
    pub fn current(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner).1)
    }

    /// Takes a new revocation list (PEM) for every handshake from now on. Connections that are
    /// open must be ended by the caller.
    ///
    /// # Errors
    /// [`TlsError`] when the list is not readable; the old one stays in force.
    pub fn replace_revocations(&self, revocations_pem: String) -> Result<(), TlsError> {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        let parts = ServerTlsParts { revocations_pem: Some(revocations_pem), ..current.0.clone() };
        let config = server_config(&parts, &self.clock)?;
        *current = (parts, config);
        Ok(())
    }

    /// Takes a renewed chain and key of the server.
    ///
    /// # Errors
    /// [`TlsError`] when they are not usable; the old ones stay in force.
    pub fn replace_credentials(&self, credentials: Credentials) -> Result<(), TlsError> {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        let parts = ServerTlsParts { credentials, ..current.0.clone() };
        let config = server_config(&parts, &self.clock)?;
        *current = (parts, config);
        Ok(())
    }
}

/// How a client knows the server.
#[derive(Debug, Clone)]
pub enum Trust {
    /// By the authority's certificate (PEM), kept since enrolment.
    Authority(String),
    /// By the fingerprint of the authority's certificate, from an enrolment code.
    Pinned(Fingerprint),
    /// By the first half of that fingerprint, which is what an enrolment code carries.
    PinnedStart([u8; FINGERPRINT_START_LEN]),
}

/// A client's configuration: how it knows the server, and the certificate it shows, if it has one.
///
/// # Errors
/// [`TlsError`] says which part is not usable.
pub fn client_config(
    trust: &Trust,
    holder: Option<&Credentials>,
    clock: Arc<dyn Clock>,
) -> Result<Arc<ClientConfig>, TlsError> {
    let builder = ClientConfig::builder_with_details(provider(), Arc::new(ClockTime(clock)))
        .with_protocol_versions(&[&TLS13])?;
    let known = match trust {
        Trust::Authority(pem) => Known::Certificate(authority_der(pem)?),
        Trust::Pinned(fingerprint) => Known::FingerprintStart(fingerprint.0.as_slice().into()),
        Trust::PinnedStart(start) => Known::FingerprintStart(start.as_slice().into()),
    };
    let verifier = PinnedAuthority::new(known, provider());
    let builder = builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier));
    let mut config = match holder {
        Some(holder) => {
            let (chain, key) = chain_and_key(holder)?;
            builder.with_client_auth_cert(chain, key)?
        }
        None => builder.with_no_client_auth(),
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    config.resumption = Resumption::disabled();
    Ok(Arc::new(config))
}

fn server_config(
    parts: &ServerTlsParts,
    clock: &Arc<dyn Clock>,
) -> Result<Arc<ServerConfig>, TlsError> {
    let mut verifier =
        WebPkiClientVerifier::builder_with_provider(roots(&parts.authority_pem)?, provider())
            .allow_unauthenticated();
    if let Some(pem) = &parts.revocations_pem {
        let list = CertificateRevocationListDer::from_pem_slice(pem.as_bytes())
            .map_err(|error| pem_error("revocation list", &error))?;
        // Without the last call the library would accept a list of last year.
        verifier = verifier.with_crls([list]).enforce_revocation_expiration();
    }
    let verifier = HolderVerifier { chain: verifier.build()?, province: parts.province.clone() };
    let (chain, key) = chain_and_key(&parts.credentials)?;
    let time = Arc::new(ClockTime(Arc::clone(clock)));
    let mut config = ServerConfig::builder_with_details(provider(), time)
        .with_protocol_versions(&[&TLS13])?
        .with_client_cert_verifier(Arc::new(verifier))
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"h2".to_vec()];
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(Arc::new(config))
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

fn roots(authority_pem: &str) -> Result<Arc<RootCertStore>, TlsError> {
    let mut roots = RootCertStore::empty();
    roots.add(authority_der(authority_pem)?)?;
    Ok(Arc::new(roots))
}

fn authority_der(pem: &str) -> Result<CertificateDer<'static>, TlsError> {
    CertificateDer::from_pem_slice(pem.as_bytes())
        .map_err(|error| pem_error("authority's certificate", &error))
}

fn chain_and_key(
    credentials: &Credentials,
) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), TlsError> {
    let chain = CertificateDer::pem_slice_iter(credentials.certificate_pem.as_bytes())
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| pem_error("certificate", &error))?;
    let key = PrivateKeyDer::from_pem_slice(credentials.key_pem.as_bytes())
        .map_err(|error| pem_error("private key", &error))?;
    Ok((chain, key))
}

fn pem_error(what: &'static str, error: &rustls::pki_types::pem::Error) -> TlsError {
    TlsError::Pem { what, reason: error.to_string() }
}

/// Our clock as the TLS library's.
#[derive(Debug)]
struct ClockTime(Arc<dyn Clock>);

impl TimeProvider for ClockTime {
    fn current_time(&self) -> Option<UnixTime> {
        let ms = u64::try_from(self.0.now().millis()).ok()?;
        Some(UnixTime::since_unix_epoch(Duration::from_millis(ms)))
    }
}

/// Checks a client's certificate as usual, and then that it names a holder of our province: a
/// certificate whose identity is not acceptable is refused in the handshake, where the client is
/// told, and not afterwards.
#[derive(Debug)]
struct HolderVerifier {
    chain: Arc<dyn ClientCertVerifier>,
    province: UnitCode,
}

impl ClientCertVerifier for HolderVerifier {
    fn offer_client_auth(&self) -> bool {
        self.chain.offer_client_auth()
    }

    fn client_auth_mandatory(&self) -> bool {
        self.chain.client_auth_mandatory()
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.chain.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        // The authority signs holders only: whoever stole its key for an hour shall not have made an
        // authority under it, so nothing may stand between.
        let verified = self.chain.verify_client_cert(end_entity, &[], now)?;
        PeerIdentity::from_der(end_entity)
            .and_then(|peer| peer.check_client_of(&self.province))
            .map_err(|error: IdentityError| CertificateError::Other(OtherError(Arc::new(error))))?;
        Ok(verified)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chain.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chain.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.chain.supported_verify_schemes()
    }
}
