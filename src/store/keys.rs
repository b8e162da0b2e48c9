//! Every key of the keyspace, in one place.
//!
//! | First byte | Rest | Value |
//! |---|---|---|
//! | `l` | ledger index, u64 big-endian | the leaf's bytes |
//! | `r` | reservist's UUID, 16 bytes | version, u64 big-endian, then the sealed record |
//! | `q` | equipment's UUID, 16 bytes | version, u64 big-endian, then the sealed record |
//! | `m` | militia base's UUID, 16 bytes | the same |
//! | `e` | enterprise's UUID, 16 bytes | the same |
//! | `a` | activity's UUID, 16 bytes | the same |
//! | `u` | reserve unit's UUID, 16 bytes | the same |
//! | `s` | assignment's UUID, 16 bytes | the same |
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
        RecordKind::MilitiaBase => b"m",
        RecordKind::Enterprise => b"e",
        RecordKind::Activity => b"a",
        RecordKind::ReserveUnit => b"u",
        RecordKind::Assignment => b"s",
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
        for kind in RecordKind::ALL {
            for other in RecordKind::ALL {
                let read = record_id(*kind, &record(*other, &id));
                assert_eq!(read, (kind == other).then_some(id), "a prefix of one kind only");
            }
            assert_eq!(ledger_index(&record(*kind, &id)), None);
        }
    }
}
