//! What a journal needs of an index, and the index in memory.
//!
//! Called by [`journaled`](super) only: applied to after the journal's sync, read at any time. An
//! index is never trusted: whatever it lost or bent, it can be thrown away and built again.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Bound;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use super::StoreOptions;
use crate::store::codec::Stamp;
use crate::store::{Pair, StoreError, scan_start};

/// The last word on each key that some batches touched; `None` where it was removed.
pub type Delta = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

/// Why an index that was found cannot be used.
#[derive(Debug)]
pub enum Unfit {
    /// It failed, panicked, hung or contradicts itself: set it aside and build another.
    SetAside(String),
    /// Another index would fare no better (no room, no rights).
    Stop(StoreError),
}

/// The keyspace, ready to be read; the journal is its truth. All methods block.
pub trait Index: fmt::Debug + Send + Sync + Sized + 'static {
    /// Whether it is meant to outlive the process, so that its absence is worth an alarm.
    const LASTING: bool;

    /// Opens what is in `dir`, or makes an empty one there; whole and checked.
    fn open(dir: &Path, options: &StoreOptions) -> Result<Self, Unfit>;

    /// Called once, when the index agrees with the journal: from here on it may fall behind what was
    /// applied to it, as long as readers do not see that.
    fn serve(&mut self) -> Result<(), StoreError> {
        Ok(())
    }

    /// The point that the content shows; `None` for a new, empty index.
    fn applied(&self) -> Option<Stamp>;

    /// The value of `key`.
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// As [`Store::scan`](crate::store::Store::scan).
    fn scan(&self, prefix: &[u8], after: &[u8], limit: usize) -> Result<Vec<Pair>, StoreError>;

    /// Applies a batch whole, as readers see it, or the last words of several, and moves to
    /// `stamp`. Applying one again is harmless. After an error the index is of no more use.
    fn apply(&self, delta: Arc<Delta>, stamp: &Stamp) -> Result<(), StoreError>;

    /// Returns when all that was applied before is on stable storage, where the index is lasting.
    fn flush_durable(&self) -> Result<(), StoreError>;
}

/// A map behind a lock; built from snapshot and journal at every start.
#[derive(Debug, Default)]
pub struct MemoryIndex {
    state: RwLock<MemoryState>,
}

#[derive(Debug, Default)]
struct MemoryState {
    pairs: BTreeMap<Vec<u8>, Vec<u8>>,
    applied: Option<Stamp>,
}

impl Index for MemoryIndex {
    const LASTING: bool = false;

    fn open(_dir: &Path, _options: &StoreOptions) -> Result<Self, Unfit> {
        Ok(Self::default())
    }

    fn applied(&self) -> Option<Stamp> {
        self.state.read().unwrap_or_else(PoisonError::into_inner).applied
    }

    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        Ok(state.pairs.get(key).cloned())
    }

    fn scan(&self, prefix: &[u8], after: &[u8], limit: usize) -> Result<Vec<Pair>, StoreError> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        let range = state.pairs.range::<[u8], _>((scan_start(prefix, after), Bound::Unbounded));
        let found = range.take_while(|(key, _)| key.starts_with(prefix)).take(limit);
        Ok(found.map(|(key, value)| (key.clone(), value.clone())).collect())
    }

    fn apply(&self, delta: Arc<Delta>, stamp: &Stamp) -> Result<(), StoreError> {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        for (key, word) in Arc::unwrap_or_clone(delta) {
            match word {
                Some(value) => state.pairs.insert(key, value),
                None => state.pairs.remove(&key),
            };
        }
        state.applied = Some(*stamp);
        Ok(())
    }

    fn flush_durable(&self) -> Result<(), StoreError> {
        Ok(())
    }
}
