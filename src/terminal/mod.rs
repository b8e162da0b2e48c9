//! The commune's side: it receives orders, proves them, keeps them, shows them, and carries the
//! answers of those who are responsible back to the server.
//!
//! | Module | Does |
//! |---|---|
//! | [`home`] | enrolment, keys and certificates in the terminal's directory |
//! | [`verify`] | is this order to be believed, with no server in reach |
//! | [`inbox`] | orders and answers on disk |
//! | [`heads`] | whether the ledger shown here is the one shown before, and who else has seen it |
//! | [`sheet_keys`] | the keys of call-up sheets, outside that |
//! | [`link`] | the stream to the server, and patience when there is none |
//! | [`mod@print`] | orders and call-up sheets of the inbox as PDF |
//! | [`screen`] | what a commune's officer sees and presses |
//! | [`headless`] | answers by rule or from standard input |
//!
//! Used by `hoatoc terminal` with one [`Terminal`] on a disk, and by the simulator with up to ten
//! thousand in one process: a terminal is one task, no thread, and some kilobytes.

pub mod figures;
pub mod headless;
pub mod heads;
pub mod home;
pub mod inbox;
pub mod link;
pub mod print;
pub mod screen;
pub mod sheet_keys;
pub mod verify;

use std::fmt;
use std::sync::Arc;

use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::domain::ids::EndpointNo;
use crate::domain::instant::Instant;
use crate::evidence::key::SigningKey;
use crate::limits;
use crate::store::{Store, StoreError};
use inbox::{Inbox, InboxError};
use link::{Dialer, LinkError, LinkOptions, LinkStatus};
use sheet_keys::SheetKeys;

/// Where the store's work is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreWork {
    /// In the task itself: for stores in memory.
    Inline,
    /// On a thread that may block: for stores on disk.
    Blocking,
}

/// What a terminal is made of.
pub struct TerminalParts {
    /// Its own store, and nobody else's.
    pub store: Arc<dyn Store>,
    /// The keys of the call-up sheets in it.
    pub sheet_keys: Arc<dyn SheetKeys>,
    /// Where the store's work is done.
    pub store_work: StoreWork,
    /// The endpoint it stands for.
    pub endpoint: EndpointNo,
    /// The key that signs its receipts and answers.
    pub answer_key: SigningKey,
    /// Its clock.
    pub clock: Arc<dyn Clock>,
    /// How its link waits.
    pub link: LinkOptions,
}

impl fmt::Debug for TerminalParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TerminalParts").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

/// One terminal.
#[derive(Debug)]
pub struct Terminal {
    inbox: Inbox,
    store_work: StoreWork,
    clock: Arc<dyn Clock>,
    options: LinkOptions,
    link: watch::Sender<LinkStatus>,
    // Held by the one job that works on the inbox from another thread, to its very end.
    working: Arc<Semaphore>,
}

impl Terminal {
    /// Reads the store and goes on from there.
    ///
    /// # Errors
    /// As [`Inbox::open`].
    pub fn open(parts: TerminalParts) -> Result<Arc<Self>, InboxError> {
        let TerminalParts { store, sheet_keys, store_work, endpoint, answer_key, clock, link } =
            parts;
        let inbox = Inbox::open(store, sheet_keys, endpoint, answer_key, Arc::clone(&clock))?;
        // Before the first trust bundle there is none to be judged by.
        let head = inbox.head_status().unwrap_or_default();
        Ok(Arc::new(Self {
            inbox,
            store_work,
            clock,
            options: link,
            link: watch::Sender::new(LinkStatus { head, ..LinkStatus::default() }),
            working: Arc::new(Semaphore::new(1)),
        }))
    }

    /// Its orders and answers.
    pub const fn inbox(&self) -> &Inbox {
        &self.inbox
    }

    /// How its link fares.
    pub fn link(&self) -> watch::Receiver<LinkStatus> {
        self.link.subscribe()
    }

    /// The best known time: ours, put right by what the server's clock said last.
    pub fn now(&self) -> Instant {
        self.clock.now().offset_by(self.link.borrow().offset_ms)
    }

    /// Keeps the link to the server until told to stop. Run it once at a time.
    ///
    /// # Errors
    /// Only what makes further attempts useless: a store whose state is unknown.
    pub async fn run(
        self: &Arc<Self>,
        dialer: Arc<dyn Dialer>,
        stop: CancellationToken,
    ) -> Result<(), LinkError> {
        let ended = tokio::select! {
            ended = link::run(self, &*dialer, &stop) => ended,
            fault = self.keep_sheets() => Err(fault.into()),
        };
        // A job that was begun goes on when nobody waits for it; nothing may be at work after this.
        drop(self.working.acquire().await);
        ended
    }

    /// Destroys what is over of the call-up sheets, now and then, linked or not. Returns only with a
    /// store whose state is unknown.
    async fn keep_sheets(self: &Arc<Self>) -> InboxError {
        loop {
            tokio::time::sleep(limits::PRUNE_EVERY).await;
            let now = self.now();
            match self.with_inbox(move |inbox| inbox.destroy_old_sheets(now)).await {
                Ok(_orders) => {}
                Err(fault) if fault.is_fatal() => return fault,
                Err(fault) => tracing::warn!(%fault, "call-up sheets that are over stay for now"),
            }
        }
    }

    /// Does the inbox's work where it may block.
    ///
    /// # Errors
    /// What the work gives.
    pub async fn with_inbox<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Inbox) -> Result<T, InboxError> + Send + 'static,
    ) -> Result<T, InboxError> {
        match self.store_work {
            StoreWork::Inline => work(&self.inbox),
            StoreWork::Blocking => {
                let own = Arc::clone(self);
                let turn = Arc::clone(&self.working).acquire_owned().await;
                let span = tracing::Span::current();
                let done = tokio::task::spawn_blocking(move || {
                    let done = span.in_scope(|| work(&own.inbox));
                    // The terminal first: whoever waits for the turn may open the store again.
                    drop(own);
                    drop(turn);
                    done
                });
                let done = done.await;
                done.unwrap_or_else(|failed| match failed.try_into_panic() {
                    Ok(panic) => std::panic::resume_unwind(panic),
                    Err(_cancelled) => {
                        Err(StoreError::Fatal { reason: "the runtime ended".to_owned() }.into())
                    }
                })
            }
        }
    }

    fn set_link(&self, change: impl FnOnce(&mut LinkStatus)) {
        self.link.send_modify(change);
    }
}
