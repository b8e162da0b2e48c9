//! What can be proved to someone who trusts nobody. Pure: no clock, no I/O; randomness comes in.
//!
//! | Module | Proves |
//! |---|---|
//! | [`key`] | that a signature was made by whoever holds a key |
//! | [`envelope`] | which bytes a key signed, and as what (DSSE) |
//! | [`trust`] | who holds which key and role, and since which bundle |
//! | [`authority`] | that the right persons signed an order or cancel |
//! | [`tree`], [`proof`] | that a fact stands in the ledger, and that nothing was changed since (RFC 9162) |
//! | [`note`], [`checkpoint`] | which head of the ledger was published, and who has seen it (C2SP) |
//! | [`seal`] | that personal data opens only where it was sealed |
//!
//! Bytes made by other implementations, to which all of this is held, stand in `tests/vectors/`.

pub mod authority;
pub mod checkpoint;
pub mod envelope;
pub mod key;
pub mod note;
pub mod proof;
pub mod request;
pub mod seal;
pub mod tree;
pub mod trust;

use ring::digest::{Context, SHA256, digest};

/// The alphabet in which digests are read aloud: Crockford's base 32, which leaves out I, L, O and U
/// because they are heard or read as something else.
const SPOKEN: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Digits of a spoken digest: 120 bits.
const SPOKEN_DIGITS: usize = 24;

/// A digest as two people compare it over the telephone: its first 120 bits as 24 characters in six
/// groups of four, such as `3V0B 7Q2M ...`. Whoever would pass off other bytes must find some that
/// agree in all 120 bits. The one form in which digests are shown to people.
pub fn fingerprint(digest: &[u8; 32]) -> String {
    let mut text = String::with_capacity(SPOKEN_DIGITS + 5);
    for digit in 0..SPOKEN_DIGITS {
        if digit > 0 && digit % 4 == 0 {
            text.push(' ');
        }
        let (byte, bit) = (digit * 5 / 8, digit * 5 % 8);
        let pair = u16::from_be_bytes([digest[byte], digest[byte + 1]]);
        let value = usize::from(pair >> (11 - bit) & 31);
        text.push(char::from(SPOKEN[value]));
    }
    text
}

/// SHA-256 over the parts, one after another.
pub(crate) fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let digest = if let [whole] = parts {
        digest(&SHA256, whole)
    } else {
        let mut context = Context::new(&SHA256);
        parts.iter().for_each(|part| context.update(part));
        context.finish()
    };
    digest.as_ref().try_into().expect("SHA-256 has 32 bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_has_six_groups_of_four_characters_that_nobody_mishears() {
        let mut digest = [0; 32];
        assert_eq!(fingerprint(&digest), "0000 0000 0000 0000 0000 0000");
        digest = [0xff; 32];
        assert_eq!(fingerprint(&digest), "ZZZZ ZZZZ ZZZZ ZZZZ ZZZZ ZZZZ");
        // 00001 00010 00011 00100 | 00101 ...: worked out by hand.
        digest = [0; 32];
        digest[..5].copy_from_slice(&[
            0b0000_1000,
            0b1000_0110,
            0b0100_0010,
            0b1001_1000,
            0b1110_1000,
        ]);
        assert_eq!(fingerprint(&digest), "1234 5678 0000 0000 0000 0000");
        let all: String = (0..=255_u8).map(|byte| fingerprint(&sha256(&[&[byte]]))).collect();
        assert!(!all.contains(['I', 'L', 'O', 'U']), "{all}");
    }

    #[test]
    fn each_of_120_bits_changes_the_fingerprint() {
        let digest = sha256(&[b"an order"]);
        for bit in 0..120 {
            let mut other = digest;
            other[bit / 8] ^= 0x80 >> (bit % 8);
            assert_ne!(fingerprint(&other), fingerprint(&digest), "bit {bit}");
        }
    }
}
