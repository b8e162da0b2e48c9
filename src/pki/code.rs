//! The enrolment code: what a person carries from the server to a new terminal, on paper or by
//! voice. It proves the right to enrol (the secret) and names the server to trust (the beginning of
//! the authority's fingerprint).
//!
//! Made by the identity service, read by the terminal. 55 signs of Crockford's base32 in eleven
//! groups of five, most significant bit first:
//!
//! | Bits | Field |
//! |---|---|
//! | 4 | version, 1 |
//! | 128 | secret |
//! | 128 | first half of the SHA-256 of the authority's certificate |
//! | 15 | CRC-15/CAN over the bits before: finds every wrong sign, and two swapped neighbours |
//!
//! Half a fingerprint is enough: whoever would pose as the server must find a certificate whose hash
//! begins with given 128 bits. Reading is tolerant (lower case, spaces, `O` for 0, `I` and `L` for
//! 1), and a slip of the hand is found by the check before anything is sent.

use std::fmt;
use std::str::FromStr;

use ring::digest::{Context, SHA256};
use zeroize::Zeroizing;

use crate::pki::identity::Fingerprint;

/// Bytes of the secret.
pub const SECRET_LEN: usize = 16;
/// Bytes of the authority's fingerprint that a code carries.
pub const FINGERPRINT_START_LEN: usize = 16;
/// What a terminal's answer key signs to prove that it is held: this, then the secret's text.
pub const PROOF_PREFIX: &[u8] = b"hoatoc enrol v1\n";

const SIGNS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const VERSION: u8 = 1;
const VERSION_BITS: usize = 4;
const CHECK_BITS: usize = 15;
const CODE_SIGNS: usize = 55;
const GROUP: usize = 5;
/// Longest text that is looked at, in bytes.
const TEXT_LEN_MAX: usize = 256;

/// A one-time right to enrol. `Debug` shows no secret.
#[derive(Clone, PartialEq, Eq)]
pub struct EnrolmentCode {
    secret: Zeroizing<[u8; SECRET_LEN]>,
    authority_start: [u8; FINGERPRINT_START_LEN],
}

/// Why a text is no code. Never carries the text, which may be a code with one slip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// Too few or too many signs.
    #[error("the code has {found} signs, expected {CODE_SIGNS}: compare it with the one you got")]
    Length {
        /// Signs found, spaces and dashes left out.
        found: usize,
    },
    /// A sign that no code has.
    #[error("sign {position} of the code is not a letter or digit that codes have: compare it")]
    Sign {
        /// Which sign, from 1.
        position: usize,
    },
    /// The check does not fit.
    #[error("the code has a slip in it: compare it sign by sign with the one you got")]
    Check,
    /// Made by a newer program.
    #[error("the code is of a newer kind: update this program")]
    Version,
}

impl EnrolmentCode {
    /// A code for a secret (fresh random bytes) and the authority that will certify.
    pub fn new(secret: [u8; SECRET_LEN], authority: &Fingerprint) -> Self {
        let (start, _rest) =
            authority.0.split_first_chunk().expect("a fingerprint is longer than its half");
        Self { secret: Zeroizing::new(secret), authority_start: *start }
    }

    /// The first half of the authority's fingerprint.
    pub const fn authority_start(&self) -> &[u8; FINGERPRINT_START_LEN] {
        &self.authority_start
    }

    /// The secret as it goes into `EnrolRequest.secret`: 26 signs without dashes.
    pub fn secret_text(&self) -> Zeroizing<String> {
        let mut bits = Bits::default();
        bits.push_bytes(&self.secret[..]);
        Zeroizing::new(bits.signs())
    }

    /// SHA-256 of [`Self::secret_text`]: what the server keeps instead of the secret.
    pub fn secret_digest(&self) -> [u8; 32] {
        secret_digest(&self.secret_text())
    }
}

/// SHA-256 of a secret's text as it came in a request.
pub fn secret_digest(secret_text: &str) -> [u8; 32] {
    let mut hash = Context::new(&SHA256);
    hash.update(secret_text.as_bytes());
    *hash.finish().as_ref().first_chunk().expect("SHA-256 has 32 bytes")
}

impl fmt::Display for EnrolmentCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bits = Bits::default();
        bits.push(VERSION << (8 - VERSION_BITS), VERSION_BITS);
        bits.push_bytes(&self.secret[..]);
        bits.push_bytes(&self.authority_start);
        let [high, low] = (bits.crc() << 1).to_be_bytes();
        bits.push(high, 8);
        bits.push(low, CHECK_BITS - 8);
        let text = Zeroizing::new(bits.signs());
        for (index, sign) in text.chars().enumerate() {
            if index > 0 && index % GROUP == 0 {
                f.write_str("-")?;
            }
            write!(f, "{sign}")?;
        }
        Ok(())
    }
}

