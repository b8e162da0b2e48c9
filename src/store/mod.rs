//! Durable storage: one flat, ordered keyspace with three verbs.
//!
//! Called by the engine (writes), by read models at start, and by the terminal for its own disk.
//! It knows nothing of what the bytes mean, save that [`codec`] frames every value.
//!
//! What is true when each verb returns:
//! - `get`, `scan`: bytes that were committed before the call began, whole and checked.
//! - `commit`: every operation of the batch is on stable storage and visible, or none is. An error
//!   that is [`StoreError::Fatal`] means the outcome is unknown: the process must end, and the next
//!   start finds the truth.

use std::fmt;

/// Largest key, in bytes. Our longest is a prefix, two identities and a number.
pub const KEY_LEN_MAX: usize = 256;
/// Largest value, in bytes: above about 128 KiB sled moves values into files it never syncs.
pub const VALUE_LEN_MAX: usize = 64 * 1024;

/// One change to the keyspace.
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
