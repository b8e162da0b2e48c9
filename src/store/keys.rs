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
//! | `c` | order's UUID, 16 bytes; leaf, u32 big-endian | a leaf of its call-up lists, sealed |
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

/// Prefix of the leaves of call-up lists.
pub const CALL_UPS: &[u8] = b"c";

/// Prefix of the leaves that were frozen with an order's draft.
pub fn call_up_of(order: &[u8; 16]) -> Vec<u8> {
    [CALL_UPS, order].concat()
}

/// The key of a leaf of an order's call-up lists.
pub fn call_up_leaf(order: &[u8; 16], leaf: u32) -> Vec<u8> {
    [CALL_UPS, order, &leaf.to_be_bytes()].concat()
}

/// The order and leaf in the key of a leaf.
pub fn call_up_place(key: &[u8]) -> Option<([u8; 16], u32)> {
    let (order, leaf) = key.strip_prefix(CALL_UPS)?.split_first_chunk::<16>()?;
    Some((*order, u32::from_be_bytes(leaf.try_into().ok()?)))
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
        assert_eq!(call_up_place(&call_up_leaf(&id, 258)), Some((id, 258)));
        assert!(call_up_leaf(&id, 255) < call_up_leaf(&id, 256));
        for kind in RecordKind::ALL {
            for other in RecordKind::ALL {
                let read = record_id(kind, &record(other, &id));
                assert_eq!(read, (kind == other).then_some(id), "a prefix of one kind only");
            }
            assert_eq!(ledger_index(&record(kind, &id)), None);
        }
    }
}
