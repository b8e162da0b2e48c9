//! The serving server: listener, gate, services, health, reflection; and how it leaves.
//!
//! Started by the roof (`hoatoc serve`), the demo and the tests. It owns nothing but connections:
//! the engine, the store and the telemetry are handed in and outlive it. [`Parts::extra`] is the
//! slot for services that are made elsewhere; the gate stands before them too.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tonic::service::RoutesBuilder;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;
use tracing::{error, info};

use crate::clock::Clock;
use crate::domain::registry::eligibility::Law;
use crate::domain::world::Trust;
use crate::engine::Engine;
use crate::engine::upkeep::Figures;
use crate::fanout::Sheets;
use crate::limits;
use crate::pki::authority::Authority;
use crate::pki::config::ServerTls;
use crate::pki::identity::{Identity, PeerIdentity};
use crate::rpc::auth::principal_of;
use crate::rpc::gate::Gate;
use crate::rpc::http2::{Http2Limits, server_builder};
use crate::rpc::listener::{Connections, Counts, Incoming, Listener, ListenerLimits};
use crate::rpc::services::identity::Identities;
use crate::rpc::services::ledger::Ledgers;
use crate::rpc::services::operation::Operation;
use crate::rpc::services::order::Orders;
use crate::rpc::services::organization::Organization;
use crate::rpc::services::report::Reports;
use crate::rpc::services::{Doors, Presence, Upkeep};
use crate::tasks::Tasks;
use crate::telemetry::metrics::Metrics;
use crate::wire::pb;
use pb::identity_service_server::IdentityServiceServer;
use pb::ledger_service_server::LedgerServiceServer;
use pb::operation_service_server::OperationServiceServer;
use pb::order_service_server::OrderServiceServer;
use pb::organization_service_server::OrganizationServiceServer;
use pb::report_service_server::ReportServiceServer;

/// Time that closed connections have to be noticed as closed.
const CLOSE_PATIENCE: Duration = Duration::from_secs(2);

/// What a server is made of.
#[derive(Debug)]
pub struct Parts {
    /// Where to listen; port 0 lets the machine choose.
    pub address: SocketAddr,
    /// Bounds of the listener.
    pub listener: ListenerLimits,
    /// What the server shows and whom it lets in.
    pub tls: Arc<ServerTls>,
    /// For certificates' dates.
    pub clock: Arc<dyn Clock>,
    /// Decides and remembers.
    pub engine: Engine,
    /// Opens and seals personal data, and keeps orders' call-up lists; shared with the terminals' door.
    pub sheets: Sheets,
    /// Signs certificates.
    pub authority: Arc<Authority>,
    /// Counts what happens.
    pub metrics: Metrics,
    /// Who is connected.
    pub presence: Arc<dyn Presence>,
    /// The store's own work; none for a store in memory.
    pub upkeep: Option<Arc<dyn Upkeep>>,
    /// Is told of backups, for the page.
    pub figures: Figures,
    /// Age limits and holidays.
    pub law: Law,
    /// Cancelled by [`Server::drain`], so that streams end in order.
    pub draining: CancellationToken,
    /// Services made elsewhere: `extra.add_service(TerminalServiceServer::new(..))`.
    pub extra: RoutesBuilder,
}

/// A serving server. Dropping the handle leaves it running; it ends with its [`Tasks`].
#[derive(Debug)]
pub struct Server {
    listener: Listener,
    health: HealthReporter,
    draining: CancellationToken,
    served: CancellationToken,
}

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address is taken or not ours.
    #[error("listen at {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The machine's word.
        source: io::Error,
    },
    /// The descriptors of the contract cannot be served.
    #[error("serve the contract for reflection: {0}")]
    Reflection(String),
}

impl Server {
    /// Listens and serves.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn start(parts: Parts, tasks: &Tasks) -> Result<Self, StartError> {
        let (draining, served) = (parts.draining.clone(), CancellationToken::new());
        // A group of its own: leaving begins with the doors, and must not tell the engine to stop.
        let doors = Tasks::new();
        let address = parts.address;
        let (listener, incoming) = Listener::start(
            address,
            parts.listener.clone(),
            parts.tls.clone(),
            parts.clock.clone(),
            &parts.metrics,
            &doors,
        )
        .map_err(|source| StartError::Listen { address, source })?;
        let (health, health_service) = tonic_health::server::health_reporter();
        let mut routes = parts.extra;
        parts.sheets.keep(tasks);
        let shared = Doors {
            engine: parts.engine.clone(),
            sheets: parts.sheets,
            authority: parts.authority,
            presence: parts.presence,
            upkeep: parts.upkeep,
            figures: parts.figures,
            law: parts.law,
            connections: listener.connections().clone(),
            draining: draining.clone(),
            tasks: tasks.clone(),
        };
        add_services(&mut routes, &shared);
        routes.add_service(health_service);
        routes.add_service(reflected().build_v1().map_err(unreflected)?);
        // What many clients still ask for; Python's own among them.
        routes.add_service(reflected().build_v1alpha().map_err(unreflected)?);
        let gate = Gate::new(parts.engine.clone(), parts.metrics);
        let (told, closing) = (tasks.stopping().clone(), doors.stopping().clone());
        let serving = serve(gate, routes, incoming, draining.clone(), told, closing);
        watch_doors(tasks, doors, draining.clone());
        watch_trust(tasks, parts.engine, listener.connections().clone());
        let (leaving, ended, stopping) =
            (draining.clone(), served.clone(), tasks.stopping().clone());
        tasks.spawn_vital("rpc.serve", async move {
            serving.await;
            ended.cancel();
            if leaving.is_cancelled() {
                stopping.cancelled().await;
            }
        });
        info!(address = %listener.local_address(), "serving");
        Ok(Self { listener, health, draining, served })
    }

    /// The address listened at, with the real port.
    pub const fn local_address(&self) -> SocketAddr {
        self.listener.local_address()
    }

    /// The open connections.
    pub const fn connections(&self) -> &Connections {
        self.listener.connections()
    }

    /// What the listener has seen; changes can be awaited.
    pub fn counts(&self) -> tokio::sync::watch::Receiver<Counts> {
        self.listener.counts()
    }

    /// Leaves in order: says NOT_SERVING, accepts no more, tells streams to end, lets calls in
    /// flight finish for at most `patience`, then closes what is left. True if nothing was left.
    pub async fn drain(&self, patience: Duration) -> bool {
        self.health.set_service_status("", ServingStatus::NotServing).await;
        self.draining.cancel();
        if tokio::time::timeout(patience, self.served.cancelled()).await.is_ok() {
            return true;
        }
        let left = self.listener.connections().close_all();
        info!(left, "closing connections that did not end by themselves");
        let _given_up =
            tokio::time::timeout(CLOSE_PATIENCE, self.served.cancelled()).await.is_err();
        false
    }
}

