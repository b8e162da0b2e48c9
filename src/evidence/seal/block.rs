//! SHA-256 of what fits one block: keys come out of keys, and a million records derive some twenty
//! each when the registry loads. A hash of any length costs twice as much around its one block.
//!
//! Used by the tree of keys and for what a record's key gives. Equal to any other SHA-256; what went
//! in is wiped when dropped.

use sha2::block_api::compress256;
use zeroize::Zeroizing;

const BLOCK_LEN: usize = 64;
/// Most bytes that fit one block, with the mark of the end and the length.
const MESSAGE_LEN_MAX: usize = BLOCK_LEN - 9;
/// What every SHA-256 begins with (FIPS 180-4, 5.3.3).
const BEGIN: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

/// A message of at most 55 bytes.
pub(super) struct Block(Zeroizing<[u8; BLOCK_LEN]>);

impl Block {
    /// Of the parts, one after another, 55 bytes at most in all.
    pub(super) fn of(parts: &[&[u8]]) -> Self {
        let mut block = Zeroizing::new([0; BLOCK_LEN]);
        let mut len = 0;
        for part in parts {
            block[len..len + part.len()].copy_from_slice(part);
            len += part.len();
        }
        assert!(len <= MESSAGE_LEN_MAX, "a message of {len} bytes fits no block");
        block[len] = 0x80;
        let bits = u16::try_from(len * 8).expect("440 at most");
        block[BLOCK_LEN - 2..].copy_from_slice(&bits.to_be_bytes());
        Self(block)
    }

    /// Puts other bytes into the message from a place on.
    pub(super) fn set(&mut self, at: usize, bytes: &[u8]) {
        self.0[at..at + bytes.len()].copy_from_slice(bytes);
    }

    /// The hash of the message.
    pub(super) fn hash(&self) -> [u8; 32] {
        let mut state = BEGIN;
        compress256(&mut state, std::slice::from_ref(&*self.0));
        let mut hash = [0; 32];
        for (bytes, word) in hash.chunks_exact_mut(4).zip(state) {
            bytes.copy_from_slice(&word.to_be_bytes());
        }
        hash
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::sha256;

    #[test]
    fn a_block_has_the_hash_that_every_sha_256_gives() {
        let message: Vec<u8> = (0..55).collect();
        for len in 0..=MESSAGE_LEN_MAX {
            let (one, other) = message[..len].split_at(len / 2);
            assert_eq!(Block::of(&[one, other]).hash(), sha256(&[&message[..len]]), "{len} bytes");
        }
        let mut block = Block::of(&[&message]);
        block.set(3, b"xyz");
        let mut changed = message;
        changed[3..6].copy_from_slice(b"xyz");
        assert_eq!(block.hash(), sha256(&[&changed]));
    }

    #[test]
    #[should_panic(expected = "fits no block")]
    fn what_is_too_long_for_a_block_is_no_message() {
        Block::of(&[&[0; MESSAGE_LEN_MAX + 1]]);
    }
}
