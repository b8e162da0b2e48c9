//! Durable storage: one flat, ordered keyspace with three verbs.
//!
//! Called by the engine (writes), by read models at start, and by the terminal for its own disk.
//! It knows nothing of what the bytes mean, save that [`codec`] frames every value.
//!
//! | Implementation | For | Truth | Index |
//! |---|---|---|---|
//! | [`memory::MemoryStore`] | tests, simulation | none | a map |
//! | [`journaled::JournalStore`] | terminals on old machines | [`journal`] and [`snapshot`] | a map |
//! | [`journaled::SledStore`] | the server | [`journal`] and [`snapshot`] | [`sled`] |
//!
//! What is true when each verb returns:
//! - `get`, `scan`: bytes that were committed before the call began, whole and checked.
//! - `commit`: every operation of the batch is on stable storage and visible, or none is. An error
//!   that is [`StoreError::Fatal`] means the outcome is unknown: the process must end, and the next
//!   start finds the truth.

pub mod codec;
#[cfg(test)]
mod contract;
pub mod journal;
pub mod journaled;
pub mod keys;
pub mod memory;
pub mod sled;
pub mod snapshot;

use std::fmt;
use std::path::Path;

/// Largest key, in bytes. Our longest is a prefix, two identities and a number.
pub const KEY_LEN_MAX: usize = 256;
/// Largest value, in bytes: above about 128 KiB sled moves values into files it never syncs.
pub const VALUE_LEN_MAX: usize = 64 * 1024;
/// Largest batch, in encoded bytes. It bounds the memory of a commit and what a torn tail can hold;
/// a group of 512 answers is about 200 KiB.
pub const BATCH_LEN_MAX: usize = 8 * 1024 * 1024;

/// One change to the keyspace. A key begins with the prefix of its kind and so is never empty: a
/// page of [`Store::scan`] that ended on the empty key could not be continued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Op {
    /// Sets a key.
    Put {
        /// At most [`KEY_LEN_MAX`] bytes.
        key: Vec<u8>,
        /// At most [`VALUE_LEN_MAX`] bytes.
        value: Vec<u8>,
    },
    /// Removes a key; removing what is not there is no error.
    Delete {
        /// At most [`KEY_LEN_MAX`] bytes.
        key: Vec<u8>,
    },
}

/// Changes that happen together or not at all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Batch {
    /// The head the writer believes in: a stale writer is refused with [`StoreError::Stale`].
    pub expected_head: u64,
    /// The changes, applied in order.
    pub ops: Vec<Op>,
}

impl Batch {
    /// An empty batch on top of `expected_head`.
    pub const fn on(expected_head: u64) -> Self {
        Self { expected_head, ops: Vec::new() }
    }

    /// Adds a put.
    pub fn put(&mut self, key: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) {
        self.ops.push(Op::Put { key: key.into(), value: value.into() });
    }

    /// Adds a delete.
    pub fn delete(&mut self, key: impl Into<Vec<u8>>) {
        self.ops.push(Op::Delete { key: key.into() });
    }

    /// Refuses keys, values and batches over their bounds with [`StoreError::TooLarge`].
    pub fn check_bounds(&self) -> Result<(), StoreError> {
        let within = |what, len, max| {
            if len > max { Err(StoreError::TooLarge { what, len, max }) } else { Ok(()) }
        };
        for op in &self.ops {
            match op {
                Op::Put { key, value } => {
                    within("key", key.len(), KEY_LEN_MAX)?;
                    within("value", value.len(), VALUE_LEN_MAX)?;
                }
                Op::Delete { key } => within("key", key.len(), KEY_LEN_MAX)?,
            }
        }
        within("batch", codec::batch_len(&self.ops), BATCH_LEN_MAX)
    }
}

/// A key and its value.
pub type Pair = (Vec<u8>, Vec<u8>);

