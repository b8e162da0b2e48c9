//! Creating and changing registry records: what the owner does with one batch.
//!
//! The content comes in encoded and validated; it is sealed here, because the version is under the
//! seal and only the owner knows it. Content goes beside the ledger, commitments into it.

use std::collections::HashMap;
use std::sync::Arc;

use ring::rand::SystemRandom;
use tokio::sync::oneshot;
use zeroize::Zeroizing;

use crate::domain::ids::RequestId;
use crate::domain::unit::Units;
use crate::domain::world::{Actor, Command, Event, RecordKind, RecordVersion, Request};
use crate::engine::EngineError;
use crate::evidence::seal::{Belongs, Sealer};
use crate::index::{BlindKey, Registry, Row};
use crate::store::{Batch, keys};

/// How a row is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowMode {
    /// A new record; one with the same exact number is a refusal.
    Create,
    /// Replaces this version of this record.
    Update {
        /// The record.
        id: [u8; 16],
        /// The version the caller has seen.
        version: u64,
    },
    /// New, or changes the record with the same exact number.
    Import,
}

/// One record to put.
#[derive(Debug, Clone)]
pub struct NewRecord {
    /// The row's number in the caller's file; 0 outside imports.
    pub row: u32,
    /// How it is meant.
    pub mode: RowMode,
    /// Its identity, should it be new.
    pub fresh_id: [u8; 16],
    /// Its content, encoded.
    pub content: Zeroizing<Vec<u8>>,
    /// What is known of it without opening it; version and digest are set here.
    pub index: Row,
}

/// What became of one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowOutcome {
    /// A new record.
    Created([u8; 16], u64),
    /// A changed record.
    Updated([u8; 16], u64),
    /// The record was so already.
    Unchanged([u8; 16], u64),
    /// Not taken, with a stable reason.
    Refused(&'static str),
}

/// What became of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordOutcome {
    /// For each row, in the order given: its number and what became of it.
    pub rows: Vec<(u32, RowOutcome)>,
    /// The ledger entry that records it; none when nothing changed in an empty ledger.
    pub ledger_index: Option<u64>,
}

/// A batch on its way to the owner.
#[derive(Debug)]
pub struct RecordJob {
    /// Who asks.
    pub actor: Actor,
    /// The caller's id for the request, and SHA-256 of what was asked.
    pub id: Option<(RequestId, [u8; 32])>,
    /// What kind.
    pub kind: RecordKind,
    /// The rows, at most [`crate::limits::RECORDS_PER_BATCH_MAX`].
    pub rows: Vec<NewRecord>,
    /// Seals the content.
    pub sealer: Arc<Sealer>,
    /// Where the outcome goes.
    pub reply: oneshot::Sender<Result<RecordOutcome, EngineError>>,
}

impl RecordJob {
    /// As a request to the world, which knows records by their commitments only.
    pub(super) fn request(&self) -> Request {
        let command = Command::PutRecords { kind: self.kind, records: Vec::new() };
        Request { actor: self.actor.clone(), id: self.id.clone(), command }
    }

    pub(super) fn answer(self, outcome: Result<RecordOutcome, EngineError>) {
        // A caller that left finds out by asking again: the request id makes that harmless.
        let _caller_left = self.reply.send(outcome);
    }

    /// What to write. `repeated` says that this very request was carried out before: then whatever
    /// is found under a row's numbers is its own earlier doing.
    pub(super) fn plan(
        &self,
        registry: &Registry,
        units: &Units,
        repeated: bool,
    ) -> Result<RecordPlan, EngineError> {
        let mut plan = RecordPlan { kind: self.kind, ..RecordPlan::default() };
        let mut in_batch: HashMap<BlindKey, usize> = HashMap::new();
        for new in &self.rows {
            let twice = new.index.keys.iter().any(|key| in_batch.contains_key(key));
            let outcome = if twice {
                RowOutcome::Refused("DUPLICATE_IN_FILE")
            } else if units.get(&new.index.unit).is_none() {
                RowOutcome::Refused("UNIT_UNKNOWN")
            } else {
                self.place(new, registry, repeated)
            };
            if !matches!(outcome, RowOutcome::Refused(_)) {
                in_batch.extend(new.index.keys.iter().map(|key| (*key, plan.rows.len())));
            }
            if let RowOutcome::Created(id, version) | RowOutcome::Updated(id, version) = outcome {
                plan.puts.push(self.seal(new, id, version)?);
            }
            plan.rows.push((new.row, outcome));
        }
        Ok(plan)
    }

