//! How often an officer may look people up by an exact number.
//!
//! Called before a list whose filter names such a number. Whoever can ask a million times can try out
//! all numbers there are; a person at a desk does not ask a hundred times a minute. In memory only: a
//! restart forgets, and takes longer than the minute that it forgives. Knows no filters.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use parking_lot::Mutex;

use crate::domain::ids::OfficerId;
use crate::domain::instant::Instant;

/// Look-ups that one officer may make within [`WINDOW`].
pub(super) const LOOKUPS_MAX: usize = 100;
/// How long a look-up counts.
pub(super) const WINDOW: Duration = Duration::from_secs(60);
/// Officers after which those who have not looked up for a while are forgotten.
const OFFICERS_KEPT: usize = 256;

/// The look-ups of the last minute, by officer.
#[derive(Debug, Default)]
pub struct LookupLimiter {
    made: Mutex<HashMap<OfficerId, VecDeque<Instant>>>,
}

impl LookupLimiter {
    /// Takes one look-up at a time of day.
    ///
    /// # Errors
    /// How long to wait, when the officer has made as many as may be.
    pub fn take(&self, officer: &OfficerId, now: Instant) -> Result<(), Duration> {
        let window = i64::try_from(WINDOW.as_millis()).expect("a minute");
        // A clock that was set back must not lock anybody out for longer than a window.
        let counts = |at: &Instant| (0..window).contains(&now.millis_since(*at));
        let mut made = self.made.lock();
        if made.len() > OFFICERS_KEPT {
            made.retain(|_officer, times| times.iter().any(counts));
        }
        let times = made.entry(officer.clone()).or_default();
        times.retain(counts);
        if let Some(oldest) = times.front().filter(|_oldest| times.len() >= LOOKUPS_MAX) {
            let left = window - now.millis_since(*oldest);
            return Err(Duration::from_millis(u64::try_from(left).unwrap_or(0)));
        }
        times.push_back(now);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn officer(name: &str) -> OfficerId {
        name.parse().expect("an id")
    }

    #[test]
    fn a_hundred_a_minute_and_not_one_more() {
        let (limiter, start) = (LookupLimiter::default(), Instant::from_millis(1_000_000));
        let at = |ms| start.offset_by(ms);
        for n in 0..100 {
            assert_eq!(limiter.take(&officer("a"), at(n * 10)), Ok(()), "{n}");
        }
        assert_eq!(limiter.take(&officer("a"), at(1_000)), Err(Duration::from_millis(59_000)));
        assert_eq!(limiter.take(&officer("b"), at(1_000)), Ok(()), "everybody has their own");
        assert!(limiter.take(&officer("a"), at(59_999)).is_err());
        assert_eq!(limiter.take(&officer("a"), at(60_000)), Ok(()), "the first counts no more");
        assert_eq!(limiter.take(&officer("a"), at(60_000)), Err(Duration::from_millis(10)));
        assert_eq!(limiter.take(&officer("a"), at(-5_000)), Ok(()), "the clock was set back");
    }

    #[test]
    fn officers_who_went_home_are_forgotten() {
        let (limiter, start) = (LookupLimiter::default(), Instant::from_millis(1_000_000));
        for n in 0..=OFFICERS_KEPT {
            assert_eq!(limiter.take(&officer(&format!("o{n}")), start), Ok(()));
        }
        assert_eq!(limiter.take(&officer("late"), start.offset_by(60_000)), Ok(()));
        assert_eq!(limiter.made.lock().len(), 1);
    }
}
