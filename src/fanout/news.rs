//! What the world has to tell every session.
//!
//! Waiting for it is one future for the whole stream: a session's turn costs no new place in the
//! queues that thousands share. Called by [`session`](super::session) only.

use tokio::sync::watch;

use crate::engine::Engine;

/// The engine's news that sessions live by.
pub(super) struct News {
    issued: watch::Receiver<u64>,
    trusted: watch::Receiver<u64>,
}

/// What is new.
pub(super) enum Fresh {
    Orders,
    Trust,
}

impl News {
    /// From now on: what is there already is not news.
    pub(super) fn of(engine: &Engine) -> Self {
        Self { issued: engine.issued(), trusted: engine.trusted() }
    }

    /// Waits for the next; for ever once the engine has ended.
    pub(super) async fn next(mut self) -> (Self, Fresh) {
        let fresh = tokio::select! {
            biased;
            Ok(()) = self.issued.changed() => Fresh::Orders,
            Ok(()) = self.trusted.changed() => Fresh::Trust,
            else => std::future::pending().await,
        };
        (self, fresh)
    }
}
