//! Entries about registry records, the keys they are sealed under, and calls that were refused.
//!
//! Called by [`entry`](super) only.

use super::parts::{record_kind, record_version};
use super::{Wire, bytes};
use crate::domain::world::{Event, RecordKind, RecordVersion};
use crate::wire::{WireError, array, pb};

fn kind_to_message(kind: RecordKind) -> i32 {
    pb::RecordKind::from(kind).into()
}

fn version_to_message(record: &RecordVersion) -> pb::RecordVersion {
    pb::RecordVersion {
        record_id: bytes(&record.id),
        version: record.version,
        commitment: bytes(&record.commitment),
    }
}

/// The message of an event about records; none of others.
pub(super) fn to_message(event: &Event) -> Option<Wire> {
    Some(match event {
        Event::RecordsPut { kind, records } => Wire::RecordsPut(pb::RecordsPut {
            kind: kind_to_message(*kind),
            records: records.iter().map(version_to_message).collect(),
        }),
        Event::RecordsRead { kind, records } => Wire::RecordsRead(pb::RecordsRead {
            kind: kind_to_message(*kind),
            record_ids: records.iter().map(|id| bytes(id)).collect(),
        }),
        Event::RecordsResealed { kind, generation, records } => {
            Wire::RecordsResealed(pb::RecordsResealed {
                kind: kind_to_message(*kind),
                generation: *generation,
                records: records.iter().map(version_to_message).collect(),
            })
        }
        Event::RecordErased { kind, id, reason, generation } => {
            Wire::RecordErased(pb::RecordErased {
                kind: kind_to_message(*kind),
                record_id: bytes(id),
                reason: reason.clone(),
                generation: *generation,
            })
        }
        Event::KeysBegun { generation } => {
            Wire::KeysBegun(pb::KeysBegun { generation: *generation })
        }
        Event::CallRefused { call, reason, passed_over } => Wire::CallRefused(pb::CallRefused {
            call: call.clone(),
            reason: reason.clone(),
            passed_over: *passed_over,
        }),
        _of_others => return None,
    })
}

/// The event of a message about records; the message itself when it is none.
pub(super) fn from_message(message: Wire) -> Result<Result<Event, Wire>, WireError> {
    let versions = |records: &[pb::RecordVersion]| -> Result<Vec<RecordVersion>, WireError> {
        records.iter().map(record_version).collect()
    };
    Ok(Ok(match message {
        Wire::RecordsPut(put) => {
            Event::RecordsPut { kind: record_kind(put.kind)?, records: versions(&put.records)? }
        }
        Wire::RecordsRead(read) => Event::RecordsRead {
            kind: record_kind(read.kind)?,
            records: read
                .record_ids
                .iter()
                .map(|id| array("record_ids", id))
                .collect::<Result<_, _>>()?,
        },
        Wire::RecordsResealed(resealed) => Event::RecordsResealed {
            kind: record_kind(resealed.kind)?,
            generation: resealed.generation,
            records: versions(&resealed.records)?,
        },
        Wire::RecordErased(erased) => Event::RecordErased {
            kind: record_kind(erased.kind)?,
            id: array("record_id", &erased.record_id)?,
            reason: erased.reason,
            generation: erased.generation,
        },
        Wire::KeysBegun(begun) => Event::KeysBegun { generation: begun.generation },
        Wire::CallRefused(refused) => Event::CallRefused {
            call: refused.call,
            reason: refused.reason,
            passed_over: refused.passed_over,
        },
        other => return Ok(Err(other)),
    }))
}
