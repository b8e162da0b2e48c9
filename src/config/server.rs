//! `server.toml`.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use serde::{Deserialize, Serialize};

use super::addresses::{HostName, WitnessUrl};
use super::law::RegistrySection;
use super::sections::{self, KeySection, LogSection, MetricsSection, OtlpSection};
use super::values::{Bounded, Names, RelPath};
use crate::telemetry::TelemetryConfig;

/// Everything an operator may set on a server. The sample says what each value is for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServerConfig {
    /// `[[witnesses]]`
    pub witnesses: Vec<WitnessSection>,
    /// `[server]`
    pub server: ListenSection,
    /// `[limits]`
    pub limits: LimitSection,
    /// `[store]`
    pub store: StoreSection,
    /// `[registry]`
    pub registry: RegistrySection,
    /// `[keys]`
    pub keys: KeySection,
    /// `[shutdown]`
    pub shutdown: ShutdownSection,
    /// `[metrics]`
    pub metrics: MetricsSection,
    /// `[log]`
    pub log: LogSection,
    /// `[otlp]`
    pub otlp: OtlpSection,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            witnesses: Vec::new(),
            server: ListenSection::default(),
            limits: LimitSection::default(),
            store: StoreSection::default(),
            registry: RegistrySection::default(),
            keys: KeySection::default(),
            shutdown: ShutdownSection::default(),
            metrics: MetricsSection::on_loopback(9464),
            log: LogSection::default(),
            otlp: OtlpSection::default(),
        }
    }
}

impl ServerConfig {
    /// What [`crate::telemetry::Telemetry::start`] takes.
    pub fn telemetry(&self) -> TelemetryConfig {
        sections::telemetry(&self.log, &self.otlp)
    }
}

/// `[[witnesses]]`: one witness that is asked to cosign the ledger's heads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WitnessSection {
    /// Its name, as in the trust bundle.
    pub name: String,
    /// Where it listens.
    pub url: WitnessUrl,
}

/// `[server]`: the one port for terminals, officers and tools.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ListenSection {
    /// Where it listens, with mutual TLS.
    pub listen: SocketAddr,
    /// The names and addresses in its certificate: every one that a terminal dials.
    pub names: Names<HostName>,
}

impl Default for ListenSection {
    fn default() -> Self {
        Self {
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 7443),
            names: Names::one(HostName::localhost()),
        }
    }
}

/// `[limits]`: bounds that depend on the machine and the province.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitSection {
    /// Connections at once.
    pub connections_max: Bounded<16, 100_000>,
    /// New connections a second, before their handshake.
    pub accepts_per_second_max: Bounded<10, 100_000>,
    /// Handshake, from accept to the end.
    pub handshake_ms: Bounded<1_000, 60_000>,
    /// Between two heartbeats on a terminal's stream; three missed ones end it.
    pub heartbeat_ms: Bounded<1_000, 300_000>,
}

impl Default for LimitSection {
    fn default() -> Self {
        Self {
            connections_max: const { Bounded::new(25_000) },
            accepts_per_second_max: const { Bounded::new(2_000) },
            handshake_ms: const { Bounded::new(10_000) },
            heartbeat_ms: const { Bounded::new(20_000) },
        }
    }
}

/// `[store]`: the journal and its index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StoreSection {
    /// The directory.
    pub dir: RelPath,
    /// Journal bytes after which a snapshot is taken.
    pub snapshot_every_bytes: Bounded<1_048_576, 68_719_476_736>,
    /// Bytes held back, so that answers are still taken when the disk is full.
    pub ballast_bytes: Bounded<1_048_576, 68_719_476_736>,
}

impl Default for StoreSection {
    fn default() -> Self {
        Self {
            dir: RelPath::new("store"),
            snapshot_every_bytes: const { Bounded::new(268_435_456) },
            ballast_bytes: const { Bounded::new(67_108_864) },
        }
    }
}

/// `[shutdown]`: what SIGTERM does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ShutdownSection {
    /// How long calls in flight may take to finish; under what the service manager waits.
    pub drain_ms: Bounded<100, 20_000>,
}

impl Default for ShutdownSection {
    fn default() -> Self {
        Self { drain_ms: const { Bounded::new(15_000) } }
    }
}
