//! Byte formats shared by everything that stores: the frame of a value, a batch, a stamp.
//!
//! Called by the journal, the snapshot and the indexes; nothing above the store sees these bytes.
//! All numbers are little-endian. A reader never trusts a length before its checksum or its bound.
//!
//! **Frame** of a value, as an index keeps it. The checksum covers the key too, so a whole value
//! under another's key is found:
//!
//! | Offset | Length | Field |
//! |---|---|---|
//! | 0 | 1 | version, 1 |
//! | 1 | 4 | CRC32C of key, version, value |
//! | 5 | n | value |
//!
//! **Batch**, the payload of a journal record. The last byte is never zero, so a record whose end
//! reads as zeros was never wholly written:
//!
//! | Offset | Length | Field |
//! |---|---|---|
//! | 0 | 1 | version, 1 |
//! | 1 | 4 | number of operations |
//! | 5 | .. | per operation: tag (1 put, 2 delete), key length `u16`, for a put value length `u32`, key, value |
//! | end | 1 | `0x5A` |
//!
//! **Stamp**, which says to what point of which store a file belongs; it heads segments and
//! snapshots and is the whole of the `head` file:
//!
//! | Offset | Length | Field |
//! |---|---|---|
//! | 0 | 8 | magic of the file's kind, its last byte the format's version |
//! | 8 | 16 | store identity, random, given when the store was made |
//! | 24 | 8 | sequence |
//! | 32 | 32 | chain hash after that sequence |
//! | 64 | 4 | CRC32C of bytes 0..64 |

use ring::digest;

use super::Op;

/// Version byte of a framed value.
const FRAME_VERSION: u8 = 1;
/// Bytes a frame adds to a value.
pub const FRAME_OVERHEAD: usize = 5;
/// Version byte of an encoded batch.
const BATCH_VERSION: u8 = 1;
/// Last byte of an encoded batch; not zero.
const BATCH_END: u8 = 0x5A;
const TAG_PUT: u8 = 1;
const TAG_DELETE: u8 = 2;
/// Encoded length of a [`Stamp`], in bytes.
pub const STAMP_LEN: usize = 68;

/// Wraps `value` for keeping under `key`.
pub fn frame(key: &[u8], value: &[u8]) -> Vec<u8> {
    let mut framed = Vec::with_capacity(FRAME_OVERHEAD + value.len());
    framed.push(FRAME_VERSION);
    framed.extend_from_slice(&frame_crc(key, value).to_le_bytes());
    framed.extend_from_slice(value);
    framed
}

/// The value inside a frame kept under `key`, or what is wrong with it.
pub fn unframe<'a>(key: &[u8], framed: &'a [u8]) -> Result<&'a [u8], &'static str> {
    let (&version, rest) = framed.split_first().ok_or("the value has no frame")?;
    if version != FRAME_VERSION {
        return Err("the value's frame has an unknown version");
    }
    let (crc, value) = rest.split_first_chunk::<4>().ok_or("the value's frame is cut short")?;
    if u32::from_le_bytes(*crc) == frame_crc(key, value) {
        Ok(value)
    } else {
        Err("the value's checksum does not match")
    }
}

fn frame_crc(key: &[u8], value: &[u8]) -> u32 {
    let crc = crc32c::crc32c_append(crc32c::crc32c(key), &[FRAME_VERSION]);
    crc32c::crc32c_append(crc, value)
}

/// Length of the encoded batch, in bytes.
pub fn batch_len(ops: &[Op]) -> usize {
    let each = |op: &Op| match op {
        Op::Put { key, value } => 7 + key.len() + value.len(),
        Op::Delete { key } => 3 + key.len(),
    };
    6 + ops.iter().map(each).sum::<usize>()
}

