//! From the store to the state: the very `apply` that normal work runs, over every entry there is.

use crate::domain::world::{Violation, World};
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
