//! What the doors hold: a way in for requests, and the view of what is durable.

use std::sync::Arc;

use parking_lot::{RwLock, RwLockReadGuard};
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;
use tracing::Span;

use crate::clock::{Clock, ClockFault, SoundClock};
use crate::domain::code::Code;
use crate::domain::ids::OrderId;
use crate::domain::instant::Instant;
use crate::domain::world::{Refusal, Request, World};
use crate::engine::ledger::{Ledger, LedgerError};
use crate::engine::owner::{self, Job};
use crate::engine::records::keys::{KeyJob, KeysDone, PruneJob, RecordTask};
use crate::engine::records::{RecordJob, RecordOutcome};
use crate::engine::recovery::{self, RecoveryError};
use crate::evidence::key::SigningKey;
use crate::evidence::seal::keyring::{KeepError, KeyringError};
use crate::evidence::seal::keytree::TreeError;
use crate::index::{Registry, StoredError};
use crate::limits;
use crate::store::{Pair, Store, StoreError};
use crate::tasks::Tasks;
use crate::telemetry::metrics::{EngineCounts, Metrics};

/// What an engine is made of.
#[derive(Debug)]
pub struct Parts {
    /// Where everything is kept; this engine is its only writer.
    pub store: Arc<dyn Store>,
    /// The time of record.
    pub clock: Arc<dyn Clock>,
    /// Signs the ledger's checkpoints; none for a store that is only looked at.
    pub ledger_key: Option<SigningKey>,
    /// The registry, loaded from the same store.
    pub registry: Registry,
    /// Counts what happens.
    pub metrics: Metrics,
}

/// A request that is durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Committed {
    /// The last ledger entry of the request.
    pub ledger_index: u64,
    /// The time of record.
    pub at: Instant,
    /// Whether the same request had been carried out before.
    pub repeated: bool,
}

/// Why a request was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// It may not be.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The disk is full; nothing was written.
    #[error("the server's disk is full: free some space, then try again")]
    DiskFull,
    /// The engine is stopping, or its queue is full.
    #[error("the server is {doing}: try again shortly")]
    Unavailable {
        /// What keeps it.
        doing: &'static str,
    },
    /// Nothing may be signed or issued by this machine's clock.
    #[error(transparent)]
    Clock(#[from] ClockFault),
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The ledger cannot be read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The keyring was not changed.
    #[error(transparent)]
    Keys(#[from] KeepError),
    /// A stored record does not open.
    #[error("record {id} does not open: {fault}")]
    Record {
        /// Which.
        id: uuid::Uuid,
        /// Why.
        fault: StoredError,
    },
}

impl EngineError {
    /// The kind of trouble.
    pub const fn code(&self) -> Code {
        match self {
            Self::Refused(refusal) => refusal.code(),
            Self::DiskFull => Code::Exhausted,
            Self::Unavailable { .. } => Code::Unavailable,
            Self::Clock(_) => Code::Precondition,
            Self::Keys(KeepError::Keyring(KeyringError::Rotating)) => Code::Precondition,
            Self::Keys(KeepError::Keyring(KeyringError::Tree(TreeError::Full))) => Code::Exhausted,
            Self::Store(_)
            | Self::Ledger(LedgerError::Store(_))
            | Self::Keys(_)
            | Self::Record { .. } => Code::Internal,
            Self::Ledger(ledger) => ledger.code(),
        }
    }

    /// The stable reason, for machines.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Refused(refusal) => refusal.reason(),
            Self::DiskFull => "DISK_FULL",
            Self::Unavailable { .. } => "UNAVAILABLE",
            Self::Clock(fault) => fault.reason(),
            Self::Store(_) => "STORE_FAILED",
            Self::Ledger(ledger) => ledger.reason(),
            Self::Keys(KeepError::Keyring(KeyringError::Rotating)) => "KEYS_ROTATING",
            Self::Keys(KeepError::Keyring(KeyringError::Tree(TreeError::Full))) => {
                "ERASURES_EXHAUSTED"
            }
            Self::Keys(_) => "KEYRING_FAILED",
            Self::Record { .. } => "RECORD_DAMAGED",
        }
    }
}

/// What everybody reads: only what is durable.
#[derive(Debug)]
pub struct View {
    pub(super) world: RwLock<World>,
    pub(super) ledger: RwLock<Ledger>,
    pub(super) registry: RwLock<Registry>,
    pub(super) issued: watch::Sender<u64>,
    pub(super) answered: watch::Sender<u64>,
    pub(super) trusted: watch::Sender<u64>,
    // The owner is gone: what is in the view is all there will be.
    pub(super) ended: CancellationToken,
}

