//! What an index says it holds, so that what sled lost without a word is noticed.
//!
//! Written in the same sled batch as the pairs that changed; see the layout in [`super`].

use crate::store::codec::{self, STAMP_LEN, Stamp};

const TOTALS_MAGIC: [u8; 8] = *b"htindex\x01";
const TOTALS_LEN: usize = STAMP_LEN + 20;

/// What the index holds, by its own account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Totals {
    pub(super) stamp: Option<Stamp>,
    pub(super) count: u64,
    pub(super) sum: u64,
}

impl Totals {
    pub(super) const EMPTY: Self = Self { stamp: None, count: 0, sum: 0 };

    pub(super) fn add(&mut self, key: &[u8], framed: &[u8]) {
        self.count += 1;
        self.sum = self.sum.wrapping_add(pair_hash(key, framed));
    }

    pub(super) fn remove(&mut self, key: &[u8], framed: &[u8]) {
        self.count = self.count.saturating_sub(1);
        self.sum = self.sum.wrapping_sub(pair_hash(key, framed));
    }

    pub(super) fn encode(&self, stamp: &Stamp) -> Vec<u8> {
        let mut bytes = stamp.encode(&TOTALS_MAGIC).to_vec();
        bytes.extend_from_slice(&self.count.to_le_bytes());
        bytes.extend_from_slice(&self.sum.to_le_bytes());
        let crc = crc32c::crc32c(&bytes);
        bytes.extend_from_slice(&crc.to_le_bytes());
        bytes
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, &'static str> {
        const CUT: &str = "the totals are cut short";
        let stamp = Stamp::decode(&TOTALS_MAGIC, bytes)?;
        let mut rest = bytes.get(STAMP_LEN..TOTALS_LEN).ok_or(CUT)?;
        let count = u64::from_le_bytes(codec::take::<8>(&mut rest).ok_or(CUT)?);
        let sum = u64::from_le_bytes(codec::take::<8>(&mut rest).ok_or(CUT)?);
        if rest == crc32c::crc32c(&bytes[..TOTALS_LEN - 4]).to_le_bytes() {
            Ok(Self { stamp: Some(stamp), count, sum })
        } else {
            Err("the totals do not match their checksum")
        }
    }
}

/// Two checksums spread over 64 bits, so that a sum of them notices any pair that is missing.
/// Against accidents, not against forgers: those are the journal's chain's affair.
fn pair_hash(key: &[u8], framed: &[u8]) -> u64 {
    let of_key = crc32c::crc32c(key);
    let of_both = crc32c::crc32c_append(of_key, framed);
    // The finisher of splitmix64.
    let mut hash = (u64::from(of_key) << 32 | u64::from(of_both)) ^ 0x9E37_79B9_7F4A_7C15;
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    hash ^ (hash >> 31)
}
