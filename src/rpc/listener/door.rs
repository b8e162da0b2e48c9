//! What happens to one connection between the accept and the server.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rand::Rng;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::time::{timeout, timeout_at};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::clock::Clock;
use crate::limits;
use crate::pki::config::ServerTls;
use crate::pki::identity::PeerIdentity;
use crate::pki::refusal::Refusal;
use crate::rpc::listener::connection::TlsConnection;
use crate::rpc::listener::registry::{Entrance, Full};
use crate::rpc::listener::{Connections, Counts, ListenerLimits};
use crate::tasks::Tasks;
use crate::telemetry::Metrics;

/// Why a connection did not reach the server.
#[derive(Debug, thiserror::Error)]
enum Rejected {
    #[error(transparent)]
    Full(#[from] Full),
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error("the handshake's turn did not come in time")]
    NoTurn,
    #[error("the handshake took too long")]
    TooSlow,
    #[error("the peer went away: {0}")]
    Gone(io::Error),
    #[error("the server takes no more connections")]
    ServerStuck,
}

impl Rejected {
    const fn label(&self) -> &'static str {
        match self {
            Self::Full(full) => full.label(),
            Self::Refused(refusal) => refusal.label(),
            Self::NoTurn => "handshake_no_turn",
            Self::TooSlow => "handshake_too_slow",
            Self::Gone(_) => "peer_gone",
            Self::ServerStuck => "server_stuck",
        }
    }
}

/// All that a new connection meets on its way.
#[derive(Debug)]
pub(super) struct Door {
    pub(super) limits: ListenerLimits,
    pub(super) tls: Arc<ServerTls>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) connections: Connections,
    pub(super) handshakes: Arc<Semaphore>,
    pub(super) counts: watch::Sender<Counts>,
    pub(super) metrics: Metrics,
    pub(super) queue: mpsc::Sender<io::Result<TlsConnection>>,
    pub(super) tasks: Tasks,
}

impl Door {
    /// Begins the handshake in a task of its own, if there is room for one connection more.
    pub(super) fn greet(self: &Arc<Self>, stream: TcpStream, address: SocketAddr) {
        self.counts.send_modify(|counts| counts.accepted += 1);
        let entrance = match self.connections.enter(address) {
            Ok(entrance) => entrance,
            Err(full) => return self.note(address, &full.into()),
        };
        let door = Arc::clone(self);
        self.tasks.spawn("listener.handshake", async move {
            let stopping = door.tasks.stopping().clone();
            tokio::select! {
                () = stopping.cancelled() => {}
                outcome = door.bring_in(stream, entrance) => match outcome {
                    Ok(()) => door.counts.send_modify(|counts| counts.served += 1),
                    Err(rejected) => door.note(address, &rejected),
                },
            }
        });
    }

    async fn bring_in(&self, stream: TcpStream, entrance: Entrance) -> Result<(), Rejected> {
        let patience = self.limits.handshake_patience;
        // First the address's own queue, then everybody's: a crowd behind one address waits for
        // itself and for nobody else.
        let _turn = timeout(patience, async {
            let of_address = entrance.handshakes().acquire_owned().await;
            of_address.ok().zip(Arc::clone(&self.handshakes).acquire_owned().await.ok())
        })
        .await
        .map_err(|_elapsed| Rejected::NoTurn)?;
        let deadline = tokio::time::Instant::now() + patience;
        let stream = timeout_at(deadline, self.shake_hands(stream))
            .await
            .map_err(|_elapsed| Rejected::TooSlow)??;
        let identity = match stream.get_ref().1.peer_certificates() {
            None | Some([]) => None,
            Some([certificate, ..]) => {
                Some(PeerIdentity::from_der(certificate).map_err(Refusal::from)?)
            }
        };
        let life = self.life_of(identity.as_ref());
        let connection = TlsConnection::new(stream, entrance.serve(identity)?, life);
        timeout_at(deadline, self.queue.send(Ok(connection)))
            .await
            .map_err(|_elapsed| Rejected::ServerStuck)?
            .map_err(|_closed| Rejected::ServerStuck)
    }

    async fn shake_hands(&self, stream: TcpStream) -> Result<TlsStream<TcpStream>, Rejected> {
        // A cancel must not wait for the answer to the packet before it.
        stream.set_nodelay(true).map_err(Rejected::Gone)?;
        let acceptor = TlsAcceptor::from(self.tls.current());
        let (error, stream) = match acceptor.accept(stream).into_fallible().await {
            Ok(stream) => return Ok(stream),
            Err(refused) => refused,
        };
        let Some(refusal) = Refusal::find(&error) else { return Err(Rejected::Gone(error)) };
        if !matches!(refusal, Refusal::Protocol(_) | Refusal::ByPeer(_)) {
            let heard = timeout(limits::REFUSAL_LINGER, let_hear(stream)).await;
            tracing::trace!(?heard, "told the peer why");
        }
        Err(refusal.into())
    }

    /// How long a connection may live: no longer than its certificate.
    fn life_of(&self, identity: Option<&PeerIdentity>) -> Duration {
        let Some(peer) = identity else { return self.limits.anonymous_age_max };
        let left_ms = peer.not_after.millis_since(self.clock.now());
        let left = Duration::from_millis(u64::try_from(left_ms).unwrap_or_default());
        let jitter = rand::rng().random_range(Duration::ZERO..=self.limits.age_jitter_max);
        self.limits.age_max.saturating_sub(jitter).min(left)
    }

    fn note(&self, address: SocketAddr, rejected: &Rejected) {
        let label = rejected.label();
        self.counts.send_modify(|counts| *counts.refused.entry(label).or_default() += 1);
        match rejected {
            Rejected::Refused(_) | Rejected::Gone(_) | Rejected::TooSlow => {
                self.metrics.handshake_failed(label);
            }
            Rejected::Full(_) | Rejected::NoTurn | Rejected::ServerStuck => {
                self.metrics.connection_refused(label);
            }
        }
        match rejected {
            // A person will ask why their certificate is not accepted, or who knocks at this port.
            // The accept rate bounds how many such lines there can be.
            Rejected::Refused(refusal) => {
                tracing::info!(%address, reason = label, "refused: {refusal}");
            }
            Rejected::ServerStuck => tracing::warn!(%address, reason = label, "{rejected}"),
            _ => tracing::info!(%address, reason = label, "not let in: {rejected}"),
        }
    }
}

/// Lets the peer read the alert: closing with unread bytes would reset the connection and could
/// swallow it.
async fn let_hear(mut stream: TcpStream) -> io::Result<u64> {
    stream.shutdown().await?;
    let mut rest = stream.take(limits::REFUSAL_LINGER_LEN_MAX);
    tokio::io::copy(&mut rest, &mut tokio::io::sink()).await
}
