//! What comes in over the wire: connections, calls, certificates, clocks, and a terminal's own link.
//!
//! Called by the acceptor, the rpc layer, the clock's watcher and the terminal.

use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Gauge, Histogram, Meter, UpDownCounter};

use super::{Label, Metrics, counter, seconds};

/// 1 ms to 30 s, in seconds: unary calls; streams are counted when they end.
const RPC_BUCKETS: [f64; 14] =
    [0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

#[derive(Debug)]
pub(super) struct Edge {
    connections_open: UpDownCounter<i64>,
    connections_accepted: Counter<u64>,
    connections_refused: Counter<u64>,
    handshakes_failed: Counter<u64>,
    streams_reset: Counter<u64>,
    requests: Counter<u64>,
    request_duration: Histogram<f64>,
    clock_jumps: Counter<u64>,
    clock_offset: Gauge<f64>,
    terminal_connected: Gauge<u64>,
    terminal_disconnects: Counter<u64>,
    terminal_spool: Gauge<u64>,
}

impl Edge {
    pub(super) fn new(meter: &Meter) -> Self {
        let counted = |name, description| counter(meter, name, description);
        let gauge = |name, description| meter.u64_gauge(name).with_description(description).build();
        let edge = Self {
            connections_open: meter
                .i64_up_down_counter("hoatoc_transport_connections_open")
                .with_description("Connections open after their handshake")
                .build(),
            connections_accepted: counted(
                "hoatoc_transport_connections_accepted",
                "Connections whose handshake succeeded",
            ),
            connections_refused: counted(
                "hoatoc_transport_connections_refused",
                "Connections turned away before or after their handshake, by reason",
            ),
            handshakes_failed: counted(
                "hoatoc_transport_handshakes_failed",
                "TLS handshakes that failed, by reason",
            ),
            streams_reset: counted(
                "hoatoc_transport_streams_reset",
                "Streams cut by this side, by reason",
            ),
            requests: counted("hoatoc_rpc_requests", "Calls answered, by method and code"),
            request_duration: seconds(
                meter,
                "hoatoc_rpc_duration_seconds",
                "From a call's arrival to the end of its answer, by method",
                &RPC_BUCKETS,
            ),
            clock_jumps: counted("hoatoc_clock_jumps", "Times this machine's clock jumped"),
            clock_offset: meter
                .f64_gauge("hoatoc_clock_offset_seconds")
                .with_description("This terminal's clock minus the server's")
                .with_unit("s")
                .build(),
            terminal_connected: gauge(
                "hoatoc_terminal_connected",
                "1 while this terminal's stream is open, else 0",
            ),
            terminal_disconnects: counted(
                "hoatoc_terminal_disconnects",
                "Times this terminal lost its stream, by reason",
            ),
            terminal_spool: gauge(
                "hoatoc_terminal_spool_messages",
                "Receipts and answers of this terminal that the server has not yet recorded",
            ),
        };
        edge.connections_open.add(0, &[]);
        edge.clock_jumps.add(0, &[]);
        edge
    }
}

impl Metrics {
    /// A handshake succeeded; each call is followed by one [`Metrics::connection_closed`].
    pub fn connection_opened(&self) {
        self.instruments.edge.connections_accepted.add(1, &[]);
        self.instruments.edge.connections_open.add(1, &[]);
    }

    /// A connection that was opened is gone.
    pub fn connection_closed(&self) {
        self.instruments.edge.connections_open.add(-1, &[]);
    }

    /// A connection was turned away: too many, too fast, revoked, draining.
    pub fn connection_refused(&self, reason: Label) {
        self.instruments.edge.connections_refused.add(1, &[KeyValue::new("reason", reason)]);
    }

    /// A handshake failed: no certificate, expired, revoked, unknown authority, too slow.
    pub fn handshake_failed(&self, reason: Label) {
        self.instruments.edge.handshakes_failed.add(1, &[KeyValue::new("reason", reason)]);
    }

    /// This side cut a stream: a slow reader, a revoked terminal, a broken rule.
    pub fn stream_reset(&self, reason: Label) {
        self.instruments.edge.streams_reset.add(1, &[KeyValue::new("reason", reason)]);
    }

    /// A call was answered with `code` (gRPC's name of it) in `took`.
    pub fn request_answered(&self, method: Label, code: Label, took: Duration) {
        let labels = [KeyValue::new("method", method), KeyValue::new("code", code)];
        self.instruments.edge.request_duration.record(took.as_secs_f64(), &labels[..1]);
        self.instruments.edge.requests.add(1, &labels);
    }

    /// The wall clock and the monotonic clock of this machine disagree.
    pub fn clock_jumped(&self) {
        self.instruments.edge.clock_jumps.add(1, &[]);
    }

    /// A heartbeat gave a new estimate: this terminal's clock minus the server's, in seconds.
    pub fn clock_offset_estimated(&self, offset_seconds: f64) {
        self.instruments.edge.clock_offset.record(offset_seconds, &[]);
    }

    /// This terminal's stream is open.
    pub fn terminal_connected(&self) {
        self.instruments.edge.terminal_connected.record(1, &[]);
    }

    /// This terminal's stream ended, or an attempt at one failed.
    pub fn terminal_disconnected(&self, reason: Label) {
        self.instruments.edge.terminal_connected.record(0, &[]);
        self.instruments.edge.terminal_disconnects.add(1, &[KeyValue::new("reason", reason)]);
    }

    /// So many messages of this terminal wait to be recorded.
    pub fn spool_holds(&self, messages: u64) {
        self.instruments.edge.terminal_spool.record(messages, &[]);
    }

    /// Shows the days left of each certificate from now on (`server`, `authority`,
    /// `trust_bundle`, `terminal`; negative once expired); once in a process.
    pub fn register_certificates(
        &self,
        days_left: impl Fn() -> Vec<(Label, f64)> + Send + Sync + 'static,
    ) {
        self.meter()
            .f64_observable_gauge("hoatoc_certificate_expiry_days")
            .with_description("Days until it expires, by certificate")
            .with_unit("d")
            .with_callback(move |o| {
                for (certificate, days) in days_left() {
                    o.observe(days, &[KeyValue::new("certificate", certificate)]);
                }
            })
            .build();
    }
}
