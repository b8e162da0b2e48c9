//! The doors of a serving server, from its home to its draining.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context as _, Result};
use tokio_util::sync::CancellationToken;
use tonic::service::RoutesBuilder;

use crate::clock::Clock;
use crate::config::home::ServerHome;
use crate::engine::Engine;
use crate::engine::rekey::Rekeying;
use crate::engine::upkeep::Figures;
use crate::evidence::seal::keyring::KeepKeys as _;
use crate::fanout::{Hub, Settings, Sheets, board};
use crate::limits;
use crate::pki::authority::Authority;
use crate::pki::config::{ServerTls, ServerTlsParts};
use crate::roster::lists::{shipped_equipment_types, shipped_specialties};
use crate::rpc::certificate::revocation::Revocations;
use crate::rpc::certificate::{Keeper, end_of_pem};
use crate::rpc::listener::ListenerLimits;
use crate::rpc::registry::LookupLimiter;
use crate::rpc::registry::gate::BehindTheGate;
use crate::rpc::registry::plan::PlanDoor;
use crate::rpc::registry::{RegistryDoor, RegistryParts};
use crate::rpc::server::{Parts, Server};
use crate::rpc::services::key::Keys;
use crate::rpc::terminal::TerminalDoor;
use crate::store::journaled::SledStore;
use crate::tasks::Tasks;
use crate::telemetry::Metrics;
use crate::wire::pb::figure_service_server::FigureServiceServer;
use crate::wire::pb::force_service_server::ForceServiceServer;
use crate::wire::pb::key_service_server::KeyServiceServer;
use crate::wire::pb::plan_service_server::PlanServiceServer;
use crate::wire::pb::registry_service_server::RegistryServiceServer;

/// What the doors are made of.
#[derive(Debug)]
pub(in crate::cli) struct Serving {
    /// Configuration and keys.
    pub(in crate::cli) home: ServerHome,
    /// The engine, started.
    pub(in crate::cli) engine: Engine,
    /// The store, for backup and check.
    pub(in crate::cli) store: Arc<SledStore>,
    /// The figures about it.
    pub(in crate::cli) figures: Figures,
    /// The time of day.
    pub(in crate::cli) clock: Arc<dyn Clock>,
    /// Counts what happens.
    pub(in crate::cli) metrics: Metrics,
    /// Starts and stops what moves; its token says when to drain.
    pub(in crate::cli) tasks: Tasks,
    /// Set once calls are taken, and cleared when draining begins.
    pub(in crate::cli) ready: Arc<AtomicBool>,
}

/// Opened doors.
#[derive(Debug)]
pub(in crate::cli) struct Doors {
    server: Server,
    hub: Hub,
    serving: Serving,
}

impl Serving {
    /// Opens the doors: from here on calls are taken.
    pub(in crate::cli) fn open(self) -> Result<Doors> {
        let config = &self.home.config;
        let tls = Arc::new(
            ServerTls::new(
                ServerTlsParts {
                    province: self.home.province().clone(),
                    authority_pem: self.home.authority.certificate_pem().to_owned(),
                    credentials: self.home.credentials.clone(),
                    revocations_pem: None,
                },
                self.clock.clone(),
            )
            .context("the server's certificate is not usable")?,
        );
        let authority = Arc::new(Authority::load(
            self.home.province(),
            self.home.authority.certificate_pem(),
            &self.home.authority.key_pem(),
        )?);
        self.keep_certificate(&tls, &authority);
        let revocations = Revocations::begin(
            self.engine.clone(),
            Arc::clone(&authority),
            Arc::clone(&tls),
            Arc::clone(&self.clock),
            self.home.revocations_file(),
        )?;
        let hub = Hub::default();
        let sheets = Sheets::new(self.engine.clone(), Arc::clone(self.home.keys.sealer()));
        let door = TerminalDoor {
            engine: self.engine.clone(),
            sheets: sheets.clone(),
            hub: hub.clone(),
            // A group of their own: sessions end by being told to, before anything else stops.
            tasks: Tasks::new(),
            settings: Settings { heartbeat: config.limits.heartbeat_ms.millis() },
            metrics: self.metrics.clone(),
        };
        let extra = self.extra(door);
        let parts = Parts {
            address: config.server.listen,
            listener: listener_limits(&self.home),
            tls,
            clock: self.clock.clone(),
            engine: self.engine.clone(),
            sheets,
            authority,
            metrics: self.metrics.clone(),
            presence: Arc::new(hub.clone()),
            upkeep: Some(self.store.clone()),
            figures: self.figures.clone(),
            law: config.registry.law(),
            draining: CancellationToken::new(),
            extra,
        };
        let server = Server::start(parts, &self.tasks)?;
        revocations.keep(server.connections().clone(), limits::REVOCATIONS_LOOK_EVERY, &self.tasks);
        let (engine, shown) = (self.engine.clone(), hub.clone());
        self.metrics.register_board(move || board::counts(&engine, &shown));
        self.ready.store(true, Ordering::Release);
        Ok(Doors { server, hub, serving: self })
    }

