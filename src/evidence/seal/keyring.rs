//! The keyring: every key that personal data is sealed, found and compared by, and the one sealed form
//! in which it leaves memory.
//!
//! Held by the [`Sealer`], kept on disk by whoever implements [`KeepKeys`]. It is one file beside the
//! master key, outside the store and its backups: that is what makes erasing a person reach the
//! backups too. It does not know where it is kept, nor what is sealed under it.
//!
//! Invariants: generations rise, the newest one seals, each opens what was sealed under it; the
//! version rises with each change that is kept, so that of two copies the newer one can be told.
//!
//! Sealed bytes: `hoatoc keyring 1`, line feed; version (8, big-endian); nonce (12); AES-256-GCM under
//! a key derived from the master key, over the same first 25 bytes. Inside: key of the blind index
//! (32), key of digests (32), number of generations (4), and for each its number (4), the time of its
//! making in ms (8), the length of its tree (8) and the tree. All numbers big-endian.

use std::fmt;
use std::sync::Arc;

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf;
use ring::rand::SecureRandom;
use zeroize::Zeroizing;

use super::keytree::{KEY_LEN, KeyTree, TreeError};
use super::{MASTER_KEY_LEN, Sealer};
use crate::domain::instant::Instant;

/// Most generations at once: one that is left, one that takes over, and some that nobody finished.
pub const GENERATIONS_MAX: usize = 8;

const MAGIC: &[u8] = b"hoatoc keyring 1\n";
const HEAD_LEN: usize = MAGIC.len() + 8;
const BODY_AT: usize = HEAD_LEN + NONCE_LEN;

/// Why a keyring is not opened or changed. Never carries key bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyringError {
    /// Not such a file, or one of a later program.
    #[error("it is no keyring that this program knows")]
    Format,
    /// Cut off, changed, or sealed under another master key.
    #[error("it does not open: it was damaged, or is of another master key")]
    NotAuthentic,
    /// One rotation at a time.
    #[error("a rotation of the keys is under way: wait for its end")]
    Rotating,
    /// No room for a further erasure.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// The random source failed.
    #[error("the random source gave no bytes: try again, then look at the machine")]
    Randomness,
}

/// Why a change of the keyring was not kept.
#[derive(Debug, thiserror::Error)]
pub enum KeepError {
    /// It may not be made.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// It could not be written; the one before stays in use.
    #[error("the keyring could not be written: {reason}")]
    Write {
        /// The system's word.
        reason: String,
    },
}

/// What to do to a keyring; false says that there was nothing to do.
pub type Change<'a> = &'a mut dyn FnMut(&mut Keyring) -> Result<bool, KeyringError>;

/// Where the keyring is kept, so that it is there again after a power cut.
pub trait KeepKeys: Send + Sync + fmt::Debug {
    /// Seals and opens with what is kept.
    fn sealer(&self) -> &Arc<Sealer>;

    /// Changes the keyring: it is on stable storage first and in use second. Blocks. Returns the version
    /// that is kept now.
    ///
    /// # Errors
    /// [`KeepError`]; then the keyring of before stays in use.
    fn change(&self, change: Change<'_>) -> Result<u64, KeepError>;
}

/// One generation of data keys.
#[derive(Debug, Clone)]
pub struct Generation {
    /// From 1.
    pub number: u32,
    /// When it was made.
    pub created: Instant,
    pub(super) tree: KeyTree,
}

/// All keys.
#[derive(Clone)]
pub struct Keyring {
    version: u64,
    pub(super) blind: Zeroizing<[u8; KEY_LEN]>,
    pub(super) digest: Zeroizing<[u8; KEY_LEN]>,
    // Never empty; the newest last.
    generations: Vec<Generation>,
}

impl Keyring {
    /// A new one, with its first generation.
    ///
    /// # Errors
    /// [`KeyringError::Randomness`].
    pub fn generate(rng: &dyn SecureRandom, now: Instant) -> Result<Self, KeyringError> {
        Ok(Self::from_secret(&*secret(rng)?, now))
    }

    /// All keys of a first generation from one secret, which must be random and is to be forgotten.
    pub fn from_secret(secret: &[u8; KEY_LEN], now: Instant) -> Self {
        let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, b"hoatoc keyring v1").extract(secret);
        let [blind, digest, root] =
            ["blind index", "digest", "generation 1"].map(|of| derived(&prk, of.as_bytes()));
        let first = Generation { number: 1, created: now, tree: KeyTree::new(&root) };
        Self { version: 1, blind, digest, generations: vec![first] }
    }

    /// Rises with each change that is kept.
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// The generations, the newest last.
    pub fn generations(&self) -> &[Generation] {
        &self.generations
    }

    /// The generation that seals.
    pub fn newest(&self) -> &Generation {
        self.generations.last().expect("never empty")
    }

    pub(super) fn generation(&self, number: u32) -> Option<&Generation> {
        self.generations.iter().find(|one| one.number == number)
    }

