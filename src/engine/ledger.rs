//! The ledger in memory: the tree over the leaves, and the head that is signed.
//!
//! The root is recomputed from stored bytes before it is signed, and must be the tree's (a certificate
//! log died of one wrong bit in 2021). The text holds no time and Ed25519 is deterministic, so one size has one signed
//! head for ever; a second root for a size would need other leaves, and leaves never change.

use parking_lot::RwLock;

use crate::domain::code::Code;
use crate::engine::recovery::{self, RecoveryError};
use crate::evidence::checkpoint::{Checkpoint, CheckpointError};
use crate::evidence::key::SigningKey;
use crate::evidence::proof::{ConsistencyProof, InclusionProof};
use crate::evidence::tree::edge::Edge;
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
    // Over the leaves that were reread from the store and found to be those of the tree.
    reread: Edge,
    signed: Option<(u64, String)>,
    // The newest head that enough witnesses have cosigned, with its size.
    cosigned: Option<(u64, String)>,
}

impl Ledger {
    pub(super) const fn new(tree: Tree, origin: String, key: Option<SigningKey>) -> Self {
        Self { tree, origin, key, reread: Edge::new(), signed: None, cosigned: None }
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

    /// The newest signed head, as it was last made; it may lag behind the newest entries.
    pub fn published(&self) -> Option<String> {
        self.signed.as_ref().map(|(_size, text)| text.clone())
    }

    /// The newest head that enough witnesses have cosigned, with its size.
    pub fn cosigned(&self) -> Option<(u64, String)> {
        self.cosigned.clone()
    }

    /// The size of [`Self::cosigned`]; 0 if there is none.
    pub fn cosigned_size(&self) -> u64 {
        self.cosigned.as_ref().map_or(0, |(size, _text)| *size)
    }

    /// Takes a head in that enough witnesses have cosigned, unless a larger one is here.
    pub(super) fn keep_cosigned(&mut self, size: u64, text: String) {
        if self.cosigned_size() <= size {
            self.cosigned = Some((size, text));
        }
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

    /// As [`recovery::check_published`], with this ledger's name and key.
    pub(super) fn check_published(&self, text: &str) -> Result<(), RecoveryError> {
        let key = self.key.as_ref().ok_or(RecoveryError::NoKey)?.public();
        recovery::check_published(text, &self.origin, key, &self.tree)
    }

    /// The signed head. Takes the lock for moments only: rereading goes on beside the writer.
    pub(super) fn checkpoint(
        ledger: &RwLock<Self>,
        store: &dyn Store,
    ) -> Result<String, LedgerError> {
        let (mut edge, size) = {
            let now = ledger.read();
            if let Some((size, text)) = &now.signed
                && *size == now.size()
            {
                return Ok(text.clone());
            }
            (now.reread.clone(), now.size())
        };
        while edge.len() < size {
            reread_page(ledger, store, &mut edge, size)?;
        }
        let mut now = ledger.write();
        // Somebody else may have come further meanwhile; what was reread holds all the same.
        let root = edge.root();
        if now.tree.root_at(edge.len())? != root {
            return Err(LedgerError::Altered { index: size.saturating_sub(1) });
        }
        let key = now.key.as_ref().ok_or(LedgerError::NoKey)?;
        let origin = now.origin.clone();
        let head = Checkpoint { origin, size: edge.len(), root, extensions: Vec::new() };
        let text = head.sign(key)?.to_string();
        if now.reread.len() < edge.len() {
            now.reread = edge;
        }
        if now.signed.as_ref().is_none_or(|(signed, _text)| *signed < size) {
            now.signed = Some((size, text.clone()));
        }
        Ok(text)
    }
}

fn reread_page(
    ledger: &RwLock<Ledger>,
    store: &dyn Store,
    edge: &mut Edge,
    size: u64,
) -> Result<(), LedgerError> {
    let from = edge.len();
    let after = from.checked_sub(1).map(keys::ledger).unwrap_or_default();
    let page = store.scan(keys::LEDGER, &after, limits::SCAN_PAGE_LEN)?;
    let now = ledger.read();
    for (key, leaf) in page {
        if edge.len() == size {
            break;
        }
        let hash = leaf_hash(&leaf);
        if keys::ledger_index(&key) != Some(edge.len()) || now.leaf(edge.len()) != Some(hash) {
            return Err(LedgerError::Altered { index: edge.len() });
        }
        edge.push(hash);
    }
    if edge.len() == from { Err(LedgerError::Altered { index: from }) } else { Ok(()) }
}