impl FromStr for EnrolmentCode {
    type Err = CodeError;
    fn from_str(text: &str) -> Result<Self, CodeError> {
        let kept = || text.chars().filter(|c| !c.is_whitespace() && *c != '-');
        let found = kept().count();
        if found != CODE_SIGNS || text.len() > TEXT_LEN_MAX {
            return Err(CodeError::Length { found });
        }
        let mut bits = Bits::default();
        for (index, sign) in kept().enumerate() {
            let value = value_of(sign).ok_or(CodeError::Sign { position: index + 1 })?;
            bits.push(value << 3, 5);
        }
        // Over data and its own check together, this check gives nothing.
        if bits.crc() != 0 {
            return Err(CodeError::Check);
        }
        if bits.byte_at(0) >> (8 - VERSION_BITS) != VERSION {
            return Err(CodeError::Version);
        }
        let mut code = Self { secret: Zeroizing::new([0; SECRET_LEN]), authority_start: [0; 16] };
        for (index, byte) in code.secret.iter_mut().enumerate() {
            *byte = bits.byte_at(VERSION_BITS + index * 8);
        }
        for (index, byte) in code.authority_start.iter_mut().enumerate() {
            *byte = bits.byte_at(VERSION_BITS + (SECRET_LEN + index) * 8);
        }
        Ok(code)
    }
}

impl fmt::Debug for EnrolmentCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EnrolmentCode")
            .field("secret", &"REDACTED")
            .field("authority_start", &hex::encode(self.authority_start))
            .finish()
    }
}

fn value_of(sign: char) -> Option<u8> {
    let upper = match sign.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    let index = SIGNS.iter().position(|known| char::from(*known) == upper)?;
    u8::try_from(index).ok()
}

/// A string of bits, one a byte: a code has 275 of them, and nobody makes many codes.
#[derive(Default)]
struct Bits(Zeroizing<Vec<bool>>);

impl Bits {
    /// Appends the highest `count` bits of a byte.
    fn push(&mut self, byte: u8, count: usize) {
        self.0.extend((0..count).map(|bit| byte << bit & 0x80 != 0));
    }

    fn push_bytes(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.push(*byte, 8));
    }

    /// The eight bits from `start` on; those past the end are 0.
    fn byte_at(&self, start: usize) -> u8 {
        let bit = |offset: usize| self.0.get(start + offset).copied().unwrap_or(false);
        (0..8).fold(0, |byte, offset| byte << 1 | u8::from(bit(offset)))
    }

    /// CRC-15/CAN (polynomial 0x4599).
    fn crc(&self) -> u16 {
        self.0.iter().fold(0, |crc, bit| {
            let out = (crc >> 14 & 1 != 0) != *bit;
            (crc << 1 & 0x7fff) ^ if out { 0x4599 } else { 0 }
        })
    }

    /// Five bits a sign, the last filled up with zeros.
    fn signs(&self) -> String {
        (0..self.0.len().div_ceil(5))
            .map(|index| char::from(SIGNS[usize::from(self.byte_at(index * 5) >> 3)]))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code() -> EnrolmentCode {
        EnrolmentCode::new([0xA5; 16], &Fingerprint::of(b"certificate"))
    }

    #[test]
    fn a_code_is_eleven_groups_of_five_and_comes_back() {
        let text = code().to_string();
        assert!(text.split('-').all(|group| group.len() == 5), "{text}");
        assert_eq!(text.split('-').count(), 11);
        assert_eq!(text.parse(), Ok(code()));
        let by_hand = text.to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l");
        assert_eq!(by_hand.parse(), Ok(code()));
    }

    #[test]
    fn every_wrong_sign_is_found() {
        let text = code().to_string().replace('-', "");
        for position in 0..text.len() {
            for sign in SIGNS {
                let mut bad = text.clone().into_bytes();
                if bad[position] == *sign {
                    continue;
                }
                bad[position] = *sign;
                let bad = String::from_utf8(bad).expect("ASCII");
                assert_eq!(
                    bad.parse::<EnrolmentCode>(),
                    Err(CodeError::Check),
                    "{position} {sign}"
                );
            }
        }
        let swapped = |at: usize| {
            let mut bytes = text.clone().into_bytes();
            bytes.swap(at, at + 1);
            String::from_utf8(bytes).expect("ASCII")
        };
        for bad in (0..text.len() - 1).map(swapped).filter(|bad| *bad != text) {
            assert_eq!(bad.parse::<EnrolmentCode>(), Err(CodeError::Check), "{bad}");
        }
        assert_eq!("ABC".parse::<EnrolmentCode>(), Err(CodeError::Length { found: 3 }));
        let strange = text.replacen(|_any| true, "U", 1);
        assert_eq!(strange.parse::<EnrolmentCode>(), Err(CodeError::Sign { position: 1 }));
    }

    #[test]
    fn the_secret_s_text_and_digest_belong_together_and_are_not_shown() {
        let code = code();
        assert_eq!(code.secret_text().len(), 26);
        assert_eq!(code.secret_digest(), secret_digest(&code.secret_text()));
        assert!(!format!("{code:?}").contains(code.secret_text().as_str()));
    }
}
