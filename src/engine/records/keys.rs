//! What is done to records' keys: erasing one record, and sealing all of them anew.
//!
//! It goes through the lane of records, so that it happens between two batches and never beside one:
//! whatever is sealed is sealed with the keys of its moment, and orders go before it.

use std::collections::BTreeSet;
use std::sync::Arc;

use ring::rand::SystemRandom;
use tokio::sync::oneshot;

use crate::domain::ids::{OrderId, RequestId};
use crate::domain::world::{Actor, Command, Event, RecordKind, RecordVersion, Request};
use crate::engine::EngineError;
use crate::engine::records::RecordJob;
use crate::evidence::seal::keyring::KeepKeys;
use crate::evidence::seal::{SealError, Sealer, generation_of};
use crate::index::{StoredError, open_value, seal_value, value_generation};
use crate::store::{Op, Store, keys};
use crate::wire::order::call_up::belongs;

/// The reason in the ledger when a restore brought back what had been erased.
const BROUGHT_BACK: &str = "erased before; a restored backup still had it";

/// What the second lane carries.
#[derive(Debug)]
pub(in crate::engine) enum RecordTask {
    Put(RecordJob),
    Keys(KeyJob),
    Prune(PruneJob),
}

/// Call-up sheets that may be past their time, on their way to the owner.
#[derive(Debug)]
pub(in crate::engine) struct PruneJob {
    /// The order that they were frozen with.
    pub(in crate::engine) order: OrderId,
    /// How many leaves went.
    pub(in crate::engine) reply: oneshot::Sender<Result<usize, EngineError>>,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyWork {
    /// Erases a record and cuts its key out of the keyring.
    Erase {
        /// What kind.
        kind: RecordKind,
        /// Which.
        id: [u8; 16],
        /// Why; nobody's name.
        reason: String,
        /// The frozen call-up lists that were read and do not name it: the owner refuses while an order
        /// stands on another.
        cleared: BTreeSet<OrderId>,
    },
    /// Begins a new generation of keys, or records one that a crash left unrecorded.
    Begin,
    /// Seals records anew under the newest generation; those that are so already are left alone.
    Reseal {
        /// What kind.
        kind: RecordKind,
        /// Which, at most [`crate::limits::RECORDS_PER_BATCH_MAX`].
        ids: Vec<[u8; 16]>,
    },
    /// The same for leaves of call-up lists, by their keys in the store.
    ResealCallUps {
        /// Which, at most [`crate::limits::LEAVES_PER_BATCH_MAX`].
        keys: Vec<Vec<u8>>,
    },
    /// Forgets all generations but the newest. For whoever has seen that nothing is left under them.
    Finish,
}

/// What was done; it is on stable storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeysDone {
    /// The ledger entry that records it; none when there was nothing to do.
    pub ledger_index: Option<u64>,
    /// The version of the keyring now.
    pub keyring_version: u64,
    /// Records that it concerned.
    pub records: usize,
}

/// Work on keys on its way to the owner.
#[derive(Debug)]
pub struct KeyJob {
    /// Who asks.
    pub actor: Actor,
    /// The caller's id for the request, and SHA-256 of what was asked.
    pub id: Option<(RequestId, [u8; 32])>,
    /// The keyring.
    pub keys: Arc<dyn KeepKeys>,
    /// What to do.
    pub work: KeyWork,
    /// Where the outcome goes.
    pub reply: oneshot::Sender<Result<KeysDone, EngineError>>,
}

impl KeyJob {
    /// As a request to the world.
    pub(in crate::engine) fn request(&self) -> Request {
        let generation = self.keys.sealer().generation();
        let command = match &self.work {
            KeyWork::Erase { kind, id, reason, cleared } => Command::EraseRecord {
                kind: *kind,
                id: *id,
                reason: reason.clone(),
                generation,
                cleared: cleared.clone(),
            },
            KeyWork::Begin | KeyWork::Finish => Command::BeginKeys { generation },
            KeyWork::ResealCallUps { .. } => {
                let (kind, records) = (RecordKind::Reservist, Vec::new());
                Command::ResealRecords { kind, generation, records }
            }
            KeyWork::Reseal { kind, .. } => {
                Command::ResealRecords { kind: *kind, generation, records: Vec::new() }
            }
        };
        Request { actor: self.actor.clone(), id: self.id.clone(), command }
    }
}

/// What one batch of records becomes under the newest keys.
#[derive(Debug, Default)]
pub(in crate::engine) struct Resealed {
    pub(in crate::engine) events: Vec<Event>,
    pub(in crate::engine) ops: Vec<Op>,
}

/// Opens leaves of call-up lists and seals them anew. Their bytes stay, and with them the signed root.
pub(in crate::engine) fn reseal_call_ups(
    store: &dyn Store,
    sealer: &Sealer,
    leaves: &[Vec<u8>],
) -> Result<Vec<Op>, EngineError> {
    let (generation, rng) = (sealer.generation(), SystemRandom::new());
    let mut ops = Vec::new();
    for key in leaves {
        let (Some((order, leaf)), Some(value)) = (keys::call_up_place(key), store.get(key)?) else {
            continue;
        };
        let failed = |fault: SealError| EngineError::Record {
            id: uuid::Uuid::from_bytes(order),
            fault: fault.into(),
        };
        if generation_of(&value).map_err(failed)? == generation {
            continue;
        }
        let of = belongs(&order, leaf);
        let content = sealer.open(&of, &value).map_err(failed)?;
        let sealed = sealer.seal(&of, &content, &rng).map_err(failed)?;
        ops.push(Op::Put { key: key.clone(), value: sealed.bytes });
    }
    Ok(ops)
}

/// Opens records and seals them anew, as the same versions.
pub(in crate::engine) fn reseal(
    store: &dyn Store,
    sealer: &Sealer,
    kind: RecordKind,
    ids: &[[u8; 16]],
) -> Result<Resealed, EngineError> {
    let (generation, rng) = (sealer.generation(), SystemRandom::new());
    let mut resealed = Resealed::default();
    let mut records = Vec::new();
    for id in ids {
        let key = keys::record(kind, id);
        let failed = |fault| EngineError::Record { id: uuid::Uuid::from_bytes(*id), fault };
        // Erased since it was found.
        let Some(value) = store.get(&key)? else { continue };
        let under = value_generation(&value).map_err(failed)?;
        if under == generation {
            continue;
        }
        let (version, content) = match open_value(sealer, kind, id, &value) {
            Ok(opened) => opened,
            Err(StoredError::Sealed(SealError::Erased)) => {
                let (id, reason) = (*id, BROUGHT_BACK.to_owned());
                let gone = Event::RecordErased { kind, id, reason, generation: under };
                resealed.events.push(gone);
                resealed.ops.push(Op::Delete { key });
                continue;
            }
            Err(fault) => return Err(failed(fault)),
        };
        let sealed = seal_value(sealer, kind, id, version, &content, &rng)
            .map_err(|fault| failed(fault.into()))?;
        records.push(RecordVersion { id: *id, version, commitment: sealed.commitment });
        resealed.ops.push(Op::Put { key, value: sealed.bytes });
    }
    if !records.is_empty() {
        resealed.events.push(Event::RecordsResealed { kind, generation, records });
    }
    Ok(resealed)
}
