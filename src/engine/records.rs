//! Creating and changing registry records: what the owner does with one batch.
//!
//! The content comes in encoded and validated; it is sealed here, because the version is under the
//! seal and only the owner knows it. Content goes beside the ledger, commitments into it.

pub mod keys;
mod plan;

use std::fmt;
use std::sync::Arc;

use tokio::sync::oneshot;
use zeroize::Zeroizing;

use crate::domain::ids::{RequestId, UnitCode};
use crate::domain::world::{Actor, Command, RecordKind, Request};
use crate::engine::EngineError;
use crate::evidence::seal::Sealer;
use crate::index::Row;

pub(super) use plan::RecordPlan;

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
    /// As [`RowMode::Import`], made of what the row says and what was stored: this version of this
    /// record, or no record.
    Merge {
        /// The record that the caller has seen, and its version.
        seen: Option<([u8; 16], u64)>,
    },
}

/// One record to put.
#[derive(Clone)]
pub struct NewRecord {
    /// The row's number in the caller's file; 0 outside imports.
    pub row: u32,
    /// How it is meant.
    pub mode: RowMode,
    /// Its identity, should it be new.
    pub fresh_id: [u8; 16],
    /// Its content, encoded.
    pub content: Zeroizing<Vec<u8>>,
    /// What is known of it without opening it; the version is set here.
    pub index: Row,
    /// The unit that it is on its way to.
    pub moving_to: Option<UnitCode>,
}

impl fmt::Debug for NewRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NewRecord(row {}, {:?})", self.row, self.mode)
    }
}

/// What became of one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowOutcome {
    /// A new record.
    Created([u8; 16], u64),
    /// A changed record.
    Updated([u8; 16], u64),
    /// The record was so already.
    Unchanged([u8; 16], u64),
    /// Not taken, with a stable reason: `UNIT_UNKNOWN`, `UNIT_CLOSED`,
    /// `DUPLICATE_IN_FILE`, `NUMBER_EXISTS`,
    /// `CARD_EXISTS`, `RECORD_UNKNOWN`, `VERSION_CHANGED`, `REQUEST_REPEATED`, `RECORD_TOO_LARGE`; for assignments
    /// also `PLAN_CHANGED`, `RECORD_CHANGED`, `POST_FULL`, `QUOTA_FULL`, and `OTHERS_REFUSED` for
    /// the rest of a batch that stands or falls together.
    Refused(&'static str),
}

/// What became of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordOutcome {
    /// For each row, in the order given: its number and what became of it.
    pub rows: Vec<(u32, RowOutcome)>,
    /// The ledger entry that records it; none when nothing changed.
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
    /// Whether to say only what would become of the rows, and write nothing.
    pub validate_only: bool,
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
}

#[cfg(test)]
pub(crate) mod tests;
