//! The connecting side: a gRPC channel over our own TLS, used by the terminal and the command line.
//!
//! With TLS 1.3 a client is done with its handshake before the server has looked at its
//! certificate, so that a refusal would show up later as a broken call without a reason. Our
//! connector therefore waits for the server's first words (its HTTP/2 settings, which it sends
//! unasked) before it calls the connection made: *connected* means accepted, and a refusal is
//! reported with its reason, at the first connection and at each one after a cut.
//!
//! Generated clients must be given [`limits::MESSAGE_LEN_MAX`] as their decoding and encoding
//! limit; the channel cannot set it for them.

use std::error::Error;
use std::io;
use std::sync::Arc;

use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::AsyncBufReadExt;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tonic::Status;
use tonic::transport::{Channel, Endpoint, Uri};
use tower::service_fn;

use crate::limits;
use crate::pki::refusal::Refusal;

/// Why no connection was made.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The address or the server's name has not the right form.
    #[error("use the address `{0}`: write host:port, with a DNS name or an address as host")]
    Address(String),
    /// No server answers at the address, or the line was cut.
    #[error("reach the server at {address}")]
    Unreachable {
        /// Where it was sought.
        address: String,
        /// What the machine says.
        source: io::Error,
    },
    /// The server did not answer in time.
    #[error("reach the server at {address} within {patience_ms} ms")]
    TooLate {
        /// Where it was sought.
        address: String,
        /// How long was waited, in milliseconds.
        patience_ms: u128,
    },
    /// One side refused the other's certificate, or they do not speak the same protocol.
    #[error("connect to the server at {address}: {refusal}")]
    Refused {
        /// Where the server was.
        address: String,
        /// The reason.
        refusal: Refusal,
    },
    /// The server was accepted, and then the HTTP/2 connection failed.
    #[error("speak gRPC with the server at {address}: {reason}")]
    Transport {
        /// Where the server was.
        address: String,
        /// What the library says.
        reason: String,
    },
}

/// Connects to `address` (host:port) and checks that the server is who it should be: its
/// certificate must be good for `server_name` (a DNS name or an address). The channel connects
/// again by itself when the line was cut.
///
/// # Errors
/// [`ConnectError`], with the reason of a refusal.
pub async fn client_channel(
    address: &str,
    server_name: &str,
    tls: Arc<ClientConfig>,
) -> Result<Channel, ConnectError> {
    let target = Target::new(address, server_name, tls)?;
    let endpoint = endpoint(address)?;
    let connector = service_fn(move |_: Uri| target.clone().connect());
    endpoint
        .connect_with_connector(connector)
        .await
        .map_err(|error| ConnectError::found_in(&error, address))
}

/// The same channel, which connects at its first call: a call's [`Status`] tells why it did not.
///
/// # Errors
/// [`ConnectError::Address`].
pub fn client_channel_lazy(
    address: &str,
    server_name: &str,
    tls: Arc<ClientConfig>,
) -> Result<Channel, ConnectError> {
    let target = Target::new(address, server_name, tls)?;
    let connector = service_fn(move |_: Uri| target.clone().connect());
    Ok(endpoint(address)?.connect_with_connector_lazy(connector))
}

/// Why a call failed for want of a connection, if one side refused the other.
pub fn refusal_behind(status: &Status) -> Option<Refusal> {
    let mut next = status.source();
    while let Some(error) = next {
        if let Some(ConnectError::Refused { refusal, .. }) = error.downcast_ref() {
            return Some(refusal.clone());
        }
        if let Some(refusal) = Refusal::find(error) {
            return Some(refusal);
        }
        next = error.source();
    }
    None
}

fn endpoint(address: &str) -> Result<Endpoint, ConnectError> {
    // Our connector does the TLS; `https` here would make the library add its own.
    let endpoint = Endpoint::from_shared(format!("http://{address}"))
        .map_err(|_syntax| ConnectError::Address(address.to_owned()))?
        .http2_keep_alive_interval(limits::HTTP2_PING_EVERY)
        .keep_alive_timeout(limits::HTTP2_PING_PATIENCE)
        .keep_alive_while_idle(true)
        .http2_adaptive_window(false)
        .initial_stream_window_size(limits::HTTP2_STREAM_WINDOW)
        .initial_connection_window_size(limits::HTTP2_CONNECTION_WINDOW)
        .http2_max_header_list_size(limits::HTTP2_HEADERS_LEN_MAX)
        .max_frame_size(limits::HTTP2_FRAME_LEN_MAX)
        .buffer_size(limits::CLIENT_QUEUE_LEN_MAX);
    Ok(endpoint)
}

/// Where to connect, and how.
#[derive(Clone)]
struct Target {
    address: String,
    name: ServerName<'static>,
    tls: Arc<ClientConfig>,
}

impl Target {
    fn new(address: &str, server_name: &str, tls: Arc<ClientConfig>) -> Result<Self, ConnectError> {
        let name = ServerName::try_from(server_name.to_owned())
            .map_err(|_syntax| ConnectError::Address(server_name.to_owned()))?;
        Ok(Self { address: address.to_owned(), name, tls })
    }

    async fn connect(self) -> Result<TokioIo<TlsStream<TcpStream>>, ConnectError> {
        let patience = limits::CONNECT_PATIENCE;
        match tokio::time::timeout(patience, self.handshake()).await {
            Ok(Ok(stream)) => Ok(TokioIo::new(stream)),
            Ok(Err(error)) => Err(match Refusal::find(&error) {
                Some(refusal) => ConnectError::Refused { address: self.address, refusal },
                None => ConnectError::Unreachable { address: self.address, source: error },
            }),
            Err(_elapsed) => Err(ConnectError::TooLate {
                address: self.address,
                patience_ms: patience.as_millis(),
            }),
        }
    }

    async fn handshake(&self) -> io::Result<TlsStream<TcpStream>> {
        let tcp = TcpStream::connect(&self.address).await?;
        tcp.set_nodelay(true)?;
        let connector = TlsConnector::from(Arc::clone(&self.tls));
        let mut stream = connector.connect(self.name.clone(), tcp).await?;
        // Nothing is taken out: the library reads these bytes again.
        let first_words = stream.fill_buf().await?;
        if first_words.is_empty() {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "the server closed the connection after the handshake",
            ));
        }
        Ok(stream)
    }
}

impl ConnectError {
    /// Our connector's own error, out of the library's wrapping.
    fn found_in(error: &tonic::transport::Error, address: &str) -> Self {
        let mut next: Option<&(dyn Error + 'static)> = Some(error);
        let mut deepest = String::new();
        while let Some(error) = next {
            if let Some(own) = error.downcast_ref::<Self>() {
                return own.again();
            }
            deepest = error.to_string();
            next = error.source();
        }
        Self::Transport { address: address.to_owned(), reason: deepest }
    }

    /// A copy: the library keeps the original.
    fn again(&self) -> Self {
        match self {
            Self::Address(address) => Self::Address(address.clone()),
            Self::Unreachable { address, source } => Self::Unreachable {
                address: address.clone(),
                source: io::Error::new(source.kind(), source.to_string()),
            },
            Self::TooLate { address, patience_ms } => {
                Self::TooLate { address: address.clone(), patience_ms: *patience_ms }
            }
            Self::Refused { address, refusal } => {
                Self::Refused { address: address.clone(), refusal: refusal.clone() }
            }
            Self::Transport { address, reason } => {
                Self::Transport { address: address.clone(), reason: reason.clone() }
            }
        }
    }
}