macro_rules! officers {
    ($server:ident, $service:expr) => {
        $server::new($service)
            .max_decoding_message_size(limits::OFFICER_REQUEST_LEN_MAX)
            .max_encoding_message_size(limits::OFFICER_ANSWER_LEN_MAX)
    };
}

fn add_services(routes: &mut RoutesBuilder, doors: &Doors) {
    let doors = || doors.clone();
    routes
        .add_service(officers!(OrganizationServiceServer, Organization(doors())))
        .add_service(officers!(OrderServiceServer, Orders::new(doors())))
        .add_service(officers!(LedgerServiceServer, Ledgers(doors())))
        .add_service(officers!(ReportServiceServer, Reports(doors())))
        .add_service(officers!(OperationServiceServer, Operation::new(doors())))
        .add_service(officers!(IdentityServiceServer, Identities(doors())));
}

fn reflected() -> tonic_reflection::server::Builder<'static> {
    tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(pb::DESCRIPTORS)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
}

fn unreflected(error: tonic_reflection::server::Error) -> StartError {
    StartError::Reflection(error.to_string())
}

/// Serves until told to leave or stop.
async fn serve(
    gate: Gate,
    routes: RoutesBuilder,
    incoming: Incoming,
    draining: CancellationToken,
    stopping: CancellationToken,
    doors: CancellationToken,
) {
    // The gate knows each call's own deadline; the library's only bounds the longest of them.
    let http2 = Http2Limits { call_patience: limits::UPKEEP_DEADLINE, ..Http2Limits::default() };
    let told = async move {
        tokio::select! {
            () = draining.cancelled() => {}
            () = stopping.cancelled() => {}
        }
        // Before the listener finds nobody to give a connection to, and takes that for a fault.
        doors.cancel();
    };
    let served = server_builder(&http2)
        .layer(gate)
        .add_routes(routes.routes().prepare())
        .serve_with_incoming_shutdown(incoming, told)
        .await;
    if let Err(fault) = served {
        error!(%fault, "the server ended");
    }
}

/// Whether an officer serves elsewhere or has other roles than in the bundle before.
fn has_changed(holder: &PeerIdentity, before: Option<&Trust>, now: Option<&Trust>) -> bool {
    let Identity::Officer { officer, .. } = &holder.identity else { return false };
    let standing = |trust: Option<&Trust>| {
        let known = trust?.bundle.officer(officer)?;
        Some((known.unit.clone(), known.roles.clone()))
    };
    // Who is new in the bundle had no streams under the one before.
    standing(before).is_some_and(|then| standing(now).as_ref() != Some(&then))
}

/// Ties the doors to the whole: they close when everything stops, and everything stops when they
/// break while the server is meant to serve.
fn watch_doors(tasks: &Tasks, doors: Tasks, draining: CancellationToken) {
    let stopping = tasks.stopping().clone();
    tasks.spawn_vital("rpc.doors", async move {
        tokio::select! {
            () = stopping.cancelled() => doors.stopping().cancel(),
            () = doors.stopping().cancelled() => if draining.is_cancelled() {
                stopping.cancelled().await;
            },
        }
    });
}

/// Ends the connections of holders who are not who they were when their open streams were admitted:
/// whom a new trust bundle leaves out or gives another unit or other roles, who is retired by now,
/// whose terminal was replaced. Whoever still may connects anew and is looked at afresh.
fn watch_trust(tasks: &Tasks, engine: Engine, connections: Connections) {
    let stopping = tasks.stopping().clone();
    let mut published = engine.trusted();
    tasks.spawn_vital("rpc.trust", async move {
        let mut before = engine.world().trust().cloned();
        loop {
            let is_new = tokio::select! {
                () = stopping.cancelled() => return,
                changed = published.changed() => if changed.is_err() { return } else { true },
                () = tokio::time::sleep(limits::STANDING_LOOK_EVERY) => false,
            };
            let now = engine.now();
            let world = engine.world();
            let ended = connections.close_where(|peer| {
                let holder = peer.identity.as_deref();
                // Whoever takes a terminal's place gives it time to hear so first.
                let holder = holder
                    .filter(|holder| is_new || matches!(holder.identity, Identity::Officer { .. }));
                holder.is_some_and(|holder| {
                    principal_of(holder, &world, now).is_err()
                        || has_changed(holder, before.as_deref(), world.trust().map(Arc::as_ref))
                })
            });
            before = world.trust().cloned();
            if ended > 0 {
                info!(ended, "connections of holders who are no longer trusted were ended");
            }
        }
    });
}
