//! A bucket of tokens: how many connections may be accepted, and how soon the next.
//!
//! Used by the accept loop alone, before any work is done for a connection. Those above the rate
//! are not refused: they wait in the kernel's queue, since after a restart it is our own terminals
//! that come all at once.

use std::time::Duration;

use tokio::time::Instant;

/// Holds up to `burst` tokens and gains `per_second` of them each second.
#[derive(Debug)]
pub(super) struct Bucket {
    // The next free moment of a queue in which each token takes `interval`; one number is enough
    // to know how full the bucket is (the generic cell rate algorithm).
    next_free: Instant,
    interval: Duration,
    burst: Duration,
}

impl Bucket {
    /// A full bucket. Zeros count as one.
    pub(super) fn full(per_second: u32, burst: u32, now: Instant) -> Self {
        let interval = Duration::from_secs(1) / per_second.max(1);
        Self { next_free: now, interval, burst: interval * (burst.max(1) - 1) }
    }

    /// Takes a token, which may be used after the returned time.
    pub(super) fn take(&mut self, now: Instant) -> Duration {
        let begins = self.next_free.max(now);
        self.next_free = begins + self.interval;
        (begins - now).saturating_sub(self.burst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_burst_passes_at_once_and_the_rest_at_the_rate() {
        let start = Instant::now();
        let mut bucket = Bucket::full(10, 3, start);
        let waits: Vec<u128> = (0..5).map(|_| bucket.take(start).as_millis()).collect();
        assert_eq!(waits, [0, 0, 0, 100, 200]);
        let later = start + Duration::from_secs(60);
        let waits: Vec<u128> = (0..4).map(|_| bucket.take(later).as_millis()).collect();
        assert_eq!(waits, [0, 0, 0, 100], "a long pause fills it to its brim and no further");
    }

    #[tokio::test(start_paused = true)]
    async fn zeros_do_not_stop_it() {
        let now = Instant::now();
        let mut bucket = Bucket::full(0, 0, now);
        assert_eq!(bucket.take(now), Duration::ZERO);
        assert_eq!(bucket.take(now), Duration::from_secs(1));
    }
}
