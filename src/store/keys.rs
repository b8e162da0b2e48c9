//! Every key of the keyspace, in one place.
//!
//! | First byte | Rest | Value |
//! |---|---|---|
//! | `l` | ledger index, u64 big-endian | the leaf's bytes |
//! | `r` | reservist's UUID, 16 bytes | version, u64 big-endian, then the sealed record |
//! | `q` | equipment's UUID, 16 bytes | version, u64 big-endian, then the sealed record |
//!
//! A terminal's own store has keys of its own, beside its inbox.

use crate::domain::world::RecordKind;

/// Prefix of ledger leaves.
pub const LEDGER: &[u8] = b"l";

/// The key of a ledger leaf.
pub fn ledger(index: u64) -> Vec<u8> {
    [LEDGER, &index.to_be_bytes()].concat()
}

/// The ledger index in a leaf's key.
pub fn ledger_index(key: &[u8]) -> Option<u64> {
    let digits = key.strip_prefix(LEDGER)?.try_into().ok()?;
    Some(u64::from_be_bytes(digits))
}

/// Prefix of the records of a kind.
pub const fn records(kind: RecordKind) -> &'static [u8] {
    match kind {
        RecordKind::Reservist => b"r",
        RecordKind::Equipment => b"q",
    }
}

/// The key of a record.
pub fn record(kind: RecordKind, id: &[u8; 16]) -> Vec<u8> {
    [records(kind), id].concat()
}

/// The identity in a record's key.
pub fn record_id(kind: RecordKind, key: &[u8]) -> Option<[u8; 16]> {
    key.strip_prefix(records(kind))?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_back_and_sort_by_index() {
        assert_eq!(ledger_index(&ledger(258)), Some(258));
        assert!(ledger(255) < ledger(256));
        let id = [7; 16];
        for kind in [RecordKind::Reservist, RecordKind::Equipment] {
            assert_eq!(record_id(kind, &record(kind, &id)), Some(id));
        }
        assert_eq!(record_id(RecordKind::Equipment, &record(RecordKind::Reservist, &id)), None);
    }
}