/// Encodes a batch whose bounds were checked (`Batch::check_bounds`).
pub fn encode_batch(ops: &[Op]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(batch_len(ops));
    bytes.push(BATCH_VERSION);
    put_len::<4>(&mut bytes, ops.len());
    for op in ops {
        match op {
            Op::Put { key, value } => {
                bytes.push(TAG_PUT);
                put_len::<2>(&mut bytes, key.len());
                put_len::<4>(&mut bytes, value.len());
                bytes.extend_from_slice(key);
                bytes.extend_from_slice(value);
            }
            Op::Delete { key } => {
                bytes.push(TAG_DELETE);
                put_len::<2>(&mut bytes, key.len());
                bytes.extend_from_slice(key);
            }
        }
    }
    bytes.push(BATCH_END);
    bytes
}

/// The operations of an encoded batch, or what is wrong with it.
pub fn decode_batch(bytes: &[u8]) -> Result<Vec<Op>, &'static str> {
    const CUT: &str = "the batch is cut short";
    let mut rest = bytes;
    if take::<1>(&mut rest).ok_or(CUT)? != [BATCH_VERSION] {
        return Err("the batch has an unknown version");
    }
    let count = u32::from_le_bytes(take::<4>(&mut rest).ok_or(CUT)?);
    // An operation takes at least three bytes: no count can make us reserve more than was read.
    let mut ops = Vec::with_capacity(to_usize(count).min(rest.len() / 3));
    for _ in 0..count {
        let [tag] = take::<1>(&mut rest).ok_or(CUT)?;
        let key_len = u16::from_le_bytes(take::<2>(&mut rest).ok_or(CUT)?);
        ops.push(match tag {
            TAG_PUT => {
                let value_len = to_usize(u32::from_le_bytes(take::<4>(&mut rest).ok_or(CUT)?));
                let key = take_slice(&mut rest, usize::from(key_len)).ok_or(CUT)?.to_vec();
                let value = take_slice(&mut rest, value_len).ok_or(CUT)?.to_vec();
                Op::Put { key, value }
            }
            TAG_DELETE => {
                let key = take_slice(&mut rest, usize::from(key_len)).ok_or(CUT)?.to_vec();
                Op::Delete { key }
            }
            _ => return Err("the batch has an unknown operation"),
        });
    }
    if rest == [BATCH_END] { Ok(ops) } else { Err("the batch does not end where it should") }
}

/// A point in the life of one store: which store, how many batches, and the hash over all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// Random identity of the store.
    pub store: [u8; 16],
    /// Number of batches up to this point.
    pub seq: u64,
    /// SHA-256 over the chain before, the sequence and the batch.
    pub chain: [u8; 32],
}

impl Stamp {
    /// The point before the first batch of `store`.
    pub fn genesis(store: [u8; 16]) -> Self {
        let mut hash = digest::Context::new(&digest::SHA256);
        hash.update(b"hoatoc store\0");
        hash.update(&store);
        Self { store, seq: 0, chain: hash_bytes(hash) }
    }

    /// The point after one more encoded batch.
    pub fn after(&self, payload: &[u8]) -> Self {
        let seq = self.seq + 1;
        let mut hash = digest::Context::new(&digest::SHA256);
        hash.update(&self.chain);
        hash.update(&seq.to_le_bytes());
        hash.update(payload);
        Self { store: self.store, seq, chain: hash_bytes(hash) }
    }

    /// The stamp's bytes in a file of the kind that `magic` names.
    pub fn encode(&self, magic: &[u8; 8]) -> [u8; STAMP_LEN] {
        let mut bytes = [0; STAMP_LEN];
        bytes[..8].copy_from_slice(magic);
        bytes[8..24].copy_from_slice(&self.store);
        bytes[24..32].copy_from_slice(&self.seq.to_le_bytes());
        bytes[32..64].copy_from_slice(&self.chain);
        let crc = crc32c::crc32c(&bytes[..64]);
        bytes[64..].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// Reads a stamp from the start of `bytes`, or says what is wrong with it.
    pub fn decode(magic: &[u8; 8], bytes: &[u8]) -> Result<Self, &'static str> {
        const CUT: &str = "the stamp is cut short";
        let mut rest = bytes;
        let crc = crc32c::crc32c(bytes.get(..64).ok_or(CUT)?);
        let found = take::<8>(&mut rest).ok_or(CUT)?;
        let store = take::<16>(&mut rest).ok_or(CUT)?;
        let seq = u64::from_le_bytes(take::<8>(&mut rest).ok_or(CUT)?);
        let chain = take::<32>(&mut rest).ok_or(CUT)?;
        if u32::from_le_bytes(take::<4>(&mut rest).ok_or(CUT)?) != crc {
            return Err("the stamp's checksum does not match");
        }
        if found != *magic {
            return Err("the file is of another kind or version");
        }
        Ok(Self { store, seq, chain })
    }
}

