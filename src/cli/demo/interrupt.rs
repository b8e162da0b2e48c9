//! Being told to stop: SIGINT and SIGTERM end the demo in order, and nothing of it stays behind.
//!
//! Made by the demo before anything else. Whatever waits, waits through [`Interrupt::or`]; what does
//! not wait is short. It knows nothing of what is being stopped.

use std::sync::{Arc, OnceLock};

use anyhow::{Context as _, Result};
use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Told to stop before the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("told to stop by {name} before its end")]
pub(super) struct Interrupted {
    name: &'static str,
    /// The exit status that shells know it by: 128 and the signal's number.
    pub(super) status: u8,
}

/// Watches for the two signals. Clones see the same one.
#[derive(Debug, Clone, Default)]
pub(super) struct Interrupt {
    token: CancellationToken,
    came: Arc<OnceLock<Interrupted>>,
}

impl Interrupt {
    /// Watches from now on; the signals end the process no more.
    pub(super) fn watch(runtime: &Runtime) -> Result<Self> {
        let watching = Self::default();
        let seen = watching.clone();
        let _inside = runtime.enter();
        let mut interrupt =
            signal(SignalKind::interrupt()).context("failed to watch for SIGINT")?;
        let mut terminate =
            signal(SignalKind::terminate()).context("failed to watch for SIGTERM")?;
        runtime.spawn(async move {
            let came = tokio::select! {
                _got = interrupt.recv() => Interrupted { name: "SIGINT", status: 130 },
                _got = terminate.recv() => Interrupted { name: "SIGTERM", status: 143 },
            };
            seen.came.get_or_init(|| came);
            seen.token.cancel();
        });
        Ok(watching)
    }

    /// Returns once a signal came.
    pub(super) async fn come(&self) {
        self.token.cancelled().await;
    }

    /// An error once a signal came.
    pub(super) fn check(&self) -> Result<(), Interrupted> {
        self.came.get().map_or(Ok(()), |came| Err(*came))
    }

    /// The work's outcome, or an error as soon as a signal comes; the work is dropped then.
    pub(super) async fn or<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        tokio::select! {
            biased;
            () = self.token.cancelled() => {
                self.check()?;
                anyhow::bail!("told to stop")
            }
            done = work => done,
        }
    }
}
