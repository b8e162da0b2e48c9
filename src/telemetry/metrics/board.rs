//! The board's totals, read when someone looks.
//!
//! The fan-out registers one closure; it reads a snapshot and must not wait for anyone.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry::KeyValue;

use super::{Label, Metrics};

/// Who is connected, and how the open orders stand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BoardCounts {
    /// Terminals with an open stream.
    pub terminals_connected: u64,
    /// Terminals that hold a valid enrolment.
    pub terminals_enrolled: u64,
    /// One line for each handling that has, or may have, open orders.
    pub lines: Vec<BoardLine>,
}

/// The open orders of one handling. The five states are each endpoint's furthest one and add up to
/// all endpoints of all open orders: who did not answer stays in the denominator.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BoardLine {
    /// `actual`, `exercise`, `test`.
    pub handling: Label,
    /// Open orders.
    pub orders_open: u64,
    /// Endpoints whose device does not have the order.
    pub unreached: u64,
    /// Endpoints whose device has it and where nobody has answered for it.
    pub silent: u64,
    /// Endpoints that acknowledged and said nothing further.
    pub acknowledged: u64,
    /// Endpoints that accepted.
    pub accepted: u64,
    /// Endpoints that declined.
    pub declined: u64,
    /// How long the endpoint that waits longest has owed an acknowledgement; `None` if none does.
    pub oldest_unanswered: Option<Duration>,
}

impl BoardLine {
    const fn endpoints(&self) -> [(Label, u64); 5] {
        [
            ("unreached", self.unreached),
            ("silent", self.silent),
            ("acknowledged", self.acknowledged),
            ("accepted", self.accepted),
            ("declined", self.declined),
        ]
    }
}

impl Metrics {
    /// Shows the board's totals from now on; once in a process, for there is no taking it back.
    pub fn register_board(&self, read: impl Fn() -> BoardCounts + Send + Sync + 'static) {
        let read = Arc::new(read);
        let (connected, enrolled) = (Arc::clone(&read), Arc::clone(&read));
        let (orders, endpoints, oldest) = (Arc::clone(&read), Arc::clone(&read), read);
        let gauge = |name, description| {
            self.meter().u64_observable_gauge(name).with_description(description)
        };
        gauge("hoatoc_board_terminals_connected", "Terminals with an open stream")
            .with_callback(move |o| o.observe(connected().terminals_connected, &[]))
            .build();
        gauge("hoatoc_board_terminals_enrolled", "Terminals with a valid enrolment")
            .with_callback(move |o| o.observe(enrolled().terminals_enrolled, &[]))
            .build();
        gauge("hoatoc_board_orders_open", "Open orders by handling")
            .with_callback(move |o| {
                for line in orders().lines {
                    o.observe(line.orders_open, &[KeyValue::new("handling", line.handling)]);
                }
            })
            .build();
        gauge("hoatoc_board_endpoints", "Endpoints of open orders by handling and state")
            .with_callback(move |o| {
                for line in endpoints().lines {
                    for (state, count) in line.endpoints() {
                        let handling = KeyValue::new("handling", line.handling);
                        o.observe(count, &[handling, KeyValue::new("state", state)]);
                    }
                }
            })
            .build();
        self.meter()
            .f64_observable_gauge("hoatoc_board_oldest_unanswered_seconds")
            .with_description("How long the endpoint that waits longest owes an answer")
            .with_unit("s")
            .with_callback(move |o| {
                for line in oldest().lines {
                    let waited = line.oldest_unanswered.unwrap_or_default().as_secs_f64();
                    o.observe(waited, &[KeyValue::new("handling", line.handling)]);
                }
            })
            .build();
    }
}