    /// Begins a new generation, which seals from now on; returns its number.
    ///
    /// # Errors
    /// [`KeyringError::Rotating`] while an older one is still there, [`KeyringError::Randomness`].
    pub fn begin(&mut self, rng: &dyn SecureRandom, now: Instant) -> Result<u32, KeyringError> {
        if self.generations.len() > 1 {
            return Err(KeyringError::Rotating);
        }
        let number = self.newest().number.saturating_add(1);
        let tree = KeyTree::new(&*secret(rng)?);
        self.generations.push(Generation { number, created: now, tree });
        Ok(number)
    }

    /// Forgets all generations but the newest, for nothing is sealed under them any more, and takes new
    /// keys for the blind index and digests. Those are in memory only: whoever runs keeps what it began
    /// with. False when there was no older one.
    ///
    /// # Errors
    /// [`KeyringError::Randomness`].
    pub fn finish(&mut self, rng: &dyn SecureRandom) -> Result<bool, KeyringError> {
        let older = self.generations.len() - 1;
        if older == 0 {
            return Ok(false);
        }
        (self.blind, self.digest) = (secret(rng)?, secret(rng)?);
        self.generations.drain(..older);
        Ok(true)
    }

    /// Cuts a record's key out of the generations up to one; false when that was done before.
    ///
    /// # Errors
    /// [`TreeError::Full`].
    pub fn puncture(&mut self, id: &[u8; 16], up_to: u32) -> Result<bool, KeyringError> {
        let mut changed = false;
        for generation in self.generations.iter_mut().filter(|one| one.number <= up_to) {
            changed |= generation.tree.puncture(id)?;
        }
        Ok(changed)
    }

    /// Whether a record's key is cut out of all generations up to one.
    pub fn is_punctured(&self, id: &[u8; 16], up_to: u32) -> bool {
        let concerned = self.generations.iter().filter(|one| one.number <= up_to);
        concerned.into_iter().all(|one| !one.tree.holds(id))
    }

    /// Whether a further record can be erased.
    pub fn has_room(&self) -> bool {
        self.generations.iter().all(|one| one.tree.has_room())
    }

    /// The next version, for whoever keeps it.
    pub const fn advance(&mut self) {
        self.version += 1;
    }

    /// As it is kept.
    ///
    /// # Errors
    /// [`KeyringError::Randomness`].
    pub fn seal(
        &self,
        master: &[u8; MASTER_KEY_LEN],
        rng: &dyn SecureRandom,
    ) -> Result<Vec<u8>, KeyringError> {
        let mut nonce = [0; NONCE_LEN];
        rng.fill(&mut nonce).map_err(|_no_more_to_say| KeyringError::Randomness)?;
        let head = [MAGIC, &self.version.to_be_bytes()].concat();
        let mut body = self.body();
        let tag = under(master)
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(&head),
                &mut body,
            )
            .expect("far below the 64 GiB that one key may encrypt");
        Ok([&head, &nonce[..], &body, tag.as_ref()].concat())
    }

    /// From [`Self::seal`].
    ///
    /// # Errors
    /// [`KeyringError::Format`], [`KeyringError::NotAuthentic`].
    pub fn open(master: &[u8; MASTER_KEY_LEN], sealed: &[u8]) -> Result<Self, KeyringError> {
        if !sealed.starts_with(MAGIC) {
            return Err(KeyringError::Format);
        }
        let (Some(head), Some(nonce), Some(body)) = (
            sealed.get(..HEAD_LEN),
            sealed.get(HEAD_LEN..BODY_AT),
            sealed.get(BODY_AT..).filter(|body| body.len() > AES_256_GCM.tag_len()),
        ) else {
            return Err(KeyringError::NotAuthentic);
        };
        let nonce = Nonce::try_assume_unique_for_key(nonce).expect("12 bytes were cut out");
        let mut body = Zeroizing::new(body.to_vec());
        let opened = under(master)
            .open_in_place(nonce, Aad::from(head), &mut body)
            .map_err(|_no_more_to_say| KeyringError::NotAuthentic)?;
        let version = &mut &head[MAGIC.len()..];
        Self::from_body(u64::from_be_bytes(take(version)?), opened)
    }

    fn body(&self) -> Zeroizing<Vec<u8>> {
        let trees: Vec<_> = self.generations.iter().map(|one| one.tree.to_bytes()).collect();
        // Made in its full length, so that no part stays behind where it has grown out of.
        let len = 68 + trees.iter().map(|tree| 20 + tree.len()).sum::<usize>();
        let mut body = Zeroizing::new(Vec::with_capacity(len));
        body.extend_from_slice(self.blind.as_slice());
        body.extend_from_slice(self.digest.as_slice());
        let count = u32::try_from(trees.len()).expect("eight at most");
        body.extend_from_slice(&count.to_be_bytes());
        for (generation, tree) in self.generations.iter().zip(&trees) {
            let len = u64::try_from(tree.len()).expect("a length in memory fits 64 bits");
            body.extend_from_slice(&generation.number.to_be_bytes());
            body.extend_from_slice(&generation.created.millis().to_be_bytes());
            body.extend_from_slice(&len.to_be_bytes());
            body.extend_from_slice(tree);
        }
        body
    }

    fn from_body(version: u64, mut body: &[u8]) -> Result<Self, KeyringError> {
        let left = &mut body;
        let (blind, digest) = (Zeroizing::new(take(left)?), Zeroizing::new(take(left)?));
        let count = u32::from_be_bytes(take(left)?);
        let mut generations: Vec<Generation> = Vec::new();
        for _each in 0..count {
            let number = u32::from_be_bytes(take(left)?);
            let created = Instant::from_millis(i64::from_be_bytes(take(left)?));
            let len = usize::try_from(u64::from_be_bytes(take(left)?));
            let (tree, rest) =
                len.ok().and_then(|len| left.split_at_checked(len)).ok_or(KeyringError::Format)?;
            *left = rest;
            let rises = generations.last().is_none_or(|before| before.number < number);
            if !rises || generations.len() == GENERATIONS_MAX {
                return Err(KeyringError::Format);
            }
            generations.push(Generation { number, created, tree: KeyTree::from_bytes(tree)? });
        }
        if generations.is_empty() || !left.is_empty() {
            return Err(KeyringError::Format);
        }
        Ok(Self { version, blind, digest, generations })
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keyring(version {}, generation {})", self.version, self.newest().number)
    }
}

