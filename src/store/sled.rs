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
//! - Batches of thousands of operations cost gigabytes: at most [`CHUNK_LEN`] at once, in key
//!   order, with a bounded cache. A batch cut into chunks moves the applied stamp with its last
//!   one; readers wait behind a lock until then.
//! - Values keep a frame with a checksum over key and value ([`codec`](super::codec)), so that a
//!   bent value is an error when it is read.
//!
//! The totals live under [`TOTALS_KEY`], which is longer than any key of ours: a stamp, the number
//! of pairs (`u64`), the sum of their hashes (`u64`), CRC32C (`u32`) of all these.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::ops::Bound;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{PoisonError, RwLock};
use std::thread;
use std::time::Duration;

use super::codec::{self, STAMP_LEN, Stamp};
use super::journaled::{Index, StoreOptions, Unfit};
use super::{KEY_LEN_MAX, Op, Pair, StoreError, is_full, scan_start};

#[cfg(test)]
mod tests;

/// Operations that go into sled at once.
const CHUNK_LEN: usize = 128;
/// Where the totals are kept.
const TOTALS_KEY: [u8; KEY_LEN_MAX + 1] = [0xFF; KEY_LEN_MAX + 1];
const TOTALS_MAGIC: [u8; 8] = *b"htindex\x01";
const TOTALS_LEN: usize = STAMP_LEN + 20;
/// sled writes out what it holds this often; durability does not rest on it.
const FLUSH_EVERY_MS: u64 = 1_000;
/// A handle dropped in this process gives sled's lock back a little later: 500 times 10 ms.
const LOCK_TRIES_MAX: u32 = 500;
const LOCK_WAIT: Duration = Duration::from_millis(10);
/// Pairs between two signs of life while an index is verified.
const BEAT_PAIRS: u64 = 4_096;

/// What the index holds, by its own account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Totals {
    stamp: Option<Stamp>,
    count: u64,
    sum: u64,
}

impl Totals {
    const EMPTY: Self = Self { stamp: None, count: 0, sum: 0 };

    fn add(&mut self, key: &[u8], framed: &[u8]) {
        self.count += 1;
        self.sum = self.sum.wrapping_add(pair_hash(key, framed));
    }

    fn remove(&mut self, key: &[u8], framed: &[u8]) {
        self.count = self.count.saturating_sub(1);
        self.sum = self.sum.wrapping_sub(pair_hash(key, framed));
    }

    fn encode(&self, stamp: &Stamp) -> Vec<u8> {
        let mut bytes = stamp.encode(&TOTALS_MAGIC).to_vec();
        bytes.extend_from_slice(&self.count.to_le_bytes());
        bytes.extend_from_slice(&self.sum.to_le_bytes());
        let crc = crc32c::crc32c(&bytes);
        bytes.extend_from_slice(&crc.to_le_bytes());
        bytes
    }

    fn decode(bytes: &[u8]) -> Result<Self, &'static str> {
        const CUT: &str = "the totals are cut short";
        let stamp = Stamp::decode(&TOTALS_MAGIC, bytes)?;
        let mut rest = bytes.get(STAMP_LEN..TOTALS_LEN).ok_or(CUT)?;
        let count = u64::from_le_bytes(codec::take::<8>(&mut rest).ok_or(CUT)?);
        let sum = u64::from_le_bytes(codec::take::<8>(&mut rest).ok_or(CUT)?);
        if rest == crc32c::crc32c(&bytes[..TOTALS_LEN - 4]).to_le_bytes() {
            Ok(Self { stamp: Some(stamp), count, sum })
        } else {
            Err("the totals do not match their checksum")
        }
    }
}

/// Two checksums spread over 64 bits, so that a sum of them notices any pair that is missing.
/// Against accidents, not against forgers: those are the journal's chain's affair.
fn pair_hash(key: &[u8], framed: &[u8]) -> u64 {
    let of_key = crc32c::crc32c(key);
    let of_both = crc32c::crc32c_append(of_key, framed);
    // The finisher of splitmix64.
    let mut hash = (u64::from(of_key) << 32 | u64::from(of_both)) ^ 0x9E37_79B9_7F4A_7C15;
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    hash ^ (hash >> 31)
}

/// sled with its totals.
#[derive(Debug)]
pub struct SledIndex {
    db: ::sled::Db,
    dir: PathBuf,
    // Written while a batch is applied, so that no reader sees half of one.
    totals: RwLock<Totals>,
}

enum Beat {
    Alive,
    Done(Result<SledIndex, Unfit>),
}

