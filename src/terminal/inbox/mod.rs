//! The terminal's memory: orders received, answers given, and what has been recorded of them. All
//! of it is on disk before anybody is told of it.
//!
//! Called by the link (orders in, answers out), and by whoever stands for the person: the screen,
//! the headless runner, the simulator. All methods block for as long as the store does.
//!
//! Invariants:
//! - An order and its receipt are one batch: a receipt is sent only for what is stored.
//! - An answer is stored before it is sent, and kept as pending until the server has recorded or
//!   refused it. Numbers have no gaps: when one is refused, those after it are signed anew.
//! - A repeat changes nothing. What is not believed is kept apart with its reason, is never shown as
//!   live, stops nothing, and is judged again when a newer trust bundle comes.
//! - High-water marks never go down: the epoch, the trust bundle's version, and the latest signed
//!   time. An order that was pruned cannot come back, because it ended before that time.
//! - Call-up sheets are in the store only under the seal of their order, whose key is elsewhere.
//! - A cancel or update counts whether it came before or after the order it changes.
//!
//! Does not know connections. Memory holds no texts; they are read from the store when shown.

mod answers;
mod book;
mod heads;
mod proof;
mod prune;
mod receive;
mod rows;
mod sealed;
mod sheets;
#[cfg(test)]
pub(crate) mod tests;
mod view;

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::watch;

use self::book::Book;
pub use self::heads::{HeadFault, HeadStatus, SeenHead, ShownHead};
pub use self::receive::Received;
pub use self::sheets::{CalledRow, RefusedSheet, SheetReceived, SheetState};
pub use self::view::{
    AnswerRecord, AnswerStatus, OrderDetail, OrderSummary, RefusedOrder, Standing,
};
use crate::clock::Clock;
use crate::domain::ids::{EndpointNo, OrderId};
use crate::domain::instant::Instant;
use crate::domain::order::delivery::{DeliveryState, OutOfPlace};
use crate::evidence::envelope::Envelope;
use crate::evidence::key::SigningKey;
use crate::evidence::seal::SealError;
use crate::evidence::trust::{BundleError, TrustBundle};
use crate::store::{Batch, Store, StoreError};
use crate::terminal::sheet_keys::SheetKeys;
use crate::wire::{self, WireError, pb};

/// Most orders kept; more only while they are not over yet. Years of a busy province.
pub const ORDERS_MAX: usize = 5_000;
/// Days after which an order that is over is forgotten.
pub const KEPT_DAYS: i64 = 400;
/// Most refused pages of call-up sheets that are remembered until the next start.
pub const REFUSED_SHEETS_MAX: usize = 20;
/// Most orders kept that were not believed: enough to see what goes on, too few to fill a disk.
pub const REFUSED_ORDERS_MAX: usize = 100;
/// Pairs read from the store at a time.
const PAGE: usize = 256;

/// The delivery states by their number in the store.
const STATES: [DeliveryState; 7] = [
    DeliveryState::Queued,
    DeliveryState::Delivered,
    DeliveryState::Opened,
    DeliveryState::Acknowledged,
    DeliveryState::Accepted,
    DeliveryState::Declined,
    DeliveryState::Completed,
];

fn state_at(number: u32) -> DeliveryState {
    usize::try_from(number).ok().and_then(|at| STATES.get(at)).copied().unwrap_or_default()
}

fn number_of(state: DeliveryState) -> u32 {
    let at = STATES.iter().position(|known| *known == state).unwrap_or(0);
    u32::try_from(at).unwrap_or(0)
}

