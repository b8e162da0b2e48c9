//! Reaching servers with the home's certificate, and renewing it at half its life.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;
use rustls::ClientConfig;
use tonic::transport::Channel;

use super::enrol::check_certificate;
use super::{
    AUTHORITY_FILE, HomeError, Place, TLS_FILE, credentials, credentials_text, damaged, files, read,
};
use crate::clock::Clock;
use crate::domain::instant::Instant;
use crate::limits;
use crate::pki::authority::Credentials;
use crate::pki::config::{Trust, client_config};
use crate::pki::identity::{Identity, PeerIdentity};
use crate::pki::request::KeyAndRequest;
use crate::terminal::link::{Boxed, Dialer, LinkError, dial};
use crate::wire::pb;
use crate::wire::pb::identity_service_client::IdentityServiceClient;

/// Dials with the certificate in a home, and replaces it when it is half over.
#[derive(Debug)]
pub struct HomeDialer {
    keys: PathBuf,
    servers: Vec<String>,
    identity: Identity,
    authority_pem: String,
    clock: Arc<dyn Clock>,
    // Replaced when the certificate is renewed.
    current: Mutex<Current>,
}

#[derive(Debug, Clone)]
struct Current {
    tls: Arc<ClientConfig>,
    renew_at: Instant,
}

impl HomeDialer {
    pub(super) fn new(
        keys: &Path,
        servers: &[String],
        place: &Place,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, HomeError> {
        let authority_pem = read(&keys.join(AUTHORITY_FILE))?.to_string();
        let identity = place.identity();
        let held = credentials(keys)?;
        let path = keys.join(TLS_FILE);
        let current =
            Current::new(&held, &authority_pem, &identity, &clock).map_err(damaged(&path))?;
        Ok(Self {
            keys: keys.to_owned(),
            servers: servers.to_vec(),
            identity,
            authority_pem,
            clock,
            current: Mutex::new(current),
        })
    }

    async fn ask(&self, channel: Channel) -> Result<(), LinkError> {
        let own = |error: &dyn std::fmt::Display| LinkError::Own(error.to_string());
        let request = KeyAndRequest::generate().map_err(|error| own(&error))?;
        let mut client = IdentityServiceClient::new(channel)
            .max_decoding_message_size(limits::MESSAGE_LEN_MAX)
            .max_encoding_message_size(limits::MESSAGE_LEN_MAX);
        let message = pb::RenewRequest { csr_pem: request.request_pem.clone() };
        let certificate_pem = client.renew(message).await?.into_inner().certificate_pem;
        let fresh = Credentials { certificate_pem, key_pem: request.key_pem };
        let current = Current::new(&fresh, &self.authority_pem, &self.identity, &self.clock)
            .map_err(|error| own(&error))?;
        let text = credentials_text(&fresh);
        let path = self.keys.join(TLS_FILE);
        let written = tokio::task::spawn_blocking(move || files::replace(&path, text.as_bytes()));
        written.await.map_err(|error| own(&error))?.map_err(|error| own(&error))?;
        *self.current.lock() = current;
        tracing::info!("the certificate was renewed");
        Ok(())
    }
}

impl Current {
    fn new(
        held: &Credentials,
        authority_pem: &str,
        identity: &Identity,
        clock: &Arc<dyn Clock>,
    ) -> Result<Self, String> {
        let pem = &held.certificate_pem;
        let peer = check_certificate(pem, authority_pem, &held.key_pem, identity)
            .map_err(|error| error.to_string())?;
        let trust = Trust::Authority(authority_pem.to_owned());
        let tls = client_config(&trust, Some(held), Arc::clone(clock))
            .map_err(|error| error.to_string())?;
        Ok(Self { tls, renew_at: half_life(&peer, held)? })
    }
}

/// The middle of the certificate's life.
fn half_life(peer: &PeerIdentity, held: &Credentials) -> Result<Instant, String> {
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject as _;
    let der = CertificateDer::from_pem_slice(held.certificate_pem.as_bytes())
        .map_err(|error| error.to_string())?;
    let (_rest, parsed) =
        x509_parser::parse_x509_certificate(&der).map_err(|error| error.to_string())?;
    let from_ms = parsed.validity().not_before.timestamp().saturating_mul(1_000);
    let life_ms = peer.not_after.millis_since(Instant::from_millis(from_ms));
    Ok(peer.not_after.offset_by(-life_ms / 2))
}

impl Dialer for HomeDialer {
    fn servers(&self) -> usize {
        self.servers.len()
    }

    fn dial(&self, server: usize) -> Boxed<'_, Result<Channel, LinkError>> {
        let tls = Arc::clone(&self.current.lock().tls);
        let address = &self.servers[server % self.servers.len()];
        Box::pin(dial(address, tls))
    }

    fn renew_at(&self) -> Option<Instant> {
        Some(self.current.lock().renew_at)
    }

    fn renew(&self, channel: Channel) -> Boxed<'_, Result<(), LinkError>> {
        Box::pin(self.ask(channel))
    }
}
