//! Rebuilding the index at start: every sealed record is opened, looked at and forgotten.

use crate::domain::world::RecordKind;
use crate::evidence::seal::{SealError, Sealer};
use crate::index::{Registry, Row, StoredError, kind_name, open_value};
use crate::limits;
use crate::store::{Store, StoreError, keys};
use crate::wire::registry::{RegistryRecord, decode};
use crate::wire::{WireError, pb};

/// Kinds that have no message yet: a record of one was not written by this version.
const UNREAD: &[RecordKind] = &[RecordKind::ReserveUnit, RecordKind::Assignment];

/// Why the registry is not loaded. Names a record by its identity, never by what is in it.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A key is none of a record.
    #[error("a record of the registry lies under a strange key: restore from a backup")]
    Key,
    /// There are records that this version has no message for.
    #[error("there is a record of kind {kind}, which this version does not read: use a newer one")]
    Kind {
        /// The name of the kind.
        kind: &'static str,
    },
    /// A record does not open.
    #[error("record {id} does not open: {fault}")]
    Sealed {
        /// The record.
        id: uuid::Uuid,
        /// Why.
        fault: StoredError,
    },
    /// A record is not what this program writes.
    #[error("record {id} cannot be read ({fault}): a newer version may have written it")]
    Content {
        /// The record.
        id: uuid::Uuid,
        /// Why.
        fault: WireError,
    },
}

impl Registry {
    /// Reads all records of a store. One page of them is in memory at a time. Blocks.
    ///
    /// # Errors
    /// [`LoadError`].
    pub fn load(store: &dyn Store, sealer: &Sealer) -> Result<Self, LoadError> {
        let mut registry = Self::default();
        registry.load_kind::<pb::Reservist>(store, sealer)?;
        registry.load_kind::<pb::Equipment>(store, sealer)?;
        registry.load_kind::<pb::MilitiaBase>(store, sealer)?;
        registry.load_kind::<pb::Enterprise>(store, sealer)?;
        registry.load_kind::<pb::Activity>(store, sealer)?;
        for kind in UNREAD {
            if !store.scan(keys::records(*kind), &[], 1)?.is_empty() {
                return Err(LoadError::Kind { kind: kind_name(*kind) });
            }
        }
        Ok(registry)
    }

    fn load_kind<R: RegistryRecord>(
        &mut self,
        store: &dyn Store,
        sealer: &Sealer,
    ) -> Result<(), LoadError> {
        let table = self.table_mut(R::KIND);
        let mut after = Vec::new();
        loop {
            let page = store.scan(keys::records(R::KIND), &after, limits::SCAN_PAGE_LEN)?;
            let Some((last, _value)) = page.last() else { return Ok(()) };
            after.clone_from(last);
            for (key, value) in page {
                let id = keys::record_id(R::KIND, &key).ok_or(LoadError::Key)?;
                match row::<R>(sealer, &id, &value) {
                    // Out of a backup of before: it stays unreadable, and is no fault of the store.
                    Err(LoadError::Sealed {
                        fault: StoredError::Sealed(SealError::Erased),
                        id,
                    }) => {
                        tracing::warn!(kind = kind_name(R::KIND), %id, "an erased record is passed over");
                    }
                    row => table.put(id, &row?),
                }
            }
        }
    }
}

fn row<R: RegistryRecord>(sealer: &Sealer, id: &[u8; 16], value: &[u8]) -> Result<Row, LoadError> {
    let kind: RecordKind = R::KIND;
    let named = uuid::Uuid::from_bytes(*id);
    let (version, content) = open_value(sealer, kind, id, value)
        .map_err(|fault| LoadError::Sealed { id: named, fault })?;
    decode::<R>(&content, *id, version)
        .and_then(|record| Row::of(&record, version, &content, sealer))
        .map_err(|fault| LoadError::Content { id: named, fault })
}
