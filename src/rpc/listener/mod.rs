//! Our own acceptor: from a listening socket to TLS connections with a known peer.
//!
//! The library's acceptor takes no TLS configuration of ours, has no timeout for handshakes and no
//! caps. Started by the roof, once for each listening address; what comes out is the stream for
//! `serve_with_incoming_shutdown`.
//!
//! In order, and each bounded: the accept rate, the accept itself, the caps in all and by address, a
//! turn for the handshake (by address, then in all), the handshake in a task of its own with a
//! timeout, the certificate's identity, the caps by holder, the queue to the server. Nothing a peer or the machine does ends
//! the loop: when descriptors run out it pauses and goes on. Who may call what is not decided here.

use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::time::{Instant, sleep};
use tokio_stream::wrappers::ReceiverStream;

use crate::clock::Clock;
use crate::limits;
use crate::pki::config::ServerTls;
use crate::tasks::Tasks;
use crate::telemetry::Metrics;

mod connection;
mod door;
mod rate;
mod registry;

pub use connection::{PeerInfo, TlsConnection};
pub use registry::{Connections, Full};

use door::Door;
use rate::Bucket;

/// The bounds of one listener. The default is the one of [`limits`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListenerLimits {
    /// Handshakes and connections together.
    pub connections_max: usize,
    /// Of these, from one address (for IPv6: from one /64 network).
    pub connections_per_ip_max: usize,
    /// Connections of one certificate holder; one more ends the oldest.
    pub connections_per_identity_max: usize,
    /// Connections without a certificate.
    pub connections_anonymous_max: usize,
    /// Handshakes in flight; more wait their turn, each as long as a handshake may take.
    pub handshakes_max: usize,
    /// Of these, from one address.
    pub handshakes_per_ip_max: usize,
    /// Time for one handshake.
    pub handshake_patience: Duration,
    /// Accepts a second, after a burst.
    pub accepts_per_second: u32,
    /// Accepts at once after a quiet time.
    pub accepts_burst: u32,
    /// Life of a connection without a certificate.
    pub anonymous_age_max: Duration,
    /// Life of any other connection.
    pub age_max: Duration,
    /// The part of that life which may be cut at random.
    pub age_jitter_max: Duration,
}

impl Default for ListenerLimits {
    fn default() -> Self {
        Self {
            connections_max: limits::CONNECTIONS_MAX,
            connections_per_ip_max: limits::CONNECTIONS_PER_IP_MAX,
            connections_per_identity_max: limits::CONNECTIONS_PER_IDENTITY_MAX,
            connections_anonymous_max: limits::CONNECTIONS_ANONYMOUS_MAX,
            handshakes_max: limits::HANDSHAKES_MAX,
            handshakes_per_ip_max: limits::HANDSHAKES_PER_IP_MAX,
            handshake_patience: limits::HANDSHAKE_PATIENCE,
            accepts_per_second: limits::ACCEPTS_PER_SECOND,
            accepts_burst: limits::ACCEPTS_BURST,
            anonymous_age_max: limits::CONNECTION_ANONYMOUS_AGE_MAX,
            age_max: limits::CONNECTION_AGE_MAX,
            age_jitter_max: limits::CONNECTION_AGE_JITTER_MAX,
        }
    }
}

/// What a listener has seen since its start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Connections taken from the kernel.
    pub accepted: u64,
    /// Times the accept itself failed.
    pub accept_errors: u64,
    /// Connections handed to the server.
    pub served: u64,
    /// Connections refused, by the label of the reason: those of [`Full`] and
    /// [`crate::pki::refusal::Refusal`], and `handshake_no_turn`, `handshake_too_slow`,
    /// `peer_gone`, `server_stuck`.
    pub refused: BTreeMap<&'static str, u64>,
}

impl Counts {
    /// How many were refused for this reason.
    pub fn refused(&self, label: &str) -> u64 {
        self.refused.get(label).copied().unwrap_or_default()
    }
}

/// The stream of connections for the gRPC server. It never yields an error; it ends when the
/// listener stops.
pub type Incoming = ReceiverStream<io::Result<TlsConnection>>;

