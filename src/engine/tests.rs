//! The engine over a store that can be held and can fail. The parts: commits and replies, recovery,
//! the ledger's head.

mod commits;
mod heads;
mod recovering;

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

use crate::clock::ManualClock;
use crate::domain::ids::OrderId;
use crate::domain::instant::Instant;
use crate::domain::order::delivery::Fact;
use crate::domain::world::Request;
use crate::engine::{Committed, Engine, EngineError, Parts};
use crate::index::Registry;
use crate::sim::cast::Cast;
use crate::store::memory::{Fault, MemoryStore};
use crate::store::{Batch, Pair, Store, StoreError};
use crate::tasks::Tasks;
use crate::telemetry::metrics::Metrics;

pub(crate) const NOW: Instant = Instant::from_millis(1_795_000_000_000);

/// A memory store whose commits wait at a gate, and which counts them.
#[derive(Debug, Default)]
pub(crate) struct Gated {
    pub(crate) inner: MemoryStore,
    state: Mutex<Gate>,
    moved: Condvar,
}

#[derive(Debug, Default)]
struct Gate {
    closed: bool,
    held: bool,
    passes: usize,
    // Operations of each commit that went in.
    ops: Vec<usize>,
    reserve: bool,
}

impl Gated {
    fn state(&self) -> MutexGuard<'_, Gate> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn close(&self) {
        self.state().closed = true;
    }

    pub(crate) fn open(&self) {
        self.state().closed = false;
        self.moved.notify_all();
    }

    /// Lets one commit through the closed gate.
    pub(crate) fn pass(&self) {
        self.state().passes += 1;
        self.moved.notify_all();
    }

    /// Blocks until a commit waits at the gate. The owner is on a thread of its own.
    pub(crate) fn wait_held(&self) {
        let held = self.moved.wait_while(self.state(), |gate| !gate.held || gate.passes > 0);
        drop(held.unwrap_or_else(PoisonError::into_inner));
    }

    pub(crate) fn commits(&self) -> Vec<usize> {
        self.state().ops.clone()
    }

    pub(crate) fn hold_back(&self) {
        self.state().reserve = true;
    }

    pub(crate) fn has_reserve(&self) -> bool {
        self.state().reserve
    }
}

impl Store for Gated {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.inner.get(key)
    }

    fn scan(&self, prefix: &[u8], after: &[u8], limit: usize) -> Result<Vec<Pair>, StoreError> {
        self.inner.scan(prefix, after, limit)
    }

    fn commit(&self, batch: Batch) -> Result<u64, StoreError> {
        let mut gate = self.state();
        gate.held = true;
        self.moved.notify_all();
        let shut = |gate: &mut Gate| gate.closed && gate.passes == 0;
        gate = self.moved.wait_while(gate, shut).unwrap_or_else(PoisonError::into_inner);
        gate.held = false;
        gate.passes = gate.passes.saturating_sub(1);
        gate.ops.push(batch.ops.len());
        drop(gate);
        self.moved.notify_all();
        self.inner.commit(batch)
    }

    fn head(&self) -> u64 {
        self.inner.head()
    }

    fn release_reserve(&self) -> Result<bool, StoreError> {
        Ok(std::mem::take(&mut self.state().reserve))
    }
}

/// An engine over a [`Gated`] store, with a cast.
pub(crate) struct Stage {
    pub(crate) cast: Cast,
    pub(crate) tasks: Tasks,
    pub(crate) store: Arc<Gated>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) engine: Engine,
}

pub(crate) fn parts(store: Arc<dyn Store>, clock: Arc<ManualClock>) -> Parts {
    let ledger_key = Some(Cast::ledger_key());
    Parts { store, clock, ledger_key, registry: Registry::default(), metrics: Metrics::noop() }
}

impl Stage {
    /// A founded province.
    pub(crate) async fn founded(endpoints: u32) -> Self {
        let (store, clock) = (Arc::new(Gated::default()), Arc::new(ManualClock::at(NOW)));
        let stage = Self::over(endpoints, store, clock);
        for request in stage.cast.founding(NOW) {
            stage.engine.submit(request).await.expect("the founding is possible");
        }
        stage
    }

    /// An engine over what is there.
    pub(crate) fn over(endpoints: u32, store: Arc<Gated>, clock: Arc<ManualClock>) -> Self {
        let tasks = Tasks::new();
        let engine = Engine::start(parts(store.clone(), clock.clone()), &tasks).expect("sound");
        Self { cast: Cast::new(endpoints), tasks, store, clock, engine }
    }

    /// The same store in a new life.
    pub(crate) async fn restarted(self) -> Self {
        let _owner_ended_with_the_store = self.tasks.stop(Duration::from_secs(10)).await;
        self.store.inner.restart();
        Self::over(self.cast.endpoints(), self.store, self.clock)
    }

    pub(crate) async fn submit(&self, request: Request) -> Result<Committed, EngineError> {
        self.engine.submit(request).await
    }

    pub(crate) async fn enqueue(
        &self,
        request: Request,
    ) -> oneshot::Receiver<Result<Committed, EngineError>> {
        self.engine.enqueue(request).await.expect("the engine runs")
    }

    /// Drafts, signs and issues an order to everybody.
    pub(crate) async fn issue(&self, id: u128) -> (OrderId, [u8; 32]) {
        let order = Cast::order(&self.engine.world(), id, self.engine.now());
        for request in Cast::issuing(order, &format!("issue-{id}")) {
            self.submit(request).await.expect("it may be issued");
        }
        self.named(id)
    }

    /// An order's name and digest.
    pub(crate) fn named(&self, id: u128) -> (OrderId, [u8; 32]) {
        let id = OrderId::new(uuid::Uuid::from_u128(id));
        (id, self.engine.world().order(&id).expect("it was drafted").digest)
    }

    /// An endpoint's receipt.
    pub(crate) fn receipt(&self, order: (OrderId, [u8; 32]), endpoint: u32) -> Request {
        Cast::answering(Cast::answer(order, endpoint, 1, Fact::Delivered, NOW))
    }

    pub(crate) fn inject(&self, faults: &[Fault]) {
        faults.iter().for_each(|fault| self.store.inner.inject(*fault));
    }
}
