//! The duty officer's totals, for the metrics page: who is connected, and how open orders stand.
//!
//! Registered by the roof, read when somebody looks; walks the few orders in force and what was
//! heard of them.

use std::time::Duration;

use crate::domain::instant::Instant;
use crate::domain::order::handling::Handling;
use crate::domain::world::{OrderFile, World};
use crate::engine::Engine;
use crate::fanout::hub::Hub;
use crate::telemetry::metrics::{BoardCounts, BoardLine};

/// How everything stands now.
pub fn counts(engine: &Engine, hub: &Hub) -> BoardCounts {
    let (now, world) = (engine.now(), engine.world());
    let enrolled = world.endpoints().iter().filter(|endpoint| endpoint.terminal.is_some()).count();
    BoardCounts {
        terminals_connected: count(hub.connected()),
        terminals_enrolled: count(enrolled),
        lines: Handling::ALL.iter().map(|handling| line(&world, *handling, now)).collect(),
    }
}

fn count(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}

fn line(world: &World, handling: Handling, now: Instant) -> BoardLine {
    let mut line = BoardLine { handling: handling.as_str(), ..BoardLine::default() };
    for file in world.current(now).filter(|file| file.order.handling == handling) {
        let counts = &file.counts;
        line.orders_open += 1;
        line.unreached += u64::from(counts.unreached());
        line.silent += u64::from(counts.silent());
        line.accepted += u64::from(counts.accepted);
        line.declined += u64::from(counts.declined);
        let undecided = counts.acknowledged.saturating_sub(counts.accepted + counts.declined);
        line.acknowledged += u64::from(undecided);
        line.oldest_unanswered = line.oldest_unanswered.max(owed(file, now));
    }
    line
}

/// How long an order has waited for somebody's word; none when all have answered for it.
fn owed(file: &OrderFile, now: Instant) -> Option<Duration> {
    let issue = file.issue.as_ref()?;
    let waits = file.counts.acknowledged < file.counts.endpoints;
    let waited = u64::try_from(now.millis_since(issue.at)).unwrap_or(0);
    waits.then(|| Duration::from_millis(waited))
}
