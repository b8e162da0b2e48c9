//! Sealing of personal data, so that what is stored, copied or backed up says nothing without the keys,
//! cannot be moved to another record, and of one person can be made unreadable for good.
//!
//! Called by the registry on its way to and from the store. The master key opens the [`keyring`]; a
//! [`keytree`] of the keyring gives each record its own key, under which its body is sealed. Erasing a
//! person cuts that key out of the tree, and every copy of the body is noise. This module does not
//! know where the keys are kept, nor what a body says.
//!
//! Sealed bytes:
//!
//! | Offset | Length | Content |
//! |---|---|---|
//! | 0 | 1 | format, `2` |
//! | 1 | 4 | which generation of data keys, big-endian |
//! | 5 | 12 | nonce |
//! | 17 | n + 16 | body, AES-256-GCM under a key of the record, with its tag |
//!
//! Associated data, so that nothing opens anywhere but where it was sealed: `hoatoc seal v2`, line
//! feed, 16 of record id, 8 of version, big-endian, kind. The generation is held by the key itself.
//!
//! A record's key comes out of the tree; SHA-256 over a word and it gives one key for bodies and one
//! for commitments, so that an erased person's commitments cannot be tried out either. Nonces are
//! random: one key seals the few versions of one record.
//!
//! The blind index and the digest show which values are equal to whoever reads the process's memory,
//! and nothing else without the keys. Whoever holds those can try out all 10^12 citizen numbers, so
//! look-ups are limited and written down by those who offer them.

mod block;
pub mod keyring;
pub mod keytree;
pub mod sheet;

use std::fmt;
use std::sync::Arc;

use parking_lot::RwLock;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hmac;
use ring::rand::SecureRandom;
use zeroize::Zeroizing;

use self::block::Block;
use self::keyring::{Generation, Keyring};
use crate::domain::instant::Instant;

/// Bytes of a master key.
pub const MASTER_KEY_LEN: usize = 32;
/// Longest body, in bytes: sealed, it stays well below the store's 64 KiB.
pub const PLAINTEXT_LEN_MAX: usize = 48 * 1024;
/// Bytes that sealing adds to a body.
pub const OVERHEAD_LEN: usize = BODY_AT + TAG_LEN;
/// Longest name of a kind or field, in bytes.
pub const NAME_LEN_MAX: usize = 64;

const FORMAT: u8 = 2;
const TAG_LEN: usize = 16;
const KEY_LEN: usize = 32;
const GENERATION_AT: usize = 1;
const NONCE_AT: usize = 5;
const BODY_AT: usize = NONCE_AT + NONCE_LEN;

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
    /// Written by another program, or not sealed at all.
    #[error(
        "sealed format {format} is not known: 1 was of versions before the first release, make the store anew; for others update this program"
    )]
    Format {
        /// The format byte.
        format: u8,
    },
    /// Sealed under keys that the keyring has not.
    #[error(
        "sealed under generation {generation} of the keys, which the keyring has not: put back the copy of keys/keyring that belongs to this store"
    )]
    OtherGeneration {
        /// Which.
        generation: u32,
    },
    /// The record was erased: its key is gone for good.
    #[error("the record was erased: nothing opens it any more")]
    Erased,
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
    fn aad(&self) -> Aad<Vec<u8>> {
        let label = b"hoatoc seal v2\n";
        let version = self.version.to_be_bytes();
        Aad::from([&label[..], self.record_id, &version, self.kind.as_bytes()].concat())
    }
}

/// A sealed body with the ledger's word of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// The sealed bytes.
    pub bytes: Vec<u8>,
    /// What a ledger leaf says of the record's version: who holds its key can show what it stands for,
    /// nobody else can guess. Different for each record, version and generation of keys, even of
    /// equal bodies.
    pub commitment: [u8; 32],
}

/// A body that opened, with the ledger's word of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Opened {
    /// The body; wiped when dropped.
    pub body: Zeroizing<Vec<u8>>,
    /// As of [`Sealed`].
    pub commitment: [u8; 32],
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Opened(..)")
    }
}

/// What seals, opens, blinds and compares with the keys of a keyring. The keyring can be changed for
/// its next version while others hold this.
pub struct Sealer {
    blind: hmac::Key,
    digest: hmac::Key,
    keyring: RwLock<Arc<Keyring>>,
}

/// The key of one record in one generation, which its two keys come out of.
struct RecordKey(Zeroizing<[u8; KEY_LEN]>);

impl Sealer {
    /// With the keys of a keyring.
    pub fn of(keyring: Keyring) -> Self {
        let mac = |key: &[u8; KEY_LEN]| hmac::Key::new(hmac::HMAC_SHA256, key);
        Self {
            blind: mac(&keyring.blind),
            digest: mac(&keyring.digest),
            keyring: RwLock::new(Arc::new(keyring)),
        }
    }

    /// With a keyring that is kept nowhere, all of one secret: for measuring and for tests.
    pub fn new(secret: &[u8; 32]) -> Self {
        Self::of(Keyring::from_secret(secret, Instant::from_millis(0)))
    }

    /// The keyring of now.
    pub fn keyring(&self) -> Arc<Keyring> {
        Arc::clone(&self.keyring.read())
    }

    /// Goes on with the next version of the keyring. Blind index and digests stay those of before, for
    /// what is in memory was made with them.
    pub fn replace(&self, keyring: Keyring) {
        *self.keyring.write() = Arc::new(keyring);
    }

    /// The generation that seals.
    pub fn generation(&self) -> u32 {
        self.keyring.read().newest().number
    }