/// The keyspace. All methods block; call them from a thread that may.
pub trait Store: Send + Sync + fmt::Debug {
    /// The value of `key`, or `None`.
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// At most `limit` pairs whose keys start with `prefix` and are greater than `after` (all of the
    /// prefix for an empty `after`), in key order. A caller pages by passing the last key it saw.
    fn scan(&self, prefix: &[u8], after: &[u8], limit: usize) -> Result<Vec<Pair>, StoreError>;

    /// Makes the batch durable and visible, atomically; returns the new head, which is
    /// `expected_head + 1`.
    fn commit(&self, batch: Batch) -> Result<u64, StoreError>;

    /// The number of batches committed since the store was made.
    fn head(&self) -> u64;

    /// Gives up the space held back for a full disk, so that what must not be refused (answers)
    /// can still be committed after [`StoreError::Full`]. True if there was some to give.
    fn release_reserve(&self) -> Result<bool, StoreError> {
        Ok(false)
    }

    /// Holds space back again once there is room. True if the reserve is whole afterwards.
    fn refill_reserve(&self) -> Result<bool, StoreError> {
        Ok(false)
    }
}

/// Why storage did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The writer's view is old; nothing was written.
    #[error("the writer expected head {expected}, but the store is at {actual}; reload and retry")]
    Stale {
        /// What the batch said.
        expected: u64,
        /// What the store has.
        actual: u64,
    },
    /// A key, value or batch is over its bound; nothing was written.
    #[error("{what} is {len} bytes, over the bound of {max}")]
    TooLarge {
        /// Key, value or batch.
        what: &'static str,
        /// Its size in bytes.
        len: usize,
        /// The bound in bytes.
        max: usize,
    },
    /// No room; nothing was written and everything already committed is still readable.
    #[error("the disk that holds {path} is full: free some space, then try again")]
    Full {
        /// The file that could not grow.
        path: String,
    },
    /// Stored bytes are not what was written; the position says where.
    #[error("damaged data in {path} at byte {offset}: {reason}; restore from a backup")]
    Damaged {
        /// The file.
        path: String,
        /// Where the damage begins, in bytes.
        offset: u64,
        /// What is wrong.
        reason: String,
    },
    /// Another process has the store open.
    #[error("{path} is in use by another process: stop it first")]
    Locked {
        /// The directory.
        path: String,
    },
    /// The outcome is unknown (a failed sync, a failed device): the process must stop.
    #[error("storage failed and its state is unknown: {reason}; restart to recover")]
    Fatal {
        /// What failed.
        reason: String,
    },
    /// Reading or opening failed, nothing was changed.
    #[error("failed to {action} {path}: {source}")]
    Io {
        /// What was being done.
        action: &'static str,
        /// The file or directory.
        path: String,
        /// The system's word.
        source: std::io::Error,
    },
}

impl StoreError {
    /// Wraps an error of reading or opening `path`, for use with `map_err`.
    fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.display().to_string();
        move |source| {
            if is_full(&source) { Self::Full { path } } else { Self::Io { action, path, source } }
        }
    }

    /// Damage in `path` at byte `offset`.
    fn damaged(path: &Path, offset: u64, reason: impl Into<String>) -> Self {
        Self::Damaged { path: path.display().to_string(), offset, reason: reason.into() }
    }

    /// The outcome is unknown: `what` failed on `path`.
    fn fatal(what: &str, path: &Path, source: &std::io::Error) -> Self {
        Self::Fatal { reason: format!("{what} {}: {source}", path.display()) }
    }
}

/// Whether the system says that there is no room.
fn is_full(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded | FileTooLarge)
}

/// Where a scan of `prefix` after `after` starts, and whether that very key is left out.
fn scan_start<'a>(prefix: &'a [u8], after: &'a [u8]) -> std::ops::Bound<&'a [u8]> {
    use std::ops::Bound::{Excluded, Included};
    if after.is_empty() || after < prefix { Included(prefix) } else { Excluded(after) }
}
