//! sled as an index: bounded memory, never trusted.
//!
//! Called by [`journaled`](super::journaled) only. What was measured of sled 0.34.7 decides how it
//! is used (the version is pinned; 1.0 changes the file format):
//! - `flush` ends in `sync_file_range`, not `fsync`: [`Index::flush_durable`] adds an `fsync` of
//!   the data file, and no commit waits for either. `flush_async` hangs with concurrent callers:
//!   never used.
//! - Damage makes opening panic (48 % of flips after an unclean stop) or drops records silently
//!   (13 %). So opening happens on a thread of its own, where a panic is caught and a hang is left
//!   behind, and every opening counts all pairs and sums their hashes against the totals that
//!   each of our batches wrote along with its pairs. A process of its own would be more than is
//!   needed: what it would protect besides is this process's memory, and sled is safe there; what
//!   sled does to its files while it fails is no loss, for the journal has everything.
//! - Batches of thousands of operations cost gigabytes: at most `CHUNK_LEN` at once, in key
//!   order, with a bounded cache. A batch cut into chunks moves the applied stamp with its last
//!   one; readers wait behind a lock until then.
//! - Values keep a frame with a checksum over key and value ([`codec`]), so that a
//!   bent value is an error when it is read.
//!
//! The totals live under `TOTALS_KEY`, which is longer than any key of ours: a stamp, the number
//! of pairs (`u64`), the sum of their hashes (`u64`), CRC32C (`u32`) of all these.

mod opening;
#[cfg(test)]
mod tests;
mod totals;

use std::fs::File;
use std::ops::Bound;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use self::opening::{open_and_verify, watch};
use self::totals::Totals;
use super::codec::{self, Stamp};
use super::journaled::{Delta, Index, StoreOptions, Unfit};
use super::{KEY_LEN_MAX, Pair, StoreError, scan_start};

/// Operations that go into sled at once.
const CHUNK_LEN: usize = 128;
/// Where the totals are kept.
const TOTALS_KEY: [u8; KEY_LEN_MAX + 1] = [0xFF; KEY_LEN_MAX + 1];
/// sled with its totals.
#[derive(Debug)]
pub struct SledIndex {
    db: ::sled::Db,
    dir: PathBuf,
    // Written while a batch is applied, so that no reader sees half of one.
    totals: RwLock<Totals>,
}

impl SledIndex {
    fn guarded<T>(
        &self,
        action: &'static str,
        work: impl FnOnce() -> ::sled::Result<T>,
    ) -> Result<T, StoreError> {
        match catch_unwind(AssertUnwindSafe(work)) {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(::sled::Error::Io(error))) => Err(StoreError::io(action, &self.dir)(error)),
            Ok(Err(error)) => Err(self.damaged(format!("failed to {action}: {error}"))),
            Err(panic) => Err(self.damaged(format!("failed to {action}: {}", panic_text(&*panic)))),
        }
    }

    /// sled does not tell where in its file a pair lies, so the position is the start.
    fn damaged(&self, reason: String) -> StoreError {
        StoreError::damaged(&self.dir, 0, reason)
    }

    fn unframed(&self, key: &[u8], framed: &[u8]) -> Result<Vec<u8>, StoreError> {
        codec::unframe(key, framed).map(<[u8]>::to_vec).map_err(|what| {
            self.damaged(format!("{what} (key {})", hex::encode(&key[..key.len().min(24)])))
        })
    }

    fn read_range(
        &self,
        prefix: &[u8],
        after: &[u8],
        limit: usize,
    ) -> Result<Vec<(::sled::IVec, ::sled::IVec)>, StoreError> {
        self.guarded("scan", || {
            self.db
                .range::<&[u8], _>((scan_start(prefix, after), Bound::Unbounded))
                .filter(|pair| !matches!(pair, Ok((key, _)) if *key == TOTALS_KEY))
                .take_while(|pair| pair.as_ref().map_or(true, |(key, _)| key.starts_with(prefix)))
                .take(limit)
                .collect()
        })
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    format!("sled panicked: {}", text.unwrap_or("without a word"))
}

impl Index for SledIndex {
    const LASTING: bool = true;

    fn open(dir: &Path, options: &StoreOptions) -> Result<Self, Unfit> {
        let cache_len = options.index_cache_len;
        let path = dir.to_owned();
        watch(options.index_silence_max, move |beats| open_and_verify(&path, cache_len, beats))
    }

    fn applied(&self) -> Option<Stamp> {
        self.totals.read().unwrap_or_else(PoisonError::into_inner).stamp
    }

    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let _whole = self.totals.read().unwrap_or_else(PoisonError::into_inner);
        if key.len() > KEY_LEN_MAX {
            return Ok(None);
        }
        let framed = self.guarded("read", || self.db.get(key))?;
        framed.map(|framed| self.unframed(key, &framed)).transpose()
    }

    fn scan(&self, prefix: &[u8], after: &[u8], limit: usize) -> Result<Vec<Pair>, StoreError> {
        let _whole = self.totals.read().unwrap_or_else(PoisonError::into_inner);
        let found = self.read_range(prefix, after, limit)?;
        found
            .into_iter()
            .map(|(key, framed)| Ok((key.to_vec(), self.unframed(&key, &framed)?)))
            .collect()
    }

    fn apply(&self, delta: Arc<Delta>, stamp: &Stamp) -> Result<(), StoreError> {
        let sorted: Vec<_> = delta.iter().collect();
        let mut totals = self.totals.write().unwrap_or_else(PoisonError::into_inner);
        let before = totals.stamp.unwrap_or_else(|| Stamp::genesis(stamp.store));
        let chunks = sorted.len().div_ceil(CHUNK_LEN).max(1);
        for n in 0..chunks {
            let chunk = sorted.chunks(CHUNK_LEN).nth(n).unwrap_or_default();
            let mut next = *totals;
            self.guarded("write", || {
                let mut batch = ::sled::Batch::default();
                for (key, value) in chunk {
                    if let Some(old) = self.db.get(key)? {
                        next.remove(key, &old);
                        if value.is_none() {
                            batch.remove(key.as_slice());
                        }
                    }
                    if let Some(value) = value {
                        let framed = codec::frame(key, value);
                        next.add(key, &framed);
                        batch.insert(key.as_slice(), framed);
                    }
                }
                let point = if n + 1 == chunks { stamp } else { &before };
                next.stamp = Some(*point);
                batch.insert(&TOTALS_KEY[..], next.encode(point));
                self.db.apply_batch(batch)
            })?;
            *totals = next;
        }
        Ok(())
    }

    fn flush_durable(&self) -> Result<(), StoreError> {
        self.guarded("flush", || self.db.flush())?;
        let path = self.dir.join("db");
        for path in [path.as_path(), self.dir.as_path()] {
            File::open(path)
                .and_then(|file| file.sync_all())
                .map_err(|error| StoreError::fatal("syncing", path, &error))?;
        }
        Ok(())
    }
}