/// A running listener. Dropping the handle leaves it running; it ends with its [`Tasks`], or when
/// the server drops [`Incoming`].
#[derive(Debug)]
pub struct Listener {
    local_address: SocketAddr,
    connections: Connections,
    counts: watch::Receiver<Counts>,
}

impl Listener {
    /// Listens at `address` (port 0 lets the machine choose) and starts to accept.
    ///
    /// # Errors
    /// The machine's own, when the address is taken or not ours.
    pub fn start(
        address: SocketAddr,
        limits: ListenerLimits,
        tls: Arc<ServerTls>,
        clock: Arc<dyn Clock>,
        metrics: &Metrics,
        tasks: &Tasks,
    ) -> io::Result<(Self, Incoming)> {
        let socket = listen(address)?;
        let local_address = socket.local_addr()?;
        let connections = Connections::new(limits.clone(), metrics.clone());
        let (counts_in, counts) = watch::channel(Counts::default());
        let handshakes = Arc::new(Semaphore::new(limits.handshakes_max));
        let (queue, incoming) = mpsc::channel(limits::ACCEPTED_QUEUE_LEN_MAX);
        let door = Arc::new(Door {
            limits,
            tls,
            clock,
            connections: connections.clone(),
            handshakes,
            counts: counts_in,
            metrics: metrics.clone(),
            queue,
            tasks: tasks.clone(),
        });
        tasks.spawn_vital("listener.accept", accept_all(socket, door));
        let listener = Self { local_address, connections, counts };
        Ok((listener, ReceiverStream::new(incoming)))
    }

    /// The address listened at, with the real port.
    pub const fn local_address(&self) -> SocketAddr {
        self.local_address
    }

    /// The open connections, to count or end them.
    pub const fn connections(&self) -> &Connections {
        &self.connections
    }

    /// What was seen so far; changes can be awaited.
    pub fn counts(&self) -> watch::Receiver<Counts> {
        self.counts.clone()
    }
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // A restart must not wait for the last connections of the process before.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(limits::LISTEN_BACKLOG)
}

/// Where connections come from: a socket, or a script in a test.
trait Source: Send + 'static {
    fn accept(&mut self) -> impl Future<Output = io::Result<(TcpStream, SocketAddr)>> + Send;
}

impl Source for TcpListener {
    fn accept(&mut self) -> impl Future<Output = io::Result<(TcpStream, SocketAddr)>> + Send {
        Self::accept(self)
    }
}

/// Accepts until told to stop, or until nobody takes the connections any more.
async fn accept_all(source: impl Source, door: Arc<Door>) {
    let stopping = door.tasks.stopping().clone();
    let abandoned = door.queue.clone();
    tokio::select! {
        () = stopping.cancelled() => {}
        () = abandoned.closed() => {}
        () = accept_on(source, door) => {}
    }
}

async fn accept_on(mut source: impl Source, door: Arc<Door>) {
    let limits = &door.limits;
    let mut rate = Bucket::full(limits.accepts_per_second, limits.accepts_burst, Instant::now());
    let mut pause = limits::ACCEPT_PAUSE_MIN;
    loop {
        let wait = rate.take(Instant::now());
        if !wait.is_zero() {
            sleep(wait).await;
        }
        match source.accept().await {
            Ok((stream, address)) => {
                pause = limits::ACCEPT_PAUSE_MIN;
                door.greet(stream, address);
            }
            Err(error) => {
                door.counts.send_modify(|counts| counts.accept_errors += 1);
                if is_of_one_connection(&error) {
                    tracing::debug!(%error, "a connection was gone before it was accepted");
                } else {
                    tracing::warn!(%error, "accept failed: pausing, then going on");
                    sleep(pause).await;
                    pause = (pause * 2).min(limits::ACCEPT_PAUSE_MAX);
                }
            }
        }
    }
}

/// Whether the error concerns the one connection that was about to be accepted, and not the
/// machine (out of descriptors or memory).
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::Interrupted
            | io::ErrorKind::TimedOut
    )
}

#[cfg(test)]
mod tests;