    /// The services that are made here and not by the server itself.
    fn extra(&self, door: TerminalDoor) -> RoutesBuilder {
        let registry = RegistryDoor::new(
            RegistryParts {
                engine: self.engine.clone(),
                sealer: Arc::clone(self.home.keys.sealer()),
                keys: Arc::clone(&self.home.keys) as _,
                tasks: self.tasks.clone(),
                lookups: LookupLimiter::default(),
                specialties: shipped_specialties(),
                equipment_types: shipped_equipment_types(),
                law: self.home.config.registry.law(),
            },
            BehindTheGate { engine: self.engine.clone() },
        );
        let kept = Arc::clone(&self.home.keys) as _;
        let rekeying = Rekeying::start(self.engine.clone(), kept, &self.tasks);
        let keys = Keys { engine: self.engine.clone(), rekeying };
        let mut extra = RoutesBuilder::default();
        extra.add_service(KeyServiceServer::new(keys));
        extra.add_service(door.into_service());
        add_registry(&mut extra, registry);
        extra
    }

    /// Has the server's certificate renewed while it serves, and shows the days left of all that ends.
    fn keep_certificate(&self, tls: &Arc<ServerTls>, authority: &Arc<Authority>) {
        let keeper = Keeper {
            certificate: self.home.certificate(),
            held: self.home.credentials.clone(),
            authority: Arc::clone(authority),
            tls: Arc::clone(tls),
            clock: Arc::clone(&self.clock),
        };
        let ends = keeper.keep(limits::SERVER_CERTIFICATE_LOOK_EVERY, &self.tasks);
        let authority_ends = end_of_pem(authority.certificate_pem());
        let (engine, clock) = (self.engine.clone(), Arc::clone(&self.clock));
        self.metrics.register_certificates(move || {
            let now = clock.now();
            let trust_ends = engine.world().trust().map(|trust| trust.bundle.expires_at);
            let all = [
                ("server", Some(*ends.borrow())),
                ("authority", Some(authority_ends)),
                ("trust_bundle", trust_ends),
            ];
            let known = all.into_iter().filter_map(|(name, end)| end.map(|end| (name, end)));
            known.map(|(name, end)| (name, days(end.millis_since(now)))).collect()
        });
    }
}

impl Doors {
    /// Where calls are taken, with the real port.
    pub(in crate::cli) const fn local_address(&self) -> SocketAddr {
        self.server.local_address()
    }

    /// Serves until the tasks are told to stop, then drains for at most `shutdown.drain_ms`. The
    /// engine ends when the last handle to it is dropped, at the end of this function.
    pub(in crate::cli) async fn serve(self) {
        self.serving.tasks.stopping().cancelled().await;
        self.serving.ready.store(false, Ordering::Release);
        self.hub.drain();
        self.server.drain(self.serving.home.config.shutdown.drain_ms.millis()).await;
    }
}

/// The registry's door, and the plan's on the same records.
fn add_registry(extra: &mut RoutesBuilder, registry: RegistryDoor<BehindTheGate>) {
    let plan = PlanDoor::beside(&registry);
    extra.add_service(
        FigureServiceServer::new(registry.clone())
            .max_decoding_message_size(limits::MESSAGE_LEN_MAX)
            .max_encoding_message_size(limits::OFFICER_ANSWER_LEN_MAX),
    );
    extra.add_service(
        ForceServiceServer::new(registry.clone())
            .max_decoding_message_size(limits::MESSAGE_LEN_MAX)
            .max_encoding_message_size(limits::OFFICER_ANSWER_LEN_MAX),
    );
    extra.add_service(
        RegistryServiceServer::new(registry)
            .max_decoding_message_size(limits::MESSAGE_LEN_MAX)
            .max_encoding_message_size(limits::OFFICER_ANSWER_LEN_MAX),
    );
    extra.add_service(
        PlanServiceServer::new(plan)
            .max_decoding_message_size(limits::OFFICER_REQUEST_LEN_MAX)
            .max_encoding_message_size(limits::OFFICER_ANSWER_LEN_MAX),
    );
}

/// Whole days are enough for an alarm.
fn days(millis: i64) -> f64 {
    const DAY_MS: i64 = 86_400_000;
    i32::try_from(millis.div_euclid(DAY_MS)).map_or(f64::NAN, f64::from)
}

fn listener_limits(home: &ServerHome) -> ListenerLimits {
    let limits = &home.config.limits;
    let accepts = u32::try_from(limits.accepts_per_second_max.value()).unwrap_or(u32::MAX);
    ListenerLimits {
        connections_max: limits.connections_max.count(),
        accepts_per_second: accepts,
        accepts_burst: accepts.saturating_mul(2),
        handshake_patience: limits.handshake_ms.millis(),
        ..ListenerLimits::default()
    }
}
