//! From the store to the state: the very `apply` that normal work runs, over every entry there is.

use crate::domain::world::{Violation, World};
use crate::evidence::checkpoint::{Checkpoint, CheckpointError};
use crate::evidence::key::PublicKey;
use crate::evidence::note::{NoteAlgorithm, NoteKey, SignedNote};
use crate::evidence::tree::{Tree, leaf_hash};
use crate::limits;
use crate::store::{Store, StoreError, keys};
use crate::wire::{WireError, entry};

/// The state that a store holds.
#[derive(Debug, Default)]
pub struct Recovered {
    /// The fold of all entries.
    pub world: World,
    /// The tree over all entries.
    pub tree: Tree,
}

/// Why a store does not hold a sound state.
#[derive(Debug, thiserror::Error)]
pub enum RecoveryError {
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An entry is missing.
    #[error("ledger entry {index} is missing: restore from a backup")]
    Hole {
        /// Which.
        index: u64,
    },
    /// An entry cannot be read.
    #[error("ledger entry {index} cannot be read ({fault}): a newer version may have written it")]
    Unreadable {
        /// Which.
        index: u64,
        /// Why.
        fault: WireError,
    },
    /// The state breaks an invariant.
    #[error("the recorded state is not sound: {0}; restore from a backup")]
    Unsound(Violation),
    /// The ledger ends before a head that was published.
    #[error(
        "the ledger has {found} entries, but its head over {published} was published: this store was cut short or is an old copy; restore the newest backup"
    )]
    Shortened {
        /// Entries under the published head.
        published: u64,
        /// Entries there are.
        found: u64,
    },
    /// The ledger has other entries than those under a head that was published.
    #[error(
        "the first {published} entries of the ledger are not those whose head was published: this is another store or was altered; restore from a backup"
    )]
    Forked {
        /// Entries under the published head.
        published: u64,
    },
    /// What was published cannot be read, or this ledger's key did not sign it.
    #[error("the published head cannot be used: {0}; put the right file and key back, or restore")]
    Head(#[source] CheckpointError),
    /// Nothing can be compared without the key.
    #[error("this server has no ledger key: put it back, then start again")]
    NoKey,
}

/// Reads every entry, folds it, and checks the state.
///
/// # Errors
/// [`RecoveryError`].
pub fn recover(store: &dyn Store) -> Result<Recovered, RecoveryError> {
    let mut recovered = Recovered::default();
    let mut after = Vec::new();
    loop {
        let page = store.scan(keys::LEDGER, &after, limits::SCAN_PAGE_LEN)?;
        let Some((last, _leaf)) = page.last() else { break };
        after.clone_from(last);
        for (key, leaf) in page {
            let index = recovered.world.ledger_size();
            if keys::ledger_index(&key) != Some(index) {
                return Err(RecoveryError::Hole { index });
            }
            let entry =
                entry::decode(&leaf).map_err(|fault| RecoveryError::Unreadable { index, fault })?;
            recovered.world.apply(&entry);
            recovered.tree.push(leaf_hash(&leaf));
        }
    }
    match recovered.world.check().into_iter().next() {
        Some(violation) => Err(RecoveryError::Unsound(violation)),
        None => Ok(recovered),
    }
}

/// Whether the ledger begins with the head in `text`, signed by `key` under the ledger's name `origin`. A store
/// that was cleanly cut short, or swapped for another, is sound in itself: only what was told to
/// others shows it.
///
/// # Errors
/// [`RecoveryError::Shortened`], [`RecoveryError::Forked`], [`RecoveryError::Head`].
pub fn check_published(
    text: &str,
    origin: &str,
    key: PublicKey,
    tree: &Tree,
) -> Result<(), RecoveryError> {
    let key = NoteKey::new(origin, NoteAlgorithm::Ed25519, key)
        .map_err(|fault| RecoveryError::Head(fault.into()))?;
    let note = SignedNote::parse(text).map_err(|fault| RecoveryError::Head(fault.into()))?;
    let head = Checkpoint::open(&note, &key).map_err(RecoveryError::Head)?;
    let (published, found) = (head.size, tree.len());
    match tree.root_at(published) {
        Err(_not_so_long) => Err(RecoveryError::Shortened { published, found }),
        Ok(root) if root != head.root => Err(RecoveryError::Forked { published }),
        Ok(_same) => Ok(()),
    }
}
