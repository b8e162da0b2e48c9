//! Sealing of personal data, so that what is stored, copied or backed up says nothing without the master
//! key, and cannot be moved to another record.
//!
//! Called by the registry on its way to and from the store. From one 32-byte master key HKDF-SHA256 derives
//! one key for each purpose. Each sealing draws a new record key, which encrypts the body and is itself
//! encrypted under the data key; changing the master key re-wraps 48 bytes and leaves the body. This module
//! does not know where the master key comes from, nor what a body says.
//!
//! Sealed bytes:
//!
//! | Offset | Length | Content |
//! |---|---|---|
//! | 0 | 1 | format, `1` |
//! | 1 | 4 | which master key: a hint, derived from it one way |
//! | 5 | 12 | nonce of the record key |
//! | 17 | 48 | record key, AES-256-GCM under the data key, with its tag |
//! | 65 | 12 | nonce of the body |
//! | 77 | n + 16 | body, AES-256-GCM under the record key, with its tag |
//!
//! Associated data, so that nothing opens anywhere but where it was sealed:
//!
//! | Of | Bytes |
//! |---|---|
//! | record key | `hoatoc seal v1 key`, line feed, 16 of record id, kind |
//! | body | `hoatoc seal v1 body`, line feed, 16 of record id, 8 of version, big-endian, kind |
//!
//! Nonces are random: a data key may wrap 2^32 record keys before the master key must be changed
//! (NIST SP 800-38D section 8.3); each record key encrypts one body.
//!
//! The blind index and the digest show which values are equal to whoever reads the store, and nothing else
//! without the master key. Whoever holds that can try out all 10^12 citizen numbers, so look-ups are limited
//! and written down by those who offer them.

use std::fmt;

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::SecureRandom;
use ring::{hkdf, hmac};
use zeroize::Zeroizing;

/// Bytes of a master key.
pub const MASTER_KEY_LEN: usize = 32;
/// Longest body, in bytes: sealed, it stays well below the store's 64 KiB.
pub const PLAINTEXT_LEN_MAX: usize = 48 * 1024;
/// Bytes that sealing adds to a body.
pub const OVERHEAD_LEN: usize = BODY_AT + TAG_LEN;
/// Longest name of a kind or field, in bytes.
pub const NAME_LEN_MAX: usize = 64;

const FORMAT: u8 = 1;
const HINT_LEN: usize = 4;
const TAG_LEN: usize = 16;
const RECORD_KEY_LEN: usize = 32;
const HINT_AT: usize = 1;
const KEY_NONCE_AT: usize = HINT_AT + HINT_LEN;
const KEY_AT: usize = KEY_NONCE_AT + NONCE_LEN;
const BODY_NONCE_AT: usize = KEY_AT + RECORD_KEY_LEN + TAG_LEN;
const BODY_AT: usize = BODY_NONCE_AT + NONCE_LEN;

/// Why something is not sealed or opened. Never carries what was sealed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The body is over its bound.
    #[error("there are {len} bytes to seal, at most {PLAINTEXT_LEN_MAX} are taken")]
    TooLong {
        /// Bytes given.
        len: usize,
    },
    /// A kind is a short word.
    #[error("a kind has 1 to {NAME_LEN_MAX} bytes, this has {len}")]
    Kind {
        /// Bytes given.
        len: usize,
    },
    /// Not a length that sealed bytes can have.
    #[error("sealed bytes have a length of {OVERHEAD_LEN} and up, here are {len}")]
    Length {
        /// Bytes given.
        len: usize,
    },
    /// Written by a later program, or not sealed at all.
    #[error("sealed format {format} is not known: update this program")]
    Format {
        /// The format byte.
        format: u8,
    },
    /// Sealed under another master key.
    #[error("sealed under another master key: open it with the key it was sealed with")]
    OtherMasterKey,
    /// Changed, or sealed for another record, kind or version.
    #[error(
        "sealed bytes do not open: they were changed, or are of another record, kind or version"
    )]
    NotAuthentic,
    /// The random source failed.
    #[error("the random source gave no bytes: try again, then look at the machine")]
    Randomness,
}

/// What sealed bytes belong to. They open for exactly this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Belongs<'a> {
    /// The record's UUID.
    pub record_id: &'a [u8; 16],
    /// What of the record: a short word, such as `reservist`.
    pub kind: &'a str,
    /// Which version of the record.
    pub version: u64,
}

