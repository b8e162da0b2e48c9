//! Who is connected: the counts behind every cap, and the handle by which the server ends a
//! connection whose holder was revoked.
//!
//! Entered by the accept loop, looked at by the doors. A place is given back when its guard is
//! dropped, whatever the way a connection ends. The lock is held for a few map operations and never
//! across an await.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::pki::identity::{Fingerprint, Identity, PeerIdentity};
use crate::rpc::listener::{ListenerLimits, PeerInfo};
use crate::telemetry::Metrics;

/// Which cap a new connection would have gone beyond.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Full {
    /// All places are taken.
    #[error("too many connections")]
    Connections,
    /// The peer's address has its share.
    #[error("too many connections from one address")]
    Address,
    /// Too many connections without a certificate.
    #[error("too many connections without a certificate")]
    Anonymous,
}

impl Full {
    /// A stable, short word for logs and metrics.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Connections => "full_connections",
            Self::Address => "full_address",
            Self::Anonymous => "full_anonymous",
        }
    }
}

/// The connections of one listener. Clones are handles to the same ones.
#[derive(Debug, Clone)]
pub struct Connections(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    limits: ListenerLimits,
    metrics: Metrics,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    last_number: u64,
    // Handshakes in flight and connections served, together.
    open: usize,
    addresses: HashMap<IpAddr, Share>,
    anonymous: usize,
    served: BTreeMap<u64, Served>,
    // Oldest first.
    holders: HashMap<Identity, VecDeque<u64>>,
}

#[derive(Debug)]
struct Share {
    open: usize,
    handshakes: Arc<Semaphore>,
}

#[derive(Debug)]
struct Served {
    peer: PeerInfo,
    ended: CancellationToken,
}

impl Connections {
    pub(super) fn new(limits: ListenerLimits, metrics: Metrics) -> Self {
        Self(Arc::new(Shared { limits, metrics, state: Mutex::default() }))
    }

    /// How many connections have finished their handshake and are open.
    pub fn len(&self) -> usize {
        self.state().served.len()
    }

    /// Whether no connection is open.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many connections were accepted and have not finished their handshake.
    pub fn arriving(&self) -> usize {
        let state = self.state();
        state.open - state.served.len()
    }

    /// Ends the connections of one certificate; returns how many there were.
    pub fn close_fingerprint(&self, fingerprint: Fingerprint) -> usize {
        self.close_where(|peer| {
            peer.identity.as_ref().is_some_and(|peer| peer.fingerprint == fingerprint)
        })
    }

    /// Ends the connections of one holder, whichever certificate was shown.
    pub fn close_identity(&self, identity: &Identity) -> usize {
        let state = self.state();
        let numbers = state.holders.get(identity).into_iter().flatten();
        numbers
            .filter_map(|number| state.served.get(number))
            .map(|served| served.ended.cancel())
            .count()
    }

    /// Ends every connection for which `ends` says so, for instance all whose serial stands on a
    /// new revocation list. `ends` is called under the lock: it must be quick and not call back.
    pub fn close_where(&self, ends: impl Fn(&PeerInfo) -> bool) -> usize {
        let state = self.state();
        let chosen = state.served.values().filter(|served| ends(&served.peer));
        chosen.map(|served| served.ended.cancel()).count()
    }

    /// The numbers of the connections for which `is` says so; under the lock, as [`Self::close_where`].
    pub fn numbers_where(&self, is: impl Fn(&PeerInfo) -> bool) -> BTreeSet<u64> {
        let state = self.state();
        let chosen = state.served.iter().filter(|(_number, served)| is(&served.peer));
        chosen.map(|(number, _served)| *number).collect()
    }

    /// Ends all connections, at the end of a shutdown's patience.
    pub fn close_all(&self) -> usize {
        self.close_where(|_| true)
    }

    /// A place for a connection whose handshake is about to begin.
    pub(super) fn enter(&self, address: SocketAddr) -> Result<Entrance, Full> {
        let limits = &self.0.limits;
        let ip = share_of(address.ip());
        let mut state = self.state();
        if state.open >= limits.connections_max {
            return Err(Full::Connections);
        }
        let share = state.addresses.entry(ip).or_insert_with(|| Share {
            open: 0,
            handshakes: Arc::new(Semaphore::new(limits.handshakes_per_ip_max)),
        });
        if share.open >= limits.connections_per_ip_max {
            return Err(Full::Address);
        }
        share.open += 1;
        let handshakes = Arc::clone(&share.handshakes);
        state.open += 1;
        Ok(Entrance { connections: self.clone(), address, ip, handshakes })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Which addresses share a cap: one IPv4 address, or the /64 network that one IPv6 peer owns.
fn share_of(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() & !u128::from(u64::MAX)).into(),
        ip @ IpAddr::V4(_) => ip,
    }
}

/// The place of a connection; given back when dropped.
#[derive(Debug)]
pub(super) struct Entrance {
    connections: Connections,
    address: SocketAddr,
    ip: IpAddr,
    handshakes: Arc<Semaphore>,
}

impl Entrance {
    /// The places for handshakes of the peer's address.
    pub(super) fn handshakes(&self) -> Arc<Semaphore> {
        Arc::clone(&self.handshakes)
    }

    /// Turns the place of a handshake into that of a served connection. A holder who has all
    /// places of theirs taken loses the oldest: after a cut the dead connections are the old ones,
    /// and whoever shows the certificate now is alive.
    pub(super) fn serve(self, identity: Option<PeerIdentity>) -> Result<Seat, Full> {
        let connections = self.connections.clone();
        let limits = &connections.0.limits;
        let mut state = connections.state();
        if identity.is_none() && state.anonymous >= limits.connections_anonymous_max {
            drop(state);
            return Err(Full::Anonymous);
        }
        state.last_number += 1;
        let number = state.last_number;
        match &identity {
            None => state.anonymous += 1,
            Some(peer) => {
                let places = state.holders.entry(peer.identity.clone()).or_default();
                places.push_back(number);
                let surplus = places.len().saturating_sub(limits.connections_per_identity_max);
                let oldest: Vec<u64> = places.iter().copied().take(surplus).collect();
                for number in oldest {
                    if let Some(served) = state.served.get(&number) {
                        served.ended.cancel();
                    }
                }
            }
        }
        let peer = PeerInfo {
            connection: number,
            address: self.address,
            identity: identity.map(Arc::new),
        };
        let ended = CancellationToken::new();
        state.served.insert(number, Served { peer: peer.clone(), ended: ended.clone() });
        drop(state);
        connections.0.metrics.connection_opened();
        Ok(Seat { peer, ended, entrance: self })
    }
}

impl Drop for Entrance {
    fn drop(&mut self) {
        let mut state = self.connections.state();
        state.open -= 1;
        let Some(share) = state.addresses.get_mut(&self.ip) else { return };
        share.open -= 1;
        if share.open == 0 {
            state.addresses.remove(&self.ip);
        }
    }
}

/// The place of a served connection; given back when dropped.
#[derive(Debug)]
pub(super) struct Seat {
    pub(super) peer: PeerInfo,
    /// Cancelled when the server ends this connection.
    pub(super) ended: CancellationToken,
    entrance: Entrance,
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.entrance.connections.0.metrics.connection_closed();
        let mut state = self.entrance.connections.state();
        state.served.remove(&self.peer.connection);
        let Some(peer) = &self.peer.identity else {
            state.anonymous -= 1;
            return;
        };
        if let Some(places) = state.holders.get_mut(&peer.identity) {
            places.retain(|number| *number != self.peer.connection);
            if places.is_empty() {
                state.holders.remove(&peer.identity);
            }
        }
    }
}
