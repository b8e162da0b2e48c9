//! What a duty officer asks: what went out, who has it, how long did it take.
//!
//! Called by the engine after a commit, never before: a number here is a recorded fact.

use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Histogram, Meter};

use super::{Label, Metrics, counter, seconds};

/// 10 ms (a terminal on the same network) to 4 h (a courier), in seconds.
const DELIVERY_BUCKETS: [f64; 19] = [
    0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0,
    1800.0, 3600.0, 7200.0, 14400.0,
];

#[derive(Debug)]
pub(super) struct Duty {
    orders_issued: Counter<u64>,
    signatures: Counter<u64>,
    refusals: Counter<u64>,
    facts: Counter<u64>,
    time_to_deliver: Histogram<f64>,
    time_to_open: Histogram<f64>,
    time_to_acknowledge: Histogram<f64>,
}

impl Duty {
    pub(super) fn new(meter: &Meter) -> Self {
        let time = |name, description| seconds(meter, name, description, &DELIVERY_BUCKETS);
        Self {
            orders_issued: counter(
                meter,
                "hoatoc_order_issued",
                "Orders, cancels and updates issued, by handling and kind",
            ),
            signatures: counter(
                meter,
                "hoatoc_order_signatures",
                "Officers' signatures accepted on orders, by handling",
            ),
            refusals: counter(
                meter,
                "hoatoc_order_refusals",
                "Orders and signatures refused, by reason",
            ),
            facts: counter(
                meter,
                "hoatoc_delivery_facts",
                "Receipts and answers recorded, by handling and fact",
            ),
            time_to_deliver: time(
                "hoatoc_delivery_time_to_deliver_seconds",
                "From issue until the endpoint's device had the order",
            ),
            time_to_open: time(
                "hoatoc_delivery_time_to_open_seconds",
                "From issue until a person saw the order",
            ),
            time_to_acknowledge: time(
                "hoatoc_delivery_time_to_acknowledge_seconds",
                "From issue until a person answered for the order",
            ),
        }
    }
}

impl Metrics {
    /// An order of this `handling` (`actual`, `exercise`, `test`) and `kind` was issued.
    pub fn order_issued(&self, handling: Label, kind: Label) {
        let labels = [KeyValue::new("handling", handling), KeyValue::new("kind", kind)];
        self.instruments.duty.orders_issued.add(1, &labels);
    }

    /// An officer's signature was accepted.
    pub fn signature_accepted(&self, handling: Label) {
        self.instruments.duty.signatures.add(1, &[KeyValue::new("handling", handling)]);
    }

    /// An order or a signature was refused; `reason` is the refusal's stable code.
    pub fn order_refused(&self, reason: Label) {
        self.instruments.duty.refusals.add(1, &[KeyValue::new("reason", reason)]);
    }

    /// A receipt or an answer was recorded: `delivered`, `opened`, `acknowledged`, `accepted`,
    /// `declined`, `strength`, `done`.
    pub fn fact_recorded(&self, handling: Label, fact: Label) {
        let labels = [KeyValue::new("handling", handling), KeyValue::new("fact", fact)];
        self.instruments.duty.facts.add(1, &labels);
    }

    /// An endpoint has the order, `after` its issue.
    pub fn delivered_after(&self, handling: Label, after: Duration) {
        let labels = [KeyValue::new("handling", handling)];
        self.instruments.duty.time_to_deliver.record(after.as_secs_f64(), &labels);
    }

    /// A person opened the order, `after` its issue.
    pub fn opened_after(&self, handling: Label, after: Duration) {
        let labels = [KeyValue::new("handling", handling)];
        self.instruments.duty.time_to_open.record(after.as_secs_f64(), &labels);
    }

    /// A person acknowledged the order, `after` its issue.
    pub fn acknowledged_after(&self, handling: Label, after: Duration) {
        let labels = [KeyValue::new("handling", handling)];
        self.instruments.duty.time_to_acknowledge.record(after.as_secs_f64(), &labels);
    }
}
