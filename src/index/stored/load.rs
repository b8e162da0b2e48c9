//! Rebuilding the index at start: every sealed record is opened, looked at and forgotten.

use std::collections::VecDeque;
use std::sync::mpsc::{SyncSender, sync_channel};

use parking_lot::Mutex;

use crate::domain::ids::UnitCode;
use crate::domain::world::RecordKind;
use crate::evidence::seal::{SealError, Sealer};
use crate::index::{Registry, Row, StoredError, Table, kind_name, open_value};
use crate::limits;
use crate::store::{Store, StoreError, keys};
use crate::wire::registry::{RegistryRecord, read};
use crate::wire::{WireError, parse, pb};

/// Why the registry is not loaded. Names a record by its identity, never by what is in it.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A key is none of a record.
    #[error("a record of the registry lies under a strange key: restore from a backup")]
    Key,
    /// A thread ended before its work was done.
    #[error("a thread that opens records ended early: start again, and keep the log")]
    Stopped,
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
    /// Reads all records of a store. A few pages of them are in memory at a time. Blocks.
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
        registry.load_kind::<pb::ReserveUnit>(store, sealer)?;
        registry.load_kind::<pb::Assignment>(store, sealer)?;
        registry.load_plan(store, sealer)?;
        Ok(registry)
    }

    fn load_kind<R: RegistryRecord>(
        &mut self,
        store: &dyn Store,
        sealer: &Sealer,
    ) -> Result<(), LoadError> {
        let mut table = Table::loading();
        let first = scan::<R>(store, &[])?;
        let moving = &mut self.moving;
        let mut put = |rows: Rows| {
            for (id, row, moving_to) in rows {
                table.push(id, &row);
                moving.extend(moving_to.map(|unit| (id, unit)));
            }
        };
        if first.len() < limits::SCAN_PAGE_LEN {
            put(rows::<R>(sealer, first)?);
        } else {
            load_pages::<R>(&mut put, first, store, sealer)?;
        }
        table.settle();
        *self.table_mut(R::KIND) = table;
        Ok(())
    }
}

/// Keys and values in the order of the store.
type Pairs = Vec<(Vec<u8>, Vec<u8>)>;
/// Rows in the order of their keys, and where each is on its way to.
type Rows = Vec<([u8; 16], Row, Option<UnitCode>)>;
/// A page to open, and where its rows go.
type Job = (Pairs, SyncSender<Result<Rows, LoadError>>);

fn scan<R: RegistryRecord>(store: &dyn Store, after: &[u8]) -> Result<Pairs, StoreError> {
    store.scan(keys::records(R::KIND), after, limits::SCAN_PAGE_LEN)
}

/// One thread reads pages and builds the table, others open what was read. Pages land in the order
/// in which they were read, so that numbers follow identities.
fn load_pages<R: RegistryRecord>(
    put: &mut dyn FnMut(Rows),
    first: Pairs,
    store: &dyn Store,
    sealer: &Sealer,
) -> Result<(), LoadError> {
    let (jobs, queue) = sync_channel::<Job>(limits::LOAD_PAGES_IN_FLIGHT_MAX);
    let queue = Mutex::new(queue);
    std::thread::scope(|threads| {
        for _thread in 0..limits::LOAD_THREADS {
            threads.spawn(|| {
                loop {
                    let next = queue.lock().recv();
                    let Ok((pairs, reply)) = next else { return };
                    // Nobody waits for it any more once a page before it did not open.
                    let _gave_up = reply.send(rows::<R>(sealer, pairs));
                }
            });
        }
        // Dropped when this closure ends, which ends the threads.
        let jobs = jobs;
        let mut flying = VecDeque::new();
        let mut page = first;
        loop {
            let last = page.last().map(|(key, _value)| key.clone());
            if !page.is_empty() {
                let (reply, landed) = sync_channel(1);
                jobs.send((page, reply)).or(Err(LoadError::Stopped))?;
                flying.push_back(landed);
            }
            while last.is_none() || flying.len() == limits::LOAD_PAGES_IN_FLIGHT_MAX {
                let Some(landed) = flying.pop_front() else { return Ok(()) };
                put(landed.recv().or(Err(LoadError::Stopped))??);
            }
            page = scan::<R>(store, &last.unwrap_or_default())?;
        }
    })
}

fn rows<R: RegistryRecord>(sealer: &Sealer, pairs: Pairs) -> Result<Rows, LoadError> {
    let mut rows = Vec::with_capacity(pairs.len());
    for (key, value) in pairs {
        let id = keys::record_id(R::KIND, &key).ok_or(LoadError::Key)?;
        match row::<R>(sealer, &id, &value) {
            // Out of a backup of before: it stays unreadable, and is no fault of the store.
            Err(LoadError::Sealed { fault: StoredError::Sealed(SealError::Erased), id }) => {
                tracing::warn!(kind = kind_name(R::KIND), %id, "an erased record is passed over");
            }
            row => {
                let (row, moving_to) = row?;
                rows.push((id, row, moving_to));
            }
        }
    }
    Ok(rows)
}

fn row<R: RegistryRecord>(
    sealer: &Sealer,
    id: &[u8; 16],
    value: &[u8],
) -> Result<(Row, Option<UnitCode>), LoadError> {
    let kind: RecordKind = R::KIND;
    let named = uuid::Uuid::from_bytes(*id);
    let (version, content) = open_value(sealer, kind, id, value)
        .map_err(|fault| LoadError::Sealed { id: named, fault })?;
    // Neither identity nor version is in a row by way of the record, and texts of them take time.
    read::<R>(&content)
        .and_then(|record| {
            let moving_to =
                record.moving_to().map(|unit| parse("to_unit_code", unit)).transpose()?;
            Ok((Row::of(&record, version, &content, sealer)?, moving_to))
        })
        .map_err(|fault| LoadError::Content { id: named, fault })
}
