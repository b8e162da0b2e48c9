//! Who is connected.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;

use crate::domain::ids::EndpointNo;
use crate::domain::instant::Instant;

/// Why a session ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The server is stopping.
    Draining,
    /// The same endpoint connected anew.
    Replaced,
    /// Its certificate or terminal counts no more.
    Revoked,
    /// Nothing was heard for three heartbeats.
    Silent,
    /// The terminal left.
    Left,
    /// The terminal broke the protocol.
    Misbehaved,
    /// The server cannot take answers now.
    Unavailable,
}

impl Ending {
    /// The stable reason, in what the terminal is told and in metrics.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Draining => "DRAINING",
            Self::Replaced => "REPLACED",
            Self::Revoked => "REVOKED",
            Self::Silent => "SILENT",
            Self::Left => "LEFT",
            Self::Misbehaved => "MISBEHAVED",
            Self::Unavailable => "UNAVAILABLE",
        }
    }
}

/// What is known of an endpoint's connection since the server started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Presence {
    /// Whether its stream is open.
    pub connected: bool,
    /// When something was last heard.
    pub heard_at: Instant,
}

#[derive(Debug)]
struct Place {
    session: u64,
    end: CancellationToken,
    why: Arc<Mutex<Ending>>,
    heard_at: Arc<AtomicI64>,
}

#[derive(Debug, Default)]
struct Shared {
    places: Mutex<HashMap<EndpointNo, Place>>,
    // When endpoints that left were last heard; at most one entry for each endpoint.
    left: Mutex<HashMap<EndpointNo, Instant>>,
    sessions: AtomicU64,
    draining: CancellationToken,
}

/// The hub. Clones share one.
#[derive(Debug, Clone, Default)]
pub struct Hub {
    shared: Arc<Shared>,
}

impl Hub {
    /// Takes the endpoint's place; an older session of the same endpoint is told to end.
    pub fn enter(&self, endpoint: EndpointNo, now: Instant) -> Seat {
        let session = self.shared.sessions.fetch_add(1, Ordering::Relaxed);
        let end = self.shared.draining.child_token();
        let why = Arc::new(Mutex::new(Ending::Draining));
        let heard_at = Arc::new(AtomicI64::new(now.millis()));
        let place =
            Place { session, end: end.clone(), why: why.clone(), heard_at: heard_at.clone() };
        if let Some(older) = self.shared.places.lock().insert(endpoint, place) {
            *older.why.lock() = Ending::Replaced;
            older.end.cancel();
        }
        Seat { hub: self.clone(), endpoint, session, end, why, heard_at }
    }

    /// How many sessions are open.
    pub fn connected(&self) -> usize {
        self.shared.places.lock().len()
    }

    /// What is known of an endpoint's connection; none if it never connected.
    pub fn presence(&self, endpoint: EndpointNo) -> Option<Presence> {
        if let Some(place) = self.shared.places.lock().get(&endpoint) {
            let heard_at = Instant::from_millis(place.heard_at.load(Ordering::Relaxed));
            return Some(Presence { connected: true, heard_at });
        }
        let heard_at = *self.shared.left.lock().get(&endpoint)?;
        Some(Presence { connected: false, heard_at })
    }

    /// Ends the endpoint's session, if one is open.
    pub fn end(&self, endpoint: EndpointNo, why: Ending) {
        if let Some(place) = self.shared.places.lock().get(&endpoint) {
            *place.why.lock() = why;
            place.end.cancel();
        }
    }

    /// Waits until all sessions are told to end.
    pub(super) async fn drained(&self) {
        self.shared.draining.cancelled().await;
    }

    /// Tells all sessions to end, now and from now on.
    pub fn drain(&self) {
        self.shared.draining.cancel();
    }
}

/// A session's place at the hub; dropping it leaves the hub.
#[derive(Debug)]
pub struct Seat {
    hub: Hub,
    endpoint: EndpointNo,
    session: u64,
    end: CancellationToken,
    why: Arc<Mutex<Ending>>,
    heard_at: Arc<AtomicI64>,
}

impl Seat {
    /// Waits until the session shall end, and says why.
    pub async fn ended(&self) -> Ending {
        self.end.cancelled().await;
        *self.why.lock()
    }

    /// Something was heard.
    pub fn heard(&self, now: Instant) {
        self.heard_at.store(now.millis(), Ordering::Relaxed);
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut places = self.hub.shared.places.lock();
        // A newer session may have the place by now.
        if places.get(&self.endpoint).is_some_and(|place| place.session == self.session) {
            places.remove(&self.endpoint);
            let heard_at = Instant::from_millis(self.heard_at.load(Ordering::Relaxed));
            self.hub.shared.left.lock().insert(self.endpoint, heard_at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_second_session_of_an_endpoint_ends_the_first_and_keeps_the_place() {
        let (hub, no) = (Hub::default(), EndpointNo::new(1));
        let first = hub.enter(no, Instant::from_millis(1));
        let second = hub.enter(no, Instant::from_millis(2));
        assert_eq!(first.ended().await, Ending::Replaced);
        drop(first);
        assert_eq!(hub.connected(), 1);
        second.heard(Instant::from_millis(9));
        drop(second);
        let heard_at = Instant::from_millis(9);
        assert_eq!(hub.presence(no), Some(Presence { connected: false, heard_at }));
    }

    #[tokio::test]
    async fn draining_ends_sessions_old_and_new() {
        let hub = Hub::default();
        let old = hub.enter(EndpointNo::new(1), Instant::EPOCH);
        hub.drain();
        assert_eq!(old.ended().await, Ending::Draining);
        assert_eq!(hub.enter(EndpointNo::new(2), Instant::EPOCH).ended().await, Ending::Draining);
    }
}
