//! A journal as truth with an index over it: the [`Store`] of the server and of terminals.
//!
//! Called through [`Store`] by the engine, and by the command line for backup, restore and check.
//! It knows nothing of keys and values beyond their bounds.
//!
//! Directory: `lock` (held by the one process), `journal/` (segments, `head`, `reserve`, torn
//! tails), `snapshot/`, `index/`, `index.set-aside-<n>/` for indexes that could not be used, and
//! `examined/` while a check looks at a copy.
//!
//! Invariants:
//! - A batch is applied to the index after the journal's sync returned, under the journal's lock:
//!   no reader sees what is not durable, and the index is never ahead of the journal. A lasting
//!   index may be behind it ([`Behind`]); readers do not see that.
//! - The index is never trusted. Opened, it must agree with itself and with the journal's chain,
//!   else it is set aside untouched and built again from snapshot and journal, with an ERROR and
//!   [`Journaled::rebuilt`]. An index that is *ahead* of the journal means the journal lost
//!   something: that is refused as damage.
//! - An outcome that is unknown latches: every later call is [`StoreError::Fatal`].
//! - Compaction, backup and check run beside commits, one at a time.

mod behind;
mod check;
mod examine;
mod index;
mod open;
#[cfg(test)]
mod tests;
mod truth;
mod upkeep;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

pub use self::behind::Behind;
pub use self::check::{CheckReport, Problem};
pub use self::examine::Examined;
pub use self::index::{Delta, Index, MemoryIndex, Unfit};
pub use self::upkeep::{Copied, JournalSize, restore};
use super::codec::{Stamp, encode_batch};
use super::journal::disk::{Disk, RealDisk};
use super::journal::{Journal, JournalOptions};
use super::sled::SledIndex;
use super::{Batch, Pair, Store, StoreError};

const LOCK_FILE: &str = "lock";
const JOURNAL_DIR: &str = "journal";
const SNAPSHOT_DIR: &str = "snapshot";
const INDEX_DIR: &str = "index";
const EXAMINED_DIR: &str = "examined";
const SET_ASIDE_PREFIX: &str = "index.set-aside-";

/// A store for small machines: the whole keyspace in memory.
pub type JournalStore = Journaled<MemoryIndex>;
/// The server's store: bounded memory, sled as the index, which no commit waits for.
pub type SledStore = Journaled<Behind<SledIndex>>;
/// The server's store at rest, looked at without changing it.
pub type ExaminedStore = Examined<Behind<SledIndex>>;

/// Bounds of a store.
#[derive(Debug, Clone)]
pub struct StoreOptions {
    /// The journal's own.
    pub journal: JournalOptions,
    /// Memory that sled may use for its cache, in bytes.
    pub index_cache_len: u64,
    /// How long an index that is being opened may show no progress before it counts as hung.
    pub index_silence_max: Duration,
    /// Journal that one pass of compaction folds in memory, in bytes; at least one segment.
    pub compact_pass_len_max: u64,
}

const MIB: u64 = 1024 * 1024;

impl StoreOptions {
    /// For the server: 64 MiB segments, cache and reserve; the last 32 MiB are the index's.
    pub const fn server() -> Self {
        let journal = JournalOptions {
            segment_len_max: 64 * MIB,
            reserve_len: 64 * MIB,
            free_len_min: 32 * MIB,
        };
        Self {
            journal,
            index_cache_len: 64 * MIB,
            index_silence_max: Duration::from_secs(30),
            compact_pass_len_max: 64 * MIB,
        }
    }

    /// For a terminal: 8 MiB segments, a reserve of 4 MiB, no bound on free space.
    pub const fn terminal() -> Self {
        let journal =
            JournalOptions { segment_len_max: 8 * MIB, reserve_len: MIB / 4, free_len_min: 0 };
        Self {
            journal,
            index_cache_len: 8 * MIB,
            index_silence_max: Duration::from_secs(30),
            compact_pass_len_max: 16 * MIB,
        }
    }
}

