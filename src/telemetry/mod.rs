//! Seeing inside: logs, traces and metrics of one process.
//!
//! The command line starts one [`Telemetry`] per process and hands [`Metrics`] to whoever counts;
//! everyone else only uses the `tracing` macros, and [`propagation`] where a call leaves the process.
//!
//! Invariants:
//! - Nothing here can slow, block or stop the work it looks at. Lines and spans wait in bounded
//!   queues and are dropped (and counted) when those are full; exports run on a thread of their own
//!   with a deadline each; the page is served by a task that touches nothing of dispatch.
//! - No personal data: what is logged or counted is an identity, a number or a word of a fixed set.
//!
//! It does not know what the words mean: labels come in as `&'static str`, which also bounds how
//! many series there can be.

mod export;
mod json;
pub mod metrics;
pub mod page;
pub mod propagation;
mod sampling;
#[cfg(test)]
mod tests;
mod writer;

use std::io::{self, IsTerminal as _, Write};
use std::sync::Arc;
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider};
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use tracing::Dispatch;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::{EnvFilter, Targets};
use tracing_subscriber::fmt::format::{FmtSpan, JsonFields};
use tracing_subscriber::layer::{Layer, SubscriberExt as _};
use tracing_subscriber::registry::Registry;
use tracing_subscriber::util::SubscriberInitExt as _;

use export::{Exporters, Losses};
use json::TracedJson;
pub use metrics::Metrics;
use sampling::FollowOrSample;
use writer::LogWriter;

/// What the exporter itself is built from. Their spans are never exported, else each export would
/// make the next; their events are not logged, since [`export`] says the same in our words, once.
const EXPORT_MACHINERY: [&str; 9] = [
    "h2",
    "hyper",
    "hyper_util",
    "tonic",
    "tower",
    "opentelemetry",
    "opentelemetry_sdk",
    "opentelemetry-otlp",
    "opentelemetry-prometheus",
];

/// How a log line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For a person: one compact line, coloured on a terminal.
    #[default]
    Text,
    /// For a machine: one JSON object a line, with `trace_id` and `span_id`.
    Json,
}

/// What [`Telemetry::start`] needs to know.
#[derive(Debug, Clone, PartialEq)]
pub struct TelemetryConfig {
    /// How lines look on standard error.
    pub log_format: LogFormat,
    /// Which lines are written, in `tracing_subscriber`'s syntax: `info,hoatoc::engine=debug`.
    pub log_filter: String,
    /// Where traces and metrics are sent, or `None` for nowhere.
    pub otlp: Option<OtlpConfig>,
}

/// A collector that takes OTLP over gRPC.
#[derive(Debug, Clone, PartialEq)]
pub struct OtlpConfig {
    /// `http://host:port`. Plain text: run the collector on this machine, and let it speak TLS to
    /// the outside.
    pub endpoint: String,
    /// The share of traces begun here that is sent, 0 to 1. A trace that a caller already sends is
    /// always continued, and one that follows an order is always sent.
    pub sample_ratio: f64,
    /// How long one export may take before its batch is given up.
    pub timeout: Duration,
    /// How often metrics are sent.
    pub metrics_every: Duration,
}