impl Belongs<'_> {
    fn key_aad(&self) -> Aad<Vec<u8>> {
        let label = b"hoatoc seal v1 key\n";
        Aad::from([&label[..], self.record_id, self.kind.as_bytes()].concat())
    }

    fn body_aad(&self) -> Aad<Vec<u8>> {
        let label = b"hoatoc seal v1 body\n";
        let version = self.version.to_be_bytes();
        Aad::from([&label[..], self.record_id, &version, self.kind.as_bytes()].concat())
    }
}

/// The keys under one master key.
pub struct Sealer {
    data: LessSafeKey,
    blind: hmac::Key,
    digest: hmac::Key,
    commitment: hmac::Key,
    hint: [u8; HINT_LEN],
}

impl Sealer {
    /// Derives every key from a master key. The caller wipes its copy.
    pub fn new(master: &[u8; MASTER_KEY_LEN]) -> Self {
        let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, b"hoatoc seal v1").extract(master);
        let mac = |purpose: &'static [u8]| {
            let info = [purpose];
            hmac::Key::from(prk.expand(&info, hmac::HMAC_SHA256).expect("one block of output"))
        };
        let mut hint = [0; HINT_LEN];
        prk.expand(&[b"hint"], Length(HINT_LEN))
            .and_then(|okm| okm.fill(&mut hint))
            .expect("less than one block of output");
        let data = prk.expand(&[b"data key"], &AES_256_GCM).expect("one block of output");
        Self {
            data: LessSafeKey::new(UnboundKey::from(data)),
            blind: mac(b"blind index"),
            digest: mac(b"digest"),
            commitment: mac(b"commitment"),
            hint,
        }
    }

    /// Seals a body.
    ///
    /// # Errors
    /// [`SealError::TooLong`], [`SealError::Kind`], [`SealError::Randomness`].
    pub fn seal(
        &self,
        to: &Belongs<'_>,
        plaintext: &[u8],
        rng: &dyn SecureRandom,
    ) -> Result<Vec<u8>, SealError> {
        check_kind(to)?;
        if plaintext.len() > PLAINTEXT_LEN_MAX {
            return Err(SealError::TooLong { len: plaintext.len() });
        }
        let mut record_key = Zeroizing::new([0; RECORD_KEY_LEN]);
        fill(rng, record_key.as_mut_slice())?;
        let mut body_nonce = [0; NONCE_LEN];
        fill(rng, &mut body_nonce)?;

        let mut sealed = Vec::with_capacity(OVERHEAD_LEN + plaintext.len());
        self.wrap(to, &record_key, rng, &mut sealed)?;
        sealed.extend_from_slice(&body_nonce);
        sealed.extend_from_slice(plaintext);
        let tag = aes(&record_key)
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(body_nonce),
                to.body_aad(),
                &mut sealed[BODY_AT..],
            )
            .expect("far below the 64 GiB that one key may encrypt");
        sealed.extend_from_slice(tag.as_ref());
        Ok(sealed)
    }

    /// Opens sealed bytes, if they belong to this and nothing was changed. The body is wiped when dropped.
    ///
    /// # Errors
    /// [`SealError::Length`], [`SealError::Format`], [`SealError::OtherMasterKey`],
    /// [`SealError::NotAuthentic`].
    pub fn open(&self, of: &Belongs<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let record_key = self.unwrap(of, sealed)?;
        let mut body = Zeroizing::new(sealed[BODY_AT..].to_vec());
        let len = aes(&record_key)
            .open_in_place(nonce(sealed, BODY_NONCE_AT), of.body_aad(), &mut body)
            .map_err(|_no_more_to_say| SealError::NotAuthentic)?
            .len();
        body.truncate(len);
        Ok(body)
    }

    /// The same sealed bytes under the next master key. The body stays as it is and is checked first.
    ///
    /// # Errors
    /// As [`Self::open`], and [`SealError::Randomness`].
    pub fn rewrap(
        &self,
        of: &Belongs<'_>,
        sealed: &[u8],
        next: &Self,
        rng: &dyn SecureRandom,
    ) -> Result<Vec<u8>, SealError> {
        self.open(of, sealed)?;
        let record_key = self.unwrap(of, sealed)?;
        let mut moved = Vec::with_capacity(sealed.len());
        next.wrap(of, &record_key, rng, &mut moved)?;
        moved.extend_from_slice(&sealed[BODY_NONCE_AT..]);
        Ok(moved)
    }

    /// Whether these bytes name this master key; says nothing about whether they open.
    pub fn names_this_key(&self, sealed: &[u8]) -> bool {
        sealed.get(HINT_AT..KEY_NONCE_AT) == Some(&self.hint[..])
    }

    /// What a value is found by without being shown: 10 bytes, equal for equal values of one field. Two
    /// values share one with a chance of 2^-80, so open what is found and compare.
    pub fn blind_index(&self, field: &str, normalized: &str) -> [u8; 10] {
        let parts = [&len_of(field)[..], field.as_bytes(), normalized.as_bytes()];
        cut(mac_of(&self.blind, &parts))
    }

    /// Whether a body changed can be told by this, without opening what is stored.
    pub fn digest(&self, plaintext: &[u8]) -> [u8; 16] {
        cut(mac_of(&self.digest, &[plaintext]))
    }

    /// What a ledger leaf says of a record's version: who holds the master key can show what it stands
    /// for, nobody else can guess. Different for each record and version, even of equal bodies.
    pub fn commitment(&self, record_id: &[u8; 16], version: u64, plaintext: &[u8]) -> [u8; 32] {
        mac_of(&self.commitment, &[record_id, &version.to_be_bytes(), plaintext])
    }

    fn wrap(
        &self,
        to: &Belongs<'_>,
        record_key: &[u8; RECORD_KEY_LEN],
        rng: &dyn SecureRandom,
        sealed: &mut Vec<u8>,
    ) -> Result<(), SealError> {
        let mut key_nonce = [0; NONCE_LEN];
        fill(rng, &mut key_nonce)?;
        let mut wrapped = Zeroizing::new(*record_key);
        let tag = self
            .data
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(key_nonce),
                to.key_aad(),
                wrapped.as_mut_slice(),
            )
            .expect("32 bytes are never too many");
        sealed.push(FORMAT);
        sealed.extend_from_slice(&self.hint);
        sealed.extend_from_slice(&key_nonce);
        sealed.extend_from_slice(wrapped.as_slice());
        sealed.extend_from_slice(tag.as_ref());
        Ok(())
    }

    fn unwrap(
        &self,
        of: &Belongs<'_>,
        sealed: &[u8],
    ) -> Result<Zeroizing<[u8; RECORD_KEY_LEN]>, SealError> {
        check_kind(of)?;
        let len = sealed.len();
        if !(OVERHEAD_LEN..=OVERHEAD_LEN + PLAINTEXT_LEN_MAX).contains(&len) {
            return Err(SealError::Length { len });
        }
        if sealed[0] != FORMAT {
            return Err(SealError::Format { format: sealed[0] });
        }
        if !self.names_this_key(sealed) {
            return Err(SealError::OtherMasterKey);
        }
        let mut wrapped = Zeroizing::new([0; RECORD_KEY_LEN + TAG_LEN]);
        wrapped.copy_from_slice(&sealed[KEY_AT..BODY_NONCE_AT]);
        let opened = self
            .data
            .open_in_place(nonce(sealed, KEY_NONCE_AT), of.key_aad(), wrapped.as_mut_slice())
            .map_err(|_no_more_to_say| SealError::NotAuthentic)?;
        let mut record_key = Zeroizing::new([0; RECORD_KEY_LEN]);
        record_key.copy_from_slice(opened);
        Ok(record_key)
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealer(..)")
    }
}