/// A store whose truth is a journal.
#[derive(Debug)]
pub struct Journaled<I: Index> {
    dir: PathBuf,
    options: StoreOptions,
    disk: Arc<dyn Disk>,
    // Appending and applying happen under this lock, in one order.
    journal: Mutex<Journal>,
    index: I,
    head: AtomicU64,
    failed: OnceLock<String>,
    // Held by whoever may remove or copy files; never taken while `journal` is held.
    upkeep: Mutex<()>,
    rebuilt: Option<String>,
    // Released by the system however the process ends; last, so that all above is closed before.
    _lock: File,
}

impl<I: Index> Journaled<I> {
    /// Opens the store in `dir`, or makes one. [`StoreError::Locked`] if another process has it,
    /// [`StoreError::Damaged`] if the truth is not whole.
    pub fn open(dir: &Path, options: StoreOptions) -> Result<Self, StoreError> {
        Self::open_on(dir, options, Arc::new(RealDisk))
    }

    /// As [`Self::open`], on a disk that may fail.
    pub fn open_on(
        dir: &Path,
        options: StoreOptions,
        disk: Arc<dyn Disk>,
    ) -> Result<Self, StoreError> {
        open::open(dir, options, disk)
    }

    /// Why the index was built anew at this start; `None` when it was fit, or made with the store.
    pub fn rebuilt(&self) -> Option<&str> {
        self.rebuilt.as_deref()
    }

    /// The point of the last confirmed batch, with the hash over all of them.
    pub fn stamp(&self) -> Stamp {
        *self.journal().end()
    }

    /// Puts the index and the head file on stable storage, so that the next start has less to
    /// replay. Commits are durable without it; it may take long and runs beside them.
    pub fn checkpoint(&self) -> Result<(), StoreError> {
        self.refuse_if_failed()?;
        self.latching(self.index.flush_durable())?;
        self.latching(self.journal().sync_head())
    }

    /// [`Self::checkpoint`], then lets go.
    pub fn close(self) -> Result<(), StoreError> {
        self.checkpoint()
    }

    fn journal(&self) -> MutexGuard<'_, Journal> {
        self.journal.lock().unwrap_or_else(|poisoned| {
            let mut journal = poisoned.into_inner();
            journal.latch("a thread panicked while it was writing".into());
            journal
        })
    }

    fn upkeep(&self) -> MutexGuard<'_, ()> {
        self.upkeep.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn refuse_if_failed(&self) -> Result<(), StoreError> {
        self.failed.get().map_or(Ok(()), |reason| Err(StoreError::Fatal { reason: reason.clone() }))
    }

    fn latching<T>(&self, result: Result<T, StoreError>) -> Result<T, StoreError> {
        if let Err(StoreError::Fatal { reason }) = &result {
            self.failed.get_or_init(|| reason.clone());
        }
        result
    }
}

impl<I: Index> Store for Journaled<I> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.refuse_if_failed()?;
        self.index.get(key)
    }

    fn scan(&self, prefix: &[u8], after: &[u8], limit: usize) -> Result<Vec<Pair>, StoreError> {
        self.refuse_if_failed()?;
        self.index.scan(prefix, after, limit)
    }

    fn commit(&self, batch: Batch) -> Result<u64, StoreError> {
        self.refuse_if_failed()?;
        batch.check_bounds()?;
        let payload = encode_batch(&batch.ops);
        let mut journal = self.journal();
        let actual = journal.end().seq;
        if batch.expected_head != actual {
            return Err(StoreError::Stale { expected: batch.expected_head, actual });
        }
        let stamp = self.latching(journal.append(&payload))?;
        let mut delta = Delta::new();
        truth::fold(&mut delta, batch.ops);
        if let Err(error) = self.index.apply(Arc::new(delta), &stamp) {
            // Durable but not visible: only a restart can bring both together again.
            let reason = format!("applying batch {} to the index: {error}", stamp.seq);
            journal.latch(reason.clone());
            return self.latching(Err(StoreError::Fatal { reason }));
        }
        self.head.store(stamp.seq, Ordering::Release);
        Ok(stamp.seq)
    }

    fn head(&self) -> u64 {
        self.head.load(Ordering::Acquire)
    }

    fn release_reserve(&self) -> Result<bool, StoreError> {
        self.journal().release_reserve()
    }

    fn refill_reserve(&self) -> Result<bool, StoreError> {
        self.journal().refill_reserve()
    }
}
