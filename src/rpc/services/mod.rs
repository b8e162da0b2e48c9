//! The services, one file each. Behind the gate: every request here carries its
//! [`Principal`](crate::rpc::auth::Principal), whose roles the table has admitted.
//!
//! A service turns a message into a question to the world or a request to the engine, and the
//! outcome into a message. It decides nothing and writes nothing itself.

pub mod call_up;
mod codes;
pub mod identity;
pub mod key;
pub mod ledger;
pub mod operation;
pub mod order;
pub mod organization;
pub mod report;
mod step;
mod watch;

use std::fmt::Debug;
use std::path::Path;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use tracing::info;

use crate::domain::ids::EndpointNo;
use crate::domain::instant::Instant;
use crate::domain::registry::eligibility::Law;
use crate::engine::Engine;
use crate::engine::upkeep::Figures;
use crate::fanout::Sheets;
use crate::limits;
use crate::pki::authority::Authority;
use crate::pki::identity::Identity;
use crate::rpc::listener::Connections;
use crate::store::StoreError;
use crate::store::journaled::{CheckReport, Copied, SledStore};
use crate::tasks::Tasks;

/// What is known of an endpoint's stream since the server started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heard {
    /// Whether its terminal's stream is open now.
    pub connected: bool,
    /// When something was last heard on it.
    pub last_heard_at: Instant,
}

/// Who is connected: kept by whoever serves the terminals' streams.
pub trait Presence: Send + Sync + Debug {
    /// What is known of an endpoint; none when it was not heard since the server started. Called
    /// under the world's lock: it answers at once and asks the engine nothing.
    fn state(&self, endpoint: EndpointNo) -> Option<Heard>;

    /// Ends the endpoint's stream, if one is open: the terminal at its other end counts no more.
    /// Called after that was recorded.
    fn revoke(&self, endpoint: EndpointNo);
}

/// Where no terminals' streams are served.
#[derive(Debug, Clone, Copy, Default)]
pub struct NobodyHeard;

impl Presence for NobodyHeard {
    fn state(&self, _endpoint: EndpointNo) -> Option<Heard> {
        None
    }

    fn revoke(&self, _endpoint: EndpointNo) {}
}

/// What a store that lies on a disk can do beside serving. Blocks.
pub trait Upkeep: Send + Sync + Debug {
    /// Copies all that is confirmed into a directory that is empty or not there.
    ///
    /// # Errors
    /// [`StoreError`]; what was copied so far is no backup then.
    fn backup(&self, to: &Path) -> Result<Copied, StoreError>;

    /// Rereads everything and compares.
    ///
    /// # Errors
    /// [`StoreError`] when reading itself failed; damage is in the report.
    fn check(&self) -> Result<CheckReport, StoreError>;
}

impl Upkeep for SledStore {
    fn backup(&self, to: &Path) -> Result<Copied, StoreError> {
        Self::backup(self, to)
    }

    fn check(&self) -> Result<CheckReport, StoreError> {
        Self::check(self)
    }
}

/// What the services share.
#[derive(Debug, Clone)]
pub struct Doors {
    /// The way in, and what is durable.
    pub engine: Engine,
    /// Opens and seals personal data, and keeps orders' call-up lists.
    pub sheets: Sheets,
    /// Signs certificates.
    pub authority: Arc<Authority>,
    /// Who is connected.
    pub presence: Arc<dyn Presence>,
    /// The store's own work; none for a store in memory.
    pub upkeep: Option<Arc<dyn Upkeep>>,
    /// Is told of backups.
    pub figures: Figures,
    /// Age limits and holidays.
    pub law: Law,
    /// The open connections.
    pub connections: Connections,
    /// Cancelled when the server begins to leave: streams end.
    pub draining: CancellationToken,
    /// Where streams run.
    pub tasks: Tasks,
}

impl Doors {
    /// Whoever held the endpoint before is gone from this moment on: its stream is told so and ends,
    /// the gate admits no more of its calls, and its connections are cut once it had time to hear.
    /// Not `own`, on which a new terminal is about to hear its answer.
    pub(super) fn end_terminal(&self, no: EndpointNo, own: Option<u64>) {
        self.presence.revoke(no);
        let connections = self.connections.clone();
        let before = connections.numbers_where(|peer| {
            let holder = peer.identity.as_ref().map(|peer| &peer.identity);
            let is_of_it =
                matches!(holder, Some(Identity::Endpoint { number, .. }) if *number == no);
            is_of_it && Some(peer.connection) != own
        });
        let stopping = self.tasks.stopping().clone();
        self.tasks.spawn("identity.revoked", async move {
            tokio::select! {
                () = stopping.cancelled() => return,
                () = tokio::time::sleep(limits::REVOKED_GRACE) => {}
            }
            let closed = connections.close_where(|peer| before.contains(&peer.connection));
            if closed > 0 {
                info!(endpoint = %no, closed, "connections of the terminal before were ended");
            }
        });
    }
}