struct Length(usize);

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

fn aes(key: &[u8; RECORD_KEY_LEN]) -> LessSafeKey {
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).expect("the key has 32 bytes"))
}

fn nonce(sealed: &[u8], at: usize) -> Nonce {
    Nonce::try_assume_unique_for_key(&sealed[at..at + NONCE_LEN]).expect("12 bytes were cut out")
}

fn fill(rng: &dyn SecureRandom, bytes: &mut [u8]) -> Result<(), SealError> {
    rng.fill(bytes).map_err(|_no_more_to_say| SealError::Randomness)
}

fn check_kind(of: &Belongs<'_>) -> Result<(), SealError> {
    let len = of.kind.len();
    if (1..=NAME_LEN_MAX).contains(&len) { Ok(()) } else { Err(SealError::Kind { len }) }
}

fn mac_of(key: &hmac::Key, parts: &[&[u8]]) -> [u8; 32] {
    let mut context = hmac::Context::with_key(key);
    parts.iter().for_each(|part| context.update(part));
    context.sign().as_ref().try_into().expect("HMAC-SHA-256 has 32 bytes")
}

/// Eight bytes of length before a text, so that no two pairs of texts run together alike.
fn len_of(text: &str) -> [u8; 8] {
    u64::try_from(text.len()).expect("a length in memory fits 64 bits").to_be_bytes()
}

fn cut<const N: usize>(whole: [u8; 32]) -> [u8; N] {
    *whole.first_chunk().expect("no more than 32 are asked for")
}

#[cfg(test)]
mod tests;
