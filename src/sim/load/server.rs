//! Our server as it is shipped, on a prepared store.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tonic::service::RoutesBuilder;

use crate::clock::Clock;
use crate::domain::ids::OrderId;
use crate::domain::registry::eligibility::Law;
use crate::domain::world::{Actor, Command, Request};
use crate::engine::upkeep::Figures;
use crate::engine::{Engine, Parts};
use crate::evidence::seal::Sealer;
use crate::fanout::{Hub, Settings, Sheets};
use crate::index::Registry;
use crate::pki::authority::Authority;
use crate::pki::config::ServerTls;
use crate::rpc::listener::ListenerLimits;
use crate::rpc::server::{Parts as ServerParts, Server};
use crate::rpc::terminal::TerminalDoor;
use crate::sim::load::crowd::Crowd;
use crate::sim::load::fixture::Fault;
use crate::store::journaled::{SledStore, StoreOptions};
use crate::tasks::Tasks;
use crate::telemetry::metrics::Metrics;

/// A serving server.
#[derive(Debug)]
pub struct LoadServer {
    /// Where it listens.
    pub address: SocketAddr,
    engine: Engine,
    sealer: Arc<Sealer>,
    tasks: Tasks,
    _server: Server,
}

impl LoadServer {
    /// Serves the store in `store_dir` on loopback.
    ///
    /// # Errors
    /// Whatever fails.
    pub fn start(
        store_dir: &Path,
        authority: Authority,
        tls: Arc<ServerTls>,
        clock: Arc<dyn Clock>,
        tasks: &Tasks,
    ) -> Result<Self, Fault> {
        let store = Arc::new(SledStore::open(store_dir, StoreOptions::server())?);
        let metrics = Metrics::noop();
        let engine = Engine::start(
            Parts {
                store: store.clone(),
                clock: clock.clone(),
                ledger_key: None,
                registry: Registry::default(),
                metrics: metrics.clone(),
            },
            tasks,
        )?;
        let hub = Hub::default();
        let sealer = Arc::new(Sealer::new(&[7; 32]));
        let sheets = Sheets::new(engine.clone(), sealer.clone());
        let door = TerminalDoor {
            engine: engine.clone(),
            sheets: sheets.clone(),
            hub: hub.clone(),
            tasks: tasks.clone(),
            settings: Settings { heartbeat: Duration::from_secs(20) },
            metrics: metrics.clone(),
        };
        let mut extra = RoutesBuilder::default();
        extra.add_service(door.into_service());
        let server = Server::start(
            ServerParts {
                address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
                // All terminals come from one address here; a province's do not.
                listener: ListenerLimits {
                    connections_per_ip_max: 100_000,
                    connections_max: 100_000,
                    accepts_per_second: 100_000,
                    accepts_burst: 100_000,
                    ..ListenerLimits::default()
                },
                tls,
                clock,
                engine: engine.clone(),
                sheets,
                authority: Arc::new(authority),
                metrics,
                presence: Arc::new(hub),
                upkeep: Some(store),
                figures: Figures::default(),
                law: Law::default(),
                draining: CancellationToken::new(),
                extra,
            },
            tasks,
        )?;
        Ok(Self {
            address: server.local_address(),
            engine,
            sealer,
            tasks: tasks.clone(),
            _server: server,
        })
    }

    /// Issues a prepared order.
    ///
    /// # Errors
    /// When it is refused.
    pub async fn issue(&self, order: OrderId) -> Result<(), Fault> {
        let actor = Actor::Officer("load".parse()?);
        let command = Command::Issue { order, traceparent: String::new() };
        self.engine.submit(Request { actor, id: None, command }).await?;
        Ok(())
    }

    /// Sets an import, reports and watchers to work beside the orders; they go when it is dropped.
    pub fn crowd(&self, order: OrderId) -> Crowd {
        Crowd::start(&self.engine, &self.sealer, order, &self.tasks)
    }
}
