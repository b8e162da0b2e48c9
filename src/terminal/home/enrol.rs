//! Enrolment: from a code on paper to a home with keys.
//!
//! The server is trusted by the fingerprint in the code, and the secret in it is shown to nobody
//! else. Keys are made here and never leave. Nothing is written before all that came was checked.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use prost::bytes::Bytes;
use ring::rand::SystemRandom;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tokio::time::timeout;

use super::{
    ANSWER_KEY_FILE, AUTHORITY_FILE, BUNDLE_FILE, ENDPOINT_FILE, Place, TLS_FILE, credentials_text,
    files,
};
use crate::clock::Clock;
use crate::domain::ids::{EndpointNo, KeyId};
use crate::domain::instant::Instant;
use crate::evidence::envelope::Envelope;
use crate::evidence::key::{KeyError, SigningKey};
use crate::evidence::trust::{TrustBundle, accept_bundle};
use crate::limits;
use crate::pki::authority::{AuthorityError, Credentials};
use crate::pki::code::{EnrolmentCode, PROOF_PREFIX};
use crate::pki::config::{TlsError, Trust, client_config};
use crate::pki::identity::{Fingerprint, Identity, PeerIdentity};
use crate::pki::request::KeyAndRequest;
use crate::terminal::link::{LinkError, dial};
use crate::wire::pb::identity_service_client::IdentityServiceClient;
use crate::wire::{self, WireError, pb};

/// Time for the whole of enrolment.
const PATIENCE: Duration = Duration::from_secs(60);

/// What an enrolment needs.
#[derive(Debug)]
pub struct Enrolment<'a> {
    /// The servers as `host:port`; the first one is asked.
    pub servers: &'a [String],
    /// The code as it was given.
    pub code: &'a EnrolmentCode,
    /// The directory of keys to make (`keys/` in the data directory); it must not exist.
    pub keys: &'a Path,
    /// The clock.
    pub clock: Arc<dyn Clock>,
}

/// What an enrolment gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolled {
    /// Where the terminal belongs.
    pub place: Place,
    /// The fingerprint of the root keys: read it out over another line and compare, for all trust in
    /// orders hangs on it.
    pub roots_fingerprint: KeyId,
    /// When the certificate ends; it is renewed by itself at half its life.
    pub certificate_not_after: Instant,
}

