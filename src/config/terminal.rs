//! `terminal.toml`.

use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize};

use super::addresses::Address;
use super::sections::{self, KeySection, LogSection, MetricsSection, OtlpSection};
use super::values::{Bounded, Names, RelPath};
use crate::telemetry::TelemetryConfig;

/// Everything an operator may set on a terminal. The sample says what each value is for.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TerminalConfig {
    /// `[link]`
    #[serde(deserialize_with = "ordered")]
    pub link: LinkSection,
    /// `[inbox]`
    pub inbox: InboxSection,
    /// `[keys]`
    pub keys: KeySection,
    /// `[metrics]`; off by default.
    pub metrics: MetricsSection,
    /// `[log]`
    pub log: LogSection,
    /// `[otlp]`
    pub otlp: OtlpSection,
}

impl TerminalConfig {
    /// What [`crate::telemetry::Telemetry::start`] takes.
    pub fn telemetry(&self) -> TelemetryConfig {
        sections::telemetry(&self.log, &self.otlp)
    }
}

/// `[link]`: the stream to the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LinkSection {
    /// The servers, tried in turn.
    pub servers: Names<Address>,
    /// How long one attempt to connect may take.
    pub connect_ms: Bounded<1_000, 120_000>,
    /// Between two heartbeats of ours; three missed answers end the stream.
    pub heartbeat_ms: Bounded<1_000, 300_000>,
    /// The longest wait before the first new attempt; each later one doubles, with full jitter.
    pub backoff_min_ms: Bounded<50, 60_000>,
    /// The longest wait there is.
    pub backoff_max_ms: Bounded<1_000, 600_000>,
}

impl Default for LinkSection {
    fn default() -> Self {
        let server = Address::try_from("localhost:7443".to_owned());
        Self {
            servers: Names::one(server.expect("the text is a host and a port")),
            connect_ms: const { Bounded::new(20_000) },
            heartbeat_ms: const { Bounded::new(20_000) },
            backoff_min_ms: const { Bounded::new(500) },
            backoff_max_ms: const { Bounded::new(30_000) },
        }
    }
}

/// `[inbox]`: orders received and answers not yet recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct InboxSection {
    /// The directory.
    pub dir: RelPath,
}

impl Default for InboxSection {
    fn default() -> Self {
        Self { dir: RelPath::new("store") }
    }
}

fn ordered<'de, D: Deserializer<'de>>(deserializer: D) -> Result<LinkSection, D::Error> {
    let link = LinkSection::deserialize(deserializer)?;
    let (min, max) = (link.backoff_min_ms.value(), link.backoff_max_ms.value());
    if min > max {
        let reason = format!("backoff_min_ms ({min}) is over backoff_max_ms ({max})");
        return Err(D::Error::custom(reason));
    }
    Ok(link)
}
