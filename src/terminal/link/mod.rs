//! The link: one stream to the server for as long as the terminal lives, and patience in between.
//!
//! Run by [`super::Terminal::run`], as one task and no thread; nothing here is durable, all of that
//! is the inbox's. After a cut it comes back with full jitter, because a whole province comes back
//! at the same time; after a word to go away it comes back when told. When the server says that the
//! certificate was renewed already (the answer was lost, or this machine fell over before it was
//! written), it is renewed again before anything else.
//!
//! Answers of one order travel in order. When one is refused, no more of that order is sent until
//! all that were on their way are answered for: then the inbox numbers the rest anew.

mod dial;
mod flight;
mod session;
mod status;

use std::sync::Arc;
use std::time::Duration;

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use tokio_util::sync::CancellationToken;

pub(crate) use self::dial::dial;
pub use self::dial::{Boxed, Dialer, FixedDialer};
pub use self::status::{LinkError, LinkState, LinkStatus};
use super::Terminal;
use crate::config::LinkSection;

/// How a link waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkOptions {
    /// How long one attempt may take until the server says welcome.
    pub connect_patience: Duration,
    /// Between two heartbeats of ours; three times as long without a word ends the stream.
    pub heartbeat_every: Duration,
    /// The longest wait before the first new attempt; each later one doubles.
    pub backoff_min: Duration,
    /// The longest wait there is.
    pub backoff_max: Duration,
    /// Seed of the jitter: another for each terminal.
    pub seed: u64,
}

impl LinkOptions {
    /// What the terminal's file says.
    pub fn from_config(section: &LinkSection, seed: u64) -> Self {
        Self {
            connect_patience: section.connect_ms.millis(),
            heartbeat_every: section.heartbeat_ms.millis(),
            backoff_min: section.backoff_min_ms.millis(),
            backoff_max: section.backoff_max_ms.millis(),
            seed,
        }
    }
}

/// Keeps a stream open until it is told to stop.
///
/// # Errors
/// Only what makes further attempts useless: a store whose state is unknown.
pub(super) async fn run(
    terminal: &Arc<Terminal>,
    dialer: &dyn Dialer,
    stop: &CancellationToken,
) -> Result<(), LinkError> {
    let options = terminal.options;
    let mut rng = ChaCha8Rng::seed_from_u64(options.seed);
    let mut server = rng.random_range(0..dialer.servers().max(1));
    let mut failures: u32 = 0;
    loop {
        terminal.set_link(|status| status.state = LinkState::Connecting);
        let mut welcomed = false;
        let talk = Box::pin(session::talk(terminal, dialer, server, &mut welcomed));
        let ended = tokio::select! {
            biased;
            () = stop.cancelled() => None,
            ended = talk => Some(ended),
        };
        let Some(Err(error)) = ended else {
            terminal.set_link(|status| status.state = LinkState::Off);
            return Ok(());
        };
        if error.is_fatal() {
            return Err(error);
        }
        failures = if welcomed { 1 } else { failures.saturating_add(1) };
        let wait = pause(&error, failures, &options, &mut rng);
        tell(terminal, &error, failures, wait);
        server = (server + 1) % dialer.servers().max(1);
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
}

/// How long to wait before the next attempt.
fn pause(
    error: &LinkError,
    failures: u32,
    options: &LinkOptions,
    rng: &mut ChaCha8Rng,
) -> Duration {
    match error {
        // A server that is not content with the renewed one either is not asked in a tight circle.
        LinkError::Renewed if failures <= 1 => Duration::ZERO,
        LinkError::GoAway { after_ms, .. } => {
            let told = Duration::from_millis(u64::from(*after_ms)).min(options.backoff_max);
            told + jitter(told.max(options.backoff_min), rng)
        }
        _cut_or_refused => {
            let doubled = options.backoff_min * 2_u32.saturating_pow(failures.min(16) - 1);
            jitter(doubled.min(options.backoff_max), rng)
        }
    }
}

fn jitter(ceiling: Duration, rng: &mut ChaCha8Rng) -> Duration {
    let ceiling_ms = u64::try_from(ceiling.as_millis()).unwrap_or(u64::MAX);
    Duration::from_millis(rng.random_range(0..=ceiling_ms))
}

fn tell(terminal: &Terminal, error: &LinkError, failures: u32, wait: Duration) {
    let label = error.label();
    let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
    // Said once loudly, then quietly: a dark week must not fill the log.
    match (error, failures) {
        (LinkError::Renewed, _any) => tracing::info!("connecting again with the new certificate"),
        (_other, 1) => tracing::warn!(%error, label, wait_ms, "the link was cut"),
        _again => tracing::debug!(%error, label, failures, wait_ms, "no link"),
    }
    terminal.set_link(|status| {
        status.state = LinkState::Waiting { for_ms: wait_ms };
        status.failures = failures;
        status.last_error = Some((label, error.to_string().into()));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPTIONS: LinkOptions = LinkOptions {
        connect_patience: Duration::from_secs(20),
        heartbeat_every: Duration::from_secs(20),
        backoff_min: Duration::from_millis(500),
        backoff_max: Duration::from_secs(30),
        seed: 1,
    };

    #[test]
    fn waits_are_spread_from_nothing_to_a_ceiling_that_doubles_and_ends() {
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        for (failures, ceiling_ms) in [(1, 500), (2, 1_000), (5, 8_000), (7, 30_000), (99, 30_000)]
        {
            let waits: Vec<u128> = (0..400)
                .map(|_| pause(&LinkError::Ended, failures, &OPTIONS, &mut rng).as_millis())
                .collect();
            assert!(waits.iter().all(|wait| *wait <= ceiling_ms), "{failures}");
            assert!(waits.iter().any(|wait| *wait < ceiling_ms / 8), "{failures}");
            assert!(waits.iter().any(|wait| *wait > ceiling_ms - ceiling_ms / 8), "{failures}");
        }
    }

    #[test]
    fn a_word_to_go_away_is_heeded_with_jitter_and_within_our_own_bound() {
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        let told = |after_ms| LinkError::GoAway { reason: "DRAINING".into(), after_ms };
        let wait = pause(&told(2_000), 1, &OPTIONS, &mut rng).as_millis();
        assert!((2_000..=4_000).contains(&wait), "{wait}");
        let wait = pause(&told(u32::MAX), 1, &OPTIONS, &mut rng).as_millis();
        assert!((30_000..=60_000).contains(&wait), "{wait}");
    }
}