/// The engine's handle. Clones share one engine.
#[derive(Debug, Clone)]
pub struct Engine {
    view: Arc<View>,
    store: Arc<dyn Store>,
    clock: Arc<SoundClock>,
    orders: mpsc::Sender<Job>,
    records: mpsc::Sender<RecordTask>,
}

impl Engine {
    /// Recovers the state from the store and starts the owner as a vital thread of `tasks`: when it
    /// ends, for whatever reason, everything is told to stop.
    ///
    /// # Errors
    /// [`RecoveryError`], when the store does not hold a sound ledger.
    pub fn start(parts: Parts, tasks: &Tasks) -> Result<Self, RecoveryError> {
        let recovered = recovery::recover(parts.store.as_ref())?;
        let Parts { store, clock, ledger_key, registry, metrics } = parts;
        let world = recovered.world;
        let newest = (world.ledger_size() > 0).then(|| world.latest_at());
        let clock = Arc::new(SoundClock::new(clock, newest));
        let view = Arc::new(View {
            issued: watch::Sender::new(world.latest_sequence()),
            answered: watch::Sender::new(world.ledger_size()),
            trusted: watch::Sender::new(world.trust().map_or(0, |trust| trust.bundle.version)),
            ledger: RwLock::new(Ledger::new(recovered.tree, world.origin().to_owned(), ledger_key)),
            world: RwLock::new(world),
            registry: RwLock::new(registry),
            ended: CancellationToken::new(),
        });
        let (orders, orders_in) = mpsc::channel(limits::ORDER_LANE_LEN_MAX);
        let (records, records_in) = mpsc::channel(limits::RECORD_LANE_LEN_MAX);
        let (orders_out, records_out) = (orders.downgrade(), records.downgrade());
        metrics.register_engine(move || EngineCounts {
            waiting: [
                ("orders", waiting(orders_out.upgrade())),
                ("records", waiting(records_out.upgrade())),
            ]
            .into(),
        });
        let (stopping, commits) = (tasks.stopping().clone(), store.clone());
        let owner = owner::Owner::new(view.clone(), commits, clock.clone(), metrics, stopping);
        owner.spawn(orders_in, records_in, tasks);
        Ok(Self { view, store, clock, orders, records })
    }

    /// Carries a request out; returns when it is durable. A caller that goes away meanwhile changes
    /// nothing: the request is carried out.
    ///
    /// # Errors
    /// [`EngineError`]; nothing was written then, but for [`EngineError::Unavailable`] when the
    /// engine stopped in the middle: then the outcome is unknown until the server has started again,
    /// and asking again with the same request id is right in either case.
    pub async fn submit(&self, request: Request) -> Result<Committed, EngineError> {
        let reply = self.enqueue(request).await?;
        reply.await.unwrap_or(Err(STOPPING))
    }

    /// As [`Self::submit`], with values that become durable together with the request's entries or
    /// not at all: sealed content whose commitment is in them. A request that is refused or was
    /// carried out before writes none.
    ///
    /// # Errors
    /// As [`Self::submit`].
    pub async fn submit_with(
        &self,
        request: Request,
        beside: Vec<Pair>,
    ) -> Result<Committed, EngineError> {
        let reply = self.send(request, beside).await?;
        reply.await.unwrap_or(Err(STOPPING))
    }

    /// Puts a request into the lane and returns at once, so that a session can have several on
    /// their way; they are carried out in the order of these calls.
    ///
    /// # Errors
    /// [`EngineError::Unavailable`].
    pub async fn enqueue(
        &self,
        request: Request,
    ) -> Result<oneshot::Receiver<Result<Committed, EngineError>>, EngineError> {
        self.send(request, Vec::new()).await
    }

    async fn send(
        &self,
        request: Request,
        beside: Vec<Pair>,
    ) -> Result<oneshot::Receiver<Result<Committed, EngineError>>, EngineError> {
        let (reply, receiver) = oneshot::channel();
        let job = Job { request, beside, reply, span: Span::current() };
        self.orders.send(job).await.or(Err(STOPPING))?;
        Ok(receiver)
    }

    /// Creates or updates registry records, all rows that may be; returns when they are durable.
    ///
    /// # Errors
    /// As [`Self::submit`].
    pub async fn put_records(
        &self,
        make: impl FnOnce(oneshot::Sender<Result<RecordOutcome, EngineError>>) -> RecordJob + Send,
    ) -> Result<RecordOutcome, EngineError> {
        let receiver = self.enqueue_records(make).await?;
        receiver.await.unwrap_or(Err(STOPPING))
    }

