//! Sending spans and metrics to a collector, and counting what could not be sent.
//!
//! Used by [`super::Telemetry`] alone. The connection lives on a runtime of its own with one thread,
//! so that a collector that is slow, silent or gone costs dispatch nothing: a span that finds the
//! queue full is dropped at once, a batch that is not taken within the deadline is given up.
//! Nothing is retried: the next batch is the retry.

use std::future::Future;
use std::mem::ManuallyDrop;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry_otlp::{
    MetricExporter, RetryPolicy, SpanExporter as OtlpSpanExporter, WithExportConfig as _,
    WithTonicConfig as _,
};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use opentelemetry_sdk::metrics::{SdkMeterProvider, Temporality};
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, SdkTracerProvider, Span, SpanData, SpanExporter,
    SpanProcessor,
};
use tokio::runtime::{Handle, Runtime};
use tonic::transport::{Channel, Endpoint};

use super::{OtlpConfig, TelemetryError};

/// Spans waiting to be sent: an order to a whole province with its answers, at about 1 KiB each.
const SPANS_WAITING_MAX: usize = 4096;
/// Spans in one message: the SDK's own default, well under gRPC's 4 MiB.
const SPANS_PER_BATCH: usize = 512;
/// How long a span waits for company: soon enough to watch an order while it runs.
const SPAN_DELAY: Duration = Duration::from_secs(2);

/// What was lost and why, since the process began.
#[derive(Debug, Default)]
pub(super) struct Losses {
    log_lines: AtomicU64,
    spans_queue_full: AtomicU64,
    spans_not_taken: AtomicU64,
    metrics_not_taken: AtomicU64,
}

impl Losses {
    pub(super) fn log_line_dropped(&self) {
        self.log_lines.fetch_add(1, Ordering::Relaxed);
    }

    /// Every count with its signal and reason.
    pub(super) fn counts(&self) -> [(&'static str, &'static str, u64); 4] {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        [
            ("log", "queue_full", read(&self.log_lines)),
            ("span", "queue_full", read(&self.spans_queue_full)),
            ("span", "not_taken", read(&self.spans_not_taken)),
            ("metrics", "not_taken", read(&self.metrics_not_taken)),
        ]
    }
}

/// The way to one collector.
#[derive(Debug)]
pub(super) struct Exporters {
    /// Never dropped: the SDK's threads may hold a timer of it and would panic without it, and a
    /// runtime must not be dropped inside another.
    runtime: ManuallyDrop<Runtime>,
    channel: Channel,
    guard: Arc<Guard>,
}

impl Exporters {
    pub(super) fn new(config: &OtlpConfig, losses: Arc<Losses>) -> Result<Self, TelemetryError> {
        let invalid =
            |reason: String| TelemetryError::Endpoint { endpoint: config.endpoint.clone(), reason };
        if !config.endpoint.starts_with("http://") {
            return Err(invalid("it must begin with http://".to_owned()));
        }
        let endpoint = Endpoint::from_shared(config.endpoint.clone())
            .map_err(|error| invalid(error.to_string()))?
            .connect_timeout(config.timeout)
            .timeout(config.timeout);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("hoatoc-otlp")
            .enable_all()
            .build()
            .map_err(|error| TelemetryError::Start {
                what: "the exporter's runtime",
                reason: error.to_string(),
            })?;
        let channel = {
            let _entered = runtime.enter();
            endpoint.connect_lazy()
        };
        let guard = Guard {
            handle: runtime.handle().clone(),
            timeout: config.timeout,
            waiting: AtomicUsize::new(0),
            failing: AtomicBool::new(false),
            losses,
        };
        Ok(Self { runtime: ManuallyDrop::new(runtime), channel, guard: Arc::new(guard) })
    }

    pub(super) fn spans(&self) -> Result<BoundedSpans, TelemetryError> {
        let exporter = OtlpSpanExporter::builder()
            .with_tonic()
            .with_channel(self.channel.clone())
            .with_timeout(self.guard.timeout)
            .with_retry_policy(RetryPolicy::disabled())
            .build()
            .map_err(|error| not_built("the span exporter", &error))?;
        let batches = BatchConfigBuilder::default()
            .with_max_queue_size(SPANS_WAITING_MAX)
            .with_max_export_batch_size(SPANS_PER_BATCH)
            .with_scheduled_delay(SPAN_DELAY)
            .build();
        let guarded = Guarded { exporter, guard: Arc::clone(&self.guard) };
        let processor = BatchSpanProcessor::builder(guarded).with_batch_config(batches).build();
        Ok(BoundedSpans { processor, guard: Arc::clone(&self.guard) })
    }

