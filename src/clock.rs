//! The one place that reads the machine's clock.
//!
//! Whoever needs the time of day holds an `Arc<dyn Clock>`: the engine, the acceptor, the enrolment
//! authority's callers. Tests and the simulator hold a [`ManualClock`], so that a year passes in a
//! line. The time of day may jump; waits and timeouts use tokio's monotonic time and not this.

use std::fmt::Debug;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use crate::domain::instant::Instant;

/// Where the time of day comes from.
pub trait Clock: Send + Sync + Debug {
    /// The time of day now, in UTC milliseconds. Not monotonic.
    fn now(&self) -> Instant;
}

/// The machine's own clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Instant {
        #[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
        let now = std::time::SystemTime::now();
        match now.duration_since(UNIX_EPOCH) {
            Ok(since) => Instant::EPOCH + since,
            // A machine whose battery died may stand before 1970; the record holds negative times.
            Err(before) => Instant::EPOCH - before.duration(),
        }
    }
}

/// A clock that stands still until it is told to move.
#[derive(Debug, Default)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// A clock that shows `now`.
    pub const fn at(now: Instant) -> Self {
        Self(AtomicI64::new(now.millis()))
    }

    /// Moves the hands to `now`, forwards or back.
    pub fn set(&self, now: Instant) {
        self.0.store(now.millis(), Ordering::SeqCst);
    }

    /// Moves the hands forward by `span`.
    pub fn advance(&self, span: Duration) {
        self.set(self.now() + span);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Instant {
        Instant::from_millis(self.0.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_only_when_told() {
        let clock = ManualClock::at(Instant::from_millis(1_000));
        assert_eq!(clock.now().millis(), 1_000);
        clock.advance(Duration::from_secs(2));
        assert_eq!(clock.now().millis(), 3_000);
        clock.set(Instant::EPOCH);
        assert_eq!(clock.now(), Instant::EPOCH);
    }

    #[test]
    fn the_system_clock_stands_after_this_program_was_written() {
        assert!(
            SystemClock.now().millis() > 1_760_000_000_000,
            "the machine's clock is far behind"
        );
    }
}