    /// Seals a body under the newest generation.
    ///
    /// # Errors
    /// [`SealError::TooLong`], [`SealError::Kind`], [`SealError::Erased`], [`SealError::Randomness`].
    pub fn seal(
        &self,
        to: &Belongs<'_>,
        plaintext: &[u8],
        rng: &dyn SecureRandom,
    ) -> Result<Sealed, SealError> {
        check_kind(to)?;
        if plaintext.len() > PLAINTEXT_LEN_MAX {
            return Err(SealError::TooLong { len: plaintext.len() });
        }
        let mut nonce = [0; NONCE_LEN];
        rng.fill(&mut nonce).map_err(|_no_more_to_say| SealError::Randomness)?;
        let keyring = self.keyring();
        let newest = keyring.newest();
        let key = RecordKey::of(newest, to.record_id)?;

        let mut bytes = Vec::with_capacity(OVERHEAD_LEN + plaintext.len());
        bytes.push(FORMAT);
        bytes.extend_from_slice(&newest.number.to_be_bytes());
        bytes.extend_from_slice(&nonce);
        bytes.extend_from_slice(plaintext);
        let nonce = Nonce::assume_unique_for_key(nonce);
        let tag = key
            .body()
            .seal_in_place_separate_tag(nonce, to.aad(), &mut bytes[BODY_AT..])
            .expect("far below the 64 GiB that one key may encrypt");
        bytes.extend_from_slice(tag.as_ref());
        Ok(Sealed { bytes, commitment: key.commit(to, plaintext) })
    }

    /// Opens sealed bytes, if they belong to this and nothing was changed.
    ///
    /// # Errors
    /// [`SealError::Length`], [`SealError::Format`], [`SealError::OtherGeneration`],
    /// [`SealError::Erased`], [`SealError::NotAuthentic`].
    pub fn open(&self, of: &Belongs<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
        self.unseal(of, sealed).map(|(body, _key)| body)
    }

    /// The same, with the ledger's word of it.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_committed(&self, of: &Belongs<'_>, sealed: &[u8]) -> Result<Opened, SealError> {
        let (body, key) = self.unseal(of, sealed)?;
        let commitment = key.commit(of, &body);
        Ok(Opened { body, commitment })
    }

    /// What a value is found by without being shown: 10 bytes, equal for equal values of one field. Two
    /// values share one with a chance of 2^-80, so open what is found and compare.
    pub fn blind_index(&self, field: &str, normalized: &str) -> [u8; 10] {
        let parts = [&len_of(field)[..], field.as_bytes(), normalized.as_bytes()];
        cut(mac_of(&self.blind, &parts))
    }

    /// Whether a body, given in pieces, changed can be told by this, without opening what is stored.
    pub fn digest(&self, plaintext: &[&[u8]]) -> [u8; 16] {
        cut(mac_of(&self.digest, plaintext))
    }

    fn unseal(
        &self,
        of: &Belongs<'_>,
        sealed: &[u8],
    ) -> Result<(Zeroizing<Vec<u8>>, RecordKey), SealError> {
        check_kind(of)?;
        let generation = generation_of(sealed)?;
        let keyring = self.keyring();
        let keys =
            keyring.generation(generation).ok_or(SealError::OtherGeneration { generation })?;
        let key = RecordKey::of(keys, of.record_id)?;
        let nonce = Nonce::try_assume_unique_for_key(&sealed[NONCE_AT..BODY_AT]);
        let nonce = nonce.expect("12 bytes were cut out");
        let mut body = Zeroizing::new(sealed[BODY_AT..].to_vec());
        let len = key
            .body()
            .open_in_place(nonce, of.aad(), &mut body)
            .map_err(|_no_more_to_say| SealError::NotAuthentic)?
            .len();
        body.truncate(len);
        Ok((body, key))
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealer(..)")
    }
}

impl RecordKey {
    fn of(generation: &Generation, id: &[u8; 16]) -> Result<Self, SealError> {
        generation.tree.derive(id).map(Self).ok_or(SealError::Erased)
    }

    fn derived(&self, word: &[u8]) -> Zeroizing<[u8; KEY_LEN]> {
        Zeroizing::new(Block::of(&[word, self.0.as_slice()]).hash())
    }

    fn body(&self) -> LessSafeKey {
        aes(&self.derived(b"hoatoc body"))
    }

    fn commit(&self, of: &Belongs<'_>, plaintext: &[u8]) -> [u8; 32] {
        let kind = [&len_of(of.kind)[..], of.kind.as_bytes()].concat();
        let parts = [of.record_id, &of.version.to_be_bytes()[..], &kind, plaintext];
        let key = self.derived(b"hoatoc commitment");
        mac_of(&hmac::Key::new(hmac::HMAC_SHA256, key.as_slice()), &parts)
    }
}

/// The generation that sealed bytes name; says nothing about whether they open.
///
/// # Errors
/// [`SealError::Length`], [`SealError::Format`].
pub fn generation_of(sealed: &[u8]) -> Result<u32, SealError> {
    let len = sealed.len();
    if !(OVERHEAD_LEN..=OVERHEAD_LEN + PLAINTEXT_LEN_MAX).contains(&len) {
        return Err(SealError::Length { len });
    }
    if sealed[0] != FORMAT {
        return Err(SealError::Format { format: sealed[0] });
    }
    let number = sealed[GENERATION_AT..NONCE_AT].first_chunk().expect("4 bytes were cut out");
    Ok(u32::from_be_bytes(*number))
}

fn aes(key: &[u8; KEY_LEN]) -> LessSafeKey {
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).expect("the key has 32 bytes"))
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