    pub(super) fn metrics(&self) -> Result<Guarded<MetricExporter>, TelemetryError> {
        let exporter = MetricExporter::builder()
            .with_tonic()
            .with_channel(self.channel.clone())
            .with_timeout(self.guard.timeout)
            .with_retry_policy(RetryPolicy::disabled())
            .build()
            .map_err(|error| not_built("the metric exporter", &error))?;
        Ok(Guarded { exporter, guard: Arc::clone(&self.guard) })
    }

    /// Flushes and stops both signals, side by side, for at most `within`.
    pub(super) async fn shutdown(
        self,
        traces: SdkTracerProvider,
        meters: SdkMeterProvider,
        within: Duration,
    ) -> Result<(), TelemetryError> {
        let traces = self.runtime.spawn_blocking(move || traces.shutdown_with_timeout(within));
        let meters = self.runtime.spawn_blocking(move || meters.shutdown_with_timeout(within));
        let both = tokio::time::timeout(within, async { (traces.await, meters.await) }).await;
        if let Ok((Ok(Ok(())), Ok(Ok(())))) = both {
            ManuallyDrop::into_inner(self.runtime).shutdown_background();
            Ok(())
        } else {
            Err(TelemetryError::Unflushed { within })
        }
    }
}

fn not_built(what: &'static str, error: &dyn std::error::Error) -> TelemetryError {
    TelemetryError::Start { what, reason: error.to_string() }
}

/// What both exporters share: the clock of their deadlines, and the counts.
#[derive(Debug)]
struct Guard {
    handle: Handle,
    timeout: Duration,
    /// Spans handed to the processor and not yet to the exporter.
    waiting: AtomicUsize,
    failing: AtomicBool,
    losses: Arc<Losses>,
}

impl Guard {
    /// Runs one export to its deadline; says once when the collector goes, and once when it is back.
    async fn bounded(
        &self,
        export: impl Future<Output = OTelSdkResult> + Send,
        lost: impl FnOnce(&Losses) + Send,
    ) -> OTelSdkResult {
        // The SDK's threads know no runtime; the timer needs ours only while it is made.
        let bounded = {
            let _entered = self.handle.enter();
            tokio::time::timeout(self.timeout, export)
        };
        let outcome = match bounded.await {
            Ok(outcome) => outcome,
            Err(_) => Err(OTelSdkError::Timeout(self.timeout)),
        };
        let was_failing = self.failing.swap(outcome.is_err(), Ordering::Relaxed);
        match &outcome {
            Err(error) => {
                lost(&self.losses);
                if !was_failing {
                    tracing::warn!(%error, "the telemetry collector does not answer");
                }
            }
            Ok(()) if was_failing => tracing::info!("the telemetry collector answers again"),
            Ok(()) => {}
        }
        outcome
    }
}

/// An exporter with a deadline and a count.
#[derive(Debug)]
pub(super) struct Guarded<E> {
    exporter: E,
    guard: Arc<Guard>,
}

impl<E: SpanExporter> SpanExporter for Guarded<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let count = batch.len();
        self.guard.waiting.fetch_sub(count, Ordering::Relaxed);
        let lost = |losses: &Losses| {
            let count = u64::try_from(count).unwrap_or(u64::MAX);
            losses.spans_not_taken.fetch_add(count, Ordering::Relaxed);
        };
        self.guard.bounded(self.exporter.export(batch), lost).await
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

impl<E: PushMetricExporter> PushMetricExporter for Guarded<E> {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        let lost = |losses: &Losses| {
            losses.metrics_not_taken.fetch_add(1, Ordering::Relaxed);
        };
        self.guard.bounded(self.exporter.export(metrics), lost).await
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn temporality(&self) -> Temporality {
        self.exporter.temporality()
    }
}

/// The SDK's batch processor behind a bound that counts: its own queue drops in silence.
#[derive(Debug)]
pub(super) struct BoundedSpans {
    processor: BatchSpanProcessor,
    guard: Arc<Guard>,
}

impl SpanProcessor for BoundedSpans {
    fn on_start(&self, span: &mut Span, cx: &Context) {
        self.processor.on_start(span, cx);
    }

    fn on_end(&self, span: SpanData) {
        if self.guard.waiting.fetch_add(1, Ordering::Relaxed) < SPANS_WAITING_MAX {
            self.processor.on_end(span);
        } else {
            self.guard.waiting.fetch_sub(1, Ordering::Relaxed);
            self.guard.losses.spans_queue_full.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.processor.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.processor.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.processor.set_resource(resource);
    }
}