/// Finishes a SHA-256.
pub(crate) fn hash_bytes(hash: digest::Context) -> [u8; 32] {
    *hash.finish().as_ref().first_chunk::<32>().expect("a SHA-256 is 32 bytes long")
}

/// The next `N` bytes, or `None` when fewer remain.
pub(crate) fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (head, tail) = rest.split_first_chunk::<N>()?;
    *rest = tail;
    Some(*head)
}

fn take_slice<'a>(rest: &mut &'a [u8], len: usize) -> Option<&'a [u8]> {
    let (head, tail) = rest.split_at_checked(len)?;
    *rest = tail;
    Some(head)
}

/// Appends the low `N` bytes of a length that a bound already keeps below them.
pub(crate) fn put_len<const N: usize>(bytes: &mut Vec<u8>, len: usize) {
    debug_assert!(len.to_le_bytes()[N..].iter().all(|&byte| byte == 0), "bounded before");
    bytes.extend_from_slice(&len.to_le_bytes()[..N]);
}

/// A `u32` as a length; we run on nothing smaller than 32 bits.
pub(crate) fn to_usize(len: u32) -> usize {
    usize::try_from(len).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_value_under_another_key_is_refused() {
        let framed = frame(b"a", b"value");
        assert_eq!(unframe(b"a", &framed), Ok(&b"value"[..]));
        assert!(unframe(b"b", &framed).is_err());
    }

    #[test]
    fn every_flipped_bit_of_a_frame_and_of_a_stamp_is_found() {
        let framed = frame(b"key", b"some value");
        let stamp = Stamp::genesis([7; 16]).encode(b"magic..\x01");
        for bit in 0..framed.len() * 8 {
            let mut bad = framed.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert!(unframe(b"key", &bad).is_err(), "bit {bit}");
        }
        for bit in 0..stamp.len() * 8 {
            let mut bad = stamp;
            bad[bit / 8] ^= 1 << (bit % 8);
            assert!(Stamp::decode(b"magic..\x01", &bad).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn the_bytes_of_a_batch_are_these() {
        let ops = [
            Op::Put { key: b"k".to_vec(), value: b"vw".to_vec() },
            Op::Delete { key: b"d".to_vec() },
        ];
        let expected = "01 02000000 01 0100 02000000 6b 7677 02 0100 64 5a".replace(' ', "");
        assert_eq!(hex::encode(encode_batch(&ops)), expected);
    }

    proptest! {
        #[test]
        fn a_batch_survives_its_encoding_and_no_cut_of_it_does(
            pairs in proptest::collection::vec(
                (proptest::collection::vec(any::<u8>(), 0..9), proptest::option::of(
                    proptest::collection::vec(any::<u8>(), 0..40))), 0..6),
            cut in any::<prop::sample::Index>(),
        ) {
            let ops: Vec<Op> = pairs.into_iter().map(|(key, value)| match value {
                Some(value) => Op::Put { key, value },
                None => Op::Delete { key },
            }).collect();
            let bytes = encode_batch(&ops);
            prop_assert_eq!(bytes.len(), batch_len(&ops));
            prop_assert_eq!(decode_batch(&bytes), Ok(ops));
            prop_assert!(decode_batch(&bytes[..cut.index(bytes.len())]).is_err());
        }
    }
}