    fn place(&self, new: &NewRecord, registry: &Registry, repeated: bool) -> RowOutcome {
        let table = registry.table(self.kind);
        let holder = new.index.keys.iter().find_map(|key| table.find(key));
        let (id, row) = match (new.mode, holder) {
            (RowMode::Update { id, .. }, Some(other)) if other != id => {
                return RowOutcome::Refused("NUMBER_EXISTS");
            }
            (RowMode::Update { id, .. }, _) => match table.get(&id) {
                None => return RowOutcome::Refused("RECORD_UNKNOWN"),
                Some(row) => (id, row),
            },
            (RowMode::Create, Some(_)) if !repeated => {
                return RowOutcome::Refused("NUMBER_EXISTS");
            }
            (RowMode::Create | RowMode::Import, None) => {
                return RowOutcome::Created(new.fresh_id, 1);
            }
            (RowMode::Create | RowMode::Import, Some(id)) => match table.get(&id) {
                None => return RowOutcome::Created(new.fresh_id, 1),
                Some(row) => (id, row),
            },
        };
        if row.digest == self.sealer.digest(&new.content) || repeated {
            return RowOutcome::Unchanged(id, row.version);
        }
        match new.mode {
            RowMode::Update { version, .. } if version != row.version => {
                RowOutcome::Refused("VERSION_CHANGED")
            }
            _current => RowOutcome::Updated(id, row.version + 1),
        }
    }

    fn seal(&self, new: &NewRecord, id: [u8; 16], version: u64) -> Result<Put, EngineError> {
        let belongs = Belongs { record_id: &id, kind: kind_name(self.kind), version };
        let sealed = self.sealer.seal(&belongs, &new.content, &SystemRandom::new()).or(Err(
            EngineError::Unavailable { doing: "out of randomness or room for a record" },
        ))?;
        let index = Row { version, digest: self.sealer.digest(&new.content), ..new.index.clone() };
        let commitment = self.sealer.commitment(&id, version, &new.content);
        Ok(Put { id, sealed, index, commitment })
    }
}

/// The name of a kind under the seal.
pub const fn kind_name(kind: RecordKind) -> &'static str {
    match kind {
        RecordKind::Reservist => "reservist",
        RecordKind::Equipment => "equipment",
    }
}

#[derive(Debug)]
struct Put {
    id: [u8; 16],
    sealed: Vec<u8>,
    index: Row,
    commitment: [u8; 32],
}

/// What one batch of records writes.
#[derive(Debug)]
pub(super) struct RecordPlan {
    kind: RecordKind,
    rows: Vec<(u32, RowOutcome)>,
    puts: Vec<Put>,
}

impl Default for RecordPlan {
    fn default() -> Self {
        Self { kind: RecordKind::Reservist, rows: Vec::new(), puts: Vec::new() }
    }
}

impl RecordPlan {
    /// The ledger's word of it; none when nothing changes.
    pub(super) fn event(&self) -> Option<Event> {
        let versions = self.puts.iter().map(|put| RecordVersion {
            id: put.id,
            version: put.index.version,
            commitment: put.commitment,
        });
        let records: Vec<_> = versions.collect();
        (!records.is_empty()).then_some(Event::RecordsPut { kind: self.kind, records })
    }

    /// The sealed content, into the same batch as the ledger's word.
    pub(super) fn put_into(&self, batch: &mut Batch) {
        for put in &self.puts {
            let value = [&put.index.version.to_be_bytes()[..], &put.sealed].concat();
            batch.put(keys::record(self.kind, &put.id), value);
        }
    }

    /// It is durable: everybody may find it.
    pub(super) fn publish(&self, registry: &mut Registry) {
        let table = registry.table_mut(self.kind);
        for put in &self.puts {
            table.put(put.id, put.index.clone());
        }
    }

    pub(super) fn outcome(self, ledger_index: Option<u64>) -> RecordOutcome {
        RecordOutcome { rows: self.rows, ledger_index }
    }
}
