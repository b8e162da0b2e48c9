//! The ledger in memory: the tree over the leaves, and the head that is signed.
//!
//! The root is recomputed from stored bytes before it is signed (a certificate log died of one wrong
//! bit in 2021). The text holds no time and Ed25519 is deterministic, so one size has one signed
//! head for ever; a second root for a size would need other leaves, and leaves never change.

use parking_lot::RwLock;

use crate::domain::code::Code;
use crate::evidence::checkpoint::{Checkpoint, CheckpointError};
use crate::evidence::key::SigningKey;
use crate::evidence::proof::{ConsistencyProof, InclusionProof};
use crate::evidence::tree::{Hash, Tree, TreeError, leaf_hash};
use crate::limits;
use crate::store::{Store, StoreError, keys};

/// Why the ledger does not give what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// An index or size that is not there.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// The stored leaves are not those that were hashed.
    #[error(
        "ledger entry {index} on disk is not the one that was recorded: stop, and run `hoatoc check`"
    )]
    Altered {
        /// Which.
        index: u64,
    },
    /// This ledger has no key to sign with.
    #[error("this server has no ledger key: put it back, then start again")]
    NoKey,
    /// The head cannot be written as a checkpoint.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl LedgerError {
    /// The kind of trouble.
    pub const fn code(&self) -> Code {
        match self {
            Self::Tree(_) => Code::OutOfRange,
            Self::NoKey => Code::Precondition,
            Self::Altered { .. } | Self::Checkpoint(_) | Self::Store(_) => Code::Internal,
        }
    }

    /// The stable reason, for machines.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Tree(_) => "INDEX_OUT_OF_RANGE",
            Self::NoKey => "NO_LEDGER_KEY",
            Self::Altered { .. } => "LEDGER_ALTERED",
            Self::Checkpoint(_) => "CHECKPOINT_FAILED",
            Self::Store(_) => "STORE_FAILED",
        }
    }
}

/// The tree and its signed head.
#[derive(Debug)]
pub struct Ledger {
    tree: Tree,
    origin: String,
    key: Option<SigningKey>,
    // Leaves below this were reread from the store and found to be those of the tree.
    reread: u64,
    signed: Option<(u64, String)>,
}

impl Ledger {
    pub(super) const fn new(tree: Tree, origin: String, key: Option<SigningKey>) -> Self {
        Self { tree, origin, key, reread: 0, signed: None }
    }

    pub(super) fn push(&mut self, leaf: Hash) {
        self.tree.push(leaf);
    }

    pub(super) fn set_origin(&mut self, origin: &str) {
        origin.clone_into(&mut self.origin);
    }

    /// How many entries.
    pub fn size(&self) -> u64 {
        self.tree.len()
    }

    /// The root over all entries.
    pub fn root(&self) -> Hash {
        self.tree.root()
    }

    /// One leaf's hash.
    pub fn leaf(&self, index: u64) -> Option<Hash> {
        self.tree.leaf(index)
    }

    /// Proves an entry in the tree of a size.
    ///
    /// # Errors
    /// [`LedgerError::Tree`].
    pub fn prove_inclusion(&self, index: u64, size: u64) -> Result<InclusionProof, LedgerError> {
        Ok(self.tree.prove_inclusion(index, size)?)
    }

    /// Proves that one size is the beginning of another.
    ///
    /// # Errors
    /// [`LedgerError::Tree`].
    pub fn prove_consistency(&self, old: u64, new: u64) -> Result<ConsistencyProof, LedgerError> {
        Ok(self.tree.prove_consistency(old, new)?)
    }

    /// The signed head. Takes the lock for moments only: rereading goes on beside the writer.
    pub(super) fn checkpoint(
        ledger: &RwLock<Self>,
        store: &dyn Store,
    ) -> Result<String, LedgerError> {
        let (mut next, size) = {
            let now = ledger.read();
            if let Some((size, text)) = &now.signed
                && *size == now.size()
            {
                return Ok(text.clone());
            }
            (now.reread, now.size())
        };
        while next < size {
            next = reread_page(ledger, store, next, size)?;
        }
        let mut now = ledger.write();
        now.reread = now.reread.max(size);
        let root = now.tree.root_at(size)?;
        let key = now.key.as_ref().ok_or(LedgerError::NoKey)?;
        let head = Checkpoint { origin: now.origin.clone(), size, root, extensions: Vec::new() };
        let text = head.sign(key)?.to_string();
        if now.signed.as_ref().is_none_or(|(signed, _text)| *signed < size) {
            now.signed = Some((size, text.clone()));
        }
        Ok(text)
    }
}

fn reread_page(
    ledger: &RwLock<Ledger>,
    store: &dyn Store,
    from: u64,
    size: u64,
) -> Result<u64, LedgerError> {
    let after = from.checked_sub(1).map(keys::ledger).unwrap_or_default();
    let page = store.scan(keys::LEDGER, &after, limits::SCAN_PAGE_LEN)?;
    let now = ledger.read();
    let mut next = from;
    for (key, leaf) in page {
        if next == size {
            break;
        }
        if keys::ledger_index(&key) != Some(next) || now.leaf(next) != Some(leaf_hash(&leaf)) {
            return Err(LedgerError::Altered { index: next });
        }
        next += 1;
    }
    if next == from { Err(LedgerError::Altered { index: from }) } else { Ok(next) }
}