/// Why telemetry did not start or end as asked.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter cannot be read.
    #[error("the log filter {filter:?} is not valid: {reason}")]
    Filter {
        /// What was given.
        filter: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The collector's address cannot be used.
    #[error("the collector's address {endpoint:?} is not valid: {reason}")]
    Endpoint {
        /// What was given.
        endpoint: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A second start in one process.
    #[error("telemetry is already started in this process")]
    AlreadyStarted,
    /// A thread or an exporter could not be made.
    #[error("failed to start {what}: {reason}")]
    Start {
        /// Which part.
        what: &'static str,
        /// The system's word.
        reason: String,
    },
    /// The metrics could not be written out.
    #[error("failed to write the metrics page: {reason}")]
    Page {
        /// The encoder's word.
        reason: String,
    },
    /// The collector did not take the last batches in time; they are lost, nothing else is.
    #[error("the last traces and metrics were not taken by the collector within {within:?}")]
    Unflushed {
        /// The deadline that passed.
        within: Duration,
    },
}

/// The telemetry of this process. Keep it until the end, then [`Telemetry::shutdown`].
#[derive(Debug)]
pub struct Telemetry {
    metrics: Metrics,
    traces: SdkTracerProvider,
    meters: SdkMeterProvider,
    exporters: Option<Exporters>,
    log: LogWriter,
}

impl Telemetry {
    /// Starts logging to standard error, and exporting if a collector is configured, for the whole
    /// process. `service` is `hoatoc` or `hoatoc-terminal`; `instance` tells processes of one kind
    /// apart (a node's or an endpoint's number).
    ///
    /// # Errors
    /// [`TelemetryError::Filter`], [`TelemetryError::Endpoint`] for the configuration;
    /// [`TelemetryError::AlreadyStarted`]; [`TelemetryError::Start`] if the system gives no thread.
    pub fn start(
        config: &TelemetryConfig,
        service: &'static str,
        instance: &str,
    ) -> Result<Self, TelemetryError> {
        let stderr = io::stderr();
        let ansi = stderr.is_terminal();
        let (telemetry, dispatch) = Self::build(config, service, instance, stderr, ansi)?;
        match dispatch.try_init() {
            Ok(()) => Ok(telemetry),
            Err(_) => Err(TelemetryError::AlreadyStarted),
        }
    }

    /// All of it but the process-wide part; `sink` takes the log lines.
    fn build(
        config: &TelemetryConfig,
        service: &'static str,
        instance: &str,
        sink: impl Write + Send + 'static,
        ansi: bool,
    ) -> Result<(Self, Dispatch), TelemetryError> {
        let filter = log_filter(&config.log_filter)?;
        let losses = Arc::new(Losses::default());
        let log = LogWriter::start(sink, Arc::clone(&losses))?;
        let exporters = config
            .otlp
            .as_ref()
            .map(|otlp| Exporters::new(otlp, Arc::clone(&losses)))
            .transpose()?;
        let resource = Resource::builder_empty()
            .with_attributes([
                KeyValue::new("service.name", service),
                KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
                KeyValue::new("service.instance.id", instance.to_owned()),
            ])
            .build();
        let traces = tracer_provider(config.otlp.as_ref(), exporters.as_ref(), resource.clone())?;
        let (registry, mut meters) = metrics::provider(resource)?;
        if let (Some(otlp), Some(exporters)) = (&config.otlp, &exporters) {
            let reader = PeriodicReader::builder(exporters.metrics()?);
            meters = meters.with_reader(reader.with_interval(otlp.metrics_every).build());
        }
        let meters = meters.build();
        let metrics = Metrics::new(meters.clone(), registry, service);
        metrics.register_losses(losses);
        let spans = tracing_opentelemetry::layer()
            .with_tracer(traces.tracer("hoatoc"))
            .with_location(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
            .with_filter(
                EXPORT_MACHINERY
                    .iter()
                    .fold(Targets::new().with_default(LevelFilter::INFO), |filter, target| {
                        filter.with_target(*target, LevelFilter::OFF)
                    }),
            );
        let lines = lines(config.log_format, log.clone(), ansi).with_filter(filter);
        let layers: Vec<Box<dyn Layer<Registry> + Send + Sync>> =
            vec![spans.boxed(), lines.boxed()];
        let dispatch = Dispatch::new(tracing_subscriber::registry().with(layers));
        Ok((Self { metrics, traces, meters, exporters, log }, dispatch))
    }

    /// The instruments; clone them freely.
    pub const fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Sends what is waiting and stops exporting; returns within `within`, plus a moment for the
    /// log's last lines. Call it last, inside a tokio runtime.
    ///
    /// # Errors
    /// [`TelemetryError::Unflushed`]: the collector was too slow or is gone.
    pub async fn shutdown(mut self, within: Duration) -> Result<(), TelemetryError> {
        let outcome = match self.exporters.take() {
            Some(exporters) => {
                exporters.shutdown(self.traces.clone(), self.meters.clone(), within).await
            }
            None => Ok(()),
        };
        if let Err(error) = &outcome {
            tracing::warn!(%error, "telemetry ended with losses");
        }
        self.log.flush(writer::FLUSH_WAIT_MAX);
        outcome
    }
}

/// The filter of the log. An operator's own word on the export machinery wins over ours.
fn log_filter(text: &str) -> Result<EnvFilter, TelemetryError> {
    let filter = |reason: String| TelemetryError::Filter { filter: text.to_owned(), reason };
    let mut directives = text.to_owned();
    for target in EXPORT_MACHINERY.iter().filter(|target| target.starts_with("opentelemetry")) {
        if !text.contains("opentelemetry") {
            directives.push_str(&format!(",{target}=off"));
        }
    }
    EnvFilter::builder().parse(&directives).map_err(|error| filter(error.to_string()))
}

/// Traces are numbered even when nobody collects them, so that log lines of one order can be found
/// by their `trace_id` on both sides of a call.
fn tracer_provider(
    otlp: Option<&OtlpConfig>,
    exporters: Option<&Exporters>,
    resource: Resource,
) -> Result<SdkTracerProvider, TelemetryError> {
    let builder = SdkTracerProvider::builder().with_resource(resource);
    Ok(match (otlp, exporters) {
        (Some(otlp), Some(exporters)) => builder
            .with_sampler(FollowOrSample::new(otlp.sample_ratio))
            .with_span_processor(exporters.spans()?)
            .build(),
        _ => builder.with_sampler(Sampler::AlwaysOff).build(),
    })
}

/// The layer that writes lines.
fn lines(format: LogFormat, log: LogWriter, ansi: bool) -> Box<dyn Layer<Registry> + Send + Sync> {
    let layer = tracing_subscriber::fmt::layer().with_writer(log).with_span_events(FmtSpan::NONE);
    match format {
        LogFormat::Text => layer.compact().with_ansi(ansi).boxed(),
        LogFormat::Json => layer
            .with_ansi(false)
            .fmt_fields(JsonFields::new())
            .event_format(TracedJson::default())
            .boxed(),
    }
}
