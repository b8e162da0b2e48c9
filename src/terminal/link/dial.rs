//! How a link reaches servers: real terminals through their home's certificate, the simulator and
//! tests through whatever they have at hand.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use tonic::transport::Channel;

use super::status::LinkError;
use crate::clock::Clock;
use crate::domain::instant::Instant;
use crate::pki::authority::Credentials;
use crate::pki::config::{Trust, client_config};
use crate::rpc::channel::client_channel;

/// A future in a box, as a trait object needs it.
pub type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Makes channels to one server after another.
pub trait Dialer: Send + Sync + fmt::Debug {
    /// How many servers there are; at least one.
    fn servers(&self) -> usize;

    /// Connects to one of them, numbered from 0.
    fn dial(&self, server: usize) -> Boxed<'_, Result<Channel, LinkError>>;

    /// When the certificate should be renewed; `None` for never.
    fn renew_at(&self) -> Option<Instant> {
        None
    }

    /// Renews the certificate over an open channel, and uses it from the next [`Self::dial`] on.
    fn renew(&self, _channel: Channel) -> Boxed<'_, Result<(), LinkError>> {
        Box::pin(std::future::ready(Ok(())))
    }
}

/// Servers reached with credentials that stay as they are: for the simulator, for tests, and for
/// anybody who renews elsewhere.
#[derive(Debug, Clone)]
pub struct FixedDialer {
    servers: Arc<[String]>,
    tls: Arc<rustls::ClientConfig>,
}

impl FixedDialer {
    /// Servers as `host:port`, the authority's certificate (PEM) and our own certificate and key.
    ///
    /// # Errors
    /// [`LinkError::Own`] when these are not usable, or there is no server.
    pub fn new(
        servers: &[String],
        authority_pem: &str,
        holder: &Credentials,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, LinkError> {
        if servers.is_empty() {
            return Err(LinkError::Own("no server's address is given".into()));
        }
        let trust = Trust::Authority(authority_pem.to_owned());
        let tls = client_config(&trust, Some(holder), clock)
            .map_err(|error| LinkError::Own(error.to_string()))?;
        Ok(Self { servers: servers.into(), tls })
    }
}

impl Dialer for FixedDialer {
    fn servers(&self) -> usize {
        self.servers.len()
    }

    fn dial(&self, server: usize) -> Boxed<'_, Result<Channel, LinkError>> {
        let address = &self.servers[server % self.servers.len()];
        Box::pin(dial(address, Arc::clone(&self.tls)))
    }
}

/// Connects to `host:port`; the server's certificate must be good for that host.
pub(crate) async fn dial(
    address: &str,
    tls: Arc<rustls::ClientConfig>,
) -> Result<Channel, LinkError> {
    Ok(client_channel(address, host_of(address), tls).await?)
}

/// The host of `host:port`, without the brackets of an IPv6 address.
fn host_of(address: &str) -> &str {
    let host = address.rsplit_once(':').map_or(address, |(host, _port)| host);
    host.trim_start_matches('[').trim_end_matches(']')
}