/// Why the inbox did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum InboxError {
    /// No order with this id is here and believed.
    #[error("there is no order {order} here")]
    UnknownOrder {
        /// The id.
        order: OrderId,
    },
    /// The ladder has no such step.
    #[error(transparent)]
    OutOfPlace(#[from] OutOfPlace),
    /// It was cancelled or replaced.
    #[error("order {order} is no longer in force: answer the order that took its place")]
    NotInForce {
        /// The id.
        order: OrderId,
    },
    /// A text is missing or too long.
    #[error("the {field} is missing or has more than {max} characters")]
    Text {
        /// Which.
        field: &'static str,
        /// Its bound in characters.
        max: usize,
    },
    /// As many answers as an order can have.
    #[error("order {order} has as many answers as it can have")]
    TooManyAnswers {
        /// The id.
        order: OrderId,
    },
    /// There is no trust bundle, so that nothing can be believed.
    #[error("there is no trust bundle here: enrol this terminal again")]
    NoBundle,
    /// The trust bundle offered is not taken.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// What came, or what is stored, is not what it should be.
    #[error("read what is stored or came: {0}")]
    Damaged(#[from] WireError),
    /// A key of call-up sheets cannot be kept, read or destroyed.
    #[error("failed to use a key of call-up sheets: {0}")]
    SheetKey(#[from] std::io::Error),
    /// A call-up sheet cannot be sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The disk.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl InboxError {
    /// Whether the process must end: what the disk holds is unknown until the next start.
    pub const fn is_fatal(&self) -> bool {
        matches!(self, Self::Store(StoreError::Fatal { .. }))
    }
}

/// The inbox and outgoing answers of one terminal.
pub struct Inbox {
    store: Arc<dyn Store>,
    sheet_keys: Arc<dyn SheetKeys>,
    endpoint: EndpointNo,
    key: SigningKey,
    clock: Arc<dyn Clock>,
    // Held over each commit: the store has one writer, and this is it.
    book: Mutex<Book>,
    // The newest pages of call-up sheets that were not taken.
    refused_sheets: Mutex<VecDeque<RefusedSheet>>,
    // Counts changes; whoever waits reads what is new from the inbox itself.
    revision: watch::Sender<u64>,
}

impl fmt::Debug for Inbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbox").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

impl Inbox {
    /// Reads the store, forgets what is long over, and goes on from there. `key` signs receipts and
    /// answers; the store must be this inbox's alone.
    ///
    /// # Errors
    /// [`InboxError::Store`], [`InboxError::SheetKey`], [`InboxError::Damaged`].
    pub fn open(
        store: Arc<dyn Store>,
        sheet_keys: Arc<dyn SheetKeys>,
        endpoint: EndpointNo,
        key: SigningKey,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, InboxError> {
        let book = Mutex::new(Book::load(&*store)?);
        let revision = watch::Sender::new(0);
        let refused_sheets = Mutex::default();
        let inbox =
            Self { store, sheet_keys, endpoint, key, clock, book, refused_sheets, revision };
        let (mut book, now) = (inbox.book.lock(), inbox.clock.now());
        inbox.load_sheets(&mut book)?;
        inbox.destroy_sheets(&mut book, now)?;
        inbox.prune(&mut book, now)?;
        drop(book);
        Ok(inbox)
    }

    /// The endpoint this terminal stands for.
    pub const fn endpoint(&self) -> EndpointNo {
        self.endpoint
    }

    /// Counts every change of the inbox; wait on it, then read.
    pub fn revision(&self) -> watch::Receiver<u64> {
        self.revision.subscribe()
    }

    /// The sequence up to which the server need not send again.
    pub fn cursor(&self) -> u64 {
        self.book.lock().meta.cursor
    }

    /// The version of the trust bundle kept; 0 for none.
    pub fn bundle_version(&self) -> u64 {
        self.book.lock().bundle_version
    }

    /// The trust bundle kept.
    ///
    /// # Errors
    /// [`InboxError::NoBundle`], and those of the store.
    pub fn bundle(&self) -> Result<TrustBundle, InboxError> {
        book::bundle(&*self.store)?.ok_or(InboxError::NoBundle)
    }

    /// Every trust bundle that was kept here, with its envelope, the oldest first and the newest last:
    /// for [`verify_on_its_day`](crate::terminal::verify::day::verify_on_its_day).
    ///
    /// # Errors
    /// [`InboxError::NoBundle`], [`InboxError::Damaged`], and those of the store.
    pub fn bundles(&self) -> Result<Vec<(Envelope, TrustBundle)>, InboxError> {
        let _unchanging = self.book.lock();
        let mut found = Vec::new();
        let mut read = |bytes: &[u8]| -> Result<(), InboxError> {
            let envelope = Envelope::try_from(&book::decode::<pb::Envelope>(bytes)?)?;
            let bundle = wire::trust::read(&envelope)?;
            found.push((envelope, bundle));
            Ok(())
        };
        book::for_each(&*self.store, rows::PAST_BUNDLES, |_version, value| read(value))?;
        read(&self.store.get(rows::BUNDLE)?.ok_or(InboxError::NoBundle)?)?;
        Ok(found)
    }

    /// How many answers wait to be recorded.
    pub fn pending_len(&self) -> usize {
        self.book.lock().pending.len()
    }

    /// Makes changes durable. When the disk is full the space held back for this is given up: an
    /// order or answer must not be lost to somebody's holiday pictures.
    fn commit(&self, fill: impl Fn(&mut Batch)) -> Result<(), InboxError> {
        let attempt = || {
            let mut batch = Batch::on(self.store.head());
            fill(&mut batch);
            if batch.ops.is_empty() { Ok(0) } else { self.store.commit(batch) }
        };
        let done = match attempt() {
            Err(StoreError::Full { .. }) if self.store.release_reserve()? => {
                tracing::error!("the disk is full: the reserve is given up; free some space");
                attempt()
            }
            done => done,
        };
        done?;
        Ok(())
    }

    /// Says that something changed.
    fn changed(&self) {
        self.revision.send_modify(|revision| *revision += 1);
    }

    /// Now, but not before anything signed that was believed.
    fn not_before_signed(&self, book: &Book, now: Instant) -> Instant {
        now.max(book.signed_at())
    }
}