impl SledIndex {
    fn open_and_verify(
        dir: &Path,
        cache_len: u64,
        beats: &SyncSender<Beat>,
    ) -> Result<Self, Unfit> {
        let db = open_locked(dir, cache_len)?;
        let mut found = Totals::EMPTY;
        let mut claimed = None;
        for pair in db.iter() {
            let (key, framed) = pair.map_err(|error| unfit(dir, error))?;
            if *key == TOTALS_KEY {
                claimed =
                    Some(Totals::decode(&framed).map_err(|what| Unfit::SetAside(what.into()))?);
                continue;
            }
            codec::unframe(&key, &framed).map_err(|what| Unfit::SetAside(what.into()))?;
            found.add(&key, &framed);
            if found.count.is_multiple_of(BEAT_PAIRS) {
                // A full channel means that a sign of life is already waiting.
                drop(beats.try_send(Beat::Alive));
            }
        }
        let totals = claimed.unwrap_or(Totals::EMPTY);
        if (found.count, found.sum) != (totals.count, totals.sum) {
            return Err(Unfit::SetAside(format!(
                "the index holds {} pairs where its totals say {}, or others than it should",
                found.count, totals.count
            )));
        }
        Ok(Self { db, dir: dir.to_owned(), totals: RwLock::new(totals) })
    }

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

/// Waits for the lock that an earlier handle of this process may still hold.
fn open_locked(dir: &Path, cache_len: u64) -> Result<::sled::Db, Unfit> {
    fs::create_dir_all(dir).map_err(|error| Unfit::Stop(StoreError::io("create", dir)(error)))?;
    let config = ::sled::Config::new()
        .path(dir)
        .cache_capacity(cache_len)
        .flush_every_ms(Some(FLUSH_EVERY_MS));
    for _ in 0..LOCK_TRIES_MAX {
        match config.open() {
            Ok(db) => return Ok(db),
            Err(::sled::Error::Io(error))
                if error.to_string().contains("could not acquire lock") =>
            {
                thread::sleep(LOCK_WAIT);
            }
            Err(error) => return Err(unfit(dir, error)),
        }
    }
    Err(Unfit::Stop(StoreError::Locked { path: dir.display().to_string() }))
}

fn unfit(dir: &Path, error: ::sled::Error) -> Unfit {
    match error {
        ::sled::Error::Io(error)
            if is_full(&error) || error.kind() == io::ErrorKind::PermissionDenied =>
        {
            Unfit::Stop(StoreError::io("open", dir)(error))
        }
        error => Unfit::SetAside(format!("the index failed to open: {error}")),
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
        watch(options.index_silence_max, move |beats| {
            Self::open_and_verify(&path, cache_len, beats)
        })
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

    fn apply(&self, ops: &[Op], stamp: &Stamp) -> Result<(), StoreError> {
        let mut last_words = BTreeMap::new();
        for op in ops {
            match op {
                Op::Put { key, value } => last_words.insert(key.as_slice(), Some(value)),
                Op::Delete { key } => last_words.insert(key.as_slice(), None),
            };
        }
        let sorted: Vec<_> = last_words.into_iter().collect();
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
                            batch.remove(*key);
                        }
                    }
                    if let Some(value) = value {
                        let framed = codec::frame(key, value);
                        next.add(key, &framed);
                        batch.insert(*key, framed);
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

/// Runs `open` on a thread of its own, which is left behind if it shows no life for `silence_max`:
/// sled has no way to be stopped.
fn watch(
    silence_max: Duration,
    open: impl FnOnce(&SyncSender<Beat>) -> Result<SledIndex, Unfit> + Send + 'static,
) -> Result<SledIndex, Unfit> {
    let (beats, seen) = sync_channel(1);
    let opener = thread::Builder::new().name("sled-open".into()).spawn(move || {
        let done = open(&beats);
        // Nobody waits any more: the index is dropped, and closed with that.
        drop(beats.send(Beat::Done(done)));
    });
    let opener = opener.map_err(|error| {
        Unfit::Stop(StoreError::Fatal { reason: format!("starting a thread: {error}") })
    })?;
    loop {
        match seen.recv_timeout(silence_max) {
            Ok(Beat::Alive) => {}
            Ok(Beat::Done(done)) => return done,
            Err(RecvTimeoutError::Timeout) => {
                let limit = silence_max.as_secs();
                return Err(Unfit::SetAside(format!("sled showed no life for {limit} s")));
            }
            Err(RecvTimeoutError::Disconnected) => {
                let text =
                    opener.join().err().map_or_else(String::new, |panic| panic_text(&*panic));
                return Err(Unfit::SetAside(text));
            }
        }
    }
}
