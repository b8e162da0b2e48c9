//! The one place that reads the machine's clock.
//!
//! Whoever needs the time of day holds an `Arc<dyn Clock>`: the engine, the acceptor, the enrolment
//! authority's callers. Tests and the simulator hold a [`ManualClock`], so that a year passes in a
//! line. The time of day may jump; waits and timeouts use tokio's monotonic time and not this.

use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use crate::domain::instant::Instant;
use crate::limits;

/// Where the time of day comes from.
pub trait Clock: Send + Sync + Debug {
    /// The time of day now, in UTC milliseconds. Not monotonic.
    fn now(&self) -> Instant;

    /// Whether a person vouches that it is right, whatever the record says.
    fn is_vouched_for(&self) -> bool {
        false
    }
}

/// A clock that a person has looked at and found right: `hoatoc serve --clock-is-right`.
#[derive(Debug, Clone)]
pub struct VouchedClock(pub Arc<dyn Clock>);

impl Clock for VouchedClock {
    fn now(&self) -> Instant {
        self.0.now()
    }

    fn is_vouched_for(&self) -> bool {
        true
    }
}

/// Why a clock is not to be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClockFault {
    /// It stands before the newest record.
    #[error(
        "the server's clock is {behind_ms} ms behind its own record: set the clock right, then try again; if it is right, and the record was made while it stood ahead, start the server with `--clock-is-right`"
    )]
    Behind {
        /// By how much, in ms.
        behind_ms: i64,
    },
    /// It leapt further than any clock does by itself.
    #[error(
        "the server's clock leapt {} days ahead and is not believed: set the clock right, then try again; if it is right, start the server with `--clock-is-right`",
        ahead_ms / 86_400_000
    )]
    Ahead {
        /// By how much, in ms.
        ahead_ms: i64,
    },
}

impl ClockFault {
    /// Its stable reason.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Behind { .. } => "CLOCK_BEHIND",
            Self::Ahead { .. } => "CLOCK_AHEAD",
        }
    }
}

/// The time of record: a clock that is not followed when it leaps far ahead, so that an hour in which
/// it stood in another decade does not date the record for years to come.
#[derive(Debug)]
pub struct SoundClock {
    clock: Arc<dyn Clock>,
    /// The latest time that was believed, in ms.
    believed: AtomicI64,
}

impl SoundClock {
    /// Follows `clock`; `newest` is the time of the newest record, if there is any.
    pub fn new(clock: Arc<dyn Clock>, newest: Option<Instant>) -> Self {
        let now = clock.now();
        let leapt = |newest: &Instant| {
            !clock.is_vouched_for() && now.millis_since(*newest) > limits::CLOCK_IDLE_MAX_MS
        };
        let believed = newest.filter(leapt).unwrap_or(now);
        Self { clock, believed: AtomicI64::new(believed.millis()) }
    }

    /// Why nothing may be signed or issued by this clock, beside a record whose newest entry is of the
    /// time given.
    ///
    /// # Errors
    /// [`ClockFault`]; never while a person vouches for the clock.
    pub fn check(&self, newest: Instant) -> Result<(), ClockFault> {
        if self.clock.is_vouched_for() {
            return Ok(());
        }
        if let Some(ahead_ms) = self.ahead_ms() {
            return Err(ClockFault::Ahead { ahead_ms });
        }
        let behind_ms = newest.millis_since(self.clock.now());
        if behind_ms > limits::CLOCK_BEHIND_MAX_MS {
            return Err(ClockFault::Behind { behind_ms });
        }
        Ok(())
    }

    /// How far the clock stands ahead of what is believed, in ms; nothing while it is believed.
    pub fn ahead_ms(&self) -> Option<i64> {
        let ahead = self.clock.now().millis() - self.believed.load(Ordering::SeqCst);
        (ahead > limits::CLOCK_AHEAD_MAX_MS && !self.clock.is_vouched_for()).then_some(ahead)
    }
}

impl Clock for SoundClock {
    fn now(&self) -> Instant {
        if self.ahead_ms().is_some() {
            return Instant::from_millis(self.believed.load(Ordering::SeqCst));
        }
        let now = self.clock.now();
        self.believed.fetch_max(now.millis(), Ordering::SeqCst);
        now
    }

    fn is_vouched_for(&self) -> bool {
        self.clock.is_vouched_for()
    }
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

    const DAY: Duration = Duration::from_secs(86_400);

    fn sound(newest: Option<Instant>, now: Instant) -> (Arc<ManualClock>, SoundClock) {
        let clock = Arc::new(ManualClock::at(now));
        (clock.clone(), SoundClock::new(clock, newest))
    }

    #[test]
    fn a_leap_of_weeks_is_not_followed_and_a_return_is() {
        let start = Instant::from_millis(1_800_000_000_000);
        let (clock, sound) = sound(None, start);
        clock.advance(DAY);
        assert_eq!(sound.now(), start + DAY);
        clock.advance(10 * 365 * DAY);
        assert_eq!(sound.now(), start + DAY, "the last that was believed");
        assert_eq!(sound.ahead_ms(), Some(10 * 365 * 86_400_000));
        clock.set(start + 2 * DAY);
        assert_eq!((sound.now(), sound.ahead_ms()), (start + 2 * DAY, None));
        // From the past it comes back as it likes: the past was never the latest.
        clock.set(start - 3_650 * DAY);
        assert_eq!(sound.now(), start - 3_650 * DAY);
        clock.set(start + 3 * DAY);
        assert_eq!((sound.now(), sound.ahead_ms()), (start + 3 * DAY, None));
    }

    #[test]
    fn a_server_that_was_off_for_months_follows_its_clock_and_for_years_only_when_told() {
        let newest = Instant::from_millis(1_800_000_000_000);
        let (_clock, months) = sound(Some(newest), newest + 300 * DAY);
        assert_eq!(months.now(), newest + 300 * DAY);
        let (clock, years) = sound(Some(newest), newest + 800 * DAY);
        assert_eq!(years.now(), newest);
        let vouched = SoundClock::new(Arc::new(VouchedClock(clock)), Some(newest));
        assert_eq!((vouched.now(), vouched.ahead_ms()), (newest + 800 * DAY, None));
    }
}
