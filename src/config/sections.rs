//! The sections that both files have.

use std::net::{Ipv4Addr, SocketAddr};

use serde::{Deserialize, Serialize};

use super::addresses::{CollectorAddr, MaybeAddr};
use super::values::{Bounded, LogFilter, Ratio, RelPath};
use crate::telemetry::{LogFormat, OtlpConfig, TelemetryConfig};

/// `[log]`: what is written to standard error.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogSection {
    /// For a person or for a machine.
    pub format: LogFormat,
    /// Which lines.
    pub filter: LogFilter,
}

/// `[metrics]`: the page for Prometheus.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MetricsSection {
    /// Where the page listens, in plain HTTP; nowhere if empty.
    pub listen: MaybeAddr,
}

impl MetricsSection {
    pub(super) const fn on_loopback(port: u16) -> Self {
        let addr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), port);
        Self { listen: MaybeAddr(Some(addr)) }
    }
}

/// `[otlp]`: a collector for traces and metrics.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OtlpSection {
    /// The collector; off if empty.
    pub endpoint: CollectorAddr,
    /// The share of traces sent.
    pub sample_ratio: Ratio,
    /// How long one export may take.
    pub timeout_ms: Bounded<100, 30_000>,
    /// How often metrics are sent.
    pub metrics_every_ms: Bounded<1_000, 3_600_000>,
}

impl Default for OtlpSection {
    fn default() -> Self {
        Self {
            endpoint: CollectorAddr(None),
            sample_ratio: Ratio::ALL,
            timeout_ms: const { Bounded::new(5_000) },
            metrics_every_ms: const { Bounded::new(15_000) },
        }
    }
}

/// `[keys]`: where private keys and certificates lie.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KeySection {
    /// The directory; only its owner may read it.
    pub dir: RelPath,
}

impl Default for KeySection {
    fn default() -> Self {
        Self { dir: RelPath::new("keys") }
    }
}

/// What telemetry is started with.
pub(super) fn telemetry(log: &LogSection, otlp: &OtlpSection) -> TelemetryConfig {
    TelemetryConfig {
        log_format: log.format,
        log_filter: log.filter.as_str().to_owned(),
        otlp: otlp.endpoint.0.clone().map(|endpoint| OtlpConfig {
            endpoint,
            sample_ratio: otlp.sample_ratio.value(),
            timeout: otlp.timeout_ms.millis(),
            metrics_every: otlp.metrics_every_ms.millis(),
        }),
    }
}
