//! Every number the program shows, under one name each.
//!
//! Whoever does something says so through a method named by what happened; values that are read
//! rather than counted come in as closures over a snapshot (`register_*`). One set of instruments
//! feeds both the page and the collector. Names are `hoatoc_<module>_<noun>_<unit>`; counters end in
//! `_total` on the page.
//!
//! Invariants: a label is a [`Label`], a word of a fixed set, so the number of series is bounded by
//! the source code and no personal data can become one. Counting never blocks and never fails.
//!
//! Counters whose first event matters start at zero, for an alarm on their growth cannot see a
//! series that is born with its first event.

mod board;
mod duty;
mod edge;
mod work;

use std::sync::Arc;

use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Histogram, Meter, MeterProvider as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::{MeterProviderBuilder, SdkMeterProvider};
use prometheus::{Registry, TextEncoder};

pub use board::{BoardCounts, BoardLine};
pub use work::{EngineCounts, StoreCounts, WitnessCounts};

use super::TelemetryError;
use super::export::Losses;
use duty::Duty;
use edge::Edge;
use work::Work;

/// A word from a fixed set in the source code: never an identity, a name or anything typed in.
pub type Label = &'static str;

/// All instruments of this process. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Metrics {
    instruments: Arc<Instruments>,
}

#[derive(Debug)]
struct Instruments {
    duty: Duty,
    work: Work,
    edge: Edge,
    meter: MeterHandle,
    registry: Registry,
    /// The last of its clones to go ends the page and the exports.
    _provider: SdkMeterProvider,
}

/// A [`Meter`] that can stand in a struct with `Debug`.
#[derive(Clone)]
struct MeterHandle(Meter);

impl std::fmt::Debug for MeterHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Meter")
    }
}

/// A provider that feeds a page, ready for further readers, and the registry behind the page.
pub(super) fn provider(
    resource: Resource,
) -> Result<(Registry, MeterProviderBuilder), TelemetryError> {
    let registry = Registry::new();
    let page = opentelemetry_prometheus::exporter()
        .with_registry(registry.clone())
        .scope_info_enabled(false)
        .without_target_info()
        // Our names carry their unit already.
        .without_units()
        .build()
        .map_err(|error| TelemetryError::Start {
            what: "the metrics page",
            reason: error.to_string(),
        })?;
    Ok((registry, SdkMeterProvider::builder().with_resource(resource).with_reader(page)))
}

impl Metrics {
    pub(super) fn new(provider: SdkMeterProvider, registry: Registry, role: Label) -> Self {
        let meter = provider.meter("hoatoc");
        let build =
            [KeyValue::new("version", env!("CARGO_PKG_VERSION")), KeyValue::new("role", role)];
        meter
            .u64_gauge("hoatoc_build_info")
            .with_description("Always 1; the labels say what runs")
            .build()
            .record(1, &build);
        let instruments = Instruments {
            duty: Duty::new(&meter),
            work: Work::new(&meter),
            edge: Edge::new(&meter),
            meter: MeterHandle(meter),
            registry,
            _provider: provider,
        };
        Self { instruments: Arc::new(instruments) }
    }

    /// Instruments that nobody reads, for tests of those who count.
    pub fn noop() -> Self {
        Self::new(SdkMeterProvider::builder().build(), Registry::new(), "noop")
    }

    /// Instruments with a page and no collector, for tools that measure themselves.
    ///
    /// # Errors
    /// [`TelemetryError::Start`] if the page's exporter cannot be made.
    pub fn with_page(role: Label) -> Result<Self, TelemetryError> {
        let (registry, provider) = provider(Resource::builder_empty().build())?;
        Ok(Self::new(provider.build(), registry, role))
    }

    /// Everything now, in Prometheus' text format. Runs the registered closures.
    ///
    /// # Errors
    /// [`TelemetryError::Page`] if two instruments contradict each other.
    pub fn page_text(&self) -> Result<String, TelemetryError> {
        TextEncoder::new()
            .encode_to_string(&self.instruments.registry.gather())
            .map_err(|error| TelemetryError::Page { reason: error.to_string() })
    }

    /// Shows what telemetry itself has lost.
    pub(super) fn register_losses(&self, losses: Arc<Losses>) {
        self.meter()
            .u64_observable_counter("hoatoc_telemetry_lost")
            .with_description("Log lines, spans and metric exports given up, by signal and reason")
            .with_callback(move |observer| {
                for (signal, reason, count) in losses.counts() {
                    let labels = [KeyValue::new("signal", signal), KeyValue::new("reason", reason)];
                    observer.observe(count, &labels);
                }
            })
            .build();
    }

    fn meter(&self) -> &Meter {
        &self.instruments.meter.0
    }
}

fn counter(meter: &Meter, name: &'static str, description: &'static str) -> Counter<u64> {
    meter.u64_counter(name).with_description(description).build()
}

fn seconds(
    meter: &Meter,
    name: &'static str,
    description: &'static str,
    buckets: &[f64],
) -> Histogram<f64> {
    let builder = meter.f64_histogram(name).with_description(description).with_unit("s");
    builder.with_boundaries(buckets.to_vec()).build()
}