/// Why there is no enrolment. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum EnrolError {
    /// There is a terminal here.
    #[error("{path} is there already: this terminal is enrolled, or move it away first", path = path.display())]
    NotEmpty {
        /// The directory.
        path: PathBuf,
    },
    /// No server's address was given.
    #[error("name at least one server as host:port")]
    NoServer,
    /// The disk.
    #[error("failed to write {path}: {source}", path = path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The system's word.
        source: io::Error,
    },
    /// The machine gave no randomness for a key.
    #[error("make a key: {0}")]
    Key(#[from] KeyError),
    /// The same for the TLS key.
    #[error("make a key and a certificate request: {0}")]
    Request(#[from] AuthorityError),
    /// The TLS configuration.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The server was not reached, is not the one the code names, or refused.
    #[error(transparent)]
    Server(#[from] LinkError),
    /// No answer in time.
    #[error("the server did not answer in time: try again")]
    TooLate,
    /// What the server gave does not fit what was asked.
    #[error("the server gave a {what} that cannot be right: {reason}")]
    Wrong {
        /// Which part.
        what: &'static str,
        /// What is wrong with it.
        reason: String,
    },
}

/// Enrols this machine, and makes its directory of keys.
///
/// # Errors
/// Any [`EnrolError`]; the code is spent only if the server was reached.
pub async fn enrol(enrolment: Enrolment<'_>) -> Result<Enrolled, EnrolError> {
    let Enrolment { servers, code, keys, clock } = enrolment;
    let server = servers.first().ok_or(EnrolError::NoServer)?;
    refuse_existing(keys)?;
    let request = KeyAndRequest::generate()?;
    let answer_key = SigningKey::generate(&SystemRandom::new())?;
    let trust = Trust::PinnedStart(*code.authority_start());
    let tls = client_config(&trust, None, Arc::clone(&clock))?;
    let asked = Box::pin(ask(server, tls, code, &request, &answer_key));
    let response = timeout(PATIENCE, asked).await.map_err(|_elapsed| EnrolError::TooLate)??;
    let given = Given::check(response, code, &request, servers, clock.now())?;
    write(keys, &given, &request, &answer_key)?;
    Ok(Enrolled {
        roots_fingerprint: given.bundle.roots_fingerprint(),
        certificate_not_after: given.certificate.not_after,
        place: given.place,
    })
}

async fn ask(
    server: &str,
    tls: Arc<rustls::ClientConfig>,
    code: &EnrolmentCode,
    request: &KeyAndRequest,
    answer_key: &SigningKey,
) -> Result<pb::EnrolResponse, LinkError> {
    let secret = code.secret_text();
    let proof = answer_key.sign(&[PROOF_PREFIX, secret.as_bytes()].concat());
    let channel = dial(server, tls).await?;
    let mut client = IdentityServiceClient::new(channel)
        .max_decoding_message_size(4 * limits::MESSAGE_LEN_MAX)
        .max_encoding_message_size(limits::MESSAGE_LEN_MAX);
    let message = pb::EnrolRequest {
        secret: secret.to_string(),
        csr_pem: request.request_pem.clone(),
        answer_key: Bytes::copy_from_slice(answer_key.public().as_bytes()),
        answer_key_proof: Bytes::copy_from_slice(&proof),
    };
    Ok(client.enrol(message).await?.into_inner())
}

/// What the server gave, checked.
struct Given {
    place: Place,
    certificate_pem: String,
    certificate: PeerIdentity,
    authority_pem: String,
    envelope: Envelope,
    bundle: TrustBundle,
}

impl Given {
    fn check(
        response: pb::EnrolResponse,
        code: &EnrolmentCode,
        request: &KeyAndRequest,
        servers: &[String],
        now: Instant,
    ) -> Result<Self, EnrolError> {
        let authority = der("authority's certificate", &response.authority_certificate_pem)?;
        if !Fingerprint::of(&authority).0.starts_with(code.authority_start()) {
            return Err(wrong("authority's certificate", "the code names another authority"));
        }
        let envelope = wire::envelope::required("trust_bundle", response.trust_bundle.as_ref())?;
        let bundle = wire::trust::read(&envelope)?;
        // With a clock that stands in the past, the bundle's own time is the better one.
        accept_bundle(None, &bundle, &envelope, now.max(bundle.issued_at))
            .map_err(|error| wrong("trust bundle", error))?;
        if der("trust bundle", &bundle.authority_cert_pem)? != authority {
            return Err(wrong("trust bundle", "it names another enrolment authority"));
        }
        let place = Place {
            endpoint: EndpointNo::new(response.endpoint_number),
            address: response.address.parse().map_err(|error| wrong("address", error))?,
            province: bundle.province.clone(),
            servers: servers.to_vec(),
        };
        let certificate = check_certificate(
            &response.certificate_pem,
            &response.authority_certificate_pem,
            &request.key_pem,
            &place.identity(),
        )?;
        Ok(Self {
            place,
            certificate_pem: response.certificate_pem,
            certificate,
            authority_pem: response.authority_certificate_pem,
            envelope,
            bundle,
        })
    }
}

/// Whether a certificate is the authority's word that `identity` holds our key.
pub(super) fn check_certificate(
    certificate_pem: &str,
    authority_pem: &str,
    key_pem: &str,
    identity: &Identity,
) -> Result<PeerIdentity, EnrolError> {
    const WHAT: &str = "certificate";
    let certificate = der(WHAT, certificate_pem)?;
    let authority = der("authority's certificate", authority_pem)?;
    let peer = PeerIdentity::from_der(&certificate).map_err(|error| wrong(WHAT, error))?;
    if peer.identity != *identity {
        return Err(wrong(WHAT, format!("it is for `{}`", peer.identity)));
    }
    let unreadable = |_syntax| wrong(WHAT, "it is not readable");
    let (_rest, ours) = x509_parser::parse_x509_certificate(&certificate).map_err(unreadable)?;
    let (_rest, theirs) = x509_parser::parse_x509_certificate(&authority).map_err(unreadable)?;
    ours.verify_signature(Some(theirs.public_key()))
        .map_err(|_forged| wrong(WHAT, "the authority did not sign it"))?;
    let key = rcgen::KeyPair::from_pem(key_pem).map_err(|error| wrong("key", error))?;
    if ours.public_key().raw != rcgen::PublicKeyData::subject_public_key_info(&key) {
        return Err(wrong(WHAT, "it is for another key"));
    }
    Ok(peer)
}

fn write(
    keys: &Path,
    given: &Given,
    request: &KeyAndRequest,
    answer_key: &SigningKey,
) -> Result<(), EnrolError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| EnrolError::File { path, source }
    };
    let fresh = keys.with_extension("new");
    if fresh.exists() {
        // Left by an enrolment that was cut short: its keys were never certified here.
        fs::remove_dir_all(&fresh).map_err(failed(&fresh))?;
    }
    if let Some(parent) = keys.parent() {
        fs::create_dir_all(parent).map_err(failed(parent))?;
    }
    files::make_dir(&fresh).map_err(failed(&fresh))?;
    let credentials = Credentials {
        certificate_pem: given.certificate_pem.clone(),
        key_pem: request.key_pem.clone(),
    };
    let texts: [(&str, &str); 5] = [
        (TLS_FILE, &credentials_text(&credentials)),
        (AUTHORITY_FILE, &given.authority_pem),
        (ANSWER_KEY_FILE, &answer_key.to_pem()),
        (ENDPOINT_FILE, &given.place.to_json()),
        (BUNDLE_FILE, &given.envelope.to_json()),
    ];
    for (name, text) in texts {
        let path = fresh.join(name);
        files::write_new(&path, text.as_bytes()).map_err(failed(&path))?;
    }
    refuse_existing(keys)?;
    files::put_in_place(&fresh, keys).map_err(failed(keys))
}

fn refuse_existing(keys: &Path) -> Result<(), EnrolError> {
    let path = keys.to_owned();
    match keys.symlink_metadata() {
        Ok(_there) => Err(EnrolError::NotEmpty { path }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(EnrolError::File { path, source }),
    }
}

fn der(what: &'static str, pem: &str) -> Result<CertificateDer<'static>, EnrolError> {
    CertificateDer::from_pem_slice(pem.as_bytes()).map_err(|error| wrong(what, error))
}

fn wrong(what: &'static str, reason: impl ToString) -> EnrolError {
    EnrolError::Wrong { what, reason: reason.to_string() }
}

impl From<WireError> for EnrolError {
    fn from(error: WireError) -> Self {
        wrong("message", error)
    }
}