    /// Puts a batch of records into the second lane and returns when it has room, so that an import
    /// can have several on their way; they are carried out in the order of these calls.
    ///
    /// # Errors
    /// [`EngineError::Unavailable`].
    pub async fn enqueue_records(
        &self,
        make: impl FnOnce(oneshot::Sender<Result<RecordOutcome, EngineError>>) -> RecordJob + Send,
    ) -> Result<oneshot::Receiver<Result<RecordOutcome, EngineError>>, EngineError> {
        let (reply, receiver) = oneshot::channel();
        self.records.send(RecordTask::Put(make(reply))).await.or(Err(STOPPING))?;
        Ok(receiver)
    }

    /// Erases a record or works on the keys of records; returns when it is on stable storage, in the
    /// store and in the keyring. A caller that goes away meanwhile changes nothing.
    ///
    /// # Errors
    /// As [`Self::submit`]; [`EngineError::Keys`], [`EngineError::Record`].
    pub async fn work_on_keys(
        &self,
        make: impl FnOnce(oneshot::Sender<Result<KeysDone, EngineError>>) -> KeyJob + Send,
    ) -> Result<KeysDone, EngineError> {
        let (reply, receiver) = oneshot::channel();
        self.records.send(RecordTask::Keys(make(reply))).await.or(Err(STOPPING))?;
        receiver.await.unwrap_or(Err(STOPPING))
    }

    /// Removes the call-up sheets that were frozen with an order, if no order that stands on them ended
    /// less than [`limits::SHEETS_KEPT_MS`] ago. How many leaves went.
    ///
    /// # Errors
    /// As [`Self::submit`].
    pub async fn prune_call_up(&self, order: OrderId) -> Result<usize, EngineError> {
        let (reply, receiver) = oneshot::channel();
        let task = RecordTask::Prune(PruneJob { order, reply });
        self.records.send(task).await.or(Err(STOPPING))?;
        receiver.await.unwrap_or(Err(STOPPING))
    }

    /// The world as it is on disk. Never hold the guard across an await.
    pub fn world(&self) -> RwLockReadGuard<'_, World> {
        self.view.world.read()
    }

    /// The registry as it is on disk. Never hold the guard across an await.
    pub fn registry(&self) -> RwLockReadGuard<'_, Registry> {
        self.view.registry.read()
    }

    /// The ledger as it is on disk. Never hold the guard across an await.
    pub fn ledger(&self) -> RwLockReadGuard<'_, Ledger> {
        self.view.ledger.read()
    }

    /// The newest signed checkpoint. Blocks on the store: what is signed is recomputed from stored
    /// bytes first.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub fn checkpoint(&self) -> Result<String, LedgerError> {
        Ledger::checkpoint(&self.view.ledger, self.store.as_ref())
    }

    /// Publishes a head that enough witnesses have cosigned; [`Ledger::cosigned`] gives it.
    pub fn keep_cosigned(&self, size: u64, text: String) {
        self.view.ledger.write().keep_cosigned(size, text);
    }

    /// The store, for reading. Writing is the owner's alone: any other batch is stale.
    pub const fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// The time of record.
    pub fn now(&self) -> Instant {
        self.clock.now()
    }

    /// Whether the ledger in memory begins with a head that was published earlier: a store that was
    /// cleanly cut short, or put in place of another, is found by nothing else.
    ///
    /// # Errors
    /// [`RecoveryError`], which says to restore.
    pub fn check_published(&self, text: &str) -> Result<(), RecoveryError> {
        self.view.ledger.read().check_published(text)
    }

    /// Waits until the owner has ended: every request that got in is answered, and no more entries
    /// will come.
    pub async fn ended(&self) {
        self.view.ended.cancelled().await;
    }

    /// Wakes with the newest sequence in the stream of issued orders.
    pub fn issued(&self) -> watch::Receiver<u64> {
        self.view.issued.subscribe()
    }

    /// Wakes with the ledger's size when answers were taken or orders issued.
    pub fn answered(&self) -> watch::Receiver<u64> {
        self.view.answered.subscribe()
    }

    /// Wakes with the version of the trust bundle.
    pub fn trusted(&self) -> watch::Receiver<u64> {
        self.view.trusted.subscribe()
    }
}

const STOPPING: EngineError = EngineError::Unavailable { doing: "stopping" };

fn waiting<T>(lane: Option<mpsc::Sender<T>>) -> u64 {
    let waiting = lane.map_or(0, |lane| lane.max_capacity() - lane.capacity());
    u64::try_from(waiting).unwrap_or(u64::MAX)
}