fn secret(rng: &dyn SecureRandom) -> Result<Zeroizing<[u8; KEY_LEN]>, KeyringError> {
    let mut secret = Zeroizing::new([0; KEY_LEN]);
    rng.fill(secret.as_mut_slice()).map_err(|_no_more_to_say| KeyringError::Randomness)?;
    Ok(secret)
}

fn derived(prk: &hkdf::Prk, of: &[u8]) -> Zeroizing<[u8; KEY_LEN]> {
    let mut key = Zeroizing::new([0; KEY_LEN]);
    prk.expand(&[of], hkdf::HKDF_SHA256)
        .and_then(|okm| okm.fill(key.as_mut_slice()))
        .expect("one block of output");
    key
}

fn under(master: &[u8; MASTER_KEY_LEN]) -> LessSafeKey {
    let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, b"hoatoc master v1").extract(master);
    let key = prk.expand(&[b"keyring"], &AES_256_GCM).expect("one block of output");
    LessSafeKey::new(UnboundKey::from(key))
}

fn take<const N: usize>(left: &mut &[u8]) -> Result<[u8; N], KeyringError> {
    let (head, rest) = left.split_first_chunk::<N>().ok_or(KeyringError::Format)?;
    *left = rest;
    Ok(*head)
}

#[cfg(test)]
mod tests {
    use ring::rand::SystemRandom;

    use super::*;

    const NOW: Instant = Instant::from_millis(1_790_000_000_000);

    fn keyring() -> Keyring {
        Keyring::from_secret(&[7; KEY_LEN], NOW)
    }

    #[test]
    fn a_keyring_comes_back_as_it_was_kept_and_every_flipped_bit_and_cut_is_noticed() {
        let (rng, master) = (SystemRandom::new(), [1; MASTER_KEY_LEN]);
        let mut kept = keyring();
        kept.begin(&rng, NOW).expect("random");
        kept.puncture(&[3; 16], 1).expect("room");
        kept.advance();
        let sealed = kept.seal(&master, &rng).expect("random");
        let back = Keyring::open(&master, &sealed).expect("its own");
        assert_eq!(back.version(), 2);
        assert_eq!(*back.body(), *kept.body());
        assert!(back.is_punctured(&[3; 16], 1) && !back.is_punctured(&[3; 16], 2));
        for bit in 0..8 * 400 {
            let mut bent = sealed.clone();
            bent[bit / 8] ^= 1 << (bit % 8);
            assert!(Keyring::open(&master, &bent).is_err(), "bit {bit}");
        }
        for len in 0..400 {
            assert!(Keyring::open(&master, &sealed[..len]).is_err(), "cut to {len}");
        }
        let other = Keyring::open(&[2; MASTER_KEY_LEN], &sealed);
        assert_eq!(other.err(), Some(KeyringError::NotAuthentic));
    }

    #[test]
    fn generations_take_over_one_at_a_time_and_leave_no_puncture_behind() {
        let rng = SystemRandom::new();
        let mut keys = keyring();
        assert!(!keys.finish(&rng).expect("random"), "there is one only");
        keys.puncture(&[3; 16], 1).expect("room");
        assert_eq!(keys.begin(&rng, NOW), Ok(2));
        assert_eq!(keys.begin(&rng, NOW), Err(KeyringError::Rotating));
        assert_eq!(keys.newest().number, 2);
        let blind = keys.blind.clone();
        assert!(keys.finish(&rng).expect("random"));
        assert_eq!(keys.generations().len(), 1);
        assert_ne!(blind, keys.blind, "the blind index rotates too");
        assert_eq!(format!("{:?}", keys.newest().tree), "KeyTree(1 nodes)");
        assert!(keys.is_punctured(&[3; 16], 1), "nothing is left that could open it");
    }
}
